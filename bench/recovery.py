"""How long a venue takes to come back, as its log grows: without a snapshot, with one in the middle of an interval, and after a clean stop.

    log     killed, no snapshot: the whole log is replayed
    half    killed, the newest snapshot stands half of `snapshot_every` before the end, as it does on average
    stop    a clean stop, which takes a snapshot of its own

The log is a flow's (`logged.py`).  Each start is one of a fresh copy of the folder, whose files the system has forgotten, so they come from
the disk.  `open` is the journal brought into order, `replay` what the venue says of itself (snapshot, replay), both in one process; `ready`
is from the start of a program to its listening, and `report` to a client's first report, logon included.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from bench import flow, logged, machine, market
from bench.keys import key_of, name_of
from bench.servers import serving
from engine.client import Client, Side
from engine.config import load
from engine.config.tables import Journal
from engine.gateway.gateway import Gateway
from engine.store import FolderStore

LENGTHS = (0, 100_000, 1_000_000, 3_000_000)
HALF = Journal().snapshot_every // 2
KINDS = {"log": None, "half": HALF, "stop": 0}  # messages behind the snapshot


@contextmanager
def copied(home: Path) -> Iterator[Path]:
    """Give a copy of a venue's folder, of which the system remembers nothing."""
    copy = Path(tempfile.mkdtemp(prefix="start-", dir=home.parent))
    try:
        shutil.copytree(home, copy, dirs_exist_ok=True)
        for path in copy.rglob("*"):
            if path.is_file():
                fd = os.open(path, os.O_RDONLY)
                os.fsync(fd)
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(fd)
        yield copy
    finally:
        shutil.rmtree(copy)


def in_process(home: Path) -> dict[str, Any]:
    """Open a venue in this process, and say what took how long; the last command that it came to is `last_seq`."""
    config = load(home / "venue.toml", {})
    begin = perf_counter()
    store = FolderStore(config)
    opened = perf_counter()
    gateway = Gateway(config, Later(), lambda *_: None, store=store)
    ready = perf_counter()
    found = gateway.recovered
    return {
        "open_s": opened - begin,
        "replay_s": found.seconds,
        "gateway_s": ready - begin,
        "commands": found.commands,
        "snapshot_seq": found.snapshot_seq,
        "last_seq": found.last_seq,
        "state_hash": found.state_hash,
    }


class Later(logged.Steps):
    """A clock that shows a time behind that of every log."""

    def __init__(self) -> None:
        super().__init__()
        self.utc_ns = lambda: 2 * market.START_NS


def started(home: Path) -> dict[str, float]:
    """Start the venue as a program; return the seconds until it listens, and until a client has its first report."""
    begin = perf_counter()
    with subprocess.Popen([sys.executable, *serving(home)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = json.loads(process.stdout.readline())["port"]
            ready = perf_counter()
            with Client(f"127.0.0.1:{port}", name=name_of(1), key=key_of(1)) as client:
                client.limit("FLOW", Side.BUY, 1, "0.01")
                report = perf_counter()
        finally:
            process.kill()
    return {"ready_s": ready - begin, "report_s": report - begin}


def measure(messages: int, kind: str, rounds: int, shape: str, folder: Path) -> dict[str, Any]:
    """Write one log and come back from it, again and again."""
    with tempfile.TemporaryDirectory(prefix="ats-recovery-", dir=folder) as name:
        home = Path(name) / "venue"
        made = market.load(flow.make(shape, Path(name) / "flow", count=max(messages, 1)), market.Spread())
        config = logged.settle_in(home, made, "durable")
        places = logged.written(config, made, KINDS[kind], killed=kind != "stop")
        runs = []
        for _ in range(rounds):
            with copied(home) as copy:
                runs.append(logged.elsewhere(partial(in_process, copy)))
            with copied(home) as copy:
                runs[-1].update(started(copy))
    state = {run["state_hash"] for run in runs}
    return {
        "kind": kind,
        "messages": messages,
        "log": places.last,
        "commands": runs[0]["commands"],
        "snapshot_seq": runs[0]["snapshot_seq"],
        "agree": len(state) == 1 and {run["last_seq"] for run in runs} == {places.last},
        **{name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0] if name.endswith("_s")},
        "runs": runs,
    }


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    seconds = "".join(f"{result[name]:9.3f}" for name in ("open_s", "replay_s", "gateway_s", "ready_s", "report_s"))
    rate = result["commands"] / result["replay_s"] / 1e6 if result["commands"] else 0
    return f"{result['kind']:6}{result['log']:12,}{result['commands']:12,}{seconds}{rate:8.2f}  {'yes' if result['agree'] else 'NO'}"


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench recovery`."""
    parser = argparse.ArgumentParser(prog="python -m bench recovery", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("lengths", nargs="*", type=int, default=LENGTHS, help="messages of the flow in the log")
    parser.add_argument("--shape", default="w1", choices=flow.SHAPES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    about = machine.describe()
    print(machine.heading(about))
    print(f"seconds, median of {chosen.rounds} starts; flow {chosen.shape}, journal durable\n")
    print(f"{'':30}{'in one process':^27}{'a program':^18}")
    print(f"{'end':6}{'log':>12}{'replayed':>12}{'open':>9}{'replay':>9}{'ready':>9}{'ready':>9}{'report':>9}{'M/s':>8}  agree")
    results = []
    for messages in chosen.lengths:
        for kind in KINDS:
            if kind != "half" or messages > HALF:
                results.append(measure(messages, kind, chosen.rounds, chosen.shape, chosen.folder))
                print(row(results[-1]), flush=True)
    if chosen.save:
        print(f"\nsaved {machine.save('recovery', {'machine': about, 'shape': chosen.shape, 'starts': results})}", file=sys.stderr)
    return 0 if all(result["agree"] for result in results) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
