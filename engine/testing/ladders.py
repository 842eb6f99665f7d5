"""The oracle's price ladders: per instrument and side a `SortedDict` of price to a plain list of orders, oldest first.

Those that stop orders wait on, by their stop prices, use up pages too.
"""

from collections import Counter
from collections.abc import Iterator

from sortedcontainers import SortedDict

from engine.matching.enums import Side, StpMode
from engine.matching.records import Instrument
from engine.testing.collars import Collar
from engine.testing.orders import Order

PAGE_LEVELS = 64
SIDES = (Side.BUY, Side.SELL)
Page = tuple[bool, int, int, int]


def opposite(side: int) -> Side:
    """Return the side that an order trades against."""
    return Side.SELL if side == Side.BUY else Side.BUY


class Ladders:
    """Every side of every book, its collar, and the pages of price levels that they all use up."""

    def __init__(self, instruments: dict[int, Instrument], pages: int) -> None:
        """Open both sides of each instrument, empty."""
        self.pages = pages
        self.instruments: dict[int, Instrument] = {}
        self.collars: dict[int, Collar] = {}
        self.sides: dict[tuple[int, Side], SortedDict] = {}
        self.stops: dict[tuple[int, Side], SortedDict] = {}
        self.levels_of_page: Counter[Page] = Counter()
        for instrument in instruments.values():
            self.add(instrument)

    def add(self, instrument: Instrument) -> int:
        """Open one more instrument, without a collar, and return its number."""
        number = len(self.instruments) + 1
        self.instruments[number] = instrument
        self.collars[number] = Collar(instrument, 0, instrument.max_price)
        for ladders in (self.sides, self.stops):
            ladders |= {(number, side): SortedDict() for side in SIDES}
        return number

    def best_first(self, instrument: int, side: int) -> Iterator[tuple[int, list[Order]]]:
        """Give each price with its queue, from the best price on."""
        if instrument not in self.instruments:
            raise ValueError(f"instrument {instrument} is not between 1 and {len(self.instruments)}")
        ladder = self.sides[instrument, Side(side)]
        for price in reversed(ladder) if side == Side.BUY else iter(ladder):
            yield price, ladder[price]

    def best(self, instrument: int, side: int) -> int | None:
        """Return the best price of a side, or None when it is empty."""
        return next((price for price, _ in self.best_first(instrument, side)), None)

    def first_against(self, taker: Order) -> Order | None:
        """Return the resting order that an incoming one meets first, or None when no price crosses."""
        side = opposite(taker.side)
        best = self.best(taker.instrument, side)
        return self.sides[taker.instrument, side][best][0] if best is not None and taker.crosses(best) else None

    def queued(self, instrument: int, side: int) -> list[Order]:
        """Return the orders of a side in priority order."""
        return [order for _, queue in self.best_first(instrument, side) for order in queue]

    def is_crossed(self, instrument: int) -> bool:
        """Whether somebody bids what somebody else asks, or more."""
        bid, ask = (self.best(instrument, side) for side in SIDES)
        return bid is not None and ask is not None and bid >= ask

    def would_trade(self, order: Order, price: int) -> bool:
        """Whether an order of this side at that price crosses the best opposite price, in a book that matches."""
        if self.collars[order.instrument].collects:
            return False
        best = self.best(order.instrument, opposite(order.side))
        return best is not None and (best <= price if order.side == Side.BUY else best >= price)

    def would_give(self, taker: Order, wanted: int, places: int) -> bool:
        """Whether the match would give an order that much, looking level by level at no more than so many places in queues."""
        visits = 0
        for price, queue in self.best_first(taker.instrument, opposite(taker.side)):
            if not taker.crosses(price):
                return False
            for given in parts_in_turn(taker, queue):
                visits += 1
                wanted -= given or 0
                if visits > places or given is None:
                    return False
                if wanted <= 0:
                    return True
        return False

    def worked(self, order: Order, limit: int) -> int:
        """Return the price at which an order of this side works now if that is its limit."""
        return self.collars[order.instrument].worked(order.side, limit)

    def shut_out(self, instrument: int, side: int) -> Order | None:
        """Return the first order that rests at a better price than its side may work at, or None."""
        best = self.best(instrument, side)
        if best is None or best == self.collars[instrument].worked(side, best):
            return None
        order: Order = self.sides[instrument, Side(side)][best][0]
        return order

    def has_room(self, order: Order, price: int) -> bool:
        """Whether the page of that price is in use already, or one is free."""
        return self._page(order, price) in self.levels_of_page or len(self.levels_of_page) < self.pages

    def level_qty(self, order: Order, price: int) -> int:
        """Return all that is open at that price on the order's side, reserves included; while it waits, all that waits there."""
        return sum(other.leaves_qty for other in self._ladder(order).get(price, []))

    def join(self, order: Order) -> None:
        """Put an order at the back of the queue of its price, or while it waits of its stop price."""
        ladder, price = self._ladder(order), order.stop_px if order.waits else order.price
        if price not in ladder:
            ladder[price] = []
            self.levels_of_page[self._page(order, price)] += 1
        ladder[price].append(order)

    def leave(self, order: Order) -> None:
        """Take an order out of its queue, and the level away when it was the last."""
        ladder, price = self._ladder(order), order.stop_px if order.waits else order.price
        ladder[price].remove(order)
        if not ladder[price]:
            del ladder[price]
            page = self._page(order, price)
            self.levels_of_page[page] -= 1
            if not self.levels_of_page[page]:
                del self.levels_of_page[page]

    def _ladder(self, order: Order) -> SortedDict:
        return (self.stops if order.waits else self.sides)[order.instrument, Side(order.side)]

    def _page(self, order: Order, price: int) -> Page:
        """Return the page of a level: they are counted from the best, which of bids and of stops that sell is the highest price."""
        instrument = self.instruments[order.instrument]
        rank = price // instrument.tick
        if (order.side == Side.BUY) != order.waits:
            rank = instrument.max_price // instrument.tick - rank
        return order.waits, order.instrument, order.side, rank // PAGE_LEVELS


def parts_in_turn(taker: Order, queue: list[Order]) -> Iterator[int | None]:
    """Give what each place of a queue would give, round after round, until a round gives nothing; None where the match would stop."""
    reserves = {maker.order_id: maker.leaves_qty - maker.shown_qty for maker in queue}
    given = 0
    for maker in queue:
        is_own = taker.stands_against(maker)
        if is_own and taker.stp_mode != StpMode.CANCEL_OLDEST:
            yield None
        part = 0 if is_own else maker.shown_qty
        given += part
        yield part
    if not any(reserves.values()):
        return
    while given:
        given = 0
        for maker in queue:
            part = 0 if taker.stands_against(maker) else min(maker.display_qty, reserves[maker.order_id])
            reserves[maker.order_id] -= part
            given += part
            yield part
