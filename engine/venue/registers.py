"""The entries of the office's registers, as frozen Structs: what the venue knows beside its books and balances.

An entry is never changed, only replaced by a newer one, so a reader may keep what it was given.
"""

from typing import Literal

from msgspec import Struct

from engine.venue.acts import Act, ListInstrument
from engine.venue.terms import (
    AssetKind,
    CauseName,
    Limits,
    QualityName,
    RoleName,
    SessionName,
    StatusName,
    StpModeName,
    SubscriberType,
    TickRow,
)

FOREVER_NS = 2**63 - 1

Line = tuple[int, int, int, int]
Profile = tuple[tuple[str, ...], bool, tuple[str, ...], SubscriberType]
Decision = Literal["grant", "refuse", "limit", "lift", "revoke"]


class Asset(Struct, frozen=True, kw_only=True):
    """What balances are kept of; `listed` is the symbol of the one instrument that trades it."""

    number: int
    asset: str
    kind: AssetKind
    name: str
    listed: str = ""


class Mark(Struct, frozen=True, kw_only=True):
    """A reference price as it was given; `quality` is what age has left of it."""

    price: int
    source: str
    quality: QualityName
    as_of_ns: int


class PendingTicks(Struct, frozen=True, kw_only=True):
    """A tick table that comes into force at a time."""

    effective_ns: int
    table: tuple[TickRow, ...]


class Listing(Struct, frozen=True, kw_only=True):
    """An instrument: the terms in force, and where it stands.

    `live_px` is the last live reference price, 0 before the first; it anchors the hard cap of the collar.  `least` are the lowest maker and
    taker rates that an open order may have: an order keeps the rates that it was accepted with.
    """

    number: int
    terms: ListInstrument
    status: StatusName = "draft"
    cause: CauseName = "scheduled"
    since_ns: int = 0
    expected_resume_ns: int = 0
    session: SessionName = "continuous"
    pending_ticks: tuple[PendingTicks, ...] = ()
    mark: Mark | None = None
    live_px: int = 0
    least: tuple[int, int] = (0, 0)
    killed: bool = False


class Subscriber(Struct, frozen=True, kw_only=True):
    """A subscriber; `profile` numbers what decides his access to instruments."""

    number: int
    name: str
    legal_name: str
    type: SubscriberType
    kyc_tier: int
    kyc_until_ns: int
    jurisdictions: tuple[str, ...]
    us_person: bool
    entitlements: tuple[str, ...]
    control_group: str
    limits: Limits
    wallets: tuple[str, ...]
    profile: int
    sanctioned: bool = False
    list_version: int = 0
    killed: bool = False


class Account(Struct, frozen=True, kw_only=True):
    """An account; `stp_group` None is the default of its subscriber, `approved` names the assets that it may hold where that is asked."""

    number: int
    subscriber: str
    tier: int
    stp_group: int | None
    stp_mode: StpModeName
    approved: tuple[str, ...] = ()
    killed: bool = False


class Session(Struct, frozen=True, kw_only=True):
    """Who may log on under a name, and for which accounts he trades."""

    number: int
    name: str
    public_key: bytes
    subscriber: str
    accounts: tuple[int, ...]
    open: bool = True


class DepositEntry(Struct, frozen=True, kw_only=True):
    """A deposit; `journal` is the entry that last moved it."""

    external_id: str
    account: int
    asset: str
    amount: int
    state: Literal["pending", "credited", "failed"]
    ts_ns: int
    journal: int


class Withdrawal(Struct, frozen=True, kw_only=True):
    """A withdrawal; `clear` is None until it was screened."""

    external_id: str
    account: int
    asset: str
    amount: int
    destination: str
    state: Literal["requested", "held", "released", "failed"]
    ts_ns: int
    journal: int
    screening_id: str = ""
    clear: bool | None = None


class Hold(Struct, frozen=True, kw_only=True):
    """A legal hold; `frozen` says how much of which asset it took, `lifted_ns` is 0 while it is in force."""

    hold_id: str
    account: int
    whole_account: bool
    frozen: tuple[tuple[int, int], ...]
    authority: str
    reference: str
    review_ns: int
    placed_ns: int
    actor: str
    journal: int
    lifted_ns: int = 0


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who acts on the venue."""

    name: str
    public_key: bytes
    roles: tuple[RoleName, ...]


class Proposal(Struct, frozen=True, kw_only=True):
    """An act that waits for a second person, or what became of it."""

    number: int
    ts_ns: int
    actor: str
    reason: str
    act: Act
    state: Literal["open", "approved", "declined"] = "open"
    decided_by: str = ""
    decided_ns: int = 0


class AccessDecision(Struct, frozen=True, kw_only=True):
    """A grant, a refusal or a limitation of access (17 CFR 242.301(b)(5)(ii)), by which standard and why."""

    seq: int
    ts_ns: int
    subject: str
    decision: Decision
    standard_id: str
    reason: str
    actor: str


class JournalEntry(Struct, frozen=True, kw_only=True):
    """One double entry of the office: lines of (account, asset, bucket, delta) that add up to 0 for each asset."""

    seq: int
    ts_ns: int
    cause: str
    external_id: str
    lines: tuple[Line, ...]
