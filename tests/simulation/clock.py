"""The simulated time: one that only goes on, and the UTC of people, which somebody may set."""


class SimClock:
    """Two times in nanoseconds, as `engine.clock.Clock` has them; `frozen_ns` is how long UTC still stands while time goes on."""

    def __init__(self, utc_ns: int) -> None:
        self._steady_ns = 1_000_000_000
        self._utc_ns = utc_ns
        self._frozen_ns = 0

    def steady_ns(self) -> int:
        return self._steady_ns

    def utc_ns(self) -> int:
        return self._utc_ns

    @property
    def seconds(self) -> float:
        return self._steady_ns / 1e9

    def advance_to(self, steady_ns: int) -> None:
        """Let time go on; what is in the past stays there."""
        passed_ns = max(0, steady_ns - self._steady_ns)
        stands_ns = min(passed_ns, self._frozen_ns)
        self._frozen_ns -= stands_ns
        self._utc_ns += passed_ns - stands_ns
        self._steady_ns += passed_ns

    def set_utc(self, by_ns: int) -> None:
        """Let somebody set the clock."""
        self._utc_ns = max(0, self._utc_ns + by_ns)

    def freeze(self, for_ns: int) -> None:
        """Let UTC stand still."""
        self._frozen_ns = for_ns
