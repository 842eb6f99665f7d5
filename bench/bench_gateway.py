"""Throughput and round trip of the gateway beside a bare echo of the same frames, in one run and alternating.

    python -m bench gateway [--rounds 3] [--quick] [--save]

Server and load generator are processes of their own, each on a core of its own.  What the table says: requests/s of each, the best of the
rounds, and their ratio; the server's CPU per request, which moves less with the neighbours; and how busy the load generator was (at 1.0 it
is the bottleneck, and the ratio says little).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.keys import config
from bench.machine import describe, heading, save

# clients, requests per send, sends under way
SHAPES = [(1, 1, 64), (1, 10, 16), (1, 100, 4), (1, 1000, 4), (4, 100, 4), (16, 10, 4), (64, 100, 1)]
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Target:
    """A server under load."""

    name: str
    process: subprocess.Popen[str]
    port: int

    def cpu(self) -> float:
        """Return the CPU seconds that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def start(stack: ExitStack, name: str, *command: str) -> Target:
    process = stack.enter_context(
        subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
    )
    stack.callback(process.terminate)
    os.sched_setaffinity(process.pid, {0})
    assert process.stdout is not None
    return Target(name, process, int(process.stdout.readline()))


def load(target: Target, *options: object) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.load", str(target.port), "--core", str(max(os.sched_getaffinity(0)))]
    command += [str(option) for option in options] + (["--echo"] if target.name == "echo" else [])
    before = target.cpu()
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    result["server_us"] = (target.cpu() - before) / result["requests"] * 1e6
    return result


def measure(targets: list[Target], rounds: int, options: list[object]) -> dict[str, list[dict[str, float]]]:
    """Load the targets in turn."""
    results: dict[str, list[dict[str, float]]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            results[target.name].append(load(target, *options))
    return results


def bench_pipelined(targets: list[Target], rounds: int, requests: int) -> list[dict[str, object]]:
    """A regression here means more work per request, or more than one write per read."""
    print(f"{'clients':>8}{'batch':>7}{'window':>8}{'venue/s':>12}{'echo/s':>12}{'ratio':>7}{'venue us':>10}{'echo us':>9}{'load cpu':>10}")
    rows = []
    for clients, batch, window in SHAPES:
        count = min(requests, batch * 20_000)
        results = measure(targets, rounds, ["--clients", clients, "--batch", batch, "--window", window, "--requests", count])
        venue, echo = (max(results[target.name], key=lambda result: result["per_s"]) for target in targets)
        ratio = venue["per_s"] / echo["per_s"]
        print(
            f"{clients:>8}{batch:>7}{window:>8}{venue['per_s']:>12,.0f}{echo['per_s']:>12,.0f}{ratio:>7.2f}"
            f"{venue['server_us']:>10.2f}{echo['server_us']:>9.2f}{venue['load_cpu']:>10.2f}"
        )
        rows.append({"clients": clients, "batch": batch, "window": window, "ratio": ratio, **results})
    return rows


def bench_ping_pong(targets: list[Target], rounds: int, requests: int) -> dict[str, object]:
    """A regression here means a longer way from a read to its write."""
    results = measure(targets, rounds, ["--ping-pong", "--requests", requests])
    medians = {
        name: {key: statistics.median(result[key] for result in runs) for key in ("p50_us", "p90_us", "p99_us")}
        for name, runs in results.items()
    }
    for name, figures in medians.items():
        print(f"ping-pong {name:>6}: " + "  ".join(f"{key[:-3]} {value:7.1f} us" for key, value in figures.items()))
    ratio = medians["venue"]["p50_us"] / medians["echo"]["p50_us"]
    print(f"ping-pong ratio of p50: {ratio:.2f}")
    return {"ratio": ratio, "medians": medians, "runs": results}


def serve() -> None:
    """Be the venue under load."""
    from engine.gateway import server

    server.serve(config(), on_ready=lambda venue: print(venue.address[1], flush=True))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--save", action="store_true", help="keep the figures under bench/results")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve()
        return
    about = describe()
    print(heading(about))
    with ExitStack() as stack:
        targets = [
            start(stack, "venue", "-m", "bench.bench_gateway", "--serve"),
            start(stack, "echo", "-m", "bench.echo"),
        ]
        pipelined = bench_pipelined(targets, args.rounds, 100_000 if args.quick else 1_000_000)
        answer = bench_ping_pong(targets, args.rounds, 5_000 if args.quick else 20_000)
    if args.save:
        print(f"saved {save('gateway', {'machine': about, 'pipelined': pipelined, 'ping_pong': answer})}")


if __name__ == "__main__":
    main()
