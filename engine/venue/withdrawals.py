"""Withdrawals and busts: amounts that leave through a gate, and trades that are undone.

requested --hold, a screening that is not clear, a sanctions hit--> held
held      --a screening that is clear-----------------------------> requested
requested --release (a second person)-----------------------------> released        PENDING_OUT to CUSTODY
both      --fail--------------------------------------------------> failed          PENDING_OUT to AVAILABLE
"""

from typing import Literal

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.deposits import check_available, check_free, check_restricted, check_sanctions
from engine.venue.desk import By, Desk, Do, External, already, done, refused
from engine.venue.money_acts import (
    BustTrade,
    FailWithdrawal,
    HoldWithdrawal,
    ReleaseWithdrawal,
    RequestWithdrawal,
    ScreenWithdrawal,
)
from engine.venue.records import Bucket, SystemAccount
from engine.venue.registers import Account, Asset, Line, Withdrawal

AVAILABLE, PENDING_OUT = Bucket.AVAILABLE, Bucket.PENDING_OUT


def request_withdrawal(desk: Desk, act: RequestWithdrawal, by: By) -> Do:
    """Set an amount aside."""
    desk.unused(act.external_id, act)
    account, asset = desk.account(act.account), desk.asset(act.asset)
    check_sanctions(desk, account)
    check_restricted(desk, account)
    _check_policy(desk, account, asset, act.destination)
    check_available(desk, account, asset, act.amount)
    lines = _moved(account, asset, act.amount, AVAILABLE, PENDING_OUT)
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "request-withdrawal", act.external_id, lines)
        desk.external[act.external_id] = External(act, seq)
        desk.withdrawals[act.external_id] = Withdrawal(
            external_id=act.external_id,
            account=act.account,
            asset=act.asset,
            amount=act.amount,
            destination=act.destination,
            state="requested",
            ts_ns=by.ts_ns,
            journal=seq,
        )
        return done(f"{texts.amount(act.amount)} {act.asset} are set aside", journal=seq)

    return do


def screen_withdrawal(desk: Desk, act: ScreenWithdrawal, _by: By) -> Do:
    """Record a screening; what is clear can be released, what is not is held."""
    entry = _open(desk, act.external_id)
    if act.clear:
        check_sanctions(desk, desk.account(entry.account))
    state: Literal["requested", "held"] = "requested" if act.clear else "held"

    def do() -> Outcome:
        desk.withdrawals[act.external_id] = replace(entry, screening_id=act.screening_id, clear=act.clear, state=state)
        return done(f"withdrawal {act.external_id} is {state}")

    return do


def hold_withdrawal(desk: Desk, act: HoldWithdrawal, _by: By) -> Do:
    """Hold a withdrawal until it is screened clear again."""
    entry = _open(desk, act.external_id, wanted="held")

    def do() -> Outcome:
        desk.withdrawals[act.external_id] = replace(entry, state="held")
        return done(f"withdrawal {act.external_id} is held")

    return do


def release_withdrawal(desk: Desk, act: ReleaseWithdrawal, by: By) -> Do:
    """Let an amount leave, if nothing stands against it."""
    entry = _open(desk, act.external_id, wanted="released")
    account, asset = desk.account(entry.account), desk.asset(entry.asset)
    if entry.state == "held":
        raise refused("WITHDRAWAL_HELD", f"withdrawal {act.external_id} is held; it takes a screening that is clear")
    if not entry.clear:
        raise refused("NOT_SCREENED", f"withdrawal {act.external_id} was not screened")
    check_sanctions(desk, account)
    check_free(desk, account)
    _check_policy(desk, account, asset, entry.destination)
    lines = [(account.number, asset.number, PENDING_OUT, -entry.amount), (SystemAccount.CUSTODY, asset.number, AVAILABLE, entry.amount)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "release-withdrawal", act.external_id, lines)
        desk.withdrawals[act.external_id] = replace(entry, state="released", journal=seq)
        return done(f"{texts.amount(entry.amount)} {entry.asset} have left for {entry.destination}", journal=seq)

    return do


def fail_withdrawal(desk: Desk, act: FailWithdrawal, by: By) -> Do:
    """Give an amount back."""
    entry = _open(desk, act.external_id, wanted="failed")
    lines = _moved(desk.account(entry.account), desk.asset(entry.asset), entry.amount, PENDING_OUT, AVAILABLE)
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "fail-withdrawal", act.external_id, lines)
        desk.withdrawals[act.external_id] = replace(entry, state="failed", journal=seq)
        return done(f"{texts.amount(entry.amount)} {entry.asset} are available again", journal=seq)

    return do


def bust_trade(desk: Desk, act: BustTrade, by: By) -> Do:
    """Undo a trade."""
    trade = desk.venue.trade(act.match_id)
    if trade is None:
        raise refused("UNKNOWN_TRADE", f"trade {act.match_id} is not among those that are kept")
    if trade.busted:
        raise already(f"trade {act.match_id} is busted")
    fault = desk.venue.why_not_reverse(act.match_id)
    if fault:
        raise refused("CANNOT_REVERSE", fault)

    def do() -> Outcome:
        lines = desk.venue.reverse(act.match_id)
        seq = desk.note(by, "bust-trade", f"trade {act.match_id}", tuple(lines))
        return done(f"trade {act.match_id} is busted", journal=seq)

    return do


def _moved(account: Account, asset: Asset, amount: int, source: Bucket, target: Bucket) -> list[Line]:
    return [(account.number, asset.number, source, -amount), (account.number, asset.number, target, amount)]


def _check_policy(desk: Desk, account: Account, asset: Asset, destination: str) -> None:
    if asset.kind == "cash":
        return
    policy = desk.instruments[asset.listed].terms.transfer_policy if asset.listed else "none"
    if policy == "none":
        raise refused("TRANSFER_POLICY", f"{asset.asset} does not leave the venue")
    if policy == "allow-listed" and destination not in desk.owner(account).wallets:
        raise refused("TRANSFER_POLICY", f"{asset.asset} leaves to registered wallets only; {destination} is none of {account.subscriber}")


def _open(desk: Desk, external_id: str, wanted: str = "") -> Withdrawal:
    entry = desk.withdrawals.get(external_id)
    if entry is None:
        raise refused("UNKNOWN_WITHDRAWAL", f"withdrawal {external_id} is not known")
    if entry.state == wanted:
        raise already(f"withdrawal {external_id} is {wanted}, in journal entry {entry.journal}", journal=entry.journal)
    if entry.state in ("released", "failed"):
        raise refused("WITHDRAWAL_STATE", f"withdrawal {external_id} is {entry.state}")
    return entry
