"""What the oracle's books do beside matching: collect orders for an auction, hold the auction, keep stop orders until they are reached.

Nothing is kept that can be asked of the open orders: which stop is next is looked for among all that wait, each time.
"""

from collections import defaultdict

from engine.matching.enums import ExecType, Liquidity, Phase, Reason, Side, Strike, TimeInForce
from engine.matching.records import Instrument, Uncross
from engine.testing.auctions import NOTHING, ROUNDS, indicate, own_orders
from engine.testing.ladders import SIDES
from engine.testing.matches import Matches
from engine.testing.orders import Order


class Calls(Matches):
    """Books in phases, and orders that wait."""

    def __init__(self, instruments: list[Instrument], levels: int) -> None:
        """Begin with books that match."""
        super().__init__(instruments, levels)
        self._phases: defaultdict[int, Phase] = defaultdict(lambda: Phase.CONTINUOUS)
        self._pauses: defaultdict[int, bool] = defaultdict(bool)
        self._keeps_stops: defaultdict[int, bool] = defaultdict(bool)
        self._auction_px: defaultdict[int, int] = defaultdict(int)
        self._strikes: dict[int, Strike] = {}

    # Commands.

    def set_phase(self, instrument: int, phase: int, pauses: bool = False, keeps_stops: bool = False) -> None:
        """Let a book match or collect orders; say whether it pauses by itself, and whether it keeps stop orders that are reached.

        ValueError for a crossed book that should match.
        """
        number, phase = self._listed(instrument), Phase(phase)
        if phase == Phase.CONTINUOUS and self._ladders.is_crossed(number):
            raise ValueError(f"instrument {number} is crossed")
        self._events = []
        before = self._phases[number]
        if phase != before:
            self._leave_auctions(number, phase)
        self._begin(number, phase)
        self._pauses[number], self._keeps_stops[number] = bool(pauses), bool(keeps_stops)
        if phase == Phase.CLOSING_CALL != before:
            self._join_the_close(number)
        if phase == Phase.CONTINUOUS != before:
            collar = self._ladders.collars[number]
            collar.anchor = self._auction_px[number] or collar.anchor
            self._shut_out(number)
        self._cascade(number)

    def indicative(self, instrument: int, reference: int = 0) -> Uncross:
        """Return what an auction would do now; reference 0 is the last price."""
        number = self._listed(instrument)
        terms = self._ladders.instruments[number]
        sides = [self._ladders.queued(number, side) for side in SIDES]
        return indicate(sides[0], sides[1], reference or self._last_px[number], terms.tick, terms.max_price)

    def uncross(self, instrument: int, reference: int = 0, low: int = 0, high: int = 0) -> Uncross:
        """Hold the auction of a book that collects, or not where its price would be outside the two; `high` 0: anywhere."""
        number = self._listed(instrument)
        if self._phases[number] == Phase.CONTINUOUS:
            raise ValueError(f"instrument {number} collects no orders")
        self._events = []
        for _ in range(ROUNDS):
            result = self.indicative(number, reference)
            if not self._part_own_orders(number, result):
                break
        else:
            return NOTHING._replace(done=False)
        if result.qty and high and not low <= result.price <= high:
            return result._replace(done=False)
        self._trade_all(number, result)
        self._end_those(number, TimeInForce.CLS if self._phases[number] == Phase.CLOSING_CALL else TimeInForce.OPG)
        return result

    def take_strike(self) -> tuple[int, Strike] | None:
        """Return which book stopped matching by itself, and why: the last one that did and was not taken yet."""
        return self._strikes.popitem() if self._strikes else None

    # Phases.

    def _listed(self, number: int) -> int:
        """Return the number of an instrument; ValueError where none is listed under it."""
        self._ladders.best(number, Side.BUY)
        return number

    def _begin(self, number: int, phase: Phase) -> None:
        if self._phases[number] == Phase.CONTINUOUS:
            self._auction_px[number] = 0
        self._phases[number] = phase
        self._ladders.collars[number].collects = phase != Phase.CONTINUOUS

    def _leave_auctions(self, number: int, phase: Phase) -> None:
        """Take the orders out of a book that no auction is left for: those for the close wait again, those for the opening end."""
        if self._phases[number] == Phase.CLOSING_CALL:
            for order in [order for order in self._those(number, TimeInForce.CLS) if not order.waits]:
                self._ladders.leave(order)
                order.waits, order.shown_qty, order.limit = True, 0, order.price
        if phase != Phase.CALL:
            self._end_those(number, TimeInForce.OPG)

    def _join_the_close(self, number: int) -> None:
        for order in self._those(number, TimeInForce.CLS):
            order.waits = False
            self._aim(order, order.limit)
            if order.works_at == order.limit:
                self._settle_down(order, order.limit)
            else:
                self._cancel(order, Reason.COLLAR_DYNAMIC)

    def _those(self, number: int, tif: TimeInForce) -> list[Order]:
        """Return the open orders of an instrument with that time in force, oldest first."""
        return [order for order in self._oldest_first() if order.instrument == number and order.tif == tif]

    def _shut_out(self, number: int) -> None:
        """Cancel the orders beyond the collar's edges: bids, then asks, best first."""
        for side in SIDES:
            while order := self._ladders.shut_out(number, side):
                self._ladders.leave(order)
                self._cancel(order, Reason.COLLAR_DYNAMIC)

    # Strikes.

    def _end_or_settle(self, order: Order) -> None:
        """Let what is left of an order rest or end; where the collar held it back, a book that pauses begins to collect first."""
        strikes = self._pauses[order.instrument] and not order.never_takes and self._is_held_back(order)
        if not strikes:
            super()._end_or_settle(order)
            return
        self._hit(order.instrument, Strike.COLLAR)
        if order.never_rests:
            self._cancel(order, Reason.COLLAR_DYNAMIC)
        else:
            self._settle_down(order, order.limit)

    def _hit(self, number: int, strike: Strike) -> None:
        self._begin(number, Phase.CALL)
        self._strikes.pop(number, None)
        self._strikes[number] = strike

    # Stops.

    def _cascade(self, number: int) -> None:
        """Let in the stop orders that the last price has reached, one after the other, as the last price moves on."""
        spent = 0
        if self._keeps_stops[number]:
            return
        while self._phases[number] == Phase.CONTINUOUS and (order := self._next_stop(number)):
            if spent >= self._sweep_limit:
                if self._pauses[number]:
                    self._hit(number, Strike.CASCADE)
                return
            spent += 1
            spent += self._trigger(order, self._sweep_limit - spent)

    def _next_stop(self, number: int) -> Order | None:
        """Return the reached stop that comes in next: of the first buy and the first sell the older one."""
        reached = [
            o for o in self._oldest_first() if o.waits and o.is_stop and o.instrument == number and o.is_reached(self._last_px[number])
        ]
        buys = sorted((order for order in reached if order.side == Side.BUY), key=lambda order: order.stop_px)
        sells = sorted((order for order in reached if order.side == Side.SELL), key=lambda order: -order.stop_px)
        return min([*buys[:1], *sells[:1]], key=lambda order: order.age, default=None)

    def _trigger(self, order: Order, most: int) -> int:
        self._leave(order)
        order.stop_px = 0
        self._emit(order, ExecType.RESTATED, reason=Reason.TRIGGERED)
        self._aim(order, order.limit)
        return self._take(order, most)

    # Auctions.

    def _own_orders(self, number: int, result: Uncross) -> list[Order]:
        bids, asks = (self._ladders.queued(number, side) for side in SIDES)
        return own_orders(bids, asks, result.price, result.qty)

    def _part_own_orders(self, number: int, result: Uncross) -> bool:
        """Cancel the orders that would trade with their own group's; say whether there were any."""
        gone = self._own_orders(number, result)
        for order in gone:
            self._ladders.leave(order)
            self._cancel(order, Reason.STP)
        return bool(gone)

    def _trade_all(self, number: int, result: Uncross) -> None:
        left = result.qty
        while left:
            buyer, seller = (self._ladders.queued(number, side)[0] for side in SIDES)
            qty = min(buyer.leaves_qty, seller.leaves_qty, left)
            left -= qty
            self._auction_px[number] = result.price
            self._execute((buyer, Liquidity.AUCTION), (seller, Liquidity.AUCTION), result.price, qty)
            for order in (buyer, seller):
                order.shown_qty = min(order.display_qty or order.leaves_qty, order.leaves_qty)

    def _end_those(self, number: int, tif: TimeInForce) -> None:
        """Cancel what is left in a book of the orders that were for an auction alone, oldest first."""
        for order in self._those(number, tif):
            self._ladders.leave(order)
            self._cancel(order, Reason.AUCTION_END)
