"""One test for each reason to refuse a command, and for what is looked at first; M24 of the rulebook."""

import pytest

from engine.matching.enums import ExecType, Phase, Reason
from engine.matching.records import Instrument
from engine.testing.commands import Cancel, Enter, MassCancel, Replace, apply
from tests.matching.books import OF_THE_VENUE, state

INSTRUMENT = Instrument("TEST", tick=100, lot=10, min_qty=20, max_qty=10**15, max_price=2_000_000, protection=500)
GOOD = Enter(1, 100_000, 100, 9)


@pytest.fixture
def book(make):
    """A book with an offer #1 at 10.05 and a bid #2 at 9.95, each of 100, and #3 that is closed."""
    book = make([INSTRUMENT], orders=3, accounts=5)
    book.enter(2, 100_500, 100, 1)
    book.enter(1, 99_500, 100, 2)
    book.enter(1, 99_000, 100, 3)
    book.cancel(orig_cl_ord_id=3)
    return book


def refused(book, command):
    """Return why a command was refused, having seen that it changed nothing and told nothing else."""
    before = state(book)
    (event,) = apply(book, command)

    assert before == state(book)
    assert event.exec_type == (ExecType.REJECTED if isinstance(command, Enter) else ExecType.CANCEL_REJECTED)
    book.check()
    return event.reason


def test_good_order_is_accepted(book):
    (event,) = apply(book, GOOD)

    assert (ExecType.NEW, Reason.NONE) == (event.exec_type, event.reason)


ENTRY_REASONS = {
    "no instrument": (Reason.UNKNOWN_INSTRUMENT, {"instrument": 0}),
    "unknown instrument": (Reason.UNKNOWN_INSTRUMENT, {"instrument": 2}),
    "no account": (Reason.UNKNOWN_ACCOUNT, {"account": 0}),
    "unknown account": (Reason.UNKNOWN_ACCOUNT, {"account": 6}),
    "no side": (Reason.SIDE, {"side": 0}),
    "unknown side": (Reason.SIDE, {"side": 3}),
    "sold short": (Reason.SHORT_NOT_ALLOWED, {"side": 5}),
    "no type": (Reason.ORD_TYPE, {"ord_type": 0}),
    "unknown type": (Reason.ORD_TYPE, {"ord_type": 5}),
    "at the opening, while the book matches": (Reason.SESSION_ORDER_TYPE, {"tif": 2}),
    "good till crossing": (Reason.TIF_NOT_ALLOWED, {"tif": 5}),
    "unknown time in force": (Reason.TIF_NOT_ALLOWED, {"tif": 8}),
    "stop at once": (Reason.TIF_NOT_ALLOWED, {"ord_type": 4, "stop_px": 100_500, "tif": 3}),
    "stop at the close": (Reason.TIF_NOT_ALLOWED, {"ord_type": 4, "stop_px": 100_500, "tif": 7}),
    "post-only at the close": (Reason.EXEC_INST, {"tif": 7, "exec_inst": 1}),
    "post-only stop": (Reason.EXEC_INST, {"ord_type": 4, "stop_px": 100_500, "exec_inst": 1}),
    "stop with a limit": (Reason.TICK, {"ord_type": 3, "stop_px": 100_500}),
    "stop without a stop price": (Reason.STOP_PX, {"ord_type": 3, "price": 0}),
    "limit order with a stop price": (Reason.STOP_PX, {"stop_px": 100_500}),
    "stop price off tick": (Reason.TICK, {"ord_type": 4, "stop_px": 100_501}),
    "stop price below 0": (Reason.TICK, {"ord_type": 4, "stop_px": -100}),
    "stop price above the ladder": (Reason.PRICE_RANGE, {"ord_type": 4, "stop_px": 2_000_100}),
    "stop with a minimum": (Reason.MIN_QTY, {"ord_type": 4, "stop_px": 100_500, "min_qty": 20}),
    "stop with a reserve": (Reason.DISPLAY_QTY, {"ord_type": 3, "price": 0, "stop_px": 100_500, "display_qty": 20}),
    "at the close with a minimum": (Reason.MIN_QTY, {"tif": 7, "min_qty": 20}),
    "at the close with a reserve": (Reason.DISPLAY_QTY, {"tif": 7, "display_qty": 20}),
    "market until canceled": (Reason.TIF_NOT_ALLOWED, {"ord_type": 1, "price": 0, "tif": 1}),
    "market until a date": (Reason.TIF_NOT_ALLOWED, {"ord_type": 1, "price": 0, "tif": 6, "expire_ns": 5}),
    "unknown instruction": (Reason.EXEC_INST, {"exec_inst": 8}),
    "sized in cash": (Reason.EXEC_INST, {"exec_inst": 4}),
    "sized in cash, reduce-only": (Reason.EXEC_INST, {"exec_inst": 6}),
    "post-only IOC": (Reason.EXEC_INST, {"exec_inst": 1, "tif": 3}),
    "post-only FOK": (Reason.EXEC_INST, {"exec_inst": 1, "tif": 4}),
    "post-only and reduce-only IOC": (Reason.EXEC_INST, {"exec_inst": 3, "tif": 3}),
    "post-only market": (Reason.EXEC_INST, {"exec_inst": 1, "tif": 0, "ord_type": 1, "price": 0}),
    "unknown prevention": (Reason.STP_MODE, {"stp_mode": 5}),
    "unknown settlement": (Reason.SETTLE_PREF, {"settle_pref": 3}),
    "off tick": (Reason.TICK, {"price": 100_001}),
    "price 0": (Reason.TICK, {"price": 0}),
    "price below 0": (Reason.TICK, {"price": -100}),
    "market with a price": (Reason.TICK, {"ord_type": 1, "tif": 3}),
    "above the ladder": (Reason.PRICE_RANGE, {"price": 2_000_100}),
    "far above the ladder": (Reason.PRICE_RANGE, {"price": 2**62 // 100 * 100}),
    "off lot": (Reason.LOT, {"qty": 105}),
    "nothing": (Reason.LOT, {"qty": 0}),
    "less than nothing": (Reason.LOT, {"qty": -10}),
    "too little": (Reason.MIN_QTY, {"qty": 10}),
    "too much": (Reason.MAX_QTY, {"qty": 10**15 + 10}),
    "far too much": (Reason.MAX_QTY, {"qty": 2**63 - 8}),
    "shows less than nothing": (Reason.DISPLAY_QTY, {"display_qty": -10}),
    "shows more than all": (Reason.DISPLAY_QTY, {"display_qty": 110}),
    "shows off lot": (Reason.DISPLAY_QTY, {"display_qty": 15}),
    "IOC with a reserve": (Reason.DISPLAY_QTY, {"display_qty": 10, "tif": 3}),
    "FOK with a reserve": (Reason.DISPLAY_QTY, {"display_qty": 10, "tif": 4}),
    "market with a reserve": (Reason.DISPLAY_QTY, {"display_qty": 10, "tif": 0, "ord_type": 1, "price": 0}),
    "at once less than nothing": (Reason.MIN_QTY, {"min_qty": -10}),
    "at once more than all": (Reason.MIN_QTY, {"min_qty": 110}),
    "at once off lot": (Reason.MIN_QTY, {"min_qty": 15}),
    "FOK with a minimum": (Reason.MIN_QTY, {"min_qty": 10, "tif": 4}),
    "post-only with a minimum": (Reason.MIN_QTY, {"min_qty": 10, "exec_inst": 1}),
    "expires now": (Reason.EXPIRE_TIME, {"tif": 6, "expire_ns": 7, "ts_ns": 7}),
    "expires never": (Reason.EXPIRE_TIME, {"tif": 6}),
    "expiry on another": (Reason.EXPIRE_TIME, {"expire_ns": 8}),
    "client id of an open order": (Reason.DUP_CL_ORD_ID, {"cl_ord_id": 1}),
    "post-only would trade": (Reason.POST_ONLY_WOULD_TRADE, {"exec_inst": 1, "price": 100_500}),
}


@pytest.mark.parametrize(("reason", "fields"), ENTRY_REASONS.values(), ids=ENTRY_REASONS)
def test_entry_is_rejected(book, reason, fields):
    """M24: each reason has its own cause."""
    assert reason == refused(book, GOOD._replace(**fields))


def test_rejection_repeats_what_was_asked(book):
    """M24: no order id, nothing open; the rest as the client said it."""
    order = GOOD._replace(price=100_001, session=4, account=2)
    (event,) = apply(book, order)
    asked = (order.cl_ord_id, order.session, order.account, order.instrument, order.side, order.price, order.qty)

    assert (0, 0, 0) == (event.order_id, event.leaves_qty, event.cum_qty)
    assert asked == (event.cl_ord_id, event.session, event.account, event.instrument, event.side, event.price, event.order_qty)


def test_client_id_of_a_closed_order_or_another_session_is_no_repeat(book):
    """M24: the book knows open orders only; the venue's own rule, that ids increase, comes before."""
    assert apply(book, GOOD._replace(cl_ord_id=3))[0].exec_type == ExecType.NEW
    book.cancel(orig_cl_ord_id=3)

    assert apply(book, GOOD._replace(cl_ord_id=1, session=2))[0].exec_type == ExecType.NEW


def test_client_id_0_is_no_name(make):
    """M14: orders without a client id are named by their order id."""
    book = make()
    first, second = book.enter(1, 100, 5, 0), book.enter(1, 100, 5, 0)

    assert first != second
    assert not book.cancel(orig_cl_ord_id=0)
    assert book.find(1, 0) is None
    assert book.cancel(first)
    assert book.cancel(second)


STAIRCASE = [
    (Reason.UNKNOWN_INSTRUMENT, {"instrument": 2}),
    (Reason.UNKNOWN_ACCOUNT, {"account": 6}),
    (Reason.SIDE, {"side": 3}),
    (Reason.ORD_TYPE, {"ord_type": 5}),
    (Reason.TIF_NOT_ALLOWED, {"tif": 5}),
    (Reason.EXEC_INST, {"exec_inst": 8}),
    (Reason.STP_MODE, {"stp_mode": 5}),
    (Reason.SETTLE_PREF, {"settle_pref": 3}),
    (Reason.SESSION_ORDER_TYPE, {"tif": 2}),
    (Reason.TICK, {"price": 2_000_101}),
    (Reason.PRICE_RANGE, {"price": 2_000_100}),
    (Reason.STOP_PX, {"stop_px": 5}),
    (Reason.LOT, {"qty": 5}),
    (Reason.MIN_QTY, {"qty": 10}),
    (Reason.DISPLAY_QTY, {"display_qty": 110}),
    (Reason.MIN_QTY, {"min_qty": 110}),
    (Reason.EXPIRE_TIME, {"expire_ns": 5}),
    (Reason.DUP_CL_ORD_ID, {"cl_ord_id": 1}),
]


@pytest.mark.parametrize("step", range(len(STAIRCASE)))
def test_first_fault_in_order_is_the_reason(book, step):
    """M24: with the faults of every later step in the same order, the earliest step answers."""
    fields = {}
    for _, fault in reversed(STAIRCASE[step:]):
        fields |= fault

    assert STAIRCASE[step][0] == refused(book, GOOD._replace(**fields))


CALL_REASONS = {
    "at once": (Phase.CALL, {"tif": 3}),
    "all or nothing": (Phase.CALL, {"tif": 4}),
    "with a minimum": (Phase.CALL, {"min_qty": 20}),
    "at the market": (Phase.CALL, {"ord_type": 1, "price": 0, "tif": 0}),
    "at once, in a closing call": (Phase.CLOSING_CALL, {"tif": 3}),
    "at the opening, in a closing call": (Phase.CLOSING_CALL, {"tif": 2}),
    "at the market for the opening, in a closing call": (Phase.CLOSING_CALL, {"ord_type": 1, "price": 0, "tif": 2}),
}


@pytest.mark.parametrize(("phase", "fields"), CALL_REASONS.values(), ids=CALL_REASONS)
def test_call_takes_no_order_that_would_trade_at_once(book, phase, fields):
    """M37: nor, when it is of the close, one for the opening."""
    book.set_phase(1, phase)

    assert Reason.SESSION_ORDER_TYPE == refused(book, GOOD._replace(**fields))


CALL_TAKES = {
    "a post-only order that crosses": (Phase.CALL, {"exec_inst": 1, "price": 100_500}),
    "a limit order that crosses": (Phase.CLOSING_CALL, {"price": 100_500}),
    "an order for the opening": (Phase.CALL, {"tif": 2}),
    "one at the market": (Phase.CALL, {"tif": 2, "ord_type": 1, "price": 0}),
    "an order for the close": (Phase.CLOSING_CALL, {"tif": 7}),
    "one that waits for the close": (Phase.CALL, {"tif": 7}),
    "a stop": (Phase.CALL, {"ord_type": 3, "price": 0, "stop_px": 100_500}),
    "a reserve": (Phase.CALL, {"display_qty": 10}),
}


@pytest.mark.parametrize(("phase", "fields"), CALL_TAKES.values(), ids=CALL_TAKES)
def test_call_takes_orders_without_a_trade(book, phase, fields):
    """M36, M37."""
    book.set_phase(1, phase)
    (event,) = apply(book, GOOD._replace(**fields))

    assert (ExecType.NEW, Reason.NONE) == (event.exec_type, event.reason)
    book.check()


REACHED = [(1, 100_500, 100_500), (1, 100_500, 100_400), (2, 99_500, 99_500), (2, 99_500, 99_600)]


@pytest.mark.parametrize(("side", "last", "stop_px"), REACHED)
def test_stop_price_that_is_reached_is_refused(book, side, last, stop_px):
    """M50: the order would trigger itself."""
    book.enter(side, last, 20, 5)

    assert Reason.STOP_PX == refused(book, GOOD._replace(side=side, ord_type=3, price=0, stop_px=stop_px))


def test_waiting_and_market_orders_are_not_replaced(book):
    """M56: whatever is asked."""
    book.enter(1, 0, 100, 5, ord_type=3, stop_px=100_500)
    book.cancel(orig_cl_ord_id=2)
    book.enter(1, 99_500, 100, 6, tif=7)

    assert Reason.ORD_TYPE == refused(book, Replace(0, 100_000, 50, 9, orig_cl_ord_id=5))
    assert Reason.ORD_TYPE == refused(book, Replace(0, 1, 0, 9, orig_cl_ord_id=6))
    book.cancel(orig_cl_ord_id=5)
    book.set_phase(1, Phase.CALL)
    book.enter(1, 0, 100, 7, ord_type=1, tif=2)
    assert Reason.ORD_TYPE == refused(book, Replace(0, 100_000, 50, 9, orig_cl_ord_id=7))


CANCEL_REASONS = {
    "never heard of": (Reason.UNKNOWN_ORDER, {"orig_cl_ord_id": 99}),
    "nothing named": (Reason.UNKNOWN_ORDER, {}),
    "closed, by client id": (Reason.UNKNOWN_ORDER, {"orig_cl_ord_id": 3}),
    "another session's": (Reason.UNKNOWN_ORDER, {"orig_cl_ord_id": 1, "session": 2}),
    "another session's, by order id": (Reason.UNKNOWN_ORDER, {"order_id": 1 << 24 | 1, "session": 2}),
    "slot never used": (Reason.UNKNOWN_ORDER, {"order_id": 1 << 24 | 4}),
    "slot that does not exist": (Reason.UNKNOWN_ORDER, {"order_id": 1 << 24 | 4_000}),
    "generation to come": (Reason.UNKNOWN_ORDER, {"order_id": 2 << 24 | 1}),
    "no generation": (Reason.UNKNOWN_ORDER, {"order_id": 1}),
    "no slot": (Reason.UNKNOWN_ORDER, {"order_id": 1 << 24}),
    "largest order id": (Reason.UNKNOWN_ORDER, {"order_id": 2**64 - 1}),
    "closed, by order id": (Reason.TOO_LATE, {"order_id": 1 << 24 | 3}),
    "wrong side": (Reason.ORDER_MISMATCH, {"orig_cl_ord_id": 1, "side": 1}),
    "wrong instrument": (Reason.ORDER_MISMATCH, {"orig_cl_ord_id": 1, "instrument": 2}),
}


@pytest.mark.parametrize(("reason", "fields"), CANCEL_REASONS.values(), ids=CANCEL_REASONS)
def test_cancel_is_refused(book, reason, fields):
    """M14, M24."""
    assert reason == refused(book, Cancel(cl_ord_id=9, **fields))


@pytest.mark.parametrize(("reason", "fields"), CANCEL_REASONS.values(), ids=CANCEL_REASONS)
def test_replace_of_no_open_order_is_refused(book, reason, fields):
    """M14, M24: before its terms are looked at."""
    assert reason == refused(book, Replace(**{"order_id": 0, "price": 1, "qty": 0, "cl_ord_id": 9} | fields))


def test_reused_slot_does_not_revive_the_old_order(book):
    """M23: the slot of #3 has a new order, under a new generation."""
    assert 2 << 24 | 3 == book.enter(1, 99_000, 100, 4)
    assert Reason.TOO_LATE == refused(book, Cancel(order_id=1 << 24 | 3))


REPLACE_REASONS = {
    "off tick": (Reason.TICK, {"price": 100_501}),
    "price 0": (Reason.TICK, {"price": 0}),
    "above the ladder": (Reason.PRICE_RANGE, {"price": 2_000_100}),
    "off lot": (Reason.LOT, {"qty": 105}),
    "nothing": (Reason.LOT, {"qty": 0}),
    "too little": (Reason.MIN_QTY, {"qty": 10}),
    "too much": (Reason.MAX_QTY, {"qty": 10**15 + 10}),
    "shows more than all": (Reason.DISPLAY_QTY, {"display_qty": 110}),
    "shows off lot": (Reason.DISPLAY_QTY, {"display_qty": 15}),
    "shows less than nothing": (Reason.DISPLAY_QTY, {"display_qty": -10}),
    "client id of another open order": (Reason.DUP_CL_ORD_ID, {"cl_ord_id": 2}),
    "several": (Reason.TICK, {"price": 2_000_101, "qty": 5, "display_qty": 110, "cl_ord_id": 2}),
}


@pytest.mark.parametrize(("reason", "fields"), REPLACE_REASONS.values(), ids=REPLACE_REASONS)
def test_replace_is_refused(book, reason, fields):
    """M12, M24: the order stays as it was, where it was."""
    assert reason == refused(book, Replace(**{"order_id": 0, "orig_cl_ord_id": 1, "price": 100_500, "qty": 100, "cl_ord_id": 9} | fields))


def test_post_only_order_is_not_replaced_into_a_trade(played):
    """M8, M12."""
    played("""
               | 10.05 | 10#1
        buy #2 10@10.00 post
        replace #2 10@10.05  ->  refuse POST_ONLY_WOULD_TRADE
        replace #2 10@10.04  ->  replaced #2 10@10.04
               | 10.05 | 10#1
        10#2   | 10.04 |
    """)


def test_order_may_keep_its_client_id_in_a_replace(book):
    """M12, M14: its own id is no repeat."""
    assert book.replace(0, 100_500, 80, cl_ord_id=1, orig_cl_ord_id=1)


def test_refusal_repeats_what_was_asked(make):
    """M14: the ids as the client said them, and which kind of request it answers (1 cancel, 2 replace)."""
    book = make()
    order_id = book.enter(1, 100_000, 5, 7)
    (mismatch,) = apply(book, Cancel(order_id, cl_ord_id=8, side=2))
    (terms,) = apply(book, Replace(order_id, 100_001, 5, cl_ord_id=9))
    (unknown,) = apply(book, Cancel(0, 77, cl_ord_id=10))

    assert [(order_id, 8, 0, 1), (order_id, 9, 0, 2), (0, 10, 77, 1)] == [
        (event.order_id, event.cl_ord_id, event.orig_cl_ord_id, event.liquidity) for event in (mismatch, terms, unknown)
    ]


def test_mass_cancel_of_nothing_reports_0(book):
    """M15: is an answer, not a refusal."""
    (event,) = apply(book, MassCancel(session=9, cl_ord_id=4))

    assert (ExecType.MASS_CANCELED, 4, 9, 0, Reason.MASS_CANCEL) == (
        event.exec_type,
        event.cl_ord_id,
        event.session,
        event.last_qty,
        event.reason,
    )


def test_every_reason_of_the_book_has_an_example():
    """M24: those of the venue (throttle, unknown command) and of full limits have theirs elsewhere."""
    elsewhere = OF_THE_VENUE | {Reason.NONE, Reason.OVERFLOW, Reason.ORDERS_FULL, Reason.LEVELS_FULL}
    shown = {reason for table in (ENTRY_REASONS, CANCEL_REASONS, REPLACE_REASONS) for reason, _ in table.values()}

    assert {reason for reason in Reason if reason < 200} == {reason for reason in shown | elsewhere if reason < 200}
