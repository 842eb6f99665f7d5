"""`ats journal verify` and `inspect`: what is right is told with what was covered, what is not with its exact place."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.journal.reading import frame_hash
from tests.cli.journals import COMMANDS, KEY, LIMITS, append, opened, put_snapshot, venue_with_journal
from tests.cli.venues import ats

PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
COMMAND_WORDS = ("verify", "inspect", "tail", "export", "replay")


@pytest.fixture
def venue(tmp_path):
    """Hold a venue of 24 sequences in groups of two, in four sealed segments."""
    return venue_with_journal(tmp_path / "venue")


def flipped(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("word", COMMAND_WORDS)
def test_help_fits_a_screen(word):
    result = ats("journal", word, "--help", terminal_width=100)

    assert 0 == result.exit_code
    assert len(result.stdout.splitlines()) <= 40
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_a_right_journal_is_told_with_what_was_covered(venue):
    put_snapshot(venue, 12, frame_hash(venue / "journal", 12))
    result = ats("journal", "verify", "--venue", venue)

    assert 0 == result.exit_code
    assert [
        f"journal    {venue}/journal",
        "segments   4, 4 of them sealed",
        "sequences  1 to 24, in 12 groups",
        "snapshots  12",
        f"covered    every byte up to sequence 24, every seal, every signature, of {PUBLIC}",
    ] == result.stdout.splitlines()


def test_a_program_is_told_the_same(venue):
    told = json.loads(ats("journal", "verify", venue, "--json").stdout)

    assert {
        "good": True,
        "folder": f"{venue}/journal",
        "segments": 4,
        "signed": 4,
        "frames": 12,
        "first_seq": 1,
        "last_seq": 24,
        "sealed": 4,
        "node_key": PUBLIC,
        "snapshots": [],
    } == told


def test_a_copy_elsewhere_is_verified_with_the_public_key_alone(venue, tmp_path):
    copy = (venue / "journal").rename(tmp_path / "copy")
    told = ats("journal", "verify", copy)
    signed = json.loads(ats("journal", "verify", copy, "--key", PUBLIC, "--json").stdout)

    assert "every seal, no signature: the node's key is not here; --key FILE gives it\n" in told.stdout
    assert (0, 4) == (told.exit_code, signed["signed"])


def test_a_journal_that_grows_is_verified(venue):
    with opened(venue / "journal") as journal:
        append(journal, COMMANDS[2:4])
        told = json.loads(ats("journal", "verify", venue, "--json").stdout)

        assert (26, 13, 4) == (told["last_seq"], told["frames"], told["sealed"])


def test_damage_is_told_with_its_place(venue):
    flipped(venue / "journal" / "00000002.segment", 4096 + 64)
    text = ats("journal", "verify", venue)
    told = ats("journal", "verify", venue, "--json")

    assert (70, 70) == (text.exit_code, told.exit_code)
    assert text.stderr == (
        f"Error: {venue}/journal: 00000002.segment, byte 4096: the frame's body has a wrong hash; "
        "the seal says that sequence 12 was durable\n"
    )
    assert {
        "good": False,
        "folder": f"{venue}/journal",
        "file": "00000002.segment",
        "offset": 4096,
        "text": "00000002.segment, byte 4096: the frame's body has a wrong hash; the seal says that sequence 12 was durable",
    } == json.loads(told.stdout)


def test_a_seal_of_another_node_is_damage(venue):
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    result = ats("journal", "verify", venue, "--key", base64.b64encode(other).decode())

    assert 70 == result.exit_code
    assert "00000001.seal" in result.stderr
    assert "the signature is not that of the node's key" in result.stderr


def test_a_key_that_is_none_is_a_wrong_call(venue):
    assert 2 == ats("journal", "verify", venue, "--key", "nonsense").exit_code
    assert 2 == ats("journal", "verify", venue, "--key", base64.b64encode(b"short").decode()).exit_code
    (venue / "keys" / "node.pem").write_text("nonsense")
    result = ats("journal", "verify", venue)

    assert (2, True) == (result.exit_code, "node.pem is neither PEM" in result.stderr)


def test_a_damaged_snapshot_is_told(venue):
    path = put_snapshot(venue, 12)
    flipped(path, 40)
    result = ats("journal", "verify", venue)

    assert 70 == result.exit_code
    assert f"{venue}/journal: snapshots/{path.name}, byte 0: the checksum of the header is wrong" in result.stderr


def test_a_snapshot_of_more_than_the_journal_has_is_told(venue):
    put_snapshot(venue, 26)

    assert "it is of sequence 26, and the journal ends with 24" in ats("journal", "verify", venue).stderr


def test_a_snapshot_of_another_journal_is_told(venue):
    put_snapshot(venue, 12, frame_hash(venue / "journal", 12) ^ 1)
    other = ats("journal", "verify", venue)
    put_snapshot(venue, 12, frame_hash(venue / "journal", 12))
    ours = ats("journal", "verify", venue)
    put_snapshot(venue, 11, 7)
    within = ats("journal", "verify", venue)

    assert (70, 0, 70) == (other.exit_code, ours.exit_code, within.exit_code)
    assert "byte 48: it is of another journal, whose frame with sequence 12 is not ours" in other.stderr
    assert "no group ends with sequence 11" in within.stderr


def test_everything_that_is_there_is_inspected(venue):
    kept = put_snapshot(venue, 12)
    flipped(put_snapshot(venue, 18), 40)
    told = json.loads(ats("journal", "inspect", venue, "--json").stdout)

    assert (24, PUBLIC, {"venue": "ATS-TEST", "limits": LIMITS, "format": 1}) == (told["durable_seq"], told["node_key"], told["birth"])
    assert [(1, "sealed", 1, 6), (2, "sealed", 7, 12), (3, "sealed", 13, 18), (4, "sealed", 19, 24)] == [
        (each["number"], each["state"], each["first_seq"], each["last_seq"]) for each in told["segments"] if each["state"] != "spare"
    ]
    assert [False, True, True, True] == [each["needed"] for each in told["segments"] if each["state"] != "spare"]
    good, bad = told["snapshots"]
    assert ("snapshots/00000000000000000012.snap", kept.stat().st_size, 12) == (good["file"], good["bytes"], good["seq"])
    assert (64, "the checksum of the header is wrong") == (len(good["state_hash"]), bad["fault"].rpartition(": ")[2])


def test_a_person_is_told_in_tables(venue):
    put_snapshot(venue, 12)
    flipped(venue / "journal" / "00000002.segment", 4096 + 64)
    result = ats("journal", "inspect", venue)
    text = result.stdout

    assert 0 == result.exit_code
    assert "durable   up to sequence 24\n" in text
    assert "venue     ATS-TEST\nlimits    orders 1,024, levels 4,096\n" in text
    assert "segment  state" in text
    assert "damaged" in text
    assert "byte 4096: the frame's body has a wrong hash" in text
    assert "snapshot  bytes  state hash\n" in text


def test_a_birth_whose_segment_is_elsewhere_is_known_by_a_snapshot(venue):
    assert "venue     ATS-TEST\n" in ats("journal", "inspect", venue).stdout
    for name in ("00000001.segment", "00000001.seal"):
        (venue / "journal" / name).unlink()
    before = ats("journal", "inspect", venue).stdout
    put_snapshot(venue, 12)
    after = json.loads(ats("journal", "inspect", venue, "--json").stdout)

    assert "venue     not known: its birth is not kept here\nlimits    not known\n" in before
    assert "ATS-TEST" == after["birth"]["venue"]


@pytest.mark.parametrize("word", COMMAND_WORDS)
def test_where_there_is_no_journal_the_way_to_one_is_told(tmp_path, word):
    result = ats("journal", word, tmp_path)

    assert 2 == result.exit_code
    assert f"{tmp_path}: there is no journal; give its folder or --venue DIR" in result.stderr
