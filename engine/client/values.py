"""Prices, quantities and times at the edge: exact decimals outside, integers on the wire.

The wire's units are 1e-4 of the quote unit for prices and 1e-6 of a token for quantities.  A value comes in as str, Decimal or int (whole
units) and never as float, because a float that looks like 167.52 is not 167.52.  What an instrument does not allow is told before it is
sent, with the rule and the nearest values that it does allow.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from engine.protocol.messages import Listing, TradingStatus
from engine.protocol.ranges import MAX_INT, MAX_QTY
from engine.venue.records import Quality

PRICE_DECIMALS = 4
QTY_DECIMALS = 6
CASH_DECIMALS = 6
CENT = 10_000
NS_PER_S = 1_000_000_000

Value = Decimal | str | int


def exact(value: Value, what: str) -> Decimal:
    """Take `value` as an exact decimal.  TypeError for a float or bool, ValueError for text that is no finite number."""
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"{what} {value!r} is a {type(value).__name__}: give a str or a Decimal, which say exactly what they mean")
    else:
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise ValueError(f"{what} {value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{what} {value} is not a finite number")
    return number


def in_units(value: Value, step: int, decimals: int, what: str, step_name: str) -> int:
    """Turn `value` into wire units of 10**-decimals; ValueError with its neighbours unless it is a positive multiple of `step` units."""
    number = exact(value, what)
    if number <= 0:
        raise ValueError(f"{what} {number} is not positive: the least is {shown(step, step, decimals)}")
    if number.adjusted() > 18:
        raise ValueError(f"{what} {number} is too large for the wire")
    scaled = number.scaleb(decimals)
    units = int(scaled)
    if units == scaled and units % step == 0:
        return units
    below = units - units % step
    nearest = " and ".join(str(shown(near, step, decimals)) for near in (below, below + step) if near > 0)
    raise ValueError(f"{what} {number} is not a multiple of {step_name} {shown(step, step, decimals)}: nearest are {nearest}")


def shown(units: int, step: int, decimals: int) -> Decimal:
    """Give `units` of 10**-decimals as a Decimal with no more decimals than multiples of `step` need."""
    while decimals > 0 and step % 10 == 0 and units % 10 == 0:
        step //= 10
        units //= 10
        decimals -= 1
    return Decimal(units).scaleb(-decimals)


def notional(price_units: int, qty_units: int) -> int:
    """Give price times quantity in 1e-6 of the quote unit."""
    return price_units * qty_units // 10_000


def cash(units: int) -> Decimal:
    """Give 1e-6 of an asset as a Decimal of it, with two decimals or as many as it has."""
    return shown(units, CENT, CASH_DECIMALS)


def quality_of(number: int) -> Quality:
    """Give the quality of a reference price; one that this client is too old to know counts as NONE."""
    try:
        return Quality(number)
    except ValueError:
        return Quality.NONE


def status_of(number: int) -> TradingStatus | int:
    """Give an instrument's status by name; a number that this client is too old to know stays a number."""
    try:
        return TradingStatus(number)
    except ValueError:
        return number


def utc(ts_ns: int) -> datetime:
    """Give a wire time (ns since 1970, UTC) as an aware datetime, cut to microseconds."""
    return datetime.fromtimestamp(ts_ns // NS_PER_S, UTC).replace(microsecond=ts_ns % NS_PER_S // 1000)


def in_ns(when: datetime | int) -> int:
    """Turn an aware datetime into ns since 1970 UTC; an int is taken as ns.  ValueError for a datetime without a zone."""
    if isinstance(when, bool) or not isinstance(when, (datetime, int)):
        raise TypeError(f"expire {when!r} is a {type(when).__name__}: give an aware datetime or an int of ns since 1970 UTC")
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise ValueError(f"expire {when} has no time zone: give an aware datetime, e.g. datetime.now(UTC) + ...")
        since = when - datetime(1970, 1, 1, tzinfo=UTC)
        when = (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1000
    if not 0 < when <= MAX_INT:
        raise ValueError(f"expire {when} is not within 1 and {MAX_INT} ns since 1970")
    return when


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable token: its number on the wire, its text, and what prices and quantities it takes.

    `base` is the asset that is traded, `quote` the one that is paid with; fees are those of the lowest tier in basis points of what is
    paid, a rebate where negative.
    """

    number: int
    symbol: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_qty: Decimal
    max_qty: Decimal
    max_price: Decimal
    protection: Decimal
    status: TradingStatus | int
    base: str
    maker_bps: Decimal
    taker_bps: Decimal
    auction_bps: Decimal
    listing: Listing

    @classmethod
    def of(cls, listing: Listing) -> "Instrument":
        """Read a Listing off the wire."""
        tick, lot = listing.tick, listing.lot
        return cls(
            number=listing.instrument,
            symbol=listing.symbol,
            quote=listing.quote,
            tick=shown(tick, tick, PRICE_DECIMALS),
            lot=shown(lot, lot, QTY_DECIMALS),
            min_qty=shown(listing.min_qty, lot, QTY_DECIMALS),
            max_qty=shown(listing.max_qty, lot, QTY_DECIMALS),
            max_price=shown(listing.max_price, tick, PRICE_DECIMALS),
            protection=shown(listing.protection, tick, PRICE_DECIMALS),
            status=status_of(listing.status),
            base=listing.base,
            maker_bps=Decimal(listing.maker_rate) / 100,
            taker_bps=Decimal(listing.taker_rate) / 100,
            auction_bps=Decimal(listing.auction_rate) / 100,
            listing=listing,
        )

    @property
    def is_trading(self) -> bool:
        """Say whether the instrument was ready to trade when it was last heard of (FIX 326 = 17)."""
        return self.status == TradingStatus.READY

    def price(self, units: int) -> Decimal:
        """Give a wire price as a Decimal of the quote unit."""
        return shown(units, self.listing.tick, PRICE_DECIMALS)

    def qty(self, units: int) -> Decimal:
        """Give a wire quantity as a Decimal of tokens."""
        return shown(units, self.listing.lot, QTY_DECIMALS)

    def price_units(self, value: Value, what: str = "price") -> int:
        """Turn a price into wire units; ValueError naming rule and nearest prices if the instrument does not take it."""
        units = in_units(value, self.listing.tick, PRICE_DECIMALS, what, "tick")
        if units > self.listing.max_price:
            raise ValueError(f"{what} {value} is above the highest price of {self.symbol}: {self.max_price}")
        return units

    def qty_units(self, value: Value) -> int:
        """Turn a quantity into wire units; ValueError naming rule and nearest quantities if the instrument does not take it."""
        units = in_units(value, self.listing.lot, QTY_DECIMALS, "qty", "lot")
        if units < self.listing.min_qty:
            raise ValueError(f"qty {value} is below the smallest order of {self.symbol}: {self.min_qty}")
        if units > min(self.listing.max_qty, MAX_QTY):
            raise ValueError(f"qty {value} is above the largest order of {self.symbol}: {self.max_qty}")
        return units

    def cash_units(self, value: Value) -> int:
        """Turn an amount of the quote asset into wire units; ValueError where it is not positive, too fine or too large."""
        units = in_units(value, 1, CASH_DECIMALS, "cash", "unit")
        if units > MAX_QTY:
            raise ValueError(f"cash {value} is above the largest amount of the wire: {cash(MAX_QTY)}")
        return units

    def min_units(self, value: Value, qty_units: int) -> int:
        """Turn a minimum quantity into wire units; ValueError unless it is a multiple of the lot and at most the order's quantity."""
        units = in_units(value, self.listing.lot, QTY_DECIMALS, "min_qty", "lot")
        if units > qty_units:
            raise ValueError(f"min_qty {value} is above the order's qty {self.qty(qty_units)}")
        return units

    def display_units(self, value: Value, qty_units: int) -> int:
        """Turn a displayed quantity into wire units; ValueError unless it is a multiple of the lot and at most the order's quantity."""
        units = in_units(value, self.listing.lot, QTY_DECIMALS, "display_qty", "lot")
        if units > qty_units:
            raise ValueError(f"display_qty {value} is above the order's qty {self.qty(qty_units)}")
        return units

    def check_notional(self, price_units: int, qty_units: int) -> None:
        """ValueError where price times quantity would not fit the venue's 63 bits."""
        if price_units * qty_units > MAX_INT:
            most = self.qty(MAX_INT // price_units // self.listing.lot * self.listing.lot)
            raise ValueError(f"price {self.price(price_units)} times qty {self.qty(qty_units)} is too large: at this price at most {most}")
