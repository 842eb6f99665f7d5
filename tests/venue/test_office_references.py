"""References: what is believed, how age wears it down, and the collar that follows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import Reason, Side
from engine.venue.acts import SetCollar, SetReference
from engine.venue.marks import aged, ends_ns
from engine.venue.records import Quality
from engine.venue.registers import Mark
from engine.venue.terms import Band, Collar
from tests.venue.offices import DAY, NOW, SECOND, ask, canceled, do, enter, pass_time, snapshot, trading

COLLAR = Collar(
    live=Band(static_bps=500, away_bps=2000, dynamic_bps=300),
    extended=Band(static_bps=1000),
    closed=Band(static_bps=1500),
    max_age_ns=10 * SECOND,
    closed_max_age_ns=60 * SECOND,
    hard_cap_bps=1200,
    sources=("cta", "desk"),
)


def given_price(price: int = 10_000, quality: str = "live", as_of_ns: int = NOW, **fields: Any) -> SetReference:
    return SetReference(**{"instrument": "AAPLx", "source": "cta"} | fields, price=price, quality=quality, as_of_ns=as_of_ns)


def in_force(office) -> tuple[int, Quality, int, int]:
    reference = office.venue.reference(1)
    return reference.price, reference.quality, reference.low, reference.high


def standing(office) -> tuple[str, str]:
    listed = office.instruments["AAPLx"]
    return listed.status, listed.cause


def test_an_instrument_with_a_collar_takes_no_order_before_its_first_reference():
    office = trading(collar=COLLAR)

    assert ("cancel-only", "reference-stale") == standing(office)
    assert Reason.STATE_NOT_TRADABLE == enter(office, Side.BUY, 10_000, 100).reason

    do(office, given_price())

    assert ("continuous", "reopening") == standing(office)
    assert Reason.NONE == enter(office, Side.BUY, 10_000, 100).reason
    assert (10_000, Quality.LIVE, 9_500, 10_500) == in_force(office)


def test_a_band_is_rounded_inwards():
    office = trading(collar=COLLAR)
    do(office, given_price(price=10_001))

    assert (10_001, Quality.LIVE, 9_501, 10_501) == in_force(office)


@pytest.mark.parametrize(
    ("price", "side", "reason"),
    [
        (10_500, Side.BUY, Reason.NONE),
        (10_600, Side.BUY, Reason.COLLAR_STATIC),
        (9_500, Side.SELL, Reason.NONE),
        (9_400, Side.SELL, Reason.COLLAR_STATIC),
        (8_000, Side.BUY, Reason.NONE),
        (7_900, Side.BUY, Reason.COLLAR_STATIC),
        (12_000, Side.SELL, Reason.NONE),
        (12_100, Side.SELL, Reason.COLLAR_STATIC),
    ],
)
def test_orders_stand_within_the_band_of_the_references_quality(price: int, side: Side, reason: Reason):
    office = trading(collar=COLLAR)
    do(office, given_price())

    assert reason == enter(office, side, price, 100).reason


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_INSTRUMENT", given_price(instrument="TSLAx")),
        ("SOURCE", given_price(source="pool")),
        ("REFERENCE_FUTURE", given_price(as_of_ns=NOW + 1)),
        ("REFERENCE_OLDER", given_price(as_of_ns=NOW - 2 * SECOND)),
        ("REFERENCE_STALE", given_price(source="desk", as_of_ns=NOW - 60 * SECOND)),
        ("REFERENCE_PRICE", given_price(price=99)),
        ("REFERENCE_PRICE", given_price(price=100_000_001)),
        ("REFERENCE_PRICE", given_price(price=5, quality="none")),
        ("NO_BAND", given_price(quality="internal")),
    ],
)
def test_what_is_not_believed_is_refused_by_name_and_changes_nothing(code: str, act: SetReference):
    office = trading(collar=COLLAR)
    do(office, given_price(as_of_ns=NOW - SECOND))
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)


def test_an_instrument_without_a_collar_needs_no_reference():
    assert "NO_COLLAR" == ask(trading(), given_price()).code


def test_a_live_reference_ages_to_closed_and_then_to_none():
    office = trading(collar=COLLAR)
    do(office, given_price())

    assert NOW + 10 * SECOND == office.next_due_ns

    pass_time(office, NOW + 10 * SECOND - 1)

    assert Quality.LIVE == in_force(office)[1]

    pass_time(office, NOW + 10 * SECOND)

    assert (10_000, Quality.CLOSED, 8_800, 11_200) == in_force(office)
    assert NOW + 60 * SECOND == office.next_due_ns

    pass_time(office, NOW + 60 * SECOND)

    assert Quality.NONE == in_force(office)[1]
    assert NOW + 365 * DAY == office.next_due_ns
    assert ("cancel-only", "reference-stale") == standing(office)
    assert Reason.STATE_NOT_TRADABLE == enter(office, Side.BUY, 10_000, 100, ts_ns=NOW + 60 * SECOND).reason


def test_a_reference_lapses_by_itself_where_time_was_not_passed():
    office = trading(collar=COLLAR)
    do(office, given_price())

    assert Reason.REF_UNAVAILABLE == enter(office, Side.BUY, 10_000, 100, ts_ns=NOW + 10 * SECOND).reason


def test_an_old_live_reference_counts_as_closed():
    office = trading(collar=COLLAR)
    outcome = do(office, given_price(as_of_ns=NOW - 20 * SECOND))

    assert Quality.CLOSED == outcome.data["quality"]
    assert (10_000, Quality.CLOSED, 8_500, 11_500) == in_force(office)


def test_away_from_live_the_hard_cap_binds():
    office = trading(collar=COLLAR)
    do(office, given_price(), given_price(price=10_800, quality="extended", source="desk"))

    assert (10_800, Quality.EXTENDED, 9_720, 11_200) == in_force(office)

    do(office, given_price(price=11_300, quality="extended", source="desk"))

    assert Quality.NONE == in_force(office)[1]


def test_a_withdrawn_reference_stops_entries_and_leaves_the_orders():
    office = trading(collar=COLLAR)
    do(office, given_price())
    enter(office, Side.BUY, 9_900, 100)
    do(office, given_price(price=0, quality="none"))

    assert [] == canceled(office)
    assert ("cancel-only", "reference-stale") == standing(office)
    assert [9_900] == [order.price for order in office.venue.book.orders()]


def test_a_reference_that_moves_cancels_what_is_now_outside():
    office = trading(collar=COLLAR)
    do(office, given_price())
    enter(office, Side.BUY, 10_000, 100)

    assert {"canceled": 1, "quality": Quality.LIVE} == do(office, given_price(price=9_000)).data
    assert [(1, Reason.COLLAR_DYNAMIC)] == canceled(office)


def test_another_collar_judges_the_reference_anew_and_none_needs_none():
    office = trading(collar=COLLAR)
    do(office, given_price(), SetCollar(instrument="AAPLx", collar=Collar(live=Band(static_bps=100), max_age_ns=SECOND)))

    assert (10_000, Quality.LIVE, 9_900, 10_100) == in_force(office)
    assert NOW + SECOND == office.next_due_ns

    pass_time(office, NOW + SECOND)

    assert Quality.NONE == in_force(office)[1]

    do(office, SetCollar(instrument="AAPLx", collar=None))

    assert Reason.NONE == enter(office, Side.BUY, 50_000, 100).reason


@given(
    st.sampled_from(["live", "extended", "internal", "closed"]),
    st.integers(1, 100),
    st.integers(0, 100),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_age_only_wears_down_and_asking_in_between_changes_nothing(quality: str, max_age_ns: int, closed_ns: int, times: list[int]):
    band = Band(static_bps=1)
    collar = Collar(live=band, extended=band, internal=band, closed=band, max_age_ns=max_age_ns, closed_max_age_ns=closed_ns)
    mark = Mark(price=1, source="s", quality=quality, as_of_ns=0)
    asked = mark
    for ts_ns in sorted(times):
        before = asked
        asked = aged(asked, collar, ts_ns)

        assert aged(mark, collar, ts_ns) == asked
        assert ts_ns < ends_ns(asked, collar)
        assert asked.quality in (before.quality, "closed", "none")
