"""How long an answer takes under load: open loop, at half of the most that the venue takes, in one run and alternating.

    python -m bench latency [--batch 100] [--rounds 5] [--seconds 2] [--quick] [--save]
    python -m bench curve                       the same at 10, 25, 50, 75 and 90% of the most

The most is measured first, as `bench gateway` does, of the durable venue and of one whose journal is off; then each server gets the
same rates, shares of the lower of the two, in sends of as many requests as when the most was measured (what goes over TCP in a second
depends on that).  All requests of a send are due when it is, and a latency begins then, so a stall counts for all that it holds up.  Beside
them the raw echo of the same bytes at the same rate, which is what sockets, loops and the load generator cost (one that cuts frames in
Python would not bear the venue's rates); the machine's own jitter, how late a loop is that only looks at the clock; and `late`, how late
the generator was with its sends at the 99th percentile.  A row is marked with `!` where half of the median wait was that: then the figures
are those of a busy machine, and a small ratio of p99 to p50 is nobody's merit.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from bench.histogram import merged
from bench.machine import describe, heading, save
from bench.options import parser, place
from bench.servers import Figures, Shape, Target, in_turns, load, median_of, start_echo, start_venue
from bench.targets import Line, line

SHAPE = Shape(16, 100, 4)  # that of `bench million`
MIX = "rest"
SEED = 1
HALF = 0.5
PERCENTILES = ("p50_us", "p90_us", "p99_us", "p999_us", "max_us")
NAMES = ("durable", "memory", "echo")


def most(targets: Sequence[Target], shape: Shape, rounds: int, requests: int) -> tuple[dict[str, float], dict[str, list[Figures]]]:
    """Return the requests a second that each takes when it never waits for the load, medians of the rounds, and the rounds."""
    runs = in_turns(targets, rounds, *shape.options, "--requests", requests, "--mix", MIX, "--seed", SEED)
    return {name: median_of(found, "per_s") for name, found in runs.items()}, runs


def measure(targets: Sequence[Target], shape: Shape, shares: Sequence[float], chosen: argparse.Namespace) -> Figures:
    """Measure the most, and then each share of it on each server in turn, round by round; return all that was found."""
    found, most_runs = most(targets, shape, chosen.rounds, chosen.requests)
    rates = {share: round(share * min(found["memory"], found["durable"])) for share in shares}
    runs: dict[tuple[float, str], list[Figures]] = {(share, target.name): [] for share in shares for target in targets}
    for _ in range(chosen.rounds):
        for share, rate in rates.items():
            requests = max(2 * shape.clients * shape.batch, round(rate * chosen.seconds))
            for target in targets:
                options = [*shape.options, "--rate", rate, "--requests", requests, "--mix", MIX, "--seed", SEED]
                runs[share, target.name].append(load(target, *options))
    points = [{"target": name, "share": share, "rate": rates[share], **point(each)} for (share, name), each in runs.items()]
    return {
        "seed": SEED,
        "mix": MIX,
        **shape._asdict(),
        "depth": f"{shape.depth} orders at most while the most is measured",
        "durability": "durable, and off (memory)",
        "most": {name: round(value) for name, value in found.items()},
        "most_runs": most_runs,
        "jitter": jitter([run for each in runs.values() for run in each]),
        "points": points,
    }


def point(runs: Sequence[Figures]) -> Figures:
    """Return what rounds of the same load say together: medians, and one histogram of all."""
    waits = percentiles([run["latency"] for run in runs])
    late = {name: statistics.median(run["late"][name] for run in runs) for name in runs[0]["late"]}
    return {
        "per_s": round(median_of(runs, "per_s")),
        **waits,
        "histogram": merged(run["histogram"] for run in runs),
        "late": late,
        "limited": late["p50_us"] > waits["p50_us"] / 2,
        "load_cpu": round(median_of(runs, "load_cpu"), 3),
        "server_us": round(median_of(runs, "server_us"), 3),
        "runs": [run["latency"] | {"per_s": run["per_s"]} for run in runs],
    }


def percentiles(runs: Sequence[Figures]) -> Figures:
    """Return the median of each percentile over the rounds."""
    return {name: round(statistics.median(run[name] for run in runs), 1) for name in PERCENTILES}


def jitter(runs: Sequence[Figures]) -> Figures:
    """Return the machine's jitter, as the load generator measured it before each run."""
    histograms = [run["jitter"]["histogram"] for run in runs if "histogram" in run["jitter"]]
    return percentiles([run["jitter"] for run in runs]) | {"histogram": merged(histograms)}


def targets_of(result: Figures) -> list[Line]:
    """Hold p99 at half of the most, durable, against its p50."""
    half = {point["target"]: point for point in result["points"] if point["share"] == HALF}
    if not half:
        return []
    durable, memory = half["durable"], half["memory"]
    beside = {name: result[name] for name in ("clients", "batch")}
    beside |= {name: durable[name] for name in ("rate", "p50_us", "p99_us", "p999_us")}
    beside |= {f"jitter_{name}": result["jitter"][name] for name in ("p99_us", "p999_us", "max_us")}
    beside |= {"journal_off": round(memory["p99_us"] / memory["p50_us"], 2), "limited": durable["limited"]}
    return [line("P10", durable["p99_us"] / durable["p50_us"], **beside, late_p99_us=durable["late"]["p99_us"])]


def shown(result: Figures) -> None:
    """Print the table."""
    columns = "".join(f"{name.removesuffix('_us'):>11}" for name in PERCENTILES)
    print("the most: " + ", ".join(f"{name} {value:,}/s" for name, value in result["most"].items()) + "\n")
    print(f"{'share':>6}{'rate/s':>11}  {'':<8}{'got/s':>11}{columns}{'p99/p50':>9}{'late':>8}{'load':>6}")
    for each in result["points"]:
        cells = "".join(f"{each[name]:>11,.1f}" for name in PERCENTILES)
        rest = f"{each['p99_us'] / each['p50_us']:>9.1f}{each['late']['p99_us']:>8.1f}{each['load_cpu']:>6.2f}{' !' * each['limited']}"
        print(f"{each['share']:>6.0%}{each['rate']:>11,}  {each['target']:<8}{each['per_s']:>11,}{cells}{rest}", flush=True)
    cells = "".join(f"{result['jitter'][name]:>11,.1f}" for name in PERCENTILES)
    print(f"{'':19}{'jitter':<19}{cells}")


def run(name: str, shares: Sequence[float], arguments: Sequence[str]) -> int:
    """Print and keep the table of these shares, as the bench of this name."""
    made = parser(name, __doc__, rounds=5, requests=1_000_000, quick=40_000)
    for each, default in SHAPE._asdict().items():
        made.add_argument(f"--{each}", type=int, default=default, help=f"{default} without it")
    made.add_argument("--seconds", type=float, default=2.0, help="of each round at each rate, 2 without it; 0.2 with --quick")
    chosen = made.parse_args(arguments)
    if chosen.quick:
        chosen.rounds, chosen.requests, chosen.seconds = 1, chosen.quick, 0.2
    about = describe()
    print(heading(about))
    print(f"microseconds from when a request was due to its report, medians of {chosen.rounds} rounds of {chosen.seconds} s")
    print(f"{chosen.clients} clients, {chosen.batch} requests a send, mix {MIX}; ", end="")
    result = measured(name, shares, chosen)
    shown(result)
    if chosen.save:
        print(f"\nsaved {save(name, {'machine': about, 'targets': targets_of(result), **result})}", file=sys.stderr)
    return 0


def measured(name: str, shares: Sequence[float], chosen: argparse.Namespace) -> dict[str, Any]:
    """Start the servers and measure."""
    with place(name, chosen.folder) as (stack, folder):
        targets = [start_echo(stack, each, "bytes") if each == "echo" else start_venue(stack, each, folder) for each in NAMES]
        return measure(targets, Shape(chosen.clients, chosen.batch, chosen.window), shares, chosen)


def main(arguments: Sequence[str]) -> int:
    return run("latency", (HALF,), arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
