"""`ats journal replay`: the same journal leads to the same venue, and where it does not, the place is told."""

import json
from shutil import copytree

import msgspec
import pytest

from engine import birth
from engine.journal.reading import JournalReader
from engine.matching.enums import CommandKind
from engine.snapshot.folder import load
from engine.snapshot.format import write
from engine.transcript import commands_of, record
from tests.cli.journals import opened
from tests.cli.venues import ats, made_venue, serving


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Hold a venue with an open order, two clean stops and so two snapshots."""
    folder = made_venue(tmp_path_factory.mktemp("venue"), "alice")
    for price in ("167.52", "167.53"):
        with serving(folder) as address:
            told = ats("buy", "AAPLx", "1", "@", price, "--tif", "gtc", "--as", "alice", "--connect", address, "--venue", folder)
            assert 0 == told.exit_code
    return folder


@pytest.fixture
def venue(original, tmp_path):
    return copytree(original, tmp_path / "venue")


def replayed(venue, *words):
    result = ats("journal", "replay", venue, "--json", *words)
    return result.exit_code, json.loads(result.stdout or "{}")


def snapshots(venue):
    return sorted((venue / "journal" / "snapshots").glob("*.snap"))


def rewritten(venue, folder, change):
    """Write a venue's journal anew, each command and payload changed, into a folder with another name."""
    with JournalReader(venue / "journal") as reader, opened(folder, segment_bytes=1 << 20, ring_bytes=1 << 20) as journal:
        for group in reader.poll():
            body = b"".join(record(*change(seq, command, payload)) for seq, command, payload in commands_of(group))
            assert journal.append(body, group.first_seq, group.count, group.ts_ns)
            assert journal.wait(journal.last_seq, 20_000)
    return folder


def last_mark(venue):
    with JournalReader(venue / "journal") as reader:
        commands = [each for group in reader.poll() for each in commands_of(group)]
    return max(seq for seq, command, _ in commands if command.kind == CommandKind.MARK), len(commands)


def test_a_replay_from_the_birth_and_from_each_snapshot_leads_to_the_same_venue(venue):
    seqs = [int(path.stem) for path in snapshots(venue)]
    (code, whole), *parts = (replayed(venue, *start) for start in ((), *(("--from", seq) for seq in seqs)))
    mark, last = last_mark(venue)

    assert (0, True, None, last, last, 2, seqs, 0) == (
        code,
        *(whole[name] for name in ("good", "from", "commands", "last_seq", "marks", "snapshots", "faults")),
    )
    assert load(snapshots(venue)[-1]).state_hash == whole["state_hash"]
    assert mark == last == seqs[-1]
    assert [(0, last - seq, whole["state_hash"], whole["history"]) for seq in seqs] == [
        (code, told["commands"], told["state_hash"], told["history"]) for code, told in parts
    ]


def test_a_person_is_told_what_was_compared(venue):
    first, second = (f"{int(path.stem):,}" for path in snapshots(venue))
    whole = ats("journal", "replay", venue).stdout
    part = ats("journal", "replay", venue, "--from", first).stdout

    assert f"from       the venue's birth\nto         sequence {second}\nmarks      2, each" in whole
    assert f"snapshots  {first}, {second}: the same state\nfaults     none\n" in whole
    assert f"from       snapshot {first}\n" in part
    assert f"snapshots  {second}: the same state\n" in part


def test_a_mark_with_another_history_is_told_with_its_place(venue, tmp_path):
    mark, _ = last_mark(venue)

    def change(seq, command, payload):
        return (command._replace(order_id=command.order_id ^ 1) if seq == mark else command), payload

    code, told = replayed(rewritten(venue, tmp_path / "other", change))
    text = ats("journal", "replay", tmp_path / "other")

    assert (70, False) == (code, told["good"])
    assert f"before sequence {mark} the history was " in told["text"]
    assert (70, True) == (text.exit_code, f"Error: {tmp_path}/other: before sequence {mark} the history was " in text.stderr)


def test_a_command_that_was_changed_is_found_by_the_next_mark(venue, tmp_path):
    """Whoever has the node's key can write a journal that verifies; what he changed in it shows in what it led to."""

    def change(seq, command, payload):
        return (command._replace(qty=2 * command.qty) if command.kind == CommandKind.ENTER else command), payload

    other = rewritten(venue, tmp_path / "other", change)

    assert 0 == ats("journal", "verify", other).exit_code
    assert 70 == replayed(other)[0]


def test_a_record_that_is_none_is_told(venue, tmp_path):
    def change(seq, command, payload):
        return (command._replace(session=2**32 - 1) if command.kind == CommandKind.ENTER else command), payload

    code, told = replayed(rewritten(venue, tmp_path / "other", change))

    assert (70, True) == (code, "there is no record" in told["text"])


def test_a_birth_of_another_format_is_told(venue, tmp_path):
    def change(seq, command, payload):
        return command, birth.encode(msgspec.structs.replace(birth.decode(payload), format=9)) if seq == 1 else payload

    code, told = replayed(rewritten(venue, tmp_path / "other", change))

    assert (70, True) == (code, "format 9" in told["text"])


def test_a_snapshot_of_another_state_is_told(venue):
    path = snapshots(venue)[0]
    snapshot = load(path)
    path.write_bytes(write(msgspec.structs.replace(snapshot, history=snapshot.history ^ 1)))
    code, told = replayed(venue)

    assert (70, f"snapshots/{path.name}") == (code, told["file"])
    assert "and the journal leads to" in told["text"]
    code, told = replayed(venue, "--from", int(path.stem))
    assert (70, True) == (code, "and the snapshot says" in told["text"])


def test_a_damaged_snapshot_is_no_place_to_begin_and_is_not_compared_with(venue):
    path = snapshots(venue)[0]
    path.write_bytes(path.read_bytes()[:-1])
    code, told = replayed(venue, "--from", int(path.stem))

    assert (70, f"snapshots/{path.name}") == (code, told["file"])
    assert (0, [int(snapshots(venue)[1].stem)]) == (replayed(venue)[0], replayed(venue)[1]["snapshots"])


def test_what_begins_later_needs_a_snapshot(venue):
    first, second = (int(path.stem) for path in snapshots(venue))
    for name in ("00000001.segment", "00000001.seal"):
        (venue / "journal" / name).unlink()
    result = ats("journal", "replay", venue)

    assert (2, True) == (result.exit_code, f"begins with sequence {first + 1}: give --from SEQ" in result.stderr)
    assert [0, 0] == [replayed(venue, "--from", seq)[0] for seq in (first, second)]


def test_a_snapshot_that_is_not_there_is_a_wrong_call(venue):
    result = ats("journal", "replay", venue, "--from", 5)
    kept = ", ".join(str(int(path.stem)) for path in reversed(snapshots(venue)))

    assert (2, True) == (result.exit_code, f"there is no snapshot of sequence 5; there are {kept}" in result.stderr)


def test_damage_is_told_with_its_place(venue):
    path = venue / "journal" / "00000002.segment"
    content = bytearray(path.read_bytes())
    content[4096 + 64] ^= 1
    path.write_bytes(content)
    code, told = replayed(venue)

    assert (70, "00000002.segment", 4096) == (code, told["file"], told["offset"])
