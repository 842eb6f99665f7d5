"""ITCH messages as orders for a venue: what one subscriber who made the whole book and another who took from it would have sent.

Orders are named by the feed's reference numbers.  An execution becomes an immediate order of the taker at the resting order's price and for
the executed size: a book with price-time priority must fill it from the very order that the feed names.  References from before the file
are unknown, and whatever speaks of them is skipped and counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.cli.itch import Add, Delete, Execute, Message, Reduce, Replace


@dataclass(frozen=True, slots=True)
class Enter:
    """The maker enters an order that rests."""

    ref: int
    buy: bool
    shares: int
    price: int


@dataclass(frozen=True, slots=True)
class Change:
    """The maker replaces order `ref` and calls it `new_ref` from then on; `total` counts what was already executed."""

    ref: int
    new_ref: int
    price: int
    total: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The maker cancels an order."""

    ref: int


@dataclass(frozen=True, slots=True)
class Take:
    """The taker sends an IOC that the venue must fill from order `ref`."""

    ref: int
    buy: bool
    shares: int
    price: int


Action = Enter | Change | Withdraw | Take


@dataclass(slots=True)
class Resting:
    """An order as the feed has it."""

    buy: bool
    price: int
    leaves: int
    executed: int = 0


@dataclass(slots=True)
class Tally:
    """What was read and what was skipped."""

    messages: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    hidden_trades: int = 0


class Translator:
    """Follows the orders of one stock through the feed; `tally` counts, `resting` is the book in the feed's own words."""

    def __init__(self, locate: int) -> None:
        self.tally = Tally()
        self.resting: dict[int, Resting] = {}
        self._locate = locate

    def actions(self, messages: Iterable[Message]) -> Iterator[Action]:
        """Yield what the two subscribers send, in the order of the feed."""
        for message in messages:
            if message.locate == self._locate:
                self.tally.messages += 1
                yield from self._translate(message)

    def _translate(self, message: Message) -> Iterator[Action]:
        match message:
            case Add(ref=ref, buy=buy, shares=shares, price=price):
                self.resting[ref] = Resting(buy, price, shares)
                yield Enter(ref, buy, shares, price)
            case Execute(ref=ref, shares=shares):
                if order := self._known(ref, "executions"):
                    yield Take(ref, not order.buy, shares, order.price)
                    order.executed += shares
                    self._lessen(ref, order, shares)
            case Reduce(ref=ref, shares=shares):
                if order := self._known(ref, "reductions"):
                    self._lessen(ref, order, shares)
                    yield Change(ref, ref, order.price, order.executed + order.leaves) if order.leaves > 0 else Withdraw(ref)
            case Delete(ref=ref):
                if self._known(ref, "deletions"):
                    del self.resting[ref]
                    yield Withdraw(ref)
            case Replace():
                yield from self._replace(message)
            case _:
                self.tally.hidden_trades += 1

    def _replace(self, message: Replace) -> Iterator[Action]:
        order = self._known(message.ref, "replacements")
        if order is None:
            return
        del self.resting[message.ref]
        renewed = Resting(order.buy, message.price, message.shares, order.executed)
        if message.price == order.price and message.shares < order.leaves:
            # Here a lower quantity alone keeps its place in the queue, on Nasdaq a replaced order never does.
            renewed.executed = 0
            yield Withdraw(message.ref)
            yield Enter(message.new_ref, order.buy, message.shares, message.price)
        else:
            yield Change(message.ref, message.new_ref, message.price, order.executed + message.shares)
        self.resting[message.new_ref] = renewed

    def _known(self, ref: int, what: str) -> Resting | None:
        order = self.resting.get(ref)
        if order is None:
            self.tally.unknown[what] += 1
        return order

    def _lessen(self, ref: int, order: Resting, shares: int) -> None:
        order.leaves -= shares
        if order.leaves <= 0:
            del self.resting[ref]


def choose_stock(messages: Iterable[Message], stock: str | None) -> tuple[str, int] | None:
    """Find a stock's name and locate code by its first order: the stock named, or the first of the file."""
    for message in messages:
        if isinstance(message, Add) and stock in (None, message.stock):
            return message.stock, message.locate
    return None
