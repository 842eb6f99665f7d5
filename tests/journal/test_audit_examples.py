"""What is asked of a journal's folder: is it right, what is in it, give me a part; and every change to it is found."""

import fcntl
import io
from base64 import b64decode

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.journal.audit import Verified, export, inspect, verify
from engine.journal.records import JournalCorrupt
from engine.journal.seals import Seal, write_seal
from tests.journal.images import random_journal
from tests.journal.small import append, fill, small

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


@pytest.fixture
def folder(tmp_path):
    """Hold three sealed segments and a spare one."""
    with small(tmp_path, key=KEY, segment_bytes=16 << 10) as journal:
        for number in range(8):
            append(journal, b"%d" % number * 40, 2)
    return tmp_path


def test_a_journal_at_rest_is_right(folder):
    assert Verified(segments=3, signed=3, frames=8, first_seq=1, last_seq=16) == verify(folder, KEY.public_key())


def test_a_journal_that_grows_is_right(folder):
    with small(folder, key=KEY) as journal:
        fill(journal, 100)
        found = verify(folder, KEY.public_key())

        assert journal.last_seq == found.last_seq
        assert 108 == found.frames
        journal.verify()


def test_every_change_of_a_sealed_segment_or_its_seal_is_found(folder):
    """One byte in each 61 of every file; the segments are nothing but frames."""
    for path in [*folder.glob("0000000[123].segment"), *folder.glob("*.seal")]:
        content = path.read_bytes()
        for at in range(0, len(content), 61):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])

            with pytest.raises(JournalCorrupt):
                verify(folder, KEY.public_key())
        path.write_bytes(content)
    verify(folder, KEY.public_key())


def test_a_segment_that_is_cut_or_longer_is_found(folder):
    path = folder / "00000002.segment"
    content = path.read_bytes()
    for changed in (content[:-4096], content[:-1], content + b"\0"):
        path.write_bytes(changed)

        with pytest.raises(JournalCorrupt, match="the segment's seal says that it has 16384 bytes"):
            verify(folder)


def test_a_seal_of_another_key_is_found(folder):
    """Who rewrites a seal needs the key; and who has it must rewrite all that follow."""
    place = folder / "00000002.seal"
    seal = msgspec.json.decode(place.read_bytes().partition(b"\n")[0], type=Seal)
    place.write_bytes(write_seal(seal, OTHER))
    with pytest.raises(JournalCorrupt, match=r"00000002.seal.*the signature is not that of the node's key"):
        verify(folder, KEY.public_key())
    place.write_bytes(write_seal(msgspec.structs.replace(seal, previous="00"), KEY))

    with pytest.raises(JournalCorrupt, match=r"00000002.seal.*it does not follow the seal before it"):
        verify(folder, KEY.public_key())


def test_a_seal_that_was_not_signed_is_not_taken_for_one(tmp_path):
    with small(tmp_path) as journal:
        append(journal, b"x")

    assert 0 == verify(tmp_path).signed
    with pytest.raises(JournalCorrupt, match="the signature is not that of the node's key"):
        verify(tmp_path, KEY.public_key())


@pytest.mark.parametrize("lost", ["00000002.segment", "00000002.seal", "00000003.segment"])
def test_a_lost_file_is_found(folder, lost):
    (folder / lost).unlink()

    with pytest.raises(JournalCorrupt, match=r"0000000[123]"):
        verify(folder)


def test_the_first_segments_may_be_kept_elsewhere(folder):
    """The chain then begins with what the oldest segment says of itself."""
    (folder / "00000001.segment").unlink()
    (folder / "00000001.seal").unlink()

    assert Verified(segments=2, signed=2, frames=5, first_seq=7, last_seq=16) == verify(folder, KEY.public_key())
    with small(folder, key=KEY) as journal:
        assert 7 == next(journal.read(8)).first_seq
        with pytest.raises(ValueError, match="sequence 3 is older than what is kept"):
            list(journal.read(3))


def test_each_segment_is_told(folder):
    states = [(segment.number, segment.state, segment.first_seq, segment.last_seq, segment.frames) for segment in inspect(folder)]

    assert [(1, "sealed", 1, 6, 3), (2, "sealed", 7, 12, 3), (3, "sealed", 13, 16, 2)] == states[:3]
    assert all("spare" == state for _, state, *_ in states[3:])


def test_damage_is_told_with_its_place(folder):
    path = folder / "00000001.segment"
    content = bytearray(path.read_bytes())
    content[4096 + 64] ^= 1
    path.write_bytes(content)

    assert ("damaged", "byte 4096: the frame's body has a wrong hash") == (inspect(folder)[0].state, inspect(folder)[0].fault)


def test_a_part_is_exported_as_lines_of_json(folder):
    out = io.BytesIO()
    count = export(folder, out, 6, 8)
    lines = [msgspec.json.decode(line) for line in out.getvalue().splitlines()]

    assert [(5, 2, b"2" * 40), (7, 2, b"3" * 40)] == [(line["first_seq"], line["count"], b64decode(line["body"])) for line in lines]
    assert 2 == count


def test_what_is_written_meanwhile_is_not_judged(tmp_path):
    """A reader of a growing file can see a frame and not yet the one before it; once nobody writes, that is a loss."""
    now, soon = random_journal(9, 3, segment_bytes=1 << 14), random_journal(9, 5, segment_bytes=1 << 14)
    _, start, end = soon.places[3]
    soon.segments[0][start:end] = bytes(end - start)
    (tmp_path / "00000001.segment").write_bytes(soon.segments[0])
    (tmp_path / "heads").write_bytes(now.heads)
    with (tmp_path / "heads").open("rb") as heads:
        fcntl.flock(heads, fcntl.LOCK_EX)

        assert now.tips[-1].next_seq - 1 == verify(tmp_path).last_seq
        assert "open" == inspect(tmp_path)[0].state

    with pytest.raises(JournalCorrupt, match=f"byte {start}: there is no frame; the frame at byte {end} proves"):
        verify(tmp_path)
    assert "damaged" == inspect(tmp_path)[0].state
