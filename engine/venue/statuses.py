"""An instrument's status: what may follow what, and which orders it costs.

    DRAFT -> POST_ONLY, CONTINUOUS, CLOSED        SUSPENDED -> all but DRAFT and CONTINUOUS        the others -> all but DRAFT

What a status lets in is `MAY` of engine.venue.entries.  A status may be set again, to tell another cause or time of resumption.
"""

from msgspec.structs import replace

from engine.matching.enums import Reason, Side
from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.entries import MAY, put_listing
from engine.venue.market_acts import CancelOrders, SetStatus
from engine.venue.records import Capability
from engine.venue.terms import StatusName

ANY: frozenset[StatusName] = frozenset(MAY) - {"draft"}
NEXT: dict[StatusName, frozenset[StatusName]] = {
    "draft": frozenset({"draft", "post-only", "continuous", "closed"}),
    "continuous": ANY,
    "post-only": ANY,
    "halted": ANY,
    "cancel-only": ANY,
    "reduce-only": ANY,
    "suspended": ANY - {"continuous"},
    "closed": ANY,
}
TRADING = Capability.ENTER | Capability.BUY | Capability.TAKE
SIDES = {"": 0, "buy": Side.BUY, "sell": Side.SELL}


def resumes(desk: Desk, act: SetStatus) -> bool:
    """Tell whether a status lets in, or lets match, what the one before it did not."""
    return bool(MAY[act.status] & ~MAY[desk.listing(act.instrument).status] & TRADING)


def set_status(desk: Desk, act: SetStatus, by: By) -> Do:
    """Bring an instrument to another status."""
    listing = desk.listing(act.instrument)
    if act.status not in NEXT[listing.status]:
        allowed = ", ".join(sorted(NEXT[listing.status] - {listing.status}))
        raise refused("STATUS", f"{act.instrument} is {listing.status}; it may become {allowed}, not {act.status}")
    if act.expected_resume_ns and act.expected_resume_ns <= by.ts_ns:
        raise refused("EXPECTED_RESUME", f"a resumption at {texts.utc(act.expected_resume_ns)} is not after now, {texts.utc(by.ts_ns)}")

    def do() -> Outcome:
        since_ns = listing.since_ns if act.status == listing.status else by.ts_ns
        changed = replace(listing, status=act.status, cause=act.cause, since_ns=since_ns, expected_resume_ns=act.expected_resume_ns)
        put_listing(desk, changed)
        canceled = 0
        if act.status == "suspended":
            canceled = desk.cancel(Reason.HALT_POLICY, instrument=listing.number)
        elif act.status == "reduce-only":
            canceled = desk.cancel(Reason.REDUCE_ONLY, instrument=listing.number, side=Side.BUY)
        return done(f"{act.instrument} is {act.status}", canceled=canceled)

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
