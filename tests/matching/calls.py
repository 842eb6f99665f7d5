"""Small calls for the laws of auctions: a few orders at few prices, entered while the book collects; and what each price would do."""

from typing import NamedTuple

from hypothesis import strategies as st

from engine.matching.enums import ExecType, Phase, Side, StpMode
from engine.matching.records import Instrument
from engine.testing.commands import Enter

TICK = 4
TICKS = 12
TERMS = Instrument("CALL", tick=TICK, max_price=TICK * TICKS, protection=TICK)
PRICES = range(TICK, TICK * TICKS + 1, TICK)


class Tried(NamedTuple):
    """What would be executed at a price, and what would be left over: buys less sells."""

    volume: int
    imbalance: int


def orders(max_size=12, groups=(0,)):
    """Lists of limit orders, buys rather high and sells rather low, so that they cross and prices tie; some with a reserve."""

    def order(side, place, qty, shows, group, mode):
        places = (place + 1 if side == Side.BUY else TICKS - place) * TICK
        return Enter(side, places, qty, 0, display_qty=min(shows, qty), stp_group=group, stp_mode=mode)

    one = st.builds(
        order,
        side=st.sampled_from([Side.BUY, Side.SELL]),
        place=st.sampled_from([6, 7, 8, 9, 10, 5, 3]),
        qty=st.sampled_from([1, 2, 3, 4, 9]),
        shows=st.sampled_from([0, 0, 1, 3]),
        group=st.sampled_from(groups),
        mode=st.sampled_from(list(StpMode)),
    )
    lists = st.one_of(st.lists(one, max_size=max_size), st.lists(one, min_size=4, max_size=max_size))
    return lists.map(lambda found: [order._replace(cl_ord_id=i) for i, order in enumerate(found, start=1)])


def called(make, found, last_px=0):
    """Open a book that collects and has these orders; `last_px` is a price at which it traded before."""
    book = make([TERMS])
    if last_px:
        book.enter(Side.BUY, last_px, 1, 1_001)
        book.enter(Side.SELL, last_px, 1, 1_002)
    book.set_phase(1, Phase.CALL)
    for order in found:
        book.enter(*order)
    return book


def tried(book):
    """Return what each price of the grid would do, by adding up the open orders."""
    resting = book.orders(1)

    def wanted(side, price):
        return sum(o.leaves_qty for o in resting if o.side == side and (o.price >= price if side == Side.BUY else o.price <= price))

    both = {price: (wanted(Side.BUY, price), wanted(Side.SELL, price)) for price in PRICES}
    return {price: Tried(min(bought, sold), bought - sold) for price, (bought, sold) in both.items()}


def fills(events):
    """Return the executions of an auction as (buyer's event, seller's event)."""
    sides = [event for event in events if event.exec_type == ExecType.TRADE]
    return list(zip(sides[::2], sides[1::2], strict=True))
