"""`ats journal copy`: a journal's folder copied elsewhere while the venue writes to it, so that a venue can start from the copy.

Nothing of a journal changes but its end: closed segments and snapshots are copied once, of the segment that is written to what the heads
prove durable.  So a copy never has a frame without the one before it, as a plain copy of a growing file can.  At whatever moment it is
interrupted, the copy is a journal: the heads are read before the segments and put there after them, and the snapshots after the heads.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from engine.cli.journal_folder import Place, place_options, telling_damage
from engine.cli.journal_snapshots import SNAPSHOTS
from engine.cli.output import json_option, show, wrong
from engine.journal.files import HEADS, opened, read_from_disk, seal_path, segment_numbers, segment_path, sync_folder
from engine.journal.frames import HEADS_BYTES, read_heads
from engine.snapshot.folder import prune, snapshot_paths

CHUNK = 8 << 20


class Copied(Struct, frozen=True):
    """What was copied now; the copy ends with `last_seq`."""

    sealed: int
    snapshots: int
    bytes: int
    last_seq: int


@click.command("copy")
@click.option("--to", "target", metavar="DIR", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where to.")
@place_options
@json_option
def copy(target: Path, *, place: Place, as_json: bool) -> None:
    """Copy a journal with its snapshots into a folder from which a venue can start: a backup, of a venue that runs as of one that does not.

    FOLDER is a journal's folder or a venue's.  What is in DIR from an earlier copy is not copied again, and what was moved away from FOLDER
    stays there.
    """
    with telling_damage(place, as_json=as_json):
        _must_be_ours(place.folder, target)
        copied = copy_journal(place.folder, target)
    told = {"folder": str(place.folder), "to": str(target), **msgspec.to_builtins(copied)}
    text = f"{target}: up to sequence {copied.last_seq:,}; new are {copied.sealed} sealed segments and {copied.snapshots} snapshots"
    show(told, f"{text}, {copied.bytes:,} bytes in all", as_json=as_json)


def copy_journal(source: Path, target: Path) -> Copied:
    """Copy what the target does not have yet, up to what is durable now."""
    (target / SNAPSHOTS).mkdir(parents=True, exist_ok=True)
    sealed = snapshots = written = 0
    heads = (source / HEADS).read_bytes()[:HEADS_BYTES]
    known = read_heads(heads)
    for number in segment_numbers(source):
        if number > known.segment or seal_path(target, number).exists():
            continue
        seal = seal_path(source, number)
        closed = seal.read_bytes() if seal.exists() else b""
        end = known.end if number == known.segment and not closed else None
        written += _put(segment_path(target, number), read_from_disk(segment_path(source, number))[:end])
        if closed:
            written += _put(seal_path(target, number), closed)
            sealed += 1
    written += _put(target / HEADS, heads)
    for path in snapshot_paths(source / SNAPSHOTS):
        place = target / SNAPSHOTS / path.name
        if int(path.stem) <= known.seq and not place.exists():
            with suppress(FileNotFoundError):  # an older one, which gives way to a newer one meanwhile
                written += _put(place, path.read_bytes())
                snapshots += 1
    prune(target / SNAPSHOTS)
    return Copied(sealed, snapshots, written, known.seq)


def _must_be_ours(source: Path, target: Path) -> None:
    """Refuse a target that a venue writes to, or that has the segments of another journal."""
    if (target / HEADS).exists():
        with opened(target / HEADS, os.O_RDONLY) as fd:
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                wrong(f"{target}: a venue has this journal; a copy needs a folder of its own")
    for number in segment_numbers(target) if target.exists() else ():
        ours, theirs = seal_path(source, number), seal_path(target, number)
        if theirs.exists() and ours.exists() and theirs.read_bytes() != ours.read_bytes():
            wrong(f"{target}: segment {number} there is of another journal; a copy needs a folder of its own")


def _put(path: Path, content: bytes) -> int:
    """Write a whole file, or leave what was there; return its length."""
    part = path.with_suffix(".part")
    with opened(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
        done = 0
        while done < len(content):
            done += os.write(fd, memoryview(content)[done : done + CHUNK])
        os.fsync(fd)
    part.rename(path)
    sync_folder(path.parent)
    return done
