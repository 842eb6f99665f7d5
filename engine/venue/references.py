"""Reference prices: what is believed of a source, how age wears it down, and the collar that follows.

    live, extended, internal --max_age_ns--> closed --closed_max_age_ns--> none

It fails closed: without a usable reference, or with one beyond the hard cap, an instrument with a collar takes no order.
"""

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.market_acts import SetCollar, SetReference
from engine.venue.records import Quality
from engine.venue.registers import FOREVER_NS, Listing, Mark
from engine.venue.terms import Band, Collar, QualityName

BPS = 10_000


def set_reference(desk: Desk, act: SetReference, by: By) -> Do:
    """Take a reference price, or withdraw it."""
    listing = desk.listing(act.instrument)
    collar = listing.terms.collar
    if collar is None:
        raise refused("NO_COLLAR", f"{act.instrument} has no collar, so it needs no reference")
    _check_mark(listing, collar, act, by)
    given = Mark(price=act.price, source=act.source, quality=act.quality, as_of_ns=act.as_of_ns)
    mark = aged(given, collar, by.ts_ns)
    if given.quality != "none" and mark.quality == "none":
        allowed = collar.closed_max_age_ns or collar.max_age_ns
        raise refused(
            "REFERENCE_STALE", f"the price is {texts.seconds(by.ts_ns - act.as_of_ns)} old; the limit is {texts.seconds(allowed)}"
        )

    def do() -> Outcome:
        live_px = mark.price if mark.quality == "live" else listing.live_px
        canceled = put_reference(desk, replace(listing, mark=given, live_px=live_px), by.ts_ns)
        in_force = desk.instruments[act.instrument].mark
        quality = in_force.quality if in_force else "none"
        return done(
            f"{act.instrument}: {texts.price(act.price)} is in force as {quality}", canceled=canceled, quality=Quality[quality.upper()]
        )

    return do


def set_collar(desk: Desk, act: SetCollar, by: By) -> Do:
    """Replace the collar and judge the reference in force by it."""
    listing = desk.listing(act.instrument)

    def do() -> Outcome:
        mark = listing.mark if act.collar else None
        changed = replace(listing, terms=replace(listing.terms, collar=act.collar), mark=mark)
        return done(f"{act.instrument} has {'another' if act.collar else 'no'} collar", canceled=put_reference(desk, changed, by.ts_ns))

    return do


def reference_due(desk: Desk, symbol: str, by: By) -> None:
    """Let a reference's age wear it down."""
    put_reference(desk, desk.instruments[symbol], by.ts_ns)


def put_reference(desk: Desk, listing: Listing, ts_ns: int) -> int:
    """Register an instrument's reference as its age leaves it, bring its collar into force, and return how many orders that canceled."""
    symbol, collar, mark = listing.terms.symbol, listing.terms.collar, listing.mark
    if collar is None:
        desk.instruments[symbol] = listing
        desk.agenda.set("reference", symbol, FOREVER_NS)
        desk.venue.clear_collar(listing.number)
        return 0
    mark = aged(mark, collar, ts_ns) if mark else None
    desk.instruments[symbol] = replace(listing, mark=mark)
    until_ns = ends_ns(mark, collar) if mark else FOREVER_NS
    desk.agenda.set("reference", symbol, until_ns)
    band = band_of(collar, mark.quality) if mark else None
    low, high = edges(mark, band, collar, listing) if mark and band else (1, 0)
    if mark is None or band is None or not low <= mark.price <= high:
        return desk.venue.set_reference(listing.number, price=0, quality=Quality.NONE, low=0, high=0)
    return desk.venue.set_reference(
        listing.number,
        price=mark.price,
        quality=Quality[mark.quality.upper()],
        low=low,
        high=high,
        away_low=_below(mark.price, band.away_bps) if band.away_bps else 0,
        away_high=_above(mark.price, band.away_bps) if band.away_bps else 0,
        dynamic_bps=band.dynamic_bps,
        until_ns=until_ns,
    )


def aged(mark: Mark, collar: Collar, ts_ns: int) -> Mark:
    """Return a reference as its age leaves it at a time; a quality that has no band is worth nothing."""
    while mark.quality != "none" and ts_ns >= ends_ns(mark, collar):
        mark = replace(mark, quality="none" if mark.quality == "closed" else "closed")
    return mark if band_of(collar, mark.quality) else replace(mark, quality="none")


def ends_ns(mark: Mark, collar: Collar) -> int:
    """Return from when on a reference is no longer of its quality."""
    age_ns = collar.closed_max_age_ns if mark.quality == "closed" else collar.max_age_ns
    return min(mark.as_of_ns + age_ns, FOREVER_NS) if age_ns and mark.quality != "none" else FOREVER_NS


def edges(mark: Mark, band: Band, collar: Collar, listing: Listing) -> tuple[int, int]:
    """Return the lowest and the highest price that a band around a reference allows; away from live the hard cap binds as well."""
    low, high = _below(mark.price, band.static_bps), _above(mark.price, band.static_bps)
    if collar.hard_cap_bps and listing.live_px and mark.quality != "live":
        low = max(low, _below(listing.live_px, collar.hard_cap_bps))
        high = min(high, _above(listing.live_px, collar.hard_cap_bps))
    return low, high


def band_of(collar: Collar, quality: QualityName) -> Band | None:
    """Return the widths for a quality, None where it is not usable."""
    bands = {"live": collar.live, "extended": collar.extended, "internal": collar.internal, "closed": collar.closed}
    return bands.get(quality)


def _check_mark(listing: Listing, collar: Collar, act: SetReference, by: By) -> None:
    terms, before = listing.terms, listing.mark
    if collar.sources and act.source not in collar.sources:
        raise refused("SOURCE", f"source {act.source} is not one of {', '.join(collar.sources)}")
    if act.as_of_ns > by.ts_ns:
        raise refused("REFERENCE_FUTURE", f"as of {texts.utc(act.as_of_ns)} is after now, {texts.utc(by.ts_ns)}")
    if before and before.source == act.source and act.as_of_ns < before.as_of_ns:
        raise refused(
            "REFERENCE_OLDER", f"as of {texts.utc(act.as_of_ns)} is before {texts.utc(before.as_of_ns)}, which {act.source} has given"
        )
    if act.quality == "none":
        if act.price:
            raise refused("REFERENCE_PRICE", f"price {texts.price(act.price)} has quality none; a withdrawal has price 0")
        return
    if not terms.tick <= act.price <= terms.max_price:
        raise refused(
            "REFERENCE_PRICE",
            f"price {texts.price(act.price)} is not between tick {texts.price(terms.tick)} and max_price {texts.price(terms.max_price)}",
        )
    if band_of(collar, act.quality) is None:
        raise refused("NO_BAND", f"the collar of {act.instrument} has no band for quality {act.quality}")


def _below(price: int, bps: int) -> int:
    return -(-price * max(BPS - bps, 0) // BPS)


def _above(price: int, bps: int) -> int:
    return price * (BPS + bps) // BPS
