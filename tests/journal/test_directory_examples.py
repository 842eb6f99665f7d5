"""A journal in a folder: what goes in comes out, after any end."""

import select
import subprocess
import sys

import pytest

from engine.journal.directory import DirectoryJournal
from engine.journal.memory import MemoryJournal
from engine.journal.reading import JournalReader
from engine.journal.records import Group, JournalCorrupt, JournalStopped, Mode
from tests.journal.small import WAIT_MS, append, fill, small

MODES = [
    pytest.param({"direct": True}, id="direct"),
    pytest.param({"direct": False}, id="synced"),
    pytest.param({"mode": Mode.ASYNC}, id="async"),
]


@pytest.mark.parametrize("options", MODES)
def test_groups_come_back_as_they_went_in(tmp_path, options):
    with small(tmp_path, epoch=3, shard=5, **options) as journal:
        append(journal, b"one", 2)
        append(journal, b"")
        append(journal, b"three", 4)
    with small(tmp_path, epoch=3, shard=5, **options) as journal:
        append(journal, b"four")
    with small(tmp_path) as journal:
        found = list(journal.read())

    assert [
        Group(1, 2, 1_000, b"one", 3, 5),
        Group(3, 1, 3_000, b"", 3, 5),
        Group(4, 4, 4_000, b"three", 3, 5),
        Group(8, 1, 8_000, b"four", 4, 5),
    ] == found


@pytest.mark.parametrize("options", MODES)
@pytest.mark.parametrize("sector_bytes", [512, 4096])
def test_a_journal_of_many_segments_is_read_from_any_sequence(tmp_path, options, sector_bytes):
    with small(tmp_path, sector_bytes=sector_bytes, **options) as journal:
        fill(journal, 300, 1000)
    with small(tmp_path, sector_bytes=sector_bytes, **options) as journal:
        everything = list(journal.read())
        journal.verify()

        assert 300 == len(everything)
        for group in everything[::37]:
            assert everything[everything.index(group) :] == list(journal.read(group.first_seq + group.count - 1))


def test_a_release_wakes_the_loop(tmp_path):
    with small(tmp_path) as journal:
        assert ([], [], []) == select.select([journal], [], [], 0)

        journal.append(b"x", 1, 5, 0)

        assert [journal] == select.select([journal], [], [], WAIT_MS / 1000)[0]
        assert 5 == journal.settle() == journal.released_seq == journal.durable_seq
        assert ([], [], []) == select.select([journal], [], [], 0)


def test_a_full_ring_takes_nothing_until_there_is_room(tmp_path):
    """Nothing is written before the first segment is there, and the writer gets none."""
    with small(tmp_path, ring_bytes=16 << 10) as journal:
        taken = 0
        while journal.append(bytes(4000), journal.last_seq + 1, 1, 0):
            taken += 1
            assert taken < 100_000

        assert taken == journal.last_seq
        assert journal.wait(taken, WAIT_MS)
        assert journal.append(bytes(4000), taken + 1, 1, 0)


@pytest.mark.parametrize("make", [small, lambda _: MemoryJournal()], ids=["directory", "memory"])
def test_a_group_that_does_not_follow_or_is_too_long_is_refused(tmp_path, make):
    journal = make(tmp_path)
    journal.append(b"x", 1, 3, 0)
    for first_seq, count in ((1, 1), (3, 1), (5, 1), (4, 0)):
        with pytest.raises(ValueError, match=f"a group of {count} from sequence {first_seq} on does not follow sequence 3"):
            journal.append(b"x", first_seq, count, 0)
    with pytest.raises(ValueError, match="bytes is longer than"):
        journal.append(bytes(2 << 20), 4, 1, 0)
    journal.close()

    with pytest.raises(JournalStopped, match="the journal was closed"):
        journal.append(b"x", 4, 1, 0)
    assert "the journal was closed" == journal.stopped


def test_only_one_process_has_a_journal(tmp_path):
    with small(tmp_path), pytest.raises(JournalStopped, match="another process has this journal"):
        small(tmp_path)


def test_each_opening_is_an_epoch_of_its_own(tmp_path):
    for least in (1, 7, 2, 1):
        with small(tmp_path, epoch=least) as journal:
            append(journal, b"x")
            append(journal, b"y")
    with small(tmp_path) as journal:
        assert [1, 1, 7, 7, 8, 8, 9, 9] == [group.epoch for group in journal.read()]


def test_waiting_ends_with_the_time_or_with_the_journal(tmp_path):
    journal = small(tmp_path)

    assert not journal.wait(1, 1)
    journal.close()
    with pytest.raises(JournalStopped):
        journal.wait(1, WAIT_MS)


def test_memory_keeps_as_much_as_it_was_told():
    journal = MemoryJournal(keep_bytes=20)
    for seq in range(1, 5):
        journal.append(bytes(10), seq, 1, 0)

    assert [3, 4] == [group.first_seq for group in journal.read(3)]
    with pytest.raises(ValueError, match="sequence 2 is older than what is kept"):
        journal.read(2)
    assert 4 == journal.settle()


CRASH = """
import os, signal, sys
from engine.journal.directory import DirectoryJournal
journal = DirectoryJournal(sys.argv[1], mode=sys.argv[2], segment_bytes=64 << 10, reserve_bytes=4096, ring_bytes=64 << 10)
seq = journal.last_seq
while True:
    if journal.append(str(seq + 1).encode() * 20, seq + 1, 1, 0):
        seq += 1
    print(journal.released_seq, flush=True)
"""


@pytest.mark.parametrize("mode", ["durable", "async"])
def test_what_was_released_outlives_a_kill(tmp_path, mode):
    """A process says what was released, and is killed in the middle; several times over."""
    for groups in (50, 170, 20, 90):
        process = subprocess.Popen([sys.executable, "-c", CRASH, str(tmp_path), mode], stdout=subprocess.PIPE, text=True)
        told = 0
        for _ in range(groups):
            told = int(process.stdout.readline())
        process.kill()
        told = max([told, *map(int, process.stdout.read().rpartition("\n")[0].split())])
        process.stdout.close()
        process.wait()
        with small(tmp_path) as journal:
            found = list(journal.read())

            assert told <= journal.last_seq
            assert [str(seq).encode() * 20 for seq in range(1, journal.last_seq + 1)] == [group.body for group in found]


TAIL = """
import sys, time
from engine.journal.reading import JournalReader
last = int(sys.argv[2])
with JournalReader(sys.argv[1]) as reader:
    while reader.next_seq <= last:
        for group in reader.poll():
            print(group.first_seq, group.count, group.body.hex(), flush=True)
"""


def test_another_process_follows_a_journal_that_grows(tmp_path):
    with small(tmp_path) as journal:
        process = subprocess.Popen([sys.executable, "-c", TAIL, str(tmp_path), "400"], stdout=subprocess.PIPE, text=True)
        append(journal, b"first")
        first = process.stdout.readline()
        fill(journal, 200, 700)
        told = first + process.communicate(timeout=WAIT_MS / 1000)[0]

        assert [f"{g.first_seq} {g.count} {g.body.hex()}" for g in journal.read()][: told.count("\n")] == told.splitlines()
        assert told.count("\n") >= 200


def test_a_reader_gives_nothing_that_is_not_durable(tmp_path):
    with small(tmp_path, mode=Mode.ASYNC, sync_ms=60_000) as journal, JournalReader(tmp_path) as reader:
        append(journal, b"released, and not on the disk")

        assert (1, 0) == (journal.released_seq, journal.durable_seq)
        assert [] == list(reader.poll())
    with JournalReader(tmp_path) as reader:
        assert 1 == len(list(reader.poll()))


def test_a_torn_tail_is_cut_and_the_rest_goes_on(tmp_path):
    with small(tmp_path) as journal:
        append(journal, b"one")
    part = (tmp_path / "00000001.segment").read_bytes()
    (tmp_path / "00000001.segment").write_bytes(part + b"torn" + bytes(8000))
    (tmp_path / "00000001.seal").unlink()
    with small(tmp_path) as journal:
        append(journal, b"two")

        assert 4 == journal.recovered.torn
        assert [b"one", b"two"] == [group.body for group in journal.read()]
        assert len(part) == (tmp_path / "00000001.segment").stat().st_size


def test_a_journal_whose_last_segment_is_gone_is_refused(tmp_path):
    with small(tmp_path) as journal:
        append(journal, b"one")
    (tmp_path / "00000001.segment").unlink()
    (tmp_path / "00000001.seal").unlink()

    with pytest.raises(JournalCorrupt, match="the heads prove that sequence 1 was durable"):
        DirectoryJournal(tmp_path, segment_bytes=64 << 10, reserve_bytes=0)
