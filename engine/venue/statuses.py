"""An instrument's status: what may follow what, which orders it costs, and the one function that changes it.

    DRAFT -> PRE_OPEN -> AUCTION_CALL -> CONTINUOUS -> VOL_PAUSE -> AUCTION_CALL -> CONTINUOUS -> HALTED -> AUCTION_CALL ...

Nothing goes from a status in which the book collects to one in which it matches but by an auction; a draft alone, whose book is empty, may.
What a status lets in is `LETS` of engine.venue.entries.
"""

from msgspec.structs import replace

from engine.matching.enums import Phase, Reason, Side
from engine.venue.desk import By, Desk
from engine.venue.entries import LETS, put_listing, reduces
from engine.venue.records import Quality
from engine.venue.registers import FOREVER_NS, Call, Listing, StatusChange
from engine.venue.reserves import guarded, remember
from engine.venue.terms import CauseName, StatusName, ThenName

MATCHING = frozenset(status for status, lets in LETS.items() if lets.phase == Phase.CONTINUOUS)
STOPPED: frozenset[StatusName] = frozenset({"halted", "cancel-only", "suspended", "closed"})
CALLING: frozenset[StatusName] = frozenset({"pre-open", "auction-call"})
# Besides itself; TERMINATED, which a wind-down brings from everywhere; and what an auction leads to.
NEXT: dict[StatusName, frozenset[StatusName]] = {
    "draft": CALLING | {"continuous", "post-only", "closed"},
    "pre-open": STOPPED | {"auction-call"},
    "auction-call": STOPPED | {"pre-open"},
    "continuous": STOPPED | {"auction-call", "post-only", "vol-pause", "reduce-only"},
    "post-only": STOPPED | {"auction-call", "continuous", "reduce-only"},
    "vol-pause": STOPPED | {"auction-call"},
    "halted": STOPPED | CALLING,
    "cancel-only": STOPPED | CALLING,
    "reduce-only": STOPPED | {"continuous", "auction-call"},
    "suspended": STOPPED | CALLING,
    "closed": STOPPED | CALLING,
    "terminated": frozenset(),
}


def put_status(
    desk: Desk,
    listing: Listing,
    status: StatusName,
    cause: CauseName,
    by: By,
    *,
    call: Call | None = None,
    expected_resume_ns: int = 0,
    interrupted: ThenName | None = None,
    uncrossed: bool = False,
) -> int:
    """Bring an instrument to a status that can follow its own, write that down, and return how many orders it cost.

    `listing` is the instrument as it stands, with whatever else changes in the same breath.  `call` belongs to AUCTION_CALL and VOL_PAUSE;
    `uncrossed` says that an auction has come about, and that its book can match again.
    Where a wind-down has begun, REDUCE_ONLY takes the place of what lets buyers in; where a collared instrument would match without a
    reference, CANCEL_ONLY follows at once, and `interrupted` says what it broke off.  Without a good reserve it halts instead.
    """
    symbol, before = listing.terms.symbol, listing.status
    wanted = status
    status, cause = guarded(desk, listing, status, cause, by.ts_ns)
    if status != wanted:
        remember(desk, symbol, call.then if call else then_of(wanted))
        call, expected_resume_ns = None, 0
    if reduces(listing):
        status = "reduce-only" if status in ("continuous", "post-only") else status
        call = replace(call, then=reduced(call.then)) if call else None
    if not (uncrossed and before == "auction-call" and status in MATCHING) and not may_follow(before, status):
        raise ValueError(f"{symbol} is {before}, and {status} cannot follow")
    changed = replace(
        listing,
        status=status,
        cause=cause,
        since_ns=listing.since_ns if status == before else by.ts_ns,
        expected_resume_ns=expected_resume_ns,
        call=call,
        interrupted=interrupted or "",
    )
    canceled = _cancel(desk, desk.instruments[symbol], changed)
    put_listing(desk, changed)
    desk.agenda.set("call", symbol, call.until_ns if call else FOREVER_NS)
    _note(desk, changed, before, by)
    if status in MATCHING and not has_reference(desk, changed, by.ts_ns):
        canceled += put_status(desk, changed, "cancel-only", "reference-stale", by, interrupted=broken_off(changed))
    return canceled


def may_follow(before: StatusName, status: StatusName) -> bool:
    """Tell whether a status may follow another without an auction, or be told again."""
    return before != "terminated" and (status in NEXT[before] or status in (before, "terminated"))


def has_reference(desk: Desk, listing: Listing, ts_ns: int) -> bool:
    """Tell whether an instrument has the reference that its collar needs, if it has one."""
    if listing.terms.collar is None:
        return True
    reference = desk.venue.reference(listing.number)
    return reference.quality != Quality.NONE and ts_ns < reference.until_ns


def then_of(status: StatusName) -> ThenName:
    """Return what an auction has to lead to, to be where a status was."""
    return "reduce-only" if status == "reduce-only" else "post-only" if status == "post-only" else "continuous"


def broken_off(listing: Listing) -> ThenName:
    """Return what an auction has to lead to after a lapse; what a reserve has restricted is for the reserve to restrict again."""
    return "continuous" if listing.cause.startswith("reserve-") else then_of(listing.status)


def reduced(then: ThenName) -> ThenName:
    """Return what an auction leads to once no more buyers are let in."""
    return "closed" if then == "closed" else "reduce-only"


def _cancel(desk: Desk, before: Listing, changed: Listing) -> int:
    number = changed.number
    if changed.status == "terminated":
        return desk.cancel(Reason.TERMINATION, instrument=number)
    if changed.status == "suspended":
        return desk.cancel(Reason.HALT_POLICY, instrument=number)
    # Bids that came into a call which leads here are those of redeemers.
    if _shuts_out_buyers(changed) and not _shuts_out_buyers(before):
        return desk.cancel(Reason.REDUCE_ONLY, instrument=number, side=Side.BUY)
    return 0


def _shuts_out_buyers(listing: Listing) -> bool:
    return reduces(listing) or listing.status == "reduce-only" or (listing.call is not None and listing.call.then == "reduce-only")


def _note(desk: Desk, listing: Listing, before: StatusName, by: By) -> None:
    call = listing.call
    entry = StatusChange(
        seq=len(desk.changes) + 1,
        ts_ns=by.ts_ns,
        instrument=listing.terms.symbol,
        before=before,
        status=listing.status,
        cause=listing.cause,
        actor=by.actor,
        expected_resume_ns=listing.expected_resume_ns,
        until_ns=call.until_ns if call else 0,
        then=call.then if call else "",
    )
    desk.changes.append(entry)
    desk.status_news.append(listing.terms.symbol)
