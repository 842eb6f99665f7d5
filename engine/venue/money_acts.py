"""The acts that move money and tokens, or keep them from moving."""

from typing import Annotated

from msgspec import Meta

from engine.venue.terms import (
    COMPLIANCE,
    TREASURY,
    Account,
    Amount,
    AmountOrAll,
    AnyAccount,
    AssetName,
    BaseAct,
    Destination,
    ExternalId,
    NameOrNone,
    Number,
    Said,
)


class Deposit(BaseAct, frozen=True, kw_only=True):
    """Book what arrived at the custodian for an account, `pending` until it is credited; a sanctioned subscriber's can only be pending."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId
    account: Account
    asset: AssetName
    amount: Amount
    pending: bool = False


class CreditDeposit(BaseAct, frozen=True, kw_only=True):
    """Make a pending deposit available."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId


class FailDeposit(BaseAct, frozen=True, kw_only=True):
    """Take back a pending deposit that did not arrive."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId


class RequestWithdrawal(BaseAct, frozen=True, kw_only=True):
    """Set an amount aside for a withdrawal; it is released after its screening."""

    roles = TREASURY
    external_id: ExternalId
    account: Account
    asset: AssetName
    amount: Amount
    destination: Destination


class ScreenWithdrawal(BaseAct, frozen=True, kw_only=True):
    """Record a withdrawal's screening: one that is clear can be released, also if it was held; one that is not is held."""

    roles = COMPLIANCE
    external_id: ExternalId
    screening_id: ExternalId
    clear: bool


class HoldWithdrawal(BaseAct, frozen=True, kw_only=True):
    """Hold a requested withdrawal until it is screened clear again."""

    roles = COMPLIANCE
    external_id: ExternalId


class ReleaseWithdrawal(BaseAct, frozen=True, kw_only=True):
    """Let a withdrawal leave the custodian: screened clear, not sanctioned, nothing under a legal hold, and a token that may move."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId


class FailWithdrawal(BaseAct, frozen=True, kw_only=True):
    """Make the amount of a withdrawal that will not be released available again."""

    roles = TREASURY
    external_id: ExternalId


class PlaceHold(BaseAct, frozen=True, kw_only=True):
    """Freeze an amount of an account's asset (0: all that is available), or with no asset the whole account, which then cannot trade."""

    roles = COMPLIANCE
    hold_id: ExternalId
    account: Account
    asset: NameOrNone = ""
    amount: AmountOrAll = 0
    authority: Said
    reference: Said
    review_ns: Annotated[int, Meta(ge=1, le=2**63 - 1, description="when the hold must be reviewed, in ns since 1970 UTC")]


class LiftHold(BaseAct, frozen=True, kw_only=True):
    """Make available again exactly what a hold froze."""

    roles = COMPLIANCE
    second_person = True
    hold_id: ExternalId


class BustTrade(BaseAct, frozen=True, kw_only=True):
    """Undo a trade by a reversing entry; both records stay."""

    roles = TREASURY
    second_person = True
    match_id: Number


class Transfer(BaseAct, frozen=True, kw_only=True):
    """Move an available amount from one account to another, system accounts included; for corrections."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId
    from_account: AnyAccount
    to_account: AnyAccount
    asset: AssetName
    amount: Amount
