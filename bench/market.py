"""A venue with everything on, and a flow as its clients would send it: what the venue's benches run.

Every gate is there and looks at every order, and none is narrow enough to change the flow: tick table, size and notional limits, day cap,
listed holders, a live reference with a static and a dynamic collar, each subscriber's own limits and its window against duplicates.  Orders
are spread over accounts, instruments and sessions by their ids, as `floor/ledger.h` spreads them, so that the floor does the same.
"""

from mmap import mmap
from typing import Any, NamedTuple

from bench import flow
from engine.cli.workload import CANCEL, COMMAND_WORDS, NEW, REACH, read_workload
from engine.matching.book import Instrument, OrderBook
from engine.matching.enums import ExecType, Liquidity, Reason
from engine.matching.records import COMMAND_SIZE, EVENT_SIZE
from engine.venue.records import Bucket, Capability, Quality, SystemAccount
from engine.venue.venue import Venue

TICK = 100  # a hundredth of the quote unit
LOT = 1_000_000  # one token
CASH = 1  # the quote asset; instrument n trades asset n + 1
START_NS = 1_700_000_000_000_000_000
STEP_NS = 100
RATES = [(-50, 300 - 10 * tier, 100) for tier in range(8)]
PROFILES = 8
GRANT = 2**60  # of each asset, in equal parts
JOURNAL_LINES = 10_000
AS_UNKNOWN = bytes.maketrans(bytes([Reason.TOO_LATE]), bytes([Reason.UNKNOWN_ORDER]))


class Spread(NamedTuple):
    """Over how many of each an order flow is spread."""

    accounts: int = 1000
    instruments: int = 1
    sessions: int = 1


class Load(NamedTuple):
    """A flow ready to run: packed commands, which accounts trade which instruments, and the highest price in ticks."""

    flow: flow.Flow
    spread: Spread
    commands: bytearray | mmap
    pairs: set[tuple[int, int]]
    top: int


def spread_over(number: int, factor: int, among: int) -> int:
    """Say where a number belongs among so many, counted from 1."""
    return 1 + ((number * factor >> 32 & 0xFFFFFFFF) * among >> 32)


def load(made: flow.Flow, spread: Spread) -> Load:
    """Pack a flow as requests of clients: numbered, timed, each with an id of its own, each naming an order by the last id it had."""
    workload = read_workload(made.path)
    count = workload.count
    packed = workload.commands(0, count)
    words, signed = memoryview(packed).cast("Q"), memoryview(packed).cast("q")
    names: dict[int, int] = {}
    pairs: set[tuple[int, int]] = set()
    at = 0
    for row, (kind, order_id) in enumerate(zip(workload.kinds, workload.order_ids.tolist(), strict=True), 1):
        account = spread_over(order_id, 0x9E3779B97F4A7C15, spread.accounts)
        instrument = spread_over(order_id >> 1, 0xBF58476D1CE4E5B9, spread.instruments)
        words[at] = START_NS + row * STEP_NS
        words[at + 1] = words[at + 2] = row
        words[at + 3] = 0 if kind == NEW else names.get(order_id, 0)
        signed[at + 5] *= TICK
        signed[at + 6] *= LOT
        words[at + 9] = account << 32 | spread_over(order_id >> 1, 0x94D049BB133111EB, spread.sessions)
        words[at + 10] = instrument
        at += COMMAND_WORDS
        if kind != CANCEL:
            names[order_id] = row
        if kind == NEW:
            pairs.add((account, instrument))
    return Load(made, spread, packed, pairs, min(workload.top, REACH))


def limits_of(made: Load) -> dict[str, int]:
    """Return what the flow keeps open, as a venue would set its limits."""
    pages = 2 * (made.top // 64 + 2) * made.spread.instruments
    return {"orders": 2 * made.flow.live_max, "levels": 64 * min(pages, made.flow.live_max + 2), "accounts": made.spread.accounts}


def _instruments(made: Load) -> list[Instrument]:
    return [Instrument(f"FLOW{number}", TICK, LOT, LOT, max_price=made.top * TICK) for number in range(1, made.spread.instruments + 1)]


def new_book(made: Load) -> OrderBook:
    """Return the same books without a venue."""
    return OrderBook(_instruments(made), **limits_of(made))


def new_venue(made: Load, **limits: int) -> Venue:
    """Return a venue whose accounts can pay for everything that the flow asks of them; `limits` in place of those that suit it."""
    accounts, instruments, sessions = made.spread
    assets = instruments + 1
    balances = accounts + len(made.pairs) + (accounts if instruments == 1 else 0) + assets * len(SystemAccount)
    limits = {"parties": accounts, "assets": assets, "balances": balances, "profiles": PROFILES, **limits_of(made), **limits}
    venue = Venue(sessions=sessions, instruments=instruments, **limits)
    for asset in range(1, assets + 1):
        venue.open_asset(asset)
    for terms in _instruments(made):
        number = venue.list_instrument(terms)
        set_gate(venue, number)
        set_reference(venue, number)
    for account in range(1, accounts + 1):
        set_party(venue, account)
        venue.set_account(account, party=account, tier=account % len(RATES))
    pairs = made.pairs if instruments > 1 else {(account, 1) for account in range(1, accounts + 1)}
    for account, instrument in pairs:
        venue.set_holder(account, instrument + 1, True)
    grants = [(account, CASH) for account in range(1, accounts + 1)] + [(account, number + 1) for account, number in sorted(pairs)]
    for start in range(0, len(grants), JOURNAL_LINES):
        credit(venue, grants[start : start + JOURNAL_LINES], GRANT // accounts)
    return venue


def set_gate(venue: Venue, number: int, **terms: Any) -> None:
    """Let an instrument trade, through every gate that it can have; `terms` in place of those that let all through."""
    max_price = venue.book.instruments[number - 1].max_price
    wide = {
        "base": number + 1,
        "quote": CASH,
        "may": Capability.ENTER | Capability.REDUCE | Capability.BUY | Capability.TAKE,
        "order_types": 2**64 - 1,
        "min_notional": 1,
        "max_notional": 2**60,
        "ticks": [(0, TICK), (max_price // 2, TICK)],
        "rates": RATES,
        "day_cap": 2**61,
        "whitelist": True,
        "chains": 1,
    }
    venue.set_gate(number, **{**wide, **terms})


def set_reference(venue: Venue, number: int, **terms: int) -> None:
    """Set a reference in the middle of the prices, and a collar; `terms` in place of those that let all through."""
    high = venue.book.instruments[number - 1].max_price
    wide = {"price": (high + TICK) // 2, "quality": Quality.LIVE, "low": TICK, "high": high, "away_low": TICK, "away_high": high}
    venue.set_reference(number, **{**wide, "dynamic_bps": 10_000, "until_ns": 2 * START_NS, **terms})


def set_party(venue: Venue, number: int, **terms: int) -> None:
    """Open a subscriber with a limit of every kind; `terms` in place of those that let all through."""
    wide = {
        "profile": number % PROFILES,
        "kyc_until_ns": 2 * START_NS,
        "chains": 1,
        "max_order_qty": 2**50,
        "max_order_notional": 2**60,
        "max_open_orders": 2**30,
        "max_gross_open": 2**61,
        "max_gross_day": 2**61,
        "duplicates_max": 8,
        "duplicates_ns": 1_000_000_000,
    }
    venue.set_party(number, **{**wide, **terms})


def credit(venue: Venue, to: list[tuple[int, int]], amount: int) -> None:
    """Credit so much to each (account, asset) from custody, as deposits do; less than nothing takes it back."""
    lines = [(account, asset, Bucket.AVAILABLE, amount) for account, asset in to]
    lines += [(SystemAccount.CUSTODY, asset, Bucket.AVAILABLE, -amount) for _, asset in to]
    venue.move(lines)


def reports_of(trading: OrderBook | Venue, commands: bytes | bytearray | memoryview) -> bytes:
    """Apply commands and return all their reports; a late cancel reads as one of an unknown order, for only a venue can tell."""
    apply, book = (trading.apply_packed, trading.book) if isinstance(trading, Venue) else (trading.apply, trading)
    found = bytearray()
    done = 0
    while done * COMMAND_SIZE < len(commands):
        done = apply(commands, done)
        found += book.reports
    found[EVENT_SIZE - 1 :: EVENT_SIZE] = found[EVENT_SIZE - 1 :: EVENT_SIZE].translate(AS_UNKNOWN)
    return bytes(found)


def tally(reports: bytes) -> tuple[int, int]:
    """Count the executions in packed reports and add up their quantities."""
    quantities = memoryview(reports).cast("q")[9 :: EVENT_SIZE // 8]
    takers = [
        qty
        for kind, role, qty in zip(reports[92::EVENT_SIZE], reports[94::EVENT_SIZE], quantities, strict=True)
        if kind == ExecType.TRADE and role == Liquidity.TAKER
    ]
    return len(takers), sum(takers)
