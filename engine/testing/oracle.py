"""An order book that is slow and obviously right: the independent witness that the core is held against.

It shares no code with the core, only the numbers of the enums and the shapes of the public tuples, and gives the same events, order ids
and refusals for the same commands.  Every step may cost the size of the book: use it in tests, never in a venue.  Prices are in 1e-4 of
the quote unit, quantities in 1e-6 of a token.
"""

from collections.abc import Iterable, Iterator

from engine.matching.enums import ExecType, Liquidity, OrdType, Reason, Side, StpMode, TimeInForce
from engine.matching.records import Event, Instrument, Level, OpenOrder
from engine.testing.collars import Collar
from engine.testing.ladders import SIDES, opposite
from engine.testing.lives import SLOT_BITS, Lives
from engine.testing.orders import Order
from engine.testing.refusals import faults_of_entry, faults_of_name, faults_of_new_terms, faults_of_place

NEVER_NS = 2**63 - 1
KEEP_DISPLAY = -1


class Oracle(Lives):
    """The book by its rules alone; the same face as `engine.matching.book.OrderBook` but for the packed calls."""

    def __init__(
        self,
        instruments: list[Instrument] | Instrument | None = None,
        *,
        orders: int = 1_048_576,
        levels: int = 4_194_304,
        accounts: int = 1_048_576,
        sweep: int = 65_536,
        listings: int = 0,
    ) -> None:
        """Open an empty book for each instrument; they are numbered from 1."""
        given = instruments if isinstance(instruments, list) else [instruments or Instrument("TEST")]
        super().__init__(given, levels)
        self._order_limit, self._account_limit, self._sweep_limit = orders, accounts, sweep
        self._listings = max(listings, len(given))

    # Commands.

    def list_instrument(self, instrument: Instrument) -> int:
        """List one more instrument and return its number; ValueError when there is no room for it."""
        if len(self._ladders.instruments) == self._listings:
            raise ValueError(f"{instrument.symbol}: {self._listings} instruments are listed, which is the limit")
        self._events = []
        return self._ladders.add(instrument)

    def set_collar(self, instrument: int, low: int, high: int, dynamic_bps: int = 0, anchor: int = 0) -> int:
        """Let an instrument trade only within a collar, cancel the orders that it shuts out, and return their number."""
        self._ladders.best(instrument, Side.BUY)
        self._ladders.collars[instrument] = Collar(self._ladders.instruments[instrument], low, high, dynamic_bps, anchor)
        self._events = []
        for side in SIDES:
            while order := self._ladders.shut_out(instrument, side):
                self._ladders.leave(order)
                self._cancel(order, Reason.COLLAR_DYNAMIC)
        return len(self._events)

    def enter(
        self,
        side: int,
        price: int,
        qty: int,
        cl_ord_id: int,
        instrument: int = 1,
        ord_type: int = OrdType.LIMIT,
        tif: int = TimeInForce.GTC,
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
    ) -> int:
        """Enter an order and return its order_id, or 0 when it was rejected."""
        self._events = []
        terms = (instrument, side, ord_type, tif, price, qty, display_qty, exec_inst, expire_ns, stp_group, stp_mode, min_qty, settle_pref)
        order = Order(0, cl_ord_id, session, account, *terms)
        if reason := next(self._faults_of_entry(order, ts_ns), None):
            self._emit(order, ExecType.REJECTED, reason=reason)
            return 0
        self._accept(order)
        if order.needed_qty and not self._ladders.would_give(order, order.needed_qty, self._sweep_limit):
            self._cancel(order, Reason.FOK_UNFILLABLE if order.tif == TimeInForce.FOK else Reason.MIN_QTY_UNMET)
            return order.order_id
        self._match(order)
        if order.leaves_qty and order.never_rests:
            self._cancel(order, self._why_no_more(order))
        elif order.leaves_qty:
            self._settle_down(order)
        return order.order_id

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
        """Cancel an open order named by its order_id, or by its client's id; False when that was refused."""
        self._events = []
        order = self._named(order_id, orig_cl_ord_id, session)
        fault = next(faults_of_name(order, lambda: self._was_issued(order_id), instrument, side), None)
        if order is None or fault:
            asked = {"order_id": order_id, "cl_ord_id": cl_ord_id, "session": session, "instrument": instrument, "side": side}
            self._refuse(Liquidity(1), fault, orig_cl_ord_id=orig_cl_ord_id, **asked)
            return False
        self._ladders.leave(order)
        self._cancel(order, Reason.USER, cl_ord_id=cl_ord_id, orig_cl_ord_id=order.cl_ord_id)
        return True

    def replace(
        self,
        order_id: int,
        price: int,
        qty: int,
        cl_ord_id: int = 0,
        orig_cl_ord_id: int = 0,
        display_qty: int = KEEP_DISPLAY,
        session: int = 1,
        instrument: int = 0,
        side: int = 0,
        ts_ns: int = 0,
        *,
        reenter: bool = False,
    ) -> bool:
        """Replace an open order's price and total quantity, with `reenter` its open quantity; False when that was refused."""
        self._events = []
        order = self._named(order_id, orig_cl_ord_id, session)
        fault = next(faults_of_name(order, lambda: self._was_issued(order_id), instrument, side), None)
        if order is not None and fault is None:
            total = qty + order.cum_qty if reenter else qty
            shows = order.display_qty if display_qty == KEEP_DISPLAY else display_qty
            fault = next(self._faults_of_replace(order, price, total, shows, cl_ord_id), None)
        if order is None or fault:
            asked = {"order_id": order_id, "cl_ord_id": cl_ord_id, "session": session, "instrument": instrument, "side": side}
            self._refuse(Liquidity(2), fault, orig_cl_ord_id=orig_cl_ord_id, price=price, order_qty=qty, **asked)
            return False
        in_place = not reenter and price == order.price and shows == order.display_qty and total < order.order_qty
        self._restyle(order, price, total, shows, cl_ord_id, in_place=in_place)
        return True

    def mass_cancel(
        self,
        session: int = 0,
        account: int = 0,
        instrument: int = 0,
        side: int = 0,
        cl_ord_id: int = 0,
        ts_ns: int = 0,
        *,
        reason: Reason = Reason.MASS_CANCEL,
    ) -> int:
        """Cancel the open orders that match every filter that is not 0, oldest first, and return their number."""
        canceled = self.cancel_all(session, account, instrument, side, reason)
        wanted = {"session": session, "account": account, "instrument": instrument, "side": side}
        self._tell(ExecType.MASS_CANCELED, cl_ord_id=cl_ord_id, last_qty=canceled, reason=reason, **wanted)
        return canceled

    def cancel_all(self, session: int = 0, account: int = 0, instrument: int = 0, side: int = 0, reason: int = Reason.ADMIN) -> int:
        """Cancel as a mass cancel does, for a reason of the venue's own and without a report of their number."""
        self._events = []
        wanted = {"session": session, "account": account, "instrument": instrument, "side": side}
        chosen = [o for o in self._oldest_first() if all(value in (0, getattr(o, name)) for name, value in wanted.items())]
        for order in chosen:
            self._ladders.leave(order)
            self._cancel(order, Reason(reason))
        return len(chosen)

    def expire(self, ts_ns: int) -> int:
        """Expire GTD orders whose time has come, by expiry and then by age, and return their number."""
        self._events = []
        return self._expire_due(ts_ns)

    def end_of_day(self, ts_ns: int) -> int:
        """Expire DAY orders, oldest first, and GTD orders that are due, and return their number."""
        self._events = []
        of_the_day = [order for order in self._oldest_first() if order.tif == TimeInForce.DAY]
        for order in of_the_day:
            self._expire(order, Reason.DAY_END)
        return len(of_the_day) + self._expire_due(ts_ns)

    # Views.

    def events(self) -> list[Event]:
        """Return the events of the last command."""
        return self._events

    def order(self, order_id: int) -> OpenOrder | None:
        """Return an open order, or None."""
        return self._seen(self._open.get(order_id))

    def find(self, session: int, cl_ord_id: int) -> OpenOrder | None:
        """Return the open order with this client's id, or None."""
        return self._seen(self._by_client.get((session, cl_ord_id)))

    def orders(self, instrument: int = 0, session: int = 0) -> list[OpenOrder]:
        """Return the open orders, oldest first; of one instrument in priority order, bids before asks."""
        chosen: Iterable[Order] = self._oldest_first()
        if instrument:
            chosen = [order for side in SIDES for _, queue in self._ladders.best_first(instrument, side) for order in queue]
        return [seen for order in chosen if session in (0, order.session) and (seen := self._seen(order))]

    def depth(self, instrument: int = 1, levels: int = 0) -> tuple[list[Level], list[Level]]:
        """Return bids and asks best first, displayed quantity only; `levels` 0 means all."""
        bids, asks = (
            [Level(price, sum(o.shown_qty for o in queue), len(queue)) for price, queue in self._ladders.best_first(instrument, side)]
            for side in SIDES
        )
        return bids[: levels or None], asks[: levels or None]

    def top(self, instrument: int = 1) -> tuple[int, int, int, int]:
        """Return best bid, its quantity, best ask, its quantity; 0 where a side is empty."""
        bids, asks = self.depth(instrument, 1)
        bid, ask = (bids or [Level(0, 0, 0)])[0], (asks or [Level(0, 0, 0)])[0]
        return bid.price, bid.qty, ask.price, ask.qty

    def edges(self, instrument: int = 1) -> tuple[int, int]:
        """Return the collar's edges: the lowest price that a sell works at now, and the highest that a buy works at."""
        return self._ladders.collars[instrument].edges

    @property
    def open_orders(self) -> int:
        """How many orders are open."""
        return len(self._open)

    @property
    def last_exec_id(self) -> int:
        """Number of the last event."""
        return self._exec_id

    @property
    def next_expiry_ns(self) -> int:
        """When the next GTD order expires, 2**63 - 1 when none is open; the core may name an earlier time."""
        return min((order.expire_ns for order in self._open.values() if order.tif == TimeInForce.GTD), default=NEVER_NS)

    def check(self) -> None:
        """Assert every invariant of the state."""
        for number in self._ladders.instruments:
            bid, _, ask, _ = self.top(number)
            assert not bid or not ask or bid < ask, f"instrument {number} is crossed: bid {bid}, ask {ask}"
            low, high = self.edges(number)
            assert bid <= high, f"instrument {number}: bid {bid} is above the edge {high}"
            assert not ask or ask >= low, f"instrument {number}: ask {ask} is below the edge {low}"
        queues = [queue for ladder in self._ladders.sides.values() for queue in ladder.values()]
        assert all(queues), "a level without orders"
        resting = {order.order_id: order for queue in queues for order in queue}
        assert resting == self._open, "the open orders are not those on the ladders"
        for order in resting.values():
            assert order.leaves_qty > 0, f"{order} is open with nothing left"
            assert order.order_qty == order.cum_qty + order.leaves_qty, f"{order} lost quantity"
            assert 0 < order.shown_qty <= (order.display_qty or order.leaves_qty), f"{order} shows too much"
            assert order.shown_qty == order.leaves_qty or order.display_qty, f"{order} hides a part without being told to"
        used = {self._generations[slot] << SLOT_BITS | slot for slot in self._generations if slot not in self._free_slots}
        assert used == set(self._open), "the slots in use are not those of the open orders"

    # Refusals.

    def _faults_of_entry(self, order: Order, ts_ns: int) -> Iterator[Reason]:
        yield from faults_of_entry(order, self._ladders, self._account_limit, ts_ns)
        yield from self._faults_of_seat(order)

    def _faults_of_seat(self, order: Order) -> Iterator[Reason]:
        if (order.session, order.cl_ord_id) in self._by_client:
            yield Reason.DUP_CL_ORD_ID
        if len(self._open) >= self._order_limit:
            yield Reason.ORDERS_FULL
        yield from faults_of_place(order, self._ladders.worked(order, order.price), order.order_qty, order.order_qty, self._ladders)

    def _faults_of_replace(self, order: Order, price: int, total: int, display_qty: int, cl_ord_id: int) -> Iterator[Reason]:
        yield from faults_of_new_terms(order, self._ladders.instruments[order.instrument], price, total, display_qty)
        yield from self._faults_of_new_seat(order, price, total, cl_ord_id)

    def _faults_of_new_seat(self, order: Order, price: int, total: int, cl_ord_id: int) -> Iterator[Reason]:
        if self._by_client.get((order.session, cl_ord_id), order) is not order:
            yield Reason.DUP_CL_ORD_ID
        works_at = self._ladders.worked(order, price)
        if total > order.cum_qty:
            more_qty = total - (order.order_qty if works_at == order.price else order.cum_qty)
            yield from faults_of_place(order, works_at, total, more_qty, self._ladders)

    def _refuse(self, answers: Liquidity, reason: Reason | None, **fields: int) -> None:
        self._tell(ExecType.CANCEL_REJECTED, liquidity=answers, reason=reason or Reason.NONE, **fields)

    # Matching.

    def _match(self, taker: Order) -> None:
        met, first = 0, self._match_id
        while taker.leaves_qty and (maker := self._ladders.first_against(taker)):
            met += 1
            if met > self._sweep_limit:
                self._cancel(taker, Reason.SWEEP_LIMIT)
            elif taker.stands_against(maker):
                self._prevent(maker, taker)
            else:
                self._trade(maker, taker)
        if self._match_id != first:
            self._ladders.collars[taker.instrument].anchor = self._last_px

    def _why_no_more(self, order: Order) -> Reason:
        best = self._ladders.best(order.instrument, opposite(order.side))
        if best is not None and order.wants(best):
            return Reason.COLLAR_DYNAMIC
        return Reason.MARKET_REST if order.ord_type == OrdType.MARKET else Reason.IOC

    def _settle_down(self, order: Order) -> None:
        """Let what is left of an order rest where it works; its own executions may have moved the collar's edge once more."""
        place = self._ladders.worked(order, order.works_at)
        if place != order.works_at and any(faults_of_place(order, place, order.leaves_qty, order.leaves_qty, self._ladders)):
            self._cancel(order, Reason.COLLAR_DYNAMIC)
            return
        order.price = place
        self._rest(order)
        if order.price != order.limit:
            self._emit(order, ExecType.RESTATED, last_qty=order.shown_qty, reason=Reason.COLLAR_DYNAMIC)

    def _trade(self, maker: Order, taker: Order) -> None:
        qty = min(taker.leaves_qty, maker.shown_qty)
        self._match_id += 1
        for order in (maker, taker):
            order.leaves_qty -= qty
            order.cum_qty += qty
        maker.shown_qty -= qty
        self._last_px = maker.price
        if not maker.leaves_qty:
            self._ladders.leave(maker)
        for order, liquidity in ((maker, Liquidity.MAKER), (taker, Liquidity.TAKER)):
            self._emit(order, ExecType.TRADE, match_id=self._match_id, last_px=maker.price, last_qty=qty, liquidity=liquidity)
        self._refresh(maker)

    def _prevent(self, maker: Order, taker: Order) -> None:
        if taker.stp_mode == StpMode.DECREMENT:
            self._decrement(maker, taker)
        if taker.stp_mode in (StpMode.CANCEL_OLDEST, StpMode.CANCEL_BOTH):
            self._ladders.leave(maker)
            self._cancel(maker, Reason.STP)
        if taker.stp_mode in (StpMode.CANCEL_NEWEST, StpMode.CANCEL_BOTH):
            self._cancel(taker, Reason.STP)

    def _decrement(self, maker: Order, taker: Order) -> None:
        qty = min(taker.leaves_qty, maker.shown_qty)
        for order in (maker, taker):
            order.order_qty -= qty
            order.leaves_qty -= qty
        maker.shown_qty -= qty
        if not maker.leaves_qty:
            self._ladders.leave(maker)
        self._tell_decrement(maker, qty, maker.shown_qty)
        self._refresh(maker)
        self._tell_decrement(taker, qty, taker.leaves_qty)

    def _tell_decrement(self, order: Order, taken_qty: int, left_qty: int) -> None:
        if order.leaves_qty:
            self._emit(order, ExecType.RESTATED, last_qty=left_qty, reason=Reason.STP)
        else:
            self._emit(order, ExecType.CANCELED, last_qty=taken_qty, reason=Reason.STP)

    def _refresh(self, maker: Order) -> None:
        if maker.leaves_qty and not maker.shown_qty:
            self._ladders.leave(maker)
            self._rest(maker)
            self._emit(maker, ExecType.RESTATED, last_qty=maker.shown_qty, reason=Reason.RESERVE_REFRESH)

    def _restyle(self, order: Order, price: int, total: int, display_qty: int, cl_ord_id: int, *, in_place: bool) -> None:
        old = order.cl_ord_id
        ends = total <= order.cum_qty
        if ends or not in_place:
            self._ladders.leave(order)
        self._rename(order, cl_ord_id or old)
        order.order_qty = max(total, order.cum_qty)
        order.leaves_qty = order.order_qty - order.cum_qty
        if not ends:
            order.price, order.display_qty = price, display_qty
        order.shown_qty = min(order.shown_qty, order.leaves_qty)
        self._emit(order, ExecType.REPLACED, orig_cl_ord_id=old)
        if ends or in_place:
            return
        self._aim(order, price)
        self._match(order)
        if order.leaves_qty:
            self._settle_down(order)

    @staticmethod
    def _seen(order: Order | None) -> OpenOrder | None:
        return OpenOrder(*(getattr(order, name) for name in OpenOrder._fields)) if order else None
