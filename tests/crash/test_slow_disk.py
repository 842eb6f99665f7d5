"""A disk that is slow, or stands still: the venue stops reading, stays alive to its clients, and goes on without a loss.

And a clock that is set, and processes that are stopped for a while: none of it may show in the log but as time.
"""

import asyncio
import signal
import time

import pytest

from tests.crash.scene import Scene
from tests.crash.shim import Shim

SECOND_NS = 1_000_000_000


@pytest.fixture
def shim(tmp_path):
    return Shim(tmp_path)


def test_a_disk_that_stands_still_costs_time_and_nothing_else(tmp_path, shim):
    """For longer than the venue and the clients would wait for a sign of life: 2.4 heartbeats of a second."""

    async def story() -> None:
        scene = Scene(tmp_path / "venue", 11, traders=2, witnesses=3, heart_bt_int=1)
        process = await scene.process(env=shim.env).start()
        async with scene.clients_of(process):
            await scene.until(reports=500)
            shim.hold(True)
            await asyncio.sleep(0.2)
            before, seq = scene.heard, scene.twin.follow() and scene.twin.next_seq
            await asyncio.sleep(4)

            assert before == scene.heard
            assert 0 == scene.twin.follow(), f"the log went on behind {seq}"
            shim.hold(False)
            await scene.quiet()
            scene.compare()
            assert [1, 1, 1] == [witness.connections for witness in scene.witnesses]
            assert [1, 1] == [trader.connections for trader in scene.traders]
            assert 0 == await process.stop()

    asyncio.run(story())


def test_a_slow_disk_slows_the_clients_down_and_the_memory_stays(tmp_path, shim):
    """Clients that ask as fast as they can, and listen to no answer, find their own sockets full; nobody is cut, and all is taken later."""

    async def story() -> None:
        scene = Scene(tmp_path / "venue", 12, traders=1, witnesses=2, heart_bt_int=1)
        process = await scene.process(env=shim.env).start()
        async with scene.clients_of(process):
            await scene.until(reports=500)
            shim.hold(True)
            for witness in scene.witnesses:
                witness.in_flight_max, witness.burst = 10**9, 2_000
            await _pushed_back(scene)
            for witness in scene.witnesses:
                witness.in_flight_max, witness.burst = 0, 1
            before = _resident(process.pid)
            await asyncio.sleep(4)

            assert all(witness.unsent for witness in scene.witnesses), "the venue reads on"
            assert _resident(process.pid) - before < 4 << 20
            assert [(True, 1), (True, 1)] == [(witness.live, witness.connections) for witness in scene.witnesses]
            scene.trade(False)
            shim.hold(False)
            await scene.quiet()
            scene.compare()
            assert 0 == await process.stop()

    asyncio.run(story())


def test_a_clock_that_is_set_back_or_ahead_leaves_the_log_in_order(tmp_path, shim):
    async def story() -> None:
        scene = Scene(tmp_path / "venue", 13, traders=1, witnesses=2)
        process = await scene.process(env=shim.env).start()
        async with scene.clients_of(process):
            await scene.quiet()
            for off_s in (-3_600, 3_600, -30):
                shim.set_clock(off_s * SECOND_NS)
                await scene.until(reports=200)
            await process.kill()
            shim.set_clock(-50 * SECOND_NS)
            process = scene.last = await scene.process(env=shim.env).start()
            scene.recovered(process)
            await scene.until(reports=200)
            await scene.quiet()
            scene.compare()
            assert 0 == await process.stop()
            scene.twin.follow()
            scene.twin.check()

    asyncio.run(story())


@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_a_venue_that_was_stopped_goes_on(seconds, tmp_path):
    """Shorter than a client waits, and longer: then all come back."""

    async def story() -> None:
        scene = Scene(tmp_path / "venue", 14, traders=1, witnesses=2, heart_bt_int=1)
        process = await scene.process().start()
        async with scene.clients_of(process):
            await scene.until(reports=300)
            process.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            process.signal(signal.SIGCONT)
            await scene.until(reports=300)
            await scene.quiet()
            scene.compare()
            assert 0 == await process.stop()

    asyncio.run(story())


async def _pushed_back(scene: Scene) -> None:
    """Wait until what the witnesses write stays with them, because the venue reads no more: for longer than it needs to be crowded."""
    end = time.monotonic() + 30
    since = time.monotonic()
    while time.monotonic() < since + 2:
        if not all(witness.unsent > 1 << 18 for witness in scene.witnesses):
            since = time.monotonic()
        assert time.monotonic() < end, f"the venue takes whatever comes: {[len(witness.sent) for witness in scene.witnesses]}"
        await asyncio.sleep(0.01)


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process has."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123  a line of the kernel's
        return int(file.read().split()[1]) * 4096
