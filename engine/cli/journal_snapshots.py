"""The snapshots beside a journal: which are kept, what is wrong with them, and whether the journal knows them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from engine.cli.journal_folder import Place
from engine.journal.reading import JournalReader, frame_hash
from engine.journal.records import JournalCorrupt
from engine.snapshot.folder import load, snapshot_path, snapshot_paths
from engine.snapshot.records import Snapshot, SnapshotFault
from engine.transcript import commands_of

SNAPSHOTS = "snapshots"
FRAME_HASH_AT = 48  # byte of a snapshot's file where it stands


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot's file: what it is of, or what is wrong with it."""

    file: str
    size: int
    seq: int = 0
    state_hash: str = ""
    frame_hash: int = 0
    birth: bytes = b""
    fault: SnapshotFault | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What `ats journal inspect` tells of it."""
        said = {"file": self.file, "bytes": self.size, "seq": self.seq, "state_hash": self.state_hash}
        return said | ({"fault": str(self.fault)} if self.fault else {})


def kept_in(place: Place) -> Iterator[Kept]:
    """Yield the snapshots beside a journal, oldest first; one that the venue removes meanwhile is none."""
    for path in reversed(snapshot_paths(place.folder / SNAPSHOTS)):
        with suppress(FileNotFoundError):
            yield _kept(path)


def snapshot_at(place: Place, seq: int) -> Snapshot:
    """Return the snapshot behind a command.  JournalCorrupt if it is damaged."""
    try:
        return load(snapshot_path(place.folder / SNAPSHOTS, seq))
    except SnapshotFault as fault:
        raise JournalCorrupt(f"{SNAPSHOTS}/{fault.file}", fault.offset, fault.why) from fault


def must_be_good(place: Place, kept: Kept, first_seq: int, last_seq: int) -> None:
    """Raise JournalCorrupt for a snapshot that is damaged, or not of this journal, which has these sequences."""
    if kept.fault:
        raise JournalCorrupt(kept.file, kept.fault.offset, kept.fault.why)
    if kept.seq > last_seq:
        raise JournalCorrupt(kept.file, 0, f"it is of sequence {kept.seq}, and the journal ends with {last_seq}")
    if kept.frame_hash and kept.seq >= first_seq:
        try:
            known = frame_hash(place.folder, kept.seq)
        except ValueError as error:
            raise JournalCorrupt(kept.file, 0, str(error)) from error
        if known != kept.frame_hash:
            raise JournalCorrupt(kept.file, FRAME_HASH_AT, f"it is of another journal, whose frame with sequence {kept.seq} is not ours")


def birth_payload(place: Place) -> bytes:
    """Return the payload of a journal's first command.  ValueError where it is kept elsewhere, JournalCorrupt where it is damaged."""
    with JournalReader(place.folder) as reader:
        for group in reader.poll():
            _, _, payload = next(commands_of(group))
            return payload
    return b""


def birth_of(place: Place, snapshots: Sequence[Kept]) -> dict[str, Any] | None:
    """Return what the log, or where its beginning is not at hand a snapshot, says of the venue's birth."""
    payloads = [kept.birth for kept in snapshots if kept.birth]
    with suppress(JournalCorrupt, ValueError):
        payloads.insert(0, birth_payload(place))
    for payload in payloads:
        with suppress(msgspec.MsgspecError):
            known: dict[str, Any] = msgspec.msgpack.decode(payload, type=dict[str, Any])
            return known
    return None


def _kept(path: Path) -> Kept:
    file, size = f"{SNAPSHOTS}/{path.name}", path.stat().st_size
    try:
        found = load(path)
    except SnapshotFault as fault:
        path.stat()
        return Kept(file, size, fault=fault)
    return Kept(file, size, found.seq, found.state_hash, found.frame_hash, found.birth)
