from asyncio import WriteTransport
from collections.abc import Callable, Iterable
from typing import final

from engine.gateway.backlog import Backlog, Errand
from engine.venue.venue import Venue

@final
class Lane:
    """The outbound side of the session `number` of a venue: its reports' numbers, those kept for resend, and the way to its client.

    `accounts` are those it trades for; `call_soon` schedules a call for the next turn of the loop; `backlog` makes reports again that are
    not kept, None where nothing can.
    """

    def __new__(
        cls,
        venue: Venue,
        number: int,
        accounts: Iterable[int],
        *,
        call_soon: Callable[..., object] | None = None,
        backlog: Backlog | None = None,
        kept_bytes_max: int = ...,
        unsent_bytes_max: int = ...,
    ) -> Lane: ...
    @property
    def number(self) -> int: ...
    @property
    def next_in(self) -> int:
        """Number that the client's next numbered message must have."""

    @property
    def next_out(self) -> int:
        """Number that the next report will have."""

    @property
    def next_sent(self) -> int:
        """Number of the first report that nobody may see yet."""

    @property
    def oldest(self) -> int:
        """Number of the oldest report that is kept in memory; `next_sent` when none is."""

    @property
    def kept_bytes(self) -> int:
        """Memory that the kept reports take."""

    @property
    def replaying(self) -> bool:
        """Whether reports are being sent again."""

    @property
    def overflowed(self) -> bool:
        """Whether the client was cut because it did not read."""

    @property
    def spoke_ns(self) -> int:
        """When the client was last written to."""

    @property
    def transport(self) -> WriteTransport | None: ...
    def owns_account(self, account: int) -> bool:
        """Whether the session may trade for this account."""

    def set_accounts(self, accounts: Iterable[int]) -> None:
        """Let the session trade for these accounts from here on."""

    def attach(self, transport: WriteTransport, now_ns: int) -> None:
        """Write to this connection from here on."""

    def detach(self) -> None:
        """Write to nobody from here on; reports are still kept."""

    def send(self, frames: bytes, now_ns: int) -> None:
        """Write something that is no report, behind every report that may be seen."""

    def replay(self, begin: int, end: int, now_ns: int) -> None:
        """Send the reports `begin` to `end` again, marked as possible duplicates, and then what came meanwhile."""

    def block(self) -> None:
        """Note that the connection takes no more for now."""

    def unblock(self, now_ns: int) -> None:
        """Note that the connection takes more again."""

    def keep_alive(self, utc_ns: int, now_ns: int, silence_ns: int) -> None:
        """Tell a client that has waited so long for the journal which report comes next, as a sign that it does."""

    def wake(self, errand: Errand, now_ns: int) -> None:
        """Go on with a replay for which there is more of an errand, or a fault."""

    def step(self, transport: WriteTransport, now_ns: int) -> None: ...
