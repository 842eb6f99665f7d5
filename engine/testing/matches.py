"""How the oracle's books match: an incoming order with the other side, best price first, oldest first; what is left rests or is canceled.

What happens where the collar stops a match that its owner would have gone on with is for `calls` to say.
"""

from engine.matching.enums import ExecType, Liquidity, OrdType, Reason, StpMode
from engine.testing.ladders import opposite
from engine.testing.lives import Lives
from engine.testing.orders import Order
from engine.testing.refusals import faults_of_level


class Matches(Lives):
    """Orders that meet."""

    _sweep_limit: int

    def _take(self, order: Order, most: int) -> int:
        """Let an order come in that meets at most so many others, let what is left of it rest or end, and return how many it met."""
        met = self._match(order, most)
        if order.leaves_qty:
            self._end_or_settle(order)
        return met

    def _end_or_settle(self, order: Order) -> None:
        if order.never_rests:
            self._cancel(order, self._why_no_more(order))
        else:
            self._settle_down(order, order.works_at)

    def _match(self, taker: Order, most: int) -> int:
        met, first = 0, self._match_id
        while taker.leaves_qty and (maker := self._ladders.first_against(taker)):
            if met == most:
                self._cancel(taker, Reason.SWEEP_LIMIT)
                break
            met += 1
            if taker.stands_against(maker):
                self._prevent(maker, taker)
            else:
                self._trade(maker, taker)
        if self._match_id != first:
            self._ladders.collars[taker.instrument].anchor = self._last_px[taker.instrument]
        return met

    def _why_no_more(self, order: Order) -> Reason:
        if self._is_held_back(order):
            return Reason.COLLAR_DYNAMIC
        return Reason.MARKET_REST if order.ord_type in (OrdType.MARKET, OrdType.STOP) else Reason.IOC

    def _is_held_back(self, order: Order) -> bool:
        """Whether somebody rests beyond the collar's edge with whom this order would have traded."""
        best = self._ladders.best(order.instrument, opposite(order.side))
        return best is not None and order.wants(best)

    def _settle_down(self, order: Order, limit: int) -> None:
        """Let what is left of an order rest at that limit; the collar's edge may lie before where it worked, as executions move it."""
        place = self._ladders.worked(order, limit)
        if place * order.leaves_qty >= 2**63:
            self._cancel(order, Reason.COLLAR_DYNAMIC)
            return
        if any(faults_of_level(order, place, order.leaves_qty, self._ladders)):
            self._cancel(order, Reason.NO_PLACE)
            return
        order.price = place
        self._rest(order)
        if order.price != order.limit:
            self._emit(order, ExecType.RESTATED, last_qty=order.shown_qty, reason=Reason.COLLAR_DYNAMIC)

    def _trade(self, maker: Order, taker: Order) -> None:
        qty = min(taker.leaves_qty, maker.shown_qty)
        self._execute((maker, Liquidity.MAKER), (taker, Liquidity.TAKER), maker.price, qty)
        self._refresh(maker)

    def _execute(self, one: tuple[Order, Liquidity], other: tuple[Order, Liquidity], price: int, qty: int) -> None:
        """Let two orders trade and tell the first, then the second; an order that has nothing left leaves the book."""
        self._match_id += 1
        self._last_px[one[0].instrument] = price
        for order, _ in (one, other):
            order.leaves_qty -= qty
            order.cum_qty += qty
            if order.shown_qty:
                order.shown_qty = max(order.shown_qty - qty, 0)
        for order, liquidity in (one, other):
            if not order.leaves_qty and liquidity != Liquidity.TAKER:
                self._ladders.leave(order)
            self._emit(order, ExecType.TRADE, match_id=self._match_id, last_px=price, last_qty=qty, liquidity=liquidity)

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
