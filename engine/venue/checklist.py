"""The listing checklist: everything that keeps an instrument from being listed, each finding with the word of its rule.

It refuses what could not be settled exactly, what does not say what a holder owns, and what must not be traded here: synthetic claims and
derivatives, and two kinds of rights under one fungibility class.  One token is one instrument, so different rights never share a book.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec.structs import asdict

from engine.matching.records import MAX_TICK, MAX_TICKS
from engine.venue import texts
from engine.venue.desk import Desk
from engine.venue.market_acts import ListInstrument
from engine.venue.records import TICK_BANDS, TIERS
from engine.venue.terms import AuctionTerms, Collar, Fee, TickRow
from engine.venue.timetables import calendar_faults

PRICE_SCALE = 10_000
Fault = tuple[str, str]


def listing_faults(desk: Desk, terms: ListInstrument) -> list[Fault]:
    """Return every finding, as (word, text); an empty list lets the instrument be listed."""
    faults = [*_identity(desk, terms), *_policy(terms), *_classes(desk, terms), *_sizes(terms)]
    faults += [("TICK_TABLE", text) for text in (tick_faults(terms.tick, terms.ticks) if terms.ticks else [])]
    faults += [("FEES", text) for text in fee_faults(terms.rates)]
    faults += [("CALENDAR", text) for text in calendar_faults(terms.week, terms.exceptions, terms.masks)]
    faults += [("COLLAR", text) for text in collar_faults(terms.collar)]
    faults += [("AUCTION", text) for text in auction_faults(terms.auction)]
    return faults


def collar_faults(collar: Collar | None) -> list[str]:
    """Return what is wrong with a collar."""
    sessions = [bands.session for bands in collar.sessions] if collar else []
    return [f"collar: session {session} is there twice" for i, session in enumerate(sessions) if session in sessions[:i]]


def auction_faults(auction: AuctionTerms | None) -> list[str]:
    """Return what is wrong with auction terms."""
    if auction is not None and bool(auction.extend_ns) != bool(auction.max_extensions):
        return [f"auction: {auction.max_extensions} extensions of {texts.seconds(auction.extend_ns)}: one without the other"]
    return []


def fee_faults(rates: Sequence[Fee]) -> list[str]:
    """Return what is wrong with fees by tier: a maker of any tier may meet a taker of any, and the venue never pays the difference."""
    faults = [f"rates: {len(rates)} tiers are more than {TIERS}"] if len(rates) > TIERS else []
    for i, maker in enumerate(rates):
        for j, taker in enumerate(rates):
            if maker.maker + taker.taker < 0:
                faults.append(
                    f"rates: maker {texts.rate(maker.maker)} of tier {i} and taker {texts.rate(taker.taker)} of tier {j} add up to a rebate"
                )
    return faults


def tick_faults(tick: int, table: Sequence[TickRow]) -> list[str]:
    """Return what is wrong with a tick table of an instrument whose finest tick is given."""
    if not 1 <= len(table) <= TICK_BANDS:
        return [f"ticks: {len(table)} rows are not between 1 and {TICK_BANDS}"]
    faults = [f"ticks: the first row starts at {texts.price(table[0].from_px)}, not at 0"] if table[0].from_px else []
    faults += [
        f"ticks: {texts.price(row.tick)} is not a multiple of the finest tick {texts.price(tick)}" for row in table if row.tick % tick
    ]
    faults += [
        f"ticks: the row from {texts.price(row.from_px)} does not come after the one from {texts.price(before.from_px)}"
        for before, row in pairwise(table)
        if before.from_px >= row.from_px
    ]
    return faults


def _identity(desk: Desk, terms: ListInstrument) -> Iterator[Fault]:
    if terms.symbol in desk.instruments:
        yield "SYMBOL_EXISTS", f"symbol {terms.symbol} is listed already"
    for field, name, kind in (("base", terms.base, "token"), ("quote", terms.quote, "cash")):
        asset = desk.assets.get(name)
        if asset is None:
            yield "UNKNOWN_ASSET", f"{field}: asset {name} is not known"
        elif asset.kind != kind:
            yield "ASSET_KIND", f"{field}: asset {name} is {asset.kind}, not {kind}"
        elif kind == "token" and asset.listed:
            yield "TOKEN_LISTED", f"token {name} is traded as {asset.listed}; one token is one instrument"


def _policy(terms: ListInstrument) -> Iterator[Fault]:
    missing = [name for name, answer in asdict(terms.rights).items() if answer is None]
    if missing:
        yield "RIGHTS_INCOMPLETE", f"rights: {', '.join(missing)} not answered"
    if terms.track == "synthetic":
        yield "SYNTHETIC", "track synthetic: a claim without the share behind it is not listed here"
    if terms.derivative:
        yield "DERIVATIVE", "derivatives are not listed here"
    both = [country for country in terms.jurisdictions if country in terms.denied]
    if both:
        yield "JURISDICTIONS", f"jurisdictions: {', '.join(both)} both allowed and denied"


def _classes(desk: Desk, terms: ListInstrument) -> Iterator[Fault]:
    for listing in desk.instruments.values():
        other = listing.terms
        if other.fungibility_class == terms.fungibility_class:
            for field in ("rights", "cusip", "underlying"):
                mine, theirs = getattr(terms, field), getattr(other, field)
                if mine != theirs:
                    yield "FUNGIBILITY", f"{field} differs from that of {other.symbol}, of the same class {terms.fungibility_class}"


def _sizes(terms: ListInstrument) -> Iterator[Fault]:
    if terms.tick * terms.lot % PRICE_SCALE:
        yield (
            "EXACTNESS",
            f"tick {texts.price(terms.tick)} times lot {texts.amount(terms.lot)} has more than 6 decimals: amounts would need rounding",
        )
    if terms.tick > MAX_TICK:
        yield "TICK", f"tick {texts.price(terms.tick)} is above {texts.price(MAX_TICK)}"
    if terms.max_price > MAX_TICKS * terms.tick:
        yield "MAX_PRICE", f"max_price {texts.price(terms.max_price)} is above {MAX_TICKS} ticks of {texts.price(terms.tick)}"
    for field in ("max_price", "protection"):
        if getattr(terms, field) % terms.tick:
            yield field.upper(), f"{field} {texts.price(getattr(terms, field))} is not a multiple of the tick {texts.price(terms.tick)}"
    if terms.protection > terms.max_price:
        yield "PROTECTION", f"protection {texts.price(terms.protection)} is above max_price {texts.price(terms.max_price)}"
    for field in ("min_qty", "max_qty"):
        if getattr(terms, field) % terms.lot:
            yield field.upper(), f"{field} {texts.amount(getattr(terms, field))} is not a multiple of the lot {texts.amount(terms.lot)}"
    if terms.min_qty > terms.max_qty:
        yield "MIN_QTY", f"min_qty {texts.amount(terms.min_qty)} is above max_qty {texts.amount(terms.max_qty)}"
    if terms.max_notional and terms.min_notional > terms.max_notional:
        yield "MIN_NOTIONAL", f"min_notional {texts.amount(terms.min_notional)} is above max_notional {texts.amount(terms.max_notional)}"
