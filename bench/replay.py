"""How fast a log is replayed: a real journal's folder, read, checked and carried out, beside the venue core alone on the same commands.

The log is that of a venue founded by acts, with the flow's commands in groups of a sequencer, marks, and an act among every 10,000 commands
(`logged.py`).  Turns alternate between three: reading alone (frames, checksums, chain), the replay (reading, and the replica that carries
out and compares at each mark), and the venue's batch call.  What is timed is the flow behind its prefill.  A replay that comes to another
history than the log's fails; its trades must be the flow's.
"""

import gc
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from bench import flow, logged, market, shapes, targets
from bench.book import all_agree, paired
from bench.venue import apply_all, chunks
from engine.config import Config
from engine.journal.reading import JournalReader

SHAPES = ("w1", "w3", "normal")


def read(folder: Path, places: logged.Places) -> float:
    """Read the flow's groups and return nanoseconds a command."""
    gc.disable()
    with JournalReader(folder, places.flow) as reader:
        groups = reader.poll()
        start = perf_counter_ns()
        count = sum(group.count for group in groups)
        spent = perf_counter_ns() - start
    gc.enable()
    return spent / count


def replay(config: Config, folder: Path, places: logged.Places) -> tuple[float, int]:
    """Replay the whole log; return nanoseconds a command of the flow, and its trades."""
    replica = logged.new_replica(config)
    gc.disable()
    with JournalReader(folder) as reader:
        groups = reader.poll()
        while replica.next_seq < places.flow:
            replica.replay(next(groups))
        before = replica.venue.last_match_id
        start = perf_counter_ns()
        for group in groups:
            replica.replay(group)
        spent = perf_counter_ns() - start
    gc.enable()
    assert replica.next_seq == places.last + 1
    assert not replica.faults, replica.faults
    replica.venue.check()
    return spent / (places.last + 1 - places.flow), replica.venue.last_match_id - before


def core(config: Config, folder: Path, made: market.Load, places: logged.Places) -> float:
    """Apply the flow's commands to the same venue by the batch call, and return nanoseconds a message."""
    replica = logged.new_replica(config)
    with JournalReader(folder) as reader:
        groups = reader.poll()
        while replica.next_seq < places.flow:
            replica.replay(next(groups))
    begin = made.flow.prefill
    return apply_all(replica.venue, chunks(made, begin, begin + made.flow.messages)) / made.flow.messages


def measure(made: market.Load, rounds: int, folder: Path) -> dict[str, Any]:
    """Write the log of one flow and measure the three on it, turn by turn."""
    with tempfile.TemporaryDirectory(prefix="ats-replay-", dir=folder) as home:
        config = logged.settle_in(Path(home), made)
        places = logged.written(config, made)
        journal = Path(home) / config.journal.folder
        found: list[int] = []

        def replayed() -> float:
            ns, trades = replay(config, journal, places)
            found.append(trades)
            return ns

        turns: dict[str, Callable[[], float]] = {
            "read": lambda: read(journal, places),
            "replay": replayed,
            "core": lambda: core(config, journal, made, places),
        }
        times: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(rounds):
            for name, turn in turns.items():
                times[name].append(turn())
        size = sum(path.stat().st_size for path in journal.glob("*.segment"))
    return {
        "shape": made.flow.shape,
        "seed": made.flow.seed,
        "messages": made.flow.messages,
        "prefill": made.flow.prefill,
        "accounts": made.spread.accounts,
        "commands": places.last + 1 - places.flow,
        "journal_bytes": size,
        "agree": set(found) == {made.flow.trades},
        "runs": {name: [round(ns, 1) for ns in taken] for name, taken in times.items()},
        "ns": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ns_min": {name: round(min(taken), 1) for name, taken in times.items()},
        "millions": round(1000 / statistics.median(times["replay"]), 2),
        "ratio": paired(times["replay"], times["core"]),
    }


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    figures = "".join(f"{result['ns'][name]:9.1f}" for name in ("read", "core", "replay"))
    least = result["ns_min"]["replay"]
    return f"{result['shape']:8}{figures}{least:9.1f}{result['ratio']:8.2f}{result['millions']:8.2f}  {'yes' if result['agree'] else 'NO'}"


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench replay`."""
    parser = shapes.options("replay", __doc__, SHAPES)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    chosen = shapes.parse(parser, arguments)
    spread = market.Spread(chosen.accounts)

    def measured(made: flow.Flow) -> dict[str, Any]:
        return measure(market.load(made, spread), chosen.rounds, chosen.folder)

    note = f"ns a command, median of {chosen.rounds} rounds; {chosen.count:,} messages a shape, {chosen.accounts:,} accounts"
    columns = f"{'shape':8}{'read':>9}{'core':>9}{'replay':>9}{'min':>9}{'ratio':>8}{'M/s':>8}  agree"
    facts = {"accounts": chosen.accounts, "chunk": logged.BATCH, "durability": "a log on disk, read again"}
    return shapes.tabulate("replay", chosen, f"{note}\n\n{columns}", measured, row, lines, **facts)


def lines(results: list[dict[str, Any]]) -> list[targets.Line]:
    """Hold the slowest shape against P8."""
    worst = min(results, key=lambda result: float(result["millions"]))
    beside = {result["shape"]: round(result["millions"] * 1e6) for result in results}
    return [targets.line("P8", worst["millions"] * 1e6, shape=worst["shape"], per_s=beside, agree=all_agree(results))]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
