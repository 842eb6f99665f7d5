"""What the disk can have after a loss of power: a recorder of what was asked of it, and all that it may have done by then.

A file's bytes are on the disk when it was synced, and before that any part of them; a name that came, changed or went is there when its
folder was synced, and before that maybe, each for itself.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path
from typing import Any

CALLS = ("open", "write", "fsync", "fdatasync", "rename", "unlink")  # what changes a disk, or waits for it
Names = dict[str, bytes]


@dataclass
class Act:
    """A call that changed something: `kind` is create, write, sync, rename, unlink or syncdir."""

    kind: str
    name: str = ""
    to: str = ""
    data: bytes = b""


@dataclass
class Recorder:
    """The system's calls on one folder, done and noted; installed with pytest's monkeypatch."""

    folder: Path
    acts: list[Act] = field(default_factory=list)
    _open: dict[int, str] = field(default_factory=dict)

    def install(self, monkeypatch: Any) -> None:
        for name in CALLS:
            monkeypatch.setattr(os, name, getattr(self, f"_{name}_as")(getattr(os, name)))

    def _note(self, *act: Any) -> None:
        self.acts.append(Act(*act))

    def _open_as(self, call: Callable[..., int]) -> Callable[..., int]:
        def opened(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            fd = call(path, flags, *rest, **options)
            self._open[fd] = Path(path).name
            if flags & os.O_CREAT:
                self._note("create", Path(path).name)
            return fd

        return opened

    def _write_as(self, call: Callable[..., int]) -> Callable[..., int]:
        def write(fd: int, data: Any) -> int:
            self._note("write", self._open[fd], "", bytes(data))
            return call(fd, data)

        return write

    def _fsync_as(self, call: Callable[..., None]) -> Callable[..., None]:
        def fsync(fd: int) -> None:
            name = self._open[fd]
            self._note("syncdir" if name == self.folder.name else "sync", name)
            call(fd)

        return fsync

    _fdatasync_as = _fsync_as

    def _rename_as(self, call: Callable[..., None]) -> Callable[..., None]:
        def rename(path: Any, to: Any, **options: Any) -> None:
            self._note("rename", Path(path).name, Path(to).name)
            call(path, to, **options)

        return rename

    def _unlink_as(self, call: Callable[..., None]) -> Callable[..., None]:
        def unlink(path: Any, **options: Any) -> None:
            self._note("unlink", Path(path).name)
            call(path, **options)

        return unlink


@dataclass
class File:
    """A file's bytes as its writer sees them, and how many of them the disk certainly has."""

    data: bytes = b""
    synced: int = 0

    def possible(self) -> set[bytes]:
        """Return what the disk may have: all lengths matter less than none, a part, zeros for what is missing, and all."""
        kept, rest = self.data[: self.synced], self.data[self.synced :]
        return {kept, kept + rest[: len(rest) // 2], kept + bytes(len(rest)), kept + rest}


def after_power_loss(before: Names, acts: list[Act]) -> Iterator[Names]:
    """Yield each content that the folder can have when the power goes after these acts."""
    files = {name: File(data, len(data)) for name, data in before.items()}
    names = dict(files)  # as the process sees them
    durable = dict(files)  # as the disk certainly has them
    pending: list[tuple[Act, File]] = []  # changes of names that the disk may have
    for act in acts:
        if act.kind == "create":
            names[act.name] = File()
        elif act.kind == "write":
            names[act.name].data += act.data
        elif act.kind == "sync":
            names[act.name].synced = len(names[act.name].data)
        elif act.kind == "syncdir":
            durable, pending = dict(names), []
        if act.kind in {"create", "rename", "unlink"}:
            pending.append((act, names[act.name]))
            _rename(names, act, names[act.name])
    for count in range(len(pending) + 1):
        for chosen in combinations(pending, count):
            kept = dict(durable)
            for act, file in chosen:
                _rename(kept, act, file)
            for contents in product(*(sorted(file.possible()) for file in kept.values())):
                yield dict(zip(kept, contents, strict=True))


def _rename(names: dict[str, File], act: Act, file: File) -> None:
    if act.kind != "create":
        names.pop(act.name, None)
    if act.kind != "unlink":
        names[act.to or act.name] = file
