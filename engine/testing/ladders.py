"""The oracle's price ladders: per instrument and side a `SortedDict` of price to a plain list of orders, oldest first."""

from collections import Counter
from collections.abc import Iterator

from sortedcontainers import SortedDict

from engine.matching.enums import Side, StpMode
from engine.matching.records import Instrument
from engine.testing.orders import Order

PAGE_LEVELS = 64


def opposite(side: int) -> Side:
    """Return the side that an order trades against."""
    return Side.SELL if side == Side.BUY else Side.BUY


class Ladders:
    """Every side of every book, and the pages of price levels that they use up."""

    def __init__(self, instruments: dict[int, Instrument], pages: int) -> None:
        """Open both sides of each instrument, empty."""
        self.instruments = instruments
        self.pages = pages
        self.sides = {(number, side): SortedDict() for number in instruments for side in Side}
        self.levels_of_page: Counter[tuple[int, int, int]] = Counter()

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

    def would_trade(self, order: Order, price: int) -> bool:
        """Whether an order of this side at that price crosses the best opposite price."""
        best = self.best(order.instrument, opposite(order.side))
        return best is not None and (best <= price if order.side == Side.BUY else best >= price)

    def has_room(self, order: Order, price: int) -> bool:
        """Whether the page of that price is in use already, or one is free."""
        return self._page(order, price) in self.levels_of_page or len(self.levels_of_page) < self.pages

    def level_qty(self, order: Order, price: int) -> int:
        """Return all that is open at that price on the order's side, reserves included."""
        return sum(resting.leaves_qty for resting in self.sides[order.instrument, Side(order.side)].get(price, []))

    def join(self, order: Order) -> None:
        """Put an order at the back of the queue of its price."""
        ladder = self.sides[order.instrument, Side(order.side)]
        if order.price not in ladder:
            ladder[order.price] = []
            self.levels_of_page[self._page(order, order.price)] += 1
        ladder[order.price].append(order)

    def leave(self, order: Order) -> None:
        """Take an order out of its queue, and the level away when it was the last."""
        ladder = self.sides[order.instrument, Side(order.side)]
        ladder[order.price].remove(order)
        if not ladder[order.price]:
            del ladder[order.price]
            page = self._page(order, order.price)
            self.levels_of_page[page] -= 1
            if not self.levels_of_page[page]:
                del self.levels_of_page[page]

    def _page(self, order: Order, price: int) -> tuple[int, int, int]:
        instrument = self.instruments[order.instrument]
        rank = price // instrument.tick
        if order.side == Side.BUY:
            rank = instrument.max_price // instrument.tick - rank
        return order.instrument, order.side, rank // PAGE_LEVELS


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
