"""What a client is told of orders that wait: their stop price while they wait, the trigger, the auction that they waited for."""

from engine.matching.enums import ExecType, Liquidity, OrdStatus, OrdType, Reason, Side, TimeInForce
from engine.protocol.messages import (
    CancelReject,
    ExecutionReport,
    MassStatusEnd,
    OrderMassStatusRequest,
    OrderStatusRequest,
    Replace,
)
from engine.venue.acts import SetStatus
from engine.venue.terms import AuctionTerms
from tests.gateway.funded import do
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND, Floor, Peer

STOP = {"ord_type": OrdType.STOP, "price": 0, "stop_px": 10_100}
TERMS = AuctionTerms(call_ns=60 * SECOND)


def traded() -> tuple[Peer, Peer, Peer]:
    """Give a venue whose last price is 1.00, a client who waits, and two who trade; their next requests have number 2."""
    floor = Floor()
    alice, bob, carol = floor.log_on("alice"), floor.log_on("bob"), floor.log_on("carol")
    bob.say(order(1, account=2))
    carol.say(order(1, account=3, side=Side.SELL))
    alice.hear()
    return alice, bob, carol


def test_a_stop_tells_its_stop_price_while_it_waits() -> None:
    alice, _, _ = traded()
    alice.say(order(1, **STOP), OrderStatusRequest(2, 0, 0, 0, 1), OrderMassStatusRequest(2, 0, 0, 7))
    new, status, each, end = alice.hear()

    assert isinstance(end, MassStatusEnd)
    assert [(ExecType.NEW, 10_100)] == [(new.exec_type, new.bound)]
    assert [(ExecType.STATUS, OrdStatus.NEW, 10_100, 60_100)] * 2 == [
        (report.exec_type, report.ord_status, report.bound, report.price) for report in (status, each)
    ]


def test_a_trigger_is_a_report_of_its_own_and_the_order_is_none_that_waits_any_more() -> None:
    alice, bob, carol = traded()
    alice.say(order(1, ord_type=OrdType.STOP_LIMIT, price=10_200, stop_px=10_100))
    alice.hear()
    bob.say(order(2, account=2, price=10_100))
    carol.say(order(2, account=3, side=Side.SELL, price=10_100))
    (trigger,) = alice.hear()
    alice.say(OrderStatusRequest(2, 0, 0, trigger.order_id, 0))
    (status,) = alice.hear()

    assert (ExecType.RESTATED, Reason.TRIGGERED, 0, 0) == (trigger.exec_type, trigger.reason, trigger.bound, trigger.last_qty)
    assert (ExecType.STATUS, 10_200, 0) == (status.exec_type, status.price, status.bound)


def test_a_stop_that_is_reached_already_is_refused_with_the_price_that_reached_it() -> None:
    alice, _, _ = traded()
    alice.say(order(1, **STOP | {"stop_px": 10_000}), order(2, stop_px=10_100))
    reached, none = alice.hear()

    assert [(Reason.STOP_PX, 10_000), (Reason.STOP_PX, 0)] == [(report.reason, report.bound) for report in (reached, none)]


def test_what_waits_can_only_be_canceled() -> None:
    alice, _, _ = traded()
    alice.say(order(1, **STOP), Replace(2, 0, 0, 2, 1, 0, 0, 0, 10_300, 100, 0))
    _, refused = alice.hear()

    assert isinstance(refused, CancelReject)
    assert Reason.ORD_TYPE == refused.reason


def test_orders_for_an_auction_trade_in_it_and_end_with_it() -> None:
    floor = Floor(terms={"auction": TERMS})
    alice, bob = floor.log_on("alice"), floor.log_on("bob")
    do(floor.gateway, SetStatus(instrument="AAPLx", status="auction-call", cause="reopening"))
    alice.say(order(1, tif=TimeInForce.OPG, order_qty=300), order(2, tif=TimeInForce.IOC))
    bob.say(order(1, account=2, side=Side.SELL, order_qty=200))
    accepted, refused = [message for message in alice.hear() if isinstance(message, ExecutionReport)]
    floor.pass_time(61 * SECOND)
    trade, rest = [message for message in alice.hear() if isinstance(message, ExecutionReport)]

    assert (ExecType.NEW, ExecType.REJECTED, Reason.SESSION_ORDER_TYPE) == (accepted.exec_type, refused.exec_type, refused.reason)
    assert (ExecType.TRADE, Liquidity.AUCTION, 10_000, 200) == (trade.exec_type, trade.liquidity, trade.last_px, trade.last_qty)
    assert (ExecType.CANCELED, Reason.AUCTION_END, 100) == (rest.exec_type, rest.reason, rest.last_qty)
