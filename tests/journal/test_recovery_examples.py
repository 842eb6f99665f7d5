"""What is said of a journal that was found: where it ends, what is torn off, and what proves that it is corrupt."""

import pytest
from msgspec import structs

from engine.journal.records import Group, JournalCorrupt, Tip
from engine.journal.recovery import judge
from tests.journal.images import Journal, random_journal


def test_corruption_names_the_file_the_byte_and_the_proof():
    journal = random_journal(3, 4, segment_bytes=1 << 14)
    _, start, _ = journal.places[1]
    journal.segments[0][start + 100] ^= 1

    with pytest.raises(JournalCorrupt, match=rf"00000001.segment, byte {start}: the frame's body has a wrong hash; the frame at byte"):
        judge(journal.images(), journal.heads, Tip())


def test_what_the_next_segment_proves_is_missed_where_it_was():
    journal = random_journal(6, 12)
    _, start, end = [place for place in journal.places if place[0] == 1][-1]
    journal.segments[0][start:end] = bytes(end - start)

    with pytest.raises(JournalCorrupt, match=rf"00000001.segment, byte {start}: there is no frame; 00000002.segment proves that"):
        judge(journal.images(), journal.heads, Tip())


@pytest.mark.parametrize("found", [bytes(64), b"x" * 64], ids=["lost", "changed"])
def test_a_segment_with_frames_and_no_header_is_refused_even_without_heads(found):
    journal = random_journal(7, 12)
    journal.segments[-1][:64] = found

    with pytest.raises(JournalCorrupt, match=rf"{len(journal.segments):08}.segment, byte 0: .*, but there is more behind it"):
        judge(journal.images(), bytes(1024), Tip())


def test_a_segment_of_another_history_is_refused():
    journal, other = random_journal(8, 6), random_journal(8, 6)
    other.tips[-1] = structs.replace(other.tips[-1], prev_hash=1)
    other.write(other.groups[0], new_segment=True)
    other.write(structs.replace(other.groups[0], first_seq=other.tips[-1].next_seq))

    with pytest.raises(JournalCorrupt, match=r"byte 0: it begins with sequence \d+, and does not follow sequence \d+"):
        judge(journal.images([*journal.segments, other.segments[-1]]), other.heads, Tip())


def test_an_older_epoch_or_another_shard_does_not_follow():
    for changed in ({"epoch": 1}, {"epoch": 2, "shard": 1}):
        journal = Journal()
        journal.write(Group(1, 1, 0, b"x", epoch=2))
        journal.write(Group(2, 1, 0, b"y", **changed))

        with pytest.raises(JournalCorrupt, match="of an older epoch or of another shard"):
            judge(journal.images(), journal.heads, Tip())


def test_without_heads_only_the_last_group_can_be_lost_unseen():
    """Nothing says that the last group was durable: it is taken for torn, which is why the heads are written."""
    journal = random_journal(4, 5, segment_bytes=1 << 14)
    _, start, end = journal.places[-1]
    journal.segments[0][start + 70] ^= 1
    verdict = judge(journal.images(), bytes(1024), Tip())

    assert journal.tips[4] == verdict.tip
    assert 0 < verdict.torn <= end - start


def test_a_segment_whose_header_was_being_written_holds_nothing():
    journal = random_journal(5, 3, segment_bytes=1 << 14)
    torn = bytearray(1 << 14)
    torn[:20] = journal.segments[0][:20]
    verdict = judge(journal.images([*journal.segments, torn]), journal.heads, Tip())

    assert (journal.tips[-1], 2) == (verdict.tip, verdict.spoiled)


def test_an_empty_journal_begins_with_sequence_1():
    assert Tip() == judge(Journal().images(), b"", Tip()).tip
