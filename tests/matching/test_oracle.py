"""The oracle against cases worked out by hand, so that it is no second copy of one misreading."""

import pytest

from engine.matching.enums import ExecType, Liquidity, Reason
from engine.matching.records import Event, Instrument
from engine.testing.ladders import Ladders
from engine.testing.oracle import Oracle
from engine.testing.orders import Order

NEW, TRADE, CANCELED, RESTATED = ExecType.NEW, ExecType.TRADE, ExecType.CANCELED, ExecType.RESTATED
SLOT_1, SLOT_2, SLOT_3 = (1 << 24 | slot for slot in (1, 2, 3))


def brief(events):
    """Return what a page of a notebook would say of each event: type, client id, leaves, executed, last quantity, last price."""
    return [(event.exec_type, event.cl_ord_id, event.leaves_qty, event.cum_qty, event.last_qty, event.last_px) for event in events]


def test_one_trade_to_the_last_field():
    book = Oracle()
    book.enter(2, 100_300, 200, 11, session=3, account=2)
    book.enter(1, 100_500, 150, 12, session=4, account=1)
    both = {"match_id": 1, "instrument": 1, "last_px": 100_300, "last_qty": 150}
    nothing = dict.fromkeys(Event._fields, 0) | {"liquidity": Liquidity.NONE, "reason": Reason.NONE}
    maker = {"order_id": SLOT_1, "cl_ord_id": 11, "session": 3, "account": 2, "side": 2, "price": 100_300, "order_qty": 200}
    taker = {"order_id": SLOT_2, "cl_ord_id": 12, "session": 4, "account": 1, "side": 1, "price": 100_500, "order_qty": 150}
    accepted = nothing | taker | {"exec_id": 2, "exec_type": NEW, "instrument": 1, "leaves_qty": 150}
    sold = nothing | both | maker | {"exec_id": 3, "exec_type": TRADE, "leaves_qty": 50, "cum_qty": 150, "liquidity": Liquidity.MAKER}
    bought = nothing | both | taker | {"exec_id": 4, "exec_type": TRADE, "leaves_qty": 0, "cum_qty": 150, "liquidity": Liquidity.TAKER}

    assert [Event(**accepted), Event(**sold), Event(**bought)] == book.events()


def test_sweep_of_two_levels_and_a_reserve():
    """A buyer of 110 up to 10.02 takes 20 of #1, 30 of #2, 20 and 10 of #1's reserve, then 30 of #3 at 10.02."""
    book = Oracle()
    book.enter(2, 100_100, 50, 1, display_qty=20)
    book.enter(2, 100_100, 30, 2)
    book.enter(2, 100_200, 40, 3)
    book.enter(1, 100_200, 110, 4)

    assert [
        (NEW, 4, 110, 0, 0, 0),
        (TRADE, 1, 30, 20, 20, 100_100),
        (TRADE, 4, 90, 20, 20, 100_100),
        (RESTATED, 1, 30, 20, 20, 0),
        (TRADE, 2, 0, 30, 30, 100_100),
        (TRADE, 4, 60, 50, 30, 100_100),
        (TRADE, 1, 10, 40, 20, 100_100),
        (TRADE, 4, 40, 70, 20, 100_100),
        (RESTATED, 1, 10, 40, 10, 0),
        (TRADE, 1, 0, 50, 10, 100_100),
        (TRADE, 4, 30, 80, 10, 100_100),
        (TRADE, 3, 10, 30, 30, 100_200),
        (TRADE, 4, 0, 110, 30, 100_200),
    ] == brief(book.events())
    assert ([], [(100_200, 10, 1)]) == book.depth()


def test_decrement_by_hand():
    """A resting 70, of which 20 are done, meets 30 of its own group: 20 are left of it, 40 of its total; the newcomer is gone."""
    book = Oracle()
    book.enter(2, 100_100, 70, 1, stp_group=5)
    book.enter(1, 100_100, 20, 2)
    book.enter(1, 100_100, 30, 3, stp_group=5, stp_mode=4)
    _, resting, incoming = book.events()

    assert (RESTATED, Reason.STP, 40, 20, 20, 20) == (
        resting.exec_type,
        resting.reason,
        resting.order_qty,
        resting.leaves_qty,
        resting.cum_qty,
        resting.last_qty,
    )
    assert (CANCELED, Reason.STP, 0, 0, 0, 30) == (
        incoming.exec_type,
        incoming.reason,
        incoming.order_qty,
        incoming.leaves_qty,
        incoming.cum_qty,
        incoming.last_qty,
    )


def test_order_ids_by_hand():
    """Three slots fresh; #2 goes, then #1: the next order gets slot 1, the next slot 2, then a fresh one."""
    book = Oracle()

    assert [SLOT_1, SLOT_2, SLOT_3] == [book.enter(1, 100, 5, name) for name in (1, 2, 3)]

    book.cancel(SLOT_2)
    book.cancel(SLOT_1)

    assert [2 << 24 | 1, 2 << 24 | 2, 1 << 24 | 4] == [book.enter(1, 100, 5, name) for name in (4, 5, 6)]


@pytest.mark.parametrize(
    ("side", "best", "expected"),
    [(1, 100_000, 100_500), (2, 100_000, 99_500), (1, 199_800, 200_000), (2, 300, 100)],
    ids=["buy", "sell", "buy at the top", "sell at the bottom"],
)
def test_protection_price_by_hand(side, best, expected):
    book = Oracle([Instrument("A", tick=100, max_price=200_000, protection=500)])
    book.enter(3 - side, best, 5, 1)
    book.enter(side, 0, 9, 2, ord_type=1, tif=3)

    assert {expected} == {event.price for event in book.events() if event.cl_ord_id == 2}


@pytest.mark.parametrize(
    ("sells", "qty", "fills"),
    [
        ([(10, 0, 0), (5, 0, 0)], 15, True),
        ([(10, 0, 0), (5, 0, 0)], 16, False),
        ([(30, 10, 0), (5, 0, 0)], 35, True),
        ([(30, 10, 0), (5, 0, 1)], 10, True),
        ([(30, 10, 0), (5, 0, 1)], 11, False),
        ([(5, 0, 1), (30, 10, 0)], 1, False),
    ],
    ids=["all", "one too many", "with the reserve", "before the own order", "behind it", "own order first"],
)
def test_fok_by_hand(sells, qty, fills):
    """Sells are (quantity, displayed, group) at one price; the buyer is of group 1 and cancels the newest."""
    book = Oracle()
    for name, (sell_qty, display_qty, group) in enumerate(sells, start=1):
        book.enter(2, 100_000, sell_qty, name, display_qty=display_qty, stp_group=group)
    book.enter(1, 100_000, qty, 9, tif=4, stp_group=1, stp_mode=1)

    assert fills == (book.events()[-1].reason != Reason.FOK_UNFILLABLE)


def test_pages_by_hand():
    """1,000 ticks: the offer at 64 ticks is on the second page of its side, the bid at 937 too, 63 from the top still on the first."""
    ladders = Ladders({1: Instrument("A", tick=5, max_price=5_000)}, pages=9)
    pages = [
        ladders._page(Order(0, 0, 1, 1, 1, side, 2, 1, 0, 1, 0, 0, 0, 0, 0), ticks * 5)
        for side, ticks in ((2, 63), (2, 64), (1, 937), (1, 936))
    ]

    assert [(False, 1, 2, 0), (False, 1, 2, 1), (False, 1, 1, 0), (False, 1, 1, 1)] == pages


def test_check_finds_a_crossed_book():
    book = Oracle()
    book.enter(1, 100, 5, 1)
    book.enter(2, 200, 5, 2)
    book._open[SLOT_2].price = 100
    ladder = book._ladders.sides[1, 2]
    ladder[100] = ladder.pop(200)

    with pytest.raises(AssertionError, match="crossed"):
        book.check()


def test_check_finds_lost_quantity():
    book = Oracle()
    book.enter(1, 100, 5, 1)
    book._open[SLOT_1].leaves_qty = 4

    with pytest.raises(AssertionError, match="lost quantity"):
        book.check()
