"""Times: percentiles are exact, bins lose nobody, and an HDR file reads as its library wrote it."""

import sys
from array import array
from collections import Counter
from random import Random

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from engine.load import figures
from engine.load.faults import LoadRefused
from engine.load.spread import Spread

TIMES = st.lists(st.integers(0, 10**12), min_size=1, max_size=300)


def spread_of(times, pieces=1):
    return Spread([array("q", times[place::pieces]).tobytes() for place in range(pieces)])


@given(TIMES, st.integers(1, 4), st.sampled_from([0, 50, 90, 99, 99.9, 100]))
def test_a_percentile_is_the_least_time_that_so_many_do_not_exceed(times, pieces, share):
    found = spread_of(times, pieces).percentile(share)

    assert found in times
    assert sum(time <= found for time in times) >= len(times) * share / 100
    assert sum(time < found for time in times) < max(1, len(times) * share / 100)


def test_known_percentiles():
    spread = spread_of([value * 1000 for value in range(1000, 0, -1)])

    assert {"p50_us": 500, "p90_us": 900, "p99_us": 990, "p999_us": 999, "max_us": 1000} == figures.percentiles(spread)
    assert spread_of([]).percentile(50) == 0
    with pytest.raises(ValueError, match="101"):
        spread.percentile(101)


@given(TIMES, st.integers(1, 20))
def test_bins_hold_every_time_once_and_are_narrow(times, bits):
    bins = spread_of(times).bins(bits)
    longest = [time for time, _ in bins]

    assert len(times) == sum(count for _, count in bins)
    assert longest == sorted(set(longest))
    assert max(times) == longest[-1]
    members = Counter(min(time for time in longest if time >= each) for each in times)
    assert dict(bins) == members
    for each in times:
        bin_of = min(time for time in longest if time >= each)
        assert bin_of - each <= each >> bits


def test_the_short_histogram_is_in_microseconds():
    assert [[0.1, 1], [1.0, 2], [2.5, 1]] == figures.histogram(spread_of([100, 960, 1000, 2500]))


@pytest.mark.parametrize("times", [[1], [1, 10**10], [Random(1).randint(1, 10 ** Random(place).randint(1, 10)) for place in range(500)]])
def test_an_hdr_file_has_the_percentiles(tmp_path, times):
    path = tmp_path / "load.hgrm"
    figures.write_hdr(path, spread_of(times))
    text = path.read_text()
    rows = [line.split() for line in text.splitlines()[2:] if not line.startswith("#")]

    assert "Value     Percentile TotalCount 1/(1-Percentile)" in text
    assert len(times) == int(rows[-1][2])
    assert float(rows[-1][0]) == pytest.approx(max(times) / 1000, rel=2e-3, abs=2e-3)
    expected = HdrHistogram(1, figures.HDR_MAX_NS, figures.HDR_DIGITS)
    for time in times:
        expected.record_value(time)
    assert float(rows[0][0]) == pytest.approx(expected.get_value_at_percentile(0) / 1000, rel=2e-3, abs=2e-3)


def test_a_missing_library_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "hdrh.histogram", None)

    with pytest.raises(LoadRefused, match=r"pip install 'ats-engine\[load\]'"):
        figures.need_hdr()


def test_the_machines_jitter_is_never_early():
    found = figures.jitter()

    assert figures.TICKS == found.count
    assert 0 <= found.percentile(0) <= found.percentile(100)
