"""What falls due: one time for each thing that waits for one, soonest first."""

from sortedcontainers import SortedList

from engine.venue.registers import FOREVER_NS


class Agenda:
    """At most one due time for each (what, of whom); setting another replaces it.  All in O(log n)."""

    def __init__(self) -> None:
        self._due: dict[tuple[str, str], int] = {}
        self._order: SortedList[tuple[int, str, str]] = SortedList()

    def set(self, what: str, whom: str, due_ns: int) -> None:
        """Let it fall due at this time; FOREVER_NS is never."""
        before = self._due.pop((what, whom), None)
        if before is not None:
            self._order.remove((before, what, whom))
        if due_ns < FOREVER_NS:
            self._due[what, whom] = due_ns
            self._order.add((due_ns, what, whom))

    def take(self, ts_ns: int) -> tuple[int, str, str] | None:
        """Remove and return the soonest that is due at this time, as (due_ns, what, whom), or None."""
        if self.next_due_ns > ts_ns:
            return None
        entry: tuple[int, str, str] = self._order.pop(0)
        del self._due[entry[1], entry[2]]
        return entry

    @property
    def entries(self) -> tuple[tuple[int, str, str], ...]:
        """All that falls due, as (due_ns, what, whom), soonest first."""
        return tuple(self._order)

    @property
    def next_due_ns(self) -> int:
        """When the soonest falls due; FOREVER_NS if nothing does."""
        due: int = self._order[0][0] if self._order else FOREVER_NS
        return due
