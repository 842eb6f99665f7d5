"""A venue that is killed and started again under load from many clients, again and again.

start -> clients come back, send again what was not taken, hear what they missed -> quiet: everything is compared -> load -> kill ...
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.crash.moments import MOMENTS, while_starting
from tests.crash.process import Process
from tests.crash.scene import Scene
from tests.crash.shim import Shim


class Kill(NamedTuple):
    """One line of the campaign's account."""

    number: int
    how: str
    taken: int
    replayed: int
    last_seq: int
    state_hash: str
    start_s: float
    back_s: float

    def __str__(self) -> str:
        return (
            f"kill {self.number}: {self.how}; {self.taken} commands more; recovered {self.last_seq}, {self.replayed} of them replayed, "
            f"hash {self.state_hash[:12]}; listening after {self.start_s:.2f} s, all back after {self.back_s:.2f} s"
        )


async def campaign(
    folder: Path,
    seed: int,
    kills: int,
    tell: Callable[[str], object] = lambda _: None,
    *,
    traders: int = 6,
    witnesses: int = 8,
    snapshot_every: int = 2_000,
) -> tuple[Scene, list[Kill]]:
    """Kill so many times, compare after each, end in good order, and return the account of it."""
    scene = Scene(folder, seed, traders=traders, witnesses=witnesses, snapshot_every=snapshot_every)
    done: list[Kill] = []
    shim = Shim(folder)
    _, process = await _started(scene, shim)
    async with scene.clients_of(process):
        await scene.quiet()
        while len(done) < kills:
            how, process = await _kill(scene, shim, process)
            scene.last = process
            done.append(await _account_of(scene, len(done) + 1, how, process))
            tell(str(done[-1]))
        shim.clear()
        assert 0 == await process.stop(), process.said
    scene.verify()
    again = type(scene.twin)(folder / "journal")
    again.follow()
    again.check()
    return scene, done


async def _kill(scene: Scene, shim: Shim, process: Process) -> tuple[str, Process]:
    """Load, on a disk that may be slow, wait for a moment, kill, and start again."""
    shim.write.delay(scene.dice.choice((0, 0, scene.dice.randint(100, 20_000))))
    await scene.until(reports=scene.dice.randint(50, 500))
    how = await scene.dice.choice(MOMENTS)(process, shim, scene.dice)
    await process.kill()
    shim.clear()
    scene.verify()
    if scene.dice.random() < 0.25:
        for trader in scene.traders[::2]:
            trader.die()
        how += ", and half of the traders with it"
    spoiled = scene.dice.random() < 0.15 and _spoil(scene)
    again, process = await _started(scene, shim)
    assert spoiled <= len(process.told["journal"]["passed_over"]), "a snapshot of which a bit was flipped was believed"
    return how + (", a bit of its newest snapshot flipped" if spoiled else "") + again, process


def _spoil(scene: Scene) -> int:
    """Flip a bit of the newest snapshot, and return how many that were."""
    for path in sorted((scene.folder / "journal" / "snapshots").glob("*.snap"))[-1:]:
        data = bytearray(path.read_bytes())
        data[scene.dice.randrange(len(data))] ^= 1 << scene.dice.randrange(8)
        path.write_bytes(data)
        return 1
    return 0


async def _started(scene: Scene, shim: Shim) -> tuple[str, Process]:
    """Start the venue, now and then after some that are killed before they listen; the first of them while it is born."""
    how = ""
    while scene.dice.random() < 0.3:
        process = scene.process(env=shim.env)
        await process.spawn()
        how += f", then {await while_starting(process, shim, scene.dice)}"
        await process.kill()
    return how, await scene.process(env=shim.env).start()


async def _account_of(scene: Scene, number: int, how: str, process: Process) -> Kill:
    taken = scene.recovered(process)
    began = time.monotonic()
    await scene.quiet()
    back_s = time.monotonic() - began
    scene.compare()
    assert await scene.alone(process), "a process of a killed venue lives on"
    told = process.told["journal"]
    start_s = process.listening - process.spawned
    return Kill(number, how, taken, told["commands"], told["last_seq"], told["state_hash"], start_s, back_s)
