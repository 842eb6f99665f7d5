"""Prices, quantities and times at the edge, and what is said when one does not fit."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.client.entry import LimitOrder, MarketOrder, terms_of
from engine.client.values import Instrument, exact, in_ns, shown, utc
from engine.matching.enums import ExecInst, OrdType, Side, TimeInForce
from engine.protocol.messages import MAX_INT, Listing

AAPL = Instrument.of(Listing(1, "AAPLx", "USDC", 100, 100, 10_000, 10**12, 10**9, 50_000, 17))
BUY = Side.BUY


def test_instrument_is_in_decimals() -> None:
    shown_values = (AAPL.tick, AAPL.lot, AAPL.min_qty, AAPL.max_qty, AAPL.max_price, AAPL.protection)

    assert ("0.01", "0.0001", "0.0100", "1000000.0000", "100000.00", "5.00") == tuple(map(str, shown_values))


@pytest.mark.parametrize("price", ["167.52", Decimal("167.520"), 167])
def test_text_decimals_and_ints_become_units(price: Decimal | str | int) -> None:
    assert int(Decimal(price) * 10_000) == AAPL.price_units(price)


@pytest.mark.parametrize(("value", "kind"), [(167.52, "float"), (True, "bool"), (None, "NoneType"), (b"1", "bytes")])
def test_floats_are_refused_and_told_what_to_use(value: object, kind: str) -> None:
    with pytest.raises(TypeError, match=f"is a {kind}: give a str or a Decimal"):
        AAPL.price_units(value)


@pytest.mark.parametrize(
    ("price", "why"),
    [
        ("167.523", "price 167.523 is not a multiple of tick 0.01: nearest are 167.52 and 167.53"),
        ("0.001", "price 0.001 is not a multiple of tick 0.01: nearest are 0.01"),
        ("0", "price 0 is not positive: the least is 0.01"),
        ("-5", "price -5 is not positive: the least is 0.01"),
        ("100000.01", "price 100000.01 is above the highest price of AAPLx: 100000.00"),
        ("abc", "price 'abc' is not a number"),
        ("NaN", "price NaN is not a finite number"),
        ("1e30", "price 1E+30 is too large for the wire"),
    ],
)
def test_prices_that_do_not_fit_say_why_and_what_would(price: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        AAPL.price_units(price)


@pytest.mark.parametrize(
    ("qty", "why"),
    [
        ("1.00005", "qty 1.00005 is not a multiple of lot 0.0001: nearest are 1.0000 and 1.0001"),
        ("0.0001", "qty 0.0001 is below the smallest order of AAPLx: 0.0100"),
        ("1000000.0001", "qty 1000000.0001 is above the largest order of AAPLx: 1000000.0000"),
    ],
)
def test_quantities_that_do_not_fit_say_why_and_what_would(qty: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        AAPL.qty_units(qty)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (LimitOrder("AAPLx", BUY, 1, 1, display_qty=2), "display_qty 2 is above the order's qty 1.0000"),
        (LimitOrder("AAPLx", BUY, 1, 1, display_qty="0.5", tif=TimeInForce.IOC), "display_qty 0.5 with tif IOC"),
        (LimitOrder("AAPLx", BUY, 1, 1, post_only=True, tif=TimeInForce.FOK), "post_only with tif FOK"),
        (LimitOrder("AAPLx", BUY, 1, 1, tif=TimeInForce.GTD), "tif GTD with expire None"),
        (LimitOrder("AAPLx", BUY, 1, 1, tif=TimeInForce.DAY, expire=5), "tif DAY with expire 5"),
        (LimitOrder("AAPLx", BUY, 1, 1, expire=datetime(2030, 1, 1)), "has no time zone"),  # noqa: DTZ001
        (
            LimitOrder("AAPLx", BUY, 1_000_000, 100_000),
            "price 100000.00 times qty 1000000.0000 is too large: at this price at most 9223.3720",
        ),
        (LimitOrder("AAPLx", 3, 1, 1), "3 is not a valid Side"),
    ],
)
def test_orders_that_no_venue_would_take_are_not_sent(spec: LimitOrder, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        terms_of(spec, AAPL, 1)


def test_terms_are_what_was_asked_for() -> None:
    expire = datetime(2030, 1, 1, tzinfo=UTC)
    limit = terms_of(LimitOrder("AAPLx", BUY, "2.5", "1.25", post_only=True, display_qty=1, expire=expire, account=7), AAPL, 1)
    market = terms_of(MarketOrder("AAPLx", BUY, 1), AAPL, 3)

    assert (7, TimeInForce.GTD, 12_500, 2_500_000, 1_000_000) == (limit.account, limit.tif, limit.price, limit.order_qty, limit.display_qty)
    assert (ExecInst.POST_ONLY, 1_893_456_000 * 10**9) == (limit.exec_inst, limit.expire_ns)
    assert (3, OrdType.MARKET, TimeInForce.IOC, 0) == (market.account, market.ord_type, market.tif, market.price)
    assert TimeInForce.DAY == terms_of(LimitOrder("AAPLx", BUY, 1, 1), AAPL, 1).tif


@given(st.integers(1, 10**9).map(lambda ticks: ticks * 100).filter(lambda units: units <= 10**9))
def test_a_price_shown_is_the_price_taken(units: int) -> None:
    assert units == AAPL.price_units(AAPL.price(units))
    assert units == AAPL.price_units(str(AAPL.price(units)))


@given(st.integers(0, MAX_INT), st.integers(1, 10**6), st.integers(0, 6))
def test_shown_values_are_exact(units: int, step: int, decimals: int) -> None:
    assert units == int(shown(units, step, decimals).scaleb(decimals)) or len(str(units)) > 28
    assert exact(shown(units, step, decimals), "value") * 10**decimals == units or len(str(units)) > 20


@given(st.integers(1, 4 * 10**18))
def test_times_are_cut_to_microseconds(ts_ns: int) -> None:
    assert ts_ns // 1000 * 1000 == (in_ns(utc(ts_ns)) if ts_ns >= 1000 else 0)


@pytest.mark.parametrize("when", [1.5, "2030-01-01", True])
def test_an_expiry_is_a_datetime_or_an_int(when: object) -> None:
    with pytest.raises(TypeError, match="give an aware datetime or an int of ns"):
        in_ns(when)


@pytest.mark.parametrize("when", [0, MAX_INT + 1])
def test_an_expiry_fits_the_wire(when: int) -> None:
    with pytest.raises(ValueError, match="is not within 1 and"):
        in_ns(when)
