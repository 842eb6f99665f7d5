"""`python -m tests.crash KILLS [SEED]`: kill a venue so many times and tell of each; exit code 1 at the first thing that is wrong."""

import asyncio
import shutil
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from tests.crash.campaign import campaign


def main() -> None:
    """Run a campaign; where something was wrong, its folder is kept."""
    kills = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()
    folder = Path(mkdtemp(prefix="crash-"))
    print(f"{kills} kills from seed {seed} in {folder}", flush=True)
    began = time.monotonic()
    scene, _ = asyncio.run(campaign(folder / "venue", seed, kills, lambda line: print(line, flush=True)))
    seconds, commands, deposits = time.monotonic() - began, scene.twin.next_seq - 1, scene.person.booked
    print(f"{kills} kills in {seconds:.0f} s, nothing was lost: {commands} commands, {scene.heard} reports, {deposits} deposits")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
