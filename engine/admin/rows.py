"""What an operator is shown, one Struct for a row of each register.

Amounts are in 1e-6 of their asset, prices in 1e-4 of the quote unit, times in ns UTC, as everywhere; the types say which, so that a
terminal can show what people read.  Assets, instruments and subscribers are named.
"""

from typing import get_args

from engine.admin.kinds import Px, Row, Time, Units
from engine.admin.messages import What
from engine.admin.standing import (
    AttestationRow,
    AttestorRow,
    AuctionRow,
    BoardRow,
    CalendarRow,
    ChangeRow,
    ClaimRow,
    MintRow,
    RedeemRow,
    ReserveChangeRow,
    ReserveRow,
)
from engine.venue.acts import Act, ListInstrument
from engine.venue.terms import Limits


class VenueRow(Row, frozen=True, kw_only=True):
    """The venue as a whole; `commands` is the number of the last one in its log."""

    venue: str
    founded: bool
    killed: bool
    list_version: int
    commands: int
    trades: int
    assets: int
    instruments: int
    subscribers: int
    accounts: int
    sessions: int
    connected: int
    proposals_open: int


class AssetRow(Row, frozen=True, kw_only=True):
    """An asset, and the instrument that trades it."""

    number: int
    asset: str
    kind: str
    name: str
    listed: str


class InstrumentRow(Row, frozen=True, kw_only=True):
    """An instrument: where it stands, the reference and the collar in force, and its terms."""

    number: int
    symbol: str
    status: str
    cause: str
    since_ns: Time
    expected_resume_ns: Time
    session: str
    killed: bool
    reference: Px
    source: str
    quality: str
    low: Px
    high: Px
    traded_day: Units
    terms: ListInstrument


class SubscriberRow(Row, frozen=True, kw_only=True):
    """A subscriber, and what he has open and has done today."""

    number: int
    name: str
    legal_name: str
    type: str
    kyc_tier: int
    kyc_until_ns: Time
    jurisdictions: tuple[str, ...]
    us_person: bool
    entitlements: tuple[str, ...]
    control_group: str
    wallets: tuple[str, ...]
    limits: Limits
    sanctioned: bool
    list_version: int
    killed: bool
    open_orders: int
    gross_open: Units
    gross_day: Units


class AccountRow(Row, frozen=True, kw_only=True):
    """An account; `holds` are the legal holds in force on it."""

    number: int
    subscriber: str
    tier: int
    stp_group: int | None
    stp_mode: str
    approved: tuple[str, ...]
    killed: bool
    holds: tuple[str, ...]


class BalanceRow(Row, frozen=True, kw_only=True):
    """What an account has of an asset; the venue's own accounts are owned by their name in capitals."""

    account: int
    owner: str
    asset: str
    available: Units
    held: Units
    frozen: Units
    pending_in: Units
    pending_out: Units


class SessionRow(Row, frozen=True, kw_only=True):
    """Who may log on under a name, whether he is, and the numbers that come next."""

    number: int
    name: str
    subscriber: str
    accounts: tuple[int, ...]
    open: bool
    connected: bool
    next_in: int
    next_out: int
    public_key: bytes


class DepositRow(Row, frozen=True, kw_only=True):
    """A deposit."""

    external_id: str
    account: int
    asset: str
    amount: Units
    state: str
    ts_ns: Time
    journal: int


class WithdrawalRow(Row, frozen=True, kw_only=True):
    """A withdrawal; `clear` is None until it was screened."""

    external_id: str
    account: int
    asset: str
    amount: Units
    destination: str
    state: str
    ts_ns: Time
    journal: int
    screening_id: str
    clear: bool | None


class Frozen(Row, frozen=True, kw_only=True):
    """How much of an asset a hold took."""

    asset: str
    amount: Units


class HoldRow(Row, frozen=True, kw_only=True):
    """A legal hold; `lifted_ns` is 0 while it is in force."""

    hold_id: str
    account: int
    whole_account: bool
    frozen: tuple[Frozen, ...]
    authority: str
    reference: str
    review_ns: Time
    placed_ns: Time
    lifted_ns: Time
    actor: str
    journal: int


class ProposalRow(Row, frozen=True, kw_only=True):
    """An act that waits for a second person, or what became of it."""

    number: int
    ts_ns: Time
    actor: str
    reason: str
    state: str
    decided_by: str
    decided_ns: Time
    what: str
    act: Act


class DecisionRow(Row, frozen=True, kw_only=True):
    """An access decision."""

    seq: int
    ts_ns: Time
    subject: str
    decision: str
    standard_id: str
    reason: str
    actor: str


class TradeRow(Row, frozen=True, kw_only=True):
    """An execution; a fee below 0 is a rebate."""

    match_id: int
    ts_ns: Time
    instrument: str
    price: Px
    qty: Units
    maker_side: str
    maker_account: int
    taker_account: int
    maker_fee: Units
    taker_fee: Units
    maker_form: str
    taker_form: str
    reference: Px
    quality: str
    busted: bool


class JournalLine(Row, frozen=True, kw_only=True):
    """One line of a double entry; the venue's own accounts go by their name."""

    account: str
    asset: str
    bucket: str
    delta: Units


class JournalRow(Row, frozen=True, kw_only=True):
    """One double entry of the office."""

    seq: int
    ts_ns: Time
    cause: str
    external_id: str
    lines: tuple[JournalLine, ...]


class RoleRow(Row, frozen=True, kw_only=True):
    """A person, his roles, and how many connections he has."""

    name: str
    roles: tuple[str, ...]
    connections: int
    public_key: bytes


class ConservationRow(Row, frozen=True, kw_only=True):
    """All of an asset: the customers' buckets, the venue's own accounts, and their sum, which is 0."""

    asset: str
    available: Units
    held: Units
    frozen: Units
    pending_in: Units
    pending_out: Units
    custody: Units
    issuance: Units
    fees: Units
    rounding: Units
    ca_payable: Units
    suspense: Units
    total: Units


ROWS: dict[What, type[Row]] = {
    "venue": VenueRow,
    "board": BoardRow,
    "calendar": CalendarRow,
    "assets": AssetRow,
    "instruments": InstrumentRow,
    "changes": ChangeRow,
    "auctions": AuctionRow,
    "claims": ClaimRow,
    "attestors": AttestorRow,
    "attestations": AttestationRow,
    "reserves": ReserveRow,
    "reserve-changes": ReserveChangeRow,
    "mints": MintRow,
    "redeems": RedeemRow,
    "subscribers": SubscriberRow,
    "accounts": AccountRow,
    "balances": BalanceRow,
    "sessions": SessionRow,
    "deposits": DepositRow,
    "withdrawals": WithdrawalRow,
    "holds": HoldRow,
    "proposals": ProposalRow,
    "decisions": DecisionRow,
    "trades": TradeRow,
    "journal": JournalRow,
    "roles": RoleRow,
    "conservation": ConservationRow,
}
REGISTERS: tuple[What, ...] = get_args(What)
