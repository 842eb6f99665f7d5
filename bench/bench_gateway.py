"""Throughput and round trip over TCP beside two bare echoes, in one run and alternating.

    python -m bench gateway [--rounds 5] [--quick] [--save]

Server and load generator are processes of their own, each on a core of its own, all threads of the venue on the server's, those of its
journal among them.  The `echo` cuts the same frames and sends them back joined; the `raw` one knows of no frames.  Each row is the median
of the rounds: requests/s of the durable venue, of one whose journal is off, and of both echoes; the durable venue's share of either echo,
of turns that followed each other; CPU a request of each server, which moves less with the neighbours.  `load` is how much of a core the
load generator used on the venues, and `reach` how many times the durable venue's rate it had with the raw echo: a row in which it used
more than 0.9, or had less than 1.2 times the rate, is marked with `!`, for there the load may be what was measured.

The round trip is that of one request at a time.  With a durable journal each is a group commit of its own: what it takes beyond the raw
echo's is held against a write of one sector to the bare disk (`bench journal`) of the same round.
"""

import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter_ns

from bench.bench_journal import MIB, SECTOR, bare
from bench.machine import describe, heading, save
from bench.options import parsed, parser, place
from bench.servers import (
    BUSY,
    Figures,
    Shape,
    Target,
    ahead_of_others,
    in_turns,
    load,
    loaded,
    median_of,
    on_core,
    ratio_of,
    start,
    start_echo,
    start_venue,
)
from bench.targets import Line, line

FULL = [Shape(16, 100, 4), Shape(64, 100, 1), Shape(64, 100, 4), Shape(4, 1000, 4)]  # many clients, all that the server can take
SHAPES = [Shape(1, 1, 64), Shape(1, 10, 16), Shape(1, 1000, 4), Shape(16, 10, 4), *FULL]
NAMES = ("durable", "memory", "echo", "raw")
REACH = 1.2  # times the venue's rate that the load must be able to offer
PEER = Shape(1, 100, 4)
PING_PONGS = 20_000
QUICKFIX_ORDERS = 20_000
COMMITS = 1000
MIX = "rest"


def bench_pipelined(targets: list[Target], rounds: int, requests: int, shapes: list[Shape]) -> list[Figures]:
    """A regression here means more work per request, or more than one write per read."""
    rates = "".join(f"{name + '/s':>12}" for name in NAMES)
    times = "".join(f"{name:>9}" for name in NAMES)
    print(f"{'':22}{'':48}{'durable of':^14}  {'us of CPU a request':^36}")
    print(f"{'clients':>8}{'batch':>7}{'window':>7}{rates}{'echo':>7}{'raw':>7}  {times}{'load':>7}{'reach':>7}")
    rows = []
    for shape in shapes:
        count = min(requests, shape.batch * shape.clients * 20_000)
        runs = in_turns(targets, rounds, *shape.options, "--requests", count, "--mix", MIX)
        rows.append(row_of(shape, runs))
        shown(shape, rows[-1])
    return rows


def row_of(shape: Shape, runs: dict[str, list[Figures]]) -> Figures:
    """Return one row of the table: medians, ratios of neighbouring turns, and what the load generator had left."""
    per_s = {name: median_of(runs[name], "per_s") for name in NAMES}
    ratio = {name: ratio_of(runs["durable"], runs[name]) for name in NAMES[1:]}
    load_cpu = max(median_of(runs[name], "load_cpu") for name in NAMES[:2])
    reach = per_s["raw"] / per_s["durable"]
    return {
        **shape._asdict(),
        "mix": MIX,
        "depth": shape.depth,
        "durability": NAMES[0],
        "per_s": {name: round(value) for name, value in per_s.items()},
        "best": {name: round(max(run["per_s"] for run in runs[name])) for name in NAMES},
        "ratio": rounded(ratio),
        "us": rounded({name: median_of(runs[name], "server_us") for name in NAMES}),
        "load_cpu": round(load_cpu, 3),
        "reach": round(reach, 2),
        "limited": load_cpu > BUSY or reach < REACH,
        "runs": runs,
    }


def rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}


def shown(shape: Shape, row: Figures) -> None:
    """Print one line of the table."""
    rates = "".join(f"{row['per_s'][name]:>12,}" for name in NAMES)
    times = "".join(f"{row['us'][name]:>9.2f}" for name in NAMES)
    rest = f"{row['load_cpu']:>7.2f}{row['reach']:>7.1f}{' !' if row['limited'] else ''}"
    ratios = f"{row['ratio']['echo']:>7.2f}{row['ratio']['raw']:>7.2f}"
    print(f"{shape.clients:>8}{shape.batch:>7}{shape.window:>7}{rates}{ratios}  {times}{rest}", flush=True)


def pipelined_targets(rows: list[Figures]) -> list[Line]:
    """Hold the most that the durable venue took from several clients, and its least share of an echo, against P5."""
    full = [row for row in rows if Shape(row["clients"], row["batch"], row["window"]) in FULL]
    if not full:
        return []
    most = max(full, key=lambda row: row["per_s"]["durable"])
    least = min(full, key=lambda row: row["ratio"]["echo"])
    best = {**named(most), "best_round": most["best"]["durable"], "cpu_us": most["us"]["durable"]}
    return [
        line("P5a", most["per_s"]["durable"], **best),
        line("P5b", least["ratio"]["echo"], **named(least), raw_echo=least["ratio"]["raw"], most=max(row["ratio"]["echo"] for row in full)),
    ]


def named(row: Figures) -> Figures:
    """Return the shape of a row, and how busy its load was."""
    return {name: row[name] for name in ("clients", "batch", "window", "mix", "load_cpu", "limited")}


def bench_quickfix(rounds: int, requests: int) -> Figures | None:
    """Measure QuickFIX's acceptor where it is installed: how far a FIX engine with Python behind it goes that only says yes."""
    if find_spec("quickfix") is None:
        print("\nQuickFIX's acceptor: not installed, left out")
        return None
    with ExitStack() as stack:
        acceptor = start(stack, "QuickFIX's acceptor", "-m", "bench.quickfix_acceptor")
        runs = []
        for _ in range(rounds):
            before = acceptor.cpu()
            options = ["--batch", PEER.batch, "--window", PEER.window, "--requests", requests]
            runs.append(loaded(acceptor, "bench.quickfix_load", *options))
            runs[-1]["server_us"] = (acceptor.cpu() - before) / runs[-1]["requests"] * 1e6
    row = {"per_s": round(median_of(runs, "per_s")), "us": round(median_of(runs, "server_us"), 1), **PEER._asdict(), "runs": runs}
    rest = f"{row['us']:.1f} us of CPU an order, {PEER.batch} orders a send, {PEER.window} sends under way; it matches and keeps nothing"
    print(f"\nQuickFIX's acceptor: {row['per_s']:,} orders/s, {rest}")
    return row


def bench_ping_pong(targets: list[Target], folder: Path, rounds: int, requests: int) -> Figures:
    """A regression here means a longer way from a read to its write, or to the disk and back."""
    runs: dict[str, list[Figures]] = {target.name: [] for target in targets}
    commits = []
    for _ in range(rounds):
        for target in targets:
            runs[target.name].append(load(target, "--ping-pong", "--requests", requests))
        commits.append(commit_us(folder))
    p50 = {name: [run["latency"]["p50_us"] for run in found] for name, found in runs.items()}
    medians = {
        name: {key: statistics.median(run["latency"][key] for run in found) for key in found[0]["latency"]} for name, found in runs.items()
    }
    answer = {
        "medians": medians,
        "commit_us": statistics.median(commits),
        "ratio": statistics.median(memory / raw for memory, raw in zip(p50["memory"], p50["raw"], strict=True)),
        "of_framed": statistics.median(memory / echo for memory, echo in zip(p50["memory"], p50["echo"], strict=True)),
        "beyond_echo_in_commits": statistics.median(
            (durable - raw) / commit for durable, raw, commit in zip(p50["durable"], p50["raw"], commits, strict=True)
        ),
    }
    print("\none request at a time, microseconds")
    for name, figures in medians.items():
        print(f"{name:>9}: " + "  ".join(f"{key.removesuffix('_us')} {value:7.1f}" for key, value in figures.items()))
    print(f"p50 with the journal off is {answer['ratio']:.2f} of the raw echo's, {answer['of_framed']:.2f} of the echo's of frames")
    commit = f"{answer['beyond_echo_in_commits']:.2f} commits of {answer['commit_us']:.1f} us"
    print(f"p50 durable is the raw echo's and {commit} to the bare disk")
    return {**answer, "runs": runs}


def ping_pong_targets(answer: Figures) -> list[Line]:
    """Hold the round trips against P6."""
    p50 = {name: figures["p50_us"] for name, figures in answer["medians"].items()}
    return [
        line("P6a", answer["ratio"], memory_us=p50["memory"], raw_echo_us=p50["raw"], framed_echo_us=p50["echo"]),
        line("P6b", answer["beyond_echo_in_commits"], durable_us=p50["durable"], raw_echo_us=p50["raw"], commit_us=answer["commit_us"]),
    ]


def commit_us(folder: Path) -> float:
    """Return the median of a durable write of one sector, in microseconds, made where and as the venue's writer makes its own."""
    home = Path(tempfile.mkdtemp(dir=folder))
    write, fd = bare(home, SECTOR, 4 * MIB)
    times = []
    with on_core(0), ahead_of_others():
        for _ in range(COMMITS):
            begin = perf_counter_ns()
            write()
            times.append((perf_counter_ns() - begin) / 1e3)
    os.close(fd)
    return statistics.median(times)


def main(arguments: list[str]) -> int:
    """Print the tables, as `python -m bench gateway`."""
    chosen = parsed(parser("gateway", __doc__, rounds=5, requests=1_000_000, quick=100_000), arguments)
    about = describe()
    print(heading(about))
    print(f"median of {chosen.rounds} rounds of at most {chosen.requests:,} requests, mix {MIX}\n")
    with place("gateway", chosen.folder) as (stack, folder):
        venues = [start_venue(stack, mode, folder) for mode in ("durable", "memory")]
        targets = [*venues, start_echo(stack), start_echo(stack, "raw")]
        rows = bench_pipelined(targets, chosen.rounds, chosen.requests, SHAPES)
        peer = bench_quickfix(chosen.rounds, min(chosen.requests // 20, QUICKFIX_ORDERS))
        answer = bench_ping_pong(targets, folder, chosen.rounds, min(chosen.requests // 20, PING_PONGS))
    lines = pipelined_targets(rows) + ping_pong_targets(answer)
    if chosen.save:
        result = {"machine": about, "mix": MIX, "targets": lines, "pipelined": rows, "quickfix": peer, "ping_pong": answer}
        print(f"saved {save('gateway', result)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
