"""Small journals in a folder."""

from pathlib import Path
from typing import Any

from engine.journal.directory import DirectoryJournal

WAIT_MS = 20_000


def small(folder: Path, **options: Any) -> DirectoryJournal:
    """Open a journal of short segments."""
    return DirectoryJournal(folder, **{"segment_bytes": 64 << 10, "reserve_bytes": 4096, "ring_bytes": 64 << 10, **options})


def append(journal: DirectoryJournal, body: bytes, count: int = 1) -> int:
    """Append a group, wait until it is released, and return its last sequence."""
    first_seq = journal.last_seq + 1
    while not journal.append(body, first_seq, count, 1_000 * first_seq):
        journal.wait(min(journal.released_seq + 1, journal.last_seq), WAIT_MS)
    assert journal.wait(journal.last_seq, WAIT_MS)
    return journal.last_seq


def fill(journal: DirectoryJournal, groups: int, size: int = 100) -> None:
    """Append groups as fast as there is room, and wait for the last."""
    for number in range(groups):
        body = bytes([number % 251]) * (size + number % 7)
        while not journal.append(body, journal.last_seq + 1, 1 + number % 3, number):
            assert journal.wait(min(journal.released_seq + 1, journal.last_seq), WAIT_MS)
    assert journal.wait(journal.last_seq, WAIT_MS)
