"""The judgement on a journal that was found: where it ends, what is torn off, or what is corrupt.

It works on bytes and touches no file, so that tests can give it every damage there is.  The rule at the first place where no good frame
follows: if anything proves that more was durable, it is corruption and nobody may go on; otherwise what is there was never confirmed to
anyone, and is torn off.  Proof is the next segment (it was begun when this one was durable to its end), the heads, and the
`durable_seq` of any later frame.  Not proven is the last group only, for the 2 ms until the heads reach the disk, and only against a
loss of power.
"""

from collections.abc import Sequence

from msgspec import Struct, structs

from engine.journal.frames import HEAD_STRIDE_BYTES, Chain, Opened, all_zero, read_heads, read_segment_header
from engine.journal.records import Bytes, Fault, Foreign, Heads, JournalCorrupt, Tip

HEADER_BYTES = 64  # all that a header's sector has


class Image(Struct, frozen=True):
    """A segment as it was found: all of its bytes."""

    number: int
    name: str
    data: Bytes


class Verdict(Struct, frozen=True):
    """How a journal goes on: after `tip`; segment `number` ends at `end`, and the `torn` bytes behind it are no frames."""

    tip: Tip
    number: int = 0
    end: int = 0
    torn: int = 0
    spare: int = 0  # number of a segment that was made and never begun
    spoiled: int = 0  # number of a segment whose beginning was torn off: it holds nothing
    frames: int = 0  # that were looked at


def judge(images: Sequence[Image], heads: Bytes, before: Tip | None = None, sealed: int = 0) -> Verdict:
    """Judge successive segments, the first of which follows `before` (None: whatever it says of itself).

    `sealed` is the number of the segment before the first.  JournalCorrupt if something that was durable is missing.
    """
    head = _head(heads)
    verdict = Verdict(tip=before or Tip(), number=sealed)
    last: tuple[Image, Chain] | None = None
    for image in images:
        opened = read_segment_header(image.data)
        if isinstance(opened, Foreign):
            raise JournalCorrupt(image.name, 0, opened)
        if not isinstance(opened, Opened):
            if not all_zero(image.data, HEADER_BYTES):
                raise JournalCorrupt(image.name, 0, f"{opened or 'there is no header'}, but there is more behind it")
            _nothing_follows(image, images)
            verdict = structs.replace(verdict, **{"spoiled" if opened else "spare": image.number})
            break
        tip = verdict.tip if before or last else Tip(next_seq=opened.first_seq, prev_hash=opened.prev_hash)
        _follows(image, opened, tip, last)
        chain = Chain(opened, tip)
        chain.walk(image.data, 0, head.seq + 1)
        known = chain.tip
        chain.walk(image.data)
        if tip.next_seq <= head.seq < chain.next_seq and (known.next_seq - 1, known.prev_hash) != (head.seq, head.frame_hash):
            raise _disagreement(head, image.name)
        frames = verdict.frames + chain.frames
        last = (image, chain)
        verdict = Verdict(tip=chain.tip, number=image.number, end=chain.offset, torn=chain.torn(image.data), frames=frames)
    if last:
        _nothing_is_proven(*last)
    _heads_agree(head, verdict, last)
    return verdict


def _head(heads: Bytes) -> Heads:
    head = read_heads(heads)
    if heads and not head.counter and not any(all_zero(heads[at : at + HEADER_BYTES]) for at in range(0, len(heads), HEAD_STRIDE_BYTES)):
        raise JournalCorrupt("heads", 0, "none can be read, and a crash leaves the last that was synced")
    return head


def _nothing_follows(image: Image, images: Sequence[Image]) -> None:
    for later in images:
        if later.number > image.number and not all_zero(later.data):
            raise JournalCorrupt(image.name, 0, f"there is no header, but {later.name} was begun")


def _follows(image: Image, opened: Opened, tip: Tip, last: tuple[Image, Chain] | None) -> None:
    if opened.number != image.number:
        raise JournalCorrupt(image.name, 0, f"this is segment {opened.number}")
    if (opened.first_seq, opened.prev_hash) == (tip.next_seq, tip.prev_hash):
        return
    if last and opened.first_seq > tip.next_seq:
        where, chain = last
        raise JournalCorrupt(
            where.name, chain.offset, f"{chain.fault.text}; {image.name} proves that sequence {opened.first_seq - 1} was durable"
        )
    raise JournalCorrupt(image.name, 0, f"it begins with sequence {opened.first_seq}, and does not follow sequence {tip.next_seq - 1}")


def _nothing_is_proven(image: Image, chain: Chain) -> None:
    durable_seq, offset = chain.proof(image.data)
    if durable_seq >= chain.next_seq:
        raise JournalCorrupt(
            image.name, chain.offset, f"{chain.fault.text}; the frame at byte {offset} proves that sequence {durable_seq} was durable"
        )


def _heads_agree(head: Heads, verdict: Verdict, last: tuple[Image, Chain] | None) -> None:
    name, offset, fault = (last[0].name, last[1].offset, last[1].fault) if last else ("heads", 0, Fault.NO_FRAME)
    if head.seq >= verdict.tip.next_seq:
        where = f"up to byte {head.end} of segment {head.segment}"
        raise JournalCorrupt(name, offset, f"{fault.text}; the heads prove that sequence {head.seq} was durable, {where}")
    if head.counter and head.seq == verdict.tip.next_seq - 1 and head.frame_hash != verdict.tip.prev_hash:
        raise _disagreement(head, name)


def _disagreement(head: Heads, name: str) -> JournalCorrupt:
    return JournalCorrupt(name, head.end, f"sequence {head.seq} is in another frame than the one that the heads know")
