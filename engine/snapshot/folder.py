"""The folder of a venue's snapshots, beside its journal.

    00000000000001048576.snap       the two newest that are whole, named by their last command
    00000000000002097152.snap
    00000000000003145728.77.part    being written by process 77; what a killed one left is removed at the next start

A file gets its name when all of it is on the disk and was read back from there, and an older one goes when the newer one's name is on the
disk: whatever is lost at whatever moment, one whole snapshot is there once there has been one.
"""

import os
import re
from pathlib import Path

from engine.journal.files import opened, read_from_disk, sync_folder
from engine.snapshot.format import pieces, read, verify
from engine.snapshot.records import Snapshot, SnapshotFault

KEPT = 2
CHUNK = 8 << 20  # bytes between two syncs: what is written never waits in so long a queue that the journal's next group waits behind it
NAME = re.compile(r"(\d{20})\.snap")


def open_folder(folder: Path) -> None:
    """Make the folder if there is none, and remove what a killed process left half written."""
    if not folder.exists():
        folder.mkdir(parents=True)
        sync_folder(folder.parent)
    for part in folder.glob("*.part"):
        part.unlink(missing_ok=True)


def snapshot_path(folder: Path, seq: int) -> Path:
    """Return where the snapshot behind a command is."""
    return folder / f"{seq:020}.snap"


def snapshot_paths(folder: Path) -> list[Path]:
    """Return where the snapshots are, newest first; none where there is no folder."""
    if not folder.exists():
        return []
    return sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name)), reverse=True)


def newest(folder: Path | str) -> tuple[Snapshot | None, list[SnapshotFault]]:
    """Return the newest snapshot that is whole, None if none is, and what is wrong with each that is newer."""
    faults: list[SnapshotFault] = []
    for path in snapshot_paths(Path(folder)):
        try:
            return load(path), faults
        except SnapshotFault as fault:
            faults.append(fault)
    return None, faults


def load(path: Path) -> Snapshot:
    """Return the snapshot in a file.  SnapshotFault if it is not what was written, cannot be read, or has another's name."""
    snapshot = read(_bytes_of(path), path.name)
    if path != snapshot_path(path.parent, snapshot.seq):
        raise SnapshotFault(f"this is the snapshot of sequence {snapshot.seq}", file=path.name)
    return snapshot


def write_part(folder: Path, snapshot: Snapshot) -> tuple[Path, int]:
    """Write a snapshot under a passing name; return where, and its length, when it was read back from the disk.

    OSError if it cannot be written, SnapshotFault if the disk gives back something else: nothing is left of it then.
    """
    part = folder / f"{snapshot.seq:020}.{os.getpid()}.part"
    try:
        with opened(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
            size = sum(_write(fd, memoryview(piece)) for piece in pieces(snapshot))
            os.fsync(fd)
        verify(_bytes_of(part), part.name)
    except (OSError, SnapshotFault):
        part.unlink(missing_ok=True)
        raise
    return part, size


def publish(part: Path, seq: int) -> None:
    """Give a written snapshot its name, for good.  OSError if it cannot be named: nothing is left of it then."""
    try:
        part.rename(snapshot_path(part.parent, seq))
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(part.parent)


def prune(folder: Path) -> None:
    """Remove all that is older than the two newest that are whole."""
    whole = 0
    for path in snapshot_paths(folder):
        if whole == KEPT:
            path.unlink()
        else:
            whole += _is_whole(path)
    sync_folder(folder)


def _is_whole(path: Path) -> bool:
    try:
        verify(_bytes_of(path))
    except SnapshotFault:
        return False
    return True


def _bytes_of(path: Path) -> bytes:
    try:
        return read_from_disk(path)
    except OSError as error:
        raise SnapshotFault(f"it cannot be read: {error.strerror}", file=path.name) from None


def _write(fd: int, piece: memoryview) -> int:
    done = 0
    while done < len(piece):
        done += os.write(fd, piece[done : done + CHUNK])
        if done < len(piece):
            os.fdatasync(fd)
    return done
