"""Old reports made again from the log, as `engine.gateway.backlog` has a process do it: at some time, in pieces cut anywhere.

The replay is the real one (`Excerpt` behind a replica), from the newest snapshot that reaches back far enough, or from the log's beginning.
"""

from collections.abc import Callable
from random import Random

from engine.birth import decode
from engine.replica import Replica
from engine.resend.excerpt import Excerpt
from engine.snapshot.format import read
from engine.snapshot.state import restore
from engine.venue.office import Office
from engine.venue.venue import Venue
from tests.simulation.disk import Disk
from tests.simulation.journal import SimJournal
from tests.simulation.loop import MS, Scope
from tests.simulation.store import snapshot_names


class SimErrand:
    """Reports on their way to a lane; as `engine.gateway.backlog.Errand`."""

    def __init__(self, backlog: "SimBacklog", wake: Callable[["SimErrand", int], object]) -> None:
        self.first = 0
        self.fault: str | None = None
        self._backlog, self._wake = backlog, wake
        self._made = b""
        self._there = 0
        self._is_over = False

    def made(self, first: int, frames: bytes) -> None:
        self._made = frames
        self._coming(first)

    def take(self) -> bytes:
        """Return what is there; nothing means that `wake` will be called, or that there is a fault."""
        taken, self._made = self._made[: self._there], self._made[self._there :]
        self._there = 0
        if not taken and self.first and not self._made:
            self.fail("all was made")
        return taken

    def stop(self) -> None:
        self._is_over = True

    def fail(self, cause: str) -> None:
        self.fault = cause

    def _coming(self, first: int) -> None:
        """Let the next piece arrive, and the lane know."""
        if self._is_over or self.fault:
            return
        self.first = first
        self._there = self._backlog.random.randint(1, max(1, len(self._made)))
        self._backlog.scope.after(self._backlog.random.randint(1, 5 * MS), self._coming, first)
        self._wake(self, self._backlog.steady_ns())


class SimBacklog:
    """Whoever makes old reports again, for one process of the venue."""

    def __init__(
        self, disk: Disk, journal: SimJournal, scope: Scope, random: Random, limits: dict[str, int], steady_ns: Callable[[], int]
    ) -> None:
        self._disk, self._journal, self._limits = disk, journal, limits
        self.scope, self.random, self.steady_ns = scope, random, steady_ns
        self.asked = 0

    def ask(self, session: int, life: int, begin: int, end: int, wake: Callable[[SimErrand, int], object]) -> SimErrand:
        self.asked += 1
        errand = SimErrand(self, wake)
        self.scope.after(self.random.randint(1, 50 * MS), self._make, errand, session, life, begin, end)
        return errand

    def tick(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _make(self, errand: SimErrand, session: int, life: int, begin: int, end: int) -> None:
        replica, excerpt = self._start(session, life, begin, end)
        first = begin if excerpt.reaches_back else excerpt.next_out
        for group in self._journal.read(replica.next_seq):
            if excerpt.over:
                break
            replica.replay(group)
        errand.made(first, excerpt.take())

    def _start(self, session: int, life: int, begin: int, end: int) -> tuple[Replica, Excerpt]:
        for name in reversed(snapshot_names(self._disk)):
            try:
                snapshot = read(self._disk.read(name))
            except ValueError:
                continue
            replica, excerpt = self._new(decode(snapshot.birth).limits, session, life, begin, end)
            restore(snapshot, replica)
            excerpt.locate()
            if excerpt.reaches_back:
                return replica, excerpt
        return self._new(self._limits, session, life, begin, end)

    def _new(self, limits: dict[str, int], session: int, life: int, begin: int, end: int) -> tuple[Replica, Excerpt]:
        venue = Venue(secret=0, **limits)
        excerpt = Excerpt(venue, session, life, begin, end)
        return Replica(venue, excerpt, Office(venue)), excerpt
