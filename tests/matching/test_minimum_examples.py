"""Drawn examples of the minimum quantity (M28): so much at once, or the order has not been there."""


def test_minimum_is_executed_and_the_rest_lives_on(played):
    """M28: a minimum is no limit of what trades, and says nothing of later executions."""
    played("""
              | 10.03 | 50#1
        buy #2 100@10.03 min 30  ->  fill #1 50@10.03
        50#2  | 10.03 |
        sell #3 5@10.03          ->  fill #2 5@10.03
        45#2  | 10.03 |
    """)


def test_minimum_that_is_not_there_leaves_no_trace(played):
    """M28: 80 are there, but only 50 within the limit."""
    played("""
              | 10.04 | 30#2
              | 10.03 | 50#1
        buy #3 100@10.03 min 51  ->  cancel #3 100 MIN_QTY_UNMET
              | 10.04 | 30#2
              | 10.03 | 50#1
    """)


def test_minimum_of_all_is_not_fill_or_kill_by_name(played):
    """M28: it fills whole like one, and is canceled for its own reason."""
    played("""
              | 10.03 | 50#1
        buy #2 51@10.03 min 51  ->  cancel #2 51 MIN_QTY_UNMET
        buy #3 51@10.03 FOK     ->  cancel #3 51 FOK_UNFILLABLE
        buy #4 50@10.03 min 50  ->  fill #1 50@10.03
        empty
    """)


def test_minimum_with_nobody_there(played):
    """M28: of an order that could have rested too."""
    played("""
        buy #1 100@10.03 min 1      ->  cancel #1 100 MIN_QTY_UNMET
        buy #2 100@10.03 IOC min 1  ->  cancel #2 100 MIN_QTY_UNMET
        buy #3 100@market min 1     ->  cancel #3 100 MIN_QTY_UNMET
        empty
    """)


def test_minimum_of_ioc_and_market_orders(played):
    """M28, M5, M7: what is left after it is canceled as ever; a market order looks as far as its protection."""
    played("""
        given protection 0.01
              | 10.02 | 50#3
              | 10.01 | 50#2
              | 10.00 | 50#1
        buy #4 120@10.00 IOC min 50   ->  fill #1 50@10.00, cancel #4 70 IOC
        buy #5 120@market min 101     ->  cancel #5 120 MIN_QTY_UNMET
        buy #6 120@market min 100     ->  fill #2 50@10.01, fill #3 50@10.02, cancel #6 20 MARKET_REST
        empty
    """)


def test_minimum_counts_reserves(played):
    """M28, M9: the look takes the turns that the match would take."""
    played("""
              | 10.03 | 10+20#1 5#2
        buy #3 40@10.03 min 36  ->  cancel #3 40 MIN_QTY_UNMET
        buy #4 12@10.03 min 12  ->  fill #1 10@10.03, refresh #1 10, fill #2 2@10.03
              | 10.03 | 3#2 10+10#1
    """)


def test_minimum_looks_through_prevention(played):
    """M28, M21: own orders give nothing where the older one is canceled, and end the look elsewhere."""
    played("""
        sell #1 50@10.01 group 7
        sell #2 50@10.02
        buy #3 60@10.02 min 51 group 7 CANCEL_OLDEST  ->  cancel #3 60 MIN_QTY_UNMET
        buy #4 60@10.02 min 10 group 7 CANCEL_NEWEST  ->  cancel #4 60 MIN_QTY_UNMET
        buy #5 60@10.02 min 50 group 7 CANCEL_OLDEST  ->  cancel #1 50 STP, fill #2 50@10.02
        10#5  | 10.02 |
    """)


def test_minimum_beyond_the_sweep_is_unmet(played):
    """M28, M25: as many places are looked at as the match would meet."""
    played("""
        given sweep 2
              | 10.03 | 10#1 10#2 10#3
        buy #4 30@10.03 min 21  ->  cancel #4 30 MIN_QTY_UNMET
        buy #5 30@10.03 min 20  ->  fill #1 10@10.03, fill #2 10@10.03, cancel #5 10 SWEEP_LIMIT
              | 10.03 | 10#3
    """)


def test_minimum_of_a_reserve_order(played):
    """M28, M9: of the whole order, not of what it shows."""
    played("""
              | 10.03 | 50#1
        buy #2 100@10.03 show 10 min 40  ->  fill #1 50@10.03
        10+40#2 | 10.03 |
    """)


def test_minimum_is_looked_for_within_the_collar(played):
    """M28, M29: beyond the edge nothing counts."""
    played("""
        given collar 9.00 10.03
              | 10.04 | 50#2
              | 10.03 | 50#1
        buy #3 100@10.04 min 51  ->  cancel #3 100 MIN_QTY_UNMET
        buy #4 100@10.04 FOK     ->  cancel #4 100 FOK_UNFILLABLE
        buy #5 100@10.04 min 50  ->  fill #1 50@10.03, slide #5 10.03
              | 10.04 | 50#2
        50#5  | 10.03 |
    """)


def test_minimum_is_asked_at_entry_only(played):
    """M28, M12: a replaced order comes in anew without it."""
    played("""
              | 10.03 | 50#1
        buy #2 100@10.03 min 50       ->  fill #1 50@10.03
        replace #2 200@10.04 as #3    ->  replaced #3 150@10.04
        150#3 | 10.04 |
    """)
