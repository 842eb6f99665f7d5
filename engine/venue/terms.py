"""The words of the acts: annotated field types, and the tables that an act carries.

Everything here is an integer, a text or a table of them: prices in 1e-4 of the quote unit, quantities and amounts in 1e-6 of their asset,
rates in 1e-6 of the notional, widths in basis points, times in ns UTC.  Pure Python, read by configuration, wire and command line alike.
"""

import re
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from engine.venue.records import MAX_RATE, TIERS

MAX_AMOUNT = 2**53 - 1
MAX_CHAINS = 32
WEEK_S = 604_800

Name = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._:-]+\Z", description="letters, digits and . _ : -")]
NameOrNone = Annotated[str, Meta(max_length=32, pattern=r"^[A-Za-z0-9._:-]*\Z", description="a name, or empty for none")]
Symbol = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._:-]+\Z", description="an instrument's symbol")]
SymbolOrAll = Annotated[str, Meta(max_length=32, pattern=r"^[A-Za-z0-9._:-]*\Z", description="an instrument's symbol, or empty for all")]
AssetName = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._:-]+\Z", description="an asset's name")]
ExternalId = Annotated[
    str,
    Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+\Z", description="the id that the outside world knows it by; used once"),
]
Text = Annotated[str, Meta(max_length=256, description="free text")]
Said = Annotated[str, Meta(min_length=1, max_length=256, description="free text, not empty")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z", description="ISO 3166 code, such as US or US-NY")]
Isin = Annotated[str, Meta(pattern=r"^([A-Z]{2}[A-Z0-9]{9}[0-9])?\Z", description="ISIN, or empty")]
Cusip = Annotated[str, Meta(pattern=r"^([0-9A-Z*@#]{8}[0-9])?\Z", description="CUSIP, or empty")]
Wallet = Annotated[
    str, Meta(max_length=160, pattern=r"^[a-z0-9-]{1,32}:[A-Za-z0-9._-]{1,120}\Z", description="chain:address of a registered wallet")
]
Chain = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z", description="a chain's name, as in a wallet's chain:address")]
Destination = Annotated[str, Meta(min_length=1, max_length=160, description="where to, as chain:address or a bank's reference")]
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32, description="raw Ed25519 key, 32 bytes; base64 in texts")]

Account = Annotated[int, Meta(ge=1, le=2**31 - 1, description="an account's number")]
AnyAccount = Annotated[int, Meta(ge=1, le=2**32 - 1, description="a number of an account, system accounts included")]
Amount = Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="in 1e-6 of the asset")]
AmountOrAll = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="in 1e-6 of the asset; 0 for all that is available")]
Limit = Annotated[int, Meta(ge=0, le=2**62, description="0 for no limit")]
Price = Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="in 1e-4 of the quote unit")]
PriceOrNone = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="in 1e-4 of the quote unit; 0 for none")]
Qty = Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="in 1e-6 of a token")]
QtyOrNone = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="in 1e-6 of a token; 0 for none")]
Rate = Annotated[
    int, Meta(ge=-MAX_RATE, le=MAX_RATE, description="in 1e-6 of the notional (hundredths of a basis point); below 0 a rebate")
]
AuctionRate = Annotated[int, Meta(ge=0, le=MAX_RATE, description="in 1e-6 of the notional, of both sides of an auction")]
Tier = Annotated[int, Meta(ge=0, le=TIERS - 1, description="row of an instrument's table of fees, from 0")]
Width = Annotated[int, Meta(ge=1, le=100_000, description="in basis points")]
WidthOrNone = Annotated[int, Meta(ge=0, le=100_000, description="in basis points; 0 for none")]
Nanoseconds = Annotated[int, Meta(ge=0, le=2**63 - 1, description="ns since 1970 UTC; 0 for none")]
Duration = Annotated[int, Meta(ge=0, le=2**62, description="in ns; 0 for none")]
Group = Annotated[int, Meta(ge=0, le=2**31 - 1, description="orders of one group do not trade with each other; 0 for none")]

AssetKind = Literal["cash", "token"]
SubscriberType = Literal["bd", "institution", "retail", "mm", "issuer", "redeemer", "employee"]
RoleName = Literal["operator", "compliance", "treasury", "examiner"]
ScopeName = Literal["subscriber", "account", "instrument", "venue"]
SideName = Literal["", "buy", "sell"]
TrackName = Literal["issuer-native", "depository-entitlement", "third-party-custodial", "synthetic"]
PolicyName = Literal["none", "allow-listed", "free"]
FormName = Literal["token", "traditional"]
StpModeName = Literal["none", "cancel-newest", "cancel-oldest", "cancel-both", "decrement"]
QualityName = Literal["none", "live", "extended", "internal", "closed"]
SessionName = Literal["continuous", "pre", "rth", "post", "overnight", "weekend"]
StatusName = Literal[
    "draft",
    "pre-open",
    "auction-call",
    "continuous",
    "post-only",
    "vol-pause",
    "halted",
    "cancel-only",
    "reduce-only",
    "suspended",
    "closed",
    "terminated",
]
ThenName = Literal["continuous", "reduce-only", "post-only", "closed"]
CalendarStatusName = Literal["", "pre-open", "auction-call", "continuous", "closed"]
CauseName = Literal[
    "scheduled",
    "surveillance",
    "regulatory",
    "news-pending",
    "news-released",
    "order-imbalance",
    "operational",
    "info-requested",
    "corporate-action",
    "market-wide",
    "primary-halt",
    "sec-suspension",
    "reserve-breach",
    "reserve-stale",
    "reference-stale",
    "issuer-notice",
    "custodian-outage",
    "chain-outage",
    "sanctions",
    "policy-cap",
    "volatility",
    "stop-cascade",
    "reference-jump",
    "termination",
    "opening",
    "closing",
    "reopening",
]
OrderTypeName = Literal[
    "market-day",
    "market-gtc",
    "market-opg",
    "market-ioc",
    "market-fok",
    "market-gtd",
    "market-cls",
    "limit-day",
    "limit-gtc",
    "limit-opg",
    "limit-ioc",
    "limit-fok",
    "limit-gtd",
    "limit-cls",
    "stop-day",
    "stop-gtc",
    "stop-gtd",
    "stop-limit-day",
    "stop-limit-gtc",
    "stop-limit-gtd",
]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table inside an act."""


class Limits(Table, frozen=True, kw_only=True):
    """What a subscriber may do at most; 0 is no limit.

    `max_order_qty` and `max_order_notional` bound one order, `max_open_orders` and `max_gross_open` all that are open, `max_gross_day`
    what is executed and open in a day.  After `duplicates_max` equal orders (side, price, qty) within `duplicates_ns` the next is refused.
    """

    max_order_qty: Limit = 0
    max_order_notional: Limit = 0
    max_open_orders: Annotated[int, Meta(ge=0, le=2**31 - 1, description="0 for no limit")] = 0
    max_gross_open: Limit = 0
    max_gross_day: Limit = 0
    duplicates_max: Annotated[int, Meta(ge=0, le=8, description="0 for no check")] = 0
    duplicates_ns: Duration = 0


class Rights(Table, frozen=True, kw_only=True):
    """What a holder of the token has a right to; a listing needs all four answers."""

    dividend: Literal["cash", "multiplier", "none"] | None = None
    vote: Literal["direct", "pass-through", "none"] | None = None
    liquidation: Literal["shareholder", "creditor", "none"] | None = None
    redeem: Literal["share", "cash", "none"] | None = None


class Fee(Table, frozen=True, kw_only=True):
    """One tier's rates."""

    maker: Rate = 0
    taker: Rate = 0
    auction: AuctionRate = 0


class TickRow(Table, frozen=True, kw_only=True):
    """From `from_px` on, prices are multiples of `tick`."""

    from_px: PriceOrNone
    tick: Price


class Band(Table, frozen=True, kw_only=True):
    """Widths around the reference: orders beyond `static_bps` are refused, executions beyond `dynamic_bps` of the last one do not happen.

    `away_bps` bounds how far a resting order may stand on its own side; 0 leaves that, and likewise `dynamic_bps`, open.
    """

    static_bps: Width
    away_bps: WidthOrNone = 0
    dynamic_bps: Annotated[int, Meta(ge=0, le=10_000, description="in basis points; 0 for none")] = 0


class SessionBands(Table, frozen=True, kw_only=True):
    """The bands of one trading session, in place of the collar's own; a quality without one is not usable in it."""

    session: SessionName
    live: Band | None = None
    extended: Band | None = None
    internal: Band | None = None
    closed: Band | None = None


class Collar(Table, frozen=True, kw_only=True):
    """Bands by the quality of the reference; a quality without a band is not usable.  `sessions` have bands of their own.

    A live, extended or internal reference older than `max_age_ns` becomes a closed one, and that none after `closed_max_age_ns` (0: never).
    `hard_cap_bps` around the last live price bounds every other quality; 0 for none.  `sources` are those that may be believed; empty: all.
    A fresh reference farther than `gap_bps` from the closed one before it is met by an auction; a live one farther than `jump_bps` from the
    last live one is not taken, and halts; 0: neither.
    """

    live: Band | None = None
    extended: Band | None = None
    internal: Band | None = None
    closed: Band | None = None
    max_age_ns: Annotated[int, Meta(ge=1, le=2**62, description="in ns")]
    closed_max_age_ns: Duration = 0
    hard_cap_bps: WidthOrNone = 0
    gap_bps: WidthOrNone = 0
    jump_bps: WidthOrNone = 0
    sources: tuple[Name, ...] = ()
    sessions: tuple[SessionBands, ...] = ()


class AuctionTerms(Table, frozen=True, kw_only=True):
    """How an instrument's auctions go: a call of `call_ns`, then one price at most `collar_bps` from the reference (0: any).

    Where that cannot be, the call goes on for `extend_ns`, at most `max_extensions` times; then it is halted for a human.  With `pause_ns`
    it pauses so long when the collar stops a match, before the call that reopens it; with 0 trading goes on at the collar's edge.
    """

    call_ns: Duration = 0
    pause_ns: Duration = 0
    collar_bps: WidthOrNone = 0
    extend_ns: Duration = 0
    max_extensions: Annotated[int, Meta(ge=0, le=1_000, description="how often; 0 for never")] = 0


class SessionMask(Table, frozen=True, kw_only=True):
    """The kinds of order that a trading session takes; an empty list takes none."""

    session: SessionName
    order_types: tuple[OrderTypeName, ...]


class WeeklyStart(Table, frozen=True, kw_only=True):
    """A trading session that starts every week so many seconds after Monday 00:00 UTC, and the status that it brings; empty: none.

    `then` is what follows an auction-call: a closing auction is one with `closed`.
    """

    at_s: Annotated[int, Meta(ge=0, lt=WEEK_S, description="seconds after Monday 00:00 UTC")]
    session: SessionName
    status: CalendarStatusName = ""
    then: ThenName = "continuous"


class DatedSession(Table, frozen=True, kw_only=True):
    """A trading session that overrides the weekly table from one time until another, such as a holiday."""

    from_ns: Nanoseconds
    until_ns: Nanoseconds
    session: SessionName
    status: CalendarStatusName = ""
    then: ThenName = "continuous"


Number = Annotated[int, Meta(ge=1, le=2**53 - 1, description="the number that the venue gave it")]

OPERATOR: tuple[RoleName, ...] = ("operator",)
COMPLIANCE: tuple[RoleName, ...] = ("compliance",)
TREASURY: tuple[RoleName, ...] = ("treasury",)
EITHER: tuple[RoleName, ...] = ("operator", "compliance")
ANYONE: tuple[RoleName, ...] = ("operator", "compliance", "treasury")


def kebab(name: str) -> str:
    """Return a class's name as the tag that it has on the wire."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class BaseAct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=kebab, tag_field="act"):
    """An act.

    `roles` may ask it.  With `second_person` another person with one of them must approve it; `second_person_if` says in which case only.
    """

    roles: ClassVar[tuple[RoleName, ...]] = ()
    second_person: ClassVar[bool] = False
    second_person_if: ClassVar[str] = ""
