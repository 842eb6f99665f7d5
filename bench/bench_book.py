"""Pieces of the book, one act each: did a change move it?  Every round does ACTS commands in one batch, on a book made outside the timer.

Run: python -m pytest bench/bench_book.py; the column that counts is `ns_per_act` of the extra info, or the mean divided by 10,000.
How fast the book is on a market's mix of acts, and against what floor, is `python -m bench book`'s to say.
"""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest

from bench.commands import pack
from engine.matching.book import Instrument, OrderBook
from engine.matching.enums import CommandKind, ExecType, OrdType, Side, TimeInForce
from engine.matching.records import COMMAND_SIZE, EVENT_SIZE

ACTS = 10_000
SEED = 20260101
MID = 50_000
PLAIN = {"session": 1, "account": 1, "instrument": 1, "qty": 10}

Batch = Callable[..., None]


def enter(name: int, side: int, price: int, **more: int) -> bytes:
    """Pack a new order: limit, good till canceled, quantity 10 where nothing else is said."""
    return plain(kind=CommandKind.ENTER, ord_type=OrdType.LIMIT, cl_ord_id=name, side=side, price=price, **{"tif": TimeInForce.GTC, **more})


def plain(**fields: int) -> bytes:
    """Pack a command of the one account there is."""
    return pack(**{**PLAIN, **fields})


@pytest.fixture
def batch(benchmark: Any) -> Batch:
    """Give a function that times one batch of commands on a book that took another batch before, and counts what it refuses."""

    def measure(before: Iterable[bytes], commands: Iterable[bytes], refused: int = 0) -> None:
        resting, acts = b"".join(before), b"".join(commands)

        def fresh() -> tuple[tuple[OrderBook], dict[str, Any]]:
            book = OrderBook(Instrument("BENCH", tick=1, max_price=2 * MID), orders=200_000)
            # Once before the clock starts, so that no round pays for the first touch of a page of memory.
            apply(book, resting)
            apply(book, acts)
            book.mass_cancel(account=1)
            apply(book, resting)
            return (book,), {}

        book = fresh()[0][0]
        assert refused == apply(book, acts)
        book.check()
        benchmark.extra_info.update(acts=ACTS, seed=SEED, commands=len(acts) // COMMAND_SIZE)
        benchmark.pedantic(lambda book: book.apply(acts), setup=fresh, rounds=20, warmup_rounds=1)
        if benchmark.stats:
            benchmark.extra_info["ns_per_act"] = round(benchmark.stats.stats.median / ACTS * 1e9, 1)

    return measure


def apply(book: OrderBook, commands: bytes) -> int:
    done = refused = 0
    while done * COMMAND_SIZE < len(commands):
        done = book.apply(commands, done)
        kinds = bytes(book.reports[92::EVENT_SIZE])
        refused += kinds.count(ExecType.REJECTED) + kinds.count(ExecType.CANCEL_REJECTED)
    return refused


def resting(count: int, levels: int = 200) -> list[bytes]:
    """Return orders of both sides on so many levels each, in no order."""
    random = Random(SEED)
    away = [1 + random.randrange(levels) for _ in range(count)]
    return [enter(name, 1 + name % 2, MID - behind if name % 2 == 0 else MID + behind) for name, behind in enumerate(away, 1)]


def bench_enter_resting(batch: Batch) -> None:
    """Slower: the checks, the slot, the id's table or the append to a level cost more on every order there is."""
    batch([], resting(ACTS))


def bench_enter_on_new_levels(batch: Batch) -> None:
    """Slower: making a level or a page of levels costs more, which a moving price does all day."""
    batch([], [enter(name, Side.BUY, 3 * name) for name in range(1, ACTS + 1)])


def bench_cancel_deep(batch: Batch) -> None:
    """Slower: finding an order by its client's id, or unlinking it, costs more where caches do not help."""
    names = list(range(1, 100_001))
    Random(SEED).shuffle(names)
    batch(resting(100_000, levels=2000), [plain(kind=CommandKind.CANCEL, orig_cl_ord_id=name) for name in names[:ACTS]])


def bench_cancel_last_of_level(batch: Batch) -> None:
    """Slower: the search for the next best level costs more; each cancel here empties the best one, 8 ticks from the next."""
    before = [enter(name, Side.SELL, 20 + 8 * name) for name in range(1, ACTS + 1)]
    batch(before, [plain(kind=CommandKind.CANCEL, orig_cl_ord_id=name) for name in range(1, ACTS + 1)])


def bench_trade_one_to_one(batch: Batch) -> None:
    """Slower: an execution, its two reports and the end of two orders cost more."""
    before = [enter(name, Side.SELL, MID + name % 100) for name in range(1, ACTS + 1)]
    batch(before, [enter(ACTS + name, Side.BUY, MID + 100) for name in range(1, ACTS + 1)])


def bench_sweep_ten_levels(batch: Batch) -> None:
    """Slower: going from level to level within one order costs more.  An act is one execution."""
    before = [enter(name, Side.SELL, name) for name in range(1, ACTS + 1)]
    sweeps = range(ACTS // 10)
    batch(before, [enter(ACTS + 1 + name, Side.BUY, 10 * name + 10, qty=100, tif=TimeInForce.IOC) for name in sweeps])


def bench_replace_price(batch: Batch) -> None:
    """Slower: leaving one queue for another costs more: the most frequent act of a market maker."""
    random = Random(SEED)
    commands = [
        plain(
            kind=CommandKind.REPLACE,
            orig_cl_ord_id=name,
            price=MID - 1 - random.randrange(200) if name % 2 == 0 else MID + 1 + random.randrange(200),
        )
        for name in range(1, ACTS + 1)
    ]
    batch(resting(ACTS), commands)


def bench_replace_less_in_place(batch: Batch) -> None:
    """Slower: the check that a replace keeps its place, or its report, costs more."""
    before = [enter(name, Side.BUY, MID) for name in range(1, ACTS + 1)]
    batch(before, [plain(kind=CommandKind.REPLACE, orig_cl_ord_id=name, price=MID, qty=5) for name in range(1, ACTS + 1)])


def bench_fok_looks_at_a_hundred(batch: Batch) -> None:
    """Slower: the look through the queue before a fill-or-kill order costs more.  An act is one resting order looked at."""
    before = [enter(name, Side.SELL, MID + name // 10) for name in range(100)]
    batch(before[1:], [enter(1000 + name, Side.BUY, MID + 100, qty=2000, tif=TimeInForce.FOK) for name in range(ACTS // 100)])


def bench_iceberg_refreshes(batch: Batch) -> None:
    """Slower: showing the next part of a reserve costs more.  Each act takes what is shown of an iceberg among a hundred."""
    before = [enter(name, Side.SELL, MID, qty=100_000, display_qty=10) for name in range(1, 101)]
    batch(before, [enter(100 + name, Side.BUY, MID) for name in range(1, ACTS + 1)])


def bench_refuse_unknown_cancel(batch: Batch) -> None:
    """Slower: a miss in the table of ids, or the refusal, costs more: what a flood of late cancels is made of."""
    batch(resting(ACTS), [plain(kind=CommandKind.CANCEL, orig_cl_ord_id=10 * ACTS + name) for name in range(ACTS)], refused=ACTS)


def bench_mass_cancel(batch: Batch) -> None:
    """Slower: the scan for the orders of one account, or their sorting by age, costs more.  An act is one order canceled."""
    batch(resting(ACTS), [plain(kind=CommandKind.MASS_CANCEL, account=1, instrument=0)])


def bench_one_call_per_command(benchmark: Any) -> None:
    """Slower: the crossing from Python costs more.  Each act is one `enter` and one `cancel` of the same order."""
    book = OrderBook(Instrument("BENCH", tick=1, max_price=2 * MID), orders=1000)

    def acts() -> None:
        place, cancel = book.enter, book.cancel
        for name in range(1, ACTS + 1):
            place(1, MID, 10, name)
            cancel(0, name)

    benchmark.extra_info.update(acts=ACTS, seed=SEED, calls=2 * ACTS)
    benchmark.pedantic(acts, rounds=20, warmup_rounds=1)
    if benchmark.stats:
        benchmark.extra_info["ns_per_act"] = round(benchmark.stats.stats.median / ACTS * 1e9, 1)
