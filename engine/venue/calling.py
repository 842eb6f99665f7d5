"""Calls and what ends them: an auction at one price, an extension, or a halt for a human; and the pauses that lead to them.

CONTINUOUS --the collar stopped a match--> VOL_PAUSE --pause_ns--> AUCTION_CALL
AUCTION_CALL --call_ns--> uncross: at one price inside the collar -----> CONTINUOUS, or what else was to follow
                                   none, fewer than max_extensions ----> AUCTION_CALL for extend_ns
                                   none, after max_extensions ---------> HALTED
"""

from msgspec.structs import replace

from engine.matching.enums import Strike
from engine.matching.records import Uncross
from engine.venue.desk import By, Desk
from engine.venue.marks import above, below, bring_reference
from engine.venue.persons import BOOK
from engine.venue.registers import FOREVER_NS, AuctionOutcome, AuctionResult, Call, Listing
from engine.venue.statuses import MATCHING, has_reference, put_status
from engine.venue.terms import AuctionTerms, CauseName, ThenName
from engine.venue.timetables import row_at

# An auction of an instrument without terms uncrosses as soon as it is called, and is not extended.
AT_ONCE = AuctionTerms()


def start_call(desk: Desk, listing: Listing, cause: CauseName, by: By, then: ThenName = "continuous", until_ns: int = 0) -> int:
    """Call an auction that leads to `then`, and return how many orders that canceled; one of no duration is over at once.

    It lasts until `until_ns`, or where that is 0 as long as the terms say.
    """
    canceled = begin_call(desk, listing, cause, by, then, until_ns)
    return canceled + end_if_due(desk, listing.terms.symbol, by)


def reopen(desk: Desk, listing: Listing, cause: CauseName, by: By, then: ThenName = "continuous") -> int:
    """Call an auction for an instrument whose trading was broken off, unless its calendar has closed it meanwhile."""
    row, _ = row_at(listing.terms.week, listing.terms.exceptions, by.ts_ns)
    if row is not None and row.status == "closed":
        return put_status(desk, listing, "closed", "scheduled", by)
    if row is not None and row.status == "auction-call" and row.then == "closed":
        return start_call(desk, listing, "closing", by, "closed")
    return start_call(desk, listing, cause, by, then)


def begin_call(desk: Desk, listing: Listing, cause: CauseName, by: By, then: ThenName = "continuous", until_ns: int = 0) -> int:
    """Let an instrument collect for an auction, which `end_if_due` or time ends; return how many orders that canceled."""
    until_ns = until_ns or min(by.ts_ns + _terms(listing).call_ns, FOREVER_NS - 1)
    call = Call(started_ns=by.ts_ns, until_ns=until_ns, then=then)
    return put_status(desk, listing, "auction-call", cause, by, call=call, expected_resume_ns=_resumes_ns(call))


def end_if_due(desk: Desk, symbol: str, by: By) -> int:
    """End a call that has no time left; return how many orders its end canceled by status."""
    listing = desk.instruments[symbol]
    if listing.status == "auction-call" and listing.call and listing.call.until_ns <= by.ts_ns:
        return end_call(desk, listing, by)
    return 0


def end_call(desk: Desk, listing: Listing, by: By) -> int:
    """Uncross at one price, or extend the call, or halt for a human; return how many orders that canceled."""
    call, terms = listing.call, _terms(listing)
    assert call is not None
    # What grew old in the same moment counts as it is now.
    canceled = bring_reference(desk, listing, by.ts_ns)
    listing = desk.instruments[listing.terms.symbol]
    stale = not has_reference(desk, listing, by.ts_ns)
    found = Uncross(0, 0, 0, False) if stale else _uncross(desk, listing)
    if found.done:
        _note(desk, listing, found, "crossed" if found.qty else "nothing", call.extensions, by)
        return canceled + put_status(desk, listing, call.then, listing.cause, by, uncrossed=True)
    if call.extensions < terms.max_extensions and terms.extend_ns:
        longer = replace(call, until_ns=min(by.ts_ns + terms.extend_ns, FOREVER_NS - 1), extensions=call.extensions + 1)
        _note(desk, listing, found, "extended", longer.extensions, by)
        return canceled + put_status(desk, listing, "auction-call", listing.cause, by, call=longer, expected_resume_ns=_resumes_ns(longer))
    _note(desk, listing, found, "halted", call.extensions, by)
    return canceled + put_status(desk, listing, "halted", "reference-stale" if stale else "order-imbalance", by)


def pause(desk: Desk, listing: Listing, cause: CauseName, by: By) -> int:
    """Let an instrument collect for its pause, before the call that reopens it."""
    terms = _terms(listing)
    until_ns = min(by.ts_ns + terms.pause_ns, FOREVER_NS - 1)
    call = Call(started_ns=by.ts_ns, until_ns=until_ns, then="continuous")
    return put_status(desk, listing, "vol-pause", cause, by, call=call, expected_resume_ns=min(until_ns + terms.call_ns, FOREVER_NS - 1))


def call_due(desk: Desk, symbol: str, by: By) -> None:
    """Let a pause go over into the call that reopens, and a call end."""
    listing = desk.instruments[symbol]
    if listing.status == "vol-pause":
        reopen(desk, listing, "reopening", by)
    else:
        end_if_due(desk, symbol, by)


def answer_strikes(desk: Desk, ts_ns: int) -> None:
    """Pause the instruments whose books have stopped matching by themselves."""
    while strike := desk.venue.take_strike():
        number, kind = strike
        listing = desk.listed(number)
        if listing.status == "continuous":
            cause: CauseName = "volatility" if kind == Strike.COLLAR else "stop-cascade"
            pause(desk, listing, cause, By(BOOK, f"the book struck: {cause}", ts_ns))


def _uncross(desk: Desk, listing: Listing) -> Uncross:
    """Uncross within the collar in force and the auction's own."""
    if listing.terms.collar is None:
        return desk.venue.uncross(listing.number)
    reference, bps = desk.venue.reference(listing.number), _terms(listing).collar_bps
    low, high = reference.low, reference.high
    if bps:
        low, high = max(low, below(reference.price, bps)), min(high, above(reference.price, bps))
    return desk.venue.uncross(listing.number, reference=reference.price, low=low, high=high)


def _note(desk: Desk, listing: Listing, found: Uncross, outcome: AuctionOutcome, extensions: int, by: By) -> None:
    entry = AuctionResult(
        seq=len(desk.auctions) + 1,
        ts_ns=by.ts_ns,
        instrument=listing.terms.symbol,
        price=found.price,
        qty=found.qty,
        imbalance=found.imbalance,
        outcome=outcome,
        extensions=extensions,
    )
    desk.auctions.append(entry)


def _terms(listing: Listing) -> AuctionTerms:
    return listing.terms.auction or AT_ONCE


def _resumes_ns(call: Call) -> int:
    return call.until_ns if call.then in MATCHING else 0
