"""All the damage that a file of a snapshot can take, tried one by one: `python -m tests.snapshot.exhaust [TIMES]`.

Each function tries its kind on one snapshot, raises on the first that is not found or is said to be elsewhere, and returns how many it
tried.  The suite runs each once; the command runs TIMES (100 by default) as much, from other seeds, and prints the counts.
"""

import sys
import time
from collections.abc import Callable
from itertools import accumulate
from random import Random

from engine.snapshot.format import BIRTH, DIGEST_BYTES, HEADER_BYTES, SECTION_BYTES, read, verify, write
from engine.snapshot.records import Snapshot, SnapshotFault
from tests.snapshot.small import random_snapshot

Spans = list[tuple[str, int, int, int]]


def spans(snapshot: Snapshot) -> Spans:
    """Return (name, start of its header, start of its bytes, end) of each section of a file."""
    at, found = HEADER_BYTES, []
    for name, section in sorted({**snapshot.sections, BIRTH: snapshot.birth}.items()):
        found.append((name, at, at + SECTION_BYTES, at + SECTION_BYTES + len(section)))
        at = found[-1][3]
    return found


def place_of(found: Spans, length: int, byte: int) -> set[tuple[str, int]]:
    """Return the places, as (section, offset), at which damage of a byte may be said to be."""
    if byte < HEADER_BYTES:
        return {("", 0), ("", 8)}
    for name, header, start, end in found:
        if byte < start:
            return {("", header)}
        if byte < end:
            return {(name, start)}
    assert byte < length
    return {("", length - DIGEST_BYTES)}


def flip_every_bit(seed: int, longest: int = 1_500) -> int:
    """A flipped bit is found, and its place named."""
    snapshot = random_snapshot(seed, longest)
    data = bytearray(write(snapshot))
    found = spans(snapshot)
    for byte in range(len(data)):
        allowed = place_of(found, len(data), byte)
        for bit in range(8):
            data[byte] ^= 1 << bit
            fault = _refused(data, verify)
            assert (fault.section, fault.offset) in allowed, f"seed {seed}, bit {bit} of byte {byte}: {fault}"
            data[byte] ^= 1 << bit
    assert snapshot == read(data)
    return 8 * len(data)


def truncate_everywhere(seed: int, longest: int = 400) -> int:
    """A file that ends too early is found, and where it ends named."""
    data = write(random_snapshot(seed, longest))
    for length in range(len(data)):
        fault = _refused(data[:length])
        assert ("", length) == (fault.section, fault.offset) or length == 0, f"seed {seed}, {length} bytes: {fault}"
    return len(data)


def extend(seed: int) -> int:
    """A file with more behind it, of whatever kind, is found."""
    random = Random(seed)
    data = write(random_snapshot(seed))
    tails = [b"\0", bytes(512), data, data[-DIGEST_BYTES:], *(random.randbytes(random.randint(1, 99)) for _ in range(50))]
    for tail in tails:
        fault = _refused(data + tail)
        assert len(data) == fault.offset, f"seed {seed}: {fault}"
    return len(tails)


def overwrite(seed: int, times: int = 300) -> int:
    """A run of bytes that is zero, random, or stands elsewhere in the file, as after a write to the wrong place, is found."""
    random = Random(seed)
    data = write(random_snapshot(seed, 400))
    for _ in range(times):
        start = random.randrange(len(data))
        length = random.randint(1, min(512, len(data) - start))
        other = random.randrange(len(data) - length + 1)
        run = random.choice([bytes(length), random.randbytes(length), data[other : other + length]])
        damaged = data[:start] + run + data[start + length :]
        if damaged != data:
            _refused(damaged)
    return times


def mix_sections(seed: int) -> int:
    """A section that is swapped with another, missing, doubled, or taken from another snapshot, header and all, is found."""
    tried = 0
    for one, other in ((random_snapshot(seed), random_snapshot(seed + 1)), (random_snapshot(seed), _same_but_one(seed))):
        data, foreign = write(one), write(other)
        mine, theirs = spans(one), spans(other)
        for a, (name, start, _, end) in enumerate(mine):
            images = [data[:start] + data[end:], data[:end] + data[start:]]
            for _, b_start, _, b_end in mine[a + 1 :]:
                images.append(data[:start] + data[b_start:b_end] + data[end:b_start] + data[start:end] + data[b_end:])
            images += [data[:start] + foreign[b_start:b_end] + data[end:] for _, b_start, _, b_end in theirs]
            for image in images:
                if image != data:
                    _refused(image)
                    _refused(_with_length(image, data), verify)
                    tried += 2
            assert name in {span[0] for span in mine}
    return tried


def _same_but_one(seed: int) -> Snapshot:
    """Return what random_snapshot does, with the last byte of a section changed."""
    snapshot = random_snapshot(seed)
    name = max(snapshot.sections)
    return Snapshot(*_place(snapshot), snapshot.birth, {**snapshot.sections, name: snapshot.sections[name][:-1] + b"!"})


def _place(snapshot: Snapshot) -> tuple[int, int, int, int]:
    return snapshot.seq, snapshot.last_ts_ns, snapshot.history, snapshot.frame_hash


def _with_length(image: bytes, data: bytes) -> bytes:
    """Return a mixed file cut or padded to the length that its header says."""
    return image[: len(data)].ljust(len(data), b"\0")


def _refused(data: bytes | bytearray, look: Callable[[bytes | bytearray], object] = read) -> SnapshotFault:
    try:
        look(data)
    except SnapshotFault as fault:
        return fault
    raise AssertionError("a damaged file was taken for a snapshot")


KINDS: list[Callable[[int], int]] = [flip_every_bit, truncate_everywhere, extend, overwrite, mix_sections]


def main(times: int) -> None:
    for kind in KINDS:
        start = time.perf_counter()
        *_, tried = accumulate(kind(seed) for seed in range(times))
        print(f"{kind.__name__}: {tried:,} tried, all found, {tried / (time.perf_counter() - start):,.0f}/s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
