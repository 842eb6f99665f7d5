"""Histograms of times, small enough to keep: pairs of the highest microseconds of a bin and how many are in it, ascending.

A bin is a 36th of a decade wide, some 6%, so what spans 1 us to 1 s has at most 217 bins.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

Bins = Sequence[Sequence[float]]  # (highest us, how many)

PER_DECADE = 36
SLACK = 0.01  # of a bin: what is kept has four digits


def merged(histograms: Iterable[Bins]) -> list[list[float]]:
    """Put histograms together and into the bins that are kept."""
    places: Counter[int] = Counter()
    for histogram in histograms:
        for us, count in histogram:
            places[_place(us)] += int(count)
    return [[_highest(place), places[place]] for place in sorted(places) if places[place]]


def _place(us: float) -> int:
    return max(0, math.ceil(math.log10(max(us, 1e-9)) * PER_DECADE - SLACK))


def _highest(place: int) -> float:
    return float(f"{10 ** (place / PER_DECADE):.4g}")
