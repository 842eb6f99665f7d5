"""The end of a segment: cut to its last frame, sealed, and never written to again; and the beginning of a journal after whatever end."""

import os
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from engine.journal.files import (
    ALIGNMENT,
    HEADS,
    PIECE,
    Ease,
    cut,
    heads_of,
    hurry,
    read_from_disk,
    seal_path,
    segment_numbers,
    segment_path,
    windows,
    write_new,
)
from engine.journal.frames import HEAD_STRIDE_BYTES, HEADS_BYTES, Chain, Opened, make_head, newest_head, read_heads, read_segment_header
from engine.journal.records import JournalCorrupt, Tip
from engine.journal.recovery import Image, Verdict, judge
from engine.journal.seals import Seal, digest, read_seal, write_seal


class Listed(Struct, frozen=True):
    """What lies in a folder: the sealed segments, then the others as they were found."""

    seals: dict[int, Seal]
    images: list[Image]
    heads: bytes

    def judge(self) -> Verdict:
        """Judge the segments that are not sealed."""
        if not self.seals:
            before = Tip() if not self.images or self.images[0].number == 1 else None
            return judge(self.images, self.heads, before)
        number, seal = max(self.seals.items())
        return judge(self.images, self.heads, seal.tip, number)


def listed(folder: Path, *, growing: bool = False) -> Listed:
    """Read the seals and the segments that have none.  JournalCorrupt where one is missing or is not what its seal says.

    Of a journal that is `growing`, only what the heads knew at first: the rest can change while it is read.
    """
    heads = heads_of(folder)
    numbers = segment_numbers(folder)
    last = max([*numbers, *(int(path.stem) for path in folder.glob("*.seal"))], default=0)
    if lost := set(range(min(numbers, default=last + 1), last + 1)) - set(numbers):
        raise JournalCorrupt(segment_path(folder, min(lost)).name, 0, "the segment is missing")
    sealed = {number for number in reversed(numbers) if seal_path(folder, number).exists()}  # made in order, so looked for in the reverse
    seals: dict[int, Seal] = {}
    images: list[Image] = []
    for number in numbers:
        path = segment_path(folder, number)
        if number in sealed:
            if images:
                raise JournalCorrupt(images[-1].name, 0, f"the segment has no seal, but {path.name} has one")
            seals[number] = _seal_of(folder, number, seals.get(number - 1))
        else:
            images.append(Image(number, path.name, read_from_disk(path)))
    if growing:
        known = read_heads(heads)
        images = [
            Image(i.number, i.name, i.data[: known.end if i.number == known.segment else None]) for i in images if i.number <= known.segment
        ]
    return Listed(seals, images, heads)


def _seal_of(folder: Path, number: int, before: Seal | None) -> Seal:
    path, place = segment_path(folder, number), seal_path(folder, number)
    seal = read_seal(place.name, place.read_bytes())
    with path.open("rb") as file:
        header = read_segment_header(file.read(1 << 16))
    if not isinstance(header, Opened):
        raise JournalCorrupt(path.name, 0, header or "there is no header")
    if (seal.segment, seal.first_seq) != (number, header.first_seq) or header.number != number:
        raise JournalCorrupt(place.name, 0, "this is the seal of another segment")
    if path.stat().st_size != seal.bytes:
        raise JournalCorrupt(path.name, min(path.stat().st_size, seal.bytes), f"the segment's seal says that it has {seal.bytes} bytes")
    if before and (before.tip.next_seq, before.tip.prev_hash) != (header.first_seq, header.prev_hash):
        raise JournalCorrupt(path.name, 0, f"it begins with sequence {seal.first_seq}, and does not follow sequence {before.last_seq}")
    return seal


def close_segment(folder: Path, number: int, next_seq: int, key: Ed25519PrivateKey | None, ease: Ease = hurry) -> Seal:
    """Cut a segment to its last frame and seal it.  JournalCorrupt if it does not hold all frames before `next_seq`."""
    path = segment_path(folder, number)
    before = seal_path(folder, number - 1)
    last = before.read_bytes() if before.exists() else b""
    header, chain, total = _walked(path, read_seal(before.name, last).tip if last else None, ease)
    if chain.next_seq != next_seq:
        raise JournalCorrupt(path.name, chain.offset, f"{chain.fault.text}; sequence {next_seq - 1} was durable")
    cut(path, chain.offset)
    seal = Seal(
        segment=number,
        first_seq=header.first_seq,
        last_seq=chain.next_seq - 1,
        frames=chain.frames,
        bytes=chain.offset,
        epoch=chain.tip.epoch,
        frame_hash=chain.tip.prev_hash,
        sha256=total,
        previous=digest(last) if last else "",
    )
    write_new(seal_path(folder, number), write_seal(seal, key))
    return seal


def _walked(path: Path, tip: Tip | None, ease: Ease) -> tuple[Opened, Chain, str]:
    """Return a segment's header, the walk to its last frame, and the SHA-256 so far; never holds more than a window of it."""
    with windows(path, ease) as read:
        window, start = read(0), 0
        header = read_segment_header(window)
        if not isinstance(header, Opened):
            raise JournalCorrupt(path.name, 0, header or "there is no header")
        chain = Chain(header, tip)
        total, done = sha256(window[: chain.offset]), chain.offset
        while chain.walk(window, start):
            for at in range(done - start, chain.offset - start, PIECE):
                began = perf_counter()
                total.update(window[at : min(at + PIECE, chain.offset - start)])
                ease(perf_counter() - began)
            done = chain.offset
            start = done // ALIGNMENT * ALIGNMENT
            window = read(start)
    return header, chain, total.hexdigest()


def recover(folder: Path, heads_fd: int, key: Ed25519PrivateKey | None) -> Verdict:
    """Bring a folder into order after any end: cut what is torn, seal what was written, let the heads say so.

    JournalCorrupt if something durable is missing.
    """
    for part in folder.glob("*.part"):
        part.unlink()
    found = listed(folder)
    verdict = found.judge()
    if verdict.spoiled:
        segment_path(folder, verdict.spoiled).unlink()
    open_ones = [image for image in found.images if image.number <= verdict.number]
    seals = list(found.seals.values())
    for image, after in zip(open_ones, [*open_ones[1:], None], strict=False):
        header = read_segment_header(after.data) if after else None
        next_seq = header.first_seq if isinstance(header, Opened) else verdict.tip.next_seq
        seals.append(close_segment(folder, image.number, next_seq, key))
    if seals:
        _write_heads(heads_fd, seals[-1])
    return verdict


def _write_heads(fd: int, seal: Seal) -> None:
    """Prove what was recovered: the last frames can be on the disk although nobody came to say so."""
    os.fdatasync(fd)  # a process that was killed can have left the newest on its way
    heads = os.pread(fd, HEADS_BYTES, 0)
    head = make_head(read_heads(heads).counter + 1, seal.segment, seal.bytes, seal.last_seq, seal.frame_hash)
    os.pwrite(fd, head, (newest_head(heads) + 1) * HEAD_STRIDE_BYTES % HEADS_BYTES)
    os.fdatasync(fd)


def open_heads(folder: Path) -> int:
    """Open the heads for writing, made of zeros in a folder that has nothing yet.  JournalCorrupt where they are lost."""
    if not heads_of(folder):
        write_new(folder / HEADS, bytes(HEADS_BYTES))
    return os.open(folder / HEADS, os.O_RDWR | os.O_CLOEXEC)
