"""All the damage that a disk can do to a small journal, tried one by one: `python -m tests.journal.exhaust [TIMES] [KIND ...]`.

Each function tries its kind on one journal, raises on the first wrong verdict, and returns how many it tried.  The suite runs each on as
many journals as `KINDS` says, which passes the gates of `GATES`; the command runs TIMES (100 by default) as many, and prints the counts.
"""

import sys
import time
from collections.abc import Callable
from random import Random

from msgspec import structs

from engine.journal.frames import HEAD_STRIDE_BYTES
from engine.journal.recovery import HEADER_BYTES
from tests.journal.images import SECTOR, Journal, groups_in, judged, random_group, random_journal

SUBSETS_OF = 12  # sectors of a write, of which every subset is tried


def crash_at_every_byte(seed: int, groups: int = 12) -> int:
    """Whatever byte the writes stop at: every group that was durable is there, and nothing is refused."""
    journal = Journal()
    random = Random(seed)
    tried = 0
    for _ in range(groups):
        before, heads = journal.copied(), bytes(journal.heads)
        journal.write(random_group(random, journal.tips[-1].next_seq))
        number, start, end = journal.places[-1]
        new_segment = len(before) < number
        for stop in range(end - (0 if new_segment else start) + 1):
            segments = [bytearray(segment) for segment in before]
            if new_segment:
                segments.append(bytearray(journal.segment_bytes))
            begin = 0 if new_segment else start
            segments[-1][begin : begin + stop] = journal.segments[-1][begin : begin + stop]
            whole = segments[-1][start:end] == journal.segments[-1][start:end]
            _expect(journal, segments, heads, {len(journal.groups) if whole else len(journal.groups) - 1})
            tried += 1
    return tried


def crash_while_the_heads_are_written(seed: int, groups: int = 30) -> int:
    """Whatever byte of a head the write stops at: the group that it tells of is there, and so are all before it."""
    journal = Journal()
    random = Random(seed)
    tried = 0
    for count in range(1, groups + 1):
        before = bytes(journal.heads)
        journal.write(random_group(random, journal.tips[-1].next_seq))
        at = (count & 1) * HEAD_STRIDE_BYTES
        for stop in range(HEADER_BYTES + 1):
            heads = before[:at] + bytes(journal.heads[at : at + stop]) + before[at + stop :]
            _expect(journal, journal.segments, heads, {count})
            tried += 1
    return tried


def crash_with_every_subset_of_sectors(seed: int) -> int:
    """Of one write that was under way, any sectors can be on the disk: what was durable before is there, the rest whole or not at all."""
    journal = random_journal(seed, 6, segment_bytes=1 << 16)
    random = Random(seed)
    before, heads, durable = journal.copied(), bytes(journal.heads), len(journal.groups)
    durable_seq, start = journal.tips[-1].next_seq - 1, journal.end
    while journal.end < start + SUBSETS_OF * SECTOR:
        journal.write(random_group(random, journal.tips[-1].next_seq, 1500), durable_seq)
    end = journal.end
    sectors = range(start, end, SECTOR)[:SUBSETS_OF]
    for mask in range(1 << len(sectors)):
        segments = [bytearray(segment) for segment in before]
        segments[-1][sectors[-1] + SECTOR : end] = journal.segments[-1][sectors[-1] + SECTOR : end]
        for bit, at in enumerate(sectors):
            if mask >> bit & 1:
                segments[-1][at : at + SECTOR] = journal.segments[-1][at : at + SECTOR]
        whole = durable
        while whole < len(journal.groups) and _same(journal, segments, whole):
            whole += 1
        _expect(journal, segments, heads, {whole})
    return 1 << len(sectors)


def flip_every_bit(seed: int, groups: int = 6, step: int = 1) -> int:
    """A flipped bit of a journal at rest is refused, or it is where nothing is and changes nothing."""
    journal = random_journal(seed, groups)
    tried = 0
    for number, segment in enumerate(journal.segments):
        for bit in range(0, 8 * len(segment), step):
            segment[bit >> 3] ^= 1 << (bit & 7)
            used = bit >> 3 < max(end for at, _, end in journal.places if at == number + 1)
            if used:
                assert judged(journal.images(), journal.heads) is None, f"seed {seed}: bit {bit} of segment {number + 1} was accepted"
            else:
                _expect(journal, journal.segments, journal.heads, {groups})
            segment[bit >> 3] ^= 1 << (bit & 7)
            tried += 1
    for bit in range(0, 8 * len(journal.heads), step):
        heads = bytearray(journal.heads)
        heads[bit >> 3] ^= 1 << (bit & 7)
        _expect(journal, journal.segments, heads, {groups})
        tried += 1
    return tried


def disorder(seed: int, times: int = 200) -> int:
    """Frames that were swapped, lost, doubled, or written to another place or in another segment are refused."""
    random = Random(seed)
    journal = random_journal(seed, 14)
    for _ in range(times):
        segments = journal.copied()
        (a, a_start, a_end), (b, b_start, b_end) = random.sample(journal.places, 2)
        one, other = bytes(segments[a - 1][a_start:a_end]), bytes(segments[b - 1][b_start:b_end])
        kind = random.randrange(5)
        if kind == 0:  # one where the other belongs
            segments[b - 1][b_start : b_start + len(one)] = one[: len(segments[b - 1]) - b_start]
        elif kind == 1:  # both
            segments[b - 1][b_start : b_start + len(one)] = one[: len(segments[b - 1]) - b_start]
            segments[a - 1][a_start : a_start + len(other)] = other[: len(segments[a - 1]) - a_start]
        elif kind == 2:  # never written
            segments[a - 1][a_start:a_end] = bytes(len(one))
        elif kind == 3:  # lost, and the others moved up
            del segments[a - 1][a_start:a_end]
            segments[a - 1] += bytes(len(one))
        else:  # doubled, and the others moved on
            segments[a - 1][a_end:a_end] = one
            del segments[a - 1][journal.segment_bytes :]
        if segments == journal.segments:
            continue
        verdict = judged(journal.images(segments), journal.heads)
        kept = verdict and groups_in(journal.images(segments), verdict)
        assert kept is None or kept == journal.groups, f"seed {seed}: frames {a_start} and {b_start}, kind {kind}"
    return times


def recycled(seed: int, groups: int = 10) -> int:
    """Frames of another file behind the tail, even those of the same sequences, are taken for nothing."""
    older = random_journal(seed, groups, segment_bytes=1 << 14)
    journal = Journal(1 << 14)
    for count in range(groups):
        journal.write(older.groups[count], generation=0x7777)
        segment = bytearray(older.segments[0])
        segment[: journal.end] = journal.segments[0][: journal.end]
        _expect(journal, [segment], journal.heads, {count + 1})
        _expect(journal, [segment], bytes(len(journal.heads)), {count + 1})
    return 2 * groups


def forked(seed: int, groups: int = 10) -> int:
    """Good frames of the same file and the same sequences that follow another history are refused."""
    random = Random(seed)
    one, other = Journal(1 << 14), Journal(1 << 14)
    for _ in range(groups):
        group = random_group(random, one.tips[-1].next_seq)
        one.write(group)
        other.write(structs.replace(group, body=random.randbytes(len(group.body))))
    for _, start, _ in one.places[1:]:
        segment = one.segments[0][:start] + other.segments[0][start:]
        assert judged(one.images([segment]), other.heads) is None, f"seed {seed}: from byte {start} on"
    return groups - 1


def shuffled_segments(seed: int) -> int:
    """A segment that is missing, doubled, in another's place, or of another journal is refused."""
    journal, other = random_journal(seed, 20), random_journal(seed + 1, 20)
    tried = 0
    for a in range(len(journal.segments)):
        for b in range(len(journal.segments)):
            swapped, doubled, foreign = journal.copied(), journal.copied(), journal.copied()
            swapped[a], swapped[b] = swapped[b], swapped[a]
            doubled[a] = doubled[b]
            foreign[a] = other.segments[b] if b < len(other.segments) else bytearray(4096)
            for segments in (swapped, doubled, foreign):
                if segments != journal.segments:
                    assert judged(journal.images(segments), journal.heads) is None, f"seed {seed}: segments {a + 1} and {b + 1}"
                    tried += 1
    assert judged(journal.images(journal.segments[:-1]), journal.heads) is None, f"seed {seed}: without the last segment"
    return tried + 1


def _same(journal: Journal, segments: list[bytearray], group: int) -> bool:
    number, start, end = journal.places[group]
    return segments[number - 1][start:end] == journal.segments[number - 1][start:end]


def _expect(journal: Journal, segments: list[bytearray], heads: bytes | bytearray, counts: set[int]) -> None:
    """See the verdict keep exactly so many groups."""
    images = journal.images(segments)
    verdict = judged(images, heads)
    assert verdict is not None, "refused"
    kept = journal.tips.index(verdict.tip)
    assert kept in counts, f"{kept} groups were kept, not {counts}"
    assert groups_in(images, verdict) == journal.groups[:kept]


# kind of damage -> on how many journals the suite tries it
KINDS: dict[Callable[[int], int], int] = {
    crash_at_every_byte: 9,
    crash_while_the_heads_are_written: 1,
    crash_with_every_subset_of_sectors: 3,
    flip_every_bit: 6,
    disorder: 10,
    recycled: 5,
    forked: 5,
    shuffled_segments: 3,
}
# what the suite must have tried, by the beginning of a kind's name
GATES = {"crash": 100_000, "flip": 400_000}


def tried_in(kind: Callable[[int], int], seeds: range) -> int:
    """Try a kind of damage on a journal for each seed, and return how many were tried."""
    return sum(map(kind, seeds))


def main(times: int, names: list[str]) -> None:
    for kind, journals in KINDS.items():
        if not names or kind.__name__ in names:
            start = time.perf_counter()
            tried = tried_in(kind, range(journals * times))
            spent = time.perf_counter() - start
            print(f"{kind.__name__}: {tried:,} tried, none wrong, {spent:,.1f} s, {tried / spent:,.0f}/s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, sys.argv[2:])
