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
    ThenName,
    TickRow,
)

FOREVER_NS = 2**63 - 1

Line = tuple[int, int, int, int]
Profile = tuple[tuple[str, ...], bool, tuple[str, ...], SubscriberType]
Decision = Literal["grant", "refuse", "limit", "lift", "revoke"]
AuctionOutcome = Literal["crossed", "nothing", "extended", "halted"]


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


class Call(Struct, frozen=True, kw_only=True):
    """What AUCTION_CALL and VOL_PAUSE wait for: when the call or the pause ends, and the status that the auction leads to."""

    started_ns: int
    until_ns: int
    then: ThenName
    extensions: int = 0


class Multiplier(Struct, frozen=True, kw_only=True):
    """How many shares a token stands for from a time on: numerator / denominator."""

    effective_ns: int
    numerator: int
    denominator: int


class Winding(Struct, frozen=True, kw_only=True):
    """The announced end of an instrument; `reducing` says that its REDUCE_ONLY part has begun."""

    cause: CauseName
    announced_ns: int
    reduce_ns: int
    last_trade_ns: int
    close_out_px: int
    reducing: bool = False


class Listing(Struct, frozen=True, kw_only=True):
    """An instrument: the terms in force, and where it stands.

    `live_px` is the last live reference price, 0 before the first; it anchors the hard cap of the collar and the check for jumps.  `least`
    are the lowest maker and taker rates that an open order may have: an order keeps the rates that it was accepted with.  `interrupted` is
    the status that the want of a reference has ended, empty where none has.  `multipliers` have come into force, the last one counts; while
    `guarded` only a live reference as of after it is believed.
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
    call: Call | None = None
    interrupted: ThenName | Literal[""] = ""
    multipliers: tuple[Multiplier, ...] = ()
    pending_multipliers: tuple[Multiplier, ...] = ()
    guarded: bool = False
    wind_down: Winding | None = None

    @property
    def multiplier(self) -> tuple[int, int]:
        """How many shares a token stands for, as numerator and denominator."""
        return (self.multipliers[-1].numerator, self.multipliers[-1].denominator) if self.multipliers else (1, 1)


class StatusChange(Struct, frozen=True, kw_only=True):
    """One change of an instrument's status, or of what is told about it; `then` and `until_ns` are those of its call or pause."""

    seq: int
    ts_ns: int
    instrument: str
    before: StatusName
    status: StatusName
    cause: CauseName
    actor: str
    expected_resume_ns: int
    until_ns: int
    then: ThenName | Literal[""]


class AuctionResult(Struct, frozen=True, kw_only=True):
    """How a call ended: crossed at a price, with nothing to cross, extended, or halted for a human."""

    seq: int
    ts_ns: int
    instrument: str
    price: int
    qty: int
    imbalance: int
    outcome: AuctionOutcome
    extensions: int


class Claim(Struct, frozen=True, kw_only=True):
    """What became of an account's position when its instrument was terminated; `price` 0 is not known yet, `paid_ns` 0 not paid yet."""

    instrument: str
    account: int
    qty: int
    price: int
    ts_ns: int
    journal: int
    paid_ns: int = 0


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
