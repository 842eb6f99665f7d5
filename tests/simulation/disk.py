"""A disk in memory that forgets: what was written and not synced can be there after a crash, or not, or in part.

Each file has three contents: `cached` is what a reader sees, `durable` what surely outlives a loss of power, and `pending` the writes in
between, a piece for each 512 bytes.  A kill of the process leaves the system's cache as it is; a loss of power keeps any of the pieces, in
any combination, and tears some of them at any byte.  Names are like data: a rename counts when its folder was synced, and before that
perhaps.

    write    -> cached, pending
    sync     -> pending becomes durable; or fails, and then what was pending is in the cache and nowhere else
    crash    -> some of pending becomes durable, the cache is lost
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

PIECE = 512
TORN = 0.1  # of the pieces that reach the disk in a crash


class Crash(BaseException):
    """The process ends here, between two calls of the system."""


@dataclass
class File:
    """One file."""

    cached: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass
class Disk:
    """The files of one machine by name, "folder/name" or "name"."""

    random: Random
    files: dict[str, File] = field(default_factory=dict)
    crash_in: int = 0  # calls until the process ends in one; 0 never
    torn: int = 0
    kept: int = 0
    lost: int = 0
    on_call: Callable[[str, str], None] = lambda *_: None
    _names: dict[str, File] = field(default_factory=dict)
    _renames: list[tuple[str, Callable[[dict[str, File]], object]]] = field(default_factory=list)

    def names(self, prefix: str = "") -> list[str]:
        return sorted(name for name in self.files if name.startswith(prefix))

    def exists(self, name: str) -> bool:
        return name in self.files

    def size(self, name: str) -> int:
        return len(self.files[name].cached)

    def read(self, name: str, start: int = 0, size: int = -1) -> bytes:
        cached = self.files[name].cached
        return bytes(cached[start:] if size < 0 else cached[start : start + size])

    def reread(self, name: str) -> bytes:
        """Sync a file and read it past the cache, as a journal does when it starts."""
        self.sync(name)
        file = self.files[name]
        file.cached[:] = file.durable
        return bytes(file.cached)

    def create(self, name: str, content: bytes = b"") -> None:
        """Make a file; its name and its content are as lasting as a write."""
        self._call("create", name)
        file = self.files[name] = File()
        self._note(name, lambda names: names.__setitem__(name, file))
        if content:
            self.write(name, 0, content)

    def create_zeros(self, name: str, size: int) -> None:
        """Make a file of zeros that are on the disk."""
        self.create(name)
        self.files[name].cached.extend(bytes(size))
        self.sync(name)

    def write(self, name: str, offset: int, data: bytes) -> None:
        self._call("write", name)
        file = self.files[name]
        end = offset + len(data)
        file.cached.extend(bytes(max(0, end - len(file.cached))))
        file.cached[offset:end] = data
        for start in range(offset - offset % PIECE, end, PIECE):
            first, last = max(start, offset), min(start + PIECE, end)
            file.pending.append((first, bytes(data[first - offset : last - offset])))

    def sync(self, name: str) -> None:
        self._call("sync", name)
        file = self.files[name]
        for offset, data in file.pending:
            _put(file.durable, offset, data)
        file.pending.clear()
        file.durable.extend(bytes(max(0, len(file.cached) - len(file.durable))))

    def fail_sync(self, name: str) -> None:
        """Let a sync fail: some of what was pending is on the disk, and the system takes all of it for written."""
        file = self.files[name]
        self._settle(file)

    def cut(self, name: str, size: int) -> None:
        """Shorten a file, for good."""
        self._call("cut", name)
        file = self.files[name]
        self.sync(name)
        del file.cached[size:]
        del file.durable[size:]

    def rename(self, name: str, new_name: str) -> None:
        self._call("rename", name)
        file = self.files[new_name] = self.files.pop(name)

        def renamed(names: dict[str, File]) -> None:
            names.pop(name, None)
            names[new_name] = file

        self._note(name, renamed)

    def remove(self, name: str) -> None:
        self._call("remove", name)
        del self.files[name]
        self._note(name, lambda names: names.pop(name, None))

    def sync_folder(self, prefix: str = "") -> None:
        """Let the names in a folder outlive a loss of power."""
        self._call("sync folder", prefix)
        for folder, rename in self._renames:
            if folder == prefix:
                rename(self._names)
        self._renames = [each for each in self._renames if each[0] != prefix]

    def copy(self, random: Random) -> "Disk":
        """Return another disk with the same on it, to be spoiled."""
        disk = Disk(random)
        twins = {id(file): File(bytearray(file.cached), bytearray(file.durable), list(file.pending)) for file in self.files.values()}
        disk.files = {name: twins[id(file)] for name, file in self.files.items()}
        disk._names = dict(disk.files)
        return disk

    def lose_power(self) -> None:
        """Keep of what was not synced what chance wants; names of a folder are kept in their order up to some rename."""
        self.crash_in = 0
        folders = sorted({folder for folder, _ in self._renames})
        for folder in folders:
            renames = [rename for name, rename in self._renames if name == folder]
            for rename in renames[: self.random.randint(0, len(renames))]:
                rename(self._names)
        self._renames.clear()
        self.files = dict(self._names)
        for name in sorted(self.files):
            file = self.files[name]
            self._settle(file)
            file.cached = bytearray(file.durable)

    def kill(self) -> None:
        """End the process and nothing else: the system still has what it was given."""
        self.crash_in = 0

    def rot(self, name: str, bits: int) -> list[int]:
        """Flip bits of what is durable; return where."""
        file = self.files[name]
        places = [self.random.randrange(8 * len(file.durable)) for _ in range(bits)]
        for place in places:
            file.durable[place // 8] ^= 1 << place % 8
        file.cached = bytearray(file.durable)
        return places

    def _settle(self, file: File) -> None:
        """Let some of what is pending reach the disk."""
        keeps = self.random.choice((0.0, 0.5, 0.9, 1.0))
        for offset, data in file.pending:
            if self.random.random() >= keeps:
                self.lost += 1
                continue
            begin, end = 0, len(data)
            if self.random.random() < TORN:
                self.torn += 1
                begin = self.random.randrange(end)
                end = self.random.randint(begin, end)
            self.kept += 1
            _put(file.durable, offset + begin, data[begin:end])
        file.pending.clear()

    def _note(self, name: str, rename: Callable[[dict[str, File]], object]) -> None:
        self._renames.append((name[: name.rfind("/") + 1], rename))

    def _call(self, what: str, name: str) -> None:
        self.on_call(what, name)
        if self.crash_in:
            self.crash_in -= 1
            if self.crash_in == 0:
                raise Crash(f"in {what} of {name}")


def _put(content: bytearray, offset: int, data: bytes) -> None:
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def full(name: str) -> OSError:
    return OSError(errno.ENOSPC, "No space left on device", name)


def broken(name: str) -> OSError:
    return OSError(errno.EIO, "Input/output error", name)
