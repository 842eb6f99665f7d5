"""Redeems: tokens that are exchanged for what is behind them, burned before anything is released.

requested --burn (a second person)--> burned --release--> released
    request     AVAILABLE to PENDING_OUT        burn        PENDING_OUT to ISSUANCE         release     the shares are no reserve any more
requested --fail--> failed                      PENDING_OUT to AVAILABLE
"""

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.deposits import check_available, check_free, check_restricted, check_sanctions
from engine.venue.desk import By, Desk, Do, External, done, refused
from engine.venue.issuance import follow
from engine.venue.issuance_acts import BurnRedeem, FailRedeem, ReleaseRedeem, RequestRedeem
from engine.venue.issuance_registers import RedeemEntry
from engine.venue.issuance_steps import at_step, first_step, stepped
from engine.venue.records import Bucket, SystemAccount
from engine.venue.reserves import shares_of, token_of, under_issuance

AVAILABLE, PENDING_OUT = Bucket.AVAILABLE, Bucket.PENDING_OUT


def request_redeem(desk: Desk, act: RequestRedeem, by: By) -> Do:
    """Set tokens aside, if their holders have a right to something for them."""
    desk.unused(act.external_id, act)
    listing, _ = under_issuance(desk, act.instrument)
    if listing.terms.rights.redeem == "none":
        raise refused("NOT_REDEEMABLE", f"who holds {listing.terms.base} has no right to redeem it")
    account, asset = desk.account(act.account), token_of(desk, listing)
    check_sanctions(desk, account)
    check_restricted(desk, account)
    check_available(desk, account, asset, act.qty)
    lines = [(account.number, asset.number, AVAILABLE, -act.qty), (account.number, asset.number, PENDING_OUT, act.qty)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "request-redeem", act.external_id, lines)
        desk.external[act.external_id] = External(act, seq)
        desk.redeems[act.external_id] = RedeemEntry(
            external_id=act.external_id,
            instrument=act.instrument,
            account=act.account,
            qty=act.qty,
            state="requested",
            ts_ns=by.ts_ns,
            journal=seq,
            steps=first_step(by, seq),
        )
        return done(f"{texts.amount(act.qty)} {asset.asset} are set aside", journal=seq)

    return do


def burn_redeem(desk: Desk, act: BurnRedeem, by: By) -> Do:
    """Burn tokens that nobody has a hand on."""
    entry = at_step(desk.redeems, act.external_id, "redeem", ("requested",), "burned")
    account, asset = desk.account(entry.account), token_of(desk, desk.listing(entry.instrument))
    check_sanctions(desk, account)
    check_free(desk, account)
    lines = [(account.number, asset.number, PENDING_OUT, -entry.qty), (SystemAccount.ISSUANCE, asset.number, AVAILABLE, entry.qty)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "burn-redeem", act.external_id, lines)
        desk.redeems[act.external_id] = stepped(entry, "burned", by, journal=seq)
        follow(desk, entry.instrument, by)
        return done(f"{texts.amount(entry.qty)} {asset.asset} were burned", journal=seq)

    return do


def release_redeem(desk: Desk, act: ReleaseRedeem, by: By) -> Do:
    """Note that the shares have left; an attestation of before counts them no more."""
    entry = at_step(desk.redeems, act.external_id, "redeem", ("burned",), "released", act.reference)
    listing, issuance = under_issuance(desk, entry.instrument)
    account = desk.account(entry.account)
    check_sanctions(desk, account)
    check_restricted(desk, account)
    shares = shares_of(listing, entry.qty)

    def do() -> Outcome:
        desk.redeems[act.external_id] = stepped(entry, "released", by, act.reference)
        desk.issuances[entry.instrument] = replace(issuance, releases=(*issuance.releases, (by.ts_ns, shares)))
        follow(desk, entry.instrument, by)
        return done(f"{texts.amount(shares)} shares were released, by {act.reference}")

    return do


def fail_redeem(desk: Desk, act: FailRedeem, by: By) -> Do:
    """Give the tokens back."""
    entry = at_step(desk.redeems, act.external_id, "redeem", ("requested",), "failed")
    asset = token_of(desk, desk.listing(entry.instrument))
    lines = [(entry.account, asset.number, PENDING_OUT, -entry.qty), (entry.account, asset.number, AVAILABLE, entry.qty)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "fail-redeem", act.external_id, lines)
        desk.redeems[act.external_id] = stepped(entry, "failed", by, journal=seq)
        return done(f"{texts.amount(entry.qty)} {asset.asset} are available again", journal=seq)

    return do
