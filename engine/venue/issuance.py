"""Tokens under issuance: the terms, the control book, and what a reserve does to the instrument in the command that changes it.

    reserve not good    matching, or post-only -> terms.breach        collecting -> HALTED        what is stopped already stays
    good again          REDUCE_ONLY -> CONTINUOUS                     HALTED -> AUCTION_CALL      only if the reserve was the cause

What was closed, or is by its calendar when the reserve is good again, is closed then; what a person had restricted is so again.
"""

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.calling import reopen
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.issuance_acts import SetAuthorised, SetIssuance
from engine.venue.issuance_registers import Issuance, ReserveChange, ReserveState
from engine.venue.issuance_steps import stepped
from engine.venue.records import Bucket, SystemAccount
from engine.venue.registers import FOREVER_NS, Line, Listing
from engine.venue.reserves import CAUSES, capacity, good_until_ns, issued, remember, reserve_of, state_of, token_of, under_issuance
from engine.venue.statuses import has_reference, put_status, then_of
from engine.venue.terms import StatusName, ThenName
from engine.venue.timetables import row_at

AVAILABLE = Bucket.AVAILABLE
CUSTODY, ISSUANCE = SystemAccount.CUSTODY, SystemAccount.ISSUANCE
RESERVE_CAUSES = frozenset(CAUSES.values())
# Where trading goes on without an auction before it; the other statuses collect, and can only halt.
OPEN: frozenset[StatusName] = frozenset({"continuous", "post-only", "reduce-only"})
STOPPED: frozenset[StatusName] = frozenset({"draft", "halted", "cancel-only", "suspended", "terminated"})


def set_issuance(desk: Desk, act: SetIssuance, by: By) -> Do:
    """Put a token under issuance, or change its terms."""
    listing = desk.living(act.instrument)
    if not act.ttl_ns:
        raise refused("TTL", "ttl 0: an attestation must be good for some time")
    if not act.attestors:
        raise refused("NO_ATTESTOR", "attestors: nobody is named who may attest")
    for i, name in enumerate(act.attestors):
        if name not in desk.attestors:
            raise refused("UNKNOWN_ATTESTOR", f"attestor {name} is not known")
        if name in act.attestors[:i]:
            raise refused("ATTESTOR_TWICE", f"attestor {name} is there twice")
    before = desk.issuances.get(act.instrument)
    adopted = [] if before else _adoption(desk, listing)
    desk.movable(adopted)

    def do() -> Outcome:
        changed = Issuance(terms=act, adopted=sum(delta for *_, delta in adopted if delta > 0)) if before is None else before
        if adopted:
            desk.post(by, "set-issuance", act.instrument, adopted)
        known = changed.attestation is not None and changed.attestation.attestor in act.attestors
        desk.issuances[act.instrument] = replace(changed, terms=act, attestation=changed.attestation if known else None)
        if before is None:
            _note(desk, act.instrument, by)
        follow(desk, act.instrument, by)
        return done(f"{act.instrument} is under issuance; its reserve is {reserve_of(desk, act.instrument).state}")

    return do


def set_authorised(desk: Desk, act: SetAuthorised, _by: By) -> Do:
    """Write down what the issuer has authorised."""
    listing, issuance = under_issuance(desk, act.instrument)
    there = issued(desk, listing)
    if act.authorised < there:
        raise refused("AUTHORISED", f"authorised {texts.amount(act.authorised)} is below {texts.amount(there)}, which are issued")

    def do() -> Outcome:
        desk.issuances[act.instrument] = replace(issuance, authorised=act.authorised, authority=act.reference)
        return done(f"{texts.amount(act.authorised)} {listing.terms.base} are authorised, {texts.amount(there)} issued")

    return do


def reserve_due(desk: Desk, symbol: str, by: By) -> None:
    """Let an attestation grow old."""
    follow(desk, symbol, by)


def follow(desk: Desk, symbol: str, by: By) -> None:
    """Judge a reserve, wait for its end, and bring the instrument where that leaves it; nothing where nothing is under issuance."""
    issuance = desk.issuances.get(symbol)
    if issuance is None:
        return
    listing = desk.instruments[symbol]
    state = state_of(desk, listing, issuance, by.ts_ns)
    until_ns = good_until_ns(issuance)
    desk.agenda.set("reserve", symbol, min(until_ns + 1, FOREVER_NS) if by.ts_ns <= until_ns else FOREVER_NS)
    if state != issuance.state:
        desk.issuances[symbol] = replace(issuance, state=state)
        _note(desk, symbol, by)
    if state == "good":
        _resume(desk, listing, by)
    else:
        _stop(desk, listing, issuance, state, by)


def close_requests(desk: Desk, symbol: str, by: By) -> None:
    """Let the mints and redeems of an instrument that has ended fail, whose tokens are no longer there; what is burned can be released."""
    for mint in list(desk.mints.values()):
        if mint.instrument == symbol and mint.state not in ("delivered", "failed"):
            desk.mints[mint.external_id] = stepped(mint, "failed", by)
    for redeem in list(desk.redeems.values()):
        if redeem.instrument == symbol and redeem.state == "requested":
            desk.redeems[redeem.external_id] = stepped(redeem, "failed", by)


def _adoption(desk: Desk, listing: Listing) -> list[Line]:
    """Return the entry by which the tokens that came from outside are issued ones."""
    number = token_of(desk, listing).number
    for account in SystemAccount:
        owed = -desk.venue.balance(account, number).available
        if owed > 0 and account not in (CUSTODY, ISSUANCE):
            raise refused("NOT_ISSUED", f"{account.name} owes {texts.amount(owed)} {listing.terms.base}; it must be even first")
    out = -desk.venue.balance(CUSTODY, number).available
    return [(CUSTODY, number, AVAILABLE, out), (ISSUANCE, number, AVAILABLE, -out)] if out > 0 else []


def _note(desk: Desk, symbol: str, by: By) -> None:
    reserve, issuance = reserve_of(desk, symbol), desk.issuances[symbol]
    change = ReserveChange(
        seq=len(desk.reserves) + 1,
        ts_ns=by.ts_ns,
        instrument=symbol,
        state=issuance.state,
        issued=reserve.issued,
        attested=capacity(issuance),
        attested_ns=reserve.attested_ns,
    )
    desk.reserves.append(change)
    desk.status_news.append(symbol)


def _stop(desk: Desk, listing: Listing, issuance: Issuance, state: ReserveState, by: By) -> None:
    """Bring an instrument to where its reserve lets it be; one that is there or stopped already stays, and tells the newest cause."""
    cause = CAUSES[state]
    target: StatusName = "reduce-only" if issuance.terms.breach == "reduce-only" and listing.status in OPEN else "halted"
    if listing.status in STOPPED or listing.status == target:
        if listing.cause in RESERVE_CAUSES and listing.cause != cause:
            put_status(desk, listing, listing.status, cause, by)
        return
    if listing.cause not in RESERVE_CAUSES:
        remember(desk, listing.terms.symbol, _leads_to(listing))
    put_status(desk, listing, target, cause, by)


def _leads_to(listing: Listing) -> ThenName:
    """Return what trading was, or would have been, when a reserve stopped it; one who restricted or closed it had his reasons."""
    if listing.call is not None:
        return listing.call.then
    return "closed" if listing.status == "closed" else then_of(listing.status)


def _resume(desk: Desk, listing: Listing, by: By) -> None:
    """Let an instrument that its reserve has stopped go on."""
    if listing.cause not in RESERVE_CAUSES or listing.status not in ("halted", "reduce-only"):
        return
    row, _ = row_at(listing.terms.week, listing.terms.exceptions, by.ts_ns)
    scheduled = row.status if row else ""
    # A row that opened by an auction is in force all day; one that closes has begun to.
    closes = row is not None and (scheduled == "closed" or (scheduled == "auction-call" and row.then == "closed"))
    then, winding = desk.issuances[listing.terms.symbol].resumes, listing.wind_down
    if then == "closed" and not scheduled:
        put_status(desk, listing, "closed", "scheduled", by)
    elif listing.status == "halted" and scheduled != "closed" and not has_reference(desk, listing, by.ts_ns):
        # No auction comes about without a reference: the next usable one calls it.
        put_status(desk, listing, "cancel-only", "reference-stale", by, interrupted="continuous" if then == "closed" else then)
    elif listing.status == "halted" or then == "post-only" or closes:
        reopen(desk, listing, "reopening", by, "continuous" if then == "closed" else then)
    else:
        put_status(desk, listing, "continuous", winding.cause if winding and winding.reducing else "reopening", by)
