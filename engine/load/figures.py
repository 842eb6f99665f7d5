"""What a load says of times: exact percentiles, a short histogram, an HDR file, and the machine's own jitter."""

from array import array
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from engine.load.faults import LoadRefused
from engine.load.spread import Spread

PERCENTILES = {"p50_us": 50.0, "p90_us": 90.0, "p99_us": 99.0, "p999_us": 99.9, "max_us": 100.0}
SHORT_BITS = 3  # of a histogram in JSON: bins within 12%
HDR_BITS = 12
HDR_DIGITS = 3
HDR_MAX_NS = 3_600 * 1_000_000_000
TICK_NS = 10_000
TICKS = 50_000


def percentiles(spread: Spread) -> dict[str, float]:
    """Return the PERCENTILES in microseconds, each the least time that so many do not exceed."""
    return {name: round(spread.percentile(share) / 1e3, 1) for name, share in PERCENTILES.items()}


def histogram(spread: Spread) -> list[list[float]]:
    """Return [[the longest time of a bin in microseconds, how many], ...], ascending; some eight bins for each doubling."""
    return [[round(longest / 1e3, 1), count] for longest, count in spread.bins(SHORT_BITS)]


def jitter() -> Spread:
    """Return how late a loop that only looks at the clock is for ticks of TICK_NS: what the machine itself adds to any time."""
    late = array("q")
    due = perf_counter_ns() + TICK_NS
    for _ in range(TICKS):
        now = perf_counter_ns()
        while now < due:
            now = perf_counter_ns()
        late.append(now - due)
        due += TICK_NS
    return Spread([late])


def need_hdr() -> Any:
    """Return the library that writes HDR files.  LoadRefused, teaching, where it is not installed."""
    try:
        from hdrh.histogram import HdrHistogram
    except ImportError:
        raise LoadRefused("an HDR file needs the library hdrhistogram: pip install 'ats-engine[load]'") from None
    return HdrHistogram


def write_hdr(path: Path, spread: Spread) -> None:
    """Write the usual percentile text of HdrHistogram (.hgrm), in microseconds, with HDR_DIGITS digits.  LoadRefused, OSError."""
    recorded = need_hdr()(1, HDR_MAX_NS, HDR_DIGITS)
    for longest, count in spread.bins(HDR_BITS):
        recorded.record_value(max(1, longest), count)
    with path.open("wb") as file:
        recorded.output_percentile_distribution(file, 1000)
