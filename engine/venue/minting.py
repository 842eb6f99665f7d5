"""Mints: tokens that are issued after their shares are bought and kept, and never more of them than fresh attested shares.

requested --hedge--> hedged --confirm--> confirmed --mint (a second person)--> minted --deliver--> delivered
    mint        ISSUANCE to PENDING_IN          deliver     PENDING_IN to AVAILABLE
each of the first four --fail--> failed         what was minted goes from PENDING_IN back to ISSUANCE
"""

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.deposits import check_holder, check_sanctions
from engine.venue.desk import By, Desk, Do, External, done, refused
from engine.venue.issuance import follow
from engine.venue.issuance_acts import ConfirmCustody, DeliverMint, FailMint, HedgeMint, Mint, RequestMint
from engine.venue.issuance_registers import Issuance, MintEntry
from engine.venue.issuance_steps import at_step, first_step, stepped
from engine.venue.records import Bucket, SystemAccount
from engine.venue.registers import Line, Listing
from engine.venue.reserves import capacity, covered, good_until_ns, issued, shares_of, token_of, under_issuance, why

AVAILABLE, PENDING_IN = Bucket.AVAILABLE, Bucket.PENDING_IN


def burns(desk: Desk, act: FailMint) -> bool:
    """Tell whether the failure of a mint burns tokens."""
    entry = desk.mints.get(act.external_id)
    return entry is not None and entry.state == "minted"


def request_mint(desk: Desk, act: RequestMint, by: By) -> Do:
    """Note a wish for new tokens."""
    desk.unused(act.external_id, act)
    listing, _ = under_issuance(desk, act.instrument)
    desk.living(act.instrument)
    account = desk.account(act.account)
    check_sanctions(desk, account)
    check_holder(desk, account, token_of(desk, listing))

    def do() -> Outcome:
        desk.external[act.external_id] = External(act, 0)
        desk.mints[act.external_id] = MintEntry(
            external_id=act.external_id,
            instrument=act.instrument,
            account=act.account,
            qty=act.qty,
            state="requested",
            ts_ns=by.ts_ns,
            journal=0,
            steps=first_step(by, 0),
        )
        return done(f"{texts.amount(act.qty)} {listing.terms.base} are asked for")

    return do


def hedge_mint(desk: Desk, act: HedgeMint, by: By) -> Do:
    """Note that the shares are bought."""
    return _noted(desk, at_step(desk.mints, act.external_id, "mint", ("requested",), "hedged", act.reference), "hedged", act.reference, by)


def confirm_custody(desk: Desk, act: ConfirmCustody, by: By) -> Do:
    """Note that the custodian has the shares."""
    entry = at_step(desk.mints, act.external_id, "mint", ("hedged",), "confirmed", act.reference)
    return _noted(desk, entry, "confirmed", act.reference, by)


def mint(desk: Desk, act: Mint, by: By) -> Do:
    """Issue the tokens, not one more than the shares and the control book allow."""
    entry = at_step(desk.mints, act.external_id, "mint", ("confirmed",), "minted")
    listing, issuance = under_issuance(desk, entry.instrument)
    desk.living(entry.instrument)
    check_sanctions(desk, desk.account(entry.account))
    _check_room(desk, listing, issuance, entry.qty, by.ts_ns)
    lines = _issue(desk, listing, entry, 1)
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "mint", act.external_id, lines)
        desk.mints[act.external_id] = stepped(entry, "minted", by, journal=seq)
        follow(desk, entry.instrument, by)
        return done(f"{texts.amount(entry.qty)} {listing.terms.base} were minted", journal=seq)

    return do


def deliver_mint(desk: Desk, act: DeliverMint, by: By) -> Do:
    """Hand minted tokens over."""
    entry = at_step(desk.mints, act.external_id, "mint", ("minted",), "delivered")
    account, asset = desk.account(entry.account), token_of(desk, desk.listing(entry.instrument))
    check_sanctions(desk, account)
    check_holder(desk, account, asset)
    lines = [(account.number, asset.number, PENDING_IN, -entry.qty), (account.number, asset.number, AVAILABLE, entry.qty)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "deliver-mint", act.external_id, lines)
        desk.mints[act.external_id] = stepped(entry, "delivered", by, journal=seq)
        return done(f"{texts.amount(entry.qty)} {asset.asset} were delivered", journal=seq)

    return do


def fail_mint(desk: Desk, act: FailMint, by: By) -> Do:
    """End a mint, and burn what it had issued."""
    entry = at_step(desk.mints, act.external_id, "mint", ("requested", "hedged", "confirmed", "minted"), "failed")
    listing = desk.listing(entry.instrument)
    lines = _issue(desk, listing, entry, -1) if entry.state == "minted" else []
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "fail-mint", act.external_id, lines) if lines else 0
        desk.mints[act.external_id] = stepped(entry, "failed", by, journal=seq)
        follow(desk, entry.instrument, by)
        burned = f"; {texts.amount(entry.qty)} {listing.terms.base} were burned" if lines else ""
        return done(f"mint {act.external_id} has failed{burned}", **({"journal": seq} if seq else {}))

    return do


def _noted(desk: Desk, entry: MintEntry, state: str, reference: str, by: By) -> Do:
    def do() -> Outcome:
        desk.mints[entry.external_id] = stepped(entry, state, by, reference)
        return done(f"mint {entry.external_id} is {state}, by {reference}")

    return do


def _check_room(desk: Desk, listing: Listing, issuance: Issuance, qty: int, ts_ns: int) -> None:
    """Refuse tokens that no fresh attested share is behind, or that nobody has authorised."""
    if ts_ns > good_until_ns(issuance):
        raise refused("RESERVE_STALE", why(desk, listing, issuance, ts_ns))
    if issuance.supply is not None and not issuance.supply.explained:
        raise refused("RESERVE", why(desk, listing, issuance, ts_ns))
    after = issued(desk, listing) + qty
    if not covered(listing, issuance, after):
        raise refused(
            "RESERVE",
            f"{texts.amount(after)} {listing.terms.base} would stand for {texts.amount(shares_of(listing, after))} shares; "
            f"{texts.amount(capacity(issuance))} count",
        )
    if after > issuance.authorised:
        raise refused("AUTHORISED", f"{texts.amount(after)} would be issued; {texts.amount(issuance.authorised)} are authorised")


def _issue(desk: Desk, listing: Listing, entry: MintEntry, sign: int) -> list[Line]:
    number = token_of(desk, listing).number
    return [(SystemAccount.ISSUANCE, number, AVAILABLE, -sign * entry.qty), (entry.account, number, PENDING_IN, sign * entry.qty)]
