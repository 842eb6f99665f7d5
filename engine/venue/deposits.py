"""Deposits and transfers: amounts that come from the custodian, and corrections between accounts.

pending --credit--> credited        PENDING_IN to AVAILABLE; one that is not pending is credited at once
--fail----> failed          PENDING_IN back to CUSTODY
"""

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, External, already, done, refused
from engine.venue.money_acts import CreditDeposit, Deposit, FailDeposit, Transfer
from engine.venue.records import Bucket, SystemAccount
from engine.venue.registers import Account, Asset, DepositEntry, Line
from engine.venue.reserves import check_issued

AVAILABLE, PENDING_IN = Bucket.AVAILABLE, Bucket.PENDING_IN
SYSTEM = frozenset(SystemAccount)


def deposit(desk: Desk, act: Deposit, by: By) -> Do:
    """Book what arrived, or is about to."""
    desk.unused(act.external_id, act)
    account, asset = desk.account(act.account), desk.asset(act.asset)
    check_ended(desk, asset)
    check_holder(desk, account, asset)
    if not act.pending:
        check_sanctions(desk, account)
    lines = came_in(account, asset, act.amount, PENDING_IN if act.pending else AVAILABLE)
    check_issued(desk, asset, lines)
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "deposit", act.external_id, lines)
        desk.external[act.external_id] = External(act, seq)
        desk.deposits[act.external_id] = DepositEntry(
            external_id=act.external_id,
            account=act.account,
            asset=act.asset,
            amount=act.amount,
            state="pending" if act.pending else "credited",
            ts_ns=by.ts_ns,
            journal=seq,
        )
        return done(f"{texts.amount(act.amount)} {act.asset} {'are pending' if act.pending else 'were credited'}", journal=seq)

    return do


def credit_deposit(desk: Desk, act: CreditDeposit, by: By) -> Do:
    """Make a pending deposit available."""
    entry = _pending(desk, act.external_id, "credited")
    account, asset = desk.account(entry.account), desk.asset(entry.asset)
    check_sanctions(desk, account)
    check_holder(desk, account, asset)
    number = asset.number
    lines = [(account.number, number, PENDING_IN, -entry.amount), (account.number, number, AVAILABLE, entry.amount)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "credit-deposit", act.external_id, lines)
        desk.deposits[act.external_id] = replace(entry, state="credited", journal=seq)
        return done(f"{texts.amount(entry.amount)} {entry.asset} were credited", journal=seq)

    return do


def fail_deposit(desk: Desk, act: FailDeposit, by: By) -> Do:
    """Take back a pending deposit."""
    entry = _pending(desk, act.external_id, "failed")
    account, asset = desk.account(entry.account), desk.asset(entry.asset)
    lines = [(who, number, bucket, -delta) for who, number, bucket, delta in came_in(account, asset, entry.amount, PENDING_IN)]
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "fail-deposit", act.external_id, lines)
        desk.deposits[act.external_id] = replace(entry, state="failed", journal=seq)
        return done(f"{texts.amount(entry.amount)} {entry.asset} were taken back", journal=seq)

    return do


def transfer(desk: Desk, act: Transfer, by: By) -> Do:
    """Move an available amount between two accounts."""
    desk.unused(act.external_id, act)
    asset = desk.asset(act.asset)
    if act.from_account == act.to_account:
        raise refused("SAME_ACCOUNT", f"account {act.from_account} is both ends of the transfer")
    check_ended(desk, asset)
    if act.from_account not in SYSTEM:
        account = desk.account(act.from_account)
        check_sanctions(desk, account)
        check_restricted(desk, account)
        check_available(desk, account, asset, act.amount)
    if act.to_account not in SYSTEM:
        account = desk.account(act.to_account)
        check_sanctions(desk, account)
        check_holder(desk, account, asset)
    number = asset.number
    lines = [(act.from_account, number, AVAILABLE, -act.amount), (act.to_account, number, AVAILABLE, act.amount)]
    check_issued(desk, asset, lines)
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "transfer", act.external_id, lines)
        desk.external[act.external_id] = External(act, seq)
        return done(f"{texts.amount(act.amount)} {act.asset} were moved", journal=seq)

    return do


def came_in(account: Account, asset: Asset, amount: int, bucket: Bucket) -> list[Line]:
    """Return the double entry of an amount that the custodian has got for an account."""
    return [(SystemAccount.CUSTODY, asset.number, AVAILABLE, -amount), (account.number, asset.number, bucket, amount)]


def check_ended(desk: Desk, asset: Asset) -> None:
    """Refuse to give or move a token whose instrument has ended: there are claims in its place."""
    if asset.listed and desk.instruments[asset.listed].status == "terminated":
        raise refused("STATUS", f"{asset.listed} is terminated; there are claims in place of {asset.asset}")


def check_sanctions(desk: Desk, account: Account) -> None:
    """Refuse to move what a sanctioned subscriber owns."""
    owner = desk.owner(account)
    if owner.sanctioned:
        raise refused("SANCTIONS", f"subscriber {owner.name} is on list {owner.list_version}")


def check_restricted(desk: Desk, account: Account) -> None:
    """Refuse to move anything out of an account that is under a legal hold as a whole."""
    for hold in desk.holds_on(account.number):
        if hold.whole_account:
            raise refused("ACCOUNT_RESTRICTED", f"account {account.number} is under hold {hold.hold_id} as a whole")


def check_free(desk: Desk, account: Account) -> None:
    """Refuse to give out what belongs to an account on which there is a legal hold, be it for other amounts."""
    for hold in desk.holds_on(account.number):
        raise refused("LEGAL_HOLD", f"account {account.number} is under hold {hold.hold_id}")


def check_available(desk: Desk, account: Account, asset: Asset, amount: int) -> None:
    """Refuse to take more than is available, and say how much is."""
    available = desk.available(account.number, asset)
    if amount > available:
        raise refused(
            "INSUFFICIENT",
            f"account {account.number} has {texts.amount(available)} {asset.asset} available; {texts.amount(amount)} are asked for",
        )


def check_holder(desk: Desk, account: Account, asset: Asset) -> None:
    """Refuse to give a token to an account that is not approved as its holder, where that is asked."""
    if asset.listed and desk.instruments[asset.listed].terms.whitelist and asset.asset not in account.approved:
        raise refused("NOT_WHITELISTED", f"account {account.number} is not an approved holder of {asset.asset}")


def _pending(desk: Desk, external_id: str, wanted: str) -> DepositEntry:
    entry = desk.deposits.get(external_id)
    if entry is None:
        raise refused("UNKNOWN_DEPOSIT", f"deposit {external_id} is not known")
    if entry.state == wanted:
        raise already(f"deposit {external_id} is {wanted}, in journal entry {entry.journal}", journal=entry.journal)
    if entry.state != "pending":
        raise refused("DEPOSIT_STATE", f"deposit {external_id} is {entry.state}, not pending")
    return entry
