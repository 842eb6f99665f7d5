"""An `[[instrument]]` as the acts that list it, open it and give it a price."""

from collections.abc import Iterator
from math import gcd
from typing import get_args

from engine.config.tables import AuctionTable, BandsTable, BandTable, CollarTable, InstrumentTable
from engine.config.units import (
    AMOUNT_SCALE,
    MAX_UNITS,
    PRICE_SCALE,
    QTY_SCALE,
    ConfigError,
    multiple,
    nanoseconds,
    plain,
    rate,
    units,
    units_or_none,
)
from engine.matching.records import MAX_TICK, MAX_TICKS
from engine.venue.acts import Act, ListInstrument, SetReference, SetStatus
from engine.venue.records import MAX_RATE
from engine.venue.terms import (
    AuctionTerms,
    Band,
    CalendarStatusName,
    Collar,
    DatedSession,
    Fee,
    SessionBands,
    SessionMask,
    SessionName,
    StatusName,
    ThenName,
    TickRow,
    WeeklyStart,
)

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
QUALITIES = ("live", "extended", "internal", "closed")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DEFAULT_MAX_PRICE = 100_000_000
DEFAULT_PROTECTION = 50_000
SESSIONS: dict[str, SessionName] = {name: name for name in get_args(SessionName)}
STATUSES: dict[str, CalendarStatusName] = {name: name for name in get_args(CalendarStatusName)}
THENS: dict[str, ThenName] = {name: name for name in get_args(ThenName)}
# What the file says in the act's own words.
AS_THEY_ARE = sorted(
    set(InstrumentTable.__struct_fields__)
    & set(ListInstrument.__struct_fields__)
    - {
        "base",
        "tick",
        "lot",
        "min_qty",
        "max_qty",
        "max_price",
        "protection",
        "min_notional",
        "max_notional",
        "day_cap",
        "ticks",
        "week",
        "exceptions",
        "collar",
        "auction",
        "underlying",
        "fungibility_class",
    }
)


def listing(path: str, table: InstrumentTable) -> Iterator[Act]:
    """Yield the acts that list an instrument and bring it to its first status and price.  Raises ConfigError."""
    tick, lot = _tick(path, table), units(f"{path}.lot", table.lot, QTY_SCALE)
    step = PRICE_SCALE // gcd(tick, PRICE_SCALE)
    if lot % step:
        nearest = plain(-(-lot // step) * step, QTY_SCALE)
        raise ConfigError(
            f"{path}.lot: {table.lot} at tick {table.tick} makes amounts finer than 0.000001 {table.quote}; nearest: {nearest}"
        )
    max_price = _price(f"{path}.max_price", table.max_price, tick, min(DEFAULT_MAX_PRICE, MAX_TICKS * tick) // tick * tick)
    if max_price > MAX_TICKS * tick:
        raise ConfigError(f"{path}.max_price: {table.max_price} is more than 2**26 ticks; nearest: {plain(MAX_TICKS * tick, PRICE_SCALE)}")
    min_qty = _qty(f"{path}.min_qty", table.min_qty, lot, lot)
    max_qty = _qty(f"{path}.max_qty", table.max_qty, lot, MAX_UNITS // lot * lot)
    if min_qty > max_qty:
        raise ConfigError(f"{path}.min_qty: {table.min_qty or table.lot} is above max_qty, {table.max_qty}")
    protection = _price(f"{path}.protection", table.protection, tick, min(max(DEFAULT_PROTECTION // tick, 1) * tick, max_price))
    if protection > max_price:
        raise ConfigError(f"{path}.protection: {table.protection} is more than max_price, {plain(max_price, PRICE_SCALE)}")
    yield ListInstrument(
        **{name: getattr(table, name) for name in AS_THEY_ARE},
        base=table.base or table.symbol,
        tick=tick,
        lot=lot,
        min_qty=min_qty,
        max_qty=max_qty,
        max_price=max_price,
        protection=protection,
        min_notional=units_or_none(f"{path}.min_notional", table.min_notional, AMOUNT_SCALE),
        max_notional=units_or_none(f"{path}.max_notional", table.max_notional, AMOUNT_SCALE),
        day_cap=units_or_none(f"{path}.day_cap", table.day_cap, QTY_SCALE),
        ticks=tuple(
            TickRow(
                from_px=units_or_none(f"{path}.ticks[{i}].from", row.start, PRICE_SCALE),
                tick=multiple(f"{path}.ticks[{i}].tick", row.tick, tick, PRICE_SCALE),
            )
            for i, row in enumerate(table.ticks)
        ),
        rates=_rates(path, table),
        masks=tuple(SessionMask(session=session, order_types=table.order_types[session]) for session in sorted(table.order_types)),
        week=tuple(_start(start) for start in table.week),
        exceptions=tuple(
            DatedSession(
                from_ns=nanoseconds(dated.start),
                until_ns=nanoseconds(dated.until),
                session=dated.session,
                status=dated.status,
                then=dated.then,
            )
            for dated in table.exceptions
        ),
        collar=_collar(path, table.collar) if table.collar else None,
        auction=_auction(table.auction) if table.auction else None,
        notice_ns=table.notice_days * DAY_NS,
        underlying=table.underlying or table.symbol,
        fungibility_class=table.fungibility_class or table.symbol,
    )
    if table.reference is not None:
        yield _reference(path, table, tick)
    status = _status(path, table)
    if status != "draft":
        yield SetStatus(instrument=table.symbol, status=status, cause="scheduled")


def _status(path: str, table: InstrumentTable) -> StatusName:
    """Return the status that an instrument begins with; one under issuance waits for its first attestation."""
    if table.issuance is not None and table.status not in (None, "draft"):
        raise ConfigError(f"{path}.status: {table.status} with issuance: nothing is attested at birth, so it is a draft; leave status out")
    return table.status or ("continuous" if table.issuance is None else "draft")


def _tick(path: str, table: InstrumentTable) -> int:
    tick = units(f"{path}.tick", table.tick, PRICE_SCALE)
    if tick > MAX_TICK:
        raise ConfigError(f"{path}.tick: {table.tick} is more than {plain(MAX_TICK, PRICE_SCALE)}")
    return tick


def _price(path: str, text: str | None, tick: int, default: int) -> int:
    return default if text is None else multiple(path, text, tick, PRICE_SCALE)


def _qty(path: str, text: str | None, lot: int, default: int) -> int:
    return default if text is None else multiple(path, text, lot, QTY_SCALE)


def _rates(path: str, table: InstrumentTable) -> tuple[Fee, ...]:
    rates = [
        Fee(
            maker=rate(f"{path}.fees[{i}].maker", fee.maker, MAX_RATE),
            taker=rate(f"{path}.fees[{i}].taker", fee.taker, MAX_RATE),
            auction=_auction_rate(f"{path}.fees[{i}].auction", fee.auction),
        )
        for i, fee in enumerate(table.fees)
    ]
    for i, maker in enumerate(rates):
        for j, taker in enumerate(rates):
            if maker.maker + taker.taker < 0:
                raise ConfigError(
                    f"{path}.fees[{i}].maker: a rebate of {table.fees[i].maker.lstrip('-')} is more than {table.fees[j].taker}, "
                    f"which the taker of fees[{j}] pays"
                )
    return tuple(rates)


def _auction_rate(path: str, text: str) -> int:
    value = rate(path, text, MAX_RATE)
    if value < 0:
        raise ConfigError(f"{path}: {text} is a rebate; in an auction both sides pay, or nobody")
    return value


def _auction(table: AuctionTable) -> AuctionTerms:
    return AuctionTerms(
        call_ns=table.call_s * SECOND_NS,
        pause_ns=table.pause_s * SECOND_NS,
        collar_bps=table.collar_bps,
        extend_ns=table.extend_s * SECOND_NS,
        max_extensions=table.max_extensions,
    )


def _collar(path: str, table: CollarTable) -> Collar:
    return Collar(
        **_bands(f"{path}.collar", table),
        sessions=tuple(
            SessionBands(session=session, **_bands(f"{path}.collar.sessions.{session}", table.sessions[session]))
            for session in sorted(table.sessions)
        ),
        max_age_ns=table.max_age_s * SECOND_NS,
        closed_max_age_ns=table.closed_max_age_s * SECOND_NS,
        hard_cap_bps=table.hard_cap_bps,
        gap_bps=table.gap_bps,
        jump_bps=table.jump_bps,
        sources=table.sources,
    )


def _bands(path: str, table: BandsTable) -> dict[str, Band | None]:
    plain_band = (
        Band(static_bps=table.static_bps, away_bps=table.away_bps, dynamic_bps=table.dynamic_bps) if table.static_bps is not None else None
    )
    bands = {name: _band(getattr(table, name)) or plain_band for name in QUALITIES}
    if not any(bands.values()):
        raise ConfigError(f"{path}: no band: give static_bps, or one of live, extended, internal and closed")
    return bands


def _band(table: BandTable | None) -> Band | None:
    return None if table is None else Band(static_bps=table.static_bps, away_bps=table.away_bps, dynamic_bps=table.dynamic_bps)


def _reference(path: str, table: InstrumentTable, tick: int) -> SetReference:
    if table.collar is None:
        raise ConfigError(f"{path}.reference: without a collar no reference is needed; give collar = {{ static_bps = 500 }}, or neither")
    given = table.reference
    if given is None or isinstance(given, str):
        if table.collar.closed_max_age_s:
            raise ConfigError(
                f"{path}.reference: a price without a time is a closed one of no known age, and closed_max_age_s is "
                f"{table.collar.closed_max_age_s}; give {{ price, as_of }}"
            )
        source = table.collar.sources[0] if table.collar.sources else "venue.toml"
        price = multiple(f"{path}.reference", given or "", tick, PRICE_SCALE)
        return SetReference(instrument=table.symbol, price=price, source=source, quality="closed", as_of_ns=0)
    price = multiple(f"{path}.reference.price", given.price, tick, PRICE_SCALE)
    return SetReference(instrument=table.symbol, price=price, source=given.source, quality=given.quality, as_of_ns=nanoseconds(given.as_of))


def _start(text: str) -> WeeklyStart:
    day, clock, session, *opens = text.split(" ")
    hours, minutes = map(int, clock.split(":"))
    status, then = (*opens, "", "")[:2]
    at_s = DAYS.index(day) * 86_400 + hours * 3_600 + minutes * 60
    return WeeklyStart(at_s=at_s, session=SESSIONS[session], status=STATUSES[status], then=THENS[then or "continuous"])
