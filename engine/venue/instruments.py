"""Assets and instruments: the listing, and the fees and tick tables that may change after it."""

from collections.abc import Sequence

from msgspec.structs import replace

from engine.matching.records import MAX_TICKS
from engine.matching.records import Instrument as BookInstrument
from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.calendars import follow_calendar
from engine.venue.checklist import fee_faults, listing_faults, tick_faults
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.entries import check_chains, check_rates, put_access, put_listing
from engine.venue.market_acts import AddAsset, ListInstrument, SetFees, SetTicks
from engine.venue.records import SystemAccount
from engine.venue.registers import FOREVER_NS, Asset, Listing, PendingTicks
from engine.venue.terms import MAX_AMOUNT, Fee

MAX_PENDING_TICKS = 16


def add_asset(desk: Desk, act: AddAsset, _by: By) -> Do:
    """Add an asset under the next number."""
    if act.asset in desk.assets:
        raise refused("ASSET_EXISTS", f"asset {act.asset} is there already")
    number = len(desk.assets) + 1
    if number > desk.venue.asset_count:
        raise refused("ASSETS_FULL", f"there is room for {desk.venue.asset_count} assets")
    desk.room_for(number, SystemAccount)

    def do() -> Outcome:
        desk.venue.open_asset(number)
        desk.assets[act.asset] = Asset(number=number, asset=act.asset, kind=act.kind, name=act.name)
        return done(f"asset {act.asset} is number {number}", number=number)

    return do


def list_instrument(desk: Desk, act: ListInstrument, by: By) -> Do:
    """List an instrument as a draft, if the checklist finds nothing."""
    terms = with_defaults(act)
    faults = listing_faults(desk, terms)
    if faults:
        raise refused(faults[0][0], "; ".join(text for _, text in faults))
    if len(desk.instruments) >= desk.venue.instrument_count:
        raise refused("INSTRUMENTS_FULL", f"there is room for {desk.venue.instrument_count} instruments")
    check_chains(desk, act.chains)
    check_rates(desk, act.rates)

    def do() -> Outcome:
        book = BookInstrument(act.symbol, terms.tick, terms.lot, terms.min_qty, terms.max_qty, terms.max_price, terms.protection)
        number = desk.venue.list_instrument(book)
        desk.assets[act.base] = replace(desk.assets[act.base], listed=act.symbol)
        follow_calendar(desk, Listing(number=number, terms=terms, since_ns=by.ts_ns, least=least_rates(terms.rates)), by)
        put_access(desk, desk.instruments[act.symbol])
        return done(f"{act.symbol} is instrument {number}, a draft", number=number)

    return do


def set_fees(desk: Desk, act: SetFees, _by: By) -> Do:
    """Replace the fees."""
    listing = desk.listing(act.instrument)
    faults = fee_faults(act.rates)
    if faults:
        raise refused("FEES", "; ".join(faults))
    check_rates(desk, act.rates)
    maker, taker = least_rates(act.rates)
    before = listing.least if any(desk.venue.book.top(listing.number)) else (maker, taker)
    if before[0] + taker < 0:
        raise refused(
            "FEES", f"rates: taker {texts.rate(taker)} is below the rebate {texts.rate(-before[0])} that open orders were promised"
        )
    if maker + before[1] < 0:
        raise refused(
            "FEES", f"rates: rebate {texts.rate(-maker)} is above the taker rate {texts.rate(before[1])} that open orders may pay"
        )
    least = min(before[0], maker), min(before[1], taker)

    def do() -> Outcome:
        put_listing(desk, replace(listing, terms=replace(listing.terms, rates=act.rates), least=least))
        return done(f"{act.instrument} has {len(act.rates)} tiers of fees")

    return do


def set_ticks(desk: Desk, act: SetTicks, by: By) -> Do:
    """Replace the tick table now, or at its time."""
    listing = desk.listing(act.instrument)
    faults = tick_faults(listing.terms.tick, act.table)
    if faults:
        raise refused("TICK_TABLE", "; ".join(faults))
    at_once = act.effective_ns <= by.ts_ns
    pending = [ticks for ticks in listing.pending_ticks if ticks.effective_ns != act.effective_ns]
    if not at_once and len(pending) >= MAX_PENDING_TICKS:
        raise refused("TICK_TABLES_FULL", f"{len(pending)} tables of {act.instrument} wait already; the limit is {MAX_PENDING_TICKS}")

    def do() -> Outcome:
        if at_once:
            put_listing(desk, replace(listing, terms=replace(listing.terms, ticks=act.table)))
            return done(f"{act.instrument} has another tick table")
        pending.append(PendingTicks(effective_ns=act.effective_ns, table=act.table))
        pending.sort(key=lambda ticks: ticks.effective_ns)
        desk.instruments[act.instrument] = replace(listing, pending_ticks=tuple(pending))
        desk.agenda.set("ticks", act.instrument, pending[0].effective_ns)
        return done(f"{act.instrument} will have another tick table at {texts.utc(act.effective_ns)}")

    return do


def ticks_due(desk: Desk, symbol: str, _by: By) -> None:
    """Bring the tick table whose time has come into force."""
    listing = desk.instruments[symbol]
    first, *rest = listing.pending_ticks
    put_listing(desk, replace(listing, terms=replace(listing.terms, ticks=first.table), pending_ticks=tuple(rest)))
    desk.agenda.set("ticks", symbol, rest[0].effective_ns if rest else FOREVER_NS)


def least_rates(rates: Sequence[Fee]) -> tuple[int, int]:
    """Return the lowest maker and the lowest taker rate of a table; without one everything is free."""
    return min((fee.maker for fee in rates), default=0), min((fee.taker for fee in rates), default=0)


def with_defaults(act: ListInstrument) -> ListInstrument:
    """Return the terms of a listing with the sizes that were left to the venue: the widest that the book takes."""
    max_price = act.max_price or min(100_000_000, MAX_TICKS * act.tick) // act.tick * act.tick
    return replace(
        act,
        min_qty=act.min_qty or act.lot,
        max_qty=act.max_qty or max(MAX_AMOUNT // act.lot, 1) * act.lot,
        max_price=max_price,
        protection=act.protection or min(max(50_000 // act.tick, 1) * act.tick, max_price),
    )
