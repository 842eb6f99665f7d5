"""Prices, quantities and times at the edge, and what is said when one does not fit."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.client.entry import CashOrder, LimitOrder, MarketOrder, OrderSpec, new_order, terms_of
from engine.client.values import Instrument, cash, exact, in_ns, quality_of, shown, status_of, utc
from engine.matching.enums import ExecInst, OrdType, SettlePref, Side, TimeInForce
from engine.protocol.messages import Listing, TradingStatus
from engine.protocol.ranges import MAX_INT
from engine.venue.records import Quality

AAPL = Instrument.of(Listing(1, "AAPLx", "USDC", 100, 100, 10_000, 10**12, 10**9, 50_000, 17, "AAPLx", -25, 250, 100))
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
        (LimitOrder("AAPLx", BUY, 1, 1, min_qty=2), "min_qty 2 is above the order's qty 1.0000"),
        (LimitOrder("AAPLx", BUY, 1, 1, min_qty="0.00005"), "min_qty 0.00005 is not a multiple of lot 0.0001: nearest are 0.0001"),
        (LimitOrder("AAPLx", BUY, 1, 1, min_qty=1, post_only=True), "min_qty 1 with post_only"),
        (LimitOrder("AAPLx", BUY, 1, 1, min_qty=1, tif=TimeInForce.FOK), "min_qty 1 with tif FOK"),
        (MarketOrder("AAPLx", BUY, 1, tif=TimeInForce.FOK, min_qty=1), "min_qty 1 with tif FOK"),
        (LimitOrder("AAPLx", BUY, 1, 1, reduce_only=True), "reduce_only on a BUY"),
        (MarketOrder("AAPLx", BUY, 1, reduce_only=True), "reduce_only on a BUY"),
        (LimitOrder("AAPLx", BUY, 1, 1, settle_pref=3), "3 is not a valid SettlePref"),
        (CashOrder("AAPLx", 0), "cash 0 is not positive"),
        (CashOrder("AAPLx", "0.0000001"), "cash 1E-7 is not a multiple of unit 0.000001: nearest are 0.000001"),
        (CashOrder("AAPLx", 10**10), "cash 10000000000 is above the largest amount of the wire: 9007199254.740991"),
        (CashOrder("AAPLx", 1, tif=TimeInForce.FOK), "cash with tif FOK"),
        (CashOrder("AAPLx", 1, 1, tif=TimeInForce.GTD), "tif GTD with expire None"),
        (CashOrder("AAPLx", 1, "1.005"), "price 1.005 is not a multiple of tick 0.01"),
    ],
)
def test_orders_that_no_venue_would_take_are_not_sent(spec: OrderSpec, why: str) -> None:
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


def test_terms_of_an_amount_have_no_quantity() -> None:
    market = terms_of(CashOrder("AAPLx", "500.5"), AAPL, 1)
    limit = terms_of(CashOrder("AAPLx", 500, "1.25", tif=TimeInForce.DAY), AAPL, 1)
    until = terms_of(CashOrder("AAPLx", 500, 1, expire=7), AAPL, 1)

    assert (BUY, OrdType.MARKET, TimeInForce.IOC, 0, 0, 500_500_000) == (
        *(market.side, market.ord_type, market.tif),
        *(market.price, market.order_qty, market.cash),
    )
    assert (OrdType.LIMIT, TimeInForce.DAY, 12_500, 500_000_000) == (limit.ord_type, limit.tif, limit.price, limit.cash)
    assert (TimeInForce.GTD, 7) == (until.tif, until.expire_ns)


def test_wishes_of_an_order_reach_the_wire() -> None:
    spec = LimitOrder("AAPLx", Side.SELL, 2, 1, min_qty=1, reduce_only=True, settle_pref=SettlePref.TRADITIONAL)
    message = new_order((1, 2, 0), 3, terms_of(spec, AAPL, 1))
    amount = new_order((1, 2, 0), 3, terms_of(CashOrder("AAPLx", 5, settle_pref=SettlePref.TOKEN), AAPL, 1))

    assert (1_000_000, 0, ExecInst.REDUCE_ONLY, SettlePref.TRADITIONAL) == (
        *(message.min_qty, message.cash_order_qty),
        *(message.exec_inst, message.settle_pref),
    )
    assert (0, 5_000_000, ExecInst.NONE, SettlePref.TOKEN) == (
        amount.order_qty,
        amount.cash_order_qty,
        amount.exec_inst,
        amount.settle_pref,
    )


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0.00"), (1, "0.000001"), (-25, "-0.000025"), (10_000, "0.01"), (1_230_000, "1.23"), (10**9, "1000.00")]
)
def test_amounts_have_two_decimals_or_as_many_as_they_need(units: int, text: str) -> None:
    assert text == str(cash(units))


def test_numbers_of_a_newer_venue_are_told_as_they_are() -> None:
    assert (99, TradingStatus.HALTED) == (status_of(99), status_of(2))
    assert (Quality.NONE, Quality.LIVE) == (quality_of(99), quality_of(4))


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
