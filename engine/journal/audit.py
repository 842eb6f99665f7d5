"""What anyone can ask of a journal's folder, while it is written to or at rest: is all of it right, what is in it, give me a part."""

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from engine.journal.closing import listed
from engine.journal.files import HEADS, heads_of, opened, read_from_disk, seal_path, segment_numbers, segment_path
from engine.journal.frames import Chain, Opened, read_heads, read_segment_header
from engine.journal.reading import JournalReader
from engine.journal.records import Bytes, Heads, JournalCorrupt, Tip
from engine.journal.seals import digest, read_seal


class Segment(Struct, frozen=True):
    """What is in a segment: its good frames, and whether it is `sealed`, `open`, `spare` or `damaged`."""

    number: int
    state: str
    first_seq: int = 0
    last_seq: int = 0
    frames: int = 0
    bytes: int = 0
    fault: str = ""


class Verified(Struct, frozen=True):
    """What was found right."""

    segments: int
    signed: int
    frames: int
    first_seq: int
    last_seq: int


def verify(folder: Path | str, key: Ed25519PublicKey | None = None) -> Verified:
    """Check every byte of every frame, every seal, and with a key every signature.  JournalCorrupt with the first thing that is wrong."""
    folder = Path(folder)
    heads_of(folder)
    found = listed(folder, growing=_is_written_to(folder))
    verdict = found.judge()
    previous, tip = "", Tip()
    for number, seal in found.seals.items():
        path, place = segment_path(folder, number), seal_path(folder, number)
        text, data = place.read_bytes(), read_from_disk(path)
        read_seal(place.name, text, key)
        if previous and seal.previous != previous:
            raise JournalCorrupt(place.name, 0, "it does not follow the seal before it")
        previous = digest(text)
        chain = Chain(_header(path, data), tip)
        chain.walk(data)
        tip = chain.tip
        if (chain.tip, chain.offset, chain.frames) != (seal.tip, seal.bytes, seal.frames):
            raise JournalCorrupt(path.name, chain.offset, f"{chain.fault.text}; the seal says that sequence {seal.last_seq} was durable")
        if sha256(data).hexdigest() != seal.sha256:
            raise JournalCorrupt(path.name, 0, "its SHA-256 is not the one in the seal")
    begun = [image for image in found.images if image.number <= verdict.number]
    first = [seal.first_seq for seal in found.seals.values()] + [_header(Path(image.name), image.data).first_seq for image in begun]
    return Verified(
        segments=len(first),
        signed=len(found.seals) if key else 0,
        frames=sum(seal.frames for seal in found.seals.values()) + verdict.frames,
        first_seq=first[0] if first else 1,
        last_seq=verdict.tip.next_seq - 1,
    )


def inspect(folder: Path | str) -> list[Segment]:
    """Say what is in each segment, damaged ones included."""
    folder = Path(folder)
    known = read_heads(heads_of(folder)) if _is_written_to(folder) else Heads()
    return [_inspected(folder, number, known.end if number == known.segment else None) for number in segment_numbers(folder)]


def export(folder: Path | str, out: BinaryIO, first_seq: int = 1, last_seq: int = 2**64 - 1) -> int:
    """Write the durable groups that hold a range of sequences, a line of JSON each, with the body in base64; return how many."""
    encoder = msgspec.json.Encoder()
    count = 0
    with JournalReader(folder, first_seq) as reader:
        for group in reader.poll():
            if group.first_seq > last_seq:
                break
            out.write(encoder.encode(group) + b"\n")
            count += 1
    return count


def _inspected(folder: Path, number: int, end: int | None) -> Segment:
    data = read_from_disk(segment_path(folder, number))[:end]  # what is behind that can change while it is read
    header = read_segment_header(data)
    if header is None:
        return Segment(number, "spare")
    if not isinstance(header, Opened):
        return Segment(number, "damaged", fault=header)
    chain = Chain(header)
    chain.walk(data)
    sealed = seal_path(folder, number).exists()
    durable_seq, _ = chain.proof(data)
    damaged = durable_seq >= chain.next_seq or (sealed and chain.offset != len(data))
    state = "damaged" if damaged else "sealed" if sealed else "open"
    fault = f"byte {chain.offset}: {chain.fault.text}" if damaged else ""
    return Segment(number, state, header.first_seq, chain.next_seq - 1, chain.frames, chain.offset, fault)


def _header(path: Path, data: Bytes) -> Opened:
    header = read_segment_header(data)
    if not isinstance(header, Opened):
        raise JournalCorrupt(path.name, 0, header or "there is no header")
    return header


def _is_written_to(folder: Path) -> bool:
    """Return whether a process has the journal now."""
    if not (folder / HEADS).exists():
        return False
    with opened(folder / HEADS, os.O_RDONLY) as fd:
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
