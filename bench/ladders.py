"""Price-level structures tried for one side of a book: nanoseconds a message on every flow shape, all else equal.

    flat      a queue for every tick of the range and a bitmap of those in use
    paged     pages of 64 ticks from a pool, a directory, a bitmap of the pages in use: what the engine's core has
    sorted    a sorted array of levels, best at the end, binary search
    tree      a height-balanced tree of levels
    list      a linked list of levels, best first

Each is the floor's book with another `floor/ladder_*.h`: client ids through a hash, a report of 32 bytes for each happening.
"""

import statistics
import sys
from typing import Any

from bench import flow, shapes
from bench.floor import build, run

LADDERS = ("flat", "paged", "sorted", "tree", "list")


def measure(made: flow.Flow, rounds: int) -> dict[str, Any]:
    """Run every structure over one flow, turn by turn."""
    programs = {name: build("floor", f"LADDER_{name.upper()}") for name in LADDERS}
    times: dict[str, list[float]] = {name: [] for name in LADDERS}
    agree = True
    for turn in range(rounds):
        for name, program in programs.items():
            if name == "list" and turn:  # slow where levels are many, and never close
                continue
            said = run(program, made.path, made.prefill, 1)
            times[name].append(said["ns"])
            agree = agree and (said["trades"], said["volume"]) == (made.trades, made.volume)
    return {
        "shape": made.shape,
        "levels_max": made.levels_max,
        "open_max": made.live_max,
        "agree": agree,
        "runs": {name: [round(ns, 1) for ns in taken] for name, taken in times.items()},
        "ns": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ns_min": {name: round(min(taken), 1) for name, taken in times.items()},
    }


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    figures = "".join(f"{result['ns'][name]:9.1f}" for name in LADDERS)
    return f"{result['shape']:8}{result['levels_max']:8,}{result['open_max']:10,}  {figures}  {'yes' if result['agree'] else 'NO'}"


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench ladders`."""
    chosen = shapes.parse(shapes.options("ladders", __doc__), arguments)
    columns = f"{'shape':8}{'levels':>8}{'open':>10}  " + "".join(f"{name:>9}" for name in LADDERS) + "  agree"
    note = f"ns a message, median of {chosen.rounds} rounds; {chosen.count:,} messages a shape, seed {chosen.seed}"
    return shapes.tabulate("ladders", chosen, f"{note}\n\n{columns}", lambda made: measure(made, chosen.rounds), row)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
