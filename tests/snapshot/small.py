"""Small snapshots, and a venue that is only what a snapshotter asks of one, beside a journal in a folder."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from engine.journal.directory import DirectoryJournal
from engine.matching.enums import CommandKind
from engine.matching.records import Command
from engine.snapshot.records import Snapshot, Taken
from engine.snapshot.taking import Snapshotter
from engine.transcript import record
from tests.journal.small import WAIT_MS, append, small

BIRTH = b"born"


def a_snapshot(seq: int = 3, sections: dict[str, bytes] | None = None) -> Snapshot:
    """Return a snapshot of few bytes."""
    kept = {"book": b"orders" * seq, "ledger": b"", "office": b"registers"} if sections is None else sections
    return Snapshot(seq, -5 + seq, 2**64 - seq, 7 * seq, BIRTH, kept)


def random_snapshot(seed: int, longest: int = 60) -> Snapshot:
    """Return a snapshot of up to six sections of any bytes."""
    random = Random(seed)
    names = random.sample(["accounts", "balances", "book", "levels", "office", "sessions"], random.randint(1, 6))
    sections = {name: random.randbytes(random.randint(0, longest)) for name in names}
    place = (random.getrandbits(40), random.getrandbits(62), random.getrandbits(64), random.getrandbits(64))
    return Snapshot(*place, random.randbytes(random.randint(0, longest)), sections)


class Stub:
    """A replica whose state is one section; `mark` ends it with a mark, as the sequencer does before a snapshot."""

    def __init__(self, state: bytes = b"state") -> None:
        self.next_seq = 1
        self.last_ts_ns = 0
        self.office = None
        self.venue = SimpleNamespace(history=0, image=lambda: {"state": state}, check=lambda: None)

    def mark(self) -> bytes:
        """Carry out a mark and return its record, which the log may have or not."""
        self.next_seq += 1
        self.last_ts_ns += 1_000
        self.venue.history = 11 * self.next_seq
        command = Command(ts_ns=self.last_ts_ns, order_id=self.venue.history, kind=CommandKind.MARK)
        return record(command)


def marked(journal: DirectoryJournal, stub: Stub) -> Stub:
    """Let a stub go on by one command that is durable."""
    append(journal, stub.mark())
    return stub


def open_both(folder: Path, **options: Any) -> tuple[DirectoryJournal, Snapshotter]:
    """Open a journal and whoever takes snapshots beside it."""
    return small(folder), Snapshotter(folder / "snapshots", folder, **options)


def until(condition: Callable[[], Any]) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never was"
        os.sched_yield()
    return found


def ended(snapshotter: Snapshotter) -> Taken:
    """Wait for the end of a snapshot that was begun."""
    return until(snapshotter.poll)
