"""The sentence for each reason, with the figures of a request and without: one line each, drawn as a program prints it."""

import pytest

from engine.client.entry import CashOrder, LimitOrder, MarketOrder, OrderSpec, StopOrder, terms_of
from engine.client.figures import Told
from engine.client.orders import LiveOrder, LiveRequest, RequestKind
from engine.client.texts import WORDS, is_refusal, reason_text
from engine.client.values import Instrument
from engine.matching.enums import Reason, Side, TimeInForce
from engine.venue.records import Quality
from tests.client.model_venue import AAPL

BUY, SELL = Side.BUY, Side.SELL
AAPLX = Instrument.of(AAPL)
HOUSE = Told(185_2500, 176_4300, Quality.LIVE)


class Order(LiveOrder):
    """An order that nobody sends."""

    def replace(self, *_: object) -> LiveRequest:
        raise NotImplementedError

    def cancel(self) -> LiveRequest:
        raise NotImplementedError


def asked(spec: OrderSpec | None = None) -> Order:
    """Return an order for account 7, number 42 of its session: without a spec, buy 5 at 210.00."""
    return Order(terms_of(spec or LimitOrder("AAPLx", BUY, 5, 210), AAPLX, 7), 42)


ORDINARY = {
    Reason.DUP_CL_ORD_ID: "101 cl_ord_id 42 is not above all that this session has used",
    Reason.UNKNOWN_ACCOUNT: "110 account 7 is not one that this session may trade for",
    Reason.KYC_EXPIRED: "111 the identity check (KYC) of account 7's subscriber has ended",
    Reason.SANCTIONS: "112 account 7's subscriber is blocked by a screening",
    Reason.ACCOUNT_RESTRICTED: "113 account 7 is restricted",
    Reason.UNKNOWN_INSTRUMENT: "120 AAPLx is not listed here any more",
    Reason.STATE_NOT_TRADABLE: "121 AAPLx takes no such request now",
    Reason.SESSION_ORDER_TYPE: "122 AAPLx takes no LIMIT DAY order now",
    Reason.JURISDICTION: "123 AAPLx is not open to the subscriber's jurisdiction",
    Reason.NOT_ENTITLED: "124 the subscriber is not entitled to trade AAPLx",
    Reason.NOT_WHITELISTED: "125 account 7 is not an approved holder of AAPLx",
    Reason.CAP_REACHED: "126 qty 5.0000 is more than is left of the day's cap of 1,000.0000 AAPLx",
    Reason.ORD_TYPE: "131 LIMIT DAY is not allowed",
    Reason.TIF_NOT_ALLOWED: "132 LIMIT DAY is not allowed",
    Reason.CASH_QTY: "135 a LIMIT DAY BUY for an amount of cash: it must be a BUY, not FOK, and have no other quantity",
    Reason.STOP_PX: "138 stop_px 0.00 is reached already: the last price is 100,000.00",
    Reason.TICK: "140 price 210.00 is not a multiple of tick 100,000.00",
    Reason.LOT: "141 qty 5.0000 is not a multiple of lot 1,000.0000",
    Reason.MIN_QTY: "142 qty 5.0000 is below the smallest order, 1,000.0000",
    Reason.MAX_QTY: "143 qty 5.0000 is above the largest order, 1,000.0000",
    Reason.PRICE_RANGE: "144 price 210.00 is outside 0.01 to 100,000.00",
    Reason.OVERFLOW: "145 price 210.00 times qty 5.0000 is too large for the venue",
    Reason.MIN_NOTIONAL: "148 1,050.00 USDC is below the smallest order, 1,000.00 USDC",
    Reason.MAX_NOTIONAL: "149 1,050.00 USDC is above the largest order, 1,000.00 USDC",
    Reason.COLLAR_STATIC: "150 price 210.00 is below the collar 100,000.00 (without a reference)",
    Reason.REF_UNAVAILABLE: "151 AAPLx takes no orders while it has no reference price",
    Reason.DUPLICATIVE: "152 BUY 5.0000 at 210.00 was accepted 1000000000 times just before",
    Reason.OPEN_ORDERS: "153 the subscriber has 1,000,000,000 open orders, which is his limit",
    Reason.GROSS_OPEN: "154 1,050.00 USDC more would bring the open orders above the subscriber's limit of 1,000.00 USDC",
    Reason.GROSS_DAILY: "155 1,050.00 USDC more would bring the day's orders and trades above the subscriber's limit of 1,000.00 USDC",
    Reason.INSUFFICIENT_CASH: "156 1,050.00 USDC are asked, 1,000.00 available",
    Reason.INSUFFICIENT_POSITION: "157 5.0000 AAPLx are asked, 1,000.0000 available",
    Reason.REDUCE_ONLY_VIOLATION: "158 a BUY of AAPLx is refused: only what reduces a position is taken",
    Reason.POST_ONLY_WOULD_TRADE: "170 post-only BUY at 210.00 would have traded at once",
}
CHANGE = LimitOrder("AAPLx", SELL, 5, 210)
STOP = StopOrder("AAPLx", BUY, 5, "200.05")
STOP_LIMIT = LimitOrder("AAPLx", BUY, 5, "210.01", stop_px="200.05")
PARTICULAR = [
    (Reason.COLLAR_STATIC, None, HOUSE, "150 price 210.00 is above the collar 185.25 (reference 176.43 LIVE +5.00%)"),
    (
        *(Reason.COLLAR_STATIC, LimitOrder("AAPLx", SELL, 5, 150), Told(167_6100, 176_4300, Quality.CLOSED)),
        "150 price 150.00 is below the collar 167.61 (reference 176.43 CLOSED -5.00%)",
    ),
    (Reason.INSUFFICIENT_CASH, LimitOrder("AAPLx", BUY, 10, 100), Told(10_000_000), "156 1,000.00 USDC are asked, 10.00 available"),
    (Reason.INSUFFICIENT_CASH, LimitOrder("AAPLx", BUY, 10, 100), Told(10**9), "156 1,000.00 USDC and fees are asked, 1,000.00 available"),
    (Reason.INSUFFICIENT_CASH, CashOrder("AAPLx", "500.5"), Told(10_123_456), "156 500.50 USDC are asked, 10.123456 available"),
    (
        *(Reason.INSUFFICIENT_CASH, MarketOrder("AAPLx", BUY, 5), Told(10_000_000)),
        "156 a MARKET order for 5.0000 AAPLx asks for more cash than there is, 10.00 available",
    ),
    (Reason.INSUFFICIENT_POSITION, MarketOrder("AAPLx", SELL, 5), Told(0), "157 5.0000 AAPLx are asked, 0.0000 available"),
    (Reason.MIN_NOTIONAL, CashOrder("AAPLx", 5), Told(10_000_000), "148 5.00 USDC is below the smallest order, 10.00 USDC"),
    (Reason.MIN_QTY, CashOrder("AAPLx", "0.01"), Told(100), "142 0.01 USDC buys less than the smallest order, 0.0001 AAPLx"),
    (
        *(Reason.MIN_QTY, LimitOrder("AAPLx", BUY, 5, 210, min_qty=2), Told(100)),
        "142 min_qty 2.0000 must be a multiple of lot 0.0001, at most the qty, and not with FOK or post-only",
    ),
    (Reason.SESSION_ORDER_TYPE, CashOrder("AAPLx", 5), Told(), "122 AAPLx takes no MARKET IOC order now"),
    (Reason.DUPLICATIVE, MarketOrder("AAPLx", BUY, 5), Told(2), "152 BUY 5.0000 at the market was accepted 2 times just before"),
    (Reason.GROSS_OPEN, MarketOrder("AAPLx", BUY, 5), Told(10**9), "154 5.0000 AAPLx more would bring the open orders above the "),
    (Reason.ORD_TYPE, LimitOrder("AAPLx", BUY, 5, 1, TimeInForce.GTC), Told(), "131 LIMIT GTC is not allowed"),
    (Reason.STOP_PX, STOP, Told(201_0000), "138 stop_px 200.05 is reached already: the last price is 201.00"),
    (Reason.STOP_PX, STOP_LIMIT, Told(), "138 a STOP_LIMIT DAY order has no stop_px"),
    (Reason.TICK, STOP, Told(1000), "140 stop_px 200.05 is not a multiple of tick 0.10"),
    (Reason.TICK, STOP_LIMIT, Told(500), "140 price 210.01 is not a multiple of tick 0.05"),
    (Reason.PRICE_RANGE, STOP, Told(150_0000), "144 stop_px 200.05 is outside 0.01 to 150.00"),
    (Reason.PRICE_RANGE, STOP_LIMIT, Told(205_0000), "144 price 210.01 is outside 0.01 to 205.00"),
    (Reason.SESSION_ORDER_TYPE, MarketOrder("AAPLx", BUY, 5, TimeInForce.OPG), Told(), "122 AAPLx takes no MARKET OPG order now"),
]


def test_every_reason_has_its_words() -> None:
    assert set(Reason) == set(WORDS)


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_alone_has_a_sentence_of_its_own(reason: Reason) -> None:
    sentence = reason_text(reason)

    assert f"{int(reason)} {WORDS[reason].general}" == sentence
    assert [reason] == [other for other in Reason if WORDS[other].general == WORDS[reason].general]


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_with_a_request_names_its_figures(reason: Reason) -> None:
    sentence = reason_text(reason, asked(), Told(1_000_000_000))

    assert ORDINARY.get(reason, reason_text(reason)) == sentence
    assert (reason in ORDINARY) <= is_refusal(reason)


@pytest.mark.parametrize(("reason", "spec", "told", "sentence"), PARTICULAR)
def test_the_figures_are_those_of_the_request_and_its_report(reason: Reason, spec: OrderSpec | None, told: Told, sentence: str) -> None:
    assert reason_text(reason, asked(spec), told).startswith(sentence)


def test_a_refused_replace_tells_what_it_wanted() -> None:
    order = asked(CHANGE)
    request = LiveRequest(RequestKind.REPLACE, 43, order, 220_0000, 7_000_000, 0)
    request.refused(Reason.INSUFFICIENT_POSITION, Told(1_500_000))
    buy = LiveRequest(RequestKind.REPLACE, 44, asked(), 220_0000, 7_000_000, 0)
    buy.refused(Reason.INSUFFICIENT_CASH, Told(1_500_000))

    waiting = LiveRequest(RequestKind.REPLACE, 45, asked(STOP), 220_0000, 7_000_000, 0)
    waiting.refused(Reason.ORD_TYPE)

    assert "131 this STOP DAY order can only be canceled" == waiting.reject_text
    assert "157 7.0000 AAPLx are asked in place of what the order holds, 1.5000 available" == request.reject_text
    assert "156 1,540.00 USDC are asked in place of what the order holds, 1.50 available" == buy.reject_text


def test_a_quality_of_a_newer_venue_is_none() -> None:
    assert "(reference 176.43 NONE +5.00%)" in reason_text(Reason.COLLAR_STATIC, asked(), Told(185_2500, 176_4300, 99))
