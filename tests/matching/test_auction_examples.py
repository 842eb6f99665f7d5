"""Drawn examples of calls and auctions: what a book takes while it collects, its one price, who trades, and what becomes of the rest."""

import pytest

from engine.matching.enums import ExecType, Liquidity, Phase, Reason
from engine.matching.records import Instrument, Uncross
from engine.testing.commands import HoldAuction, apply

TEN = 100_000


def test_crossed_book_matches_by_its_auction_only(make):
    """M36: until then it cannot match, and nothing has changed."""
    book = make()
    book.set_phase(1, Phase.CALL)
    book.enter(1, TEN + 100, 10, 1)
    book.enter(2, TEN, 10, 2)

    with pytest.raises(ValueError, match="cross"):
        book.set_phase(1, Phase.CONTINUOUS)
    assert Phase.CALL == book.phase(1)
    assert (10, TEN + 100) == book.uncross(1, TEN + 100)[1::-1]
    book.set_phase(1, Phase.CONTINUOUS)
    assert Phase.CONTINUOUS == book.phase(1)


def test_locked_book_is_crossed_too(make):
    """M36: a bid at the price of an ask."""
    book = make()
    book.set_phase(1, Phase.CALL)
    book.enter(1, TEN, 10, 1)
    book.enter(2, TEN, 10, 2)

    with pytest.raises(ValueError, match="cross"):
        book.set_phase(1, Phase.CONTINUOUS)


def test_book_that_matches_holds_no_auction(make):
    """M36."""
    with pytest.raises(ValueError, match="instrument 1"):
        make().uncross(1)


def test_only_the_two_prices_of_the_collar_bind_in_a_call(played):
    """M36, M30: beyond them an order rests at the edge; the width around the last execution is asleep."""
    played("""
        given collar 9.00 11.00 dynamic 1% anchor 10.00
        phase CALL
        buy #1 10@10.90
        buy #2 10@11.10  ->  slide #2 11.00
        sell #3 10@8.90  ->  slide #3 9.00
        sell #4 10@12.00
              | 12.00 | 10#4
        10#2  | 11.00 |
        10#1  | 10.90 |
              | 9.00  | 10#3
    """)


def test_orders_for_the_opening_end_where_no_opening_is_left(played):
    """M38: oldest first, whatever their price; the CLS orders then join."""
    played("""
        phase CALL
        buy #1 10@10.00 OPG
        buy #2 10@10.05 OPG
        buy #3 10@10.00 CLS
        phase CLOSING_CALL  ->  cancel #1 10 AUCTION_END, cancel #2 10 AUCTION_END
        10#3 | 10.00 |
    """)


def test_market_order_for_an_auction_has_the_widest_limit(make):
    """M38: without a collar the highest price, or one tick."""
    book = make([Instrument("TEST", tick=500, max_price=10 * TEN)])
    book.set_phase(1, Phase.CALL)
    book.enter(1, 0, 10, 1, ord_type=1, tif=2)
    book.enter(2, 0, 10, 2, ord_type=1, tif=2)

    assert [10 * TEN, 500] == [order.price for order in book.orders(1)]
    assert Uncross(5 * TEN, 10, 0, True) == book.indicative(1)


def test_market_order_for_the_close_has_the_edge_of_the_two_prices(make):
    """M39: the width around the last execution is no edge of an auction, though the book matches when the order comes."""
    book = make()
    book.set_collar(1, 90_000, 110_000, 100, TEN)
    buy, sell = (book.enter(side, 0, 10, side, ord_type=1, tif=7) for side in (1, 2))

    assert (110_000, 90_000) == (book.order(buy).price, book.order(sell).price)


def test_orders_that_wait_for_the_close_are_in_no_queue(make):
    """M39: they are open, and nobody sees or meets them."""
    book = make()
    order_id = book.enter(1, TEN, 10, 1, tif=7)
    book.enter(2, TEN, 10, 2)

    assert (1, 2) == (book.open_orders - 1, book.open_orders)
    assert (0, 10) == (book.top(1)[1], book.top(1)[3])
    assert (0, 10) == (book.order(order_id).shown_qty, book.order(order_id).leaves_qty)
    assert [2] == [order.cl_ord_id for order in book.orders(1)]


def test_order_for_the_close_needs_a_place_when_it_joins(played):
    """M39: not before; beyond the edge of then it is canceled too, at the edge it joins."""
    played("""
        given levels 128
        sell #1 10@10.00
        buy #2 10@9.00
        buy #3 10@5.00 CLS
        buy #4 10@9.50 CLS
        buy #5 10@9.01 CLS
        collar 1.00 9.40
        phase CLOSING_CALL  ->  cancel #3 10 NO_PLACE, cancel #4 10 COLLAR_DYNAMIC
             | 10.00 | 10#1
        10#5 | 9.01  |
        10#2 | 9.00  |
    """)


def test_order_for_the_close_comes_at_once_in_its_call(played):
    """M39: behind those that waited."""
    played("""
        buy #1 10@10.00 CLS
        phase CLOSING_CALL
        buy #2 10@10.00 CLS
        buy #3 10@10.00
        10#1 10#2 10#3 | 10.00 |
        phase CALL
        10#3 | 10.00 |
        phase CLOSING_CALL
        10#3 10#1 10#2 | 10.00 |
    """)


def test_auction_that_is_none_of_a_close_leaves_those_that_wait(played):
    """M38, M39: OPG orders end with it, CLS orders wait on."""
    played("""
        phase CALL
        buy #1 10@10.00 CLS
        buy #2 10@10.00 OPG
        uncross             ->  cancel #2 10 AUCTION_END
        empty
        phase CLOSING_CALL
        10#1 | 10.00 |
    """)


def test_most_is_executed_before_anything_else_counts(played):
    """M40: though more is left over there, and the reference is elsewhere."""
    played("""
        phase CALL
        buy #1 50@10.01
        buy #2 20@10.00
        sell #3 50@10.00
        sell #4 60@10.01
        indicative reference 10.01  ->  50@10.00 +20
        buy #5 1@10.01
        indicative reference 10.00  ->  51@10.01 -59
    """)


def test_least_left_over_counts_on_both_sides(played):
    """M41: one more of the sellers than of the buyers gives the price to the buyers."""
    played("""
        phase CALL
        buy #1 50@10.03
        sell #2 50@10.00
        buy #3 10@10.01
        sell #4 9@10.02
        indicative reference 10.01  ->  50@10.02 -9
        buy #5 1@10.03
        indicative reference 10.03  ->  51@10.02 -8
    """)


def test_nobody_with_a_better_limit_is_left_out_where_both_sides_press(played):
    """M43: the reference chooses between the two prices at which nobody is, and no other."""
    played("""
        phase CALL
        buy #1 50@10.05
        buy #2 10@10.02
        sell #3 50@10.00
        sell #4 10@10.03
        indicative reference 9.00    ->  50@10.02 +10
        indicative reference 10.02   ->  50@10.02 +10
        indicative reference 10.025  ->  50@10.03 -10
        indicative reference 11.00   ->  50@10.03 -10
    """)


def test_reference_is_the_last_price_where_none_is_given(played):
    """M43: before the first, the middle, rounded down to a tick."""
    played("""
        given tick 0.05
        phase CALL
        buy #1 50@10.25
        sell #2 50@10.00
        indicative                   ->  50@10.10 +0
        indicative reference 10.125  ->  50@10.15 +0
        uncross reference 10.20      ->  cross #1 #2 50@10.20
        buy #3 50@10.25
        sell #4 50@10.00
        indicative                   ->  50@10.20 +0
    """)


def test_auction_of_nothing_is_done(make):
    """M40, M47: at no price, whatever the bounds; what was for this auction is over."""
    book = make()
    book.set_phase(1, Phase.CALL)
    book.enter(1, TEN, 10, 1, tif=2)

    assert Uncross(0, 0, 0, True) == book.uncross(1, TEN, 2 * TEN, 3 * TEN)
    assert [Reason.AUCTION_END] == [event.reason for event in book.events()]


def test_auction_outside_its_bounds_says_what_it_would_have_been(make):
    """M47."""
    book = make()
    book.set_phase(1, Phase.CALL)
    book.enter(1, TEN, 15, 1)
    book.enter(2, TEN, 10, 2)

    assert Uncross(TEN, 10, 5, False) == book.uncross(1, TEN, TEN + 100, TEN + 100)
    assert [] == book.events()
    assert Uncross(TEN, 10, 5, True) == book.uncross(1, TEN, TEN, TEN)


def test_one_auction_trade_to_the_last_field(make):
    """M44: the buyer, then the seller, nobody maker or taker, one number."""
    book = make()
    book.set_phase(1, Phase.CALL)
    book.enter(2, TEN, 10, 1, session=3, account=4)
    book.enter(1, TEN + 200, 15, 2, session=5, account=6, display_qty=1)
    buy, sell = apply(book, HoldAuction(1, TEN))

    assert (ExecType.TRADE, ExecType.TRADE) == (buy.exec_type, sell.exec_type)
    assert [(2, 5, 6, 1), (1, 3, 4, 2)] == [(event.cl_ord_id, event.session, event.account, event.side) for event in (buy, sell)]
    assert [(TEN + 200, 15, 5, 10), (TEN, 10, 0, 10)] == [
        (event.price, event.order_qty, event.leaves_qty, event.cum_qty) for event in (buy, sell)
    ]
    assert {(TEN + 200, 10, 1, Liquidity.AUCTION, Reason.NONE)} == {
        (event.last_px, event.last_qty, event.match_id, event.liquidity, event.reason) for event in (buy, sell)
    }
    assert TEN + 200 == book.last_px(1)


def test_younger_order_decides_whether_own_orders_meet(played):
    """M46: without a mode of its own it trades, whatever the older one asked for."""
    played("""
        phase CALL
        buy #1 10@10.00 group 7 CANCEL_BOTH
        sell #2 10@10.00 group 7
        uncross  ->  cross #1 #2 10@10.00
    """)


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("CANCEL_NEWEST", "cancel #2 10 STP, cross #1 #3 10@10.00"),
        ("CANCEL_OLDEST", "cancel #1 10 STP"),
        ("CANCEL_BOTH", "cancel #1 10 STP, cancel #2 10 STP"),
        ("DECREMENT", "cancel #2 10 STP, cross #1 #3 10@10.00"),
    ],
)
def test_own_orders_go_by_the_younger_ones_mode(played, mode, told):
    """M46: whole, and whoever is behind takes the place."""
    played(f"""
        phase CALL
        buy #1 10@10.00 group 7
        sell #2 10@10.00 group 7 {mode}
        sell #3 10@10.00 group 7
        uncross  ->  {told}
    """)


def test_orders_that_would_not_meet_stay(played):
    """M46: of one group, but not paired."""
    played("""
        phase CALL
        buy #1 10@10.02
        buy #2 10@10.01 group 7
        sell #3 10@10.00
        sell #4 10@10.00 group 7 CANCEL_BOTH
        sell #5 10@10.02 group 7
        uncross  ->  cancel #2 10 STP, cancel #4 10 STP, cross #1 #3 10@10.00
        | 10.02 | 10#5
    """)


def test_auction_is_put_off_when_own_orders_meet_in_eight_rounds(make):
    """M46: each round takes one away and finds another; what was canceled stays canceled, and the next try goes on from there."""
    book = make()
    book.set_phase(1, Phase.CALL)
    for n in range(9):
        book.enter(2, TEN + 100 * n, 10, 10 + n, stp_group=1)
    book.enter(1, TEN + 800, 10, 1, stp_group=1, stp_mode=2)

    assert Uncross(0, 0, 0, False) == book.uncross(1, TEN)
    assert [10 + n for n in range(8)] == [event.cl_ord_id for event in book.events()]
    assert Uncross(0, 0, 0, True) == book.uncross(1, TEN)
    assert [18] == [event.cl_ord_id for event in book.events()]


def test_auctions_price_is_the_anchor_of_the_book_that_matches_again(played):
    """M48: without an execution the anchor stays where it was."""
    played("""
        given collar 1.00 90.00 dynamic 10% anchor 10.00
        phase CALL
        buy #1 10@12.00
        sell #2 10@12.00
        uncross              ->  cross #1 #2 10@12.00
        sell #3 10@13.30
        phase CONTINUOUS
        buy #4 10@13.30 IOC  ->  cancel #4 10 COLLAR_DYNAMIC
        sell #5 10@13.20
        buy #6 10@13.20 IOC  ->  fill #5 10@13.20
        phase CALL
        uncross
        phase CONTINUOUS
        sell #7 10@14.50
        buy #8 10@14.50 IOC  ->  fill #3 10@13.30
    """)
