"""Numbers as people read them, against the standard library."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.venue.texts import SECOND_NS, amount, decimal, price, rate, seconds, utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(-(2**63), 2**63), st.sampled_from([1, 10, 100, 10_000, 1_000_000, SECOND_NS]))
def test_a_decimal_says_exactly_the_number_and_no_zero_too_many(value: int, scale: int):
    text = decimal(value, scale)

    assert Decimal(value) / scale == Decimal(text)
    assert "." not in text or text[-1] not in ".0"


@given(st.integers(0, 253_402_300_799))
def test_a_time_is_its_date_in_utc(second: int):
    assert (EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ") == utc(second * SECOND_NS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("176.43", price(1_764_300)),
        ("0.000001", amount(1)),
        ("-1000", amount(-1_000_000_000)),
        ("-0.05 bp", rate(-5)),
        ("0.25 s", seconds(250_000_000)),
        ("2026-11-22T14:30:00.000000001Z", utc(1_795_357_800_000_000_001)),
    ],
)
def test_units_are_told(text: str, said: str):
    assert text == said
