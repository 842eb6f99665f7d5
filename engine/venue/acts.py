"""The acts: everything that an operator can ask of the venue, one Struct each, with who may ask it and whether a second person must agree.

A Request (actor, reason, act) is the payload of a command of kind ACT, packed by `encode`; `Office.apply` answers with an Outcome and never
raises for what somebody asked.  The tag of an act is its name in kebab case (`add-asset`), under the key `act`; configuration, wire and
command line are made from the fields, their types and their descriptions here.
"""

from typing import Annotated, get_args

import msgspec
from msgspec import Meta, Struct

from engine.venue.issuance_acts import (
    AddAttestor,
    Attest,
    BurnRedeem,
    ConfirmCustody,
    DeliverMint,
    FailMint,
    FailRedeem,
    HedgeMint,
    Mint,
    ReleaseRedeem,
    RemoveAttestor,
    ReportSupply,
    RequestMint,
    RequestRedeem,
    SetAuthorised,
    SetIssuance,
)
from engine.venue.market_acts import (
    AddAsset,
    CancelOrders,
    ListInstrument,
    PayClaim,
    SetAuction,
    SetCalendar,
    SetCloseOut,
    SetCollar,
    SetFees,
    SetMultiplier,
    SetReference,
    SetSession,
    SetStatus,
    SetTicks,
    StopWindDown,
    WindDown,
)
from engine.venue.money_acts import (
    BustTrade,
    CreditDeposit,
    Deposit,
    FailDeposit,
    FailWithdrawal,
    HoldWithdrawal,
    LiftHold,
    PlaceHold,
    ReleaseWithdrawal,
    RequestWithdrawal,
    ScreenWithdrawal,
    Transfer,
)
from engine.venue.party_acts import (
    ApproveHolder,
    ChangeAccount,
    ChangeSubscriber,
    CloseSession,
    KillSwitch,
    Onboard,
    OpenAccount,
    OpenSession,
    RefuseAccess,
    SetLimits,
    UpdateSanctions,
)
from engine.venue.terms import ANYONE, COMPLIANCE, BaseAct, Name, Number, PublicKey, RoleName

__all__ = [
    "ACTS",
    "FOUNDER",
    "Act",
    "AddAsset",
    "AddAttestor",
    "Approve",
    "ApproveHolder",
    "Attest",
    "BaseAct",
    "BurnRedeem",
    "BustTrade",
    "CancelOrders",
    "ChangeAccount",
    "ChangeSubscriber",
    "CloseSession",
    "ConfirmCustody",
    "CreditDeposit",
    "Decline",
    "DeliverMint",
    "Deposit",
    "FailDeposit",
    "FailMint",
    "FailRedeem",
    "FailWithdrawal",
    "Found",
    "GrantRole",
    "HedgeMint",
    "HoldWithdrawal",
    "KillSwitch",
    "LiftHold",
    "ListInstrument",
    "Mint",
    "Onboard",
    "OpenAccount",
    "OpenSession",
    "Outcome",
    "PayClaim",
    "PlaceHold",
    "RefuseAccess",
    "ReleaseRedeem",
    "ReleaseWithdrawal",
    "RemoveAttestor",
    "ReportSupply",
    "Request",
    "RequestMint",
    "RequestRedeem",
    "RequestWithdrawal",
    "RevokeRole",
    "ScreenWithdrawal",
    "SetAuction",
    "SetAuthorised",
    "SetCalendar",
    "SetCloseOut",
    "SetCollar",
    "SetFees",
    "SetIssuance",
    "SetLimits",
    "SetMultiplier",
    "SetReference",
    "SetSession",
    "SetStatus",
    "SetTicks",
    "StopWindDown",
    "Transfer",
    "UpdateSanctions",
    "WindDown",
    "decode",
    "encode",
]

# The actor of a venue's first acts, read from its file; he may do everything until `Found`, and nothing afterwards.
FOUNDER = "founder"


class GrantRole(BaseAct, frozen=True, kw_only=True):
    """Give a person, known by his key, one more role."""

    roles = COMPLIANCE
    second_person = True
    name: Name
    public_key: PublicKey
    role: RoleName


class RevokeRole(BaseAct, frozen=True, kw_only=True):
    """Take all roles from a person; what he had proposed lapses."""

    roles = COMPLIANCE
    name: Name


class Found(BaseAct, frozen=True, kw_only=True):
    """End the founding for ever: from now on what needs a second person waits for one.  Each role must have two persons."""

    roles = ANYONE


class Approve(BaseAct, frozen=True, kw_only=True):
    """Agree, as the second person, to a proposal, which is then carried out if it still can be."""

    roles = ANYONE
    proposal: Number


class Decline(BaseAct, frozen=True, kw_only=True):
    """Let a proposal lapse, one's own or another's."""

    roles = ANYONE
    proposal: Number


Act = (
    AddAsset
    | ListInstrument
    | SetFees
    | SetTicks
    | SetCollar
    | SetAuction
    | SetCalendar
    | SetStatus
    | SetSession
    | SetReference
    | SetMultiplier
    | WindDown
    | StopWindDown
    | SetCloseOut
    | PayClaim
    | Onboard
    | ChangeSubscriber
    | SetLimits
    | RefuseAccess
    | OpenAccount
    | ChangeAccount
    | OpenSession
    | CloseSession
    | ApproveHolder
    | UpdateSanctions
    | KillSwitch
    | CancelOrders
    | Deposit
    | CreditDeposit
    | FailDeposit
    | RequestWithdrawal
    | ScreenWithdrawal
    | HoldWithdrawal
    | ReleaseWithdrawal
    | FailWithdrawal
    | PlaceHold
    | LiftHold
    | BustTrade
    | Transfer
    | AddAttestor
    | RemoveAttestor
    | SetIssuance
    | SetAuthorised
    | Attest
    | RequestMint
    | HedgeMint
    | ConfirmCustody
    | Mint
    | DeliverMint
    | FailMint
    | RequestRedeem
    | BurnRedeem
    | ReleaseRedeem
    | FailRedeem
    | ReportSupply
    | GrantRole
    | RevokeRole
    | Found
    | Approve
    | Decline
)
ACTS: tuple[type[BaseAct], ...] = get_args(Act)


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who asks for what, and why."""

    actor: Name
    reason: Annotated[str, Meta(min_length=1, max_length=512, description="why, in the actor's words")]
    act: Act


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a request.

    `code` is DONE, PROPOSED (another person must approve `proposal`), ALREADY (it had been done before; nothing happened now), or the word
    of the rule that refused it, which `text` explains.  `data` tells numbers: those given, the `journal` entry, orders `canceled`.
    """

    accepted: bool
    code: str
    text: str = ""
    data: dict[str, int] = {}
    proposal: int = 0


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Request)


def encode(request: Request) -> bytes:
    """Pack a request as the payload of an ACT command."""
    return _ENCODER.encode(request)


def decode(payload: bytes) -> Request:
    """Unpack a request.  Raises msgspec.MsgspecError, whose text names the field and the rule, or UnicodeDecodeError."""
    return _DECODER.decode(payload)
