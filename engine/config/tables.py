"""The tables of `venue.toml` as people write them: decimal texts, basis points, names, and defaults that keep a small file small.

`[venue]`, `[gateway]`, `[admin]`, `[journal]`, `[process]` and `[limits]` hold for as long as the venue runs.  `[[asset]]`,
`[[instrument]]`, `[[attestor]]`, `[[subscriber]]` and `[[person]]` are read once, at its birth; from then on they are changed by acts.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from engine.journal.records import Mode
from engine.matching.records import MAX_ORDERS
from engine.venue.terms import (
    Account,
    AssetName,
    CalendarStatusName,
    Chain,
    Country,
    Cusip,
    FormName,
    Group,
    Isin,
    Name,
    NameOrNone,
    OrderTypeName,
    PolicyName,
    QualityName,
    Rights,
    RoleName,
    Said,
    SessionName,
    StatusName,
    StpModeName,
    SubscriberType,
    Symbol,
    Text,
    ThenName,
    Tier,
    TrackName,
    Wallet,
    Width,
    WidthOrNone,
)

Count = Annotated[int, Meta(ge=1)]
MessageRate = Annotated[int, Meta(ge=1, le=10_000_000)]
Milliseconds = Annotated[int, Meta(ge=1, le=86_400_000)]
Seconds = Annotated[int, Meta(ge=1, le=31_536_000)]
SecondsOrNone = Annotated[int, Meta(ge=0, le=31_536_000)]
Port = Annotated[int, Meta(ge=0, le=65535)]
Mebibytes = Annotated[int, Meta(ge=1, le=4_096)]
Core = Annotated[int, Meta(ge=0, le=4_095)]
Niceness = Annotated[int, Meta(ge=-20, le=19)]
Place = Annotated[str, Meta(min_length=1)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z", description="a time such as 22:00")]
Start = Annotated[
    str,
    Meta(
        pattern=r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):[0-5]\d (continuous|pre|rth|post|overnight|weekend)"
        r"( (pre-open|continuous|closed|auction-call( (continuous|reduce-only|post-only|closed))?))?\Z",
        description="a start such as 'Mon 09:30 rth' or 'Mon 09:25 rth auction-call', in UTC",
    ),
]
BreachName = Literal["reduce-only", "halted"]
Extensions = Annotated[int, Meta(ge=0, le=1_000)]
Time = Annotated[datetime, Meta(tz=True)]
Amounts = dict[AssetName, str]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Venue(Table, frozen=True, kw_only=True):
    """Table `[venue]`: its name on the wire, and the UTC time of day (HH:MM) at which DAY orders expire; without one they don't.

    `found` ends the founding at birth, so that what needs a second person waits for one; left out, it does as soon as two persons can.
    """

    name: Name = "ATS"
    day_end_utc: TimeOfDay | None = None
    found: bool | None = None


class Gateway(Table, frozen=True, kw_only=True):
    """Table `[gateway]`: where to listen, and how much a client may do, hold and delay."""

    host: str = "127.0.0.1"
    port: Port = 7001
    tls_cert: str | None = None
    tls_key: str | None = None
    insecure_non_loopback: bool = False
    logon_timeout_ms: Milliseconds = 5_000
    refusal_delay_ms: Milliseconds = 500
    logout_timeout_ms: Milliseconds = 2_000
    takeover_timeout_ms: Milliseconds = 2_000
    clock_skew_max_ms: Milliseconds = 60_000
    unauthenticated_max: Count = 64
    failed_logons_max: Count = 5
    failed_logons_window_ms: Milliseconds = 10_000
    messages_per_s: MessageRate = 10_000
    cancels_per_s: MessageRate = 20_000
    requests_per_s: MessageRate = 100
    unsent_bytes_max: Count = 8_388_608
    paused_max_ms: Milliseconds = 5_000
    kept_bytes_max: Count = 16_777_216


class Admin(Table, frozen=True, kw_only=True):
    """Table `[admin]`: where operators are listened to; certificate and logon rules are those of `[gateway]`."""

    host: str = "127.0.0.1"
    port: Port = 7002
    insecure_non_loopback: bool = False
    connections_max: Count = 16
    idle_timeout_ms: Milliseconds = 600_000
    requests_per_s: MessageRate = 50


class Journal(Table, frozen=True, kw_only=True):
    """Table `[journal]`: what outlives the process and the machine, and where; paths are relative to the file.

    A segment and the reserve are in units of 2**20 bytes, `snapshot_every` is in commands.
    """

    mode: Mode = Mode.DURABLE
    folder: Place = "journal"
    sync_ms: Annotated[int, Meta(ge=1, le=60_000)] = 10
    segment_mb: Mebibytes = 64
    reserve_mb: Mebibytes = 16
    snapshot_every: Count = 1_000_000
    key: Place = "keys/node.pem"


class Process(Table, frozen=True, kw_only=True):
    """Table `[process]`: what the venue asks of its machine; what is left out is as the system gives it.

    `loop_core` and `writer_core` are the numbers of processors: for the thread that serves everybody, and for the one that writes the
    journal.  `writer_nice` is that one's niceness among ordinary threads.  With `writer_realtime` it goes before all of them or the venue
    does not start; left out, it does where the system permits it and no niceness is given.
    """

    loop_core: Core | None = None
    writer_core: Core | None = None
    writer_nice: Niceness | None = None
    writer_realtime: bool | None = None
    lock_memory: bool = False


class Limits(Table, frozen=True, kw_only=True):
    """Table `[limits]`: what is allocated at start, and so how many of each there can be."""

    orders: Annotated[int, Meta(ge=1, le=MAX_ORDERS)] = 1_048_576
    levels: Annotated[int, Meta(ge=64, le=2**32 - 1)] = 4_194_304
    accounts: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 65_536
    sessions: Annotated[int, Meta(ge=1, le=65_536)] = 1_024
    instruments: Annotated[int, Meta(ge=1, le=4_096)] = 1_024
    parties: Annotated[int, Meta(ge=1, le=2**20)] = 65_536
    assets: Annotated[int, Meta(ge=1, le=8_192)] = 2_048
    balances: Annotated[int, Meta(ge=1, le=2**28)] = 262_144
    trades: Annotated[int, Meta(ge=1, le=2**28)] = 65_536


class AssetTable(Table, frozen=True, kw_only=True):
    """One `[[asset]]`: what instruments are quoted in, such as a stablecoin.  Tokens come with their instruments."""

    asset: AssetName
    name: Text = ""


class FeeTable(Table, frozen=True, kw_only=True):
    """One tier's fees in basis points of the notional; below zero a rebate.  Both sides of an execution in an auction pay `auction`."""

    maker: str = "0"
    taker: str = "0"
    auction: str = "0"


class TickTable(Table, frozen=True, kw_only=True):
    """From a price on, prices are multiples of a tick."""

    start: str = field(name="from")
    tick: str


class ExceptionTable(Table, frozen=True, kw_only=True):
    """A trading session that overrides the weekly table for a while, and the status that it begins with, if any."""

    start: Time = field(name="from")
    until: Time
    session: SessionName
    status: CalendarStatusName = ""
    then: ThenName = "continuous"


class AuctionTable(Table, frozen=True, kw_only=True):
    """How an instrument opens, pauses, reopens and closes by auction: how long, and how far from the reference its price may be."""

    call_s: Seconds = 300
    pause_s: SecondsOrNone = 0
    collar_bps: WidthOrNone = 0
    extend_s: SecondsOrNone = 0
    max_extensions: Extensions = 0


class BandTable(Table, frozen=True, kw_only=True):
    """Widths around the reference price."""

    static_bps: Width
    away_bps: WidthOrNone = 0
    dynamic_bps: Annotated[int, Meta(ge=0, le=10_000)] = 0


class BandsTable(Table, frozen=True, kw_only=True):
    """Bands by the quality of the reference; the widths given without a quality are those of every quality that is not named."""

    static_bps: Width | None = None
    away_bps: WidthOrNone = 0
    dynamic_bps: Annotated[int, Meta(ge=0, le=10_000)] = 0
    live: BandTable | None = None
    extended: BandTable | None = None
    internal: BandTable | None = None
    closed: BandTable | None = None


class CollarTable(BandsTable, frozen=True, kw_only=True):
    """The collar: its bands, those of trading sessions that have others, and what a reference may do."""

    sessions: dict[SessionName, BandsTable] = {}
    max_age_s: Seconds = 60
    closed_max_age_s: SecondsOrNone = 0
    hard_cap_bps: WidthOrNone = 0
    jump_bps: WidthOrNone = 0
    gap_bps: WidthOrNone = 0
    sources: tuple[Name, ...] = ()


class ReferenceTable(Table, frozen=True, kw_only=True):
    """A starting price of which more is known than the price."""

    price: str
    as_of: Time
    quality: QualityName = "closed"
    source: Name = "venue.toml"


class AttestorTable(Table, frozen=True, kw_only=True):
    """One `[[attestor]]`, who signs with his key what reserves a custodian keeps."""

    name: Name
    public_key: str


class IssuanceTable(Table, frozen=True, kw_only=True):
    """Who attests an instrument's reserve, how long that is good for, and which status follows when it is not enough any more."""

    attestors: Annotated[tuple[Name, ...], Meta(min_length=1)]
    ttl_s: Seconds = 86_400
    transit_bps: Annotated[int, Meta(ge=0, le=10_000)] = 0
    breach: BreachName = "reduce-only"


class InstrumentTable(Table, frozen=True, kw_only=True):
    """One `[[instrument]]`; its number is its place in the file, from 1.

    What the act ListInstrument needs and the file leaves out is that of a third party's token which pays dividends in cash and has no vote.
    """

    symbol: Symbol
    tick: str
    lot: str
    base: AssetName | None = None
    quote: AssetName = "USDC"
    status: StatusName | None = None
    min_qty: str | None = None
    max_qty: str | None = None
    max_price: str | None = None
    protection: str | None = None
    min_notional: str | None = None
    max_notional: str | None = None
    day_cap: str | None = None
    ticks: tuple[TickTable, ...] = ()
    fees: tuple[FeeTable, ...] = ()
    collar: CollarTable | None = None
    reference: str | ReferenceTable | None = None
    order_types: dict[SessionName, tuple[OrderTypeName, ...]] = {}
    week: tuple[Start, ...] = ()
    exceptions: tuple[ExceptionTable, ...] = ()
    auction: AuctionTable | None = None
    notice_days: Annotated[int, Meta(ge=0, le=3_650)] = 0
    issuance: IssuanceTable | None = None
    authorised: str | None = None
    track: TrackName = "third-party-custodial"
    derivative: bool = False
    issuer: Said = "not named"
    underlying: Said | None = None
    underlying_isin: Isin = ""
    isin: Isin = ""
    cusip: Cusip = ""
    fungibility_class: Name | None = None
    rights: Rights = Rights(dividend="cash", vote="none", liquidation="creditor", redeem="cash")
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


class LimitsTable(Table, frozen=True, kw_only=True):
    """What a subscriber may do at most, as decimal texts; what is left out has no limit."""

    max_order_qty: str | None = None
    max_order_notional: str | None = None
    max_open_orders: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    max_gross_open: str | None = None
    max_gross_day: str | None = None
    duplicates_max: Annotated[int, Meta(ge=0, le=8)] = 0
    duplicates_ms: Annotated[int, Meta(ge=0, le=86_400_000)] = 0


class AccountTable(Table, frozen=True, kw_only=True):
    """An account of which more is said than its number."""

    number: Account
    tier: Tier = 0
    stp_group: Group | None = None
    stp_mode: StpModeName | None = None
    balances: Amounts = {}


class SessionTable(Table, frozen=True, kw_only=True):
    """A program that logs on for a subscriber; it trades for all of his accounts where none are named."""

    name: Name
    public_key: str
    accounts: tuple[Account, ...] = ()


class SubscriberTable(Table, frozen=True, kw_only=True):
    """One `[[subscriber]]` with his accounts and sessions.

    `public_key` is for a session of his own name, `balances` what his first account opens with; `approved` names the tokens that he may
    hold where holders are approved.
    """

    name: Name
    accounts: Annotated[tuple[Account | AccountTable, ...], Meta(min_length=1)]
    public_key: str | None = None
    balances: Amounts = {}
    approved: tuple[AssetName, ...] = ()
    sessions: tuple[SessionTable, ...] = ()
    stp_group: Group | None = None
    stp_mode: StpModeName = "cancel-newest"
    legal_name: Said | None = None
    type: SubscriberType = "institution"
    kyc_tier: Annotated[int, Meta(ge=1, le=9)] = 1
    kyc_until: Time | None = None
    jurisdictions: Annotated[tuple[Country, ...], Meta(min_length=1)] = ("US",)
    us_person: bool = True
    entitlements: tuple[Name, ...] = ()
    control_group: NameOrNone = ""
    limits: LimitsTable = LimitsTable()
    wallets: tuple[Wallet, ...] = ()
    standard_id: Name = "venue.toml"


class PersonTable(Table, frozen=True, kw_only=True):
    """One `[[person]]` who acts on the venue, known by his key."""

    name: Name
    public_key: str
    roles: Annotated[tuple[RoleName, ...], Meta(min_length=1)] = ("operator", "compliance", "treasury")


class File(Table, frozen=True, kw_only=True):
    """The whole file."""

    venue: Venue = Venue()
    gateway: Gateway = Gateway()
    admin: Admin = Admin()
    journal: Journal = Journal()
    process: Process = Process()
    limits: Limits = Limits()
    asset: tuple[AssetTable, ...] = ()
    attestor: tuple[AttestorTable, ...] = ()
    instrument: tuple[InstrumentTable, ...] = ()
    subscriber: tuple[SubscriberTable, ...] = ()
    person: tuple[PersonTable, ...] = ()
