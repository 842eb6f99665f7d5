"""Servers under load, and the load: processes of their own, each on a core of its own, that take turns in one run.

    python -m bench.servers FOLDER       be the venue of this folder, and say its port

A server's own thread has the first core, the load the last.  The other threads of a venue, the journal's among them, share its core, so
that what they do is not hidden on one that happens to be idle; where they are `free`, the system places them.
"""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import keys

Figures = dict[str, Any]

MODES = ("memory", "async", "durable")
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


def start(stack: ExitStack, name: str, *command: str, free: bool = False) -> Target:
    """Start a Python program that says its port and serves until the stack is left."""
    process = stack.enter_context(subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    if not free:
        os.sched_setaffinity(process.pid, {0})
    assert process.stdout is not None
    port = process.stdout.readline()
    os.sched_setaffinity(process.pid, {0})  # threads that are there by now stay where they are
    if not port:
        raise SystemExit(f"{name} did not start")
    return Target(name, process, int(port))


def start_echo(stack: ExitStack) -> Target:
    """Start the bare echo."""
    return start(stack, "echo", "-m", "bench.echo")


def start_venue(stack: ExitStack, mode: str, folder: Path, *, free: bool = False) -> Target:
    """Start a venue named after the mode of its journal, in a folder of its own below `folder`."""
    home = folder / mode
    home.mkdir(parents=True)
    (home / "venue.toml").write_text(keys.venue_toml(mode), encoding="utf-8")
    return start(stack, mode, "-m", "bench.servers", str(home), free=free)


def load(target: Target, module: str, *options: object) -> Figures:
    """Run a load generator against a server; return what it measured, and what the server spent on it."""
    command = [sys.executable, "-m", module, str(target.port), "--core", str(max(os.sched_getaffinity(0)))]
    command += [str(option) for option in options] + (["--echo"] if target.name == "echo" else [])
    before = target.cpu()
    result: Figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    result["server_us"] = (target.cpu() - before) / result["requests"] * 1e6
    return result


def in_turns(targets: list[Target], rounds: int, module: str, *options: object) -> dict[str, list[Figures]]:
    """Load the servers in turn, and return what was measured of each, by name."""
    results: dict[str, list[Figures]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            results[target.name].append(load(target, module, *options))
    return results


def serve(folder: Path) -> None:
    """Be the venue of a folder until a signal."""
    from engine.config import load as read_config
    from engine.gateway import server
    from engine.telemetry import configure

    configure("error")
    server.serve(read_config(folder / "venue.toml", {}), on_ready=lambda venue: print(venue.address[1], flush=True))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
