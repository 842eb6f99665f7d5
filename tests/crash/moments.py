"""When to kill: at random, and at the moments at which a crash is most likely to leave something half done.

Each moment waits until it is there, says in a word or two how it came about, and leaves the kill to its caller.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from tests.crash.process import Process
from tests.crash.shim import Shim

PATIENCE_S = 3.0
LOOK_S = 0.0005

Moment = Callable[[Process, Shim, Random], Awaitable[str]]


async def under_load(process: Process, shim: Shim, dice: Random) -> str:
    """At any time."""
    await asyncio.sleep(dice.uniform(0.01, 1.2))
    return "under load"


async def in_snapshot(process: Process, shim: Shim, dice: Random) -> str:
    """While a snapshot is being written."""
    began = await _until(lambda: any(_snapshots(process).glob("*.part*")) or _has_child(process.pid))
    await asyncio.sleep(dice.uniform(0, 0.01))
    return "in a snapshot" if began else "no snapshot came"


async def behind_snapshot(process: Process, shim: Shim, dice: Random) -> str:
    """Right after a snapshot got its name, when an older one goes."""
    before = set(_snapshots(process).glob("*.snap"))
    came = await _until(lambda: not set(_snapshots(process).glob("*.snap")) <= before)
    await asyncio.sleep(dice.uniform(0, 0.002))
    return "behind a snapshot" if came else "no snapshot came"


async def at_roll(process: Process, shim: Shim, dice: Random) -> str:
    """Right after a segment was made, cut or sealed."""
    before = _segments(process)
    rolled = await _until(lambda: _segments(process) != before)
    await asyncio.sleep(dice.choice((0, dice.uniform(0, 0.02))))
    return "at a segment's roll" if rolled else "no segment rolled"


async def while_closing(process: Process, shim: Shim, dice: Random) -> str:
    """During an end in good order."""
    process.signal(signal.SIGTERM)
    await asyncio.sleep(dice.uniform(0, 0.25))
    return "closed already" if process.ended else "while closing"


async def behind_disk(process: Process, shim: Shim, dice: Random) -> str:
    """While the disk stands still: commands are carried out, and nothing more is written."""
    shim.hold(True)
    await asyncio.sleep(dice.uniform(0.05, 0.4))
    return "behind a disk that stands still"


async def while_starting(process: Process, shim: Shim, dice: Random) -> str:
    """Between the first look at the journal and listening; the process has been spawned, and nothing else."""
    await _until(lambda: process.ended or _holds(process.pid, "heads"), patience_s=60)
    await asyncio.sleep(dice.choice((0, dice.uniform(0, 0.03), dice.uniform(0, 0.3))))
    return "while starting"


MOMENTS: list[Moment] = [under_load, under_load, in_snapshot, behind_snapshot, at_roll, behind_disk, behind_disk, while_closing]


def _snapshots(process: Process) -> Path:
    return process.folder / "journal" / "snapshots"


def _segments(process: Process) -> set[str]:
    return {path.name for path in (process.folder / "journal").iterdir()}


def _has_child(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return any(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return False


def _holds(pid: int, name: str) -> bool:
    """Return whether a process has a file of this name open."""
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if os.readlink(entry.path).endswith(f"/{name}"):  # noqa: PTH115  Path.readlink is slower than what is looked for
                    return True
    return False


async def _until(there: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    end = time.monotonic() + patience_s
    while not there():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(LOOK_S)
    return True
