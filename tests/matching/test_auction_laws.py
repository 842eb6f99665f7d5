"""The laws of auctions, INV-A: on small calls against a price that is found by trying every tick, for the oracle and for the core."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching.enums import ExecType, Liquidity, OrdType, Phase, Reason, Side, StpMode, TimeInForce
from engine.matching.records import Uncross
from engine.testing.commands import Enter, apply
from tests.matching.books import MAKERS, state
from tests.matching.calls import PRICES, TERMS, TICK, TICKS, called, fills, orders, tried

both = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
references = st.integers(0, TICK * (TICKS + 2))
last_prices = st.sampled_from([0, *PRICES])


def tied(book):
    """Return the prices with the most volume and the least left over, each with what is left: by trying all."""
    at = tried(book)
    most = max(one.volume for one in at.values())
    full = {price: one.imbalance for price, one in at.items() if one.volume == most}
    least = min(map(abs, full.values()))
    return {price: left for price, left in full.items() if abs(left) == least} if most else {}


@both
@settings(max_examples=200)
@given(orders(), references, last_prices)
def test_price_executes_the_most(make, found, reference, last_px):
    """INV-A1, M40: no price would execute more, and where none executes anything there is no price."""
    book = called(make, found, last_px)
    at = tried(book)
    result = book.indicative(1, reference)

    assert max(one.volume for one in at.values()) == result.qty
    assert (result.price in PRICES) == (result.qty > 0)
    assert not result.qty or at[result.price] == (result.qty, result.imbalance)


@both
@settings(max_examples=200)
@given(orders(), references, last_prices)
def test_price_leaves_the_least_over(make, found, reference, last_px):
    """INV-A1, M41: among the prices that execute the most."""
    book = called(make, found, last_px)
    result = book.indicative(1, reference)

    assert not result.qty or result.price in tied(book)


@both
@settings(max_examples=200)
@given(orders(), last_prices)
def test_price_goes_where_it_is_pressed_then_to_the_reference(make, found, last_px):
    """INV-A1, M42, M43: buyers left over raise it, sellers lower it; among what is left the reference decides, upwards between two."""
    book = called(make, found, last_px)
    left, qty = tied(book), book.indicative(1).qty
    settled = [
        price
        for price, over in left.items()
        if not any((over > 0 and left[p] > 0 and p > price) or (over < 0 and left[p] < 0 and p < price) for p in left)
    ]
    for reference in range(TICK * (TICKS + 2)):
        near = reference or last_px
        expected = Uncross(0, 0, 0, True)
        if near and left:
            price = min(settled, key=lambda price, near=near: (abs(price - near), -price))
            expected = Uncross(price, qty, left[price], True)
        elif left:
            price = (min(settled) + max(settled)) // 2 // TICK * TICK
            expected = Uncross(price, qty, left[price], True)

        assert expected == book.indicative(1, reference)


@both
@given(orders(), references, last_prices)
def test_nobody_with_a_better_limit_is_left_out(make, found, reference, last_px):
    """INV-A2: what is left after an auction has the auction's price as its limit, or a worse one."""
    book = called(make, found, last_px)
    result = book.uncross(1, reference)
    if not result.qty:
        return

    assert all(o.price <= result.price if o.side == Side.BUY else o.price >= result.price for o in book.orders(1))


@both
@given(orders(), references, st.sampled_from(PRICES), st.sampled_from(PRICES))
def test_price_is_inside_the_collar_and_the_bounds(make, found, reference, one, other):
    """INV-A3, M47: the static collar bounds where orders rest, the bounds whether the auction comes about; if not, nothing changes."""
    book = make([TERMS])
    book.set_collar(1, 3 * TICK, 9 * TICK, 100, 6 * TICK)
    book.set_phase(1, Phase.CALL)
    for order in found:
        book.enter(*order)
    before, wanted = state(book), book.indicative(1, reference)
    low, high = sorted((one, other))
    result = book.uncross(1, reference, low, high)

    assert not wanted.qty or 3 * TICK <= wanted.price <= 9 * TICK
    assert result == wanted._replace(done=not wanted.qty or low <= wanted.price <= high)
    assert result.done or (before == state(book) and not book.events())


@both
@given(orders(), references)
def test_auction_has_one_price_and_conserves_quantity(make, found, reference):
    """M44: each execution at the one price, within both limits, told to the buyer and then to the seller; what is bought is sold."""
    book = called(make, found)
    before = {order.order_id: order for order in book.orders(1)}
    result = book.uncross(1, reference)
    traded = dict.fromkeys(before, 0)
    pairs = fills(book.events())
    for match_id, (buy, sell) in enumerate(pairs, start=1):
        for event in (buy, sell):
            traded[event.order_id] += event.last_qty

        assert (Side.BUY, Side.SELL) == (buy.side, sell.side)
        assert (match_id, result.price, Liquidity.AUCTION) == (buy.match_id, buy.last_px, buy.liquidity)
        assert (match_id, result.price, Liquidity.AUCTION, buy.last_qty) == (sell.match_id, sell.last_px, sell.liquidity, sell.last_qty)
        assert sell.price <= result.price <= buy.price
    after = {order.order_id: order.leaves_qty for order in book.orders(1)}

    assert result.qty == sum(buy.last_qty for buy, _ in pairs)
    assert result.price == (book.last_px(1) if pairs else 0)
    assert {key: order.leaves_qty - traded[key] for key, order in before.items()} == dict.fromkeys(before, 0) | after
    book.check()


@both
@given(orders(), references)
def test_auction_keeps_price_then_time(make, found, reference):
    """M44, M45: nobody trades while one before him on his side has anything left, and the two first of both sides meet."""
    book = called(make, found)
    lines = {side: [order.order_id for order in book.orders(1) if order.side == side] for side in (Side.BUY, Side.SELL)}
    book.uncross(1, reference)
    for pair in fills(book.events()):
        for event in pair:
            line = lines[event.side]

            assert line[0] == event.order_id
            if not event.leaves_qty:
                line.pop(0)
    rest = [order.order_id for order in book.orders(1)]

    assert [*lines[Side.BUY], *lines[Side.SELL]] == rest


@both
@given(orders(), references)
def test_reserve_takes_part_whole_and_shows_again(make, found, reference):
    """M45: all of it trades, in its place; afterwards it shows what it shows at a time."""
    book = called(make, found)
    before = {order.order_id: order for order in book.orders(1)}
    book.uncross(1, reference)
    for order in book.orders(1):
        was, shows = before[order.order_id], min(order.display_qty or order.leaves_qty, order.leaves_qty)

        assert order.shown_qty == (shows if order.leaves_qty != was.leaves_qty else was.shown_qty)
    assert not [event for event in book.events() if event.exec_type == ExecType.RESTATED]


@both
@given(orders(), references)
def test_book_is_not_crossed_when_it_matches_again(make, found, reference):
    """INV-S2, M36, M48: a crossed book cannot match; after its auction it can, and there is nothing more to execute."""
    book = called(make, found)
    if book.indicative(1).qty:
        with pytest.raises(ValueError, match="cross"):
            book.set_phase(1, Phase.CONTINUOUS)
    book.uncross(1, reference)

    assert book.indicative(1, reference) == (0, 0, 0, True)
    book.set_phase(1, Phase.CONTINUOUS)
    bid, _, ask, _ = book.top()
    assert not bid or not ask or bid < ask
    assert book.events() == []


@both
@given(orders(groups=(0, 1, 2)), references)
def test_own_orders_never_trade_in_an_auction(make, found, reference):
    """INV-O10, M46: but where the younger one does not mind; those that must go are canceled before anything trades."""
    book = called(make, found)
    known = {order.order_id: order for order in book.orders(1)}
    ages = {order.order_id: at for at, order in enumerate(book.orders())}
    result = book.uncross(1, reference)
    events = book.events()
    gone = [event for event in events if event.reason == Reason.STP]

    assert gone == events[: len(gone)]
    assert all(known[event.order_id].stp_group and event.exec_type == ExecType.CANCELED and event.leaves_qty == 0 for event in gone)
    for buy, sell in fills(events):
        one, other = known[buy.order_id], known[sell.order_id]
        younger = max((one, other), key=lambda order: ages[order.order_id])

        assert one.stp_group != other.stp_group or not one.stp_group or younger.stp_mode == StpMode.NONE
    assert result.done or not fills(events)


@both
@given(orders(groups=(0, 1)), references)
def test_order_that_would_not_trade_is_not_canceled_for_its_group(make, found, reference):
    """M46: who goes had a limit that reaches some price at which his side was to trade."""
    book = called(make, found)
    crossing = {side: [order.price for order in book.orders(1) if order.side == side] for side in (Side.BUY, Side.SELL)}
    book.uncross(1, reference)
    for event in book.events():
        if event.reason == Reason.STP:
            others = crossing[Side.SELL if event.side == Side.BUY else Side.BUY]

            assert any(event.price >= price if event.side == Side.BUY else event.price <= price for price in others)


@both
@given(orders(), st.randoms(use_true_random=False), references)
def test_price_does_not_depend_on_who_came_first(make, found, draw, reference):
    """M40: time decides who trades, never at what price nor how much."""
    shuffled = draw.sample(found, len(found))

    assert called(make, found).indicative(1, reference) == called(make, shuffled).indicative(1, reference)


@both
@given(orders())
def test_mirrored_call_has_the_mirrored_auction(make, found):
    """M1, M40 to M44: buying and selling are one rule, where the reference, which goes upwards, does not decide."""
    ends = TICK * (TICKS + 1)
    turned = [order._replace(side=Side.BUY + Side.SELL - order.side, price=ends - order.price) for order in found]
    book, mirror = called(make, found), called(make, turned)
    if len(tied(book)) > 1 and min(map(abs, tied(book).values())) == 0:
        return
    if len({left > 0 for left in tied(book).values()}) > 1:
        return
    result, reflected = book.uncross(1), mirror.uncross(1)
    got, expected = ({(e.cl_ord_id, e.leaves_qty, e.cum_qty) for e in one.events()} for one in (mirror, book))

    assert (result.qty, result.imbalance) == (reflected.qty, -reflected.imbalance)
    assert not result.qty or ends - result.price == reflected.price
    assert expected == got


a_dozen_tifs = st.lists(st.sampled_from([TimeInForce.OPG, TimeInForce.CLS, TimeInForce.GTC]), min_size=12, max_size=12)
a_dozen_answers = st.lists(st.booleans(), min_size=12, max_size=12)


@both
@given(orders(), a_dozen_tifs, a_dozen_answers, st.sampled_from([Phase.CALL, Phase.CLOSING_CALL]))
def test_orders_for_an_auction_trade_in_it_alone(make, found, tifs, market, phase):
    """INV-O8, M38, M39, M48: at the opening in a call that is none of a close, at the close in a closing one; what is left ends with it."""
    book = make([TERMS])
    book.set_collar(1, TICK, TERMS.max_price)
    for wanted, tif, is_market in zip(found, tifs, market, strict=False):
        order = wanted if tif == TimeInForce.GTC else wanted._replace(tif=tif, display_qty=0)
        if tif == TimeInForce.CLS:
            apply(book, order._replace(ord_type=OrdType.MARKET, price=0) if is_market else order)
    waiting = book.orders()
    book.set_phase(1, phase)
    joined = [order.order_id for order in book.orders(1)]
    for wanted, tif in zip(found, tifs, strict=False):
        if tif != TimeInForce.CLS:
            apply(book, wanted if tif == TimeInForce.GTC else wanted._replace(tif=tif, display_qty=0))

    assert sorted(joined) == (sorted(order.order_id for order in waiting) if phase == Phase.CLOSING_CALL else [])
    tif_of = {order.order_id: order.tif for order in book.orders()}
    book.uncross(1)
    own, other = (TimeInForce.CLS, TimeInForce.OPG) if phase == Phase.CLOSING_CALL else (TimeInForce.OPG, TimeInForce.CLS)

    assert not any(tif_of[event.order_id] == other for event in book.events())
    ended = [event.order_id for event in book.events() if event.reason == Reason.AUCTION_END]
    assert ended == [order_id for order_id in tif_of if order_id in set(ended)]
    assert all(tif_of[order_id] == own for order_id in ended)
    assert not [order for order in book.orders() if order.tif == own]
    book.check()


@both
@given(orders(), st.sampled_from([1, 2]))
def test_time_priority_of_those_that_waited_is_that_of_joining(make, found, ahead):
    """M39: the on-close orders join in the order in which they came, each behind those that were at its price."""
    book = make([TERMS])
    late = [order._replace(tif=TimeInForce.CLS, display_qty=0) for order in found]
    for order in late:
        apply(book, order)
    for number, price in enumerate(PRICES):
        book.enter(*Enter(Side.BUY if price <= TICK * TICKS // 2 else Side.SELL, price, ahead, 2_000 + number))
    book.set_phase(1, Phase.CLOSING_CALL)
    for price in PRICES:
        for side in (Side.BUY, Side.SELL):
            queue = [order.cl_ord_id for order in book.orders(1) if (order.price, order.side) == (price, side)]

            assert queue == sorted(queue, key=lambda name: (name < 2_000, name))
