"""Drawn examples of stop orders: where they wait, what reaches them, in which order they come in, and what bounds a cascade."""

import pytest

from engine.matching.enums import ExecType, OrdType, Phase, Reason, Strike
from engine.matching.records import Instrument
from engine.testing.commands import Enter, apply

TEN = 100_000
STOP, STOP_LIMIT = OrdType.STOP, OrdType.STOP_LIMIT


def test_waiting_stop_is_open_and_in_no_queue(make):
    """M50: it shows nothing; its owner sees its stop price until it is triggered."""
    book = make()
    order_id = book.enter(1, TEN + 500, 10, 1, ord_type=STOP_LIMIT, stop_px=TEN + 300, display_qty=4)
    open_order = book.order(order_id)

    assert (TEN + 500, TEN + 300, 10, 0, 4) == (
        open_order.price,
        open_order.stop_px,
        open_order.leaves_qty,
        open_order.shown_qty,
        open_order.display_qty,
    )
    assert ([], (0, 0, 0, 0), 1) == (book.orders(1), book.top(1), book.open_orders)
    assert open_order == book.find(1, 1)

    book.enter(2, TEN + 300, 1, 2)
    book.enter(1, TEN + 300, 1, 3)
    assert (0, 4) == (book.order(order_id).stop_px, book.order(order_id).shown_qty)


def test_before_the_first_execution_any_stop_price_may_wait(played):
    """M50: there is no last price yet."""
    played("""
        buy #1 10@10.01 stop 0.01
        sell #2 10@10.02 stop 90.00
        buy #3 5@10.05
        sell #4 5@10.05   ->  fill #3 5@10.05, trigger #1, trigger #2
              | 10.02 | 10#2
        10#1  | 10.01 |
    """)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("buy #3 10@market stop 10.04 GTC", ""),
        ("buy #3 10@market stop 10.03 GTC", "reject STOP_PX"),
        ("buy #3 10@10.10 stop 10.02", "reject STOP_PX"),
        ("sell #3 10@market stop 10.02 GTC", ""),
        ("sell #3 10@market stop 10.03 GTC", "reject STOP_PX"),
        ("sell #3 10@9.90 stop 10.04", "reject STOP_PX"),
    ],
)
@pytest.mark.parametrize("phase", ["", "phase CALL"])
def test_stop_that_is_reached_is_refused(played, order, told, phase):
    """M50: at the last price too, in every phase."""
    played(f"""
        sell #1 10@10.03
        buy #2 10@10.03  ->  fill #1 10@10.03
        {phase}
        {order}  ->  {told}
    """)


def test_quotes_trigger_nothing(played):
    """M51."""
    played("""
        buy #1 10@market stop 10.00 GTC
        sell #2 10@10.05
        buy #3 10@10.04
              | 10.05 | 10#2
        10#3  | 10.04 |
    """)


def test_cancel_expiry_and_collar_trigger_nothing(played):
    """M51, M54: an order that a cascade left waiting comes in with the next order, replace or phase."""
    played("""
        given sweep 1 protection 0.50
              | 10.20 | 10#2
              | 10.05 | 9#1
        buy #3 1@9.00 GTD 20
        buy #4 1@9.00
        buy #5 1@market stop 10.05 GTC
        buy #6 9@10.05         ->  fill #1 9@10.05, trigger #5, cancel #5 1 SWEEP_LIMIT
        buy #7 1@9.00
        buy #8 1@market stop 10.10 GTC
        buy #9 1@market stop 10.20 GTC
        buy #10 1@10.20        ->  fill #2 1@10.20, trigger #8, cancel #8 1 SWEEP_LIMIT
        cancel #4              ->  cancel #4 1 USER
        time 20                ->  expire #3 1 GTD_EXPIRED
        collar 1.00 90.00
        replace #7 1@9.00      ->  replaced #7 1@9.00, trigger #9, cancel #9 1 SWEEP_LIMIT
    """)


def test_order_that_never_traded_lets_the_next_stop_in_too(played):
    """M51: each accepted order, whatever became of it; a refused one does not."""
    played("""
        given sweep 2 protection 0.50
              | 10.10 | 10#1
        buy #2 1@market stop 10.10 GTC
        buy #3 1@market stop 10.10 GTC
        buy #4 1@10.10                 ->  fill #1 1@10.10, trigger #2, fill #1 1@10.10
        buy #4 0@10.10                 ->  reject LOT
        buy #5 20@10.10 FOK            ->  cancel #5 20 FOK_UNFILLABLE, trigger #3, fill #1 1@10.10
    """)


def test_trigger_to_the_last_field(make):
    """M51, M52: restated with its limit and all that is open; nothing was executed by that."""
    book = make([Instrument("TEST", protection=500)])
    book.enter(1, 0, 20, 7, ord_type=STOP, stop_px=TEN + 100, session=3, account=4)
    (accepted,) = book.events()
    book.enter(2, TEN + 100, 5, 8)
    _, _, _, restated, *_ = apply(book, Enter(1, TEN + 100, 5, 9))

    assert (ExecType.NEW, TEN + 600, 20) == (accepted.exec_type, accepted.price, accepted.leaves_qty)
    assert (ExecType.RESTATED, Reason.TRIGGERED, accepted.order_id) == (restated.exec_type, restated.reason, restated.order_id)
    assert (7, 3, 4, TEN + 600, 20, 20, 0, 0, 0) == (
        *(restated.cl_ord_id, restated.session, restated.account, restated.price),
        *(restated.order_qty, restated.leaves_qty, restated.cum_qty, restated.last_px, restated.last_qty),
    )


@pytest.mark.parametrize(
    ("side", "stop_px", "limit"),
    [(1, 10 * TEN - 400, 10 * TEN), (1, 10 * TEN - 500, 10 * TEN), (1, TEN, TEN + 500), (2, 500, 100), (2, 600, 100), (2, 700, 200)],
)
def test_limit_of_a_stop_order_is_kept_on_the_ladder(make, side, stop_px, limit):
    """M52: between one tick and the highest price."""
    book = make([Instrument("TEST", tick=100, max_price=10 * TEN, protection=500)])

    assert limit == book.order(book.enter(side, 0, 10, 1, ord_type=STOP, stop_px=stop_px)).price


def test_stop_order_has_no_price_and_a_stop_limit_order_must(make):
    """M50: as market and limit orders."""
    book = make()
    for ord_type, price, reason in ((STOP, TEN, Reason.TICK), (STOP_LIMIT, 0, Reason.TICK), (2, TEN, Reason.STOP_PX)):
        book.enter(1, price, 10, 1, ord_type=ord_type, stop_px=TEN)
        assert [reason] == [event.reason for event in book.events()]


def test_rest_of_a_stop_order_says_the_collar_where_that_held_it_back(played):
    """M52."""
    played("""
        given protection 0.50 collar 9.00 10.10
              | 10.20 | 10#2
              | 10.05 | 10#1
        buy #3 20@market stop 10.05 GTC
        buy #4 5@10.05   ->  fill #1 5@10.05, trigger #3, fill #1 5@10.05, cancel #3 15 COLLAR_DYNAMIC
    """)


def test_stop_limit_order_rests_behind_those_at_its_price(played):
    """M51, M52: though it is older than they; it shows its displayed quantity."""
    played("""
              | 10.05 | 10#1
        buy #2 20@10.04 stop 10.05 show 5
        buy #3 10@10.04
        buy #4 10@10.05  ->  fill #1 10@10.05, trigger #2
        10#3 5+15#2 | 10.04 |
    """)


def test_stop_limit_order_may_wait_beyond_the_collar(played):
    """M50, M52: it works at the edge once it comes in."""
    played("""
        given collar 9.00 10.10
              | 10.05 | 10#1
        buy #2 20@20.00 stop 10.05
        buy #3 10@20.00 stop 15.00
        buy #4 10@10.05  ->  fill #1 10@10.05, trigger #2, slide #2 10.10
        20#2 | 10.10 |
    """)


def test_triggered_order_needs_a_place_for_what_is_left_only(played):
    """M52: where there is none, that is canceled."""
    played("""
        given levels 192
        sell #1 10@10.00
        sell #2 10@10.20
        buy #3 10@1.00
        buy #4 5@10.10 stop 10.00
        buy #5 20@10.10 stop 10.00
        buy #6 1@market stop 10.19 GTC
        buy #7 1@10.00 IOC  ->  fill #1 1@10.00, trigger #4, fill #1 5@10.00, trigger #5, fill #1 4@10.00, cancel #5 16 NO_PLACE
    """)


def test_lowest_buy_stop_comes_first_then_the_oldest(played):
    """M53: whenever an execution of the cascade has reached it."""
    played("""
        given protection 1.00
              | 10.30 | 30#1
              | 10.10 | 5#2
        buy #3 5@market stop 10.20 GTC
        buy #4 5@market stop 10.10 GTC
        buy #5 2@market stop 10.05 GTC
        buy #6 2@market stop 10.05 GTC
        buy #7 1@10.10  ->  fill #2 1@10.10, trigger #5, fill #2 2@10.10, trigger #6, fill #2 2@10.10, trigger #4, fill #1 5@10.30, \
trigger #3, fill #1 5@10.30
    """)


def test_highest_sell_stop_comes_first_then_the_oldest(played):
    """M53."""
    played("""
        given protection 1.00
        20#1 | 9.90 |
        sell #2 1@market stop 9.90 GTC
        sell #3 1@market stop 9.95 GTC
        sell #4 1@market stop 9.95 GTC
        sell #5 1@9.90  ->  fill #1 1@9.90, trigger #3, fill #1 1@9.90, trigger #4, fill #1 1@9.90, trigger #2, fill #1 1@9.90
    """)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("sell #3 1@market", "buy #4 1@market", "trigger #3, fill #2 1@9.95"),
        ("buy #3 1@market", "sell #4 1@market", "trigger #3, fill #1 1@10.05"),
    ],
)
def test_of_a_buy_and_a_sell_the_older_one_comes_first(played, first, second, told):
    """M53: its execution may leave the other one behind, which then waits on."""
    played(f"""
        given protection 0.10
              | 10.05 | 20#1
        20#2  | 9.95  |
        phase CALL
        {first} stop 10.00 GTC
        {second} stop 10.00 GTC
        buy #5 1@10.00
        sell #6 1@10.00
        uncross           ->  cross #5 #6 1@10.00
        phase CONTINUOUS  ->  {told}
    """)


def test_cascade_counts_triggers_and_orders_met(played):
    """M54: five here, of which the last trigger has none left to meet anybody."""
    played("""
        given sweep 5 protection 0.50
              | 10.10 | 10#2 10#3
              | 10.05 | 10#1
        buy #4 20@market stop 10.05 GTC
        buy #5 1@market stop 10.05 GTC
        sell #6 10@10.20
        buy #7 10@10.05  ->  fill #1 10@10.05, trigger #4, fill #2 10@10.10, fill #3 10@10.10, trigger #5, fill #6 1@10.20
    """)


def test_order_that_meets_the_bound_is_canceled(played):
    """M54: a trigger is one, what it meets is one each."""
    played("""
        given sweep 2 protection 0.50
              | 10.20 | 10#3
              | 10.10 | 10#2
              | 10.05 | 10#1
        buy #4 11@market stop 10.05 GTC
        buy #5 10@10.05  ->  fill #1 10@10.05, trigger #4, fill #2 10@10.10, cancel #4 1 SWEEP_LIMIT
    """)


def test_command_that_sets_off_a_cascade_counts_for_itself(played):
    """M54: the order that moved the price had met as many as it may."""
    played("""
        given sweep 2 protection 0.50
              | 10.20 | 10#3
              | 10.10 | 10#2
              | 10.05 | 10#1
        buy #4 1@market stop 10.05 GTC
        buy #5 20@10.10  ->  fill #1 10@10.05, fill #2 10@10.10, trigger #4, fill #3 1@10.20
    """)


def test_cascade_without_end_strikes_a_book_that_pauses(make):
    """M54: the rest waits on, in a book that collects."""
    book = make(sweep=2)
    book.set_phase(1, Phase.CONTINUOUS, True)
    book.enter(2, TEN, 10, 1)
    for n in range(3):
        book.enter(1, 0, 1, 10 + n, ord_type=STOP, stop_px=TEN)
    book.enter(1, TEN, 1, 2)

    assert [(1, Strike.CASCADE), None] == [book.take_strike() for _ in range(2)]
    assert [11, 12] == [order.cl_ord_id for order in book.orders() if order.stop_px]
    book.check()


def test_strike_of_a_triggered_order_ends_the_cascade(played):
    """M49, M51: the others wait until the book matches again."""
    played("""
        given protection 0.50 collar 1.00 90.00 dynamic 1% anchor 10.00
              | 10.30 | 20#2
              | 10.05 | 10#1
        phase CONTINUOUS pauses
        buy #3 20@10.40 stop 10.05
        buy #4 10@market stop 10.05 GTC
        buy #5 5@10.05     ->  fill #1 5@10.05, trigger #3, fill #1 5@10.05, strike COLLAR
        15#3  | 10.40 |
              | 10.30 | 20#2
        uncross            ->  cross #3 #2 15@10.30
        phase CONTINUOUS   ->  trigger #4, fill #2 5@10.30, cancel #4 5 MARKET_REST
    """)


def test_stops_that_a_book_keeps_come_in_when_it_no_longer_does(played):
    """M55."""
    played("""
              | 10.05 | 20#1
        buy #2 10@10.05 stop 10.05
        phase CONTINUOUS keeps
        buy #3 10@10.05      ->  fill #1 10@10.05
        phase CONTINUOUS     ->  trigger #2, fill #1 10@10.05
    """)


def test_mass_cancel_takes_those_that_wait_in_the_order_of_their_entry(played):
    """M56: among the others."""
    played("""
        buy #1 10@10.05 stop 10.04
        buy #2 10@9.00
        buy #3 10@9.00 CLS
        sell #4 10@9.00 stop 9.50
        mass cancel side 1  ->  cancel #1 10 MASS_CANCEL, cancel #2 10 MASS_CANCEL, cancel #3 10 MASS_CANCEL, mass canceled 3
        mass cancel         ->  cancel #4 10 MASS_CANCEL, mass canceled 1
    """)


def test_waiting_stop_expires(played):
    """M56, M16: by its date, or with the day."""
    played("""
        buy #1 10@10.05 stop 10.04 GTD 20
        buy #2 10@10.05 stop 10.04 DAY
        buy #3 10@10.05 stop 10.04 GTC
        time 20          ->  expire #1 10 GTD_EXPIRED
        end of day 30    ->  expire #2 10 DAY_END
        mass cancel      ->  cancel #3 10 MASS_CANCEL, mass canceled 1
    """)


def test_stop_prices_take_pages_of_levels(make):
    """M25, M50: a stop order that finds none is refused."""
    book = make(levels=64)
    book.enter(1, TEN, 10, 1)
    book.enter(1, TEN, 10, 2, ord_type=STOP_LIMIT, stop_px=TEN)

    assert [Reason.LEVELS_FULL] == [event.reason for event in book.events()]
