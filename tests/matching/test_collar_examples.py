"""Drawn examples of the collar: its edges (M29), how it follows the price (M30), what becomes of an order beyond (M31), a new one (M32)."""

import pytest

from engine.matching.enums import ExecType, Reason
from engine.matching.records import Instrument
from engine.testing.commands import Enter, Replace, SetCollar, apply


def test_sweep_stops_at_the_edge(played):
    """M29: an offer at 100 times the price is nobody's execution."""
    played("""
        given max_price 30000.00 collar 190.00 210.00
        sell #1 1@201.00
        sell #2 500@20000.00
        buy #3 500@25000.00 IOC  ->  fill #1 1@201.00, cancel #3 499 COLLAR_DYNAMIC
              | 20000.00 | 500#2
    """)


def test_edge_itself_trades(played):
    """M29, M31: on both sides; a tick beyond does not."""
    played("""
        given collar 9.90 10.10
        sell #1 10@10.10
        sell #2 10@10.11
        buy  #3 10@9.90
        buy  #4 10@9.89
        buy  #5 20@10.11 IOC  ->  fill #1 10@10.10, cancel #5 10 COLLAR_DYNAMIC
        sell #6 20@9.89 IOC   ->  fill #3 10@9.90, cancel #6 10 COLLAR_DYNAMIC
              | 10.11 | 10#2
        10#4  |  9.89 |
    """)


def test_edges_are_rounded_inwards(played):
    """M29: 9.91 to 10.08 are the whole ticks of 7 cents between the two."""
    played("""
        given tick 0.07 max_price 70.00 protection 0.07 collar 9.85 10.09
        buy  #1 10@14.00  ->  slide #1 10.08
        cancel #1         ->  cancel #1 10 USER
        sell #2 10@7.00   ->  slide #2 9.87
    """)


def test_orders_that_are_no_danger_rest_beyond(played):
    """M29: a bid below the low edge and an ask above the high one wait for the price to come."""
    played("""
        given collar 9.00 11.00
        buy  #1 10@5.00
        sell #2 10@15.00
              | 15.00 | 10#2
        10#1  |  5.00 |
    """)


def test_market_order_is_protected_by_the_edge_too(played):
    """M29, M7: the nearer of the two is its limit."""
    played("""
        given protection 0.05 collar 9.00 10.02
              | 10.03 | 50#3
              | 10.02 | 50#2
              | 10.00 | 50#1
        buy #4 200@market  ->  fill #1 50@10.00, fill #2 50@10.02, cancel #4 100 COLLAR_DYNAMIC
        buy #5 200@market  ->  cancel #5 200 COLLAR_DYNAMIC
        sell #6 10@market  ->  cancel #6 10 MARKET_REST
              | 10.03 | 50#3
    """)


def test_market_order_says_the_edge_as_its_price(make):
    """M29, M7: and 0 where there was nobody, edge or not."""
    book = make([Instrument("A", max_price=200_000, protection=500)])
    book.enter(2, 100_000, 5, 1)
    book.set_collar(1, 99_000, 100_200)
    taken = apply(book, Enter(1, 0, 9, 2, ord_type=1, tif=3))
    alone = apply(book, Enter(1, 0, 9, 3, ord_type=1, tif=3)) + apply(book, Enter(2, 0, 9, 4, ord_type=1, tif=3))

    assert [100_200, 100_000, 100_200, 100_200] == [event.price for event in taken]
    assert [0, 0, 0, 0] == [event.price for event in alone]


def test_rest_says_the_collar_only_where_it_held_an_execution_back(played):
    """M31: whoever is gone at the end of the match, or was never within the limit, is no reason."""
    played("""
        given collar 9.00 10.02
              | 10.05 | 50#2
              | 10.02 | 50#1
        buy #3 80@10.04 IOC  ->  fill #1 50@10.02, cancel #3 30 IOC
        buy #4 80@10.05 IOC  ->  cancel #4 80 COLLAR_DYNAMIC
              | 10.05 | 50#2
    """)


def test_limit_order_rests_at_the_edge(played):
    """M31: it is told so with its new price, which is its limit from then on."""
    played("""
        given collar 9.00 10.02
              | 10.05 | 50#2
              | 10.02 | 50#1
        buy #3 80@10.05  ->  fill #1 50@10.02, slide #3 10.02
              | 10.05 | 50#2
        30#3  | 10.02 |
        collar off
              | 10.05 | 50#2
        30#3  | 10.02 |
    """)


def test_slide_is_told_with_price_and_what_is_shown(make):
    """M31: NEW and the executions still have the limit; RESTATED, COLLAR_DYNAMIC has the edge and the shown quantity."""
    book = make()
    book.set_collar(1, 90_000, 100_200)
    book.enter(2, 100_200, 50, 1)
    new, _, taker, restated = apply(book, Enter(1, 101_000, 80, 2, display_qty=20))

    assert [101_000, 101_000, 100_200] == [event.price for event in (new, taker, restated)]
    assert (ExecType.RESTATED, Reason.COLLAR_DYNAMIC) == (restated.exec_type, restated.reason)
    assert (80, 30, 50, 20, 0) == (restated.order_qty, restated.leaves_qty, restated.cum_qty, restated.last_qty, restated.last_px)
    assert 100_200 == book.order(restated.order_id).price


def test_order_slides_behind_those_at_the_edge(played):
    """M31: with the time priority of its arrival there, whatever its limit was."""
    played("""
        given collar 9.00 10.02
        10#1  | 10.02 |
        buy #2 10@11.00  ->  slide #2 10.02
        buy #3 10@10.02
        10#1 10#2 10#3 | 10.02 |
    """)


def test_post_only_is_judged_at_the_price_it_works_at(played):
    """M31, M8: an ask beyond the edge is out of its reach."""
    played("""
        given collar 9.00 10.02
              | 10.03 | 50#1
        buy #2 10@10.03 post  ->  slide #2 10.02
              | 10.03 | 50#1
        10#2  | 10.02 |
        sell #3 10@9.00 post  ->  reject POST_ONLY_WOULD_TRADE
    """)


def test_replace_works_within_the_collar_too(played):
    """M31, M12: entered anew it may slide; to less at the price where it stands it keeps its place."""
    played("""
        given collar 9.00 10.02
                  | 10.03 | 10#4
                  | 10.02 | 10#1
        20#2 20#3 | 9.99 |
        replace #2 30@10.50      ->  replaced #2 30@10.50, fill #1 10@10.02, slide #2 10.02
        replace #2 20@10.02      ->  replaced #2 10@10.02
        replace #3 20@10.50      ->  replaced #3 20@10.50, slide #3 10.02
        replace #2 15@10.02      ->  replaced #2 5@10.02
                  | 10.03 | 10#4
        5#2 20#3  | 10.02 |
    """)


def test_collar_follows_the_last_execution(played):
    """M30: 2% of 10.00 is 9.80 to 10.20; after an execution at 10.20 it is 9.996 to 10.404."""
    played("""
        given collar 1.00 90.00 dynamic 2% anchor 10.00
              | 10.40 | 10#2
              | 10.20 | 10#1
        buy #3 20@11.00 IOC   ->  fill #1 10@10.20, cancel #3 10 COLLAR_DYNAMIC
        buy #4 10@11.00 IOC   ->  fill #2 10@10.40
        sell #5 10@9.00       ->  slide #5 10.20
              | 10.20 | 10#5
    """)


def test_collar_does_not_follow_within_a_command(played):
    """M30: the edge of the beginning holds to the end of it, however many executions there are."""
    played("""
        given collar 1.00 90.00 dynamic 2% anchor 10.00
              | 10.30 | 10#3
              | 10.20 | 10#2
              | 10.10 | 10#1
        buy #4 30@11.00  ->  fill #1 10@10.10, fill #2 10@10.20, slide #4 10.20
              | 10.30 | 10#3
        10#4  | 10.20 |
    """)


def test_collar_does_not_follow_what_is_no_execution(played):
    """M30, M20: a decrement has no price."""
    played("""
        given collar 1.00 90.00 dynamic 2% anchor 10.00
        sell #1 10@10.20 group 7
        buy #2 10@10.20 group 7 DECREMENT  ->  cancel #1 10 STP, cancel #2 10 STP
        buy #3 10@11.00                    ->  slide #3 10.20
    """)


def test_two_prices_hold_whatever_the_anchor_does(played):
    """M29, M30: the nearer edge counts."""
    played("""
        given collar 9.00 10.25 dynamic 2% anchor 10.00
              | 10.20 | 10#1
        buy #2 10@11.00  ->  fill #1 10@10.20
        buy #3 10@11.00  ->  slide #3 10.25
        10#3  | 10.25 |
    """)


def test_rest_does_not_stand_beyond_the_edge_that_its_own_execution_moved(played):
    """M30, M31: at 9.75 the edge comes down to 10.04, and a bid at 10.30 would have given the next seller a price beyond it."""
    played("""
        given collar 1.00 90.00 dynamic 3% anchor 10.00
              | 9.75 | 100#1
        buy #2 200@10.30   ->  fill #1 100@9.75, slide #2 10.04
        sell #3 100@10.00  ->  fill #2 100@10.04
        empty
    """)


def test_rest_that_would_overflow_at_the_moved_edge_is_canceled(make):
    """M31, M24: its execution lifts the low edge by half, where so much has no price that can be counted."""
    book = make([Instrument("A", tick=1, max_price=2**24, max_qty=2**63 - 1, protection=0)])
    book.set_collar(1, 1, 2**24, 5_000, 2**20)
    book.enter(1, 3 * 2**19, 5, 1)
    *_, taken, ended = apply(book, Enter(2, 1, 2**44 - 1, 2))

    assert (ExecType.TRADE, 5) == (taken.exec_type, taken.last_qty)
    assert (ExecType.CANCELED, Reason.COLLAR_DYNAMIC, 2**44 - 6, 1) == (ended.exec_type, ended.reason, ended.last_qty, ended.price)
    assert [] == book.orders()


def test_new_collar_cancels_what_it_shuts_out(played):
    """M32: best first, bids above the high edge and then asks below the low one; who rests on the far side stays."""
    played("""
              | 12.00 | 10#6
              | 10.40 | 10#5
        10#2  | 10.30 |
        10#1 5+5#3 | 10.20 |
        10#4  |  9.00 |
        collar 9.90 10.25  ->  cancel #2 10 COLLAR_DYNAMIC
        collar 9.90 10.10  ->  cancel #1 10 COLLAR_DYNAMIC, cancel #3 10 COLLAR_DYNAMIC
        collar 11.00 15.00  ->  cancel #5 10 COLLAR_DYNAMIC
              | 12.00 | 10#6
        10#4  |  9.00 |
    """)


def test_new_collar_may_cancel_on_both_sides(played):
    """M32: where its two prices and its anchor are apart nothing can trade, and nobody stands between them."""
    played("""
              | 10.20 | 10#2
        10#1  | 10.10 |
        collar 10.30 11.00 dynamic 1% anchor 9.90  ->  cancel #1 10 COLLAR_DYNAMIC, cancel #2 10 COLLAR_DYNAMIC
        buy  #3 10@11.00  ->  slide #3 9.99
        sell #4 10@9.00   ->  slide #4 10.30
              | 10.30 | 10#4
        10#3  |  9.99 |
    """)


def test_new_collar_concerns_one_instrument(played):
    """M32."""
    played("""
        given instruments 2
        buy #1 10@10.00
        buy #2 10@10.00 instrument 2
        collar 8.00 9.00 instrument 2  ->  cancel #2 10 COLLAR_DYNAMIC
        10#1  | 10.00 |
        instrument 2:
        empty
    """)


def test_collar_that_is_off_holds_nothing_back(played):
    """M32: it brings no order back and lets the next one go where it wants."""
    played("""
        given collar 9.00 10.00 dynamic 1% anchor 9.50
        buy #1 10@11.00  ->  slide #1 9.59
        collar off
        buy #2 10@11.00
        10#2  | 11.00 |
        10#1  |  9.59 |
    """)


def test_number_of_canceled_orders_is_returned(make):
    """M32."""
    book = make()
    for name in range(1, 4):
        book.enter(1, 100_000 + 100 * name, 5, name)

    assert 2 == book.set_collar(1, 90_000, 100_100)
    assert [3, 2] == [event.cl_ord_id for event in book.events()]
    assert 0 == book.set_collar(1, 90_000, 100_100)
    assert [] == book.events()


OVERFLOWS = {
    "sell that would slide up": (Enter(2, 1, 2**50, 9), Reason.OVERFLOW),
    "buy that slides down": (Enter(1, 2**24, 2**39 - 1, 9), Reason.COLLAR_DYNAMIC),
    "sell that never rests": (Enter(2, 1, 2**50, 9, tif=3), Reason.IOC),
    "sell at the edge": (Enter(2, 2**20, 2**43 - 1, 9), Reason.NONE),
}


@pytest.mark.parametrize(("command", "reason"), OVERFLOWS.values(), ids=OVERFLOWS)
def test_overflow_is_looked_at_where_the_order_would_stand(make, command, reason):
    """M31, M24: price times quantity stays below 2**63 at the edge too."""
    book = make([Instrument("A", tick=1, max_price=2**24, max_qty=2**63 - 1, protection=0)])
    book.set_collar(1, 2**20, 2**23)

    assert reason == apply(book, command)[-1].reason


def test_overflow_refuses_a_replace_to_where_it_would_slide(make):
    """M31, M12, M24."""
    book = make([Instrument("A", tick=1, max_price=2**24, max_qty=2**63 - 1, protection=0)])
    book.set_collar(1, 2**20, 2**23)
    book.enter(2, 2**20, 5, 1)

    assert Reason.OVERFLOW == apply(book, Replace(0, 1, 2**50, orig_cl_ord_id=1))[-1].reason
    assert Reason.NONE == apply(book, Replace(0, 2**20, 2**42, orig_cl_ord_id=1))[-1].reason


WRONG = {
    "upside down": SetCollar(1, 200, 100),
    "below 0": SetCollar(1, -1, 100),
    "above the ladder": SetCollar(1, 100_100, 200_000),
    "below the first tick": SetCollar(1, 0, 99),
    "more than all": SetCollar(1, 0, 100_000, 10_001, 100),
    "no anchor": SetCollar(1, 0, 100_000, 1),
    "anchor below the first tick": SetCollar(1, 0, 100_000, 1, 99),
    "anchor above the ladder": SetCollar(1, 0, 100_000, 1, 100_100),
    "not listed": SetCollar(2, 0, 100_000),
    "no instrument": SetCollar(0, 0, 100_000),
}


@pytest.mark.parametrize("command", WRONG.values(), ids=WRONG)
def test_collar_that_cannot_be_is_an_error_and_changes_nothing(make, command):
    """M32: it is the venue's own command, so it is no refusal."""
    book = make([Instrument("A", max_price=100_000, protection=0)])
    book.set_collar(1, 40_000, 50_000)
    book.enter(1, 60_000, 5, 1)
    before = book.events()

    with pytest.raises(ValueError, match=r"collar|anchor|instrument"):
        apply(book, command)
    assert before == book.events()
    assert [50_000] == [order.price for order in book.orders()]


def test_widest_collar_is_none(make):
    """M32: 0 to the highest price, or any price above it."""
    book = make([Instrument("A", max_price=100_000, protection=0)])
    book.set_collar(1, 0, 2**63 - 1)
    (event,) = apply(book, Enter(1, 100_000, 5, 1))

    assert (ExecType.NEW, 100_000) == (event.exec_type, event.price)
