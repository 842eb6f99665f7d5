"""The laws of stop orders, strikes and phases on random streams, each watched from outside; INV-S2, X1, and the order of triggers."""

from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import ExecType, Liquidity, OrdType, Phase, Reason, Side, Strike, TimeInForce
from engine.matching.records import Instrument
from engine.testing.commands import Enter, Replace, SetCollar, SetPhase
from engine.testing.strategies import AUCTIONS, EVERYTHING, STOPS, World, streams
from tests.matching.watched import is_auction, is_for_an_auction, moments

ROOM = 100_000
MIDDLE = 50
SCENE = World((Instrument("STOPS", tick=1, max_price=2 * MIDDLE, protection=5),))


def scenes():
    """Streams in which stops crowd at few prices: offers and bids around one execution, stops on both sides of it, then large orders."""
    resting = st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), st.integers(1, 3)), min_size=2, max_size=8)
    stops = st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.integers(1, 3), st.booleans()), min_size=1, max_size=5)
    large = st.lists(st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(1, 9)), min_size=1, max_size=4)
    return st.builds(_scene, resting, resting, stops, stops, large)


def _scene(asks, bids, above, below, large):
    orders = [Enter(side, MIDDLE, 1, 0) for side in (Side.BUY, Side.SELL)]
    orders += [Enter(Side.SELL, MIDDLE + away, qty, 0) for away, qty in asks]
    orders += [Enter(Side.BUY, MIDDLE - away, qty, 0) for away, qty in bids]
    for side, sign, stops in ((Side.BUY, 1, above), (Side.SELL, -1, below)):
        for away, qty, limited in stops:
            limit, ord_type = (MIDDLE + 3 * sign, OrdType.STOP_LIMIT) if limited else (0, OrdType.STOP)
            orders.append(Enter(side, limit, qty, 0, ord_type=ord_type, stop_px=MIDDLE + sign * away))
    orders += [Enter(side, MIDDLE + (4 if side == Side.BUY else -4), qty, 0, tif=TimeInForce.IOC) for side, qty in large]
    return SCENE, [order._replace(cl_ord_id=name) for name, order in enumerate(orders, start=1)]


crowded = st.one_of(streams(STOPS), scenes())


def roomy(stream):
    """The same stream where no cascade is too long."""
    world, commands = stream
    return world._replace(sweep=ROOM), commands


@given(crowded.map(roomy))
def test_no_reached_stop_waits_in_a_book_that_matches(stream):
    """M51: whatever the command was, unless the book was told to keep them."""
    for watch, moment in moments(stream):
        for number in watch.collars:
            if moment.book.phase(number) == Phase.CONTINUOUS and number not in watch.keeps:
                assert watch.reached(number) == ([], [])


@given(crowded)
def test_stop_is_triggered_once_and_by_the_last_price(stream):
    """M50, M51: at or beyond its stop price, seen from its side; and never twice."""
    triggered = set()
    for watch, moment in moments(stream):
        for event, last_px, _, waiting in moment.seen:
            if event.reason != Reason.TRIGGERED:
                continue
            order = watch.asked[event.order_id]

            assert event.order_id in waiting
            assert event.order_id not in triggered
            assert last_px >= order.stop_px if order.side == Side.BUY else 0 < last_px <= order.stop_px
            assert (ExecType.RESTATED, 0, event.order_qty) == (event.exec_type, event.cum_qty, event.leaves_qty)
            triggered.add(event.order_id)


@given(crowded)
def test_stops_come_in_in_order(stream):
    """M53: buys from the lowest stop price, sells from the highest, then the oldest; of the first of both sides the older."""
    for watch, moment in moments(stream):
        for event, last_px, _, waiting in moment.seen:
            if event.reason != Reason.TRIGGERED:
                continue
            mine = [(order_id, watch.asked[order_id]) for order_id in waiting if watch.asked[order_id].instrument == event.instrument]
            buys = [(o.stop_px, at, key) for at, (key, o) in enumerate(mine) if o.side == Side.BUY and o.stop_px <= last_px]
            sells = [(-o.stop_px, at, key) for at, (key, o) in enumerate(mine) if o.side == Side.SELL and o.stop_px >= last_px]
            heads = [min(side) for side in (buys, sells) if side]

            assert event.order_id == min(heads, key=lambda head: head[1])[2]


@given(crowded)
def test_triggered_order_trades_within_its_limit_or_protection(stream):
    """M52: a stop-limit order at its limit or better, a stop order no farther beyond its stop price than the protection goes."""
    for watch, moment in moments(stream):
        for event, *_ in moment.seen:
            order = watch.asked.get(event.order_id)
            if order is None or order.ord_type not in (OrdType.STOP, OrdType.STOP_LIMIT) or event.liquidity != Liquidity.TAKER:
                continue
            reach = watch.listed[order.instrument - 1].protection
            limit = order.stop_px + (reach if order.side == Side.BUY else -reach)
            if order.ord_type == OrdType.STOP_LIMIT:
                limit = event.price

            assert event.last_px <= limit if order.side == Side.BUY else event.last_px >= limit


@given(crowded)
def test_stop_order_never_rests(stream):
    """M52: it waits, or it is over."""
    for watch, moment in moments(stream):
        for order in moment.book.orders():
            assert order.ord_type != OrdType.STOP or (order.stop_px and order.order_id in watch.waiting)
            assert (order.stop_px != 0) == (order.order_id in watch.waiting)


def without_prevention(stream):
    """The same stream where nobody minds to trade with himself, so that each order met is one execution, with short sweeps."""
    world, commands = stream
    plain = [one._replace(stp_mode=0) if isinstance(one, Enter) and one.stp_mode in range(5) else one for one in commands]
    return world._replace(sweep=4), plain


@given(crowded.map(without_prevention))
def test_cascade_is_bounded(stream):
    """M54: orders triggered and orders met by them are no more than one command may meet; who is left waits, or the book strikes."""
    sweep = 4
    for watch, moment in moments(stream):
        triggered = [at for at, (event, *_) in enumerate(moment.seen) if event.reason == Reason.TRIGGERED]
        met = [event for event, *_ in moment.seen[triggered[0] :] if event.liquidity == Liquidity.MAKER] if triggered else []

        assert len(triggered) + len(met) <= sweep
        if not isinstance(moment.command, Enter | Replace) or not triggered:
            continue
        number = moment.seen[0].event.instrument
        is_left = watch.reached(number) != ([], []) and number not in watch.keeps
        if is_left and moment.book.phase(number) == Phase.CONTINUOUS:
            assert len(triggered) + len(met) == sweep
            assert number not in watch.pauses
        if moment.strike == (number, Strike.CASCADE):
            assert len(triggered) + len(met) == sweep
            assert is_left


@given(streams(EVERYTHING))
def test_nothing_trades_while_a_book_collects_but_by_its_auction(stream):
    """INV-S2, M36: and an auction's executions are told as such, no others."""
    for _, moment in moments(stream):
        for event, *_ in moment.seen:
            if event.exec_type != ExecType.TRADE:
                continue
            collected = moment.before[event.instrument] != Phase.CONTINUOUS
            resumed = isinstance(moment.command, SetPhase) and moment.command.phase == Phase.CONTINUOUS

            assert (event.liquidity == Liquidity.AUCTION) == is_auction(moment.command)
            assert not collected or is_auction(moment.command) or resumed


@given(streams(STOPS._replace(collar=4)))
def test_nothing_trades_outside_the_collar_in_force(stream):
    """INV-X1, M29, M30: that at the order's arrival, be it triggered or not; in an auction the static one."""
    for _, moment in moments(stream):
        for event, _, (low, high), _ in moment.seen:
            if event.exec_type == ExecType.TRADE:
                assert low <= event.last_px <= high


@given(streams(AUCTIONS._replace(collar=4)))
def test_nobody_rests_outside_the_collar_in_force(stream):
    """M31, M32, M36, M48: whether the book matches or collects, and when it goes from one to the other."""
    for watch, moment in moments(stream):
        for number in watch.collars:
            low, high = watch.collars[number].edges
            bid, _, ask, _ = moment.book.top(number)

            assert bid <= high
            assert not ask or ask >= low


@given(streams(EVERYTHING))
def test_book_begins_to_collect_by_a_phase_that_is_set_or_by_a_strike(stream):
    """M36, M49: and only a book that pauses strikes; where it does, it collects."""
    for watch, moment in moments(stream):
        for number, before in moment.before.items():
            after = moment.book.phase(number)
            struck = moment.strike is not None and moment.strike[0] == number
            is_set = isinstance(moment.command, SetPhase) and moment.command.instrument == number

            assert not struck or (number in watch.pauses and after == Phase.CALL)
            assert before == after or is_set or struck


@given(streams(STOPS._replace(collar=4)))
def test_book_that_pauses_strikes_where_the_collar_stopped_a_match(stream):
    """M49: an order that matched never slides to the edge before somebody whom it would have met: the book begins to collect instead."""
    for watch, moment in moments(stream):
        for event, *_ in moment.seen:
            order = watch.asked.get(event.order_id)
            is_held = event.reason == Reason.COLLAR_DYNAMIC and event.exec_type in (ExecType.RESTATED, ExecType.CANCELED)
            if not is_held or isinstance(moment.command, SetPhase | SetCollar) or order is None or order.exec_inst & 1:
                continue
            number, limit = event.instrument, order.price
            if isinstance(moment.command, Replace) and event.reason == Reason.COLLAR_DYNAMIC:
                limit = moment.command.price
            bid, _, ask, _ = moment.book.top(number)
            beyond = ask if order.side == Side.BUY else bid
            wants = beyond and order.price and (beyond <= limit if order.side == Side.BUY else beyond >= limit)
            if moment.before[number] == Phase.CONTINUOUS and wants and order.ord_type == OrdType.LIMIT and not is_for_an_auction(order):
                assert number not in watch.pauses or moment.strike == (number, Strike.COLLAR)
