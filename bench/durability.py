"""The price of durability at full load: what a venue takes with its journal off, async and durable, in turns.

Over TCP: each venue is a process on a core of its own, the load generator another; requests/s with every report checked, and the server's
CPU a request, that of the journal's threads included.  Those share the venue's core at first; then the system may place them, and on two
cores they share the other one with the load generator.  Snapshots are taken as a venue takes them, and a turn of a million requests fills
almost two segments of the journal, so that what closing one costs is in it.

In process: a flow's commands go straight into a sequencer, BATCH at a time; there is no socket, request or client behind which the journal
could hide.
"""

import gc
import itertools
import select
import statistics
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from bench import flow, logged, market
from bench.machine import describe, heading, save
from bench.options import parsed, parser, place
from bench.servers import MODES, Figures, Shape, Target, in_turns, start_venue
from bench.targets import Line, line
from engine.config import Config
from engine.gateway.gateway import Gateway
from engine.matching.records import COMMAND_SIZE
from engine.store import open_store

SHAPES = [Shape(4, 1000, 4), Shape(16, 10, 4), Shape(16, 100, 4), Shape(64, 100, 1)]
FREE = "free"
PLACES = {"one core": False, FREE: True}  # of a venue's other threads
MIX = "rest"
FLOW = "w1"
BATCH = 1024


def over_tcp(place: str, targets: list[Target], rounds: int, requests: int) -> list[Figures]:
    """A regression here means that the journal takes more of the venue's core, or lets clients wait."""
    rows = []
    for shape in SHAPES:
        runs = in_turns(targets, rounds, *shape.options, "--requests", requests, "--mix", MIX)
        row = compared({name: [run["per_s"] for run in found] for name, found in runs.items()})
        row["us"] = {name: round(statistics.median(run["server_us"] for run in found), 3) for name, found in runs.items()}
        row["load_cpu"] = round(max(run["load_cpu"] for found in runs.values() for run in found), 2)
        shown(f"{place:<10}{shape.clients:>7}{shape.batch:>7}{shape.window:>8}", row, f"{row['load_cpu']:>10.2f}")
        rows.append({"place": place, **shape._asdict(), "mix": MIX, "depth": shape.depth, **row, "runs": runs})
    return rows


def in_process(rounds: int, messages: int, folder: Path) -> Figures:
    """A regression here means that the sequencer does more for each group or command."""
    runs: dict[str, list[float]] = {mode: [] for mode in MODES}
    made = market.load(flow.make(FLOW, folder / "flow", count=messages), market.Spread())
    for number, mode in itertools.product(range(rounds), MODES):
        config = logged.settle_in(folder / f"{mode}-{number}", made, mode)
        runs[mode].append(logged.elsewhere(partial(sequenced, config, made)))
    row = compared(runs)
    row["us"] = {mode: round(1e6 / per_s, 3) for mode, per_s in row["per_s"].items()}
    shown(f"{'in process, ' + FLOW:<32}", row)
    return {"flow": FLOW, "batch": BATCH, **row, "runs": runs}


def sequenced(config: Config, made: market.Load) -> float:
    """Run a flow through one venue as fast as it goes, until the last report may be seen; return commands a second."""
    store = open_store(config)
    sequencer = Gateway(config, logged.Steps(), lambda *_: None, store=store).sequencer
    logged.submit(sequencer, made, 0, made.flow.prefill)
    view = memoryview(made.commands)
    step = BATCH * COMMAND_SIZE
    batches = [view[at : at + step] for at in range(made.flow.prefill * COMMAND_SIZE, len(view), step)]
    poll = select.poll()
    if store is not None:
        poll.register(store.journal.fileno(), select.POLLIN)
    gc.disable()
    begin = perf_counter_ns()
    for batch in batches:
        sequencer.submit(batch)
        while sequencer.crowded:
            poll.poll()
            sequencer.settle()
    sequencer.finish()
    spent = perf_counter_ns() - begin
    assert sequencer.released_seq == sequencer.next_seq - 1
    sequencer.venue.check()
    return made.flow.messages / spent * 1e9


def compared(runs: dict[str, list[float]]) -> Figures:
    """Return the median of each mode and its ratio to the journal that is off, the median of turns that followed each other."""
    per_s = {name: statistics.median(found) for name, found in runs.items()}
    ratio = {name: statistics.median(a / b for a, b in zip(found, runs["memory"], strict=True)) for name, found in runs.items()}
    best = {name: max(found) / max(runs["memory"]) for name, found in runs.items()}
    return {"per_s": {name: round(value) for name, value in per_s.items()}, "ratio": rounded(ratio), "best": rounded(best)}


def rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}


def targets_of(tcp: list[Figures], inside: Figures) -> list[Line]:
    """Hold against P7 what is left where a durable venue takes the most, its threads placed by the system as where it is installed."""
    full = {place: max((row for row in tcp if row["place"] == place), key=lambda row: row["per_s"]["durable"]) for place in PLACES}
    chosen, one_core = full[FREE], full["one core"]
    beside = {name: chosen[name] for name in ("clients", "batch", "window", "load_cpu")}
    beside |= {"durable_per_s": chosen["per_s"]["durable"], "all_on_one_core": one_core["ratio"]["durable"]}
    return [line("P7", chosen["ratio"]["durable"], **beside, without_sockets=inside["ratio"]["durable"])]


def shown(what: str, row: Figures, rest: str = "") -> None:
    """Print one line of the table."""
    rates = "".join(f"{row['per_s'][mode]:>12,.0f}" for mode in MODES)
    ratios = "".join(f"{row[which][mode]:>9.2f}" for which in ("ratio", "best") for mode in MODES[1:])
    times = "".join(f"{row['us'][mode]:>9.2f}" for mode in MODES)
    print(f"{what}{rates}  |{ratios}  |{times}{rest}", flush=True)


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench durability`."""
    chosen = parsed(parser("durability", __doc__, rounds=5, requests=1_000_000, quick=40_000), arguments)
    about = describe()
    print(heading(about))
    print(f"median of {chosen.rounds} rounds; ratio to the journal off: of neighbouring turns, and of the best of each\n")
    rates = "".join(f"{mode:>12}" for mode in MODES)
    heads = "".join(f"{mode:>9}" for mode in MODES)
    print(f"{'':32}{'requests/s':^36}  |{'ratio':^18}{'of best':^18}  |{'us a request':^27}")
    ratios = "".join(f"{mode:>9}" for mode in MODES[1:])
    print(f"{'threads':<10}{'clients':>7}{'batch':>7}{'window':>8}{rates}  |{ratios}{ratios}  |{heads}{'load cpu':>10}")
    result: dict[str, Any] = {"machine": about, "tcp": []}
    with place("durability", chosen.folder) as (_, folder):
        for where, free in PLACES.items():
            with ExitStack() as servers:
                targets = [start_venue(servers, mode, folder / where, free=free) for mode in MODES]
                result["tcp"] += over_tcp(where, targets, chosen.rounds, chosen.requests)
        result["in_process"] = in_process(chosen.rounds, chosen.requests, folder)
    result["targets"] = targets_of(result["tcp"], result["in_process"])
    if chosen.save:
        print(f"\nsaved {save('durability', result)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
