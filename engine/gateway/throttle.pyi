from typing import final

@final
class Throttle:
    """How often a client may speak: a rate per second, with a burst of one second's worth."""

    def __new__(cls, per_s: int) -> Throttle: ...
    def ask(self, now_ns: int) -> int:
        """Count a message: 0 it is within the rate, 1 it is over and not counted, 2 it is over twice the rate."""
