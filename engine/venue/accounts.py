"""Accounts, the sessions that trade for them, and what they may hold."""

from msgspec.structs import replace

from engine.matching.enums import Reason
from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, already, done, refused
from engine.venue.entries import put_account
from engine.venue.party_acts import ApproveHolder, ChangeAccount, CloseSession, OpenAccount, OpenSession
from engine.venue.registers import Account, Session, Subscriber


def open_account(desk: Desk, act: OpenAccount, by: By) -> Do:
    """Open an account."""
    owner = _in_good_standing(desk, act.subscriber, by)
    if act.account in desk.accounts:
        raise refused("ACCOUNT_EXISTS", f"account {act.account} is open already, for {desk.accounts[act.account].subscriber}")
    if act.account > desk.venue.account_count:
        raise refused("ACCOUNT_RANGE", f"account {act.account} is above {desk.venue.account_count}, the last that there is room for")
    entry = Account(number=act.account, subscriber=owner.name, tier=act.tier, stp_group=act.stp_group, stp_mode=act.stp_mode)

    def do() -> Outcome:
        put_account(desk, entry)
        desk.owned.setdefault(owner.name, []).append(act.account)
        desk.decide(by, f"account {act.account} of {owner.name}", "grant", "ACCOUNT")
        return done(f"account {act.account} of {owner.name} is open", number=act.account)

    return do


def change_account(desk: Desk, act: ChangeAccount, _by: By) -> Do:
    """Change the fee tier or the self-trade prevention of an account."""
    account = desk.account(act.account)
    changes = {field: getattr(act, field) for field in ("tier", "stp_group", "stp_mode") if getattr(act, field) is not None}
    if not changes:
        raise refused("NO_CHANGE", "nothing to change is given")

    def do() -> Outcome:
        put_account(desk, replace(account, **changes))
        return done(f"account {act.account} is changed: {', '.join(changes)}")

    return do


def open_session(desk: Desk, act: OpenSession, by: By) -> Do:
    """Let a program log on."""
    owner = _in_good_standing(desk, act.subscriber, by)
    before = desk.sessions.get(act.name)
    if before and (before.open or before.subscriber != owner.name):
        raise refused("SESSION_EXISTS", f"session {act.name} is there already, of {before.subscriber}")
    number = before.number if before else len(desk.sessions) + 1
    if number > desk.venue.session_count:
        raise refused("SESSIONS_FULL", f"there is room for {desk.venue.session_count} sessions")
    for session in desk.sessions.values():
        if session.open and session.public_key == act.public_key:
            raise refused("KEY_USED", f"session {session.name} logs on with this key already")
    for i, account in enumerate(act.accounts):
        if desk.account(account).subscriber != owner.name:
            raise refused("NOT_OWNER", f"account {account} is of {desk.account(account).subscriber}, not of {owner.name}")
        if account in act.accounts[:i]:
            raise refused("ACCOUNT_TWICE", f"account {account} is there twice")
    entry = Session(number=number, name=act.name, public_key=act.public_key, subscriber=owner.name, accounts=act.accounts)

    def do() -> Outcome:
        desk.note_session(entry)
        desk.decide(by, f"session {act.name} of {owner.name}", "grant", "SESSION")
        return done(f"session {act.name} is number {number}", number=number)

    return do


def close_session(desk: Desk, act: CloseSession, by: By) -> Do:
    """Close a session for its program, and cancel its orders."""
    session = desk.sessions.get(act.name)
    if session is None:
        raise refused("UNKNOWN_SESSION", f"session {act.name} is not known")
    if not session.open:
        raise already(f"session {act.name} is closed")

    def do() -> Outcome:
        desk.note_session(replace(session, open=False))
        desk.decide(by, f"session {act.name} of {session.subscriber}", "revoke", "SESSION")
        return done(f"session {act.name} is closed", canceled=desk.cancel(Reason.ADMIN, session=session.number))

    return do


def approve_holder(desk: Desk, act: ApproveHolder, by: By) -> Do:
    """Approve a holder, or withdraw that."""
    account, asset = desk.account(act.account), desk.asset(act.asset)
    if asset.kind != "token":
        raise refused("ASSET_KIND", f"asset {act.asset} is {asset.kind}; only holders of a token are approved")
    if (act.asset in account.approved) == act.approved:
        raise already(f"account {act.account} is {'' if act.approved else 'not '}an approved holder of {act.asset}")
    desk.room_for(asset.number, (act.account,))
    approved = tuple(name for name in account.approved if name != act.asset) + ((act.asset,) if act.approved else ())

    def do() -> Outcome:
        desk.accounts[act.account] = replace(account, approved=approved)
        desk.venue.set_holder(act.account, asset.number, act.approved)
        canceled = 0
        if not act.approved and asset.listed and desk.instruments[asset.listed].terms.whitelist:
            canceled = desk.cancel(Reason.RESTRICTED, accounts=[account], instrument=desk.instruments[asset.listed].number)
        desk.decide(by, f"account {act.account} as a holder of {act.asset}", "grant" if act.approved else "revoke", "HOLDER")
        return done(f"account {act.account} is {'' if act.approved else 'no longer '}an approved holder of {act.asset}", canceled=canceled)

    return do


def _in_good_standing(desk: Desk, name: str, by: By) -> Subscriber:
    subscriber = desk.subscriber(name)
    if subscriber.sanctioned:
        raise refused("SANCTIONS", f"subscriber {name} is on list {subscriber.list_version}")
    if subscriber.kyc_until_ns <= by.ts_ns:
        raise refused("KYC_EXPIRED", f"the KYC of {name} ended at {texts.utc(subscriber.kyc_until_ns)}")
    return subscriber
