"""Disks that fail: a pwrite and an fdatasync of ours in place of the system's, which the writer's thread calls.

A disk also knows what a loss of power would leave, which is less than the files show: the writes whose sync came back.
"""

import ctypes
import errno
import fcntl
import os
from collections.abc import Callable

PWRITE = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True)
FDATASYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, use_errno=True)
libc = ctypes.CDLL(None, use_errno=True)
libc.pwrite.restype = ctypes.c_ssize_t
libc.pwrite.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64)


class Disk:
    """The system's disk, until a call of its `write` or `sync` is to fail; it counts the calls, by the name of the file."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, int, int]] = []
        self.syncs: list[str] = []
        self.written: list[bytes] = []  # to segments
        self.pending: list[tuple[str, int, bytes]] = []  # written, as far as the system knows
        self.durable: list[tuple[str, int, bytes]] = []  # and these will outlive a loss of power
        self.on_write: Callable[[str, int, int], int | None] = lambda *_: None
        self.on_sync: Callable[[str], int | None] = lambda *_: None
        self._pwrite = PWRITE(self._write)
        self._fdatasync = FDATASYNC(self._sync)
        self.ops = tuple(ctypes.cast(function, ctypes.c_void_p).value for function in (self._pwrite, self._fdatasync))

    def fail_write(self, name: str, number: int, result: int = -errno.EIO) -> None:
        """Let the write of this number to a file end with a negative errno, or after so many bytes."""
        self.on_write = lambda wrote, *_: result if wrote == name and self._count(name) == number else None

    def fail_sync(self, name: str, number: int) -> None:
        self.on_sync = lambda synced: -errno.EIO if synced == name and self.syncs.count(name) == number else None

    def _count(self, name: str) -> int:
        return sum(wrote == name for wrote, _, _ in self.writes)

    def _write(self, fd: int, data: int, size: int, offset: int) -> int:
        name = _name(fd)
        self.writes.append((name, offset, size))
        if name != "heads":
            self.written.append(ctypes.string_at(data, size))
        told = self.on_write(name, size, offset)
        if told is not None and told < 0:
            ctypes.set_errno(-told)
            return -1
        done = int(libc.pwrite(fd, data, size if told is None else told, offset)) if told != 0 else 0
        if done == size:
            at_once = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_DSYNC
            (self.durable if at_once else self.pending).append((name, offset, ctypes.string_at(data, size)))
        return done

    def _sync(self, fd: int) -> int:
        name = _name(fd)
        self.syncs.append(name)
        told = self.on_sync(name)
        if told is None:
            self.durable += [write for write in self.pending if write[0] == name]
            self.pending = [write for write in self.pending if write[0] != name]
            return int(libc.fdatasync(fd))
        ctypes.set_errno(-told)
        return -1


def _name(fd: int) -> str:
    return os.path.basename(os.readlink(f"/proc/self/fd/{fd}"))  # noqa: PTH119, PTH115
