"""Where the time comes from: an input like any other, so that a test can say what time it is."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two times in nanoseconds: one for people and records, one for measuring how long something took."""

    def utc_ns(self) -> int:
        """Return UTC; it may be set, so differences of it prove nothing."""

    def steady_ns(self) -> int:
        """Return a time that never steps back, from an arbitrary start."""


class SystemClock:
    """The machine's clocks."""

    utc_ns = staticmethod(time.time_ns)
    steady_ns = staticmethod(time.monotonic_ns)


class ManualClock:
    """A clock that moves when it is told to."""

    def __init__(self, utc_ns: int = 1_700_000_000_000_000_000, steady_ns: int = 1_000_000_000_000) -> None:
        self._utc_ns = utc_ns
        self._steady_ns = steady_ns

    def utc_ns(self) -> int:
        """Return the UTC that was set."""
        return self._utc_ns

    def steady_ns(self) -> int:
        """Return the steady time that was reached."""
        return self._steady_ns

    def pass_time(self, ns: int) -> None:
        """Let both clocks move on."""
        self._utc_ns += ns
        self._steady_ns += ns
