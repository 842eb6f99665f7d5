"""What single reports do to orders and requests, and how they are told; the reports are written by hand."""

from decimal import Decimal

import pytest

from engine.client.entry import CashOrder
from engine.client.errors import RequestRefused, SessionBroken
from engine.client.events import CancelRejected, Expired, MassCanceled, Rejected, Restated
from engine.client.orders import LiveOrder
from engine.client.texts import is_refusal, reason_of, reason_text
from engine.matching.enums import ExecType, OrdStatus, Reason, Side
from engine.protocol.framing import frame
from engine.protocol.messages import (
    BookRequest,
    BusinessReject,
    CancelReject,
    ExecutionReport,
    InstrumentListRequest,
    MassCancelReport,
    Reject,
    encode,
)
from engine.venue.records import Quality, SettleForm
from tests.client.model_venue import ModelVenue
from tests.client.wiring import Wire


def entered(qty: int = 5) -> tuple[Wire, LiveOrder]:
    """Give a client with one open order that has reported once."""
    wire = Wire(ModelVenue()).settle()
    order = wire.enter(qty=qty)
    wire.settle()
    return wire, order


def say(wire: Wire, *messages: object) -> None:
    wire.core.receive(b"".join(frame(encode(message)) for message in messages), wire.now)


def report(order: LiveOrder, exec_type: int, status: int, seq: int = 2, **said: int) -> ExecutionReport:
    """Write a report of an order of 5 tokens at 100."""
    fields = {"orig_cl_ord_id": 0, "account": 1, "instrument": 1, "side": 1, "price": 1_000_000, "order_qty": 5_000_000}
    fields |= {"leaves_qty": 0, "cum_qty": 0, "last_px": 0, "last_qty": 0, "liquidity": 0, "match_id": 0, "reason": 0}
    fields |= {"fee": 0, "bound": 0, "reference": 0, "quality": 0, "settlement": 0, "fallback": 0}
    ids = {"order_id": order.order_id, "exec_id": 9, "cl_ord_id": order.cl_ord_id, "exec_type": exec_type, "ord_status": status}
    return ExecutionReport(seq, 77, 0, **(fields | ids | said))


def test_an_expired_order_is_done() -> None:
    wire, order = entered()
    say(wire, report(order, ExecType.EXPIRED, OrdStatus.EXPIRED, reason=Reason.DAY_END, last_qty=5_000_000))
    event = wire.events[-1]

    assert (OrdStatus.EXPIRED, Reason.DAY_END, True) == (order.status, order.reason, order.is_done)
    assert isinstance(event, Expired)
    assert (2, 77, Reason.DAY_END, 5, 0) == (event.seq, event.ts_ns, event.reason, event.qty, event.leaves_qty)


def test_a_restated_order_lives_on() -> None:
    wire, order = entered()
    said = {"reason": Reason.STP, "leaves_qty": 3_000_000, "order_qty": 3_000_000, "last_qty": 3_000_000}
    say(wire, report(order, ExecType.RESTATED, OrdStatus.NEW, **said))

    assert (True, 3, Reason.STP) == (order.is_open, order.order_qty, order.reason)
    assert isinstance(wire.events[-1], Restated)


@pytest.mark.parametrize(("exec_type", "status"), [(99, OrdStatus.NEW), (ExecType.MASS_CANCELED, OrdStatus.NEW), (ExecType.NEW, 99)])
def test_a_report_that_this_client_does_not_know_ends_the_session(exec_type: int, status: int) -> None:
    wire, order = entered()
    say(wire, report(order, exec_type, status, leaves_qty=5_000_000))

    assert isinstance(wire.core.failure, SessionBroken)
    assert "does not understand" in str(order.error)


def test_a_fill_tells_its_fee_its_settlement_and_the_reference() -> None:
    wire, order = entered()
    said = {"last_px": 1_000_000, "last_qty": 2_000_000, "cum_qty": 2_000_000, "leaves_qty": 3_000_000, "liquidity": 2, "match_id": 5}
    first = said | {"fee": 50_001, "reference": 1_010_000, "quality": 4, "settlement": 2, "fallback": 190}
    say(wire, report(order, ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, **first))
    say(wire, report(order, ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, seq=3, **said, fee=-60_000, settlement=1))
    paid, received = order.fills

    assert (Decimal("0.050001"), SettleForm.TRADITIONAL, Reason.WALLET_INELIGIBLE) == (paid.fee, paid.settlement, paid.fallback)
    assert (Decimal(101), Quality.LIVE) == (paid.reference, paid.quality)
    assert (Decimal("-0.06"), SettleForm.TOKEN, Reason.NONE) == (received.fee, received.settlement, received.fallback)
    assert (None, Quality.NONE) == (received.reference, received.quality)
    assert Decimal("-0.009999") == order.fees


def test_an_order_for_cash_learns_its_quantity_when_it_is_accepted() -> None:
    wire = Wire(ModelVenue()).settle()
    (order,) = wire.core.enter([CashOrder("AAPLx", 500)], 0.0)
    before = repr(order)
    say(wire, report(order, ExecType.NEW, OrdStatus.NEW, seq=1, order_id=7, order_qty=4_999_900, leaves_qty=4_999_900))

    assert "<BUY 500.00 USDC of AAPLx @ MARKET IOC: PENDING, 0.0000 done, 0.0000 open>" == before
    assert (Decimal("4.9999"), Decimal(500), True) == (order.order_qty, order.cash, order.is_open)
    assert "<BUY 4.9999 AAPLx @ MARKET IOC: NEW, 0.0000 done, 4.9999 open>" == repr(order)


def test_a_refused_order_for_cash_has_no_quantity() -> None:
    wire = Wire(ModelVenue()).settle()
    (order,) = wire.core.enter([CashOrder("AAPLx", 500)], 0.0)
    said = {"order_qty": 500_000_000, "reason": Reason.INSUFFICIENT_CASH, "bound": 10_000_000}
    say(wire, report(order, ExecType.REJECTED, OrdStatus.REJECTED, seq=1, order_id=0, **said))

    assert (0, "156 500.00 USDC are asked, 10.00 available") == (order.order_qty, order.reject_text)
    assert order.reason_text == order.reject_text


def test_the_reason_of_a_cancel_has_words_too() -> None:
    wire, order = entered()
    silent = order.reason_text
    say(wire, report(order, ExecType.CANCELED, OrdStatus.CANCELED, reason=Reason.KILL, last_qty=5_000_000))

    assert ("", "", "213 canceled by the venue's kill switch") == (silent, order.reject_text, order.reason_text)


def test_a_refused_replace_leaves_the_order_and_says_why() -> None:
    wire, order = entered()
    request = wire.core.replace(order, "100.01", None, None, 0.0)
    say(wire, CancelReject(2, 77, 0, order.order_id, request.cl_ord_id, order.cl_ord_id, 2, Reason.PRICE_RANGE, 1_000_000_000, 0, 0))

    assert (True, Reason.PRICE_RANGE, [], True) == (request.rejected, request.reason, order.replacing, order.is_open)
    assert "144 price 100.01 is outside 0.01 to 100,000.00" == request.reject_text
    assert repr(request).endswith(f"{request.reject_text}>")
    assert CancelRejected(2, 77, request, Reason.PRICE_RANGE, request.reject_text) == wire.events[-1]


def test_a_refusal_for_an_earlier_client_is_told_too() -> None:
    wire, _ = entered()
    say(wire, CancelReject(2, 77, 0, 1, 2, 3, 1, Reason.TOO_LATE, 0, 0, 0))

    assert CancelRejected(2, 77, None, Reason.TOO_LATE, "181 the order was already done") == wire.events[-1]


def test_a_refused_mass_cancel_is_a_value() -> None:
    wire, order = entered()
    request = wire.core.mass_cancel(None, None, None, 0.0)
    say(wire, MassCancelReport(2, 77, 0, request.cl_ord_id, 0, Reason.THROTTLE))

    assert (True, "102 more requests per second than this session may send") == (request.rejected, request.reject_text)
    assert MassCanceled(2, 77, request, 0, Reason.THROTTLE) == wire.events[-1]
    assert order.is_open


def test_rejections_name_what_was_asked() -> None:
    wire = Wire(ModelVenue()).settle()
    order = wire.enter(Side.SELL, 5, 100)
    say(wire, report(order, ExecType.REJECTED, OrdStatus.REJECTED, seq=1, order_id=0, reason=Reason.MAX_QTY, bound=4_000_000, side=2))
    event = wire.events[-1]

    assert "143 qty 5.0000 is above the largest order, 4.0000" == order.reject_text
    assert isinstance(event, Rejected)
    assert (Reason.MAX_QTY, order.reject_text) == (event.reason, event.text)


def test_reasons_of_a_newer_venue_stay_numbers() -> None:
    assert (999, "999 is not known to this client") == (reason_of(999), reason_text(reason_of(999)))
    assert [True, False, False] == [is_refusal(150), is_refusal(299), is_refusal(Reason.NONE)]


def test_a_question_that_the_venue_does_not_understand_is_refused() -> None:
    wire, _ = entered()
    malformed = wire.core.ask(BookRequest, 0.0, 1, 10)
    unknown = wire.core.ask(BookRequest, 0.0, 9, 10)
    say(wire, Reject(2, 0, 0, 2, 86, 6, 5, "depth is out of range"), Reject(2, 0, 0, 2, 50, 0, 99, "a resend is still under way"))
    say(wire, BusinessReject(2, 0, 0, 2, 86, unknown.req_id, Reason.UNKNOWN_INSTRUMENT, "no instrument 9"))

    assert isinstance(malformed.error, RequestRefused)
    assert "120 no instrument 9" == str(unknown.error)
    assert {} == wire.core._queries


def test_a_malformed_cancel_is_refused_and_the_order_as_it_was() -> None:
    wire, order = entered()
    (request,) = wire.core.cancel([order], 0.0)
    say(wire, Reject(2, 0, 0, 2, 70, 6, 5, "side is out of range"))

    assert (True, "103 malformed: side is out of range (field 6, rule 5)") == (request.rejected, request.reject_text)
    assert order.is_open
    assert 2 == wire.session.store.next_in


def test_a_question_after_the_end_fails_at_once() -> None:
    wire, _ = entered()
    wire.core.receive(bytes(4), 0.0)

    assert isinstance(wire.core.ask(InstrumentListRequest, 0.0).error, SessionBroken)
