"""Reference prices as they stand: how age wears them down, how wide the collar around them is, and how it comes into force.

live, extended, internal --max_age_ns--> closed --closed_max_age_ns--> none
"""

from msgspec.structs import replace

from engine.venue.desk import Desk
from engine.venue.records import Quality
from engine.venue.registers import FOREVER_NS, Listing, Mark
from engine.venue.terms import Band, Collar, QualityName, SessionName

BPS = 10_000


def bring_reference(desk: Desk, listing: Listing, ts_ns: int) -> int:
    """Register a reference as its age leaves it, bring its collar into force, and return how many orders that canceled."""
    symbol, collar, mark = listing.terms.symbol, listing.terms.collar, listing.mark
    if collar is None:
        desk.instruments[symbol] = listing
        desk.agenda.set("reference", symbol, FOREVER_NS)
        desk.venue.clear_collar(listing.number)
        return 0
    session = listing.session
    mark = aged(mark, collar, ts_ns) if mark else None
    desk.instruments[symbol] = replace(listing, mark=mark)
    until_ns = ends_ns(mark, collar) if mark else FOREVER_NS
    desk.agenda.set("reference", symbol, until_ns)
    band = band_of(collar, mark.quality, session) if mark else None
    low, high = edges(mark, band, collar, listing) if mark and band else (1, 0)
    if mark is None or band is None or not low <= mark.price <= high:
        return desk.venue.set_reference(listing.number, price=0, quality=Quality.NONE, low=0, high=0)
    return desk.venue.set_reference(
        listing.number,
        price=mark.price,
        quality=Quality[mark.quality.upper()],
        low=low,
        high=high,
        away_low=below(mark.price, band.away_bps) if band.away_bps else 0,
        away_high=above(mark.price, band.away_bps) if band.away_bps else 0,
        dynamic_bps=band.dynamic_bps,
        until_ns=until_ns,
    )


def jumps(listing: Listing, collar: Collar, mark: Mark) -> bool:
    """Tell whether a live price lies too far from the last live one to be believed."""
    live_px, bps = listing.live_px, collar.jump_bps
    return bool(bps and live_px and mark.quality == "live") and abs(mark.price - live_px) * BPS > bps * live_px


def aged(mark: Mark, collar: Collar, ts_ns: int) -> Mark:
    """Return a reference as its age leaves it at a time."""
    while mark.quality != "none" and ts_ns >= ends_ns(mark, collar):
        mark = replace(mark, quality="none" if mark.quality == "closed" else "closed")
    return mark


def ends_ns(mark: Mark, collar: Collar) -> int:
    """Return from when on a reference is no longer of its quality."""
    age_ns = collar.closed_max_age_ns if mark.quality == "closed" else collar.max_age_ns
    return min(mark.as_of_ns + age_ns, FOREVER_NS) if age_ns and mark.quality != "none" else FOREVER_NS


def edges(mark: Mark, band: Band, collar: Collar, listing: Listing) -> tuple[int, int]:
    """Return the lowest and the highest price that a band around a reference allows; away from live the hard cap binds as well."""
    low, high = below(mark.price, band.static_bps), above(mark.price, band.static_bps)
    if collar.hard_cap_bps and listing.live_px and mark.quality != "live":
        low = max(low, below(listing.live_px, collar.hard_cap_bps))
        high = min(high, above(listing.live_px, collar.hard_cap_bps))
    return low, high


def band_of(collar: Collar, quality: QualityName, session: SessionName) -> Band | None:
    """Return the widths for a quality in a session, None where it is not usable."""
    of = next((bands for bands in collar.sessions if bands.session == session), collar)
    return {"live": of.live, "extended": of.extended, "internal": of.internal, "closed": of.closed}.get(quality)


def below(price: int, bps: int) -> int:
    """Return the lowest price that is so many basis points below another."""
    return -(-price * max(BPS - bps, 0) // BPS)


def above(price: int, bps: int) -> int:
    """Return the highest price that is so many basis points above another."""
    return price * (BPS + bps) // BPS
