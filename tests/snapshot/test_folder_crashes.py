"""Whatever is lost at whatever moment of writing a snapshot: a whole one is there once there has been one."""

import errno
import os
import signal
from pathlib import Path

import pytest

from engine.snapshot.child import fork
from engine.snapshot.folder import newest, open_folder, prune, publish, snapshot_path, write_part
from engine.snapshot.format import write
from tests.snapshot.disk import CALLS, Recorder, after_power_loss
from tests.snapshot.small import a_snapshot

STARTS = [(), (1,), (1, 2)]  # the snapshots that are there when that of sequence 3 is taken


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder where a sync costs nothing, if there is one: what is tried here was already decided to be on the disk."""
    shm = Path("/dev/shm")  # noqa: S108
    return shm if os.access(shm, os.W_OK) else tmp_path_factory.mktemp("disk")


def take(folder):
    part, _ = write_part(folder, a_snapshot(3))
    publish(part, 3)
    prune(folder)


def filled(folder, seqs):
    open_folder(folder)
    before = {f"{seq:020}.snap": write(a_snapshot(seq)) for seq in seqs}
    for name, data in before.items():
        (folder / name).write_bytes(data)
    return before


@pytest.mark.parametrize("seqs", STARTS)
def test_a_loss_of_power_at_any_call_leaves_the_old_one_or_the_new(tmp_path, scratch, seqs, monkeypatch):
    """And never a damaged one under a name: what has a name was on the disk before."""
    folder = tmp_path / "snapshots"
    before = filled(folder, seqs)
    recorder = Recorder(folder)
    with monkeypatch.context() as patches:
        patches.setattr("engine.snapshot.folder.CHUNK", 100)
        recorder.install(patches)
        take(folder)
    old = a_snapshot(seqs[-1]) if seqs else None
    published = max(number for number, act in enumerate(recorder.acts) if act.kind == "rename") + 2  # with the sync of its folder
    tried = 0
    for done in range(len(recorder.acts) + 1):
        seen = set()
        for names in after_power_loss(before, recorder.acts[:done]):
            state = tuple(sorted(names.items()))
            if state in seen:
                continue
            seen.add(state)
            found, faults = _newest_of(names, scratch / f"ats-{os.getpid()}")

            assert [] == faults, f"after {done} calls: {recorder.acts[:done]}"
            assert found in ([a_snapshot(3)] if done >= published else [old, a_snapshot(3)])
            tried += 1
    assert tried > len(recorder.acts)


def _newest_of(names, folder):
    folder.mkdir(exist_ok=True)
    try:
        for name, data in names.items():
            (folder / name).write_bytes(data)
        return newest(folder)
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


class Killer:
    """The system's calls, of which one ends the process: before it is done, after, or when half of what it writes is written."""

    def __init__(self, number, when):
        self.left, self.when = number, when

    def install(self):
        for name in CALLS:
            setattr(os, name, self._around(name, getattr(os, name)))

    def _around(self, name, call):
        def around(*arguments, **options):
            self.left -= 1
            if self.left == 0 and self.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.left == 0 and self.when == "half" and name == "write":
                call(arguments[0], arguments[1][: len(arguments[1]) // 2])
            done = call(*arguments, **options) if self.left or self.when == "after" else 0
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return around


def killed_at(folder, number, when):
    """Take a snapshot in a process that ends itself at a call; return whether it did."""
    child = fork()
    if child == 0:
        try:
            Killer(number, when).install()
            take(folder)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("seqs", STARTS)
@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_a_kill_at_any_call_leaves_the_old_one_or_the_new_and_the_next_start_takes_another(tmp_path, seqs, when):
    number = 1
    while True:
        folder = tmp_path / str(number)
        filled(folder, seqs)
        killed = killed_at(folder, number, when)
        found, faults = newest(folder)

        assert [] == faults
        assert found in [a_snapshot(seqs[-1]) if seqs else None, a_snapshot(3)]
        open_folder(folder)
        assert [] == list(folder.glob("*.part"))
        take(folder)
        assert (a_snapshot(3), []) == newest(folder)
        if not killed:
            break
        number += 1
    assert number > 10


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_fails_leaves_the_old_ones(tmp_path, call, monkeypatch):
    """And nothing that takes room on a disk that has none."""
    filled(tmp_path, (1, 2))

    def fails(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patches:
        patches.setattr("engine.snapshot.folder.CHUNK", 10)
        patches.setattr(os, call, fails)
        with pytest.raises(OSError, match="No space left on device"):
            take(tmp_path)

    found, faults = newest(tmp_path)
    assert [] == faults
    assert found in [a_snapshot(2), a_snapshot(3)]
    assert [] == list(tmp_path.glob("*.part"))
    assert snapshot_path(tmp_path, 2).exists()
