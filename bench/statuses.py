"""What the collar, pauses and orders that wait for a stop price cost the orders of a venue that trades on.

The same flow runs through the same venue (`bench venue`) in five states:

    bare      without a collar
    collar    with static and dynamic collar, as in the other benches
    stops     and 1,000 stop orders that wait far away
    pauses    and a book that pauses where the collar stops a match, which it never does here
    all       all of it

Each run is a process of its own, turn by turn.  With --against FOLDER there is a sixth, `before`: the state `collar` of another build,
whose tree is in that folder and was built there.  With --counts instructions are counted by valgrind, too: they do not move with the
neighbours.  No figure is printed before every run had the same executions, and the stop orders still waited.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import callgrind, flow, machine
from bench.book import paired
from engine.venue import venue as compiled_venue

ROOT = Path(__file__).parents[1]
RUN = Path(__file__).with_name("statuses_run.py")
STATES = ("bare", "collar", "stops", "pauses", "all")
COUNTED = 20_000
WAITING = {"stops": 1_000, "all": 1_000}


def ran(state: str, tree: Path, made: flow.Flow) -> tuple[float, int, int]:
    """Run a flow in a state once, with the engine of a tree; return ns a message, executions and stop orders that still wait."""
    words = [sys.executable, str(RUN), state, str(made.path), str(made.prefill), str(made.messages), str(made.live_max)]
    told = subprocess.run(words, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(tree)}, cwd=tree).stdout
    ns, executions, waiting = told.split()
    return float(ns), int(executions), int(waiting)


def instructions(state: str, tree: Path, made: flow.Flow) -> float:
    """Count the engine's instructions a message behind the prefill, where the child calls `ends_with_connection`."""
    call, mark = (callgrind.name_of(compiled_venue, rf"Venue_\d+{name}", tree) for name in ("apply_packed", "ends_with_connection"))
    run = [sys.executable, str(RUN), state, str(made.path), str(made.prefill), str(made.messages), str(made.live_max), "count"]
    with tempfile.TemporaryDirectory(prefix="ats-counts-") as name:
        found = callgrind.counted(run, Path(name), tree=tree, collect=call, since=mark)
    return sum(times for function, times in found.items() if function.startswith("__pyx_")) / made.messages


def measure(made: flow.Flow, turns: dict[str, tuple[str, Path]], rounds: int) -> dict[str, Any]:
    """Measure the states, turn by turn."""
    times: dict[str, list[float]] = {name: [] for name in turns}
    agree = True
    for _ in range(rounds):
        for name, (state, tree) in turns.items():
            ns, executions, waiting = ran(state, tree, made)
            times[name].append(ns)
            agree = agree and executions == made.trades and waiting == WAITING.get(name, 0)
    first = next(iter(turns))
    return {
        "shape": made.shape,
        "seed": made.seed,
        "messages": made.messages,
        "agree": agree,
        "ns": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ns_min": {name: round(min(taken), 1) for name, taken in times.items()},
        "more_ns": {
            name: round(statistics.median(a - b for a, b in zip(taken, times[first], strict=True)), 1) for name, taken in times.items()
        },
        "ratio": {name: paired(taken, times[first]) for name, taken in times.items()},
    }


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench statuses`."""
    parser = argparse.ArgumentParser(prog="python -m bench statuses", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shape", nargs="?", default="w1")
    parser.add_argument("--against", type=Path, help="the tree of another build")
    parser.add_argument("--counts", action="store_true", help="count instructions as well, of 20,000 messages")
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--count", type=int, default=flow.COUNT)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    turns = {"before": ("collar", chosen.against.resolve())} if chosen.against else {}
    turns |= {state: (state, ROOT) for state in STATES}
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    print(f"ns a message, median of {chosen.rounds} rounds, {chosen.shape}, {chosen.count:,} messages, seed {chosen.seed}\n")
    with tempfile.TemporaryDirectory(prefix="ats-flow-") as directory:
        path = Path(directory) / "flow"
        result = measure(flow.make(chosen.shape, path, seed=chosen.seed, count=chosen.count), turns, chosen.rounds)
        if chosen.counts and shutil.which("valgrind") is not None:
            made = flow.make(chosen.shape, path, seed=chosen.seed, count=COUNTED)
            result["instructions"] = {name: round(instructions(*turn, made), 1) for name, turn in turns.items()}
    first = next(iter(turns))
    print(f"{'':8}{'ns':>8}{'of min':>8}{f'more than {first}':>20}{'ratio':>8}{'instructions':>14}{'more':>7}")
    counted = result.get("instructions", {})
    for name in turns:
        line = f"{name:8}{result['ns'][name]:8.1f}{result['ns_min'][name]:8.1f}{result['more_ns'][name]:20.1f}{result['ratio'][name]:8.2f}"
        print(line + (f"{counted[name]:14.1f}{counted[name] - counted[first]:7.1f}" if counted else ""))
    print(f"\nexecutions {'agree' if result['agree'] else 'DO NOT AGREE'}")
    if chosen.save:
        print(f"\nsaved {machine.save('statuses', {'machine': about, 'states': [result]})}", file=sys.stderr)
    return 0 if result["agree"] else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
