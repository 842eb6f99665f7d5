"""The order book against the floor: nanoseconds a message on every flow shape, in one run, the answers compared.

Rounds alternate between the floor and the book, so a busy neighbour falls on both: figures are medians of the rounds, a ratio is the median
of the ratios of neighbouring turns, and `of min` that of the fastest turns.  The book takes packed commands in chunks of 1,024 and each
chunk's reports are fetched before the next; it reads 112 bytes a command and writes 96 an event where the floor reads 20 and writes 32.
Orders are named by the client's id, as nearly all books have it, or by the id that the venue gave.
"""

import gc
import statistics
import sys
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any, NamedTuple

from bench import flow, shapes, targets
from bench.floor import build, run
from engine.cli.workload import REACH, Workload, read_workload
from engine.matching.book import Instrument, OrderBook
from engine.matching.enums import CommandKind, ExecType, Liquidity

CHUNK = 1024
COMMAND = 112
EVENT = 96
FACTS = {"chunk": CHUNK, "accounts": 1, "instruments": 1, "durability": "none"}


class Load(NamedTuple):
    """A flow ready to run: packed commands, and where the timed part begins."""

    flow: flow.Flow
    commands: bytearray
    top: int


def load(made: flow.Flow) -> Load:
    """Pack a flow's messages as commands that name orders by the client's id."""
    workload: Workload = read_workload(made.path)
    return Load(made, workload.commands(0, workload.count), min(workload.top, REACH))


def new_book(made: Load) -> OrderBook:
    """Return a book with room for what the flow keeps open, as a venue would set its limits."""
    pages = made.top // 64 + 2
    instrument = Instrument("FLOW", tick=1, lot=1, max_price=made.top)
    return OrderBook(instrument, orders=2 * made.flow.live_max, levels=2 * 64 * pages)


def chunks(made: Load, begin: int, end: int) -> Iterator[memoryview]:
    """Cut the commands from message `begin` up to `end` into batches."""
    view = memoryview(made.commands)
    for start in range(begin, end, CHUNK):
        yield view[start * COMMAND : min(start + CHUNK, end) * COMMAND]


def apply_all(book: OrderBook, batches: list[memoryview]) -> None:
    """Apply each batch and look at its reports."""
    for batch in batches:
        done = book.apply(batch)
        reports = book.reports
        while done * COMMAND < len(batch):
            done = book.apply(batch, done)
            reports = book.reports
        del reports


def timed(made: Load) -> float:
    """Run the flow through a fresh book and return nanoseconds a message after the prefill."""
    book = new_book(made)
    prefill, end = made.flow.prefill, made.flow.prefill + made.flow.messages
    apply_all(book, list(chunks(made, 0, prefill)))
    batches = list(chunks(made, prefill, end))
    gc.disable()
    start = perf_counter_ns()
    apply_all(book, batches)
    spent = perf_counter_ns() - start
    gc.enable()
    return spent / made.flow.messages


def answer(made: Load) -> tuple[int, int]:
    """Return trades and volume after the prefill, and let the book check itself."""
    book = new_book(made)
    apply_all(book, list(chunks(made, 0, made.flow.prefill)))
    trades = volume = 0
    for batch in chunks(made, made.flow.prefill, made.flow.prefill + made.flow.messages):
        done = 0
        while done * COMMAND < len(batch):
            done = book.apply(batch, done)
            raw = bytes(book.reports)
            quantities = memoryview(raw).cast("q")[9 :: EVENT // 8]
            takers = [
                qty
                for kind, role, qty in zip(raw[92::EVENT], raw[94::EVENT], quantities, strict=True)
                if kind == ExecType.TRADE and role == Liquidity.TAKER
            ]
            trades += len(takers)
            volume += sum(takers)
    book.check()
    return trades, volume


def by_order_ids(made: Load) -> Load:
    """Return the same flow as a client sends it who echoes the venue's order ids and has none of his own in the index."""
    commands = bytearray(made.commands)
    words = memoryview(commands).cast("Q")
    book = new_book(made)
    known: dict[int, int] = {}
    for at in range(made.flow.prefill + made.flow.messages):
        word = at * COMMAND // 8
        client_id, named = words[word + 2], words[word + 3]
        if commands[at * COMMAND + 88] == CommandKind.ENTER:
            words[word + 2] = words[word + 3] = 0
            book.apply(commands[at * COMMAND : (at + 1) * COMMAND])
            known[client_id or named] = memoryview(book.reports).cast("Q")[1]
        else:
            words[word + 3] = 0
            words[word + 4] = known.get(named, 0)
            book.apply(commands[at * COMMAND : (at + 1) * COMMAND])
    return Load(made.flow, commands, made.top)


def measure(made: flow.Flow, rounds: int) -> dict[str, Any]:
    """Measure the floor and the book on one flow, turn by turn."""
    by_client, by_order = load(made), by_order_ids(load(made))
    floor, slots = build("floor"), build("floor", "SLOT_IDS")
    said = run(floor, made.path, made.prefill, 1)
    expected = (said["trades"], said["volume"])
    answers = {"client ids": answer(by_client), "order ids": answer(by_order)}
    turns: dict[str, Callable[[], float]] = {
        "floor": lambda: float(run(floor, made.path, made.prefill, 1)["ns"]),
        "book": lambda: timed(by_client),
        "floor_slots": lambda: float(run(slots, made.path, made.prefill, 1)["ns"]),
        "book_order_ids": lambda: timed(by_order),
    }
    times: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            times[name].append(turn())
    return {
        "shape": made.shape,
        "seed": made.seed,
        "messages": made.messages,
        "mix": made.mix,
        "open_max": made.live_max,
        "levels_max": made.levels_max,
        "trades": made.trades,
        "volume": made.volume,
        "agree": all(got == expected == (made.trades, made.volume) for got in answers.values()),
        "runs": {name: [round(ns, 1) for ns in taken] for name, taken in times.items()},
        "ns": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ns_min": {name: round(min(taken), 1) for name, taken in times.items()},
        "ns_max": {name: round(max(taken), 1) for name, taken in times.items()},
        "ratio": paired(times["book"], times["floor"]),
        "ratio_min": round(min(times["book"]) / min(times["floor"]), 2),
        "ratio_order_ids": paired(times["book_order_ids"], times["floor_slots"]),
    }


COLUMNS = (
    f"{'':8}{'client ids':^32}  |{'order ids of the venue':^23}  |\n"
    f"{'shape':8}{'floor':>8}{'book':>8}{'ratio':>7}{'of min':>9}  |"
    f"{'floor':>8}{'book':>8}{'ratio':>7}  |{'trades':>10}{'volume':>12}  agree"
)


def paired(ours: list[float], theirs: list[float], digits: int = 2) -> float:
    """Return the median ratio of turns that followed each other, which a change in the machine's load hardly moves."""
    return round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), digits)


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    ns = result["ns"]
    return (
        f"{result['shape']:8}{ns['floor']:8.1f}{ns['book']:8.1f}{result['ratio']:7.2f}{result['ratio_min']:9.2f}  |"
        f"{ns['floor_slots']:8.1f}{ns['book_order_ids']:8.1f}{result['ratio_order_ids']:7.2f}  |"
        f"{result['trades']:10,}{result['volume']:12,}  {'yes' if result['agree'] else 'NO'}"
    )


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench book`."""
    chosen = shapes.parse(shapes.options("book", __doc__), arguments)
    note = f"ns a message, median of {chosen.rounds} rounds; {chosen.count:,} messages a shape, seed {chosen.seed}; reports written"
    heading = f"{note}\n\n{COLUMNS}"
    return shapes.tabulate("book", chosen, heading, lambda made: measure(made, chosen.rounds), row, lines, **FACTS)


def lines(results: list[dict[str, Any]]) -> list[targets.Line]:
    """Hold the worst shape against P1."""
    worst = max(results, key=lambda result: float(result["ratio"]))
    ratios = {result["shape"]: result["ratio"] for result in results}
    return [targets.line("P1", worst["ratio"], shape=worst["shape"], of_min=worst["ratio_min"], ratios=ratios, agree=all_agree(results))]


def all_agree(results: list[dict[str, Any]]) -> bool:
    """Say whether every answer was the right one."""
    return all(result["agree"] for result in results)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
