"""The price of durability at full load: what a venue takes with its journal off, async and durable, in turns.

Over TCP: each venue is a process on a core of its own, the load generator another (`bench gateway` has the same shapes); requests/s with
every report checked, and the server's CPU a request, that of the journal's threads included.  Those share the venue's core at first; then
the system may place them.  Snapshots are taken as a venue takes them.

In process: a flow's commands go straight into a sequencer, BATCH at a time; there is no socket, request or client behind which the journal
could hide.
"""

import argparse
import gc
import itertools
import select
import statistics
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from bench import flow, logged, market
from bench.machine import describe, heading, save
from bench.servers import MODES, Figures, Target, in_turns, start_venue
from engine.config import Config
from engine.gateway.gateway import Gateway
from engine.matching.records import COMMAND_SIZE
from engine.store import open_store

# clients, requests per send, sends under way
SHAPES = [(1, 1000, 4), (16, 10, 4), (16, 100, 2), (64, 100, 1)]
PLACES = {"one core": False, "free": True}  # of a venue's other threads
FLOW = "w1"
BATCH = 1024


def over_tcp(place: str, targets: list[Target], rounds: int, requests: int) -> list[Figures]:
    """A regression here means that the journal takes more of the venue's core, or lets clients wait."""
    rows = []
    for clients, batch, window in SHAPES:
        count = min(requests, batch * 20_000)
        options = ["--clients", clients, "--batch", batch, "--window", window, "--requests", count]
        runs = in_turns(targets, rounds, "bench.load", *options)
        row = compared({name: [run["per_s"] for run in found] for name, found in runs.items()})
        row["us"] = {name: round(statistics.median(run["server_us"] for run in found), 3) for name, found in runs.items()}
        row["load_cpu"] = round(max(run["load_cpu"] for found in runs.values() for run in found), 2)
        shown(f"{place:<10}{clients:>7}{batch:>7}{window:>8}", row, f"{row['load_cpu']:>10.2f}")
        rows.append({"place": place, "clients": clients, "batch": batch, "window": window, **row, "runs": runs})
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


def shown(what: str, row: Figures, rest: str = "") -> None:
    """Print one line of the table."""
    rates = "".join(f"{row['per_s'][mode]:>12,.0f}" for mode in MODES)
    ratios = "".join(f"{row[which][mode]:>9.2f}" for which in ("ratio", "best") for mode in MODES[1:])
    times = "".join(f"{row['us'][mode]:>9.2f}" for mode in MODES)
    print(f"{what}{rates}  |{ratios}  |{times}{rest}", flush=True)


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench durability`."""
    parser = argparse.ArgumentParser(prog="python -m bench durability", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=600_000, help="of each turn")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    about = describe()
    print(heading(about))
    print(f"median of {chosen.rounds} rounds; ratio to the journal off: of neighbouring turns, and of the best of each\n")
    rates = "".join(f"{mode:>12}" for mode in MODES)
    heads = "".join(f"{mode:>9}" for mode in MODES)
    print(f"{'':32}{'requests/s':^36}  |{'ratio':^18}{'of best':^18}  |{'us a request':^27}")
    ratios = "".join(f"{mode:>9}" for mode in MODES[1:])
    print(f"{'threads':<10}{'clients':>7}{'batch':>7}{'window':>8}{rates}  |{ratios}{ratios}  |{heads}{'load cpu':>10}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ats-durability-", dir=chosen.folder)))
        result: dict[str, Any] = {"machine": about, "tcp": []}
        for place, free in PLACES.items():
            with ExitStack() as servers:
                targets = [start_venue(servers, mode, folder / place, free=free) for mode in MODES]
                result["tcp"] += over_tcp(place, targets, chosen.rounds, chosen.requests)
        result["in_process"] = in_process(chosen.rounds, chosen.requests, folder)
    if chosen.save:
        print(f"\nsaved {save('durability', result)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
