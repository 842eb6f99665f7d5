"""The price of durability: `python -m bench.bench_journal [FOLDER] [COMMITS]` prints a commit's time beside that of the bare disk.

One group is appended and awaited at a time, as the venue does; a group is a batch of commands of 112 bytes.  The bare disk gets writes of
the same size, past the cache and synced, into a file of zeros.  Both take turns, so that they meet the same neighbours.
"""

import mmap
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

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


def shown(times: list[float]) -> str:
    cut = quantiles(times, n=1000)
    return f"{cut[499]:>7,.0f} {cut[989]:>7,.0f} {cut[998]:>7,.0f}"


def main(folder: Path, commits: int) -> None:
    print(
        f"{'microseconds a commit':<22}  {'bare disk':^23}   {'journal, durable':^23}   {'journal, async':^23}   {'filled, groups/s':>16}"
    )
    print(f"{'commands in a group':<22}  {'p50':>7} {'p99':>7} {'p99.9':>7}" + f"   {'p50':>7} {'p99':>7} {'p99.9':>7}" * 2)
    for batch in BATCHES:
        size = (64 + batch * COMMAND_BYTES + SECTOR - 1) // SECTOR * SECTOR
        place = Path(tempfile.mkdtemp(dir=folder))
        try:
            options = {"segment_bytes": 64 * MIB, "reserve_bytes": 0}
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
            print(f"{batch:<22}  {'   '.join(shown(times) for times in found)}   {filled:>16,.0f}", flush=True)
        finally:
            shutil.rmtree(place)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir()), int(sys.argv[2]) if len(sys.argv) > 2 else 2000)
