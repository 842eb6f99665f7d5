"""What a snapshot costs the venue that goes on while it is taken: the pause, and the memory that the two then no longer share.

So many orders rest (flow `steady`), and the venue is driven in process, a batch of BATCH commands each EVERY_MS into a durable journal.  In
turns it runs with a snapshot, from the fork to the last word of the copy, and without one.  `pause` is the fork, for which the venue stands
still; `copy` how long the copy takes beside the venue, and how much it writes.  Then the time of a batch in both: behind a fork the venue
pays a page fault for each page that it is the first to change.  The copy has the other core, as long as nobody else wants it.  The flow
lies in a shared mapping, which a fork does not copy: `memory` is the venue's own.
"""

import argparse
import gc
import mmap
import statistics
import sys
import tempfile
import time
from array import array
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from bench import flow, logged, machine, market
from engine.gateway.gateway import Gateway
from engine.load.figures import PERCENTILES, percentiles
from engine.load.spread import Spread
from engine.matching.records import COMMAND_SIZE
from engine.recovery import first_payload
from engine.sequencer import Sequencer
from engine.snapshot.records import Taken
from engine.store import FolderStore

RESTING = (100, 100_000, 1_000_000)
BATCH = 64
EVERY_MS = 1
LEAST = 500  # batches of a turn


class Load:
    """The flow's messages in batches, each taken once."""

    def __init__(self, sequencer: Sequencer, commands: mmap.mmap, begin: int) -> None:
        self._sequencer = sequencer
        self._view = memoryview(commands)
        self._at = begin * COMMAND_SIZE

    def batch(self) -> int:
        """Let the venue have the next batch, wait for the one after it, and return the nanoseconds that the first took."""
        data = self._view[self._at : self._at + BATCH * COMMAND_SIZE]
        assert data, "the flow is over before the snapshots are: ask for more --messages"
        self._at += len(data)
        begin = perf_counter_ns()
        self._sequencer.submit(data)
        spent = perf_counter_ns() - begin
        self._sequencer.settle()
        time.sleep(max(0, EVERY_MS / 1e3 - (perf_counter_ns() - begin) / 1e9))
        return spent


def prepare(resting: int, messages: int, folder: Path) -> market.Load:
    """Make the flow and leave its commands in a file: nothing of the making shall stay in the venue's memory."""
    made = market.load(flow.make("steady", folder / "flow", prefill=resting, count=messages), market.Spread())
    (folder / "commands").write_bytes(made.commands)
    return made._replace(commands=bytearray())


def private_bytes() -> int:
    """Return how much memory this process has for itself."""
    (line,) = [line for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024


def with_snapshot(gateway: Gateway, store: FolderStore, load: Load, payload: bytes) -> tuple[int, Taken, list[int]]:
    """Take a snapshot while the venue goes on; return the pause in ns, what became of it, and the time of each batch meanwhile."""
    gateway.sequencer.mark()
    begin = perf_counter_ns()
    store.take(gateway.replica, payload)
    pause_ns = perf_counter_ns() - begin
    times: list[int] = []
    taken = None
    while taken is None or len(times) < LEAST:
        times.append(load.batch())
        taken = taken or store.poll()
    assert not taken.error, taken.error
    return pause_ns, taken, times


def measure(resting: int, rounds: int, messages: int, folder: Path) -> dict[str, Any]:
    """Fill one venue, and let it run with snapshots and without, in turns."""
    with tempfile.TemporaryDirectory(prefix="ats-snapshot-", dir=folder) as name:
        made = logged.elsewhere(partial(prepare, resting, messages, Path(name)))
        with (Path(name) / "commands").open("rb") as file:
            commands = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        made = made._replace(commands=commands)
        config = logged.settle_in(Path(name), made, "durable")
        store = FolderStore(config)
        gateway = Gateway(config, logged.Steps(), lambda *_: None, store=store)
        logged.submit(gateway.sequencer, made, 0, resting)
        payload = first_payload(store.journal)
        load = Load(gateway.sequencer, commands, resting)
        gc.disable()
        alone, beside, pauses, copies = [], [], [], []
        for _ in range(rounds):
            pause_ns, taken, times = with_snapshot(gateway, store, load, payload)
            pauses.append(pause_ns)
            copies.append(taken)
            beside.append(percentiles(Spread([array("q", times)])))
            alone.append(percentiles(Spread([array("q", [load.batch() for _ in times])])))
        gc.enable()
        gateway.venue.check()
        size = private_bytes()
        store.close()
    return {
        "resting": resting,
        "private_bytes": size,
        "pause_us": round(statistics.median(pauses) / 1e3, 1),
        "pause_us_max": round(max(pauses) / 1e3, 1),
        "copy_s": round(statistics.median(taken.seconds for taken in copies), 3),
        "copy_bytes": copies[-1].bytes,
        "alone": {key: round(statistics.median(run[key] for run in alone), 1) for key in alone[0]},
        "beside": {key: round(statistics.median(run[key] for run in beside), 1) for key in beside[0]},
        "runs": {"pauses_ns": pauses, "alone": alone, "beside": beside},
    }


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    times = "  |" + "  |".join("".join(f"{result[which][name]:9,.1f}" for name in PERCENTILES) for which in ("alone", "beside"))
    return (
        f"{result['resting']:10,}{result['private_bytes'] / 1e6:8,.0f}{result['pause_us']:10,.0f}{result['pause_us_max']:9,.0f}"
        f"{result['copy_s']:9.3f}{result['copy_bytes'] / 1e6:8,.1f}{times}"
    )


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench snapshot`."""
    parser = argparse.ArgumentParser(prog="python -m bench snapshot", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("resting", nargs="*", type=int, default=RESTING, help="orders that rest")
    parser.add_argument("--messages", type=int, default=2_000_000, help="of the flow behind them; the snapshots must end before it does")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    about = machine.describe()
    print(machine.heading(about))
    print(f"median of {chosen.rounds} snapshots; a batch of {BATCH} commands each {EVERY_MS} ms, journal durable\n")
    print(f"{'':10}{'memory':>8}{'pause, us':>19}{'copy':>17}  |{'us a batch, no snapshot':^45}  |{'us a batch beside the copy':^45}")
    columns = "".join(f"{name.removesuffix('_us'):>9}" for name in PERCENTILES)
    print(f"{'resting':>10}{'MB':>8}{'median':>10}{'max':>9}{'s':>9}{'MB':>8}  |{columns}  |{columns}")
    results = []
    for resting in chosen.resting:
        results.append(logged.elsewhere(partial(measure, resting, chosen.rounds, chosen.messages, chosen.folder)))
        print(row(results[-1]), flush=True)
    if chosen.save:
        result = {"machine": about, "batch": BATCH, "every_ms": EVERY_MS, "states": results}
        print(f"\nsaved {machine.save('snapshot', result)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
