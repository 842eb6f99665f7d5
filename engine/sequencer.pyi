from collections.abc import Callable
from typing import final

from engine.venue.acts import Outcome
from engine.venue.office import Office
from engine.venue.venue import Venue

class ReportSink:
    """Where released reports go; compiled code overrides `release`."""

@final
class Sequencer:
    """The single writer.

    Compiled callers fill `place()`, a zeroed Command, and `take()` it; `flush()` numbers, stamps and applies what was taken and releases
    the reports.  `place` flushes by itself when the batch is full.
    """

    def __new__(cls, venue: Venue, sink: ReportSink | None, clock: Callable[[], int], office: Office | None = None) -> Sequencer: ...
    @property
    def venue(self) -> Venue: ...
    @property
    def office(self) -> Office | None: ...
    @property
    def next_seq(self) -> int: ...
    @property
    def last_ts_ns(self) -> int:
        """Venue time of the last command."""

    def flush(self) -> int:
        """Apply what was taken and return how many commands that were."""

    def submit(self, commands: bytes | bytearray | memoryview) -> int:
        """Take packed commands, which get new times, flush, and return how many the last batch had.

        Their format is `COMMAND_FORMAT` of engine.matching.records.  ValueError for a part of a command or an unknown session; what was
        taken before it stays taken.
        """

    def disconnect(self, session: int) -> None:
        """Cancel every open order of a session whose connection is gone, and flush."""

    def skip(self, session: int, new_seq: int) -> None:
        """Let the session's next inbound number be `new_seq`, and flush."""

    def reset(self, session: int) -> None:
        """Start both of the session's numberings, and its cl_ord_ids, at 1 again, and flush."""

    def pass_time(self) -> None:
        """Let what is due at the clock's time happen, if anything is: orders expire, and the office does what it has planned."""

    def act(self, payload: bytes) -> Outcome:
        """Let the office carry out an act, as the next command, and return its outcome.  Raises whatever the office raises on a fault."""

    def end_of_day(self) -> None:
        """Expire DAY orders, and flush."""
