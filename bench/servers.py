"""Servers under load, and the load: processes of their own, each on a core of its own, that take turns in one run.

A server's own thread has the first core, the load the last.  The other threads of a venue, the journal's among them, share its core, so
that what they do is not hidden on one that happens to be idle; where they are `free`, the system places them.

The venue is the one that a user starts, `ats serve`; the load is what `ats load` runs, and it checks every report.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench import keys

Figures = dict[str, Any]

MODES = ("memory", "async", "durable")
ECHOES = {"echo": "frames", "raw": "bytes"}  # the bare echoes as most benches call them, and what each sends back
BUSY = 0.9  # of a core: a load that uses more may be what is measured
DESCRIPTORS = 8192
OTHER_FILES = 64  # that a server has open beside its connections
REST_S = 0.05  # in which a server at rest uses less than a tenth of a core


@dataclass
class Target:
    """A server under load; `admin_port` is a venue's own, `sends` what an echo sends back."""

    name: str
    process: subprocess.Popen[str]
    port: int
    admin_port: int = 0
    sends: str = ""

    def cpu(self) -> float:
        """Return the CPU seconds that the process has used, all its threads together."""
        return time.clock_gettime(~self.process.pid << 3 | 2)  # the kernel's name for that clock


class Shape(NamedTuple):
    """How a load comes: from so many clients, so many requests a send, so many sends of each under way."""

    clients: int
    batch: int
    window: int

    @property
    def options(self) -> list[object]:
        return ["--sessions", self.clients, "--batch", self.batch, "--window", self.window]

    @property
    def depth(self) -> int:
        """Return how many orders are open at most while requests enter an order and cancel it in turn."""
        return max(1, self.clients * self.batch * self.window // 2)


def start(stack: ExitStack, name: str, *command: str, free: bool = False) -> Target:
    """Start a Python program that says its port, or its ports as JSON, and serves until the stack is left."""
    allow_descriptors()
    process = stack.enter_context(subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    if not free:
        os.sched_setaffinity(process.pid, {0})
    assert process.stdout is not None
    told = json.loads(process.stdout.readline() or "null")
    if told is None:
        raise SystemExit(f"{name} did not start")
    os.sched_setaffinity(process.pid, {0})  # threads that are there by now stay where they are
    return Target(name, process, told["port"], told["admin_port"]) if isinstance(told, dict) else Target(name, process, told)


def start_echo(stack: ExitStack, name: str = "echo", sends: str = "") -> Target:
    """Start a bare echo that sends back `frames` or `bytes`; as ECHOES says without that."""
    target = start(stack, name, "-m", "bench.echo", *(["--bytes"] if (sends or ECHOES[name]) == "bytes" else []))
    target.sends = sends or ECHOES[name]
    return target


def start_venue(stack: ExitStack, mode: str, folder: Path, *, free: bool = False, sessions: int = keys.SUBSCRIBERS) -> Target:
    """Start a venue named after the mode of its journal, in a folder of its own below `folder`, for so many sessions."""
    home = folder / mode
    home.mkdir(parents=True)
    (home / "venue.toml").write_text(keys.venue_toml(mode, accounts=sessions, sessions=sessions), encoding="utf-8")
    return start(stack, mode, *serving(home), free=free)


def serving(home: Path) -> list[str]:
    """Return how the venue of a folder is started; at its end it walks its whole state."""
    return ["-m", "engine", "serve", "--venue", str(home), "--port", "0", "--json", "--check", "--log-level", "error"]


def load(target: Target, *options: object) -> Figures:
    """Run the load generator against a server; return what it measured, and what the server spent on it.  A wrong report ends all.

    Returns when the server has come to rest: a venue still closes segments and takes snapshots, and the next turn shall not pay for it.
    """
    echo = ["--echo", target.sends] if target.sends else []
    result = loaded(target, "engine.load", "--keys", "bench.keys", "--pid", target.process.pid, *echo, *options)
    result["server_us"] = result["server_cpu_s"] / result["requests"] * 1e6
    if "--rate" not in options:  # full load has waits that say more of the window than of the server
        for name in ("histogram", "jitter"):
            result.pop(name, None)
    used = -1.0
    while target.cpu() - used > REST_S / 10:
        used = target.cpu()
        time.sleep(REST_S)
    return result


def loaded(target: Target, module: str, *options: object) -> Figures:
    """Run a load generator, from the last core, against a server; return what it printed.  Where it fails, all ends."""
    command = [sys.executable, "-m", module, str(target.port), "--core", str(max(os.sched_getaffinity(0)))]
    done = subprocess.run([*command, *map(str, options)], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"the load on {target.name} failed")
    result: Figures = json.loads(done.stdout)
    return result


def in_turns(targets: Iterable[Target], rounds: int, *options: object) -> dict[str, list[Figures]]:
    """Load the servers in turn, and return what was measured of each, by name."""
    results: dict[str, list[Figures]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            results[target.name].append(load(target, *options))
    return results


def median_of(runs: Iterable[Figures], what: str) -> float:
    """Return the median of a figure over rounds."""
    return float(statistics.median(run[what] for run in runs))


def ratio_of(some: Iterable[Figures], others: Iterable[Figures], what: str = "per_s") -> float:
    """Return the median ratio of a figure, of turns that followed each other."""
    return float(statistics.median(one[what] / other[what] for one, other in zip(some, others, strict=True)))


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this thread on a core for a while."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def ahead_of_others() -> Iterator[None]:
    """Let this thread run as soon as it can, as the journal's writer does, where the system permits it."""
    policy, before = os.sched_getscheduler(0), os.sched_getparam(0)
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, before)


def allow_descriptors(connections: int = 0) -> None:
    """Let this process and those it starts hold DESCRIPTORS files, or as many as the system permits.

    SystemExit where that is too few for so many connections.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < DESCRIPTORS:
        soft = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft != resource.RLIM_INFINITY and soft < connections + OTHER_FILES:
        raise SystemExit(
            f"{connections:,} connections need {connections + OTHER_FILES:,} files, and the system permits {soft:,}: ulimit -n"
        )
