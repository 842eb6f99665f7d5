"""Which trading session is on: a weekly table in seconds of the UTC week, and dated exceptions that override it.

Integers only: a week has 604,800 s, and 1970-01-01 was a Thursday.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.entries import put_listing
from engine.venue.market_acts import SetCalendar, SetSession
from engine.venue.registers import FOREVER_NS, Listing
from engine.venue.terms import WEEK_S, DatedSession, SessionMask, SessionName, WeeklyStart

SECOND_NS = 1_000_000_000
WEEK_NS = WEEK_S * SECOND_NS
THURSDAY_NS = 3 * 86_400 * SECOND_NS


def set_calendar(desk: Desk, act: SetCalendar, by: By) -> Do:
    """Replace the calendar and the order types of its sessions."""
    listing = desk.listing(act.instrument)
    faults = calendar_faults(act.week, act.exceptions, act.masks)
    if faults:
        raise refused("CALENDAR", "; ".join(faults))

    def do() -> Outcome:
        terms = replace(listing.terms, week=act.week, exceptions=act.exceptions, masks=act.masks)
        session = follow_calendar(desk, replace(listing, terms=terms), by.ts_ns)
        return done(f"{act.instrument} is in session {session}")

    return do


def set_session(desk: Desk, act: SetSession, _by: By) -> Do:
    """Set the session of one instrument, or of all."""
    listings = [desk.listing(act.instrument)] if act.instrument else list(desk.instruments.values())

    def do() -> Outcome:
        for listing in listings:
            put_listing(desk, replace(listing, session=act.session))
        return done(f"{len(listings)} instruments are in session {act.session}", instruments=len(listings))

    return do


def session_due(desk: Desk, symbol: str, by: By) -> None:
    """Let an instrument follow its calendar into the next session."""
    follow_calendar(desk, desk.instruments[symbol], by.ts_ns)


def follow_calendar(desk: Desk, listing: Listing, ts_ns: int) -> SessionName:
    """Put an instrument into the session that its calendar says and wait for the next; without a calendar it stays where it is."""
    terms = listing.terms
    session, until_ns = session_at(terms.week, terms.exceptions, ts_ns)
    if not terms.week and not terms.exceptions:
        session = listing.session
    put_listing(desk, replace(listing, session=session))
    desk.agenda.set("session", terms.symbol, until_ns)
    return session


def session_at(week: Sequence[WeeklyStart], exceptions: Sequence[DatedSession], ts_ns: int) -> tuple[SessionName, int]:
    """Return the trading session at a time and when the next one may start; outside of a calendar it is CONTINUOUS."""
    for dated in exceptions:
        if dated.from_ns <= ts_ns < dated.until_ns:
            return dated.session, dated.until_ns
    until_ns = min((dated.from_ns for dated in exceptions if dated.from_ns > ts_ns), default=FOREVER_NS)
    if not week:
        return "continuous", until_ns
    offset_ns = (ts_ns + THURSDAY_NS) % WEEK_NS
    after = bisect_right([start.at_s * SECOND_NS for start in week], offset_ns)
    next_ns = week[after].at_s * SECOND_NS if after < len(week) else week[0].at_s * SECOND_NS + WEEK_NS
    return week[after - 1].session, min(until_ns, ts_ns - offset_ns + next_ns)


def calendar_faults(week: Sequence[WeeklyStart], exceptions: Sequence[DatedSession], masks: Sequence[SessionMask]) -> list[str]:
    """Return what is wrong with a calendar."""
    faults = [f"week: {start.at_s} s does not come after {before.at_s} s" for before, start in pairwise(week) if before.at_s >= start.at_s]
    faults += [
        f"exceptions: {texts.utc(dated.from_ns)} is not before {texts.utc(dated.until_ns)}"
        for dated in exceptions
        if dated.from_ns >= dated.until_ns
    ]
    faults += [
        f"exceptions: the one from {texts.utc(dated.from_ns)} starts before {texts.utc(earlier.until_ns)}, when the one before it ends"
        for earlier, dated in pairwise(exceptions)
        if earlier.until_ns > dated.from_ns
    ]
    sessions = [mask.session for mask in masks]
    faults += [f"masks: {session} is there twice" for i, session in enumerate(sessions) if session in sessions[:i]]
    return faults
