"""Drawn examples of every rule of the book; docs/RULEBOOK.md numbers the rules."""


def test_best_price_trades_first_then_the_oldest_order(played):
    """M1: price, then time."""
    played("""
              | 10.04 | 100#1
              | 10.03 | 100#2 100#3
        buy #4 250@10.04  ->  fill #2 100@10.03, fill #3 100@10.03, fill #1 50@10.04
              | 10.04 | 50#1
    """)


def test_bids_are_mirrored(played):
    """M1: the highest bid is the best one."""
    played("""
        100#2 100#3 | 10.03 |
              100#1 | 10.02 |
        sell #4 250@10.02  ->  fill #2 100@10.03, fill #3 100@10.03, fill #1 50@10.02
        50#1 | 10.02 |
    """)


def test_incoming_order_trades_at_the_resting_price(played):
    """M2: who waits sets the price."""
    played("""
              | 10.02 | 100#1
        buy #2 100@10.50  ->  fill #1 100@10.02
        empty
    """)


def test_order_that_reaches_nobody_rests(played):
    """M4."""
    played("""
              | 10.02 | 100#1
        buy #2 70@10.01
              | 10.02 | 100#1
        70#2  | 10.01 |
    """)


def test_what_is_left_of_a_limit_order_rests_at_its_own_price(played):
    """M4, M3: having eaten every offer within its limit, the rest is the new best bid."""
    played("""
              | 10.04 | 50#3
              | 10.02 | 30#1
        buy #4 100@10.03  ->  fill #1 30@10.02
              | 10.04 | 50#3
        70#4  | 10.03 |
    """)


def test_ioc_never_rests(played):
    """M5."""
    played("""
              | 10.03 | 80#1
        buy #2 100@10.03 IOC  ->  fill #1 80@10.03, cancel #2 20 IOC
        buy #3 100@10.03 IOC  ->  cancel #3 100 IOC
        empty
    """)


def test_fok_fills_whole(played):
    """M6."""
    played("""
              | 10.04 | 50#2
              | 10.03 | 50#1
        buy #3 80@10.04 FOK  ->  fill #1 50@10.03, fill #2 30@10.04
              | 10.04 | 20#2
    """)


def test_fok_leaves_no_trace_when_it_cannot_fill(played):
    """M6: 100 are there, but only 50 within the limit."""
    played("""
              | 10.04 | 50#2
              | 10.03 | 50#1
        buy #3 80@10.03 FOK  ->  cancel #3 80 FOK_UNFILLABLE
              | 10.04 | 50#2
              | 10.03 | 50#1
    """)


def test_fok_counts_reserves(played):
    """M6, M9: a reserve is as good as what is shown, and its turns are taken in order."""
    played("""
              | 10.03 | 10+40#1 20#2
        buy #3 70@10.03 FOK  ->  fill #1 10@10.03, refresh #1 10, fill #2 20@10.03, fill #1 10@10.03, refresh #1 10, \
fill #1 10@10.03, refresh #1 10, fill #1 10@10.03, refresh #1 10, fill #1 10@10.03
        empty
    """)


def test_market_order_stops_at_its_protection_price(played):
    """M7: 5 cents past the best offer and no further; the rest is canceled."""
    played("""
        given protection 0.05
              | 10.06 | 50#3
              | 10.05 | 50#2
              | 10.00 | 50#1
        buy #4 200@market  ->  fill #1 50@10.00, fill #2 50@10.05, cancel #4 100 MARKET_REST
              | 10.06 | 50#3
    """)


def test_market_sell_is_protected_below(played):
    """M7: and never reaches below the lowest price there is."""
    played("""
        given protection 1.00
        50#1 | 0.50 |
        50#2 | 0.01 |
        sell #3 200@market DAY  ->  fill #1 50@0.50, fill #2 50@0.01, cancel #3 100 MARKET_REST
        empty
    """)


def test_market_order_that_meets_nobody_is_canceled(played):
    """M7: whatever its time in force; FOK gives its own reason."""
    played("""
        buy #1 200@market      ->  cancel #1 200 MARKET_REST
        buy #2 200@market DAY  ->  cancel #2 200 MARKET_REST
        buy #3 200@market FOK  ->  cancel #3 200 FOK_UNFILLABLE
        empty
    """)


def test_market_fok_looks_to_the_protection_price(played):
    """M7, M6."""
    played("""
        given protection 0.01
              | 10.02 | 50#3
              | 10.01 | 50#2
              | 10.00 | 50#1
        buy #4 101@market FOK  ->  cancel #4 101 FOK_UNFILLABLE
        buy #5 100@market FOK  ->  fill #1 50@10.00, fill #2 50@10.01
              | 10.02 | 50#3
    """)


def test_market_order_reports_its_protection_price(make):
    """M7: the price in its reports is the limit that it got; 0 when there was nobody to take it from."""
    book = make()
    book.enter(1, 0, 5, 1, ord_type=1, tif=3)

    assert [0, 0] == [event.price for event in book.events()]

    book.enter(2, 100_000, 5, 2)
    book.enter(1, 0, 9, 3, ord_type=1, tif=3)

    assert [150_000, 100_000, 150_000, 150_000] == [event.price for event in book.events()]


def test_post_only_rests_or_is_rejected(played):
    """M8."""
    played("""
              | 10.03 | 80#1
        buy #2 100@10.02 post
        buy #3 100@10.03 post  ->  reject POST_ONLY_WOULD_TRADE
               | 10.03 | 80#1
        100#2  | 10.02 |
    """)


def test_reserve_shows_one_part_and_refreshes_at_the_back(played):
    """M9: #1 showed first, so it trades first; its next part stands behind #2."""
    played("""
              | 10.03 | 30+70#1 50#2
        buy #3 40@10.03  ->  fill #1 30@10.03, refresh #1 30, fill #2 10@10.03
              | 10.03 | 40#2 30+40#1
        buy #4 20@10.03  ->  fill #2 20@10.03
        buy #5 25@10.03  ->  fill #2 20@10.03, fill #1 5@10.03
              | 10.03 | 25+40#1
    """)


def test_last_part_of_a_reserve_is_what_is_left(played):
    """M9."""
    played("""
              | 10.03 | 30+15#1
        buy #2 30@10.03  ->  fill #1 30@10.03, refresh #1 15
              | 10.03 | 15#1
    """)


def test_incoming_reserve_order_trades_in_full_then_shows_its_part(played):
    """M9."""
    played("""
              | 10.03 | 30#1
        buy #2 100@10.03 show 20  ->  fill #1 30@10.03
        20+50#2 | 10.03 |
    """)


def test_depth_shows_what_is_displayed(make):
    """M10: reserves count in no public figure."""
    book = make()
    book.enter(2, 100_300, 100, 1, display_qty=30)
    book.enter(2, 100_300, 50, 2)
    book.enter(1, 100_200, 10, 3)

    assert ([(100_200, 10, 1)], [(100_300, 80, 2)]) == book.depth()
    assert (100_200, 10, 100_300, 80) == book.top()


def test_replace_to_less_keeps_its_place(played):
    """M11."""
    played("""
              | 10.03 | 100#1 100#2
        replace #1 40@10.03  ->  replaced #1 40@10.03
              | 10.03 | 40#1 100#2
    """)


def test_replace_to_less_takes_from_the_reserve_first(played):
    """M11, M9."""
    played("""
              | 10.03 | 30+70#1 100#2
        replace #1 50@10.03  ->  replaced #1 50@10.03
              | 10.03 | 30+20#1 100#2
        replace #1 30@10.03  ->  replaced #1 30@10.03
              | 10.03 | 30#1 100#2
    """)


def test_replace_to_more_goes_to_the_back(played):
    """M12."""
    played("""
              | 10.03 | 100#1 100#2
        replace #1 101@10.03  ->  replaced #1 101@10.03
              | 10.03 | 100#2 101#1
    """)


def test_replace_to_another_price_goes_to_the_back(played):
    """M12."""
    played("""
              | 10.04 | 100#2
              | 10.03 | 100#1
        replace #1 100@10.04  ->  replaced #1 100@10.04
              | 10.04 | 100#2 100#1
    """)


def test_replace_of_the_displayed_quantity_goes_to_the_back(played):
    """M12: even with less quantity in all."""
    played("""
              | 10.03 | 100#1 100#2
        replace #1 90@10.03 show 10  ->  replaced #1 90@10.03
              | 10.03 | 100#2 10+80#1
        replace #2 100@10.03         ->  replaced #2 100@10.03
              | 10.03 | 10+80#1 100#2
        replace #1 80@10.03 show 0   ->  replaced #1 80@10.03
              | 10.03 | 100#2 80#1
    """)


def test_replace_may_trade(played):
    """M12: at the new price the order comes in anew."""
    played("""
              | 10.03 | 60#2
        100#1 | 10.01 |
        replace #1 100@10.03 as #3  ->  replaced #3 100@10.03, fill #2 60@10.03
        40#3  | 10.03 |
    """)


def test_replaced_quantity_is_the_total(played):
    """M12: 30 of 100 are done, so a total of 120 leaves 90."""
    played("""
              | 10.03 | 100#1
        buy #2 30@10.03       ->  fill #1 30@10.03
        replace #1 120@10.03  ->  replaced #1 90@10.03
              | 10.03 | 90#1
    """)


def test_replace_to_what_is_executed_ends_the_order(played):
    """M13: there is nothing left to trade; the price stays what it was."""
    played("""
              | 10.03 | 100#1 50#3
        buy #2 30@10.03      ->  fill #1 30@10.03
        replace #1 30@10.05  ->  replaced #1 0@10.03
              | 10.03 | 50#3
    """)


def test_cancel_by_client_id_and_by_order_id(played):
    """M14."""
    played("""
        50#2 60#3 | 10.03 |
        cancel #2 as #8       ->  cancel #2 50 USER
        cancel #3 by order_id  ->  cancel #3 60 USER
        empty
    """)


def test_replace_renames_the_order(played):
    """M14: the old name is free, the new one names the order."""
    played("""
        50#2 | 10.03 |
        replace #2 40@10.03 as #5  ->  replaced #5 40@10.03
        cancel #2                  ->  refuse UNKNOWN_ORDER
        buy #2 10@10.03
        cancel #5                  ->  cancel #5 40 USER
        10#2 | 10.03 |
    """)


def test_mass_cancel_takes_the_oldest_first(played):
    """M15: the age of an order is that of its entry, whatever was replaced since."""
    played("""
        buy #1 10@10.01 account 1
        buy #2 10@10.03 account 2
        buy #3 10@10.02 account 1
        replace #1 20@10.00  ->  replaced #1 20@10.00
        mass cancel account 1  ->  cancel #1 20 MASS_CANCEL, cancel #3 10 MASS_CANCEL, mass canceled 2
        10#2 | 10.03 |
    """)


def test_mass_cancel_filters(played):
    """M15: session, account, instrument and side, each given or left open."""
    played("""
        given instruments 2
        buy  #1 10@10.01 session 1 account 1
        sell #2 10@10.05 session 1 account 1
        buy  #3 10@10.01 session 2 account 1
        buy  #4 10@10.01 session 1 account 2 instrument 2
        mass cancel session 3          ->  mass canceled 0
        mass cancel side 2             ->  cancel #2 10 MASS_CANCEL, mass canceled 1
        mass cancel session 1 account 1  ->  cancel #1 10 MASS_CANCEL, mass canceled 1
        mass cancel instrument 2       ->  cancel #4 10 MASS_CANCEL, mass canceled 1
        mass cancel                    ->  cancel #3 10 MASS_CANCEL, mass canceled 1
        empty
    """)


def test_gtd_orders_expire_by_time_then_age(played):
    """M16: an order lives before its expiry time and not at it."""
    played("""
        buy #1 10@10.01 GTD 30
        buy #2 10@10.01 GTD 20
        buy #3 10@10.01 GTD 20
        buy #4 10@10.01 GTD 31
        time 19
        time 30  ->  expire #2 10 GTD_EXPIRED, expire #3 10 GTD_EXPIRED, expire #1 10 GTD_EXPIRED
        10#4 | 10.01 |
    """)


def test_day_orders_expire_at_the_end_of_day(played):
    """M16: oldest first, then what is due of the others; GTC stays."""
    played("""
        buy #1 10@10.01 GTD 30
        buy #2 10@10.02 DAY
        buy #3 10@10.03 GTC
        buy #4 10@10.04 DAY
        end of day 30  ->  expire #2 10 DAY_END, expire #4 10 DAY_END, expire #1 10 GTD_EXPIRED
        10#3 | 10.03 |
    """)
