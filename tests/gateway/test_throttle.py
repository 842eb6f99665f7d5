"""Laws of the throttle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.gateway.throttle import Throttle

SECOND = 1_000_000_000
RATES = st.integers(1, 1_000)
STEPS = st.lists(st.integers(0, SECOND // 4), max_size=300)


@given(RATES, STEPS)
def test_no_more_than_the_rate_and_its_burst_pass(rate: int, steps: list[int]) -> None:
    throttle, now, passed = Throttle(rate), 0, 0
    for step in steps:
        now += step
        passed += throttle.ask(now) == 0

        assert passed <= rate + now * rate // SECOND + 1


@given(RATES, STEPS)
def test_who_keeps_the_rate_is_never_refused(rate: int, steps: list[int]) -> None:
    throttle, now = Throttle(rate), 0
    for step in steps:
        now += step + SECOND // rate

        assert throttle.ask(now) == 0


@given(RATES)
def test_a_burst_of_one_second_passes_and_twice_that_is_far_over(rate: int) -> None:
    throttle = Throttle(rate)

    assert [throttle.ask(0) for _ in range(2 * rate + 1)] == [0] * rate + [1] * rate + [2]


@given(RATES, st.integers(0, 3_000))
def test_a_second_of_silence_forgives_everything(rate: int, flood: int) -> None:
    throttle = Throttle(rate)
    for _ in range(flood):
        throttle.ask(0)

    assert [throttle.ask(SECOND) for _ in range(rate)] == [0] * rate


@pytest.mark.parametrize("rate", [0, -1, 10_000_001])
def test_rate_out_of_reach_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=r"a rate is 1 to 10,000,000"):
        Throttle(rate)
