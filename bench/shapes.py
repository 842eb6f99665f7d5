"""What the benches over flow shapes have in common: their options, a line of the table for each shape, a file of the results."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import flow, machine
from bench.targets import Line

Result = dict[str, Any]

ROUNDS = 5
QUICK = {"count": 50_000, "rounds": 2}


def options(name: str, doc: str | None, shapes: Sequence[str] = flow.SHAPES) -> argparse.ArgumentParser:
    """Return the parser of `python -m bench NAME`, which measures `shapes` when it is given none."""
    parser = argparse.ArgumentParser(prog=f"python -m bench {name}", description=doc)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "shapes", nargs="*", default=shapes, help=f"of {', '.join(flow.SHAPES)}, w3m; when none is given {', '.join(shapes)}"
    )
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--count", type=int, help=f"messages behind the prefill: {flow.COUNT:,} when not given")
    parser.add_argument("--rounds", type=int, help=f"{ROUNDS} when not given")
    parser.add_argument("--quick", action="store_true", help="short flows and few rounds: a look, no result")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    return parser


def parse(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """Read the arguments of a parser of `options`, with the sizes that suit."""
    chosen = parser.parse_args(arguments)
    chosen.count = chosen.count or (QUICK["count"] if chosen.quick else flow.COUNT)
    chosen.rounds = chosen.rounds or (QUICK["rounds"] if chosen.quick else ROUNDS)
    return chosen


def tabulate(
    name: str,
    chosen: argparse.Namespace,
    heading: str,
    measure: Callable[[flow.Flow], Result],
    row: Callable[[Result], str],
    lines: Callable[[list[Result]], list[Line]] = lambda _: [],
    **facts: object,
) -> int:
    """Measure a fresh flow of each chosen shape and print its row; return 1 where answers did not agree.

    `heading` says what the numbers are and names the columns; `lines` holds the results against the targets that the bench serves; `facts`
    are kept with the results.
    """
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    print(heading)
    results = []
    for shape in chosen.shapes:
        with tempfile.TemporaryDirectory(prefix="ats-flow-") as directory:
            results.append(measure(flow.make(shape, Path(directory) / f"{shape}.flow", seed=chosen.seed, count=chosen.count)))
        print(row(results[-1]), flush=True)
    if chosen.save:
        sizes = {"messages": chosen.count, "rounds": chosen.rounds, "seed": chosen.seed, "quick": chosen.quick}
        kept = {"machine": about, **sizes, **facts, "shapes": results, "targets": lines(results)}
        print(f"\nsaved {machine.save(name, kept)}", file=sys.stderr)
    return 0 if all(result["agree"] for result in results) else 1
