"""Calls, drawn: what random play of the core against the oracle found, each once."""


def test_who_does_not_reach_the_price_is_no_party_to_prevention(played):
    """M46: #1 and #2 are of one group and would meet; #3 is too, but bids less than anybody asks, so it meets nobody and stays."""
    played("""
        given tick 0.01
        phase CLOSING_CALL
        buy #1 21@market CLS group 1 CANCEL_OLDEST
        sell #2 9@50.09 group 1 CANCEL_OLDEST
        buy #3 57@50.00 group 1 DECREMENT
        indicative  ->  9@10000.00 +12
        uncross     ->  cancel #1 21 STP
              | 50.09 | 9#2
        57#3  | 50.00 |
    """)


def test_limit_of_a_market_order_for_the_close_is_the_static_edge(played):
    """M39: not the narrower one that follows the executions; it waits and joins with that limit."""
    played("""
        given collar 45.00 55.00 dynamic 1% anchor 50.00
        buy #1 10@market CLS
        buy #2 10@60.00       ->  slide #2 50.50
        cancel #2             ->  cancel #2 10 USER
        phase CLOSING_CALL
        10#1 | 55.00 |
    """)


def test_post_only_order_strikes_no_book(played):
    """M49: it would not have traded, so the collar has stopped no match; it slides as it does in a book that does not pause."""
    played("""
        given collar 49.00 51.00
        sell #1 10@51.50
        phase CONTINUOUS pauses
        buy #2 5@52.00 post  ->  slide #2 51.00
        buy #3 5@52.00       ->  slide #3 51.00, strike COLLAR
                 | 51.50 | 10#1
        5#2 5#3  | 51.00 |
    """)


def test_of_a_rest_on_either_side_nobody_with_a_better_limit_is_left_out(played):
    """M42, INV-A2: 10 are left over at every price, of the buyers up to 10.02, then of the sellers; the reference chooses of these two."""
    played("""
        phase CALL
        buy #1 50@10.05
        buy #2 10@10.02
        sell #3 50@10.00
        sell #4 10@10.03
        indicative reference 10.00  ->  50@10.02 +10
        indicative reference 11.00  ->  50@10.03 -10
        indicative                  ->  50@10.02 +10
    """)


def test_cascade_is_told_in_its_order_and_stops_where_the_collar_does(played):
    """M49, M53: the lowest stop price first, though it is the younger; the one that the collar stops makes the book pause."""
    played("""
        given collar 9.00 10.05
        sell #1 10@10.04
        sell #2 10@10.07
        phase CONTINUOUS pauses
        buy #3 6@market stop 10.04
        buy #4 4@10.20 stop 10.03
        phase CONTINUOUS pauses keeps
        buy #5 1@10.04             ->  fill #1 1@10.04
        phase CONTINUOUS pauses    ->  trigger #4, fill #1 4@10.04, trigger #3, fill #1 5@10.04, cancel #3 1 COLLAR_DYNAMIC, strike COLLAR
             | 10.07 | 10#2
    """)
