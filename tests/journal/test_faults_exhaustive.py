"""Each call that the writer makes fails, once in each way: nothing is released that is not durable, nothing is tried again."""

import errno
import re
import shutil
from itertools import count

import pytest

from engine.journal.directory import FULL
from engine.journal.records import JournalStopped, Mode
from tests.journal.disk import Disk
from tests.journal.small import WAIT_MS, small
from tests.journal.test_writer_examples import headers

SECTOR = 512
SEGMENT_BYTES = 8 << 10
GROUPS = 6
WAYS = {
    "EIO": lambda _: -errno.EIO,
    "ENOSPC": lambda _: -errno.ENOSPC,
    "short": lambda size: (size - 1) // SECTOR * SECTOR if size >= SECTOR else size // 2,  # O_DIRECT writes whole sectors
    "nothing": lambda _: 0,
}
MODES = {"direct": {}, "synced": {"direct": False}, "async": {"mode": Mode.ASYNC, "sync_ms": 30}}
WHY = (
    r"a write to segment \d at byte \d+ (failed: \[Errno (5|28)\] .*|stopped after \d+ bytes)"
    r"|a sync of segment \d up to byte \d+ failed: \[Errno (5|28)\] .*"
    r"|the heads could not be written: \[Errno (5|28)\] .*"
)


class Nth(Disk):
    """A disk of which the call of number `fails_at` fails; at each call it looks at what its journal has promised too early."""

    def __init__(self, fails_at, way, promise):
        super().__init__()
        self.fails_at, self.promise = fails_at, promise
        self.calls = 0
        self.journal = None
        self.early = []
        self.on_write = lambda _name, size, _offset: self.called(way(size))
        self.on_sync = lambda _: self.called(min(way(SECTOR), 0) or -errno.EIO)

    def called(self, result):
        self.calls += 1
        if self.journal and getattr(self.journal, self.promise) > self.durable_seq:
            self.early.append((self.calls, getattr(self.journal, self.promise), self.durable_seq))
        return result if self.calls == self.fails_at else None

    @property
    def durable_seq(self):
        """Last sequence up to which a loss of power would leave all."""
        writes = [data for name, offset, data in self.durable if name != "heads" and offset]
        seq = 0
        for first_seq, last_seq, _ in sorted(frame for data in writes for frame in headers(data, SECTOR)):
            seq = last_seq if first_seq == seq + 1 else seq
        return seq

    def left_in(self, folder, target):
        """Write what a loss of power would have left of a folder."""
        shutil.copytree(folder, target)
        for path in (*target.glob("*.segment"), target / "heads"):
            if not path.with_suffix(".seal").exists():
                content = bytearray(path.stat().st_size)
                for name, offset, data in self.durable:
                    if name == path.name:
                        content[offset : offset + len(data)] = data
                path.write_bytes(content)


def written(journal):
    """Append groups until it is over; return why it was, if it was not the last group."""
    try:
        for number in range(GROUPS):
            journal.append(bytes(500 * number), journal.last_seq + 1, 2, number)
            journal.wait(journal.last_seq, WAIT_MS)
    except JournalStopped as stop:
        return str(stop)
    finally:
        journal.close()
    return journal.stopped


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_released_that_is_not_durable_whatever_call_fails(tmp_path, mode, way):
    promise = "durable_seq" if mode == "async" else "released_seq"
    for fails_at in count(1):
        folder, left = tmp_path / f"{fails_at}", tmp_path / f"{fails_at} left"
        disk = Nth(fails_at, WAYS[way], promise)
        journal = small(folder, ops=disk.ops, sector_bytes=SECTOR, segment_bytes=SEGMENT_BYTES, **MODES[mode])
        disk.journal = journal
        why = written(journal)
        calls, promised = disk.calls, getattr(journal, promise)
        if calls < fails_at:
            break
        disk.left_in(folder, left)

        assert re.fullmatch(WHY, why), f"call {fails_at}: {why}"
        assert journal.failed
        assert calls == fails_at
        assert [] == disk.early
        assert (errno.EIO if "Errno 5" in why else errno.ENOSPC) == journal.failed_errno
        assert (folder / "reserve").exists() == (journal.failed_errno not in FULL)
        for place in (folder, left):
            with small(place) as again:
                assert promised < again.recovered.tip.next_seq, f"call {fails_at}: {why}"
    assert "the journal was closed" == why
    assert 2 * GROUPS == promised
    assert fails_at > GROUPS
