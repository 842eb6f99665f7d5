"""The real binary on a disk that fails: it says what happened, ends with 70, and nothing that anybody was told is lost.

Three ways to the same faults: a library before libc's, which is always there; the kernel's own limits (a file's size, a small tmpfs where
one can be mounted); and strace, where it is installed, which puts the errors into the system calls themselves.
"""

import asyncio
import errno
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.process import Gone, Process
from tests.crash.scene import Scene
from tests.crash.shim import Shim

STOPPED = 70
SPACE = "No space left on device"
Break = Callable[[Shim, Process], object]

SHIMMED: dict[str, tuple[Break, str]] = {
    "a write fails": (lambda shim, _: shim.write.fail(errno.EIO, after=3), "Input/output error"),
    "a write finds the disk full": (lambda shim, _: shim.write.fail(errno.ENOSPC, after=3), SPACE),
    "a write is short": (lambda shim, _: shim.write.cut(512, after=3), "stopped after 512 bytes"),
    "the disk has become read-only": (lambda shim, _: shim.write.fail(errno.EROFS), "Read-only file system"),
    "no room for a segment": (lambda shim, _: shim.room.fail(errno.ENOSPC), SPACE),
    "a write fails while the venue closes": (
        lambda shim, process: (shim.write.fail(errno.EIO), process.signal(signal.SIGTERM)),
        "Input/output error",
    ),
    "a file is larger than may be": (lambda _, process: limit(process, 65_536), "File too large"),
}
SYNCED: dict[str, tuple[Break, str]] = {
    "a sync fails": (lambda shim, _: shim.sync.fail(errno.EIO, after=3), "Input/output error"),
    "a sync finds the disk full": (lambda shim, _: shim.sync.fail(errno.ENOSPC, after=3), SPACE),
}
TRACED: dict[str, tuple[str, Callable[[Shim], object], str]] = {
    "a write fails in the kernel": ("error=EIO", lambda shim: shim.write.fail(errno.EIO, after=60), "Input/output error"),
    "a write is short in the kernel": ("retval=512", lambda shim: shim.write.cut(512, after=60), "stopped after 512 bytes"),
}


@pytest.fixture
def shim(tmp_path):
    return Shim(tmp_path)


@pytest.mark.parametrize("name", SHIMMED)
def test_what_fails_is_said_and_nothing_told_is_lost(name, tmp_path, shim):
    breaks, said = SHIMMED[name]

    asyncio.run(_stops_and_goes_on(tmp_path, shim, breaks, said))


@pytest.mark.parametrize("name", SYNCED)
def test_what_fails_where_the_system_cannot_write_past_its_cache(name, tmp_path, shim):
    breaks, said = SYNCED[name]
    shim.refuse_direct(errno.EINVAL)

    asyncio.run(_stops_and_goes_on(tmp_path, shim, breaks, said))


@pytest.mark.parametrize("name", TRACED)
def test_what_the_kernel_answers_is_said(name, tmp_path, shim):
    """The 300th write and all behind it, when the venue has begun; without strace the library answers in the kernel's place."""
    fault, instead, said = TRACED[name]
    trace = ["strace", "-D", "-f", "-qqq", "--seccomp-bpf", "-o", str(tmp_path / "trace")]
    trace += ["-e", "trace=pwrite64", "-e", f"inject=pwrite64:{fault}:when=300+"]
    there = shutil.which("strace") is not None

    async def story() -> None:
        scene = Scene(tmp_path / "venue", 7, traders=1, witnesses=2)
        process = await scene.process(prefix=trace if there else (), env=shim.env).start()
        async with scene.clients_of(process):
            if not there:
                instead(shim)
            scene.trade(True)
            await _stopped(process, said)
            shim.clear()
            await _go_on(scene)

    asyncio.run(story())


def test_a_disk_that_is_full_leaves_room_for_an_end_and_goes_on_when_there_is_more(tmp_path, shim):
    """A file system of its own where one can be mounted; else the library says so in its name."""
    folder = tmp_path / "venue"
    folder.mkdir()

    async def story() -> None:
        with small_disk(folder) as grow:
            scene = Scene(folder, 9, traders=1, witnesses=2)
            process = await scene.process(env=shim.env).start()
            async with scene.clients_of(process):
                await scene.quiet()
                if grow is None:
                    shim.room.fail(errno.ENOSPC)
                scene.trade(True)
                await _stopped(process, SPACE)

                assert not (folder / "journal" / "reserve").exists()
                if grow is None:
                    shim.clear()
                else:
                    with pytest.raises(Gone, match=SPACE):
                        await scene.process().start()
                    grow()
                await _go_on(scene)
                assert (folder / "journal" / "reserve").exists()

    asyncio.run(story())


def test_a_venue_that_can_say_nothing_any_more_ends_all_the_same(tmp_path):
    """Its log goes to the disk that is full: no line can be written, neither on the way nor at the end."""

    async def story() -> None:
        scene = Scene(tmp_path / "venue", 6, traders=1, witnesses=2)
        process = await scene.process().start()
        async with scene.clients_of(process):
            await scene.until(reports=100)
            limit(process, 0)

            assert STOPPED == await process.wait()
            await _go_on(scene)

    asyncio.run(story())


def test_a_venue_that_finds_no_room_does_not_start_and_says_so(tmp_path, shim):
    async def story() -> None:
        scene = Scene(tmp_path / "venue", 3, traders=0, witnesses=1)
        shim.room.fail(errno.ENOSPC)
        with pytest.raises(Gone, match=rf"exit code {STOPPED}[\s\S]*{SPACE}"):
            await scene.process(env=shim.env).start()
        shim.clear()
        process = await scene.process(env=shim.env).start()

        assert process.told["journal"]["born"]
        assert 0 == await process.stop()

    asyncio.run(story())


def test_two_venues_do_not_share_a_folder(tmp_path):
    async def story() -> None:
        scene = Scene(tmp_path / "venue", 3, traders=0, witnesses=1)
        process = await scene.process().start()
        with pytest.raises(Gone, match=rf"exit code {STOPPED}[\s\S]*another process has this journal"):
            await Process(scene.folder, scene.port + 2).start()

        assert 0 == await process.stop()

    asyncio.run(story())


def limit(process: Process, size: int) -> None:
    """Let no file of a process grow beyond a size."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], object] | None]:
    """Mount 8 MiB on a folder and give what makes it 64, or give None where that is not permitted."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


async def _stops_and_goes_on(folder: Path, shim: Shim, breaks: Break, said: str) -> None:
    scene = Scene(folder / "venue", 5, traders=1, witnesses=2, snapshot_every=10_000_000)
    process = await scene.process(env=shim.env).start()
    async with scene.clients_of(process):
        await scene.until(reports=300)
        breaks(shim, process)
        await _stopped(process, said)
        shim.clear()
        await _go_on(scene)


async def _stopped(process: Process, said: str) -> None:
    """Wait for the venue's end, and hold it to what it says: what happened, to what, and where the way on is written."""
    assert STOPPED == await process.wait(), process.said[-2_000:]
    last = process.said.splitlines()[-1]
    for words in (str(process.folder / "journal"), "the journal has stopped", said, "OPERATIONS.md"):
        assert words in last
    assert "Traceback" not in process.said


async def _go_on(scene: Scene) -> None:
    """Start again where the cause is gone: everybody comes back to what he was told, and trades on."""
    scene.trade(False)
    process = scene.last = await scene.process().start()
    scene.recovered(process)
    await scene.quiet()
    scene.compare()
    await scene.until(reports=100)
    await scene.quiet()
    scene.compare()

    assert 0 == await process.stop()
    scene.verify()
