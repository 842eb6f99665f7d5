"""What the venue answers to questions, in Decimals."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.client.errors import ClientError
from engine.client.live import Live
from engine.client.values import QTY_DECIMALS, Instrument, quality_of, shown, status_of, utc
from engine.protocol.messages import BookSnapshot, InstrumentList, InstrumentStatus, MassStatusEnd, PositionReport, TradingStatus
from engine.venue.records import Quality

Answer = InstrumentList | InstrumentStatus | BookSnapshot | PositionReport | MassStatusEnd
MAX_DEPTH = 1000


@dataclass(frozen=True, slots=True)
class PriceLevel:
    """One price: quantity shown there, in tokens, and number of orders."""

    price: Decimal
    qty: Decimal
    orders: int


@dataclass(frozen=True, slots=True)
class Book:
    """A snapshot of one instrument's book, best level first.

    It holds every event up to `book_seq`; `last_px` is None before the first trade.
    """

    symbol: str
    book_seq: int
    last_px: Decimal | None
    bids: tuple[PriceLevel, ...]
    asks: tuple[PriceLevel, ...]

    @property
    def best_bid(self) -> PriceLevel | None:
        """The highest price that somebody buys at."""
        return self.bids[0] if self.bids else None

    @property
    def best_ask(self) -> PriceLevel | None:
        """The lowest price that somebody sells at."""
        return self.asks[0] if self.asks else None

    @classmethod
    def of(cls, snapshot: BookSnapshot, instrument: Instrument) -> "Book":
        """Read a snapshot off the wire."""
        bids, asks = (
            tuple(PriceLevel(instrument.price(level.price), instrument.qty(level.qty), level.orders) for level in levels)
            for levels in (snapshot.bids, snapshot.asks)
        )
        return cls(instrument.symbol, snapshot.book_seq, instrument.price(snapshot.last_px) if snapshot.last_px else None, bids, asks)


@dataclass(frozen=True, slots=True)
class InstrumentState:
    """Whether an instrument trades: its status, the cause in a word, since when, and when it may go on (None: not said).

    `session` is the trading session, which decides on the kinds of order that are taken.  `reference` is the reference price in force,
    of that `quality`, and `low` to `high` the collar around it; all None where there is no reference.  `status_seq` numbers the change that
    brought this status.  A call or pause ends at `until`, and `then` follows; `indicative_px` is what an auction would execute
    `indicative_qty` at now (None: nothing), with `imbalance` left over, of buys where positive.  Of a token that the venue issues so many
    are `issued`, and so many shares `attested` (as of `attested_at`); `reserve` is `good`, `stale` or `breach`, empty for another token.
    """

    symbol: str
    status: TradingStatus | int
    cause: str
    since: datetime
    expected_resume: datetime | None
    session: str
    reference: Decimal | None
    quality: Quality
    low: Decimal | None
    high: Decimal | None
    status_seq: int
    until: datetime | None
    then: str
    indicative_px: Decimal | None
    indicative_qty: Decimal
    imbalance: Decimal
    issued: Decimal
    attested: Decimal
    attested_at: datetime | None
    reserve: str

    @property
    def is_trading(self) -> bool:
        """Say whether orders match now."""
        return self.status == TradingStatus.READY

    @classmethod
    def of(cls, status: InstrumentStatus, instrument: Instrument) -> "InstrumentState":
        """Read a status off the wire."""
        known = status.quality != Quality.NONE
        return cls(
            symbol=instrument.symbol,
            status=status_of(status.status),
            cause=status.cause,
            since=utc(status.since_ns),
            expected_resume=_time(status.expected_resume_ns),
            session=status.session,
            reference=instrument.price(status.reference) if known else None,
            quality=quality_of(status.quality),
            low=instrument.price(status.low) if known else None,
            high=instrument.price(status.high) if known else None,
            status_seq=status.status_seq,
            until=_time(status.until_ns),
            then=status.then,
            indicative_px=instrument.price(status.indicative_px) if status.indicative_px else None,
            indicative_qty=instrument.qty(status.indicative_qty),
            imbalance=instrument.qty(status.imbalance),
            issued=instrument.qty(status.issued),
            attested=instrument.qty(status.attested),
            attested_at=_time(status.attested_ns),
            reserve=status.reserve,
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance of one asset: free to use, held for open orders, frozen by a legal hold, on its way in and on its way out."""

    asset: str
    available: Decimal
    held: Decimal
    frozen: Decimal
    pending_in: Decimal
    pending_out: Decimal


def balances_of(report: PositionReport) -> list[Balance]:
    """Read an account's balances off the wire."""
    return [
        Balance(
            each.asset,
            *(shown(units, 1, QTY_DECIMALS) for units in (each.available, each.held, each.frozen, each.pending_in, each.pending_out)),
        )
        for each in report.positions
    ]


def _time(ts_ns: int) -> datetime | None:
    return utc(ts_ns) if ts_ns else None


class Query(Live):
    """A question to the venue and, once it is there, its answer; asked again after a dropped connection."""

    def __init__(self, kind: type, req_id: int, fields: tuple[int, ...]) -> None:
        super().__init__()
        self.kind = kind
        self.req_id = req_id
        self.fields = fields
        self.answer: Answer | None = None

    def answered(self, answer: Answer) -> None:
        """Take the answer."""
        self.answer = answer
        self.changed()

    def refused(self, error: ClientError) -> None:
        """Take a no."""
        self.fail(error)
