"""Many times in nanoseconds, sorted: exact percentiles, and counts by size."""

from array import array
from collections.abc import Sequence
from typing import final

@final
class Spread:
    """Times from pieces of packed 8-byte integers; none below 0."""

    count: int

    def __new__(cls, pieces: Sequence[bytes | bytearray | memoryview | array[int]]) -> Spread: ...
    def __len__(self) -> int: ...
    def percentile(self, share: float) -> int:
        """Return the least of the times that so many percent of them do not exceed; 0 without times."""

    def bins(self, bits: int) -> list[tuple[int, int]]:
        """Count times that agree in their leading bit and the `bits` after it: a list of (the longest of these, how many), ascending."""
