"""What single reports do to orders and requests, and how they are told; the reports are written by hand."""

import pytest

from engine.client.errors import RequestRefused, SessionBroken
from engine.client.events import CancelRejected, Expired, MassCanceled, Rejected, Restated
from engine.client.orders import LiveOrder
from engine.client.texts import is_refusal, reason_of, reject_text
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


def test_a_refused_replace_leaves_the_order_and_says_why() -> None:
    wire, order = entered()
    request = wire.core.replace(order, "100.01", None, None, 0.0)
    say(wire, CancelReject(2, 77, 0, order.order_id, request.cl_ord_id, order.cl_ord_id, 2, Reason.PRICE_RANGE))

    assert (True, Reason.PRICE_RANGE, [], True) == (request.rejected, request.reason, order.replacing, order.is_open)
    assert "rejected: PRICE_RANGE: price 100.01 is outside 0.01 to 100000.00" == request.reject_text
    assert repr(request).endswith(f"{request.reject_text}>")
    assert CancelRejected(2, 77, request, Reason.PRICE_RANGE, request.reject_text) == wire.events[-1]


def test_a_refusal_for_an_earlier_client_is_told_too() -> None:
    wire, _ = entered()
    say(wire, CancelReject(2, 77, 0, 1, 2, 3, 1, Reason.TOO_LATE))

    assert CancelRejected(2, 77, None, Reason.TOO_LATE, "rejected: TOO_LATE: the order was already done") == wire.events[-1]


def test_a_refused_mass_cancel_is_a_value() -> None:
    wire, order = entered()
    request = wire.core.mass_cancel(None, None, None, 0.0)
    say(wire, MassCancelReport(2, 77, 0, request.cl_ord_id, 0, Reason.THROTTLE))

    assert (True, "rejected: THROTTLE: more requests per second than this session may send") == (request.rejected, request.reject_text)
    assert MassCanceled(2, 77, request, 0, Reason.THROTTLE) == wire.events[-1]
    assert order.is_open


def test_rejections_name_what_was_asked() -> None:
    wire = Wire(ModelVenue()).settle()
    order = wire.enter(Side.SELL, 5, 100)
    say(wire, report(order, ExecType.REJECTED, OrdStatus.REJECTED, seq=1, order_id=0, reason=Reason.MAX_QTY, side=2))
    event = wire.events[-1]

    assert "rejected: MAX_QTY: qty 5.0000 is above the largest order, 1000000.0000" == order.reject_text
    assert isinstance(event, Rejected)
    assert (Reason.MAX_QTY, order.reject_text) == (event.reason, event.text)


@pytest.mark.parametrize("reason", [reason for reason in Reason if is_refusal(reason)])
def test_each_reason_has_its_words_with_and_without_the_request(reason: Reason) -> None:
    _, order = entered()
    general, own = reject_text(reason), reject_text(reason, order)

    assert general.startswith(f"rejected: {reason.name}: ")
    assert own.startswith(f"rejected: {reason.name}: ")
    assert "refused by the venue" not in own


def test_reasons_of_a_newer_venue_stay_numbers() -> None:
    assert (999, "rejected: reason 999") == (reason_of(999), reject_text(reason_of(999)))
    assert [True, False, False] == [is_refusal(150), is_refusal(299), is_refusal(Reason.NONE)]


def test_a_question_that_the_venue_does_not_understand_is_refused() -> None:
    wire, _ = entered()
    malformed = wire.core.ask(BookRequest, 0.0, 1, 10)
    unknown = wire.core.ask(BookRequest, 0.0, 9, 10)
    say(wire, Reject(2, 0, 0, 2, 86, 6, 5, "depth is out of range"), Reject(2, 0, 0, 2, 50, 0, 99, "a resend is still under way"))
    say(wire, BusinessReject(2, 0, 0, 2, 86, unknown.req_id, Reason.UNKNOWN_INSTRUMENT, "no instrument 9"))

    assert isinstance(malformed.error, RequestRefused)
    assert "no instrument 9 (reason 120)" == str(unknown.error)
    assert {} == wire.core._queries


def test_a_malformed_cancel_is_refused_and_the_order_as_it_was() -> None:
    wire, order = entered()
    (request,) = wire.core.cancel([order], 0.0)
    say(wire, Reject(2, 0, 0, 2, 70, 6, 5, "side is out of range"))

    assert (True, "rejected: malformed: side is out of range (field 6, reason 5)") == (request.rejected, request.reject_text)
    assert order.is_open
    assert 2 == wire.session.store.next_in


def test_a_question_after_the_end_fails_at_once() -> None:
    wire, _ = entered()
    wire.core.receive(bytes(4), 0.0)

    assert isinstance(wire.core.ask(InstrumentListRequest, 0.0).error, SessionBroken)
