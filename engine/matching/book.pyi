from typing import final

from engine.matching.enums import Phase, Strike
from engine.matching.records import MAX_ORDERS as MAX_ORDERS
from engine.matching.records import Event, Instrument, Level, OpenOrder, Uncross

__all__ = ["Instrument", "OrderBook"]

@final
class OrderBook:
    """Price-time priority books of many instruments over one pool of orders.

    Prices are integers in 1e-4 of the quote unit, quantities in 1e-6 of a token, times in ns since 1970 UTC; instruments, sessions and
    accounts are numbered from 1.  Every command returns at once and `events()` tells what it did.  The limits are fixed here: `orders`
    open at a time, price `levels` in use (in pages of 64), `accounts`, resting orders that one command may meet (`sweep`), commands that
    one `apply` takes (`batch`), instruments that can be listed (`listings`, at least those given); reaching one is a reject or a cancel
    with its own reason, never an exception.  `secret`, 64 bits, keeps strangers from choosing ids that are slow to find; it changes
    nothing that the book says.  Raises ValueError for an instrument or a limit that cannot be, MemoryError where the system has no room.
    """

    def __new__(
        cls,
        instruments: list[Instrument] | Instrument | None = None,
        *,
        orders: int = 1_048_576,
        levels: int = 4_194_304,
        accounts: int = 1_048_576,
        sweep: int = 65_536,
        batch: int = 65_536,
        listings: int = 0,
        secret: int = 0x9E3779B97F4A7C15,
    ) -> OrderBook: ...
    def list_instrument(self, instrument: Instrument) -> int:
        """List one more instrument and return its number.  Raises ValueError for one that cannot be, or when `listings` are listed."""

    def set_collar(self, instrument: int, low: int, high: int, dynamic_bps: int = 0, anchor: int = 0) -> int:
        """Let an instrument trade only within a collar, cancel the orders that it shuts out, best first, and return their number.

        No execution is below `low` or above `high`, nor (where `dynamic_bps` is not 0) farther than so many basis points from `anchor`,
        which then moves to the price of the last execution after each command that traded.  Raises ValueError for a collar that cannot be.
        """

    def set_phase(self, instrument: int, phase: int, pauses: bool = False, keeps_stops: bool = False) -> None:
        """Bring a book to a phase: whether it matches, or collects orders for an auction.  ValueError for a crossed book that would match.

        With `pauses` a match that the collar stops, or a cascade of stop orders without end, makes the book collect (`take_strike` tells);
        with `keeps_stops` no stop order is triggered.
        """

    def phase(self, instrument: int = 1) -> Phase:
        """Return whether a book matches or collects."""

    def indicative(self, instrument: int = 1, reference: int = 0) -> Uncross:
        """Return what an auction would do now; with price 0 where nothing crosses.

        Most is executed at its price, with the least left over; where buyers are left over at each such price it is the highest, where
        sellers are the lowest, else the one nearest to `reference` (0: the last price), of two equally near the higher.
        """

    def uncross(self, instrument: int = 1, reference: int = 0, low: int = 0, high: int = 0) -> Uncross:
        """Execute a call's book at one price from `low` to `high` (0: any), and cancel what was for this auction alone.

        Own orders that would meet are canceled before.  What it says of an auction that is not `done` was not executed.  The quantities of
        a side must sum to less than 2**63.  Raises ValueError for a book that does not collect.
        """

    def take_strike(self) -> tuple[int, Strike] | None:
        """Take note of a book that began to collect by itself: return its instrument and why, or None; the last one comes first."""

    def enter(
        self,
        side: int,
        price: int,
        qty: int,
        cl_ord_id: int,
        instrument: int = 1,
        ord_type: int = 2,
        tif: int = 1,
        session: int = 1,
        account: int = 1,
        display_qty: int = 0,
        exec_inst: int = 0,
        expire_ns: int = 0,
        stp_group: int = 0,
        stp_mode: int = 0,
        ts_ns: int = 0,
        min_qty: int = 0,
        settle_pref: int = 0,
        stop_px: int = 0,
    ) -> int:
        """Enter an order and return its order_id, or 0 when it was rejected: the event has the reason.

        `price` is 0 for a market or stop order, `display_qty` 0 shows all, `stop_px` is for stop and stop-limit orders; the enums of
        engine.matching.enums give the numbers.  Raises OverflowError for an integer that its field cannot hold.
        """

    def cancel(
        self,
        order_id: int = 0,
        orig_cl_ord_id: int = 0,
        cl_ord_id: int = 0,
        session: int = 1,
        instrument: int = 0,
        side: int = 0,
        ts_ns: int = 0,
    ) -> bool:
        """Cancel an open order named by its order_id, or where that is 0 by its client's id; False when that was refused."""

    def replace(
        self,
        order_id: int,
        price: int,
        qty: int,
        cl_ord_id: int = 0,
        orig_cl_ord_id: int = 0,
        display_qty: int = -1,
        session: int = 1,
        instrument: int = 0,
        side: int = 0,
        ts_ns: int = 0,
    ) -> bool:
        """Replace an open order's price and total quantity; False when that was refused and the order is as it was.

        `cl_ord_id` 0 keeps the client's id and `display_qty` -1 the displayed quantity.  Less quantity at the same price keeps the
        order's place; every other change enters it anew, and it may trade.
        """

    def mass_cancel(
        self, session: int = 0, account: int = 0, instrument: int = 0, side: int = 0, cl_ord_id: int = 0, ts_ns: int = 0
    ) -> int:
        """Cancel the open orders that match every filter that is not 0, oldest first, and return their number."""

    def cancel_all(self, session: int = 0, account: int = 0, instrument: int = 0, side: int = 0, reason: int = 216) -> int:
        """Cancel as a mass cancel does, with a reason of the venue's own and no report of the number, which is returned."""

    def expire(self, ts_ns: int) -> int:
        """Expire GTD orders whose time has come, by expiry and then by age, and return their number."""

    def end_of_day(self, ts_ns: int) -> int:
        """Expire DAY, OPG and CLS orders, oldest first, and GTD orders that are due, and return their number."""

    def apply(self, commands: bytes | bytearray | memoryview, start: int = 0) -> int:
        """Apply packed commands from index `start` on and return the index of the first that was not applied.

        Stops early after `batch` commands, or when the event buffer has no room for the worst case of the next one: read `reports` and
        call again.  Raises ValueError for a part of a command or a start that is not there.
        """

    @property
    def reports(self) -> memoryview:
        """The events of the last call, packed (`EVENT_FORMAT` of engine.matching.records); the next call writes over them."""

    @property
    def ends(self) -> memoryview:
        """For each command of the last `apply`, where its events end in `reports`, counted in events (format 'I')."""

    def events(self) -> list[Event]:
        """The events of the last call."""

    def order(self, order_id: int) -> OpenOrder | None:
        """Return an open order, or None."""

    def find(self, session: int, cl_ord_id: int) -> OpenOrder | None:
        """Return the open order with this client's id, or None."""

    def orders(self, instrument: int = 0, session: int = 0) -> list[OpenOrder]:
        """Return the open orders, oldest first; of one instrument in priority order, bids before asks."""

    def depth(self, instrument: int = 1, levels: int = 0) -> tuple[list[Level], list[Level]]:
        """Return bids and asks best first, displayed quantity only; `levels` 0 means all."""

    def top(self, instrument: int = 1) -> tuple[int, int, int, int]:
        """Return best bid, its quantity, best ask, its quantity; 0 where a side is empty."""

    def last_px(self, instrument: int = 1) -> int:
        """Return the price of the last execution, or 0 before the first."""

    @property
    def instruments(self) -> tuple[Instrument, ...]: ...
    @property
    def open_orders(self) -> int:
        """Number of orders now open."""

    @property
    def last_exec_id(self) -> int:
        """Number of the last event, 0 before the first."""

    @property
    def next_expiry_ns(self) -> int:
        """No GTD order expires before this time; 2**63 - 1 when none is open."""

    def check(self) -> None:
        """Walk the whole state and raise AssertionError naming the first invariant that does not hold."""
