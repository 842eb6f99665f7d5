"""What is asked of a journal's folder by sequence: what is durable, and which frame ends there."""

import pytest

from engine.journal.reading import JournalReader, durable_seq, frame_hash
from tests.journal.small import append, fill, small


@pytest.fixture
def folder(tmp_path):
    """Hold eight groups of two sequences in three segments."""
    with small(tmp_path, segment_bytes=16 << 10) as journal:
        for number in range(8):
            append(journal, b"%d" % number * 40, 2)
    return tmp_path


def test_the_hash_of_a_frame_is_what_the_next_one_follows(folder):
    hashes = [frame_hash(folder, seq) for seq in range(2, 17, 2)]
    with JournalReader(folder) as reader:
        followed = [(reader.last_hash, group.first_seq) for group in reader.poll()]

    assert list(zip(hashes, range(1, 17, 2), strict=True)) == followed
    assert 8 == len(set(hashes))
    with small(folder) as journal:
        assert hashes[-1] == journal.recovered.tip.prev_hash


@pytest.mark.parametrize("seq", [1, 7, 15])
def test_within_a_group_there_is_no_hash(folder, seq):
    with pytest.raises(ValueError, match=f"no group ends with sequence {seq}: it is in the one of 2 from sequence {seq} on"):
        frame_hash(folder, seq)


def test_beyond_what_is_durable_or_kept_there_is_no_hash(folder):
    with pytest.raises(ValueError, match="sequence 17 is not durable"):
        frame_hash(folder, 17)
    with pytest.raises(ValueError, match="sequence 0 is older than what is kept"):
        frame_hash(folder, 0)


def test_what_is_durable_is_known_while_the_journal_grows(tmp_path):
    with small(tmp_path) as journal:
        assert 0 == durable_seq(tmp_path)

        fill(journal, 50, 900)

        assert journal.last_seq == durable_seq(tmp_path)
        assert frame_hash(tmp_path, journal.last_seq)
    assert journal.last_seq == durable_seq(tmp_path)
