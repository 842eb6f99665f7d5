"""Orders that wait, for a trigger or for an auction: how they are asked for, and how they follow what the venue reports."""

import re
from decimal import Decimal

import pytest

from engine.client.entry import CashOrder, LimitOrder, MarketOrder, OrderSpec, StopOrder, new_order, terms_of
from engine.client.events import Executed, Restated
from engine.client.values import Instrument
from engine.matching.enums import ExecType, Liquidity, OrdStatus, OrdType, Reason, Side, TimeInForce
from tests.client.model_venue import AAPL, ModelVenue
from tests.client.test_reports_examples import report, say
from tests.client.wiring import PlainOrder, Wire

BUY, SELL = Side.BUY, Side.SELL
DAY, GTC, GTD, IOC, OPG, CLS = (TimeInForce[name] for name in ("DAY", "GTC", "GTD", "IOC", "OPG", "CLS"))
AAPLX = Instrument.of(AAPL)
STOP_PX = 101_0000


def waiting(spec: OrderSpec | None = None) -> tuple[Wire, PlainOrder]:
    """Give a client with one order that was accepted and waits for 101.00."""
    wire = Wire(ModelVenue()).settle()
    order = wire.core.enter([spec or StopOrder("AAPLx", BUY, 5, 101)], wire.now)[0]
    order.order_id = 7
    say(wire, report(order, ExecType.NEW, OrdStatus.NEW, seq=1, price=106_0000, leaves_qty=5_000_000, bound=STOP_PX))
    return wire, order


@pytest.mark.parametrize(
    ("spec", "terms"),
    [
        (StopOrder("AAPLx", BUY, 5, 101), (OrdType.STOP, DAY, 0, STOP_PX, 0)),
        (StopOrder("AAPLx", SELL, 5, 101, GTC), (OrdType.STOP, GTC, 0, STOP_PX, 0)),
        (StopOrder("AAPLx", SELL, 5, 101, expire=9), (OrdType.STOP, GTD, 0, STOP_PX, 9)),
        (LimitOrder("AAPLx", BUY, 5, 102, stop_px=101), (OrdType.STOP_LIMIT, DAY, 102_0000, STOP_PX, 0)),
        (LimitOrder("AAPLx", BUY, 5, 102, OPG), (OrdType.LIMIT, OPG, 102_0000, 0, 0)),
        (LimitOrder("AAPLx", BUY, 5, 102, CLS), (OrdType.LIMIT, CLS, 102_0000, 0, 0)),
        (MarketOrder("AAPLx", BUY, 5, OPG), (OrdType.MARKET, OPG, 0, 0, 0)),
        (MarketOrder("AAPLx", BUY, 5, CLS), (OrdType.MARKET, CLS, 0, 0, 0)),
    ],
)
def test_what_waits_is_asked_for_by_its_kind_and_its_prices(spec: OrderSpec, terms: tuple[int, ...]) -> None:
    message = new_order((1, 2, 0), 3, terms_of(spec, AAPLX, 1))

    assert terms == (message.ord_type, message.tif, message.price, message.stop_px, message.expire_ns)
    assert (5_000_000, 0, 0) == (message.order_qty, message.min_qty, message.cash_order_qty)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (StopOrder("AAPLx", BUY, 5, "101.005"), "stop_px 101.005 is not a multiple of tick 0.01: nearest are 101.00 and 101.01"),
        (StopOrder("AAPLx", BUY, 5, 100_001), "stop_px 100001 is above the highest price of AAPLx: 100000.00"),
        (StopOrder("AAPLx", BUY, 5, 101, IOC), "stop_px 101 with tif IOC: an order that waits for its trigger is DAY, GTC or GTD"),
        (StopOrder("AAPLx", BUY, 5, 101, OPG), "stop_px 101 with tif OPG"),
        (StopOrder("AAPLx", BUY, 5, 101, GTD), "tif GTD with expire None"),
        (StopOrder("AAPLx", BUY, 5, 101, reduce_only=True), "reduce_only on a BUY"),
        (LimitOrder("AAPLx", BUY, 5, 102, post_only=True, stop_px=101), "stop_px 101 with post_only or min_qty"),
        (LimitOrder("AAPLx", BUY, 5, 102, min_qty=1, stop_px=101), "stop_px 101 with post_only or min_qty"),
        (LimitOrder("AAPLx", BUY, 5, 102, CLS, post_only=True), "post_only with tif CLS"),
        (LimitOrder("AAPLx", BUY, 5, 102, OPG, display_qty=1), "display_qty 1 with tif OPG"),
        (LimitOrder("AAPLx", BUY, 5, 102, OPG, min_qty=1), "min_qty 1 with tif OPG: an auction asks nobody for a least quantity"),
        (CashOrder("AAPLx", 500, 102, CLS), "cash with tif CLS: an auction's price is not known"),
    ],
)
def test_what_no_venue_takes_is_told_before_it_is_sent(spec: OrderSpec, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        terms_of(spec, AAPLX, 1)


def test_a_stop_waits_is_triggered_and_trades() -> None:
    wire, order = waiting()
    assert (True, Decimal(101), Decimal(106)) == (order.is_waiting, order.stop_px, order.price)
    assert "<BUY 5.0000 AAPLx @ MARKET STOP 101.00 DAY: NEW, 0.0000 done, 5.0000 open>" == repr(order)

    trigger = report(order, ExecType.RESTATED, OrdStatus.NEW, leaves_qty=5_000_000, price=106_0000, reason=Reason.TRIGGERED)
    filled = {"last_px": 101_0000, "last_qty": 5_000_000, "cum_qty": 5_000_000, "liquidity": Liquidity.TAKER}
    say(wire, trigger, report(order, ExecType.TRADE, OrdStatus.FILLED, seq=3, **filled))
    *_, restated, executed = wire.events

    assert isinstance(restated, Restated)
    assert isinstance(executed, Executed)
    assert (Reason.TRIGGERED, "221 the last price reached its stop price") == (restated.reason, order.reason_text)
    assert (False, True, Decimal(101)) == (order.is_waiting, order.is_done, order.stop_px)


def test_a_stop_limit_order_rests_when_it_was_triggered() -> None:
    wire, order = waiting(LimitOrder("AAPLx", BUY, 5, 102, stop_px=101))
    say(wire, report(order, ExecType.RESTATED, OrdStatus.NEW, leaves_qty=5_000_000, price=102_0000, reason=Reason.TRIGGERED))

    assert (False, True) == (order.is_waiting, order.is_open)
    assert "<BUY 5.0000 AAPLx @ 102.00 STOP 101.00 DAY: NEW, 0.0000 done, 5.0000 open>" == repr(order)


def test_an_order_that_is_only_heard_of_waits_where_its_status_says_so() -> None:
    wire, order = waiting()
    wire.core.open_orders.clear()
    status = report(order, ExecType.STATUS, OrdStatus.NEW, price=106_0000, leaves_qty=5_000_000, bound=STOP_PX)
    say(wire, status)
    heard = wire.core.open_orders[order.order_id]
    assert heard is not order
    assert (OrdType.STOP_LIMIT, True, Decimal(101)) == (heard.ord_type, heard.is_waiting, heard.stop_px)

    say(wire, report(order, ExecType.STATUS, OrdStatus.NEW, price=106_0000, leaves_qty=5_000_000))
    assert not heard.is_waiting
    resting = report(order, ExecType.STATUS, OrdStatus.NEW, leaves_qty=5_000_000, order_id=8)
    say(wire, resting)
    assert (OrdType.LIMIT, None) == (wire.core.open_orders[8].ord_type, wire.core.open_orders[8].stop_px)


def test_the_limit_that_a_refused_order_broke_is_no_stop_price() -> None:
    wire = Wire(ModelVenue()).settle()
    order = wire.core.enter([LimitOrder("AAPLx", BUY, 5, 102, OPG)], wire.now)[0]
    say(wire, report(order, ExecType.REJECTED, OrdStatus.REJECTED, seq=1, reason=Reason.COLLAR_STATIC, bound=STOP_PX))

    assert (None, False) == (order.stop_px, order.is_waiting)


def test_a_fill_in_an_auction_says_so() -> None:
    wire = Wire(ModelVenue()).settle()
    order = wire.core.enter([MarketOrder("AAPLx", BUY, 5, OPG)], wire.now)[0]
    said = {"last_px": 101_0000, "last_qty": 2_000_000, "cum_qty": 2_000_000, "leaves_qty": 3_000_000, "liquidity": Liquidity.AUCTION}
    say(wire, report(order, ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, seq=1, order_id=7, **said))
    ended = {"order_id": 7, "cum_qty": 2_000_000, "last_qty": 3_000_000, "reason": Reason.AUCTION_END}
    say(wire, report(order, ExecType.CANCELED, OrdStatus.CANCELED, seq=2, **ended))

    assert [Liquidity.AUCTION] == [fill.liquidity for fill in order.fills]
    assert (True, "222 its auction is over") == (order.is_done, order.reason_text)
