from collections.abc import Callable
from typing import final

from engine.journal.records import Group
from engine.venue.office import Office
from engine.venue.venue import Venue

class LogFault(ValueError):
    """A group holds what can be no record; names the sequence."""

class Diverged(Exception):
    """The log says that the venue had another history than this replica has: one of them is not what it should be."""

    seq: int
    expected: int
    found: int

    def __init__(self, seq: int, expected: int, found: int) -> None: ...

class ReportSink:
    """Where reports go; compiled code overrides all three."""

@final
class Replica:
    """A venue and its office, carried along by groups of the log."""

    def __new__(cls, venue: Venue, sink: ReportSink | None = None, office: Office | None = None) -> Replica: ...
    followed: Callable[[], object] | None
    """Called after each command of the log that the office had a part in."""

    @property
    def venue(self) -> Venue: ...
    @property
    def office(self) -> Office | None: ...
    @property
    def next_seq(self) -> int:
        """Number of the next command."""

    @property
    def last_ts_ns(self) -> int:
        """Venue time of the last command."""

    @property
    def marked_seq(self) -> int:
        """Number of the last mark."""

    @property
    def faults(self) -> list[tuple[int, str]]:
        """What the office could not do, by sequence: a fault of ours, met again."""

    def replay(self, group: Group) -> None:
        """Carry out the commands of a group that follows, and let their reports be seen.

        LogFault for a group that cannot follow or holds what is no record, Diverged where a mark tells another history.
        """

    def restore_place(self, next_seq: int, last_ts_ns: int) -> None:
        """Go on behind a snapshot."""
