"""Reading a journal: from a sequence on, while it grows or at rest, by its own process or by another.

A reader believes a frame when it follows the one before it, and gives it away when the heads say that it is durable: so nobody acts on
what a crash could still undo.  It writes nothing and takes no lock.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from engine.journal.files import HEADS, heads_of, opened, segment_numbers, segment_path
from engine.journal.frames import HEADS_BYTES, MAX_BODY_BYTES, Chain, Opened, read_heads, read_segment_header
from engine.journal.records import Foreign, Group, Heads, JournalCorrupt, Tip

WINDOW = 1 << 18
LONGEST = MAX_BODY_BYTES + (1 << 16)


def durable_seq(folder: Path | str) -> int:
    """Return the last sequence that is durable in a journal's folder now, as its heads say."""
    return read_heads(heads_of(Path(folder))).seq


def frame_hash(folder: Path | str, seq: int) -> int:
    """Return the hash of the frame whose group ends with a durable sequence.  ValueError where none does, or where it is not durable."""
    with JournalReader(folder, seq) as reader:
        group = next(reader.poll(), None)
        if group is None:
            raise ValueError(f"sequence {seq} is not durable")
        if group.first_seq + group.count - 1 != seq:
            raise ValueError(f"no group ends with sequence {seq}: it is in the one of {group.count} from sequence {group.first_seq} on")
        return reader.last_hash


class JournalReader:
    """The groups of a journal, from the one that holds `seq` on: `poll` gives those that are durable now and were not yet given.

    JournalCorrupt where a durable group is not what was written; ValueError for a sequence that is older than what is kept.
    """

    def __init__(self, folder: Path | str, seq: int = 1) -> None:
        self.folder = Path(folder)
        self.next_seq = seq
        self._heads = Heads()
        self._number = 0
        self._chain: Chain | None = None
        self._window = b""
        self._start = 0
        self._fd = -1
        self._heads_fd = os.open(self.folder / HEADS, os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for fd in (self._fd, self._heads_fd):
            if fd >= 0:
                os.close(fd)
        self._fd = self._heads_fd = -1

    @property
    def durable_seq(self) -> int:
        """Last sequence that is durable now."""
        self._heads = read_heads(os.pread(self._heads_fd, HEADS_BYTES, 0))
        return self._heads.seq

    @property
    def last_hash(self) -> int:
        """Hash of the frame that was given last."""
        return self._chain.tip.prev_hash if self._chain else 0

    def poll(self) -> Iterator[Group]:
        """Yield what is durable now and was not yet given."""
        durable_seq = self.durable_seq
        if self._chain is None and self.next_seq <= durable_seq:
            self._enter(self._segment_of(self.next_seq), Tip())
            while self._skip():
                pass
        while self.next_seq <= durable_seq:
            group = self._group() or self._group_of_next_segment(durable_seq)
            self.next_seq = group.first_seq + group.count
            yield group

    def _skip(self) -> int:
        assert self._chain
        self._load(WINDOW + LONGEST)
        return self._chain.walk(self._window, self._start, self.next_seq)

    def _group(self) -> Group | None:
        assert self._chain
        group = self._chain.take(self._window, self._start)
        if group is None:
            self._load(WINDOW)
            group = self._chain.take(self._window, self._start)
        if group is None:
            os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)  # the writer wrote past the system's cache
            self._load(LONGEST)
            group = self._chain.take(self._window, self._start)
        return group

    def _group_of_next_segment(self, durable_seq: int) -> Group:
        assert self._chain
        while True:  # a segment that was only begun before a crash has none
            tip = self._chain.tip
            header = self._header(self._number + 1)
            if header is None or (header.first_seq, header.prev_hash) != (tip.next_seq, tip.prev_hash):
                where, said = segment_path(self.folder, self._number).name, self._chain.fault.text
                raise JournalCorrupt(where, self._chain.offset, f"{said}; the heads say that sequence {durable_seq} is durable")
            self._enter(self._number + 1, tip)
            if group := self._group():
                return group

    def _load(self, size: int) -> None:
        """Read from where the chain stands, but nothing that is not durable."""
        assert self._chain
        self._start = self._chain.offset
        if self._number >= self._heads.segment:
            size = min(size, max(0, self._heads.end - self._start))
        self._window = os.pread(self._fd, size, self._start)

    def _enter(self, number: int, tip: Tip) -> None:
        header = self._header(number)
        if header is None:
            raise JournalCorrupt(segment_path(self.folder, number).name, 0, "there is no header")
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = os.open(segment_path(self.folder, number), os.O_RDONLY | os.O_CLOEXEC)
        self._number, self._chain, self._window = number, Chain(header, tip), b""

    def _segment_of(self, seq: int) -> int:
        found = 0
        for number in segment_numbers(self.folder):
            header = self._header(number)
            if header and header.first_seq > seq:
                break
            found = number if header else found
        if not found:
            raise ValueError(f"sequence {seq} is older than what is kept")
        return found

    def _header(self, number: int) -> Opened | None:
        """Return the header of a segment; None where it is not begun, or is no header.  JournalCorrupt where it is of another format."""
        try:
            with opened(segment_path(self.folder, number), os.O_RDONLY) as fd:
                header = read_segment_header(os.pread(fd, 1 << 16, 0))
        except FileNotFoundError:
            return None
        if isinstance(header, Foreign):
            raise JournalCorrupt(segment_path(self.folder, number).name, 0, header)
        return header if isinstance(header, Opened) else None
