"""Which trading session is on, and the status that it brings: rules and due times over `engine.venue.timetables`.

A calendar opens and closes what is open or closed by schedule: PRE_OPEN, AUCTION_CALL, CONTINUOUS, CLOSED.  A draft, and what somebody or
something has stopped or restricted, is left alone.  What opens from a closed or collecting book opens by an auction.
"""

from msgspec.structs import replace

from engine.venue.acts import Outcome
from engine.venue.calling import start_call
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.entries import put_listing
from engine.venue.market_acts import SetCalendar, SetSession
from engine.venue.references import put_reference
from engine.venue.registers import Listing
from engine.venue.statuses import NEXT, put_status
from engine.venue.terms import SessionName, StatusName
from engine.venue.timetables import Row, calendar_faults, row_at, session_at

SCHEDULED: frozenset[StatusName] = frozenset({"pre-open", "auction-call", "continuous", "closed"})


def opens(_desk: Desk, act: SetCalendar) -> bool:
    """Tell whether a calendar opens the instrument by itself."""
    rows: list[Row] = [*act.week, *act.exceptions]
    return any(row.status not in ("", "closed") for row in rows)


def set_calendar(desk: Desk, act: SetCalendar, by: By) -> Do:
    """Replace the calendar and the order types of its sessions; the next start brings its status."""
    listing = desk.listing(act.instrument)
    faults = calendar_faults(act.week, act.exceptions, act.masks)
    if faults:
        raise refused("CALENDAR", "; ".join(faults))

    def do() -> Outcome:
        terms = replace(listing.terms, week=act.week, exceptions=act.exceptions, masks=act.masks)
        session = follow_calendar(desk, replace(listing, terms=terms), by)
        return done(f"{act.instrument} is in session {session}")

    return do


def set_session(desk: Desk, act: SetSession, by: By) -> Do:
    """Set the session of one instrument, or of all."""
    listings = [desk.listing(act.instrument)] if act.instrument else list(desk.instruments.values())

    def do() -> Outcome:
        for listing in listings:
            _put_session(desk, listing, act.session, by)
        return done(f"{len(listings)} instruments are in session {act.session}", instruments=len(listings))

    return do


def session_due(desk: Desk, symbol: str, by: By) -> None:
    """Let an instrument follow its calendar into the next session, and into the status that it brings."""
    listing = desk.instruments[symbol]
    row, _ = row_at(listing.terms.week, listing.terms.exceptions, by.ts_ns)
    follow_calendar(desk, listing, by)
    if row is not None:
        _bring(desk, desk.instruments[symbol], row, by)


def follow_calendar(desk: Desk, listing: Listing, by: By) -> SessionName:
    """Put an instrument into the session that its calendar says and wait for the next; without a calendar it stays where it is."""
    terms = listing.terms
    session, until_ns = session_at(terms.week, terms.exceptions, by.ts_ns)
    if not terms.week and not terms.exceptions:
        session = listing.session
    desk.agenda.set("session", terms.symbol, until_ns)
    _put_session(desk, listing, session, by)
    return session


def _put_session(desk: Desk, listing: Listing, session: SessionName, by: By) -> None:
    put_listing(desk, replace(listing, session=session))
    # Sessions may have bands of their own.
    put_reference(desk, desk.instruments[listing.terms.symbol], by)


def _bring(desk: Desk, listing: Listing, row: Row, by: By) -> None:
    """Bring an instrument to the status of a start; an auction that leads there already is left to its end."""
    if not row.status or listing.status not in SCHEDULED:
        return
    leads_to = listing.call.then if listing.call else listing.status
    if row.status == "auction-call":
        if listing.call is None or leads_to != row.then:
            start_call(desk, listing, "closing" if row.then == "closed" else "opening", by, row.then)
    elif row.status == "continuous":
        if leads_to != "continuous":
            start_call(desk, listing, "opening", by)
    elif leads_to != row.status and row.status in NEXT[listing.status]:
        put_status(desk, listing, row.status, "scheduled", by)
