"""What an operator does to an instrument's trading: its status, how its auctions go, its open orders."""

from msgspec.structs import replace

from engine.matching.enums import Reason, Side
from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.calling import pause, start_call
from engine.venue.checklist import auction_faults
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.entries import LETS, put_listing, reduces
from engine.venue.market_acts import CancelOrders, SetAuction, SetStatus
from engine.venue.records import Capability
from engine.venue.registers import Listing
from engine.venue.reserves import check_reserve
from engine.venue.statuses import CALLING, MATCHING, NEXT, may_follow, put_status
from engine.venue.terms import StatusName

TRADING = Capability.ENTER | Capability.BUY | Capability.TAKE
SIDES = {"": 0, "buy": Side.BUY, "sell": Side.SELL}


def resumes(desk: Desk, act: SetStatus) -> bool:
    """Tell whether a status lets in, or lets match, what the one before it did not; of a call what follows it counts as well."""
    listing = desk.listing(act.instrument)
    wanted = _trades(act.status) | (_trades(act.then) if act.status == "auction-call" else Capability.NONE)
    now = _trades(listing.call.then) if listing.call and listing.status == "auction-call" else _trades(listing.status)
    return bool(wanted & ~now)


def set_status(desk: Desk, act: SetStatus, by: By) -> Do:
    """Bring an instrument to another status."""
    listing = desk.listing(act.instrument)
    _check_status(listing, act)
    _check_times(act, by)
    check_reserve(desk, listing, act.status, by.ts_ns)

    def do() -> Outcome:
        if act.status == "auction-call":
            canceled = start_call(desk, listing, act.cause, by, act.then, act.until_ns)
        elif act.status == "vol-pause":
            canceled = pause(desk, listing, act.cause, by)
        else:
            canceled = put_status(desk, listing, act.status, act.cause, by, expected_resume_ns=act.expected_resume_ns)
        return done(f"{act.instrument} is {desk.instruments[act.instrument].status}", canceled=canceled)

    return do


def set_auction(desk: Desk, act: SetAuction, _by: By) -> Do:
    """Replace how an instrument's auctions go; a call or a pause that is on ends when it would have."""
    listing = desk.listing(act.instrument)
    faults = auction_faults(act.auction)
    if faults:
        raise refused("AUCTION", "; ".join(faults))

    def do() -> Outcome:
        put_listing(desk, replace(listing, terms=replace(listing.terms, auction=act.auction)))
        return done(f"{act.instrument} has {'other' if act.auction else 'no'} auction terms")

    return do


def cancel_orders(desk: Desk, act: CancelOrders, _by: By) -> Do:
    """Cancel the open orders that match every filter."""
    if not (act.session or act.subscriber or act.account or act.instrument or act.side):
        raise refused("NO_FILTER", "no filter is given; to stop everything use the kill switch of the venue")
    session = 0
    if act.session:
        if act.session not in desk.sessions:
            raise refused("UNKNOWN_SESSION", f"session {act.session} is not known")
        session = desk.sessions[act.session].number
    instrument = desk.listing(act.instrument).number if act.instrument else 0
    accounts = None
    if act.subscriber:
        accounts = desk.accounts_of(desk.subscriber(act.subscriber).name)
    if act.account:
        account = desk.account(act.account)
        accounts = [account] if accounts is None or account in accounts else []

    def do() -> Outcome:
        canceled = desk.cancel(Reason.ADMIN, accounts=accounts, instrument=instrument, side=SIDES[act.side], session=session)
        return done(f"{canceled} orders were canceled", canceled=canceled)

    return do


def _trades(status: StatusName) -> Capability:
    """Return what a status lets trade, now or in the auction that is being called."""
    return LETS[status].may & TRADING if status in MATCHING or status in CALLING else Capability.NONE


def _check_status(listing: Listing, act: SetStatus) -> None:
    if act.status == "terminated" or not may_follow(listing.status, act.status):
        allowed = ", ".join(sorted(NEXT[listing.status])) or "nothing else"
        raise refused("STATUS", f"{act.instrument} is {listing.status}; it may become {allowed}, not {act.status}")
    if act.status == "vol-pause" and not (listing.terms.auction and listing.terms.auction.pause_ns):
        raise refused("NO_PAUSE", f"{act.instrument} has no auction terms with a pause")
    if reduces(listing) and act.status in ("continuous", "post-only"):
        raise refused("WIND_DOWN", f"{act.instrument} is wound down, and only reduce-only is left; not {act.status}")


def _check_times(act: SetStatus, by: By) -> None:
    if act.expected_resume_ns and act.expected_resume_ns <= by.ts_ns:
        raise refused("EXPECTED_RESUME", f"a resumption at {texts.utc(act.expected_resume_ns)} is not after now, {texts.utc(by.ts_ns)}")
    if act.status != "auction-call" and (act.until_ns or act.then != "continuous"):
        raise refused("NOT_A_CALL", f"then and until_ns belong to auction-call, not to {act.status}")
    if act.until_ns and act.until_ns <= by.ts_ns:
        raise refused("UNTIL", f"the end of the call at {texts.utc(act.until_ns)} is not after now, {texts.utc(by.ts_ns)}")
