"""A journal whose disk fails: nothing is released that is not there, nothing is tried twice, and it says why."""

import errno
import os
import select
import subprocess
import sys

import pytest

from engine.journal.records import JournalStopped
from tests.journal.disk import Disk
from tests.journal.small import WAIT_MS, append, fill, small

SEGMENT = "00000001.segment"


def stopped(journal, body=b"lost" * 500):
    """Append a group that will not be released, and return why."""
    released = journal.released_seq
    journal.append(body, journal.last_seq + 1, 1, 0)
    with pytest.raises(JournalStopped) as stop:
        journal.wait(journal.last_seq, WAIT_MS)
    with pytest.raises(JournalStopped):
        journal.append(body, journal.last_seq + 1, 1, 0)

    assert released == journal.released_seq
    assert journal.stopped == str(stop.value)
    return journal.stopped


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize(
    ("result", "why"),
    [
        (-errno.EIO, r"a write to segment 1 at byte 8192 failed: [Errno 5] Input/output error"),
        (-errno.ENOSPC, r"a write to segment 1 at byte 8192 failed: [Errno 28] No space left on device"),
        (-errno.EROFS, r"a write to segment 1 at byte 8192 failed: [Errno 30] Read-only file system"),
        (512, "a write to segment 1 at byte 8192 stopped after 512 bytes"),
    ],
)
def test_a_write_that_fails_ends_it(tmp_path, direct, result, why):
    disk = Disk()
    journal = small(tmp_path, ops=disk.ops, direct=direct)
    disk.fail_write(SEGMENT, 3, result)  # after the header and a group
    append(journal, b"kept")

    assert why == stopped(journal)
    writes = len(disk.writes)
    journal.close()
    assert writes == len(disk.writes)
    with small(tmp_path) as again:
        assert [b"kept"] == [group.body for group in again.read()]


def test_a_sync_that_fails_is_never_tried_again(tmp_path):
    """The next fdatasync would succeed, although the disk has nothing."""
    disk = Disk()
    journal = small(tmp_path, ops=disk.ops, direct=False)
    disk.fail_sync(SEGMENT, 3)
    append(journal, b"kept")

    assert "a sync of segment 1 up to byte 12288 failed: [Errno 5] Input/output error" == stopped(journal)
    journal.close()
    assert 3 == disk.syncs.count(SEGMENT)
    with small(tmp_path) as again:
        assert b"kept" == next(again.read()).body


def test_a_segment_that_was_only_begun_is_passed_over(tmp_path):
    """It has no frame to tell the epoch, which must not be forgotten."""
    disk = Disk()
    with small(tmp_path, epoch=7) as journal:
        append(journal, b"one")
    journal = small(tmp_path, epoch=7, ops=disk.ops)
    disk.fail_write("00000002.segment", 2)
    stopped(journal)
    journal.close()
    with small(tmp_path) as journal:
        journal.verify()
    with small(tmp_path) as journal:
        append(journal, b"two")

        assert [(b"one", 7), (b"two", 8)] == [(group.body, group.epoch) for group in journal.read()]
        assert [b"two"] == [group.body for group in journal.read(2)]
        journal.verify()


def test_heads_that_fail_end_it(tmp_path):
    disk = Disk()
    journal = small(tmp_path, ops=disk.ops)
    append(journal, b"kept")
    disk.fail_write("heads", 2)

    assert "the heads could not be written: [Errno 5] Input/output error" == stopped(journal)
    journal.close()


def test_the_descriptor_tells_of_the_end(tmp_path):
    disk = Disk()
    disk.fail_write(SEGMENT, 1)
    journal = small(tmp_path, ops=disk.ops)
    journal.append(b"lost", 1, 1, 0)

    assert [journal] == select.select([journal], [], [], WAIT_MS / 1000)[0]
    assert 0 == journal.settle()
    assert journal.stopped
    journal.close()


LIMITED = """
import resource, sys
from engine.journal.directory import DirectoryJournal
from engine.journal.records import JournalStopped
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    journal = DirectoryJournal(sys.argv[1], segment_bytes=64 << 10, reserve_bytes=32 << 10)
except OSError as error:
    raise SystemExit(str(error))
while True:
    try:
        journal.append(bytes(3000), journal.last_seq + 1, 1, 0)
        journal.wait(journal.last_seq)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60 << 10, resource.RLIM_INFINITY))
    except JournalStopped as error:
        print(journal.released_seq)
        raise SystemExit(str(error))
"""


def limited(folder, limit):
    return subprocess.run([sys.executable, "-c", LIMITED, str(folder), str(limit)], capture_output=True, text=True, timeout=60, check=False)


def test_a_limit_of_file_sizes_ends_it_and_what_was_released_is_there(tmp_path):
    done = limited(tmp_path, 1 << 20)

    assert "failed: [Errno 27] File too large" in done.stderr or "stopped after" in done.stderr
    with small(tmp_path, reserve_bytes=0) as journal:
        assert int(done.stdout) <= journal.last_seq


def test_a_limit_below_a_segment_refuses_to_start(tmp_path):
    assert "File too large" in limited(tmp_path, 40 << 10).stderr


@pytest.fixture
def tmpfs(tmp_path):
    """A disk of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, check=False).returncode:
        pytest.skip("nobody may mount here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_ends_it_and_gives_the_reserve_back(tmpfs):
    journal = small(tmpfs, reserve_bytes=60 << 10)
    with pytest.raises(JournalStopped, match=r"segment \d could not be made: \[Errno 28\] No space left on device"):
        fill(journal, 100, 3000)
    released = journal.released_seq
    journal.close()

    assert not (tmpfs / "reserve").exists()
    (tmpfs / "last words").write_bytes(bytes(40 << 10))
    with pytest.raises(OSError, match="No space left on device"):
        small(tmpfs, reserve_bytes=60 << 10)
    (tmpfs / "last words").unlink()
    with small(tmpfs, reserve_bytes=0, segment_bytes=32 << 10) as again:
        assert released == again.recovered.tip.next_seq - 1
        assert released == list(again.read())[-1].first_seq + list(again.read())[-1].count - 1


def test_a_full_disk_is_told_while_there_is_still_room_in_the_segment(tmpfs):
    (tmpfs / "other").write_bytes(bytes(100 << 10))
    journal = small(tmpfs, reserve_bytes=60 << 10)
    append(journal, b"the next segment does not fit")
    while journal.warning is None:
        os.sched_yield()

    assert "No space left on device" in journal.warning
    assert journal.stopped is None
    (tmpfs / "other").unlink()
    journal.close()
