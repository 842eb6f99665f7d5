"""Drawn examples of self-trade prevention: the incoming order's mode decides, whatever the resting one asked for."""


def test_cancel_newest_keeps_the_resting_order(played):
    """M17: what was traded before stays traded."""
    played("""
        sell #1 30@10.01
        sell #2 50@10.02 group 7
        sell #3 50@10.03
        buy #4 100@10.03 group 7 CANCEL_NEWEST  ->  fill #1 30@10.01, cancel #4 70 STP
              | 10.03 | 50#3
              | 10.02 | 50#2
    """)


def test_cancel_oldest_takes_the_resting_order_away(played):
    """M18: whole, its reserve too, and matching goes on behind it."""
    played("""
        sell #1 30@10.01
        sell #2 50@10.02 group 7 show 10
        sell #3 50@10.03
        buy #4 100@10.03 group 7 CANCEL_OLDEST  ->  fill #1 30@10.01, cancel #2 50 STP, fill #3 50@10.03
        20#4  | 10.03 |
    """)


def test_cancel_both_ends_both(played):
    """M19."""
    played("""
        sell #1 30@10.01
        sell #2 50@10.02 group 7
        sell #3 50@10.03
        buy #4 100@10.03 group 7 CANCEL_BOTH  ->  fill #1 30@10.01, cancel #2 50 STP, cancel #4 70 STP
              | 10.03 | 50#3
    """)


def test_decrement_takes_the_smaller_quantity_out_of_both(played):
    """M20: the older order goes, the newer one goes on smaller."""
    played("""
        sell #2 50@10.02 group 7
        sell #3 60@10.03
        buy #4 100@10.03 group 7 DECREMENT  ->  cancel #2 50 STP, decrement #4 50, fill #3 50@10.03
              | 10.03 | 10#3
    """)


def test_decrement_may_end_the_incoming_order(played):
    """M20: the resting order keeps its place."""
    played("""
        sell #1 80@10.02 group 7
        sell #2 10@10.02
        buy #3 30@10.02 group 7 DECREMENT  ->  decrement #1 50, cancel #3 30 STP
              | 10.02 | 50#1 10#2
    """)


def test_decrement_may_end_both(played):
    """M20."""
    played("""
        sell #1 30@10.02 group 7
        buy #3 30@10.02 group 7 DECREMENT  ->  cancel #1 30 STP, cancel #3 30 STP
        empty
    """)


def test_decrement_uses_up_what_is_shown_and_refreshes(played):
    """M20, M9: part after part, in its turn among the others."""
    played("""
        sell #1 30@10.02 group 7 show 10
        sell #2 5@10.02
        buy #3 27@10.02 group 7 DECREMENT  ->  decrement #1 20, refresh #1 10, decrement #3 17, fill #2 5@10.02, \
decrement #1 10, refresh #1 10, decrement #3 2, decrement #1 8, cancel #3 2 STP
              | 10.02 | 8#1
    """)


def test_decrement_lowers_the_order_quantity_and_executes_nothing(make):
    """M20: order_qty and leaves_qty fall, cum_qty stays, no price is reported."""
    book = make()
    book.enter(2, 100_200, 80, 1, stp_group=7)
    book.enter(1, 100_200, 30, 2, stp_group=7, stp_mode=4)
    _, resting, incoming = book.events()

    assert (50, 50, 0, 50, 0) == (resting.order_qty, resting.leaves_qty, resting.cum_qty, resting.last_qty, resting.last_px)
    assert (0, 0, 0, 30, 0) == (incoming.order_qty, incoming.leaves_qty, incoming.cum_qty, incoming.last_qty, incoming.last_px)


def test_canceled_orders_keep_their_order_quantity(make):
    """M17, M18, M19: what was taken out is in last_qty."""
    book = make()
    book.enter(2, 100_200, 80, 1, stp_group=7)
    book.enter(1, 100_200, 30, 2, stp_group=7, stp_mode=3)

    assert [(80, 0, 80), (30, 0, 30)] == [(event.order_qty, event.leaves_qty, event.last_qty) for event in book.events()[1:]]


def test_groups_do_not_stop_strangers_nor_those_who_do_not_ask(played):
    """M17: another group, no group, or an incoming order without a mode trades."""
    played("""
        sell #1 10@10.01 group 7 CANCEL_BOTH
        sell #2 10@10.01 group 7 CANCEL_BOTH
        sell #3 10@10.01
        buy #4 10@10.01 group 8 CANCEL_BOTH  ->  fill #1 10@10.01
        buy #5 10@10.01 group 7              ->  fill #2 10@10.01
        buy #6 10@10.01 CANCEL_BOTH          ->  fill #3 10@10.01
        empty
    """)


def test_replaced_order_brings_its_own_mode(played):
    """M12, M17: it comes in with the group and the mode that it was entered with."""
    played("""
        sell #1 10@10.05 group 7
        buy #2 30@10.00 group 7 CANCEL_OLDEST
        replace #2 30@10.05  ->  replaced #2 30@10.05, cancel #1 10 STP
        30#2 | 10.05 |
    """)


def test_replaced_order_may_be_canceled_by_prevention(played):
    """M12, M17."""
    played("""
        sell #1 10@10.05 group 7
        buy #2 30@10.00 group 7 CANCEL_NEWEST
        replace #2 30@10.05  ->  replaced #2 30@10.05, cancel #2 30 STP
              | 10.05 | 10#1
    """)


def test_fok_does_not_count_what_prevention_would_take_away(played):
    """M21: with CANCEL_OLDEST the own order gives nothing, but does not stop the look."""
    played("""
        sell #1 50@10.01 group 7
        sell #2 50@10.02
        buy #3 100@10.02 FOK group 7 CANCEL_OLDEST  ->  cancel #3 100 FOK_UNFILLABLE
        buy #4 50@10.02 FOK group 7 CANCEL_OLDEST   ->  cancel #1 50 STP, fill #2 50@10.02
        empty
    """)


def test_fok_stops_at_the_first_own_order(played):
    """M21: in the other modes it could not get past it."""
    played("""
        sell #1 50@10.01
        sell #2 50@10.02 group 7
        sell #3 50@10.03
        buy #4 60@10.03 FOK group 7 CANCEL_NEWEST  ->  cancel #4 60 FOK_UNFILLABLE
        buy #5 60@10.03 FOK group 7 CANCEL_BOTH    ->  cancel #5 60 FOK_UNFILLABLE
        buy #6 60@10.03 FOK group 7 DECREMENT      ->  cancel #6 60 FOK_UNFILLABLE
        buy #7 50@10.03 FOK group 7 DECREMENT      ->  fill #1 50@10.01
              | 10.03 | 50#3
              | 10.02 | 50#2
    """)


def test_fok_cannot_reach_a_reserve_behind_an_own_order(played):
    """M21, M9: the reserve of #1 refreshes behind #2, which stops the match."""
    played("""
        sell #1 100@10.01 show 10
        sell #2 50@10.01 group 7
        buy #4 11@10.01 FOK group 7 CANCEL_NEWEST  ->  cancel #4 11 FOK_UNFILLABLE
        buy #5 10@10.01 FOK group 7 CANCEL_NEWEST  ->  fill #1 10@10.01, refresh #1 10
              | 10.01 | 50#2 10+80#1
    """)
