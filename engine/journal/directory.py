"""A journal in a directory of this machine, the default.

The writer's thread needs nothing of Python.  Beside it a second thread, in Python, makes the next segment before the current one is full,
and cuts and seals those that are: slow work, of which nothing waits as long as it keeps up.  It is done in small pieces with rests between
them, since disk and processor are those of the groups.
"""

import errno
import fcntl
import os
import secrets
import select
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.journal.audit import verify
from engine.journal.closing import close_segment, open_heads, recover
from engine.journal.files import RESERVE, make_zeros, open_for_frames, segment_path, sync_folder
from engine.journal.frames import HEADS_BYTES, Opened, newest_head, read_heads, read_segment_header
from engine.journal.reading import JournalReader
from engine.journal.records import Group, JournalCorrupt, JournalStopped, Mode
from engine.journal.recovery import Verdict
from engine.journal.writer import Writer

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
REST = 2  # times as long as a piece of work took
RETRY_MS = 1000  # between attempts to make a segment while the disk is full and the current one still has room


class DirectoryJournal(Writer):
    """The journal in a folder, which is made, or brought into order after any end; `recovered` says what was found.

    JournalCorrupt if something that was durable is missing, JournalStopped if another process has the journal, OSError if there is no room.
    Each opening is an epoch of its own, `epoch` or more.  `key` signs the closed segments.  In mode async a loss of power can cost what was
    released in the last `sync_ms`.  `realtime` asks for a priority above all ordinary threads and for a ring that is never swapped out:
    `priority` and `locked` say what was got.
    """

    recovered: Verdict

    def __init__(
        self,
        folder: Path | str,
        *,
        mode: Mode = Mode.DURABLE,
        key: Ed25519PrivateKey | None = None,
        epoch: int = 1,
        shard: int = 0,
        sector_bytes: int = 4096,
        segment_bytes: int = 256 << 20,
        ring_bytes: int = 8 << 20,
        reserve_bytes: int = 64 << 20,
        sync_ms: int = 10,
        direct: bool = True,
        realtime: bool = True,
        ops: tuple[int, int] = (0, 0),
    ) -> None:
        if mode == Mode.MEMORY:
            raise ValueError("a journal in a directory is durable or async; for memory there is MemoryJournal")
        self.folder = Path(folder)
        self.warning: str | None = None  # what will stop the journal later, if nobody helps
        self._key = key
        self._sector_bytes, self._segment_bytes = sector_bytes, segment_bytes
        self._direct = direct and mode == Mode.DURABLE
        self._fds: dict[int, int] = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._heads = open_heads(self.folder)
        try:
            self._lock()
            self.recovered = recover(self.folder, self._heads, key)
            self._closed = self.recovered.number
            self._prepare(reserve_bytes)
            heads = os.pread(self._heads, HEADS_BYTES, 0)
            self.start(
                self.recovered.tip,
                self._heads,
                read_heads(heads).counter,
                newest_head(heads),
                epoch=max(epoch, self.recovered.tip.epoch + 1),
                shard=shard,
                sector_bytes=sector_bytes,
                segment_bytes=segment_bytes,
                ring_bytes=ring_bytes,
                sync_ms=sync_ms if mode == Mode.ASYNC else 0,
                realtime=realtime,
                ops=ops,
            )
        except BaseException:
            os.close(self._heads)
            raise
        self._made = self._closed
        self._keeper = Thread(target=self._keep, name="journal", daemon=True)
        self._keeper.start()

    @property
    def keeper_id(self) -> int:
        """The system's number of the thread that makes and closes segments."""
        return self._keeper.native_id or 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, seq: int = 1) -> Iterator[Group]:
        """Yield the durable groups from the one that holds a sequence on.  JournalCorrupt where one is not what was written."""
        with JournalReader(self.folder, seq) as reader:
            yield from reader.poll()

    def verify(self) -> None:
        """Check everything that is kept.  JournalCorrupt with the first thing that is wrong."""
        verify(self.folder, self._key.public_key() if self._key else None)

    def close(self) -> None:
        """Write what was taken, seal the last segment, and take nothing any more; after a failure, only let go of the files."""
        if self._heads < 0:
            return
        self.join()
        self._keeper.join()
        number, _ = self.place()
        try:
            if not self.failed and number > self._closed:
                self._seal_closed()
                close_segment(self.folder, number, self.last_seq + 1, self._key)
        finally:
            for fd in (*self._fds.values(), self._heads):
                os.close(fd)
            self._heads = -1

    def _lock(self) -> None:
        try:
            fcntl.flock(self._heads, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalStopped(f"{self.folder}: another process has this journal") from None

    def _prepare(self, reserve_bytes: int) -> None:
        reserve = self.folder / RESERVE
        if reserve_bytes and (not reserve.exists() or reserve.stat().st_size != reserve_bytes):
            make_zeros(reserve, reserve_bytes)
        spare = segment_path(self.folder, self._closed + 1)
        if spare.exists() and spare.stat().st_size != self._segment_bytes:
            spare.unlink()
            sync_folder(self.folder)
        if not spare.exists():
            make_zeros(spare, self._segment_bytes)

    def _keep(self) -> None:
        """Make and close segments until the writer ends; then, if the disk is full, give the reserve back."""
        poll = select.poll()
        poll.register(self.closed_fileno(), select.POLLIN)
        try:
            self._keep_up()
            while not self.ended:
                poll.poll(RETRY_MS if self.warning else None)
                with suppress(BlockingIOError):
                    os.eventfd_read(self.closed_fileno())
                self._keep_up()
        finally:
            if not self.ended:
                self.halt("the thread that makes segments has ended")
        if self.failed_errno in FULL:
            (self.folder / RESERVE).unlink(missing_ok=True)

    def _keep_up(self) -> None:
        wanted, starving = self.needs()
        try:
            if wanted:
                self._make(self._made + 1)
            self._seal_closed()
            self.warning = None
        except OSError as error:
            self.warning = str(error)
            if error.errno not in FULL:
                self.halt(f"a segment could not be made or closed: {error}")
            elif starving:
                self.fail(error.errno or errno.ENOSPC)
        except JournalCorrupt as error:
            self.halt(str(error))

    def _make(self, number: int) -> None:
        path = segment_path(self.folder, number)
        if not path.exists():
            make_zeros(path, self._segment_bytes, self._ease)
        fd, syncs = open_for_frames(path, self._sector_bytes, direct=self._direct)
        self._fds[number] = fd
        self._made = number
        self.supply(number, secrets.randbits(64), self._segment_bytes, fd, syncs)

    def _ease(self, seconds: float) -> None:
        """Rest after a piece of work while there is time, so that a group that comes meanwhile waits for that piece and not for all."""
        _, end = self.place()
        if end < self._segment_bytes // 4 * 3 and not self.ended:
            time.sleep(REST * seconds)

    def _seal_closed(self) -> None:
        current, _ = self.place()
        while self._closed + 1 < current:
            number = self._closed + 1
            with segment_path(self.folder, number + 1).open("rb") as file:
                header = read_segment_header(file.read(self._sector_bytes))
            if not isinstance(header, Opened):
                raise JournalCorrupt(segment_path(self.folder, number + 1).name, 0, header or "there is no header")
            close_segment(self.folder, number, header.first_seq, self._key, self._ease)
            os.close(self._fds.pop(number))
            self._closed = number
