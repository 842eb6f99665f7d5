"""`ats journal copy`: whenever it is taken, and wherever it is interrupted, the copy is a journal that starts and lacks nothing durable."""

import json
import os
from itertools import count

import pytest

from engine.cli import journal_copy
from engine.journal.audit import inspect, verify
from engine.journal.frames import HEADS_BYTES
from engine.journal.reading import durable_seq, frame_hash
from tests.cli.journals import COMMANDS, KEY, append, fill, opened, put_snapshot, venue_with_journal
from tests.cli.venues import ats


@pytest.fixture
def venue(tmp_path):
    """Hold a venue of 24 sequences in groups of two, in four sealed segments."""
    return venue_with_journal(tmp_path / "venue")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_copy_has_everything_but_what_is_made_ahead(venue, tmp_path):
    put_snapshot(venue, 12, frame_hash(venue / "journal", 12))
    result = ats("journal", "copy", venue, "--to", tmp_path / "copy")
    source, copied = files(venue / "journal"), files(tmp_path / "copy")

    assert f"{tmp_path}/copy: up to sequence 24; new are 4 sealed segments and 1 snapshots, " in result.stdout
    assert {name: source[name] for name in copied} == copied
    assert {"reserve"} == source.keys() - copied.keys() - {"00000005.segment"}
    assert 0 == ats("journal", "verify", tmp_path / "copy").exit_code


def test_what_was_copied_before_is_not_copied_again(venue, tmp_path):
    put_snapshot(venue, 12)
    ats("journal", "copy", venue, "--to", tmp_path / "copy")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").rglob("0*")}
    told = json.loads(ats("journal", "copy", venue, "--to", tmp_path / "copy", "--json").stdout)

    assert (0, 0, HEADS_BYTES, 24) == tuple(told[name] for name in ("sealed", "snapshots", "bytes", "last_seq"))
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").rglob("0*")}


def test_a_journal_that_is_written_to_is_copied_at_any_moment(venue, tmp_path):
    """After each group, into the same folder; each copy is opened as a venue would."""
    with opened(venue / "journal") as journal:
        for moment in range(10):
            append(journal, COMMANDS[moment % 5 : moment % 5 + 1])
            durable = durable_seq(venue / "journal")
            told = json.loads(ats("journal", "copy", venue, "--to", tmp_path / "copy", "--json").stdout)
            assert durable <= told["last_seq"] <= journal.last_seq
            os.system(f"rm -rf {tmp_path}/tried && cp -r {tmp_path}/copy {tmp_path}/tried")  # noqa: S605  two paths of the test
            with opened(tmp_path / "tried") as tried:
                assert told["last_seq"] == tried.last_seq
            assert told["last_seq"] == verify(tmp_path / "tried", KEY.public_key()).last_seq


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen between the reading of the heads and that of the segments."""

    def arrange(happening):
        numbers = journal_copy.segment_numbers
        monkeypatch.setattr(journal_copy, "segment_numbers", lambda folder: happening() or numbers(folder))

    return arrange


def test_what_becomes_durable_meanwhile_is_left_for_the_next_copy(venue, tmp_path, monkeypatch, meanwhile):
    """A reader of a growing file can see a frame and not yet the one before it, and a snapshot of what was not copied is of no use."""
    read = journal_copy.read_from_disk
    with opened(venue / "journal") as journal:
        append(journal, COMMANDS[2:4])
        end = inspect(venue / "journal")[4].bytes

        def more():
            append(journal, COMMANDS[2:4])
            append(journal, COMMANDS[2:4])
            put_snapshot(venue, 30)

        def half_seen(path):
            data = bytearray(read(path))
            if path.name == "00000005.segment":
                data[end : end + 4096] = bytes(4096)
            return bytes(data)

        meanwhile(more)
        monkeypatch.setattr(journal_copy, "read_from_disk", half_seen)
        copied = journal_copy.copy_journal(venue / "journal", tmp_path / "copy")

    assert (26, []) == (copied.last_seq, list((tmp_path / "copy" / "snapshots").iterdir()))
    with opened(tmp_path / "copy") as tried:
        assert 26 == tried.last_seq


def test_a_segment_that_is_closed_meanwhile_is_copied_whole(venue, tmp_path, meanwhile):
    with opened(venue / "journal") as journal:
        append(journal, COMMANDS[2:4])

        def closing():
            append(journal, COMMANDS[4:5])
            journal.close()

        meanwhile(closing)
        copied = journal_copy.copy_journal(venue / "journal", tmp_path / "copy")

    assert (26, 5) == (copied.last_seq, copied.sealed)
    with opened(tmp_path / "copy") as tried:
        assert 27 == tried.last_seq


def test_a_copy_that_is_interrupted_anywhere_is_still_a_journal(venue, tmp_path, monkeypatch):
    """Whatever the last file that was put there, the copy starts: with what it had before, or more."""
    put_snapshot(venue, 12, frame_hash(venue / "journal", 12))
    ats("journal", "copy", venue, "--to", tmp_path / "first")
    with opened(venue / "journal") as journal:
        fill(journal, 2)
    put_snapshot(venue, 30, frame_hash(venue / "journal", 30))
    put, reached = journal_copy._put, 0
    for crash in count():
        target = tmp_path / f"copy{crash}"
        os.system(f"cp -r {tmp_path}/first {target}")  # noqa: S605  two paths of the test
        left = iter(range(crash))

        def interrupted(path, content, left=left):
            next(left)
            return put(path, content)

        monkeypatch.setattr(journal_copy, "_put", interrupted)
        try:
            done = journal_copy.copy_journal(venue / "journal", target)
        except StopIteration:
            done = None
        with opened(target) as tried:
            reached = tried.last_seq
            assert 24 <= reached <= 36
            assert all(reached >= int(path.stem) for path in (target / "snapshots").glob("*.snap"))
        if done:
            break

    assert (6, 36, 36) == (crash, reached, done.last_seq)


def test_what_was_moved_away_stays_in_the_copy(venue, tmp_path):
    ats("journal", "copy", venue, "--to", tmp_path / "copy")
    for name in ("00000001.segment", "00000001.seal"):
        (venue / "journal" / name).unlink()
    with opened(venue / "journal") as journal:
        append(journal, COMMANDS[2:4])
    ats("journal", "copy", venue, "--to", tmp_path / "copy")
    found = verify(tmp_path / "copy", KEY.public_key())

    assert (1, 26, 5) == (found.first_seq, found.last_seq, found.signed)


def test_only_the_newest_snapshots_are_kept_in_a_copy(venue, tmp_path):
    for seq in (6, 12, 18):
        put_snapshot(venue, seq)
        ats("journal", "copy", venue, "--to", tmp_path / "copy")

    assert ["12", "18"] == sorted(path.stem.lstrip("0") for path in (tmp_path / "copy" / "snapshots").iterdir())


def test_a_folder_that_a_venue_has_is_no_target(venue, tmp_path):
    with opened(tmp_path / "other"):
        result = ats("journal", "copy", venue, "--to", tmp_path / "other")

    assert 2 == result.exit_code
    assert f"{tmp_path}/other: a venue has this journal; a copy needs a folder of its own" in result.stderr


def test_a_folder_with_another_journal_is_no_target(venue, tmp_path):
    with opened(tmp_path / "other") as journal:
        append(journal, COMMANDS[:1])
    before = files(tmp_path / "other")
    result = ats("journal", "copy", venue, "--to", tmp_path / "other")

    assert 2 == result.exit_code
    assert f"{tmp_path}/other: segment 1 there is of another journal" in result.stderr
    assert before == files(tmp_path / "other")
