"""The process ends at each system call of an opening and of a closing: whatever half of the work was done, the next opening does all."""

import os
import shutil
import threading
from itertools import count
from pathlib import Path

import pytest

from engine.journal.audit import verify
from tests.journal.images import random_journal
from tests.journal.small import append, small

CALLS = ("open", "write", "pwrite", "fsync", "fdatasync", "ftruncate", "posix_fallocate")
METHODS = ("rename", "unlink", "mkdir")


class Ended(BaseException):
    """The process is gone: nobody catches this."""


class Ending:
    """The system's calls, of which the one of number `at` and all after it are never made."""

    def __init__(self, monkeypatch, at):
        self.at, self.calls = at, 0
        for module, names in ((os, CALLS), (Path, METHODS)):
            for name in names:
                monkeypatch.setattr(module, name, self.counted(getattr(module, name)))

    def counted(self, call):
        def made(*args, **kwargs):
            if threading.current_thread() is threading.main_thread():
                self.calls += 1
                if self.calls >= self.at:
                    raise Ended
            return call(*args, **kwargs)

        return made


@pytest.fixture(scope="module")
def journal():
    """Return two segments that were never cut, with half of a group behind the last."""
    journal = random_journal(5, 30, segment_bytes=64 << 10)
    journal.write(journal.groups[0], new_segment=True)
    journal.write(journal.groups[1])
    journal.segments[-1][journal.end : journal.end + 300] = bytes(range(1, 101)) * 3
    return journal


def crashed(folder, journal):
    """Write a journal as a crash leaves it."""
    folder.mkdir()
    for number, segment in enumerate(journal.segments, 1):
        (folder / f"{number:08}.segment").write_bytes(segment)
    (folder / "heads").write_bytes(journal.heads)
    return folder


def lived(folder, released):
    """Open a journal, append a group and close it."""
    with small(folder) as journal:
        append(journal, b"one more")
        released.append(b"one more")


def test_an_opening_and_a_closing_can_end_at_any_call(tmp_path, journal):
    for at in count(1):
        folder, released = crashed(tmp_path / f"{at}", journal), []
        with pytest.MonkeyPatch.context() as patch:
            ending = Ending(patch, at)
            try:
                lived(folder, released)
            except Ended:
                pass
            else:
                break
        with small(folder) as again:
            kept = [group.body for group in again.read()]
            again.verify()
            append(again, b"and another")

        assert [group.body for group in journal.groups] + released == kept, f"call {at}"
        assert len(kept) + 1 == verify(folder).frames
        assert [] == [*folder.glob("*.part")]
        shutil.rmtree(folder)
    assert at > 30
    assert ending.calls < at
