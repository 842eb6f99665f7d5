"""A loop that the test turns: calls for the next turn, and descriptors that are looked at once a turn."""

import select
from collections import deque
from collections.abc import Callable


class Turning:
    """What the gateway needs of an event loop, without time and without a thread."""

    def __init__(self) -> None:
        self.calls: deque[tuple] = deque()
        self.readers: dict[int, tuple] = {}
        self._poll = select.poll()

    def call_soon(self, callback: Callable[..., object], *arguments: object) -> None:
        self.calls.append((callback, *arguments))

    def add_reader(self, fd: int, callback: Callable[..., object], *arguments: object) -> None:
        self.readers[fd] = (callback, *arguments)
        self._poll.register(fd, select.POLLIN)

    def remove_reader(self, fd: int) -> bool:
        self._poll.unregister(fd)
        return self.readers.pop(fd, None) is not None

    def turn(self, wait_ms: int = 0) -> bool:
        """Run what was scheduled, and whom a descriptor wakes; wait so long where nothing is; return whether that was anything."""
        calls, self.calls = self.calls, deque()
        ready = self._poll.poll(0 if calls else wait_ms) if self.readers else []
        for function, *arguments in calls:
            function(*arguments)
        for fd, _ in ready:
            if fd in self.readers:
                function, *arguments = self.readers[fd]
                function(*arguments)
        return bool(calls or ready)
