from collections.abc import Callable
from typing import final

from engine.journal.journal import Journal
from engine.replica import Replica
from engine.venue.acts import Outcome
from engine.venue.venue import Venue

@final
class Sequencer:
    """The single writer.

    Compiled callers fill `place()`, every field of it, and `take()` it; `flush()` carries out what was taken.  `place` flushes by itself
    when the batch is full.  Without a journal every report may be seen at once.  Whatever calls the journal can raise JournalStopped.
    `later` calls in the next turn of a loop: what many connections bring in one turn is one group, unless it is much.
    """

    def __new__(
        cls,
        replica: Replica,
        clock: Callable[[], int],
        journal: Journal | None = None,
        later: Callable[[Callable[[], None]], object] | None = None,
    ) -> Sequencer: ...
    @property
    def replica(self) -> Replica: ...
    @property
    def journal(self) -> Journal | None: ...
    @property
    def venue(self) -> Venue: ...
    @property
    def next_seq(self) -> int:
        """Number of the next command."""

    @property
    def last_ts_ns(self) -> int:
        """Venue time of the last command."""

    @property
    def released_seq(self) -> int:
        """Number of the last command whose reports may be seen."""

    @property
    def crowded(self) -> bool:
        """Whether so many commands wait for the journal that nobody should bring more for now."""

    def flush(self) -> int:
        """Carry out what was taken and return how many commands that were."""

    def turn(self) -> None:
        """Give the journal what gathered in a turn of the loop."""

    def submit(self, commands: bytes | bytearray | memoryview) -> int:
        """Take packed commands, which get new times, flush, and return how many the last batch had.

        Their format is `COMMAND_FORMAT` of engine.matching.records.  ValueError for a part of a command or an unknown session; what was
        taken before it stays taken.
        """

    def log_on(self, session: int, cancels: bool) -> None:
        """Note that a session's connection begins, and whether its orders end with it."""

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

    def birth(self, payload: bytes) -> None:
        """Write what the venue was born with, which must be the first of its log."""

    def mark(self) -> None:
        """Write the hash of the history into the log, and let the group end there."""

    def end_of_day(self) -> None:
        """Expire DAY orders, and flush."""

    def settle(self) -> None:
        """Let be seen what the journal has released, and give it what gathered meanwhile.  JournalStopped when it has stopped."""

    def finish(self) -> None:
        """Write a mark, wait until the journal has released all, and let it be seen."""
