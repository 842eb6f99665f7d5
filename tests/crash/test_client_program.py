"""A client's program that is stopped for a while, or killed: it comes back to everything once, and what it asked for was done once."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.crash.scene import Scene
from tests.crash.trader import Trader


@pytest.mark.parametrize("seconds", [1, 4])
def test_a_client_that_was_stopped_goes_on(seconds, tmp_path):
    """Shorter than the venue waits for a sign of life, and longer: then it is logged out, and comes back."""

    async def story() -> None:
        async with _played(tmp_path) as (scene, call):
            program = await _program(call)
            await _told(scene, 3_000)
            program.send_signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            program.send_signal(signal.SIGCONT)
            await scene.until(reports=300)
            scene.trade(False)

            assert await _compared(scene, program) == (1 if seconds == 1 else 2)

    asyncio.run(story())


def test_a_client_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path):
    async def story() -> None:
        async with _played(tmp_path) as (scene, call):
            for _ in range(4):
                program = await _program(call)
                await _told(scene, 3_000)
                program.kill()
                await program.wait()
            program = await _program(call)
            scene.trade(False)
            await _compared(scene, program)

    asyncio.run(story())


@asynccontextmanager
async def _played(folder: Path) -> AsyncIterator[tuple[Scene, list[str]]]:
    """Give a scene whose first trader is played by a program, and the call of that program."""
    scene = Scene(folder / "venue", 21, traders=1, witnesses=2, heart_bt_int=2)
    first = scene.traders.pop()
    scene.clients.remove(first)
    notes = scene.notes
    (notes / f"{first.name}.told").touch()
    call = [sys.executable, "-m", "tests.crash.program", str(scene.port), first.name, str(first.number), str(notes), "5"]
    process = await scene.process().start()
    async with scene.clients_of(process):
        yield scene, call
        scene.verify()


async def _program(call: list[str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *call, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24
    )


async def _told(scene: Scene, more: int) -> None:
    """Trade until the program has written so many bytes more of what it was told."""
    notes = scene.notes / "s0001.told"
    wanted = notes.stat().st_size + more
    while notes.stat().st_size < wanted:
        await scene.until(reports=20)


async def _compared(scene: Scene, program: asyncio.subprocess.Process) -> int:
    """Let a program come to rest, hold what it was told to the log, and return how often it was connected."""
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(b"enough\n")
    await asyncio.sleep(0.2)
    await scene.quiet()
    program.stdin.write(b"tell\n")
    async with asyncio.timeout(60):
        said = json.loads(await program.stdout.readline())
    await scene.quiet()
    scene.compare()
    trader = Trader("s0001", 1, scene.port, scene.draw(), scene.notes, cancels=False)
    trader.told = [tuple(json.loads(line)) for line in (scene.notes / "s0001.told").read_text().splitlines()]
    reports = scene.twin.reports[1]
    trader.compare(reports)
    program.stdin.close()
    await program.wait()

    assert [] == said["faults"] + trader.faults
    assert len(reports) == len(trader.told) > 50
    assert {int(order_id): leaves for order_id, leaves in said["open_orders"].items()} == scene.twin.open_orders(1)
    return int(said["connections"])
