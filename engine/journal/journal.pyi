from collections.abc import Iterator

from engine.journal.records import Bytes, Group

class Journal:
    """A log that can be appended to, awaited and read.

    Compiled callers use `put` and `released`; what is written in Python overrides `append` and `released_seq`.
    """

    def append(self, body: Bytes, first_seq: int, count: int, ts_ns: int) -> bool:
        """Take a group and return True, or False while there is no room for it: `wait(min(released_seq + 1, last_seq))` waits for some.

        ValueError when it does not follow the last group or is too long; JournalStopped when the journal takes nothing any more.
        """

    @property
    def max_body(self) -> int:
        """Bytes that a group can have."""

    @property
    def last_seq(self) -> int:
        """Last sequence that was taken."""

    @property
    def released_seq(self) -> int:
        """Last sequence for which the promise holds."""

    @property
    def stopped(self) -> str | None:
        """Why the journal takes nothing any more; None while it does."""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when something was released, or the journal has stopped."""

    def settle(self) -> int:
        """Make the descriptor silent until the next release, and return the last released sequence."""

    def wait(self, seq: int, timeout_ms: int = -1) -> bool:
        """Block until a sequence is released and return True, or False when the time is over.

        JournalStopped when it never will be.
        """

    def read(self, seq: int = 1) -> Iterator[Group]:
        """Yield the durable groups from the one that holds a sequence on.  JournalCorrupt where one is not what was written."""

    def verify(self) -> None:
        """Check everything that is kept.  JournalCorrupt with the first thing that is wrong."""

    def close(self) -> None:
        """Release what was taken, as far as it can be, and take nothing any more."""
