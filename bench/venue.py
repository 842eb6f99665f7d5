"""The venue core with everything on, beside the book alone and the least that a book with money must do, in one run.

Rounds alternate between the four: the floor, the floor with a ledger (`floor/ledger.h`), the book's batch call and the venue's, which take
the same packed commands in chunks of 1,024.  Every order passes all the gates, its cost is held, each execution is settled on both sides
with fees at maker and taker rates.  No figure is printed before the venue's reports were those of the book alone, byte by byte, and its
ledger and counters were found right by `Venue.check`.
"""

import gc
import statistics
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from bench import market, shapes, targets
from bench.book import all_agree, paired
from bench.floor import build, run
from engine.matching.book import OrderBook
from engine.matching.records import COMMAND_SIZE
from engine.venue.venue import Venue

CHUNK = 1024
SHAPES = ("w1", "w3", "normal", "crash")


def chunks(made: market.Load, begin: int, end: int) -> list[memoryview]:
    """Cut the commands from message `begin` up to `end` into batches."""
    view = memoryview(made.commands)
    return [view[start * COMMAND_SIZE : min(start + CHUNK, end) * COMMAND_SIZE] for start in range(begin, end, CHUNK)]


def apply_all(trading: OrderBook | Venue, batches: list[memoryview]) -> int:
    """Apply each batch, look at its reports, and return the nanoseconds that it all took."""
    apply, book = (trading.apply_packed, trading.book) if isinstance(trading, Venue) else (trading.apply, trading)
    gc.disable()
    start = perf_counter_ns()
    for batch in batches:
        done = apply(batch)
        reports = book.reports
        while done * COMMAND_SIZE < len(batch):
            done = apply(batch, done)
            reports = book.reports
        del reports
    spent = perf_counter_ns() - start
    gc.enable()
    return spent


def timed(made: market.Load, trading: OrderBook | Venue) -> float:
    """Run the flow through a fresh book or venue and return nanoseconds a message after the prefill."""
    prefill, messages = made.flow.prefill, made.flow.messages
    apply_all(trading, chunks(made, 0, prefill))
    return apply_all(trading, chunks(made, prefill, prefill + messages)) / messages


def agree(made: market.Load) -> bool:
    """Say whether venue and book report the same, with the trades that the flow's maker found; let the venue check itself."""
    book, venue = market.new_book(made), market.new_venue(made)
    prefill, end = made.flow.prefill, made.flow.prefill + made.flow.messages
    same = all(market.reports_of(book, batch) == market.reports_of(venue, batch) for batch in chunks(made, 0, prefill))
    trades = volume = 0
    for batch in chunks(made, prefill, end):
        reports = market.reports_of(book, batch)
        same = same and reports == market.reports_of(venue, batch)
        executed = market.tally(reports)
        trades, volume = trades + executed[0], volume + executed[1]
    venue.check()
    return same and (made.flow.trades, made.flow.volume * market.LOT) == (trades, volume)


def measure(made: market.Load, rounds: int) -> dict[str, Any]:
    """Measure the four on one flow, turn by turn."""
    floor, ledger = build("floor"), build("floor", "LEDGER")
    arguments = (made.flow.path, made.flow.prefill, 1, made.spread.accounts)
    said = run(ledger, *arguments)
    same = agree(made) and said["conserved"] == 1 and (said["trades"], said["volume"]) == (made.flow.trades, made.flow.volume)
    turns: dict[str, Callable[[], float]] = {
        "floor": lambda: float(run(floor, *arguments)["ns"]),
        "floor_ledger": lambda: float(run(ledger, *arguments)["ns"]),
        "book": lambda: timed(made, market.new_book(made)),
        "venue": lambda: timed(made, market.new_venue(made)),
    }
    times: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            times[name].append(turn())
    return {
        "shape": made.flow.shape,
        "seed": made.flow.seed,
        "messages": made.flow.messages,
        "prefill": made.flow.prefill,
        **made.spread._asdict(),
        "trades": made.flow.trades,
        "agree": same,
        "runs": {name: [round(ns, 1) for ns in taken] for name, taken in times.items()},
        "ns": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ns_min": {name: round(min(taken), 1) for name, taken in times.items()},
        "ns_max": {name: round(max(taken), 1) for name, taken in times.items()},
        "ratio_book": paired(times["venue"], times["book"]),
        "ratio_book_min": round(min(times["venue"]) / min(times["book"]), 2),
        "ratio_ledger": paired(times["venue"], times["floor_ledger"]),
        "ratio_floors": paired(times["floor_ledger"], times["floor"]),
    }


COLUMNS = (
    f"{'':8}{'':8}{'floor +':>9}{'':8}{'':8}  |{'venue to':^24}  |{'floors':>8}{'venue':>9}\n"
    f"{'shape':8}{'floor':>8}{'ledger':>9}{'book':>8}{'venue':>8}  |{'book':>6}{'of min':>8}{'f. + l.':>10}  |{'ratio':>8}{'M/s':>9}  "
    f"{'trades':>9}  agree"
)


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    ns = result["ns"]
    return (
        f"{result['shape']:8}{ns['floor']:8.1f}{ns['floor_ledger']:9.1f}{ns['book']:8.1f}{ns['venue']:8.1f}  |"
        f"{result['ratio_book']:6.2f}{result['ratio_book_min']:8.2f}{result['ratio_ledger']:10.2f}  |"
        f"{result['ratio_floors']:8.2f}{1000 / ns['venue']:9.2f}  {result['trades']:9,}  {'yes' if result['agree'] else 'NO'}"
    )


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench venue`."""
    parser = shapes.options("venue", __doc__, SHAPES)
    parser.add_argument("--accounts", type=int, default=1000)
    chosen = shapes.parse(parser, arguments)
    spread = market.Spread(chosen.accounts)
    note = f"ns a message, median of {chosen.rounds} rounds; {chosen.count:,} messages a shape, {chosen.accounts:,} accounts"
    heading = f"{note}\n\n{COLUMNS}"
    facts = {"chunk": CHUNK, "accounts": chosen.accounts, "durability": "none"}
    return shapes.tabulate("venue", chosen, heading, lambda made: measure(market.load(made, spread), chosen.rounds), row, lines, **facts)


def lines(results: list[dict[str, Any]]) -> list[targets.Line]:
    """Hold w1 against P2, where it was measured."""
    beside = {"ratios": {result["shape"]: result["ratio_book"] for result in results}, "agree": all_agree(results)}
    w1 = next((result for result in results if result["shape"] == "w1"), None)
    if w1 is None:
        return []
    to_book = targets.line("P2a", w1["ratio_book"], of_min=w1["ratio_book_min"], **beside)
    return [to_book, targets.line("P2b", 1e9 / w1["ns"]["venue"], ns=w1["ns"]["venue"], accounts=w1["accounts"])]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
