"""Journals in memory, byte by byte as the writer writes them: what the exhaustive tests damage."""

from dataclasses import dataclass, field
from random import Random

from engine.journal.frames import HEAD_STRIDE_BYTES, HEADS_BYTES, Chain, make_frame, make_head, make_segment_header, read_segment_header
from engine.journal.records import Group, JournalCorrupt, Tip
from engine.journal.recovery import Image, Verdict, judge

SECTOR = 512


@dataclass
class Journal:
    """A journal of few segments: their bytes, and after each group the tip, the place and the heads as they were then."""

    segment_bytes: int = 4096
    segments: list[bytearray] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    tips: list[Tip] = field(default_factory=lambda: [Tip()])
    places: list[tuple[int, int, int]] = field(default_factory=list)  # segment, start, end
    generations: list[int] = field(default_factory=list)
    heads: bytearray = field(default_factory=lambda: bytearray(HEADS_BYTES))
    end: int = 0

    def write(self, group: Group, durable_seq: int | None = None, *, new_segment: bool = False, generation: int = 0) -> None:
        """Write a group as its writer does, in a new segment if it does not fit; it is durable when this is over."""
        tip = self.tips[-1]
        durable = tip.next_seq - 1 if durable_seq is None else durable_seq
        size = len(make_frame(group, tip, 0, SECTOR, durable)[0])
        if not self.segments or self.end + size > self.segment_bytes or new_segment:
            number = len(self.segments) + 1
            self.generations.append(generation or 0x1234567 * number)
            header = make_segment_header(number, self.generations[-1], tip, SECTOR)
            self.segments.append(bytearray(header.ljust(self.segment_bytes, b"\0")))
            self.end = SECTOR
        frame, after = make_frame(group, tip, self.generations[-1], SECTOR, durable)
        self.segments[-1][self.end : self.end + size] = frame
        self.places.append((len(self.segments), self.end, self.end + size))
        self.end += size
        self.groups.append(group)
        self.tips.append(after)
        at = (len(self.groups) & 1) * HEAD_STRIDE_BYTES
        self.heads[at : at + 64] = make_head(len(self.groups), len(self.segments), self.end, after.next_seq - 1, after.prev_hash)

    def images(self, segments: list[bytearray] | None = None) -> list[Image]:
        chosen = self.segments if segments is None else segments
        return [Image(number, f"{number:08}.segment", data) for number, data in enumerate(chosen, 1)]

    def copied(self) -> list[bytearray]:
        return [bytearray(segment) for segment in self.segments]


def random_journal(seed: int, groups: int, *, segment_bytes: int = 4096, longest: int = 900) -> Journal:
    """Return a journal of groups of all sizes."""
    random = Random(seed)
    journal = Journal(segment_bytes)
    for _ in range(groups):
        journal.write(random_group(random, journal.tips[-1].next_seq, longest))
    return journal


def random_group(random: Random, first_seq: int, longest: int = 900) -> Group:
    return Group(first_seq, random.randint(1, 9), random.getrandbits(40), random.randbytes(random.randint(1, longest)))


def judged(images: list[Image], heads: bytes | bytearray) -> Verdict | None:
    """Return the verdict, None for corruption."""
    try:
        return judge(images, heads, Tip())
    except JournalCorrupt:
        return None


def groups_in(images: list[Image], verdict: Verdict) -> list[Group]:
    """Read what a verdict takes for good."""
    found: list[Group] = []
    for image in images:
        if image.number <= verdict.number:
            chain = Chain(read_segment_header(image.data))
            while group := chain.take(image.data):
                found.append(group)
    return found
