"""What the writer's thread writes: the bytes that the exhaustive tests damage, in few writes, none of which touches an older one."""

import select
import time
from itertools import pairwise

import pytest

from engine.journal.frames import read_heads, read_segment_header
from engine.journal.records import Group, Mode
from tests.journal.disk import Disk
from tests.journal.images import SECTOR, Journal
from tests.journal.small import WAIT_MS, append, small

SEGMENT = "00000001.segment"


def headers(written: bytes, sector: int) -> list[tuple[int, int, int]]:
    """Return (first_seq, last_seq, durable_seq) of the frames in a write."""
    found, at = [], 0
    while at < len(written):
        word = [int.from_bytes(written[at + start : at + end], "little") for start, end in ((8, 16), (16, 20), (20, 24), (56, 64))]
        found.append((word[0], word[0] + word[1] - 1, word[3]))
        at += -(-(64 + word[2]) // sector) * sector
    return found


def test_the_writer_writes_what_the_model_writes(tmp_path):
    model = Journal(16 << 10)
    with small(tmp_path, sector_bytes=SECTOR, segment_bytes=16 << 10, epoch=4) as journal:
        for number in range(12):
            append(journal, bytes([number]) * number * 100, number + 1)
        content = (tmp_path / SEGMENT).read_bytes()
        groups = list(journal.read())
        durable = [group.first_seq - 1 for group in groups]
    for group, before in zip(groups, durable, strict=True):
        model.write(group, before, generation=read_segment_header(content).generation)

    assert 12 == len(groups)
    assert all(Group(group.first_seq, number + 1, 1_000 * group.first_seq, bytes([number]) * number * 100, 4) == group
               for number, group in enumerate(groups))  # fmt: skip
    assert bytes(model.segments[0]) == content


@pytest.mark.parametrize("mode", [Mode.DURABLE, Mode.ASYNC])
def test_a_frame_says_what_was_durable_before_its_write(tmp_path, mode):
    """What waits goes out in one write; no frame in it vouches for another."""
    disk = Disk()
    with small(tmp_path, ops=disk.ops, mode=mode, sync_ms=60_000, segment_bytes=256 << 10) as journal:
        append(journal, b"x", 3)
        for _ in range(4):
            for _ in range(9):  # the writer cannot enter the disk, which is written in Python, before this loop is left
                journal.append(b"y" * 100, journal.last_seq + 1, 2, 0)
            assert journal.wait(journal.last_seq, WAIT_MS)
        writes = [headers(written, 4096) for written in disk.written[1:]]

    assert 37 == sum(map(len, writes))
    assert len(writes) < 37
    for frames in writes:
        assert {0 if mode == Mode.ASYNC else frames[0][0] - 1} == {durable_seq for _, _, durable_seq in frames}


def test_no_write_touches_an_older_one(tmp_path):
    disk = Disk()
    with small(tmp_path, ops=disk.ops) as journal:
        for number in range(10):
            append(journal, bytes(number * 700))
    places = [(offset, size) for name, offset, size in disk.writes if name == SEGMENT]

    assert all(offset % 4096 == 0 == size % 4096 for offset, size in places)
    assert [offset + size for offset, size in places[:-1]] == [offset for offset, _ in places[1:]]


@pytest.mark.parametrize("mode", [Mode.DURABLE, Mode.ASYNC])
def test_the_heads_are_on_the_disk_as_soon_as_nothing_else_is_to_do(tmp_path, mode):
    disk = Disk()
    with small(tmp_path, ops=disk.ops, mode=mode, sync_ms=5) as journal:
        append(journal, b"x", 3)
        for _ in range(WAIT_MS):
            known = [read_heads(head) for name, _, head in disk.durable if name == "heads"]
            if known:
                break
            select.select([], [], [], 0.001)

        assert [3] == [heads.seq for heads in known]


def test_a_head_takes_neither_the_place_of_the_newest_nor_of_the_last_that_is_on_the_disk(tmp_path):
    disk = Disk()
    places, safe = [], []

    def watch(name, size, offset):
        if name == "heads":
            safe.append([at for file, at, _ in disk.durable if file == "heads"][-1:])
            places.append(offset)

    disk.on_write = watch
    with small(tmp_path, ops=disk.ops) as journal:
        for burst in range(4):
            for _ in range(1 + 2 * burst):
                append(journal, b"x")
            while "heads" in {file for file, *_ in disk.pending}:
                time.sleep(0.001)
    assert 16 == len(places)
    assert all(place != before for before, place in pairwise(places))
    assert all([place] != last for place, last in zip(places, safe, strict=True))
    assert 2 <= len({place for last in safe for place in last}), "what is safe moves, too"
