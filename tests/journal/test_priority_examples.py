"""The writer's thread asks for real-time priority and for a ring that stays in memory; it says what it got, and works without."""

import gc
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journal.small import append, small


def real_time_threads():
    """Count the threads of this process that the kernel schedules first in, first out."""
    return sum(os.sched_getscheduler(int(task.name)) == os.SCHED_FIFO for task in Path("/proc/self/task").iterdir())


def locked_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmLck:"))


def test_it_says_what_the_system_gave(tmp_path):
    gc.collect()
    before, others = locked_kib(), real_time_threads()
    with small(tmp_path, ring_bytes=256 << 10) as journal:
        append(journal, b"x")

        assert journal.priority == real_time_threads() - others
        assert journal.locked == (locked_kib() >= before + 256)
    del journal
    gc.collect()

    assert before == locked_kib()


def test_it_asks_for_nothing_when_it_is_told_so(tmp_path):
    gc.collect()
    before, others = locked_kib(), real_time_threads()
    with small(tmp_path, realtime=False) as journal:
        append(journal, b"x")

        assert (0, False, others, before) == (journal.priority, journal.locked, real_time_threads(), locked_kib())


def test_the_first_groups_find_its_ring_touched(tmp_path):
    """Else the first 3 MiB are 768 page faults of the thread that must not wait."""
    body = bytes(60_000)
    with small(tmp_path, realtime=False, ring_bytes=4 << 20, segment_bytes=8 << 20) as journal:
        append(journal, body)
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        for _ in range(48):
            append(journal, body)

        assert resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before < 100


HUMBLE = """
import os, resource
from engine.journal.directory import DirectoryJournal
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
with DirectoryJournal(".", segment_bytes=64 << 10, reserve_bytes=4096, ring_bytes=64 << 10) as journal:
    journal.append(b"x", 1, 1, 0)
    journal.wait(1, 20_000)
    print(journal.priority, journal.locked, journal.released_seq)
"""


def test_who_may_not_have_it_works_without(tmp_path):
    tmp_path.chmod(0o777)
    done = subprocess.run([sys.executable, "-c", HUMBLE], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
                          capture_output=True, text=True, check=False)  # fmt: skip

    assert "0 False 1\n" == done.stdout, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is sure to get it")
def test_root_gets_it(tmp_path):
    with small(tmp_path) as journal:
        assert (1, True) == (journal.priority, journal.locked)
