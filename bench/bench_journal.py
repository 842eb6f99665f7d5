"""The price of durability: a commit's time beside that of the bare disk, and groups a second when the ring is kept full.

One group is appended and awaited at a time, as the venue does; a group is a batch of commands of 112 bytes.  The bare disk gets writes of
the same size, past the cache and synced, into a file of zeros.  Both take turns, so that they meet the same neighbours.
"""

import argparse
import mmap
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench import machine
from engine.journal.directory import DirectoryJournal
from engine.journal.files import make_zeros, open_for_frames
from engine.journal.records import Mode

BATCHES = (1, 10, 100, 1000)
COMMAND_BYTES = 112
TURN = 50  # commits in a row of each
MIB = 1 << 20
SECTOR = 4096


def measured(commits: int, *acts: Callable[[], None]) -> list[list[float]]:
    """Return the microseconds of each act, each so many times, in turns."""
    times: list[list[float]] = [[] for _ in acts]
    for _ in range(commits // TURN):
        for act, mine in zip(acts, times, strict=True):
            for _ in range(TURN):
                start = time.perf_counter_ns()
                act()
                mine.append((time.perf_counter_ns() - start) / 1000)
    return times


def bare(folder: Path, size: int, room: int) -> tuple[Callable[[], None], int]:
    """Return a write of the next `size` bytes that is durable when it returns, and its descriptor."""
    path = folder / "bare"
    make_zeros(path, room)
    fd, syncs = open_for_frames(path, SECTOR, direct=True)
    data = mmap.mmap(-1, size)
    data.write(os.urandom(size))
    place = 0

    def write() -> None:
        nonlocal place
        os.pwrite(fd, data, place)
        if not syncs:
            os.fdatasync(fd)
        place = (place + size) % (room - size + 1) // SECTOR * SECTOR

    return write, fd


def commit(journal: DirectoryJournal, batch: int) -> Callable[[], None]:
    """Return the append of a group that is released when it returns."""
    body = os.urandom(batch * COMMAND_BYTES)

    def act() -> None:
        seq = journal.last_seq
        journal.append(body, seq + 1, batch, seq)
        journal.wait(seq + batch)

    return act


def rate(journal: DirectoryJournal, batch: int, groups: int) -> float:
    """Return groups a second when the ring is kept full."""
    body = os.urandom(batch * COMMAND_BYTES)
    start = time.perf_counter()
    for _ in range(groups):
        while not journal.append(body, journal.last_seq + 1, batch, 0):
            journal.wait(min(journal.released_seq + 1, journal.last_seq))  # the last may have been released meanwhile
    journal.wait(journal.last_seq)
    return groups / (time.perf_counter() - start)


def measure(folder: Path, batch: int, commits: int) -> dict[str, Any]:
    """Measure groups of so many commands: the bare disk, the journal durable and async, in turns."""
    size = (64 + batch * COMMAND_BYTES + SECTOR - 1) // SECTOR * SECTOR
    place = Path(tempfile.mkdtemp(dir=folder, prefix="ats-journal-"))
    options = {"segment_bytes": 64 * MIB, "reserve_bytes": 0}
    try:
        write, fd = bare(place, size, 64 * MIB)
        with (
            DirectoryJournal(place / "durable", **options) as durable,
            DirectoryJournal(place / "async", mode=Mode.ASYNC, **options) as loose,
        ):
            acts = write, commit(durable, batch), commit(loose, batch)
            measured(TURN, *acts)
            found = measured(commits, *acts)
            filled = rate(durable, batch, commits)
        os.close(fd)
    finally:
        shutil.rmtree(place)
    named = dict(zip(("bare", "journal", "async"), found, strict=True))
    return {
        "batch": batch,
        "bytes": batch * COMMAND_BYTES,
        "commits": len(found[0]),
        "us": {name: percentiles(times)[0] for name, times in named.items()},
        "percentiles": {name: percentiles(times) for name, times in named.items()},
        "runs": {name: [round(median(times[at : at + TURN]), 1) for at in range(0, len(times), TURN)] for name, times in named.items()},
        "filled_groups_per_s": round(filled),
    }


def percentiles(times: list[float]) -> list[float]:
    """Return p50, p99 and p99.9."""
    cut = quantiles(times, n=1000)
    return [round(cut[at], 1) for at in (499, 989, 998)]


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    shown = "   ".join(" ".join(f"{figure:>7,.0f}" for figure in result["percentiles"][name]) for name in ("bare", "journal", "async"))
    return f"{result['batch']:<22}  {shown}   {result['filled_groups_per_s']:>16,}"


COLUMNS = (
    f"{'microseconds a commit':<22}  {'bare disk':^23}   {'journal, durable':^23}   {'journal, async':^23}   {'filled, groups/s':>16}\n"
    f"{'commands in a group':<22}  {'p50':>7} {'p99':>7} {'p99.9':>7}" + f"   {'p50':>7} {'p99':>7} {'p99.9':>7}" * 2
)


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench journal`."""
    parser = argparse.ArgumentParser(prog="python -m bench journal", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    parser.add_argument("--commits", type=int, default=2000, help="of each size")
    parser.add_argument("--quick", action="store_true", help="few commits: a look, no result")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    commits = 2 * TURN if chosen.quick else chosen.commits
    about = machine.describe()
    print(machine.heading(about))
    print(COLUMNS)
    rows = []
    for batch in BATCHES:
        rows.append(measure(chosen.folder, batch, commits))
        print(row(rows[-1]), flush=True)
    if chosen.save:
        kept = {"machine": about, "quick": chosen.quick, "rows": rows}
        print(f"\nsaved {machine.save('journal', kept)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
