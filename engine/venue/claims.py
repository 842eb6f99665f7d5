"""Claims: what became of the positions in an instrument that was terminated, and what is paid for them.

Whatever bucket a position stood in, its holder has one claim for all of it, and the tokens go back to where they were issued.  Deposits and
withdrawals that were under way have failed, and holds keep only what is left of other assets; a claim is paid when nothing holds its owner.
"""

from msgspec.structs import replace

from engine.venue import issuance, texts
from engine.venue.acts import Outcome
from engine.venue.deposits import check_free, check_sanctions
from engine.venue.desk import By, Desk, Do, External, already, done, refused
from engine.venue.market_acts import PayClaim, SetCloseOut
from engine.venue.records import Bucket, SystemAccount
from engine.venue.registers import Asset, Claim, Line, Listing

AVAILABLE, CA_PAYABLE = Bucket.AVAILABLE, SystemAccount.CA_PAYABLE


def claim_positions(desk: Desk, listing: Listing, price: int, by: By) -> None:
    """Turn every position in an instrument's token into a claim; it has no open order any more."""
    symbol, token = listing.terms.symbol, desk.assets[listing.terms.base]
    issuance.close_requests(desk, symbol, by)
    held = {account: _buckets(desk, account, token) for account in desk.accounts}
    lines: list[Line] = []
    for account, buckets in held.items():
        lines += [(account, token.number, bucket, -qty) for bucket, qty in buckets.items() if qty]
    if lines:
        lines.append((SystemAccount.ISSUANCE, token.number, AVAILABLE, -sum(delta for _, _, _, delta in lines)))
        journal = desk.post(by, "termination", symbol, lines)
        for account, buckets in held.items():
            qty = sum(buckets.values())
            if qty:
                claim = Claim(instrument=symbol, account=account, qty=qty, price=price, ts_ns=by.ts_ns, journal=journal)
                desk.claims[symbol, account] = claim
        _close_movements(desk, token, journal)
    issuance.follow(desk, symbol, by)


def set_close_out(desk: Desk, act: SetCloseOut, _by: By) -> Do:
    """Give the claims of an instrument their price."""
    symbol = desk.listing(act.instrument).terms.symbol
    open_claims = [claim for claim in desk.claims.values() if claim.instrument == symbol and not claim.price]
    if not open_claims:
        raise refused("NO_CLAIMS", f"no claim of {act.instrument} wants a price")

    def do() -> Outcome:
        for claim in open_claims:
            desk.claims[symbol, claim.account] = replace(claim, price=act.close_out_px)
        return done(f"{len(open_claims)} claims have the price {texts.price(act.close_out_px)}", claims=len(open_claims))

    return do


def pay_claim(desk: Desk, act: PayClaim, by: By) -> Do:
    """Pay a claim."""
    desk.unused(act.external_id, act)
    listing, account = desk.listing(act.instrument), desk.account(act.account)
    claim = desk.claims.get((act.instrument, act.account))
    if claim is None:
        raise refused("UNKNOWN_CLAIM", f"account {act.account} has no claim of {act.instrument}")
    if claim.paid_ns:
        raise already(f"the claim of account {act.account} is paid, in journal entry {claim.journal}", journal=claim.journal)
    if not claim.price:
        raise refused("NO_CLOSE_OUT", f"the claims of {act.instrument} have no price yet")
    check_sanctions(desk, account)
    check_free(desk, account)
    quote = desk.assets[listing.terms.quote]
    amount, funded = claim.price * claim.qty // texts.PRICE_SCALE, desk.venue.balance(CA_PAYABLE, quote.number).available
    if amount > funded:
        raise refused("UNFUNDED", f"CA_PAYABLE has {texts.amount(funded)} {quote.asset}; the claim is {texts.amount(amount)}")
    lines: list[Line] = [(CA_PAYABLE, quote.number, AVAILABLE, -amount), (account.number, quote.number, AVAILABLE, amount)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "pay-claim", act.external_id, lines)
        desk.external[act.external_id] = External(act, seq)
        desk.claims[act.instrument, act.account] = replace(claim, paid_ns=by.ts_ns, journal=seq)
        return done(f"{texts.amount(amount)} {quote.asset} were paid", journal=seq)

    return do


def _buckets(desk: Desk, account: int, token: Asset) -> dict[Bucket, int]:
    balance = desk.venue.balance(account, token.number)
    return {
        Bucket.AVAILABLE: balance.available,
        Bucket.FROZEN: balance.frozen,
        Bucket.PENDING_IN: balance.pending_in,
        Bucket.PENDING_OUT: balance.pending_out,
    }


def _close_movements(desk: Desk, token: Asset, journal: int) -> None:
    """Let what was under way with a token be over: its amounts are claims now."""
    for deposit in list(desk.deposits.values()):
        if deposit.asset == token.asset and deposit.state == "pending":
            desk.deposits[deposit.external_id] = replace(deposit, state="failed", journal=journal)
    for withdrawal in list(desk.withdrawals.values()):
        if withdrawal.asset == token.asset and withdrawal.state in ("requested", "held"):
            desk.withdrawals[withdrawal.external_id] = replace(withdrawal, state="failed", journal=journal)
    for hold in list(desk.holds.values()):
        left = tuple((asset, amount) for asset, amount in hold.frozen if asset != token.number)
        if not hold.lifted_ns and left != hold.frozen:
            desk.holds[hold.hold_id] = replace(hold, frozen=left)
