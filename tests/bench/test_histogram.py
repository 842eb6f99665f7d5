"""Histograms that are kept: nothing is lost, and no bin is wider than it says."""

from hypothesis import given
from hypothesis import strategies as st

from bench.histogram import merged

BINS = st.lists(st.tuples(st.floats(0.01, 1e7), st.integers(1, 10**6)), max_size=60)


def test_histograms_are_put_together_in_bins_of_a_thirty_sixth_of_a_decade() -> None:
    assert [] == merged([])
    assert [[1.0, 3], [10.0, 7], [10.66, 1]] == merged([[(0.2, 2), (10, 3)], [(1.0, 1), (9.9, 4), (10.2, 1)]])


@given(st.lists(BINS, max_size=4))
def test_what_is_put_together_keeps_every_count_and_is_at_most_a_bin_away(histograms: list) -> None:
    kept = merged(histograms)
    ascending = [us for us, _ in kept]

    assert sum(count for histogram in histograms for _, count in histogram) == sum(count for _, count in kept)
    assert sorted(set(ascending)) == ascending
    for histogram in histograms:
        for us, _ in histogram:
            assert any(us * 0.999 <= highest <= max(us, 1) * 10 ** (1 / 36) * 1.001 for highest in ascending)


@given(st.lists(BINS, min_size=1, max_size=4))
def test_to_merge_what_was_merged_changes_nothing(histograms: list) -> None:
    kept = merged(histograms)

    assert kept == merged([kept])
