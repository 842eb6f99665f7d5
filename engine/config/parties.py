"""The `[[subscriber]]` and `[[person]]` tables as the acts that admit them, open what they have and book what they bring."""

import base64
import binascii
import difflib
from collections.abc import Iterator, Mapping, Sequence

from engine.config import tables
from engine.config.tables import AccountTable, PersonTable, SubscriberTable
from engine.config.units import AMOUNT_SCALE, QTY_SCALE, ConfigError, nanoseconds, units_or_none
from engine.venue.acts import Act, ApproveHolder, Deposit, Found, GrantRole, Onboard, OpenAccount, OpenSession
from engine.venue.terms import Limits

FOREVER_NS = 2**63 - 1
KEY_BYTES = 32
FOUNDING_ROLES = ("operator", "compliance", "treasury")


def admission(path: str, table: SubscriberTable, limits: tables.Limits) -> Iterator[Act]:
    """Yield the acts that admit a subscriber and open his accounts and sessions.  Raises ConfigError."""
    yield Onboard(
        subscriber=table.name,
        legal_name=table.legal_name or table.name,
        type=table.type,
        kyc_tier=table.kyc_tier,
        kyc_until_ns=FOREVER_NS if table.kyc_until is None else nanoseconds(table.kyc_until),
        jurisdictions=table.jurisdictions,
        us_person=table.us_person,
        entitlements=table.entitlements,
        control_group=table.control_group,
        limits=_limits(f"{path}.limits", table.limits),
        wallets=table.wallets,
        standard_id=table.standard_id,
    )
    for account in accounts(table):
        if account.number > limits.accounts:
            raise ConfigError(f"{path}.accounts: {account.number} is above limits.accounts, {limits.accounts}")
        stp_group = table.stp_group if account.stp_group is None else account.stp_group
        yield OpenAccount(
            account=account.number,
            subscriber=table.name,
            tier=account.tier,
            stp_group=stp_group,
            stp_mode=account.stp_mode or table.stp_mode,
        )
    yield from _sessions(path, table)


def money(path: str, table: SubscriberTable, assets: Mapping[str, str]) -> Iterator[Act]:
    """Yield what a subscriber's accounts open with; `assets` says of each whether it is cash or a token.  Raises ConfigError."""
    for token in table.approved:
        if assets.get(token) != "token":
            raise ConfigError(f"{path}.approved: {token} is no token{_guess(token, assets)}")
        yield from (ApproveHolder(account=account.number, asset=token, approved=True) for account in accounts(table))
    for i, account in enumerate(accounts(table)):
        where = f"{path}.balances" if table.balances and not i else f"{path}.accounts[{i}].balances"
        for asset, text in account.balances.items():
            if asset not in assets:
                raise ConfigError(f"{where}: there is no asset {asset}{_guess(asset, assets)}")
            amount = units_or_none(f"{where}.{asset}", text, AMOUNT_SCALE)
            if amount:
                yield Deposit(external_id=f"opening:{account.number}:{asset}", account=account.number, asset=asset, amount=amount)


def accounts(table: SubscriberTable) -> list[AccountTable]:
    """Return a subscriber's accounts, each as a table; his own `balances` are his first one's."""
    listed = [account if isinstance(account, AccountTable) else AccountTable(number=account) for account in table.accounts]
    first = listed[0]
    if table.balances:
        balances = {**table.balances, **first.balances}
        listed[0] = AccountTable(
            number=first.number, tier=first.tier, stp_group=first.stp_group, stp_mode=first.stp_mode, balances=balances
        )
    return listed


def roles(path: str, table: PersonTable) -> Iterator[Act]:
    """Yield the acts that give a person his roles.  Raises ConfigError."""
    public_key = key(f"{path}.public_key", table.public_key)
    yield from (GrantRole(name=table.name, public_key=public_key, role=role) for role in table.roles)


def key(path: str, text: str) -> bytes:
    """Return a public Ed25519 key from its base64.  Raises ConfigError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ConfigError(f"{path}: {text!r} is not base64") from error
    if len(raw) != KEY_BYTES:
        raise ConfigError(f"{path}: a raw Ed25519 key has {KEY_BYTES} bytes, this one {len(raw)}")
    return raw


def founding(persons: Sequence[PersonTable], found: bool | None) -> Iterator[Act]:
    """Yield Found where the file says so, or leaves it open and each role that acts has two persons.  Raises ConfigError."""
    having = {role: sum(role in person.roles for person in persons) for role in FOUNDING_ROLES}
    lonely = [role for role, count in having.items() if count < 2]
    if found and lonely:
        raise ConfigError(f"venue.found: it takes two persons of each role; {', '.join(lonely)} have fewer: give [[person]] tables")
    if found or (found is None and not lonely):
        yield Found()


def _sessions(path: str, table: SubscriberTable) -> Iterator[OpenSession]:
    every = tuple(account.number for account in accounts(table))
    if table.public_key is not None:
        own = key(f"{path}.public_key", table.public_key)
        yield OpenSession(name=table.name, public_key=own, subscriber=table.name, accounts=every)
    for i, session in enumerate(table.sessions):
        where = f"{path}.sessions[{i}]"
        foreign = [account for account in session.accounts if account not in every]
        if foreign:
            raise ConfigError(f"{where}.accounts: {foreign[0]} is not an account of {table.name}")
        another = key(f"{where}.public_key", session.public_key)
        yield OpenSession(name=session.name, public_key=another, subscriber=table.name, accounts=session.accounts or every)


def _limits(path: str, table: tables.LimitsTable) -> Limits:
    return Limits(
        max_order_qty=units_or_none(f"{path}.max_order_qty", table.max_order_qty, QTY_SCALE),
        max_order_notional=units_or_none(f"{path}.max_order_notional", table.max_order_notional, AMOUNT_SCALE),
        max_open_orders=table.max_open_orders,
        max_gross_open=units_or_none(f"{path}.max_gross_open", table.max_gross_open, AMOUNT_SCALE),
        max_gross_day=units_or_none(f"{path}.max_gross_day", table.max_gross_day, AMOUNT_SCALE),
        duplicates_max=table.duplicates_max,
        duplicates_ns=table.duplicates_ms * 1_000_000,
    )


def _guess(name: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known) or 'none'}"
