"""The dated end of an instrument: announced, then no more buyers, then no more trades, and claims for those who still hold it.

    announced --reduce_ns--> REDUCE_ONLY --last_trade_ns--> TERMINATED: no order, no hold, each position a claim

A book that collects when its last part begins goes on collecting; whatever lets buyers in afterwards leads to REDUCE_ONLY instead.
"""

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.claims import claim_positions
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.market_acts import StopWindDown, WindDown
from engine.venue.registers import FOREVER_NS, Listing, Winding
from engine.venue.statuses import MATCHING, has_reference, put_status
from engine.venue.terms import CauseName

# What cannot wait for a notice.
EMERGENCIES: frozenset[CauseName] = frozenset({"regulatory", "sec-suspension", "sanctions", "reserve-breach", "custodian-outage"})


def wind_down(desk: Desk, act: WindDown, by: By) -> Do:
    """Announce the end of an instrument."""
    listing = desk.living(act.instrument)
    if act.reduce_ns > act.last_trade_ns:
        raise refused("WIND_DOWN", f"reduce-only from {texts.utc(act.reduce_ns)} is after the last trade at {texts.utc(act.last_trade_ns)}")
    notice_ns = act.last_trade_ns - by.ts_ns
    if notice_ns < listing.terms.notice_ns and act.cause not in EMERGENCIES:
        raise refused(
            "NOTICE",
            f"the last trade at {texts.utc(act.last_trade_ns)} is {texts.seconds(notice_ns)} away; the least is "
            f"{texts.seconds(listing.terms.notice_ns)}, but for {', '.join(sorted(EMERGENCIES))}",
        )
    winding = Winding(
        cause=act.cause,
        announced_ns=by.ts_ns,
        reduce_ns=act.reduce_ns or by.ts_ns,
        last_trade_ns=act.last_trade_ns,
        close_out_px=act.close_out_px,
        reducing=listing.wind_down is not None and listing.wind_down.reducing,
    )

    def do() -> Outcome:
        desk.instruments[act.instrument] = replace(listing, wind_down=winding)
        canceled = _follow(desk, act.instrument, by)
        return done(
            f"{act.instrument} is {desk.instruments[act.instrument].status}; its last trade is at {texts.utc(act.last_trade_ns)}",
            canceled=canceled,
        )

    return do


def stop_wind_down(desk: Desk, act: StopWindDown, by: By) -> Do:
    """Call the end of an instrument off."""
    listing = desk.living(act.instrument)
    if listing.wind_down is None:
        raise refused("WIND_DOWN", f"{act.instrument} is not wound down")

    def do() -> Outcome:
        desk.agenda.set("wind-down", act.instrument, FOREVER_NS)
        canceled = _tell(desk, replace(listing, wind_down=None), by)
        return done(f"{act.instrument} is {listing.status} and is not wound down any more", canceled=canceled)

    return do


def wind_down_due(desk: Desk, symbol: str, by: By) -> None:
    """Go over to REDUCE_ONLY, or end the instrument."""
    _follow(desk, symbol, by)


def _follow(desk: Desk, symbol: str, by: By) -> int:
    """Do what the announced times ask for now, and wait for the next; return how many orders that canceled."""
    listing = desk.instruments[symbol]
    winding = listing.wind_down
    assert winding is not None
    if winding.last_trade_ns <= by.ts_ns:
        return _terminate(desk, listing, winding, by)
    desk.agenda.set("wind-down", symbol, winding.last_trade_ns if winding.reduce_ns <= by.ts_ns else winding.reduce_ns)
    if winding.reduce_ns <= by.ts_ns and not winding.reducing:
        return _reduce(desk, listing, winding, by)
    return _tell(desk, listing, by)


def _reduce(desk: Desk, listing: Listing, winding: Winding, by: By) -> int:
    changed = replace(listing, wind_down=replace(winding, reducing=True))
    if listing.status in MATCHING:
        return put_status(desk, changed, "reduce-only", winding.cause, by)
    return _tell(desk, changed, by)


def _tell(desk: Desk, listing: Listing, by: By) -> int:
    """Put an instrument's status again, for what has changed around it."""
    return put_status(
        desk,
        listing,
        listing.status,
        listing.cause,
        by,
        call=listing.call,
        expected_resume_ns=listing.expected_resume_ns,
        interrupted=listing.interrupted or None,
    )


def _terminate(desk: Desk, listing: Listing, winding: Winding, by: By) -> int:
    symbol = listing.terms.symbol
    price = winding.close_out_px
    if not price and listing.terms.collar and has_reference(desk, listing, by.ts_ns):
        price = desk.venue.reference(listing.number).price
    ended = replace(listing, wind_down=replace(winding, reducing=True), mark=None, pending_multipliers=(), pending_ticks=())
    canceled = put_status(desk, ended, "terminated", "termination", by)
    for what in ("multiplier", "reference", "session", "ticks", "wind-down"):
        desk.agenda.set(what, symbol, FOREVER_NS)
    claim_positions(desk, desk.instruments[symbol], price, by)
    return canceled
