"""A journal that forgets: for tests, benches, and whoever needs no promise."""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

from engine.journal.frames import MAX_BODY_BYTES
from engine.journal.journal import Journal
from engine.journal.records import Bytes, Group, JournalStopped


class MemoryJournal(Journal):
    """A journal in memory: a group is released when it is taken.  It keeps the last `keep_bytes` of bodies, and drops what is older."""

    def __init__(self, *, keep_bytes: int = 64 << 20, epoch: int = 1, shard: int = 0) -> None:
        self._groups: deque[Group] = deque()
        self._kept = 0
        self._keep_bytes = keep_bytes
        self._epoch, self._shard = epoch, shard
        self._last_seq = 0
        self._fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def append(self, body: Bytes, first_seq: int, count: int, ts_ns: int) -> bool:
        if self._fd < 0:
            raise JournalStopped("the journal was closed")
        if first_seq != self._last_seq + 1 or count == 0:
            raise ValueError(f"a group of {count} from sequence {first_seq} on does not follow sequence {self._last_seq}")
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"a group of {len(body)} bytes is longer than {MAX_BODY_BYTES}")
        self._groups.append(Group(first_seq, count, ts_ns, bytes(body), self._epoch, self._shard))
        self._kept += len(body)
        while self._kept > self._keep_bytes:
            self._kept -= len(self._groups.popleft().body)
        self._last_seq += count
        os.eventfd_write(self._fd, 1)
        return True

    @property
    def max_body(self) -> int:
        return MAX_BODY_BYTES

    @property
    def last_seq(self) -> int:
        return self._last_seq

    @property
    def released_seq(self) -> int:
        return self._last_seq

    @property
    def stopped(self) -> str | None:
        return None if self._fd >= 0 else "the journal was closed"

    def fileno(self) -> int:
        return self._fd

    def settle(self) -> int:
        with suppress(BlockingIOError):
            os.eventfd_read(self._fd)
        return self._last_seq

    def wait(self, seq: int, timeout_ms: int = -1) -> bool:
        if seq > self._last_seq:
            raise JournalStopped(f"sequence {seq} was not taken")
        return True

    def read(self, seq: int = 1) -> Iterator[Group]:
        first = self._groups[0].first_seq if self._groups else self._last_seq + 1
        if seq < first:
            raise ValueError(f"sequence {seq} is older than what is kept")
        return (group for group in list(self._groups) if group.first_seq + group.count > seq)

    def verify(self) -> None:
        """Find nothing: what was never written cannot be damaged."""

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
