"""A folder of snapshots: which are kept, which is taken, and what is said of the others."""

import pytest

from engine.snapshot.folder import load, newest, open_folder, prune, publish, snapshot_path, snapshot_paths, write_part
from engine.snapshot.format import write
from engine.snapshot.records import SnapshotFault
from tests.snapshot.small import a_snapshot


def put(folder, *seqs):
    """Write snapshots as a snapshotter does."""
    for seq in seqs:
        part, size = write_part(folder, a_snapshot(seq))
        assert size == part.stat().st_size
        publish(part, seq)
        prune(folder)


def spoil(folder, seq):
    """Flip a bit of the first section's first byte."""
    path = snapshot_path(folder, seq)
    data = bytearray(path.read_bytes())
    data[128] ^= 1
    path.write_bytes(data)


def kept(folder):
    return [int(path.stem) for path in snapshot_paths(folder)]


def test_the_two_newest_are_kept(tmp_path):
    lives = []
    for seq in (1, 2, 5, 9):
        put(tmp_path, seq)
        lives.append(kept(tmp_path))

    assert [[1], [2, 1], [5, 2], [9, 5]] == lives
    assert (a_snapshot(9), []) == newest(tmp_path)


def test_a_damaged_one_does_not_count_as_kept(tmp_path):
    """It goes when two newer ones are whole: until then the one before it is what a start would fall back to."""
    put(tmp_path, 1, 2)
    spoil(tmp_path, 2)
    put(tmp_path, 3)

    assert [3, 2, 1] == kept(tmp_path)
    put(tmp_path, 4)
    assert [4, 3] == kept(tmp_path)


def test_a_start_falls_back_over_damaged_ones_and_says_why(tmp_path):
    put(tmp_path, 1, 2)
    spoil(tmp_path, 2)
    snapshot, faults = newest(tmp_path)

    assert a_snapshot(1) == snapshot
    assert ["00000000000000000002.snap, byte 128, section birth: the hash of the section is wrong"] == [str(fault) for fault in faults]


def test_if_all_are_damaged_there_is_none_and_each_is_told(tmp_path):
    put(tmp_path, 1, 2)
    spoil(tmp_path, 2)
    snapshot_path(tmp_path, 1).write_bytes(b"")
    snapshot, faults = newest(tmp_path)

    assert snapshot is None
    assert ["00000000000000000002.snap", "00000000000000000001.snap"] == [fault.file for fault in faults]
    assert ["the hash of the section is wrong", "the file ends within its header"] == [fault.why for fault in faults]


def test_a_folder_that_is_not_there_has_none(tmp_path):
    assert (None, []) == newest(tmp_path / "snapshots")


def test_other_files_are_left_alone(tmp_path):
    put(tmp_path, 1)
    (tmp_path / "notes").write_text("mine")
    (tmp_path / "2.snap").write_text("not a name of ours")
    put(tmp_path, 2, 3)

    assert (a_snapshot(3), []) == newest(tmp_path)
    assert {"notes", "2.snap"} < {path.name for path in tmp_path.iterdir()}


def test_a_snapshot_under_another_name_is_refused(tmp_path):
    put(tmp_path, 1)
    snapshot_path(tmp_path, 1).rename(snapshot_path(tmp_path, 8))

    with pytest.raises(SnapshotFault, match=r"00000000000000000008.snap, byte 0: this is the snapshot of sequence 1"):
        load(snapshot_path(tmp_path, 8))


def test_a_file_that_cannot_be_read_is_passed_over(tmp_path):
    put(tmp_path, 1)
    snapshot_path(tmp_path, 2).mkdir()
    snapshot, faults = newest(tmp_path)

    assert a_snapshot(1) == snapshot
    assert ["it cannot be read: Is a directory"] == [fault.why for fault in faults]


def test_what_a_killed_process_left_is_removed_at_the_start(tmp_path):
    folder = tmp_path / "journal" / "snapshots"
    open_folder(folder)
    put(folder, 1)
    part, _ = write_part(folder, a_snapshot(2))

    assert (a_snapshot(1), []) == newest(folder)
    open_folder(folder)
    assert not part.exists()
    assert (a_snapshot(1), []) == newest(folder)


def test_one_that_the_disk_gives_back_otherwise_gets_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.snapshot.folder.read_from_disk", lambda path: b"\1" + path.read_bytes()[1:])

    with pytest.raises(SnapshotFault, match=r"\.part, byte 0: this is no snapshot"):
        write_part(tmp_path, a_snapshot())
    assert [] == list(tmp_path.iterdir())


def test_a_long_section_is_written_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.snapshot.folder.CHUNK", 1_000)
    snapshot = a_snapshot(sections={"book": bytes(range(256)) * 40, "office": b"x" * 1_000, "sessions": b"y" * 1_001})
    part, size = write_part(tmp_path, snapshot)

    assert write(snapshot) == part.read_bytes()
    assert len(write(snapshot)) == size
