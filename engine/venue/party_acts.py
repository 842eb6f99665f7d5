"""The acts on subscribers, their accounts and sessions: who may trade, and who must stop."""

from typing import Annotated

from msgspec import Meta

from engine.venue.terms import (
    COMPLIANCE,
    EITHER,
    Account,
    AssetName,
    BaseAct,
    Country,
    Group,
    Limits,
    Name,
    NameOrNone,
    Nanoseconds,
    PublicKey,
    Said,
    ScopeName,
    StpModeName,
    SubscriberType,
    Tier,
    Wallet,
)


class Onboard(BaseAct, frozen=True, kw_only=True):
    """Admit a subscriber, by the access standard `standard_id`; his KYC ends at `kyc_until_ns`.

    Those of one `control_group` do not trade with each other.
    """

    roles = COMPLIANCE
    subscriber: Name
    legal_name: Said
    type: SubscriberType
    kyc_tier: Annotated[int, Meta(ge=1, le=9, description="how thoroughly he is known")]
    kyc_until_ns: Nanoseconds
    jurisdictions: tuple[Country, ...]
    us_person: bool
    entitlements: tuple[Name, ...] = ()
    control_group: NameOrNone = ""
    limits: Limits = Limits()
    wallets: tuple[Wallet, ...] = ()
    standard_id: Name


class ChangeSubscriber(BaseAct, frozen=True, kw_only=True):
    """Change what is given of a subscriber; orders that he could no longer enter are canceled."""

    roles = COMPLIANCE
    second_person_if = "it loosens a limit"
    subscriber: Name
    legal_name: Said | None = None
    type: SubscriberType | None = None
    kyc_tier: Annotated[int, Meta(ge=1, le=9, description="how thoroughly he is known")] | None = None
    kyc_until_ns: Nanoseconds | None = None
    jurisdictions: tuple[Country, ...] | None = None
    us_person: bool | None = None
    entitlements: tuple[Name, ...] | None = None
    control_group: NameOrNone | None = None
    limits: Limits | None = None
    wallets: tuple[Wallet, ...] | None = None
    standard_id: Name


class SetLimits(BaseAct, frozen=True, kw_only=True):
    """Set all limits of a subscriber; those that are not named become none."""

    roles = COMPLIANCE
    second_person_if = "it loosens a limit"
    subscriber: Name
    limits: Limits


class RefuseAccess(BaseAct, frozen=True, kw_only=True):
    """Record that an applicant was refused access, and by which access standard."""

    roles = COMPLIANCE
    name: Said
    standard_id: Name


class OpenAccount(BaseAct, frozen=True, kw_only=True):
    """Open an account of a subscriber.

    Without `stp_group` it is in his control group, or alone if he is a broker-dealer; 0 lets its orders trade with everybody's.
    """

    roles = COMPLIANCE
    account: Account
    subscriber: Name
    tier: Tier = 0
    stp_group: Group | None = None
    stp_mode: StpModeName = "cancel-newest"


class ChangeAccount(BaseAct, frozen=True, kw_only=True):
    """Change the fee tier or the self-trade prevention of an account, for orders from now on."""

    roles = COMPLIANCE
    account: Account
    tier: Tier | None = None
    stp_group: Group | None = None
    stp_mode: StpModeName | None = None


class OpenSession(BaseAct, frozen=True, kw_only=True):
    """Let a subscriber's program log on as `name` with this key and trade for these accounts; a closed session opens again."""

    roles = COMPLIANCE
    name: Name
    public_key: PublicKey
    subscriber: Name
    accounts: Annotated[tuple[Account, ...], Meta(min_length=1, description="accounts that it trades for")]


class CloseSession(BaseAct, frozen=True, kw_only=True):
    """Let nobody log on as `name` any more, and cancel its orders."""

    roles = COMPLIANCE
    name: Name


class ApproveHolder(BaseAct, frozen=True, kw_only=True):
    """Approve an account as a holder of a token, or withdraw that and cancel its orders in it."""

    roles = COMPLIANCE
    account: Account
    asset: AssetName
    approved: bool


class UpdateSanctions(BaseAct, frozen=True, kw_only=True):
    """Record a screening of all subscribers against a list: hits are blocked at once and their orders canceled, cleared ones unblocked.

    Hits and cleared ones come in acts of their own, since only clearing waits for a second person.
    """

    roles = COMPLIANCE
    second_person_if = "it clears somebody"
    list_version: Annotated[int, Meta(ge=1, le=2**53 - 1, description="grows, such as the list's date 20261122")]
    hits: tuple[Name, ...] = ()
    cleared: tuple[Name, ...] = ()


class KillSwitch(BaseAct, frozen=True, kw_only=True):
    """Stop a subscriber, account, instrument or the venue and cancel the open orders, or let it go on.

    `target` is the subscriber's name, the account's number or the symbol; empty for the venue.
    """

    roles = EITHER
    second_person_if = "it is switched off"
    scope: ScopeName
    target: NameOrNone = ""
    on: bool
