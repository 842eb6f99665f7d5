"""What is found beside the frames: heads that are lost, older, another journal's or spoiled; segments of another format."""

import struct
import subprocess
import sys

import pytest

from engine.journal.audit import inspect, verify
from engine.journal.frames import HEAD_STRIDE_BYTES, make_head
from engine.journal.hashes import crc32c
from engine.journal.reading import JournalReader, durable_seq
from engine.journal.records import JournalCorrupt, Tip
from engine.journal.recovery import judge
from tests.journal.images import HEADS_BYTES, random_journal
from tests.journal.small import append, small

OTHERS = "is in another frame than the one that the heads know"


@pytest.fixture
def folder(tmp_path):
    """Hold three groups, as a crash leaves them: no seal, and a segment that was not cut."""
    journal = random_journal(2, 3, segment_bytes=64 << 10)
    (tmp_path / "00000001.segment").write_bytes(journal.segments[0])
    (tmp_path / "heads").write_bytes(journal.heads)
    return tmp_path


@pytest.mark.parametrize("found", [None, b"", bytes(100)], ids=["missing", "empty", "cut"])
def test_heads_that_are_lost_are_missed_by_all(folder, found):
    (folder / "heads").unlink()
    if found is not None:
        (folder / "heads").write_bytes(found)
    for reads in (small, verify, durable_seq):
        with pytest.raises(
            JournalCorrupt, match=r"heads, byte \d+: the file .*; without it nothing proves that the last groups are all there"
        ):
            reads(folder)

    assert "open" == inspect(folder)[0].state
    assert found is not None or not (folder / "heads").exists()


def test_who_knows_better_can_go_on_with_heads_of_zeros(folder):
    (folder / "heads").write_bytes(bytes(HEADS_BYTES))
    with small(folder) as journal:
        assert 3 == len(list(journal.read()))


def test_an_empty_folder_has_no_heads_to_miss(tmp_path):
    assert 0 == durable_seq(tmp_path)
    with small(tmp_path) as journal:
        assert 1 == append(journal, b"x")


@pytest.mark.parametrize("known", range(1, 7))
def test_heads_of_another_journal_are_refused_however_old(known):
    """Their sequence is there, but in another frame."""
    journal, other = random_journal(3, 6), random_journal(3, 6)
    for changed in (0, 1):
        heads = bytearray(HEADS_BYTES)
        tip = other.tips[known]
        heads[:64] = make_head(9, other.places[known - 1][0], other.places[known - 1][2], tip.next_seq - 1, tip.prev_hash ^ changed)
        if changed:
            with pytest.raises(JournalCorrupt, match=OTHERS):
                judge(journal.images(), heads, Tip())
        else:
            assert journal.tips[-1] == judge(journal.images(), heads, Tip()).tip


def test_heads_of_a_sequence_within_a_group_are_refused():
    journal = random_journal(4, 8)
    group = next(group for group in journal.groups if group.count > 1)
    heads = make_head(9, 1, 4096, group.first_seq, 5).ljust(HEADS_BYTES, b"\0")

    with pytest.raises(JournalCorrupt, match=f"sequence {group.first_seq} {OTHERS}"):
        judge(journal.images(), heads, Tip())


def test_heads_that_are_ahead_of_another_journal_are_refused():
    journal, longer = random_journal(5, 4), random_journal(6, 9)

    with pytest.raises(JournalCorrupt, match=f"the heads prove that sequence {longer.tips[-1].next_seq - 1} was durable"):
        judge(journal.images(), longer.heads, Tip())


def test_heads_are_refused_when_none_can_be_read():
    journal = random_journal(7, 5, segment_bytes=1 << 14)
    heads = bytearray(journal.heads)
    heads[2 * HEAD_STRIDE_BYTES :] = heads[:HEAD_STRIDE_BYTES]
    for at in range(0, HEADS_BYTES, HEAD_STRIDE_BYTES):
        assert journal.tips[-1] == judge(journal.images(), heads, Tip()).tip
        heads[at + 20] ^= 1
    with pytest.raises(JournalCorrupt, match="heads, byte 0: none can be read, and a crash leaves the last that was synced"):
        judge(journal.images(), heads, Tip())


def test_a_loss_of_power_under_load_can_spoil_the_two_heads_that_were_never_synced():
    journal = random_journal(7, 5, segment_bytes=1 << 14)
    number, _, end = journal.places[0]
    heads = bytearray(journal.heads)
    tip = journal.tips[1]
    heads[2 * HEAD_STRIDE_BYTES : 2 * HEAD_STRIDE_BYTES + 64] = make_head(1, number, end, tip.next_seq - 1, tip.prev_hash)
    for at in (0, HEAD_STRIDE_BYTES):
        heads[at + 20] ^= 1

    assert journal.tips[-1] == judge(journal.images(), heads, Tip()).tip


@pytest.mark.parametrize("version", [0, 2, 77])
@pytest.mark.parametrize("groups", [0, 3], ids=["begun", "written"])
def test_another_format_is_refused_by_its_number(tmp_path, version, groups):
    """Even where nothing is behind the header: it is whole, so no crash made it, and it may not be thrown away."""
    journal = random_journal(2, 3, segment_bytes=64 << 10)
    segment = bytearray(journal.segments[0] if groups else journal.segments[0][:512].ljust(64 << 10, b"\0"))
    segment[8:12] = struct.pack("<I", version)
    segment[4:8] = struct.pack("<I", crc32c(segment[8:64]))
    (tmp_path / "00000001.segment").write_bytes(segment)
    (tmp_path / "heads").write_bytes(journal.heads)
    why = f"00000001.segment, byte 0: the segment is of format version {version}, and this program reads version 1 only"
    for reads in (small, verify, lambda folder: list(JournalReader(folder).poll())):
        with pytest.raises(JournalCorrupt, match=why):
            reads(tmp_path)

    assert segment == (tmp_path / "00000001.segment").read_bytes()
    assert ("damaged", f"the segment is of format version {version}") == (
        inspect(tmp_path)[0].state,
        inspect(tmp_path)[0].fault.split(",")[0],
    )


FORK = """
import os, sys
from engine.journal.directory import DirectoryJournal
def rings():
    for line in open("/proc/self/maps"):
        where, may = line.split()[:2]
        start, end = (int(address, 16) for address in where.split("-"))
        if may == "rw-p" and end - start >= 32 << 20:
            yield where
with DirectoryJournal(sys.argv[1], segment_bytes=64 << 10, reserve_bytes=4096, ring_bytes=32 << 20) as journal:
    here, (out, into) = set(rings()), os.pipe()
    if os.fork() == 0:
        os.write(into, " ".join(rings()).encode())
        os._exit(0)
    os.wait()
    os.close(into)
    print(len(here - set(os.read(out, 10_000).decode().split())))
"""


def test_a_fork_has_no_copy_of_the_ring(tmp_path):
    done = subprocess.run([sys.executable, "-c", FORK, str(tmp_path)], capture_output=True, text=True, check=False)

    assert "1\n" == done.stdout, done.stderr
