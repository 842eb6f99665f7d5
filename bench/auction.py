"""An auction of a million orders, beside the time that the C library needs to sort them twice.

The orders lie in a call: limits drawn evenly from 20,000 ticks on both sides, so half of them trade; `uncross` is timed alone, as one call:
it works the price out, executes price by price and order by order, writes a report for each side of each execution, and in the venue
settles both sides, with the auction's fee.  The floor (`floor/sort.c`) sorts keys of 16 bytes, price and number of entry, with qsort.

No figure is printed before the volume was that of a brute count over all prices, at a price where that much can trade and least is left
over, book and venue reported the same, and `Venue.check` found that nothing was made or lost.
"""

import argparse
import gc
import statistics
import sys
import tempfile
from array import array
from collections.abc import Callable
from functools import partial
from itertools import accumulate
from operator import sub
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Any, NamedTuple

from bench import flow, machine, market
from bench.book import paired
from bench.floor import build, run
from engine.cli.workload import COMMAND_WORDS
from engine.matching.book import OrderBook
from engine.matching.enums import CommandKind, ExecType, OrdType, Phase, Side, TimeInForce
from engine.matching.records import COMMAND_SIZE, EVENT_SIZE, Uncross
from engine.venue.venue import Venue

COUNT = 1_000_000
LOWEST, TICKS = 40_000, 20_000
LOTS = 100
CHUNK = 1024


class Made(NamedTuple):
    """Orders for one auction: packed commands of a market, and the sides, ticks and lots of them."""

    load: market.Load
    sides: bytes
    ticks: "array[int]"
    lots: "array[int]"


def make(count: int, seed: int, accounts: int) -> Made:
    """Draw orders from a seed."""
    random = Random(seed)
    sides = bytes(random.choices((Side.BUY, Side.SELL), k=count))
    ticks = array("q", random.choices(range(LOWEST, LOWEST + TICKS), k=count))
    lots = array("q", random.choices(range(1, LOTS + 1), k=count))
    owners = [market.spread_over(number, 0x9E3779B97F4A7C15, accounts) for number in range(1, count + 1)]
    commands = bytearray(COMMAND_SIZE * count)
    words = memoryview(commands).cast("q")
    numbers = memoryview(array("q", range(1, count + 1)))
    words[0::COMMAND_WORDS] = memoryview(array("q", [market.START_NS + number * market.STEP_NS for number in numbers]))
    words[1::COMMAND_WORDS] = words[2::COMMAND_WORDS] = numbers
    words[5::COMMAND_WORDS] = memoryview(array("q", [tick * market.TICK for tick in ticks]))
    words[6::COMMAND_WORDS] = memoryview(array("q", [qty * market.LOT for qty in lots]))
    words[9::COMMAND_WORDS] = memoryview(array("q", [1 | owner << 32 for owner in owners]))
    words[10::COMMAND_WORDS] = memoryview(array("q", [1]) * count)
    commands[88::COMMAND_SIZE] = bytes([CommandKind.ENTER]) * count
    commands[89::COMMAND_SIZE] = sides
    commands[90::COMMAND_SIZE] = bytes([OrdType.LIMIT]) * count
    commands[91::COMMAND_SIZE] = bytes([TimeInForce.GTC]) * count
    shape = flow.Flow("auction", seed, Path(), 0, count, 0, 0, count // 2 + 1, 0, {})
    load = market.Load(shape, market.Spread(accounts), commands, {(owner, 1) for owner in set(owners)}, LOWEST + TICKS)
    return Made(load, sides, ticks, lots)


def book_in_call(made: Made) -> OrderBook:
    """Return a book that collects and has taken every order."""
    book = market.new_book(made.load)
    book.set_phase(1, Phase.CALL)
    enter_all(book, made)
    return book


def venue_in_call(made: Made) -> Venue:
    """Return a venue whose instrument collects and has taken every order."""
    venue = market.new_venue(made.load)
    market.set_gate(venue, 1, phase=Phase.CALL)
    enter_all(venue, made)
    venue.begin_act(market.START_NS)
    return venue


def enter_all(trading: OrderBook | Venue, made: Made) -> None:
    """Enter every order; each must come in, and none may trade."""
    commands = memoryview(made.load.commands)
    for at in range(0, len(commands), CHUNK * COMMAND_SIZE):
        kinds = market.reports_of(trading, commands[at : at + CHUNK * COMMAND_SIZE])[92::EVENT_SIZE]
        if kinds.strip(bytes([ExecType.NEW])):
            raise AssertionError("an order of the call was refused, or traded")


def timed(trading: OrderBook | Venue) -> tuple[float, Uncross, bytes]:
    """Uncross, and return the milliseconds that it took, what came of it, and what it reported."""
    gc.disable()
    start = perf_counter_ns()
    came = trading.uncross(1)
    spent = perf_counter_ns() - start
    gc.enable()
    return spent / 1e6, came, bytes((trading.book if isinstance(trading, Venue) else trading).reports)


def brute(made: Made) -> tuple[int, int, set[int]]:
    """Return the largest volume of any price, the least that is left over of such, and the ticks where both are so."""
    at = [[0] * (LOWEST + TICKS + 1) for _ in range(2)]
    for side, tick, qty in zip(made.sides, made.ticks, made.lots, strict=True):
        at[side - Side.BUY][tick] += qty
    buys = [*accumulate(reversed(at[0]))][::-1]  # at this price or a higher one
    sells = [*accumulate(at[1])]
    volumes = [*map(min, buys, sells)]
    volume = max(volumes)
    best = [tick for tick, found in enumerate(volumes) if found == volume]
    over = [*map(sub, buys, sells)]
    least = min(abs(over[tick]) for tick in best)
    return volume, least, {tick for tick in best if abs(over[tick]) == least}


def measure(made: Made, rounds: int, floor: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Measure the floor, the book and the venue, turn by turn."""
    volume, least, ticks = brute(made)
    times: dict[str, list[float]] = {"sort": [], "radix": [], "book": [], "venue": []}
    agree = True
    executions = 0
    for _ in range(rounds):
        said = floor()
        times["sort"].append(said["ns"] / 1e6)
        times["radix"].append(said["radix_ns"] / 1e6)
        agree = agree and said["agree"] == 1
        book = book_in_call(made)
        spent, came, reports = timed(book)
        times["book"].append(spent)
        book.check()
        del book
        venue = venue_in_call(made)
        spent, in_venue, said_by_venue = timed(venue)
        times["venue"].append(spent)
        venue.check()
        del venue
        executions = reports[92::EVENT_SIZE].count(ExecType.TRADE) // 2
        agree = agree and came == in_venue and reports == said_by_venue and came.done
        agree = agree and (came.qty, abs(came.imbalance)) == (volume * market.LOT, least * market.LOT)
        agree = agree and came.price // market.TICK in ticks and traded(reports) == 2 * came.qty
    return {
        "orders": len(made.sides),
        "seed": made.load.flow.seed,
        **made.load.spread._asdict(),
        "executions": executions,
        "volume": volume,
        "agree": agree,
        "ms": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ms_min": {name: round(min(taken), 1) for name, taken in times.items()},
        "ms_max": {name: round(max(taken), 1) for name, taken in times.items()},
        "ratio_book": paired(times["book"], times["sort"]),
        "ratio_venue": paired(times["venue"], times["sort"]),
    }


def traded(reports: bytes) -> int:
    """Add up what the reports say was executed, on either side."""
    return sum(memoryview(reports).cast("q")[9 :: EVENT_SIZE // 8])


COLUMNS = (
    f"{'':9}  |{'sorted twice':^18}  |{'uncrossed':^18}  |{'to qsort':^16}  |\n"
    f"{'orders':>9}  |{'qsort':>9}{'digits':>9}  |{'book':>9}{'venue':>9}  |{'book':>8}{'venue':>8}  |"
    f"{'executions':>12}{'volume':>14}  agree"
)


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    ms = result["ms"]
    return (
        f"{result['orders']:9,}  |{ms['sort']:9.1f}{ms['radix']:9.1f}  |{ms['book']:9.1f}{ms['venue']:9.1f}  |"
        f"{result['ratio_book']:8.2f}{result['ratio_venue']:8.2f}  |{result['executions']:12,}{result['volume']:14,}  "
        f"{'yes' if result['agree'] else 'NO'}"
    )


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench auction`."""
    parser = argparse.ArgumentParser(prog="python -m bench auction", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    print(f"milliseconds, median of {chosen.rounds} rounds; {chosen.accounts:,} accounts, seed {chosen.seed}; reports written\n\n{COLUMNS}")
    made = make(chosen.count, chosen.seed, chosen.accounts)
    with tempfile.TemporaryDirectory(prefix="ats-keys-") as directory:
        keys = array("q", [0]) * (2 * chosen.count)
        keys[0::2], keys[1::2] = made.ticks, array("q", range(chosen.count))
        path = Path(directory) / "keys"
        path.write_bytes(keys.tobytes())
        result = measure(made, chosen.rounds, partial(run, build("sort"), path))
    print(row(result))
    if chosen.save:
        print(f"\nsaved {machine.save('auction', {'machine': about, 'auctions': [result]})}", file=sys.stderr)
    return 0 if result["agree"] else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
