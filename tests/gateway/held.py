"""A journal that releases when the test says so, and a store of it: a disk as slow, or as broken, as the test wants."""

from collections.abc import Iterator
from pathlib import Path

from engine.journal.journal import Journal
from engine.journal.records import Group, JournalStopped, Mode
from engine.replica import Replica
from engine.snapshot.records import Snapshot, Taken


class HeldJournal(Journal):
    """Takes groups; `release` makes them durable, `break_down` ends it."""

    max_body = 1 << 20
    released_seq = 0
    stopped: str | None = None

    def __init__(self, groups: list[Group] | None = None) -> None:
        self.groups = groups or []
        self.released_seq = self.last_seq

    @property
    def last_seq(self) -> int:
        return self.groups[-1].first_seq + self.groups[-1].count - 1 if self.groups else 0

    def append(self, body: bytes, first_seq: int, count: int, ts_ns: int) -> bool:
        if self.stopped:
            raise JournalStopped(self.stopped)
        assert first_seq == self.last_seq + 1
        self.groups.append(Group(first_seq, count, ts_ns, bytes(body)))
        return True

    def release(self, groups: int = 1 << 30) -> None:
        """Let the next groups be durable."""
        waiting = [group for group in self.groups if group.first_seq > self.released_seq][:groups]
        if waiting:
            self.released_seq = waiting[-1].first_seq + waiting[-1].count - 1

    def break_down(self, why: str) -> None:
        self.stopped = why

    def settle(self) -> int:
        return self.released_seq

    def wait(self, seq: int, timeout_ms: int = -1) -> bool:
        self.release()
        return True

    def read(self, seq: int = 1) -> Iterator[Group]:
        return (group for group in list(self.groups) if group.first_seq + group.count > seq)

    def close(self) -> None:
        self.stopped = "the journal was closed"

    def torn(self) -> "HeldJournal":
        """Return what is left of it after a crash: the groups that were durable."""
        return HeldJournal([group for group in self.groups if group.first_seq <= self.released_seq])


class HeldStore:
    """A store of a journal and nothing else; snapshots are counted and forgotten."""

    torn_bytes = 0
    mode = Mode.DURABLE
    folder: Path | None = None
    busy = False
    warning: str | None = None

    def __init__(self, journal: HeldJournal) -> None:
        self.journal = journal
        self.faults: list[str] = []
        self.taken: list[int] = []

    def newest(self) -> Snapshot | None:
        return None

    def take(self, replica: Replica, birth: bytes) -> None:
        self.taken.append(replica.next_seq - 1)

    def take_now(self, replica: Replica, birth: bytes) -> Taken:
        self.take(replica, birth)
        return Taken(replica.next_seq - 1, 0.0)

    def poll(self) -> Taken | None:
        return None

    def close(self) -> None:
        self.journal.close()
