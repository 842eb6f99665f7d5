"""What the venue's ledger and gates take and give, as Python values, and the packed form of an event's detail."""

from enum import IntEnum, IntFlag
from typing import NamedTuple

DETAIL_FORMAT = "<qqqBBBBI"
DETAIL_SIZE = 32

MAX_RATE = 100_000
TIERS = 8
TICK_BANDS = 4
RECENT_ORDERS = 8


class SystemAccount(IntEnum):
    """The venue's own accounts of each asset; they may be negative.

    CUSTODY is the contra account: minus what is kept outside for the venue's users.  FEES is the venue's income, ROUNDING what fees leave
    behind the sixth decimal, SUSPENSE what waits for an explanation.
    """

    CUSTODY = 2**32 - 1
    ISSUANCE = 2**32 - 2
    FEES = 2**32 - 3
    ROUNDING = 2**32 - 4
    CA_PAYABLE = 2**32 - 5
    SUSPENSE = 2**32 - 6


class Bucket(IntEnum):
    """Where in an account an amount stands."""

    AVAILABLE = 0
    HELD = 1
    FROZEN = 2
    PENDING_IN = 3
    PENDING_OUT = 4


class Capability(IntFlag):
    """What an instrument's status lets its users do; a cancel is always possible."""

    NONE = 0
    ENTER = 1
    REDUCE = 2
    BUY = 4
    TAKE = 8


class Quality(IntEnum):
    """How far a reference price can be trusted."""

    NONE = 0
    CLOSED = 1
    INTERNAL = 2
    EXTENDED = 3
    LIVE = 4


class SettleForm(IntFlag):
    """How an execution is settled, or which forms an instrument knows."""

    NONE = 0
    TOKEN = 1
    TRADITIONAL = 2


class Balance(NamedTuple):
    """What one account has of one asset, in 1e-6 of it."""

    account: int
    asset: int
    available: int
    held: int
    frozen: int
    pending_in: int
    pending_out: int


class PartyState(NamedTuple):
    """What a subscriber has open and done: amounts in 1e-6 of the quote asset."""

    open_orders: int
    gross_open: int
    gross_day: int


class Reference(NamedTuple):
    """The reference price of an instrument and the collar that follows from it; `until_ns` is when it lapses."""

    price: int
    quality: Quality
    low: int
    high: int
    until_ns: int


class Trade(NamedTuple):
    """An execution with both its sides; `*_fee` is what the account paid, a rebate where negative, in 1e-6 of the quote asset."""

    match_id: int
    ts_ns: int
    instrument: int
    price: int
    qty: int
    maker_side: int
    maker_order: int
    taker_order: int
    maker_account: int
    taker_account: int
    maker_fee: int
    taker_fee: int
    maker_form: SettleForm
    taker_form: SettleForm
    reference: int
    quality: Quality
    busted: bool


class Detail(NamedTuple):
    """What the venue knows of an event beside the book: its fee, or the limit that a refused request broke."""

    fee: int
    bound: int
    reference: int
    quality: int
    settlement: int
    fallback: int
