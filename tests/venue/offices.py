"""Offices to test: an empty one, and one with two assets, an instrument that trades, two subscribers and their accounts."""

from typing import Any

from engine.matching.enums import ExecType, Reason
from engine.matching.records import Event
from engine.testing.commands import Enter, pack
from engine.venue.acts import (
    FOUNDER,
    AddAsset,
    BaseAct,
    Deposit,
    Found,
    GrantRole,
    ListInstrument,
    Onboard,
    OpenAccount,
    OpenSession,
    Outcome,
    Request,
    SetStatus,
    encode,
)
from engine.venue.office import Office
from engine.venue.terms import Rights
from engine.venue.venue import Venue

NOW = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
USDC = 1
AAPLX = 2
RIGHTS = Rights(dividend="cash", vote="pass-through", liquidation="creditor", redeem="share")
KEYS = {name: bytes([65 + i]) * 32 for i, name in enumerate(("olga", "otto", "carl", "cora", "tess", "tom", "eve"))}


def empty(**limits: int) -> Office:
    """Return an office with nothing in it but room."""
    room: dict[str, Any] = {
        "sessions": 4,
        "instruments": 4,
        "accounts": 16,
        "parties": 4,
        "assets": 4,
        "balances": 64,
        "orders": 64,
        "levels": 4096,
        "profiles": 4,
        "batch": 64,
    }
    return Office(Venue(**room | limits))


def ask(office: Office, act: BaseAct, actor: str = FOUNDER, ts_ns: int = NOW, reason: str = "test") -> Outcome:
    """Send an act as the sequencer would."""
    office.venue.begin_act(ts_ns)
    outcome = office.apply(encode(Request(actor=actor, reason=reason, act=act)), ts_ns)
    office.venue.end_act()
    office.venue.check()
    return outcome


def do(office: Office, *wanted: BaseAct, ts_ns: int = NOW) -> Outcome:
    """Have acts carried out by the founder; each must be."""
    for act in wanted:
        outcome = ask(office, act, ts_ns=ts_ns)
        assert outcome.code == "DONE", outcome
    return outcome


def listing(**terms: Any) -> ListInstrument:
    """Return a listing that the checklist passes, but for what is given."""
    plain: dict[str, Any] = {
        "symbol": "AAPLx",
        "base": "AAPLx",
        "quote": "USDC",
        "tick": 100,
        "lot": 100,
        "track": "third-party-custodial",
        "issuer": "Token Issuer Ltd",
        "underlying": "AAPL",
        "fungibility_class": "AAPLx",
        "rights": RIGHTS,
    }
    return ListInstrument(**plain | terms)


def subscriber(name: str = "acme", **fields: Any) -> Onboard:
    """Return a subscriber who may be admitted, but for what is given."""
    plain: dict[str, Any] = {
        "subscriber": name,
        "legal_name": f"{name} Ltd",
        "type": "institution",
        "kyc_tier": 2,
        "kyc_until_ns": NOW + 365 * DAY,
        "jurisdictions": ("US",),
        "us_person": True,
        "standard_id": "FAIR-1",
    }
    return Onboard(**plain | fields)


def trading(**terms: Any) -> Office:
    """Return an office where `acme` (account 1, session 1) and `beta` (2, 2) trade AAPLx for USDC, each with 1,000 USDC and 10 tokens."""
    office = empty()
    assets = (AddAsset(asset="USDC", kind="cash"), AddAsset(asset="AAPLx", kind="token"))
    do(office, *assets, listing(**terms), SetStatus(instrument="AAPLx", status="continuous", cause="scheduled"))
    for number, name in enumerate(("acme", "beta"), 1):
        do(office, subscriber(name), OpenAccount(account=number, subscriber=name))
        do(office, OpenSession(name=f"{name}-1", public_key=bytes([number]) * 32, subscriber=name, accounts=(number,)))
        do(office, Deposit(external_id=f"cash-{name}", account=number, asset="USDC", amount=1_000_000_000))
        do(office, Deposit(external_id=f"token-{name}", account=number, asset="AAPLx", amount=10_000_000))
    return office


def founded(**terms: Any) -> Office:
    """Return the trading office with two persons of each role and an examiner, after its founding."""
    return end_founding(trading(**terms))


def end_founding(office: Office) -> Office:
    """Give an office two persons of each role and an examiner, and found it."""
    for name, role in zip(KEYS, ("operator", "operator", "compliance", "compliance", "treasury", "treasury", "examiner"), strict=True):
        do(office, GrantRole(name=name, public_key=KEYS[name], role=role))
    do(office, Found())
    return office


def enter(office: Office, side: int, price: int, qty: int, account: int = 1, ts_ns: int = NOW, **fields: int) -> Event:
    """Enter an order from the account's session and return its first event."""
    number = office.venue.book.last_exec_id + 1
    order = Enter(side=side, price=price, qty=qty, cl_ord_id=number, session=account, account=account, ts_ns=ts_ns, **fields)
    office.venue.apply_packed(pack(order))
    return office.venue.book.events()[0]


def pass_time(office: Office, ts_ns: int) -> list[tuple[int, Reason]]:
    """Let time pass as the sequencer would, and return which accounts' orders that canceled and why."""
    office.venue.begin_act(ts_ns)
    office.pass_time(ts_ns)
    office.venue.end_act()
    office.venue.check()
    return canceled(office)


def canceled(office: Office) -> list[tuple[int, Reason]]:
    """Return the accounts and reasons of the orders that the last command canceled."""
    return [(event.account, event.reason) for event in office.venue.book.events() if event.exec_type == ExecType.CANCELED]


def copied(value: object) -> object:
    """Return a register, copied as deep as it can change: its entries are frozen."""
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    return value.copy() if isinstance(value, list) else value


def snapshot(office: Office) -> object:
    """Return all that an office and its venue know, to be compared with what they know later."""
    registers = {name: copied(value) for name, value in vars(office).items()}
    registers["agenda"] = (office.agenda._due.copy(), list(office.agenda._order))
    del registers["venue"], registers["session_news"], registers["status_news"]
    venue = office.venue
    venue.check()
    balances = {account: venue.balances(account) for account in (*office.accounts, *range(2**32 - 6, 2**32))}
    references = {listed.number: venue.reference(listed.number) for listed in office.instruments.values()}
    parties = {entry.number: venue.party(entry.number) for entry in office.subscribers.values()}
    return registers, balances, references, parties, venue.book.orders()
