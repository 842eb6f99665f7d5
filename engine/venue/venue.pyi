from typing import final

from engine.venue.face import Face
from engine.venue.records import Detail

@final
class Venue(Face):
    """The venue's state.  The limits are fixed here and everything is empty: `Office` fills it.

    `instruments`, `accounts`, `parties`, `assets` and `balances` say how many there can be, `profiles` how many kinds of access, `trades`
    how many of the last executions are kept for a bust; the others are those of `OrderBook`.
    """

    def __new__(
        cls,
        *,
        sessions: int = 1_024,
        instruments: int = 1_024,
        accounts: int = 65_536,
        parties: int = 65_536,
        assets: int = 2_048,
        balances: int = 262_144,
        profiles: int = 1_024,
        trades: int = 65_536,
        orders: int = ...,
        levels: int = ...,
        sweep: int = ...,
        batch: int = ...,
        secret: int = ...,
    ) -> Venue: ...
    @property
    def session_count(self) -> int: ...
    @property
    def history(self) -> int:
        """Hash of all events and outcomes so far (engine/venue/history.pxd defines it)."""

    @property
    def day_began_ns(self) -> int:
        """When the last day ended, or the venue was born; 0 before."""

    def next_in(self, session: int) -> int:
        """Number that the session's next request must have."""

    def next_out(self, session: int) -> int:
        """Number that the session's next report will have."""

    def last_cl_ord_id(self, session: int) -> int: ...
    def lives(self, session: int) -> int:
        """How often the session's numbers began at 1 again."""

    def ends_with_connection(self) -> list[int]:
        """Numbers of the sessions that are logged on and whose orders end with their connection."""

    def apply_packed(self, commands: bytes | bytearray | memoryview, start: int = 0) -> int:
        """Apply packed commands, with the times that they carry, from index `start` on; return the index of the first that was not.

        As `OrderBook.apply`: stops when the event buffer might not hold the next one's events; `book.reports` and `details` have the
        results.  For replicas, tests and benchmarks: a venue that serves clients gets its commands from the sequencer.
        """

    @property
    def packed_details(self) -> bytes:
        """The details of the events since the last `begin`, packed (`DETAIL_FORMAT` of engine.venue.records), beside `book.reports`."""

    def details(self) -> list[Detail]:
        """The details of the last events, one for each of `book.events()`."""

    def begin_act(self, ts_ns: int) -> None:
        """Begin a command of the office: forget the events before, and take its time."""

    def resume_act(self, ts_ns: int) -> None:
        """Go on with the command that was just applied as with one of the office's: its events stay, and are numbered."""

    def end_act(self) -> int:
        """Number the reports that the office's command caused, and return how many events there are."""

    def remember(self, said: bytes) -> None:
        """Fold what an act answered into the history."""

    def image(self) -> dict[str, bytes]:
        """The whole state as bytes, by section: equal states give equal bytes.  Not while a command or an act is under way."""

    def restore(self, sections: dict[str, bytes]) -> None:
        """Become what an image of a venue of the same limits says; this one must be empty.

        Raises ImageFault, a ValueError that names the section and the rule, for an image that no such venue can have made: the venue
        must then be thrown away.
        """

    def check(self) -> None:
        """Walk the whole state and raise AssertionError naming the first invariant that does not hold."""
