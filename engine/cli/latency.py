"""Percentiles of a few thousand samples, for screens and summaries; benches keep whole distributions instead."""

from collections.abc import Collection


def percentile_us(samples_ns: Collection[int], part: float) -> float:
    """Return the sample that this part of all samples does not exceed, in microseconds; 0 without samples."""
    if not samples_ns:
        return 0.0
    ordered = sorted(samples_ns)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] / 1000
