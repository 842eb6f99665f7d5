"""What the demo knows at a moment: plain figures that the live view draws and the headless lines print.

The agents' tasks write it, the view reads it; both run in one event loop.  Latencies are kept for the last few thousand orders only, which
is what "now" means on a screen.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time_ns

from engine.matching.enums import Side

TAPE_LENGTH = 200
NEWS_LENGTH = 100
SAMPLES = 4096
# Who acts where nobody does.
OWN_DOING = ("book", "time", "founder")


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution as the tape shows it; `side` is the taker's."""

    ts_ns: int
    symbol: str
    side: Side
    price: int
    qty: int
    maker: str
    taker: str


@dataclass(frozen=True, slots=True)
class Row:
    """One price level of the ladder."""

    price: int
    qty: int
    orders: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an instrument's status, as the venue's register has it."""

    ts_ns: int
    symbol: str
    before: str
    status: str
    cause: str
    actor: str
    until_ns: int
    then: str


@dataclass(frozen=True, slots=True)
class Auction:
    """How a call ended; `imbalance` was bought more, below 0 sold more."""

    ts_ns: int
    symbol: str
    outcome: str
    price: int
    qty: int
    imbalance: int


@dataclass(slots=True)
class Quotes:
    """One symbol: how it stands, its ladder and what traded in it."""

    symbol: str
    tick: int
    status: str = "continuous"
    bids: list[Row] = field(default_factory=list)
    asks: list[Row] = field(default_factory=list)
    first: int = 0
    last: int = 0
    trades: int = 0
    volume: int = 0
    history: deque[int] = field(default_factory=lambda: deque(maxlen=60))


@dataclass(frozen=True, slots=True)
class Holding:
    """All of one asset in 1e-6: what the customers and the venue's own accounts have, and what the custodian keeps for them."""

    asset: str
    customers: int
    fees: int
    rounding: int
    others: int
    custody: int

    @property
    def is_exact(self) -> bool:
        """Say whether nothing was lost and nothing made up."""
        return self.customers + self.fees + self.rounding + self.others == self.custody


@dataclass(slots=True)
class Seat:
    """One simulated subscriber."""

    name: str
    role: str
    orders: int = 0
    fills: int = 0
    rejects: int = 0
    fees: int = 0
    open_orders: int = 0
    online: bool = False
    position: dict[str, int] = field(default_factory=dict)


class Pace:
    """A count and its rate over the last second."""

    __slots__ = ("_at_ns", "_then", "per_s", "total")

    def __init__(self) -> None:
        self.total = 0
        self.per_s = 0.0
        self._then = 0
        self._at_ns = 0

    def mark(self, now_ns: int) -> None:
        """Take the rate since the last mark."""
        if self._at_ns and now_ns > self._at_ns:
            self.per_s = (self.total - self._then) * 1e9 / (now_ns - self._at_ns)
        self._then = self.total
        self._at_ns = now_ns


@dataclass(slots=True)
class Floor:
    """The whole trading floor."""

    venue: str
    address: str
    seed: int
    quotes: dict[str, Quotes]
    seats: dict[str, Seat]
    started_ns: int = 0
    now_ns: int = 0
    focus: str = ""
    trouble: str = ""
    mode: str = "memory"
    rejects: Counter[str] = field(default_factory=Counter)
    holdings: list[Holding] = field(default_factory=list)
    is_checked: bool = False
    sent: Pace = field(default_factory=Pace)
    received: Pace = field(default_factory=Pace)
    orders: Pace = field(default_factory=Pace)
    trades: Pace = field(default_factory=Pace)
    changes: list[Change] = field(default_factory=list)
    auctions: list[Auction] = field(default_factory=list)
    news: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=NEWS_LENGTH))
    say: Callable[[float, str], None] | None = None
    tape: deque[Trade] = field(default_factory=lambda: deque(maxlen=TAPE_LENGTH))
    round_trips_ns: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))

    @property
    def elapsed_s(self) -> float:
        """How long the demo has been running."""
        return (self.now_ns - self.started_ns) / 1e9

    @property
    def is_exact(self) -> bool:
        """Say whether every asset was, when it was last looked at."""
        return all(holding.is_exact for holding in self.holdings)

    def mark(self, now_ns: int) -> None:
        """Take all rates; call it about once a second."""
        for pace in (self.sent, self.received, self.orders, self.trades):
            pace.mark(now_ns)
        for quotes in self.quotes.values():
            quotes.history.append(quotes.last)

    def traded(self, trade: Trade) -> None:
        """Note an execution."""
        quotes = self.quotes[trade.symbol]
        quotes.first = quotes.first or trade.price
        quotes.last = trade.price
        quotes.trades += 1
        quotes.volume += trade.qty
        self.trades.total += 1
        self.tape.appendleft(trade)

    def tell(self, text: str, ts_ns: int = 0) -> None:
        """Note what happened, at a time or now, and say it to who listens."""
        at_s = max(0.0, ((ts_ns or time_ns()) - self.started_ns) / 1e9)
        self.news.appendleft((at_s, text))
        if self.say is not None:
            self.say(at_s, text)

    def changed(self, change: Change) -> None:
        """Note a change of a status."""
        self.changes.append(change)
        waits = f" for {(change.until_ns - change.ts_ns) / 1e9:.0f} s" if change.until_ns else ""
        then = ", then auction-call" if change.status == "vol-pause" else f", then {change.then}" if change.then else ""
        actor = f", by {change.actor.replace('+', ' and ')}" if change.actor not in OWN_DOING else ""
        self.tell(f"{change.symbol}: {change.before} -> {change.status}, {change.cause}{waits}{then}{actor}", change.ts_ns)

    def uncrossed(self, auction: Auction) -> None:
        """Note the end of a call."""
        self.auctions.append(auction)
        over = f", {abs(auction.imbalance) / 1e6:,.2f} more {'bought' if auction.imbalance > 0 else 'sold'}" if auction.imbalance else ""
        price = f"{auction.qty / 1e6:,.2f} at {auction.price / 10_000:.2f}{over}"
        self.tell(f"{auction.symbol}: auction {auction.outcome}" + (f", {price}" if auction.qty else ""), auction.ts_ns)
