"""How long an answer takes under load: open loop, at a share of the most that the venue takes, in one run and alternating.

For each shape of load the most is measured first, as `bench gateway` does, of the venue with its journal off and durable; then all targets
get the same rate, --share of the lower of the two.  A latency begins when the request was due, so a stall counts for all that it holds up.
Beside them the bare echo of the same frames at the same rate, which is what sockets, loops and the load generator cost, and the machine's
own jitter: how late a loop is that only looks at the clock.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.machine import describe, heading, save
from bench.open_loop import PERCENTILES
from bench.servers import Figures, Target, in_turns, start_echo, start_venue

SHAPES = {(16, 10): 4, (64, 100): 1}  # clients, requests per send -> sends under way while the most is measured
NAMES = list(PERCENTILES)


def peak(targets: list[Target], rounds: int, requests: int, shape: tuple[int, int]) -> dict[str, float]:
    """Return the requests a second that each takes when it never waits for the load, the median of the rounds."""
    clients, batch = shape
    options = ["--clients", clients, "--batch", batch, "--window", SHAPES[shape], "--requests", requests]
    results = in_turns(targets, rounds, "bench.load", *options)
    return {name: statistics.median(result["per_s"] for result in runs) for name, runs in results.items()}


def medians(runs: list[Figures]) -> dict[str, float]:
    """Return the median of each percentile over the rounds."""
    return {name: round(statistics.median(run[name] for run in runs), 1) for name in NAMES}


def measure(targets: list[Target], rounds: int, requests: int, shape: tuple[int, int], share: float) -> tuple[list[Figures], Figures]:
    """Measure one shape of load and print its rows; return them, and all that was measured."""
    clients, batch = shape
    most = peak([target for target in targets if target.name != "echo"], rounds, requests, shape)
    rate = round(share * min(most.values()))
    results = in_turns(targets, rounds, "bench.open_loop", "--clients", clients, "--batch", batch, "--rate", rate, "--requests", requests)
    found = {name: medians(runs) for name, runs in results.items()}
    found["jitter"] = medians([run["jitter"] for runs in results.values() for run in runs])
    for name, figures in found.items():
        cells = "".join(f"{figures[column]:>10,.1f}" for column in NAMES)
        at_most = f"{most[name]:>12,.0f}" if name in most else " " * 12
        spread = f"{figures['p99_us'] / figures['p50_us']:>9.1f}" if name in results else ""
        print(f"{clients:>7}{batch:>6}{rate:>11,.0f}  {name:<8}{at_most}{cells}{spread}", flush=True)
    rows = [{"clients": clients, "batch": batch, "rate": rate, "target": name, **figures} for name, figures in found.items()]
    return rows, {"clients": clients, "batch": batch, "share": share, "most": most, "runs": results}


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench latency`."""
    parser = argparse.ArgumentParser(prog="python -m bench latency", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--share", type=float, default=0.5, help="of the most that the slower venue takes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1_000_000, help="of each round")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    about = describe()
    print(heading(about))
    print(f"microseconds from when a request was due to its report, median of {chosen.rounds} rounds\n")
    columns = "".join(f"{name.removesuffix('_us'):>10}" for name in NAMES)
    print(f"{'clients':>7}{'batch':>6}{'rate/s':>11}  {'':<8}{'most/s':>12}{columns}{'p99/p50':>9}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ats-latency-", dir=chosen.folder)))
        targets = [*(start_venue(stack, mode, folder) for mode in ("memory", "durable")), start_echo(stack)]
        measured = [measure(targets, chosen.rounds, chosen.requests, shape, chosen.share) for shape in SHAPES]
    if chosen.save:
        result = {"machine": about, "rows": [row for rows, _ in measured for row in rows], "shapes": [shape for _, shape in measured]}
        print(f"\nsaved {save('latency', result)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
