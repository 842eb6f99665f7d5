"""Every limit has a name, and reaching it is a refusal (M25): nothing is half done, and room that comes free is used again."""

import pytest

from engine.matching.book import OrderBook
from engine.matching.enums import Reason
from engine.matching.records import Instrument
from engine.testing.commands import Enter, Replace, apply

DEAR = Instrument("DEAR", tick=2**18, max_price=2**18 * 2**26, max_qty=2**63 - 1, protection=2**18)


def reasons(book, *commands):
    """Apply commands and return, of each, how its last event says it ended."""
    return [apply(book, command)[-1].reason for command in commands]


def test_orders_full(played):
    """M25: also for an order that would trade, because it needs a slot while it does."""
    played("""
        given orders 2
               | 10.03 | 10#1
        10#2   | 10.01 |
        buy #3 10@10.03 IOC  ->  reject ORDERS_FULL
        buy #3 10@10.00      ->  reject ORDERS_FULL
        cancel #2            ->  cancel #2 10 USER
        buy #3 10@10.03      ->  fill #1 10@10.03
        buy #4 10@10.00
        buy #5 10@10.00
        10#4 10#5 | 10.00 |
    """)


def test_one_order_is_room_enough_for_one(make):
    """M25, M23: the one slot is used under a new generation each time."""
    book = make(orders=1)

    assert [generation << 24 | 1 for generation in range(1, 6)] == [book.enter(1, 100, 5, i, tif=3) for i in range(1, 6)]


def test_slots_are_reused_in_the_order_in_which_they_came_free(make):
    """M23: the one freed last is used first; within a command they come free as the events say."""
    book = make()
    for name, price in ((1, 100), (2, 200), (3, 300)):
        book.enter(2, price, 5, name)
    book.enter(1, 300, 15, 4)

    assert [2 << 24 | 4, 2 << 24 | 3, 2 << 24 | 2, 2 << 24 | 1, 1 << 24 | 5] == [book.enter(1, 100, 5, 10 + i) for i in range(5)]


def test_levels_full(make):
    """M25: levels are reserved 64 at a time, from the best end of each side; a page that is in use has room for its neighbours."""
    book = make([Instrument("A", tick=1, max_price=1_000, protection=0)], levels=128)

    assert [Reason.NONE] * 3 == reasons(book, Enter(2, 64, 5, 1), Enter(2, 127, 5, 2), Enter(1, 1, 5, 3))
    assert [Reason.LEVELS_FULL] * 2 == reasons(book, Enter(2, 128, 5, 4), Enter(1, 63, 5, 5))
    assert [Reason.NONE] * 2 == reasons(book, Enter(2, 70, 5, 6), Enter(1, 40, 5, 7))


def test_levels_full_is_looked_at_before_anything_trades(make):
    """M25: even where the trade would have made room; an order that never rests needs none."""
    book = make([Instrument("A", tick=1, max_price=1_000, protection=0)], levels=64)
    book.enter(2, 500, 5, 1)

    assert [Reason.LEVELS_FULL, Reason.LEVELS_FULL] == reasons(book, Enter(1, 500, 9, 2), Enter(1, 500, 5, 3))
    assert [Reason.IOC] == reasons(book, Enter(1, 500, 9, 4, tif=3))
    assert [Reason.NONE] == reasons(book, Enter(1, 500, 9, 5))


def test_levels_full_refuses_a_replace(make):
    """M25, M12: the order stays where it was."""
    book = make([Instrument("A", tick=1, max_price=1_000, protection=0)], levels=64)
    order_id = book.enter(2, 500, 5, 1)

    assert not book.replace(order_id, 700, 5)
    assert [Reason.LEVELS_FULL] == [event.reason for event in book.events()]
    assert book.replace(order_id, 450, 5)
    assert (0, 0, 450, 5) == book.top()


def test_pages_are_free_again_when_their_last_level_is(make):
    """M25."""
    book = make([Instrument("A", tick=1, max_price=100_000, protection=0)], levels=64)
    for price in range(1, 100_000, 977):
        assert book.enter(2, price, 5, price)
        assert book.cancel(orig_cl_ord_id=price)
        book.check()


def test_levels_are_shared_by_all_instruments(make):
    """M25."""
    book = make([Instrument("A", tick=1, max_price=100, protection=0), Instrument("B", tick=1, max_price=100, protection=0)], levels=65)

    assert [Reason.NONE, Reason.NONE, Reason.LEVELS_FULL] == reasons(
        book, Enter(1, 90, 5, 1), Enter(2, 10, 5, 2, instrument=2), Enter(1, 90, 5, 3, instrument=2)
    )


def test_price_range_is_the_instruments_own(make):
    """M25: its highest price is good, one tick more is not."""
    book = make([Instrument("A", tick=50, max_price=200, protection=0)])

    assert [Reason.NONE, Reason.PRICE_RANGE, Reason.NONE] == reasons(book, Enter(2, 200, 5, 1), Enter(2, 250, 5, 2), Enter(1, 50, 5, 3))


def test_accounts_have_a_limit(make):
    """M25."""
    book = make(accounts=2)

    assert [Reason.NONE, Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_ACCOUNT] == reasons(
        book, Enter(1, 100, 5, 1, account=2), Enter(1, 100, 5, 2, account=3), Enter(1, 100, 5, 3, account=2**32 - 1)
    )


def test_instruments_have_a_limit(make):
    """M25."""
    book = make([Instrument("A"), Instrument("B")])

    assert [Reason.NONE, Reason.UNKNOWN_INSTRUMENT, Reason.UNKNOWN_INSTRUMENT] == reasons(
        book, Enter(1, 100, 5, 1, instrument=2), Enter(1, 100, 5, 2, instrument=3), Enter(1, 100, 5, 3, instrument=2**32 - 1)
    )


def test_overflow(make):
    """M25: price times quantity must stay below 2**63; for a market order at the highest price that it could get."""
    book = make([DEAR])
    price = DEAR.max_price
    largest = (2**63 - 1) // price

    assert [Reason.OVERFLOW, Reason.OVERFLOW, Reason.MARKET_REST, Reason.OVERFLOW, Reason.NONE, Reason.OVERFLOW] == reasons(
        book,
        Enter(1, price, largest + 1, 1),
        Enter(1, 0, largest + 1, 2, ord_type=1, tif=3),
        Enter(1, 0, largest, 3, ord_type=1, tif=3),
        Enter(1, 2**18, 2**63 - 1, 4),
        Enter(2, price, largest, 5),
        Enter(1, price, 2**63 - 1, 6),
    )
    assert not book.replace(0, price, largest + 1, orig_cl_ord_id=5)
    assert [Reason.OVERFLOW] == [event.reason for event in book.events()]


def test_level_total_stays_below_the_overflow(make):
    """M25: all that is open at one price must stay below 2**63 too; an order that never rests adds nothing to it."""
    book = make([Instrument("A", tick=1, max_price=100, max_qty=2**63 - 1, protection=1)])
    half = 2**62

    assert [Reason.NONE, Reason.OVERFLOW, Reason.NONE, Reason.IOC, Reason.NONE] == reasons(
        book,
        Enter(1, 1, half, 1),
        Enter(1, 1, half, 2, display_qty=1),
        Enter(1, 1, half - 1, 3),
        Enter(1, 1, half, 4, tif=3),
        Enter(2, 2, 5, 5),
    )
    assert [(1, 2**63 - 1, 2)] == book.depth()[0]
    book.check()


def test_level_total_refuses_a_replace(make):
    """M25, M12: to more at the price where it is, or to the price where there is no room; less is always well."""
    book = make([Instrument("A", tick=1, max_price=100, max_qty=2**63 - 1, protection=1)])
    half = 2**62
    for command in (Enter(1, 1, half, 1), Enter(1, 1, half - 1, 2), Enter(1, 2, 10, 3)):
        apply(book, command)

    assert [Reason.OVERFLOW, Reason.OVERFLOW, Reason.NONE, Reason.NONE, Reason.OVERFLOW] == reasons(
        book,
        Replace(0, 1, half, orig_cl_ord_id=2),
        Replace(0, 1, 1, orig_cl_ord_id=3),
        Replace(0, 1, half - 8, orig_cl_ord_id=2),
        Replace(0, 1, 7, orig_cl_ord_id=3),
        Replace(0, 1, 8, orig_cl_ord_id=3),
    )
    assert [(1, 2**63 - 1, 3)] == book.depth()[0]


def test_largest_orders_trade(make):
    """M25: the top of every range, on both sides."""
    book = make([DEAR])
    largest = (2**63 - 1) // DEAR.max_price
    book.enter(2, DEAR.max_price, largest, 2**64 - 1, session=2**32 - 1)
    book.enter(1, DEAR.max_price, largest, 2**64 - 2, session=2**32 - 1, stp_group=2**32 - 1, stp_mode=2)

    assert [largest, largest] == [event.last_qty for event in book.events()[1:]]
    book.check()


def test_reserve_of_the_smallest_part_of_the_largest_order(make):
    """M9, M25: a FOK order looks through no more than `sweep` places, however long the reserve."""
    book = make([Instrument("A", tick=1, max_price=100, protection=0)], sweep=50)
    book.enter(2, 10, 2**53 - 1, 1, display_qty=1)

    assert [Reason.FOK_UNFILLABLE, Reason.SWEEP_LIMIT] == reasons(book, Enter(1, 10, 51, 2, tif=4), Enter(1, 10, 60, 3))
    assert [Reason.RESERVE_REFRESH] == reasons(book, Enter(1, 10, 50, 4, tif=4))
    assert 2**53 - 1 - 100 == book.orders()[0].leaves_qty


def test_sweep_limit(played):
    """M25: what is left after meeting that many orders is canceled, though it could have rested."""
    played("""
        given sweep 2
              | 10.05 | 10#4
              | 10.04 | 10#3
              | 10.03 | 10#1 10#2
        buy #5 20@10.03  ->  fill #1 10@10.03, fill #2 10@10.03
        buy #6 10@10.03
               | 10.05 | 10#4
               | 10.04 | 10#3
        10#6   | 10.03 |
        sell #7 10@10.05
        buy #8 50@10.05  ->  fill #3 10@10.04, fill #4 10@10.05, cancel #8 30 SWEEP_LIMIT
               | 10.05 | 10#7
        10#6   | 10.03 |
    """)


def test_sweep_limit_counts_prevented_trades_too(played):
    """M25, M18."""
    played("""
        given sweep 2
        sell #1 10@10.01 group 1
        sell #2 10@10.02 group 1
        sell #3 10@10.03
        buy #4 30@10.03 group 1 CANCEL_OLDEST  ->  cancel #1 10 STP, cancel #2 10 STP, cancel #4 30 SWEEP_LIMIT
              | 10.03 | 10#3
    """)


WRONG = {
    "orders": ({"orders": 0}, "orders 0 is not between 1 and"),
    "levels": ({"levels": 0}, "must be at least 1"),
    "accounts": ({"accounts": 0}, "must be at least 1"),
    "sweep": ({"sweep": 0}, "must be at least 1"),
    "batch": ({"batch": 0}, "must be at least 1"),
    "no instruments": ({"instruments": []}, "must be at least 1"),
    "tick 0": ({"instruments": Instrument("A", tick=0)}, "A: tick 0 is not between 1 and 262144"),
    "coarse tick": ({"instruments": Instrument("A", tick=2**18 + 1)}, "A: tick 262145 is not between"),
    "max_price off tick": ({"instruments": Instrument("A", tick=100, max_price=150, protection=0)}, "A: max_price 150 is not"),
    "high ladder": ({"instruments": Instrument("A", tick=1, max_price=2**26 + 1)}, "A: max_price 67108865 is not"),
    "no ladder": ({"instruments": Instrument("A", tick=1, max_price=0, protection=0)}, "A: max_price 0 is not"),
    "protection off tick": ({"instruments": Instrument("A", protection=150)}, "A: protection 150 is not a multiple"),
    "protection past the ladder": ({"instruments": Instrument("A", max_price=1_000)}, "A: protection 50000 is not"),
    "protection below 0": ({"instruments": Instrument("A", protection=-100)}, "A: protection -100 is not"),
    "lot 0": ({"instruments": Instrument("A", lot=0)}, "A: lot, min_qty and max_qty must be"),
    "min over max": ({"instruments": Instrument("A", min_qty=9, max_qty=8)}, "A: lot, min_qty and max_qty must be"),
}


@pytest.mark.parametrize(("limits", "says"), WRONG.values(), ids=WRONG)
def test_limit_that_makes_no_sense_is_an_error(limits, says):
    """M25: it names the value and the rule."""
    with pytest.raises(ValueError, match=says):
        OrderBook(**limits)


def test_number_that_no_field_can_hold_is_an_error():
    """M25: in Python only; a record cannot carry it."""
    book = OrderBook()

    with pytest.raises(OverflowError):
        book.enter(1, 2**63, 5, 1)
    with pytest.raises(OverflowError):
        book.enter(1, 100, 5, -1)
    with pytest.raises(OverflowError):
        book.enter(256, 100, 5, 1)
    assert [] == book.events()


@pytest.mark.parametrize("view", ["depth", "top", "orders"])
def test_book_of_an_instrument_that_is_not_listed_is_an_error(make, view):
    with pytest.raises(ValueError, match="instrument 2 is not between 1 and 1"):
        getattr(make(), view)(2)


def test_unused_book_is_empty(make):
    book = make()
    book.check()

    assert ([], []) == book.depth()
    assert (0, 0, 0, 0) == book.top()
    assert [] == book.orders() == book.events()
    assert (0, 0, 2**63 - 1) == (book.open_orders, book.last_exec_id, book.next_expiry_ns)
    assert book.order(0) is None
    assert book.order(2**64 - 1) is None


def test_every_open_order_is_found_by_its_id_as_the_table_of_ids_grows_and_empties():
    """Past a quarter of its smallest size the table doubles, and doubles again; ids that count up and ids from anywhere share it."""
    book = OrderBook(orders=8192)
    ids = [(1, i) for i in range(1, 3000)] + [(2, i * i * 7919 + 1) for i in range(1, 3000)]
    for session, cl_ord_id in ids:
        book.enter(1, 100, 5, cl_ord_id, session=session)

    assert ids == [(order.session, order.cl_ord_id) for order in book.orders()]
    assert ids == [(session, book.find(session, cl_ord_id).cl_ord_id) for session, cl_ord_id in ids]
    book.check()
    for session, cl_ord_id in ids[::2]:
        book.cancel(orig_cl_ord_id=cl_ord_id, session=session)

    assert [None] * len(ids[::2]) == [book.find(session, cl_ord_id) for session, cl_ord_id in ids[::2]]
    assert ids[1::2] == [(session, book.find(session, cl_ord_id).cl_ord_id) for session, cl_ord_id in ids[1::2]]
    book.check()
