"""The files of a journal's directory, and how they are read, made, cut and written without leaving half of one.

00000001.segment  00000001.seal     closed: cut to its last frame, sealed
00000002.segment                    written to
00000003.segment                    made ahead of need: zeros from end to end
heads                               what was durable last, three times
reserve                             room that a full disk gives back, for a stop in good order
"""

import errno
import fcntl
import mmap
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from engine.journal.frames import HEADS_BYTES
from engine.journal.records import JournalCorrupt

HEADS = "heads"
RESERVE = "reserve"
PIECE = 128 << 10  # bytes that are read or written at once by what is in no hurry: a group waits for one at most
WINDOW = 2 << 20  # bytes: any frame, wherever it begins
ALIGNMENT = 4096  # of what is read past the system's cache
SEGMENT = re.compile(r"(\d{8,})\.segment")


Ease = Callable[[float], None]
"""What to do after a piece of work that took so many seconds: nothing, or rest so that others have the disk and the processor."""


def hurry(_seconds: float) -> None:
    """Go on at once."""


def segment_path(folder: Path, number: int) -> Path:
    """Return where a segment is."""
    return folder / f"{number:08}.segment"


def seal_path(folder: Path, number: int) -> Path:
    """Return where the seal of a segment is."""
    return folder / f"{number:08}.seal"


def segment_numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments that are there, in order."""
    return sorted(int(match[1]) for path in folder.iterdir() if (match := SEGMENT.fullmatch(path.name)))


@contextmanager
def opened(path: Path, flags: int, mode: int = 0o640) -> Iterator[int]:
    """Give a descriptor for as long as it is needed."""
    fd = os.open(path, flags | os.O_CLOEXEC, mode)
    try:
        yield fd
    finally:
        os.close(fd)


def heads_of(folder: Path) -> bytes:
    """Return the heads as they are.  JournalCorrupt where there are segments and no heads, or not all of them, which no crash can cause."""
    path = folder / HEADS
    content = path.read_bytes() if path.exists() else b""
    if len(content) < HEADS_BYTES and (content or segment_numbers(folder)):
        said = f"the file has {len(content)} bytes in place of {HEADS_BYTES}" if path.exists() else "the file is missing"
        raise JournalCorrupt(HEADS, len(content), f"{said}; without it nothing proves that the last groups are all there")
    return content[:HEADS_BYTES]


def sync_folder(folder: Path) -> None:
    """Let names that came, went or changed outlive a loss of power."""
    with opened(folder, os.O_RDONLY | os.O_DIRECTORY) as fd:
        os.fsync(fd)


def write_new(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Write a whole file, or leave none."""
    part = path.with_suffix(".part")
    with opened(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode) as fd:
        written = os.write(fd, content)
        if written != len(content):
            raise OSError(errno.EIO, f"only {written} of {len(content)} bytes were written", str(path))
        os.fsync(fd)
    part.rename(path)
    sync_folder(path.parent)


def make_zeros(path: Path, size: int, ease: Ease = hurry) -> None:
    """Make a file of zeros that are on the disk, not promised: a write to it changes no metadata, and cannot find the disk full."""
    part = path.with_suffix(".part")
    try:
        with opened_past_cache(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
            os.posix_fallocate(fd, 0, size)
            _fill(fd, size, ease)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    part.rename(path)
    sync_folder(path.parent)


def _fill(fd: int, size: int, ease: Ease) -> None:
    zeros = memoryview(mmap.mmap(-1, PIECE))
    done = 0
    while done < size:
        began = perf_counter()
        try:
            done += os.write(fd, zeros[: size - done])
        except OSError as error:
            if error.errno != errno.EINVAL or not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_DIRECT:
                raise
            fcntl.fcntl(fd, fcntl.F_SETFL, 0)  # a part of a sector, or a file system that opens more than it can
        ease(perf_counter() - began)


@contextmanager
def opened_past_cache(path: Path, flags: int) -> Iterator[int]:
    """Give a descriptor that leaves the system's cache alone, where the file system can: the venue's threads need the memory's speed."""
    try:
        fd = os.open(path, flags | os.O_DIRECT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        fd = os.open(path, flags | os.O_CLOEXEC, 0o640)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def windows(path: Path, ease: Ease = hurry) -> Iterator[Callable[[int], memoryview]]:
    """Give a function that returns a file's bytes, as the disk has them, from a multiple of `ALIGNMENT` on; its next call spoils them."""
    with opened_past_cache(path, os.O_RDONLY) as fd:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        view = memoryview(mmap.mmap(-1, WINDOW))
        yield lambda start: view[: _read(fd, view, start, ease)]


def _read(fd: int, view: memoryview, start: int, ease: Ease) -> int:
    done = 0
    while done < len(view):
        began = perf_counter()
        read = os.preadv(fd, [view[done : done + PIECE]], start + done)
        done += read
        if read < PIECE:
            break
        ease(perf_counter() - began)
    return done


def read_from_disk(path: Path) -> bytes:
    """Return a file's bytes as the disk has them: after a failed sync, what the system remembers of a file can be more than that."""
    with opened(path, os.O_RDONLY) as fd:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        with open(fd, "rb", buffering=0, closefd=False) as file:
            return file.readall()


def cut(path: Path, size: int) -> None:
    """Shorten a file, for good."""
    with opened(path, os.O_WRONLY) as fd:
        os.ftruncate(fd, size)
        os.fsync(fd)


def open_for_frames(path: Path, sector_bytes: int, *, direct: bool) -> tuple[int, bool]:
    """Open a segment for its writer, past the system's cache if the file system can; return (descriptor, whether writes are durable)."""
    if direct:
        try:
            fd = os.open(path, os.O_WRONLY | os.O_DIRECT | os.O_DSYNC | os.O_CLOEXEC)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        else:
            with mmap.mmap(-1, sector_bytes) as zeros:
                try:
                    os.pwrite(fd, zeros, 0)
                except OSError as error:
                    os.close(fd)
                    if error.errno != errno.EINVAL:
                        raise
                else:
                    return fd, True
    return os.open(path, os.O_WRONLY | os.O_CLOEXEC), False
