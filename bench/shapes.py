"""What the benches over flow shapes have in common: their options, a line of the table for each shape, a file of the results."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import flow, machine

Result = dict[str, Any]


def options(name: str, doc: str | None, shapes: Sequence[str] = flow.SHAPES) -> argparse.ArgumentParser:
    """Return the parser of `python -m bench NAME`, which measures `shapes` when it is given none."""
    parser = argparse.ArgumentParser(prog=f"python -m bench {name}", description=doc)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "shapes", nargs="*", default=shapes, help=f"of {', '.join(flow.SHAPES)}, w3m; when none is given {', '.join(shapes)}"
    )
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--count", type=int, default=flow.COUNT)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    return parser


def tabulate(
    name: str,
    chosen: argparse.Namespace,
    heading: str,
    measure: Callable[[flow.Flow], Result],
    row: Callable[[Result], str],
    **facts: object,
) -> int:
    """Measure a fresh flow of each chosen shape and print its row; return 1 where answers did not agree.

    `heading` says what the numbers are and names the columns; `facts` are kept with the results.
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
        print(f"\nsaved {machine.save(name, {'machine': about, **facts, 'shapes': results})}", file=sys.stderr)
    return 0 if all(result["agree"] for result in results) else 1
