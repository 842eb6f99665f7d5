"""The loop of the simulation: what happens next is the earliest of what was planned, and nothing happens by itself."""

import heapq
from collections.abc import Callable
from itertools import count

from tests.simulation.clock import SimClock

MS = 1_000_000
SECOND = 1_000 * MS


class Scope:
    """Whoever plans something: what he planned does not happen once he is dead."""

    def __init__(self, loop: "Loop") -> None:
        self._loop = loop
        self.alive = True

    def after(self, delay_ns: int, call: Callable[..., object], *arguments: object) -> None:
        """Plan a call."""
        self._loop.plan(delay_ns, self, call, arguments)

    def soon(self, call: Callable[..., object], *arguments: object) -> None:
        """Plan a call for the next turn, behind what was planned for it."""
        self.after(0, call, *arguments)


class Loop:
    """Planned calls by time; those of one time in the order in which they were planned."""

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.steps = 0
        self._order = count()
        self._planned: list[tuple[int, int, Scope, Callable[..., object], tuple[object, ...]]] = []

    def plan(self, delay_ns: int, scope: Scope, call: Callable[..., object], arguments: tuple[object, ...]) -> None:
        heapq.heappush(self._planned, (self.clock.steady_ns() + delay_ns, next(self._order), scope, call, arguments))

    @property
    def next_ns(self) -> int:
        """When the next call is planned, were its scope alive."""
        return self._planned[0][0] if self._planned else 2**63

    def step(self) -> None:
        """Make the next call whose scope is alive."""
        while True:
            at_ns, _, scope, call, arguments = heapq.heappop(self._planned)
            if scope.alive:
                self.clock.advance_to(at_ns)
                self.steps += 1
                call(*arguments)
                return
