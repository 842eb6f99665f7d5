"""Simulated subscribers for the demo: what each one wants to do next, decided from a seed and from what it sees.

Pure and synchronous: an agent's `turn` looks at fair prices and at its own resting orders and returns what it wants done.  Who sends that
over which connection, and when, is not decided here.  Prices are in 1e-4 of the quote unit and quantities in 1e-6 of a token, as on the
wire.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from engine.matching.enums import Side

TOKEN = 1_000_000
# Fees in hundredths of a basis point, and what each subscriber starts with.
MAKER_RATE = -20
TAKER_RATE = 100
AUCTION_RATE = 50
OPENING_CASH = 1_000_000 * TOKEN
OPENING_TOKENS = 1_000 * TOKEN


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock token of the demo: where it starts, and how far its fair price moves a step, in ticks."""

    symbol: str
    start: int
    tick: int
    lot: int
    restlessness: float


STOCKS = (
    Stock("AAPLx", 1_675_200, 100, 100, 0.9),
    Stock("NVDAx", 1_822_400, 100, 100, 1.6),
    Stock("TSLAx", 3_391_700, 100, 100, 2.2),
    Stock("SPYx", 5_904_500, 100, 100, 0.6),
)


class Slot(NamedTuple):
    """An agent's own name for one of its orders."""

    symbol: str
    side: Side
    level: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Enter an order that rests."""

    slot: Slot
    price: int
    qty: int
    display_qty: int = 0


@dataclass(frozen=True, slots=True)
class Requote:
    """Move a resting order."""

    slot: Slot
    price: int
    qty: int


@dataclass(frozen=True, slots=True)
class Pull:
    """Cancel a resting order."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class Strike:
    """Take what is there up to a price, at once."""

    symbol: str
    side: Side
    price: int
    qty: int


Intent = Quote | Requote | Pull | Strike


@dataclass(frozen=True, slots=True)
class Resting:
    """What an agent knows of one of its own open orders."""

    price: int
    leaves_qty: int


class Market:
    """Fair prices that wander: each a random walk in ticks with a weak pull towards its start."""

    def __init__(self, seed: int, stocks: tuple[Stock, ...] = STOCKS) -> None:
        self.stocks = {stock.symbol: stock for stock in stocks}
        self._rng = random.Random(f"{seed}/market")
        self._value = {stock.symbol: float(stock.start // stock.tick) for stock in stocks}
        self._drift = dict.fromkeys(self._value, 0.0)

    def step(self) -> None:
        """Let every fair price move on."""
        for symbol, stock in self.stocks.items():
            start = stock.start / stock.tick
            self._drift[symbol] = 0.95 * self._drift[symbol] + self._rng.gauss(0, stock.restlessness / 6)
            moved = self._value[symbol] + self._rng.gauss(0, stock.restlessness) + self._drift[symbol]
            self._value[symbol] = min(max(moved + (start - moved) * 0.0005, start / 2), start * 2)

    def fair(self, symbol: str) -> float:
        """Return the fair price in ticks."""
        return self._value[symbol]

    def drift(self, symbol: str) -> float:
        """Return how the fair price tends to move, in ticks a step."""
        return self._drift[symbol]


class Agent(Protocol):
    """One simulated subscriber."""

    name: str
    role: str

    def turn(self, market: Market, resting: Mapping[Slot, Resting], position: Mapping[str, int]) -> list[Intent]:
        """Return what it does now, given its own open orders and what it bought and sold so far."""

    def pause_s(self) -> float:
        """Return how long it waits until its next turn."""


class Maker:
    """Quotes both sides around the fair price and leans against its inventory."""

    role = "market maker"

    def __init__(self, name: str, seed: int, *, levels: int = 6, half_spread: int = 2, turns_per_s: float = 30.0) -> None:
        self.name = name
        self._rng = random.Random(f"{seed}/{name}")
        self._levels = levels
        self._half_spread = half_spread
        self._turns_per_s = turns_per_s

    def turn(self, market: Market, resting: Mapping[Slot, Resting], position: Mapping[str, int]) -> list[Intent]:
        """Bring the quotes of one stock to where they should be."""
        stock = self._rng.choice(list(market.stocks.values()))
        lean = max(-6.0, min(6.0, position.get(stock.symbol, 0) / (60 * TOKEN)))
        fair = market.fair(stock.symbol) - lean + self._rng.gauss(0, 0.6)
        intents: list[Intent] = []
        for level in range(self._levels):
            reach = self._half_spread + level + level * level // 5
            for side, ticks in ((Side.BUY, math.floor(fair) - reach), (Side.SELL, math.ceil(fair) + reach)):
                slot = Slot(stock.symbol, side, level)
                price = max(1, ticks) * stock.tick
                known = resting.get(slot)
                if known is None:
                    intents.append(Quote(slot, price, self._qty(stock, level)))
                elif abs(known.price - price) > level // 2 * stock.tick:
                    intents.append(Requote(slot, price, self._qty(stock, level)))
        return intents

    def pause_s(self) -> float:
        """Return a random wait."""
        return self._rng.expovariate(self._turns_per_s)

    def _qty(self, stock: Stock, level: int) -> int:
        return _in_lots(self._rng.lognormvariate(1.2 + level * 0.25, 0.5), stock)


class Taker:
    """Buys and sells at once, more often with the drift than against it."""

    role = "taker"

    def __init__(self, name: str, seed: int, *, turns_per_s: float = 8.0, size: float = 1.0) -> None:
        self.name = name
        self._rng = random.Random(f"{seed}/{name}")
        self._turns_per_s = turns_per_s
        self._size = size

    def turn(self, market: Market, resting: Mapping[Slot, Resting], position: Mapping[str, int]) -> list[Intent]:
        """Strike one stock."""
        stock = self._rng.choice(list(market.stocks.values()))
        tilt = market.drift(stock.symbol) * 0.3 - position.get(stock.symbol, 0) / (400 * TOKEN)
        side = Side.BUY if self._rng.random() < min(0.9, max(0.1, 0.5 + tilt)) else Side.SELL
        through = self._rng.choice((2, 4, 8))
        ticks = math.floor(market.fair(stock.symbol)) + (through if side == Side.BUY else -through)
        qty = _in_lots(self._rng.lognormvariate(0.6, 0.9) * self._size, stock)
        return [Strike(stock.symbol, side, max(1, ticks) * stock.tick, qty)]

    def pause_s(self) -> float:
        """Return a random wait."""
        return self._rng.expovariate(self._turns_per_s)


class Whale:
    """Works large orders as icebergs close to the fair price, and gives one up when the price has run away from it."""

    role = "iceberg"

    def __init__(self, name: str, seed: int, *, turns_per_s: float = 1.5) -> None:
        self.name = name
        self._rng = random.Random(f"{seed}/{name}")
        self._turns_per_s = turns_per_s

    def turn(self, market: Market, resting: Mapping[Slot, Resting], position: Mapping[str, int]) -> list[Intent]:
        """Place, follow up or withdraw the iceberg of one stock."""
        stock = self._rng.choice(list(market.stocks.values()))
        side = Side.SELL if position.get(stock.symbol, 0) > 0 else Side.BUY
        fair = math.floor(market.fair(stock.symbol))
        price = max(1, fair - 1 if side == Side.BUY else fair + 2) * stock.tick
        intents: list[Intent] = []
        for known_side in (Side.BUY, Side.SELL):
            slot = Slot(stock.symbol, known_side, 0)
            known = resting.get(slot)
            if known is None and known_side == side:
                shown = self._rng.randint(3, 9) * TOKEN
                intents.append(Quote(slot, price, shown * self._rng.randint(8, 20), shown))
            elif known is not None and (known_side != side or abs(known.price - price) > 25 * stock.tick):
                intents.append(Pull(slot))
        return intents

    def pause_s(self) -> float:
        """Return a random wait."""
        return self._rng.expovariate(self._turns_per_s)


def cast(seed: int) -> list[Agent]:
    """Return the dozen subscribers of the demo."""
    makers = [Maker(name, seed, half_spread=2 + i // 2) for i, name in enumerate(("alder", "birch", "cedar", "doum"))]
    takers = [Taker(name, seed, size=1 + i % 3) for i, name in enumerate(("ebony", "fir", "ginkgo", "hazel", "ilex", "juniper"))]
    whales = [Whale(name, seed) for name in ("kauri", "larch")]
    return [*makers, *takers, *whales]


def _in_lots(tokens: float, stock: Stock) -> int:
    step = math.lcm(stock.lot, TOKEN // 100)
    return max(1, round(min(tokens, 500.0) * TOKEN / step)) * step
