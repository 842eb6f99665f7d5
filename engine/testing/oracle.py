"""An order book that is slow and obviously right: the independent witness that the core is held against.

It shares no code with the core, only the numbers of the enums and the shapes of the public tuples, and gives the same events, order ids
and refusals for the same commands.  Every step may cost the size of the book: use it in tests, never in a venue.  Prices are in 1e-4 of
the quote unit, quantities in 1e-6 of a token.
"""

from collections.abc import Iterable, Iterator

from engine.matching.enums import ExecType, Liquidity, OrdType, Phase, Reason, TimeInForce
from engine.matching.records import Event, Instrument, Level, OpenOrder
from engine.testing.calls import Calls
from engine.testing.collars import Collar
from engine.testing.ladders import SIDES
from engine.testing.lives import SLOT_BITS
from engine.testing.orders import Order
from engine.testing.refusals import (
    faults_of_change,
    faults_of_entry,
    faults_of_form,
    faults_of_level,
    faults_of_name,
    faults_of_new_terms,
    faults_of_phase,
    faults_of_place,
    faults_of_price,
    faults_of_stop,
)

NEVER_NS = 2**63 - 1
KEEP_DISPLAY = -1


class Oracle(Calls):
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
        number = self._listed(instrument)
        collar = Collar(self._ladders.instruments[number], low, high, dynamic_bps, anchor, self._phases[number] != Phase.CONTINUOUS)
        self._ladders.collars[number] = collar
        self._events = []
        self._shut_out(number)
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
        stop_px: int = 0,
    ) -> int:
        """Enter an order and return its order_id, or 0 when it was rejected."""
        self._events = []
        terms = (instrument, side, ord_type, tif, price, qty, display_qty, exec_inst, expire_ns, stp_group, stp_mode, min_qty, settle_pref)
        order = Order(0, cl_ord_id, session, account, *terms, stop_px)
        order.waits = self._must_wait(order)
        if reason := next(self._faults_of_entry(order, ts_ns), None):
            self._emit(order, ExecType.REJECTED, reason=reason)
            return 0
        self._accept(order)
        self._come_in(order)
        self._cascade(instrument)
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
        self._leave(order)
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
        self._cascade(order.instrument)
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
            self._leave(order)
            self._cancel(order, Reason(reason))
        return len(chosen)

    def expire(self, ts_ns: int) -> int:
        """Expire GTD orders whose time has come, by expiry and then by age, and return their number."""
        self._events = []
        return self._expire_due(ts_ns)

    def end_of_day(self, ts_ns: int) -> int:
        """Expire orders for the day and for an auction, oldest first, and GTD orders that are due, and return their number."""
        self._events = []
        of_the_day = [order for order in self._oldest_first() if order.tif == TimeInForce.DAY or order.is_for_an_auction]
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
        """Return the open orders, oldest first; of one instrument those in its book, in priority order, bids before asks."""
        chosen: Iterable[Order] = self._oldest_first()
        if instrument:
            chosen = [order for side in SIDES for order in self._ladders.queued(instrument, side)]
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

    def last_px(self, instrument: int = 1) -> int:
        """Return the price of the last execution, or 0 before the first."""
        return self._last_px[instrument]

    def phase(self, instrument: int = 1) -> Phase:
        """Return whether a book matches, or what it collects orders for."""
        return self._phases[instrument]

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
            collects = self._phases[number] != Phase.CONTINUOUS
            assert collects or not bid or not ask or bid < ask, f"instrument {number} is crossed: bid {bid}, ask {ask}"
            low, high = self.edges(number)
            assert bid <= high, f"instrument {number}: bid {bid} is above the edge {high}"
            assert not ask or ask >= low, f"instrument {number}: ask {ask} is below the edge {low}"
        levels = [ladder.values() for ladder in self._ladders.sides.values()], [ladder.values() for ladder in self._ladders.stops.values()]
        in_book, stops = ([order for queues in ladders for queue in queues for order in queue] for ladders in levels)
        assert all(queue for ladders in levels for queues in ladders for queue in queues), "a level without orders"
        resting = {order.order_id: order for order in in_book}
        waiting = {order.order_id: order for order in self._open.values() if order.waits}
        assert resting | waiting == self._open, "the open orders are not those on the ladders and those that wait"
        assert not resting.keys() & waiting.keys(), "an order waits and rests"
        assert set(stops) == {order for order in waiting.values() if order.is_stop}, "the stops are not those that wait"
        for order in waiting.values():
            assert order.is_stop or order.tif == TimeInForce.CLS, f"{order} waits for nothing"
            assert not order.shown_qty, f"{order} waits and shows"
        for order in resting.values():
            assert order.leaves_qty > 0, f"{order} is open with nothing left"
            assert order.order_qty == order.cum_qty + order.leaves_qty, f"{order} lost quantity"
            assert 0 < order.shown_qty <= (order.display_qty or order.leaves_qty), f"{order} shows too much"
            assert order.shown_qty == order.leaves_qty or order.display_qty, f"{order} hides a part without being told to"
        used = {self._generations[slot] << SLOT_BITS | slot for slot in self._generations if slot not in self._free_slots}
        assert used == set(self._open), "the slots in use are not those of the open orders"

    # Refusals.

    def _faults_of_entry(self, order: Order, ts_ns: int) -> Iterator[Reason]:
        yield from faults_of_entry(order, self._ladders, self._account_limit, lambda: self._faults_of_form(order, ts_ns))
        yield from self._faults_of_seat(order)

    def _faults_of_form(self, order: Order, ts_ns: int) -> Iterator[Reason]:
        """Give why the book takes no such order now, or what is wrong with its prices, quantities and expiry."""
        instrument = self._ladders.instruments[order.instrument]
        yield from faults_of_phase(order, self._phases[order.instrument])
        yield from faults_of_price(order, instrument, order.price)
        yield from faults_of_stop(order, instrument, self._last_px[order.instrument])
        yield from faults_of_form(order, instrument, self._priced_at_most(order), ts_ns)

    def _priced_at_most(self, order: Order) -> int:
        """Return the highest price that an order of this form might get."""
        return order.price if order.names_price else self._ladders.instruments[order.instrument].max_price

    def _faults_of_seat(self, order: Order) -> Iterator[Reason]:
        if (order.session, order.cl_ord_id) in self._by_client:
            yield Reason.DUP_CL_ORD_ID
        if len(self._open) >= self._order_limit:
            yield Reason.ORDERS_FULL
        if order.is_stop:
            yield from faults_of_level(order, order.stop_px, order.order_qty, self._ladders)
        elif not self._must_wait(order):
            place = self._ladders.worked(order, order.price or self._limit_of(order))
            yield from faults_of_place(order, place, order.order_qty, order.order_qty, self._ladders)

    def _faults_of_replace(self, order: Order, price: int, total: int, display_qty: int, cl_ord_id: int) -> Iterator[Reason]:
        yield from faults_of_change(order)
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

    # What becomes of an order.

    def _must_wait(self, order: Order) -> bool:
        """Whether an order that is accepted now waits: for its trigger, or for the closing call."""
        return order.is_stop or (order.tif == TimeInForce.CLS and self._phases[order.instrument] != Phase.CLOSING_CALL)

    def _come_in(self, order: Order) -> None:
        if order.needed_qty and not self._ladders.would_give(order, order.needed_qty, self._sweep_limit):
            self._cancel(order, Reason.FOK_UNFILLABLE if order.tif == TimeInForce.FOK else Reason.MIN_QTY_UNMET)
        elif order.is_stop:
            self._ladders.join(order)
        elif not order.waits:
            self._match_or_rest(order)

    def _match_or_rest(self, order: Order) -> None:
        if self._phases[order.instrument] == Phase.CONTINUOUS:
            self._take(order, self._sweep_limit)
        else:
            self._settle_down(order, order.works_at)

    def _restyle(self, order: Order, price: int, total: int, display_qty: int, cl_ord_id: int, *, in_place: bool) -> None:
        old = order.cl_ord_id
        ends = total <= order.cum_qty
        if ends or not in_place:
            self._leave(order)
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
        self._match_or_rest(order)

    @staticmethod
    def _seen(order: Order | None) -> OpenOrder | None:
        return OpenOrder(*(getattr(order, name) for name in OpenOrder._fields)) if order else None
