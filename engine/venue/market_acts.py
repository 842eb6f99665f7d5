"""The acts on assets, instruments and their orders."""

from typing import Annotated

from msgspec import Meta

from engine.venue.terms import (
    EITHER,
    OPERATOR,
    TREASURY,
    Account,
    AssetKind,
    AssetName,
    AuctionTerms,
    BaseAct,
    CauseName,
    Chain,
    Collar,
    Country,
    Cusip,
    DatedSession,
    Duration,
    ExternalId,
    Fee,
    FormName,
    Isin,
    Limit,
    Name,
    NameOrNone,
    Nanoseconds,
    PolicyName,
    Price,
    PriceOrNone,
    Qty,
    QtyOrNone,
    QualityName,
    Rights,
    Said,
    SessionMask,
    SessionName,
    SideName,
    StatusName,
    SubscriberType,
    Symbol,
    SymbolOrAll,
    Text,
    ThenName,
    TickRow,
    TrackName,
    WeeklyStart,
)


class AddAsset(BaseAct, frozen=True, kw_only=True):
    """Add an asset: `cash` such as a stablecoin, or the `token` of a stock."""

    roles = OPERATOR
    asset: AssetName
    kind: AssetKind
    name: Text = ""


class ListInstrument(BaseAct, frozen=True, kw_only=True):
    """List the token `base` against `quote` as a DRAFT, if the listing checklist finds nothing; every finding is told.

    `tick` is the finest that `ticks` (up to 4 rows, the first from 0) may name.  `rates` are fees by tier; tiers beyond them pay the last.
    `day_cap` bounds what is executed in a day.  `masks` name the order types of a trading session; one that is not named takes all.
    `week` and `exceptions` are the calendar; without one it trades CONTINUOUS round the clock.  Without a `collar` no reference is needed.
    `jurisdictions` are all that is allowed (empty: every one), `denied` none; a subscriber needs every one of `entitlements`, and one of
    `types` (empty: any).  With `whitelist` a holder must be approved.  `forms` and `chains` are how executions can be settled.
    Without `auction` its auctions uncross as soon as they are called, and no collar pauses it.  `notice_ns` is how long before its last
    trade a wind-down must be announced.
    """

    roles = OPERATOR
    symbol: Symbol
    base: AssetName
    quote: AssetName
    tick: Price
    lot: Qty
    min_qty: QtyOrNone = 0
    max_qty: QtyOrNone = 0
    max_price: PriceOrNone = 0
    protection: PriceOrNone = 0
    min_notional: Limit = 0
    max_notional: Limit = 0
    day_cap: Limit = 0
    ticks: tuple[TickRow, ...] = ()
    rates: tuple[Fee, ...] = ()
    masks: tuple[SessionMask, ...] = ()
    week: tuple[WeeklyStart, ...] = ()
    exceptions: tuple[DatedSession, ...] = ()
    collar: Collar | None = None
    auction: AuctionTerms | None = None
    notice_ns: Duration = 0
    track: TrackName
    derivative: bool = False
    issuer: Said
    underlying: Said
    underlying_isin: Isin = ""
    isin: Isin = ""
    cusip: Cusip = ""
    fungibility_class: Name
    rights: Rights = Rights()
    sec_category: Text = ""
    nms: bool = False
    transfer_policy: PolicyName = "none"
    whitelist: bool = False
    jurisdictions: tuple[Country, ...] = ()
    denied: tuple[Country, ...] = ()
    us_persons: bool = True
    entitlements: tuple[Name, ...] = ()
    types: tuple[SubscriberType, ...] = ()
    forms: tuple[FormName, ...] = ("token", "traditional")
    chains: tuple[Chain, ...] = ()


class SetFees(BaseAct, frozen=True, kw_only=True):
    """Set an instrument's fees by tier, for orders accepted from now on; no rebate may exceed what the other side pays."""

    roles = TREASURY
    second_person = True
    instrument: Symbol
    rates: tuple[Fee, ...]


class SetTicks(BaseAct, frozen=True, kw_only=True):
    """Set an instrument's tick table from `effective_ns` on; 0 for at once.  It replaces what was to come into force at the same time."""

    roles = OPERATOR
    instrument: Symbol
    table: tuple[TickRow, ...]
    effective_ns: Nanoseconds = 0


class SetCollar(BaseAct, frozen=True, kw_only=True):
    """Set an instrument's collar, or none; the reference in force is judged by it anew."""

    roles = OPERATOR
    second_person = True
    instrument: Symbol
    collar: Collar | None


class SetAuction(BaseAct, frozen=True, kw_only=True):
    """Set how an instrument's auctions go, or that they uncross as soon as they are called."""

    roles = OPERATOR
    second_person = True
    instrument: Symbol
    auction: AuctionTerms | None


class SetCalendar(BaseAct, frozen=True, kw_only=True):
    """Set an instrument's weekly table of trading sessions, the dated exceptions, and which order types each session takes.

    A start brings its status to an instrument that is open or closed by schedule; one that was halted, suspended or restricted stays so.
    """

    roles = OPERATOR
    second_person_if = "its sessions open the instrument"
    instrument: Symbol
    week: tuple[WeeklyStart, ...] = ()
    exceptions: tuple[DatedSession, ...] = ()
    masks: tuple[SessionMask, ...] = ()


class SetStatus(BaseAct, frozen=True, kw_only=True):
    """Bring an instrument to another status; SUSPENDED cancels its orders, REDUCE_ONLY its bids.

    AUCTION_CALL lasts until `until_ns` (0: as long as its auction terms say; without them it uncrosses at once), and `then` follows.
    """

    roles = OPERATOR
    second_person_if = "it lets orders in or lets them match again"
    instrument: Symbol
    status: StatusName
    cause: CauseName
    expected_resume_ns: Nanoseconds = 0
    then: ThenName = "continuous"
    until_ns: Nanoseconds = 0


class SetSession(BaseAct, frozen=True, kw_only=True):
    """Set the trading session of an instrument, or of all; the calendar sets it again at its next start."""

    roles = OPERATOR
    instrument: SymbolOrAll = ""
    session: SessionName


class SetReference(BaseAct, frozen=True, kw_only=True):
    """Give an instrument its reference price, as of a time; quality `none` with price 0 withdraws it.

    As of the future, or older than the one in force from the same source, it is refused.  Older than the collar's age for its quality it
    counts as `closed`, and beyond that age it is refused.  A live one that jumps is not taken, and halts the instrument, unless two persons
    have `confirmed` it.
    """

    roles = OPERATOR
    second_person_if = "it is confirmed"
    instrument: Symbol
    price: PriceOrNone
    source: Name
    quality: QualityName
    as_of_ns: Nanoseconds
    confirmed: bool = False


class SetMultiplier(BaseAct, frozen=True, kw_only=True):
    """Say how many shares a token stands for from `effective_ns` on: `numerator` / `denominator`.

    At that time the instrument is halted and its reference dropped; only a live one as of afterwards is believed, and only an auction
    resumes it.  It replaces what was to come into force at the same time.
    """

    roles = OPERATOR
    second_person = True
    instrument: Symbol
    numerator: Annotated[int, Meta(ge=1, le=10**9, description="shares")]
    denominator: Annotated[int, Meta(ge=1, le=10**9, description="tokens")]
    effective_ns: Nanoseconds


class WindDown(BaseAct, frozen=True, kw_only=True):
    """Announce the end of an instrument, or announce it anew: REDUCE_ONLY from `reduce_ns` (0: at once), TERMINATED at `last_trade_ns`.

    `last_trade_ns` is at least the listing's `notice_ns` away, but for the causes that cannot wait.  What each holder has then becomes a
    claim at `close_out_px`, or else at the reference in force.
    """

    roles = EITHER
    second_person = True
    instrument: Symbol
    cause: CauseName
    reduce_ns: Nanoseconds = 0
    last_trade_ns: Nanoseconds
    close_out_px: PriceOrNone = 0


class StopWindDown(BaseAct, frozen=True, kw_only=True):
    """Call off the end of an instrument before it comes; its status stays as it is."""

    roles = EITHER
    second_person = True
    instrument: Symbol


class SetCloseOut(BaseAct, frozen=True, kw_only=True):
    """Set the price of an instrument's claims that have none yet."""

    roles = TREASURY
    second_person = True
    instrument: Symbol
    close_out_px: Price


class PayClaim(BaseAct, frozen=True, kw_only=True):
    """Pay what an account has a claim to, from what was transferred to CA_PAYABLE for it."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId
    instrument: Symbol
    account: Account


class CancelOrders(BaseAct, frozen=True, kw_only=True):
    """Cancel the open orders that match every filter that is given; at least one is."""

    roles = OPERATOR
    session: NameOrNone = ""
    subscriber: NameOrNone = ""
    account: Annotated[int, Meta(ge=0, le=2**31 - 1, description="an account's number; 0 for all")] = 0
    instrument: SymbolOrAll = ""
    side: SideName = ""
