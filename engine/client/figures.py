"""The figures of a refused request, each as the sentence about it needs it."""

from decimal import Decimal
from typing import NamedTuple, Protocol

from engine.client.values import Instrument, cash, notional, quality_of
from engine.matching.enums import OrdType, Side, TimeInForce


class Asked(Protocol):
    """What a request had asked for; `price_units` 0 is a MARKET or STOP order, `cash_units` 0 one that is sized in tokens.

    `stop_units` 0 is an order that waits for no trigger.
    """

    @property
    def instrument(self) -> Instrument: ...
    @property
    def account(self) -> int: ...
    @property
    def side(self) -> Side: ...
    @property
    def ord_type(self) -> OrdType: ...
    @property
    def tif(self) -> TimeInForce: ...
    @property
    def price_units(self) -> int: ...
    @property
    def qty_units(self) -> int: ...
    @property
    def min_units(self) -> int: ...
    @property
    def cash_units(self) -> int: ...
    @property
    def stop_units(self) -> int: ...
    @property
    def cl_ord_id(self) -> int: ...
    @property
    def is_change(self) -> bool: ...


class Told(NamedTuple):
    """What a report says of a refusal: the limit that was broken, the reference price in force, and how good that is."""

    bound: int = 0
    reference: int = 0
    quality: int = 0


class Figures:
    """A refused request and what the venue told of it, in words."""

    def __init__(self, asked: Asked, told: Told) -> None:
        self._asked = asked
        self._told = told
        self._listed = asked.instrument
        self.bound = told.bound
        self.account = asked.account
        self.cl_ord_id = asked.cl_ord_id
        self.side = asked.side.name
        self.symbol = asked.instrument.symbol
        self.base = asked.instrument.base
        self.tick = asked.instrument.tick
        self.kind = f"{asked.ord_type.name} {asked.tif.name}"
        self.is_change = asked.is_change

    @property
    def price(self) -> str:
        """Its limit."""
        return f"{self._listed.price(self._asked.price_units):,}" if self._asked.price_units else "the market"

    @property
    def stop_px(self) -> str:
        """Its stop price."""
        return f"{self._listed.price(self._asked.stop_units):,}"

    @property
    def off_tick(self) -> str:
        """Which of its prices is no multiple of the tick."""
        stop, tick = self._asked.stop_units, self._told.bound
        what = f"stop_px {self.stop_px}" if stop and tick and stop % tick else f"price {self.price}"
        return f"{what} is not a multiple of tick {self.bound_px}"

    @property
    def out_of_range(self) -> str:
        """Which of its prices is too high or too low."""
        what = f"stop_px {self.stop_px}" if self._asked.stop_units > self._told.bound else f"price {self.price}"
        return f"{what} is outside {self.tick} to {self.bound_px}"

    @property
    def wrong_stop(self) -> str:
        """What is wrong with its stop price."""
        if self._told.bound:
            return f"stop_px {self.stop_px} is reached already: the last price is {self.bound_px}"
        return f"a {self.kind} order has no stop_px" if self._asked.stop_units else ""

    @property
    def qty(self) -> str:
        """Its quantity in tokens."""
        return f"{self._listed.qty(self._asked.qty_units):,}"

    @property
    def bound_px(self) -> str:
        """The limit that was broken, a price."""
        return f"{self._listed.price(self._told.bound):,}"

    @property
    def bound_qty(self) -> str:
        """The limit that was broken, a quantity."""
        return f"{self._listed.qty(self._told.bound):,}"

    @property
    def bound_amount(self) -> str:
        """The limit that was broken, an amount of the quote asset."""
        return f"{cash(self._told.bound):,}"

    @property
    def bound_cash(self) -> str:
        """The same with the asset's name."""
        return f"{self.bound_amount} {self._listed.quote}"

    @property
    def worth(self) -> str:
        """What it is worth: its amount of cash, price times quantity, or where neither is known its quantity."""
        units = self._worth_units
        return f"{cash(units):,} {self._listed.quote}" if units else f"{self.qty} {self.base}"

    @property
    def asked_cash(self) -> str:
        """The cash that it asks for."""
        units = self._worth_units
        if not units:
            return f"a MARKET order for {self.worth} asks for more cash than there is"
        fees = " and fees" if units <= self._told.bound else ""
        if self._asked.is_change:
            return f"{self.worth}{fees} are asked in place of what the order holds"
        return f"{self.worth}{fees} are asked"

    @property
    def asked_tokens(self) -> str:
        """The tokens that it asks for."""
        if self._asked.is_change:
            return f"{self.qty} {self.base} are asked in place of what the order holds"
        return f"{self.qty} {self.base} are asked"

    @property
    def too_little(self) -> str:
        """Which of the rules about the least quantity it breaks."""
        if self._asked.cash_units:
            return f"{self.worth} buys less than the smallest order, {self.bound_qty} {self.base}"
        if self._asked.min_units and self._asked.qty_units >= self._told.bound:
            least = f"{self._listed.qty(self._asked.min_units):,}"
            return f"min_qty {least} must be a multiple of lot {self._listed.lot}, at most the qty, and not with FOK or post-only"
        return f"qty {self.qty} is below the smallest order, {self.bound_qty}"

    @property
    def edge(self) -> str:
        """The limit that was broken, the last price within it that keeps to the tick."""
        tick, bound = self._listed.listing.tick, self._told.bound
        within = bound if self.beyond == "above" else bound + tick - 1
        return f"{self._listed.price(within - within % tick):,}"

    @property
    def beyond(self) -> str:
        """On which side of the limit its price is."""
        return "above" if self._asked.price_units > self._told.bound else "below"

    @property
    def reference(self) -> str:
        """The reference price, its quality, and how far from it the limit is."""
        told = self._told
        if told.reference == 0:
            return "without a reference"
        apart = Decimal(told.bound - told.reference) / told.reference * 100
        return f"reference {self._listed.price(told.reference):,} {quality_of(told.quality).name} {apart:+.2f}%"

    @property
    def _worth_units(self) -> int:
        return self._asked.cash_units or notional(self._asked.price_units, self._asked.qty_units)
