"""Reference prices: what is believed of a source, and the status that the reference in force asks for.

It fails closed.  Without a usable reference, or with one beyond the hard cap, an instrument with a collar does not trade: what matched goes
to CANCEL_ONLY, and comes back by an auction.  A price that jumps is not taken at all, and one that comes back far from the price that had
grown old is met by an auction.
"""

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.calling import begin_call, end_if_due, reopen
from engine.venue.checklist import collar_faults
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.market_acts import SetCollar, SetReference
from engine.venue.marks import BPS, aged, band_of, bring_reference, jumps
from engine.venue.registers import Listing, Mark
from engine.venue.statuses import MATCHING, broken_off, has_reference, put_status, then_of
from engine.venue.terms import Collar, QualityName, StatusName

# What nothing can be halted from: it trades less, or has never traded.
BELOW_HALTED: frozenset[StatusName] = frozenset({"draft", "suspended", "terminated"})
FRESHER: frozenset[QualityName] = frozenset({"live", "extended", "internal"})


def is_confirmed(_desk: Desk, act: SetReference) -> bool:
    """Tell whether somebody vouches for a reference that jumps."""
    return act.confirmed


def set_reference(desk: Desk, act: SetReference, by: By) -> Do:
    """Take a reference price, or withdraw it; one that jumps halts instead."""
    listing = desk.living(act.instrument)
    collar = listing.terms.collar
    if collar is None:
        raise refused("NO_COLLAR", f"{act.instrument} has no collar, so it needs no reference")
    _check_mark(listing, collar, act, by)
    given = Mark(price=act.price, source=act.source, quality=act.quality, as_of_ns=act.as_of_ns)
    mark = aged(given, collar, by.ts_ns)
    if given.quality != "none" and band_of(collar, mark.quality, listing.session) is None:
        allowed = collar.closed_max_age_ns or collar.max_age_ns
        raise refused(
            "REFERENCE_STALE", f"the price is {texts.seconds(by.ts_ns - act.as_of_ns)} old; the limit is {texts.seconds(allowed)}"
        )
    _check_guard(listing, act, mark)
    jumped = jumps(listing, collar, mark)

    def do() -> Outcome:
        put_reference(desk, listing, by)
        if jumped:
            _halt(desk, desk.instruments[act.instrument], by)
        taken = act.confirmed or not jumped
        before = desk.instruments[act.instrument]
        canceled = _take(desk, before, given, mark, by) if taken else put_reference(desk, replace(before, mark=None), by)
        return done(_said(desk, act, listing.live_px, taken), canceled=canceled, quality=desk.venue.reference(listing.number).quality)

    return do


def set_collar(desk: Desk, act: SetCollar, by: By) -> Do:
    """Replace the collar and judge the reference in force by it."""
    listing = desk.listing(act.instrument)
    faults = collar_faults(act.collar)
    if faults:
        raise refused("COLLAR", "; ".join(faults))

    def do() -> Outcome:
        mark = listing.mark if act.collar else None
        changed = replace(listing, terms=replace(listing.terms, collar=act.collar), mark=mark)
        return done(f"{act.instrument} has {'another' if act.collar else 'no'} collar", canceled=put_reference(desk, changed, by))

    return do


def reference_due(desk: Desk, symbol: str, by: By) -> None:
    """Let a reference's age wear it down."""
    put_reference(desk, desk.instruments[symbol], by)


def put_reference(desk: Desk, listing: Listing, by: By) -> int:
    """Register an instrument's reference as its age leaves it, and bring its collar and the status that it asks for into force.

    Returns how many orders that canceled.
    """
    canceled = bring_reference(desk, listing, by.ts_ns)
    listing = desk.instruments[listing.terms.symbol]
    if not has_reference(desk, listing, by.ts_ns):
        if listing.status in MATCHING:
            canceled += put_status(desk, listing, "cancel-only", "reference-stale", by, interrupted=broken_off(listing))
    elif listing.interrupted:
        canceled += reopen(desk, listing, "reopening", by, listing.interrupted)
    return canceled


def _take(desk: Desk, listing: Listing, given: Mark, mark: Mark, by: By) -> int:
    """Let a reference take the place of the one before it, by an auction where they lie too far apart."""
    symbol, before, collar = listing.terms.symbol, listing.mark, listing.terms.collar
    canceled = 0
    if collar and before and listing.status in MATCHING and _gaps(before, mark, collar):
        canceled = begin_call(desk, listing, "reopening", by, then_of(listing.status))
        listing = desk.instruments[symbol]
    live = mark.quality == "live"
    changed = replace(listing, mark=given, live_px=mark.price if live else listing.live_px, guarded=listing.guarded and not live)
    return canceled + put_reference(desk, changed, by) + end_if_due(desk, symbol, by)


def _halt(desk: Desk, listing: Listing, by: By) -> None:
    """Halt what a price that jumps would poison.

    Who halted it for a cause of his own resumes it himself, and that cause stays; an attestation, though, would resume it by itself.
    """
    stays = listing.status in BELOW_HALTED or (listing.status == "halted" and not listing.cause.startswith("reserve-"))
    if not stays:
        put_status(desk, listing, "halted", "reference-jump", by)


def _said(desk: Desk, act: SetReference, live_px: int, taken: bool) -> str:
    listing = desk.instruments[act.instrument]
    if not taken:
        return f"{act.instrument} is {listing.status}: {texts.price(act.price)} jumps from {texts.price(live_px)} and is not taken"
    quality = desk.venue.reference(listing.number).quality.name.lower()
    return f"{act.instrument}: {texts.price(act.price)} is in force as {quality}"


def _gaps(before: Mark, mark: Mark, collar: Collar) -> bool:
    far = abs(mark.price - before.price) * BPS > collar.gap_bps * before.price
    return bool(collar.gap_bps) and before.quality == "closed" and mark.quality in FRESHER and far


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
    if band_of(collar, act.quality, listing.session) is None:
        raise refused("NO_BAND", f"the collar of {act.instrument} has no band for quality {act.quality} in session {listing.session}")


def _check_guard(listing: Listing, act: SetReference, mark: Mark) -> None:
    """Refuse what may still speak of another number of shares to a token."""
    if act.quality == "none" or not listing.multipliers:
        return
    effective_ns = listing.multipliers[-1].effective_ns
    if act.as_of_ns < effective_ns:
        raise refused("MULTIPLIER", f"as of {texts.utc(act.as_of_ns)} is before the multiplier of {texts.utc(effective_ns)}")
    if listing.guarded and mark.quality != "live":
        raise refused(
            "MULTIPLIER", f"quality {mark.quality}: only a live price is believed after the multiplier of {texts.utc(effective_ns)}"
        )
