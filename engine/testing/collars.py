"""The oracle's collar of an instrument: between which prices it may trade now."""

from dataclasses import dataclass

from engine.matching.enums import Side
from engine.matching.records import Instrument

WHOLE_BPS = 10_000


@dataclass(slots=True)
class Collar:
    """Two prices, and a share of a price in their middle that moves with the executions; `dynamic_bps` 0 is no such share.

    While the book collects orders for an auction it has its two prices only.
    """

    instrument: Instrument
    low: int
    high: int
    dynamic_bps: int = 0
    anchor: int = 0
    collects: bool = False

    def __post_init__(self) -> None:
        """Refuse prices between which nothing could ever trade, or not on this ladder."""
        tick, top = self.instrument.tick, self.instrument.max_price
        if not 0 <= self.low <= min(self.high, top) or self.high < tick or not 0 <= self.dynamic_bps <= WHOLE_BPS:
            raise ValueError(f"collar {self.low} to {self.high}, {self.dynamic_bps} bp: prices from 0 up to {top}, in order, are asked")
        if self.dynamic_bps and not tick <= self.anchor <= top:
            raise ValueError(f"anchor {self.anchor} is not between {tick} and {top}")

    @property
    def edges(self) -> tuple[int, int]:
        """The lowest price that a sell works at and the highest that a buy works at, both whole ticks."""
        tick, reach = self.instrument.tick, self.anchor * self.dynamic_bps // WHOLE_BPS
        low, high = self.low, min(self.high, self.instrument.max_price)
        if self.dynamic_bps and not self.collects:
            low, high = max(low, self.anchor - reach), min(high, self.anchor + reach)
        return -(-low // tick) * tick, high // tick * tick

    @property
    def outermost(self) -> tuple[int, int]:
        """The lowest and the highest price that its two prices leave: what an order without a limit would take in an auction."""
        tick = self.instrument.tick
        return max(-(-self.low // tick), 1) * tick, min(self.high, self.instrument.max_price) // tick * tick

    def worked(self, side: int, limit: int) -> int:
        """Return the price at which an order of that limit works: its limit, or the edge that it would be beyond."""
        low, high = self.edges
        return min(limit, high) if side == Side.BUY else max(limit, low)
