"""Throughput and round trip of the gateway beside a bare echo of the same frames, in one run and alternating.

    python -m bench gateway [--rounds 3] [--quick] [--save]

Server and load generator are processes of their own, each on a core of its own.  What the table says: requests/s of each, the best of the
rounds, and their ratio; the server's CPU per request, which moves less with the neighbours; and how busy the load generator was (at 1.0 it
is the bottleneck, and the ratio says little).  The venue's journal is off; `bench durability` says what it costs at full load.

The round trip is also that of a venue whose journal is durable, where each request is a group commit of its own: what it takes beyond the
echo is held against a write of one sector to the bare disk (`bench journal`).
"""

import argparse
import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter_ns

from bench.bench_journal import MIB, SECTOR, bare
from bench.machine import describe, heading, save
from bench.servers import Figures, Target, in_turns, start_echo, start_venue

# clients, requests per send, sends under way
SHAPES = [(1, 1, 64), (1, 10, 16), (1, 100, 4), (1, 1000, 4), (4, 100, 4), (16, 10, 4), (64, 100, 1)]
COMMITS = 1000


def bench_pipelined(targets: list[Target], rounds: int, requests: int) -> list[Figures]:
    """A regression here means more work per request, or more than one write per read."""
    print(f"{'clients':>8}{'batch':>7}{'window':>8}{'venue/s':>12}{'echo/s':>12}{'ratio':>7}{'venue us':>10}{'echo us':>9}{'load cpu':>10}")
    rows = []
    for clients, batch, window in SHAPES:
        count = min(requests, batch * 20_000)
        options = ["--clients", clients, "--batch", batch, "--window", window, "--requests", count]
        results = in_turns(targets, rounds, "bench.load", *options)
        venue, echo = (max(results[target.name], key=lambda result: result["per_s"]) for target in targets)
        ratio = venue["per_s"] / echo["per_s"]
        print(
            f"{clients:>8}{batch:>7}{window:>8}{venue['per_s']:>12,.0f}{echo['per_s']:>12,.0f}{ratio:>7.2f}"
            f"{venue['server_us']:>10.2f}{echo['server_us']:>9.2f}{venue['load_cpu']:>10.2f}"
        )
        rows.append({"clients": clients, "batch": batch, "window": window, "ratio": ratio, **results})
    return rows


def bench_ping_pong(targets: list[Target], folder: Path, rounds: int, requests: int) -> Figures:
    """A regression here means a longer way from a read to its write, or to the disk and back."""
    runs: dict[str, list[Figures]] = {target.name: [] for target in targets}
    commits = []
    for _ in range(rounds):
        for name, results in in_turns(targets, 1, "bench.load", "--ping-pong", "--requests", requests).items():
            runs[name] += results
        commits.append(commit_us(folder))
    medians = {
        name: {key: statistics.median(result[key] for result in results) for key in ("p50_us", "p90_us", "p99_us")}
        for name, results in runs.items()
    }
    for name, figures in medians.items():
        print(f"ping-pong {name:>8}: " + "  ".join(f"{key[:-3]} {value:7.1f} us" for key, value in figures.items()))
    memory, durable, echo = (medians[name]["p50_us"] for name in ("memory", "durable", "echo"))
    commit = statistics.median(commits)
    ratio, in_commits = memory / echo, (durable - echo) / commit
    print(f"ping-pong ratio of p50, journal off: {ratio:.2f}")
    print(f"ping-pong p50, durable: the echo's and {in_commits:.2f} commits of {commit:.1f} us to the bare disk")
    return {"ratio": ratio, "commit_us": commit, "beyond_echo_in_commits": in_commits, "medians": medians, "runs": runs}


def commit_us(folder: Path) -> float:
    """Return the median of a durable write of one sector, in microseconds."""
    place = Path(tempfile.mkdtemp(dir=folder))
    write, fd = bare(place, SECTOR, 4 * MIB)
    times = []
    for _ in range(COMMITS):
        begin = perf_counter_ns()
        write()
        times.append((perf_counter_ns() - begin) / 1e3)
    os.close(fd)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench gateway", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    parser.add_argument("--save", action="store_true", help="keep the figures under bench/results")
    args = parser.parse_args()
    about = describe()
    print(heading(about))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ats-gateway-", dir=args.folder)))
        memory, durable = (start_venue(stack, mode, folder) for mode in ("memory", "durable"))
        echo = start_echo(stack)
        pipelined = bench_pipelined([memory, echo], args.rounds, 100_000 if args.quick else 1_000_000)
        answer = bench_ping_pong([memory, durable, echo], folder, args.rounds, 5_000 if args.quick else 20_000)
    if args.save:
        print(f"saved {save('gateway', {'machine': about, 'pipelined': pipelined, 'ping_pong': answer})}")


if __name__ == "__main__":
    main()
