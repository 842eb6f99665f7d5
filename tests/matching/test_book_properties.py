"""The laws of the book, by name, on streams of every kind of command; docs/RULEBOOK.md quotes them."""

from collections import Counter, defaultdict
from itertools import pairwise

from hypothesis import given, note

from engine.matching.book import OrderBook
from engine.matching.enums import ExecInst, ExecType, Liquidity, OrdType, Phase, Reason, Side, StpMode, TimeInForce
from engine.testing.commands import Enter, ListInstrument, apply
from engine.testing.strategies import UNINTERRUPTED, streams
from tests.matching.books import SIDES, numbers, state

REFUSALS = (ExecType.REJECTED, ExecType.CANCEL_REJECTED)
STOPS = (OrdType.STOP, OrdType.STOP_LIMIT)


def steps(stream):
    """Play a stream on the core and give, for each command, the book as it was, what happened, and the book itself after."""
    world, commands = stream
    book = world.open(OrderBook)
    for command in commands:
        before = {number: book.orders(number) for number in numbers(book)}
        events = apply(book, command)
        note(f"{command} -> {events}")
        yield command, before, events, book


def trades(events):
    """Pair the two reports of each trade."""
    sides = [event for event in events if event.exec_type == ExecType.TRADE]
    return list(zip(sides[::2], sides[1::2], strict=True))


@given(streams())
def test_book_is_never_crossed(stream):
    """M3, M36: while it matches."""
    for _, _, _, book in steps(stream):
        for number in numbers(book):
            if book.phase(number) != Phase.CONTINUOUS:
                continue
            bid, _, ask, _ = book.top(number)

            assert not bid or not ask or bid < ask


@given(streams())
def test_quantity_is_conserved(stream):
    """M22, M27: each order's quantity is executed, open or taken out, and each trade takes the same from both sides."""
    leaves, order_qty, cum = {}, {}, Counter()
    for _, _, events, book in steps(stream):
        for event in events:
            key = event.order_id
            if event.exec_type in REFUSALS or event.exec_type == ExecType.MASS_CANCELED:
                continue
            if event.exec_type == ExecType.NEW:
                leaves[key] = order_qty[key] = event.order_qty
            elif event.exec_type == ExecType.REPLACED:
                leaves[key], order_qty[key] = event.order_qty - cum[key], event.order_qty
            elif event.exec_type == ExecType.TRADE:
                leaves[key] -= event.last_qty
                cum[key] += event.last_qty
            elif event.reason == Reason.STP and event.order_qty < order_qty[key]:
                leaves[key] -= order_qty[key] - event.order_qty
                order_qty[key] = event.order_qty
            elif event.exec_type in (ExecType.CANCELED, ExecType.EXPIRED):
                assert leaves[key] == event.last_qty
                leaves[key] = 0

            assert (order_qty[key], leaves[key], cum[key]) == (event.order_qty, event.leaves_qty, event.cum_qty)
        for maker, taker in trades(events):
            assert maker.last_qty == taker.last_qty > 0

        assert {key: qty for key, qty in leaves.items() if qty} == {order.order_id: order.leaves_qty for order in book.orders()}


@given(streams(UNINTERRUPTED))
def test_better_price_trades_first(stream):
    """M1: prices of one command's trades go away from the best, and no level is left behind that was better."""
    for command, _, events, book in steps(stream):
        prices = [maker.last_px for maker, _ in trades(events)]
        if not prices:
            continue
        buys = trades(events)[0][1].side == Side.BUY

        assert prices == sorted(prices, reverse=not buys)

        instrument = trades(events)[0][0].instrument
        bid, _, ask, _ = book.top(instrument)

        assert not ask or ask >= prices[-1] if buys else not bid or bid <= prices[-1], command


@given(streams(UNINTERRUPTED))
def test_time_priority_holds_within_a_level(stream):
    """M1: the orders that an incoming one met at a price are the first of that queue, in its order."""
    for _, before, events, _ in steps(stream):
        taker = next((taker for _, taker in trades(events)), None)
        if taker is None:
            continue
        queues, met = defaultdict(list), defaultdict(list)
        for order in before[taker.instrument]:
            if order.side != taker.side:
                queues[order.price].append(order.order_id)
        for event in events:
            if event.side != taker.side and event.exec_type in (ExecType.TRADE, ExecType.CANCELED, ExecType.RESTATED):
                queue = met[event.price]
                if event.order_id not in queue:
                    queue.append(event.order_id)

        assert {price: queues[price][: len(queue)] for price, queue in met.items()} == met


@given(streams(UNINTERRUPTED))
def test_no_earlier_order_is_left_when_a_later_one_traded_whole(stream):
    """M1: who is still at a level after a later order of it was met has shown all it had in its turn."""
    for _, before, events, book in steps(stream):
        taker = next((taker for _, taker in trades(events)), None)
        if taker is None:
            continue
        makers = [maker for maker, _ in trades(events)]
        last = makers[-1]
        queue = [order for order in before[taker.instrument] if order.price == last.price and order.side == last.side]
        ahead = queue[: [order.order_id for order in queue].index(last.order_id)]
        gone_or_refreshed = {event.order_id for event in events if event.leaves_qty == 0 or event.exec_type == ExecType.RESTATED}

        assert {order.order_id for order in ahead} <= gone_or_refreshed, book.orders()


@given(streams(UNINTERRUPTED))
def test_execution_is_at_the_resting_price(stream):
    """M2: which is within the incoming order's limit."""
    for _, before, events, _ in steps(stream):
        for maker, taker in trades(events):
            (resting,) = [order for order in before[maker.instrument] if order.order_id == maker.order_id]

            assert resting.price == maker.price == maker.last_px == taker.last_px
            assert taker.last_px <= taker.price if taker.side == Side.BUY else taker.last_px >= taker.price
            assert (Liquidity.MAKER, Liquidity.TAKER) == (maker.liquidity, taker.liquidity)
            assert maker.side != taker.side


@given(streams(UNINTERRUPTED))
def test_fok_fills_whole_or_leaves_no_trace(stream):
    """M6, M21."""
    for command, before, events, book in steps(stream):
        if not isinstance(command, Enter) or command.tif != TimeInForce.FOK or events[0].exec_type != ExecType.NEW:
            continue
        if events[-1].reason == Reason.FOK_UNFILLABLE:
            assert [ExecType.NEW, ExecType.CANCELED] == [event.exec_type for event in events]
            assert before == {number: book.orders(number) for number in before}
        else:
            assert command.qty == sum(taker.last_qty for _, taker in trades(events))


@given(streams())
def test_ioc_and_market_orders_never_rest(stream):
    """M5, M7, M52: in a book; those for an auction are as if they had a limit."""
    for _, _, _, book in steps(stream):
        resting = [order for number in numbers(book) for order in book.orders(number)]
        passing = [o for o in resting if o.ord_type in (OrdType.MARKET, OrdType.STOP) and o.tif not in (TimeInForce.OPG, TimeInForce.CLS)]

        assert not passing
        assert not [order for order in book.orders() if order.tif in (TimeInForce.IOC, TimeInForce.FOK)]


@given(streams())
def test_post_only_never_takes(stream):
    """M8."""
    post_only = set()
    for command, _, events, _ in steps(stream):
        if isinstance(command, Enter) and command.exec_inst & ExecInst.POST_ONLY:
            post_only.add(events[0].order_id)

        assert not post_only & {e.order_id for e in events if (e.exec_type, e.liquidity) == (ExecType.TRADE, Liquidity.TAKER)}


@given(streams(UNINTERRUPTED))
def test_self_trade_never_happens(stream):
    """M17 to M20: where the incoming order asks for prevention."""
    asked = {}
    for command, _, events, _ in steps(stream):
        if isinstance(command, Enter) and events[0].order_id:
            asked[events[0].order_id] = (command.stp_group, command.stp_mode)
        for maker, taker in trades(events):
            group, mode = asked[taker.order_id]

            assert mode == StpMode.NONE or group == 0 or asked[maker.order_id][0] != group


@given(streams(UNINTERRUPTED))
def test_market_order_stays_within_its_protection(stream):
    """M7."""
    listed = list(stream[0].instruments)
    for command, before, events, _ in steps(stream):
        if isinstance(command, ListInstrument):
            listed.append(command.terms)
        if not isinstance(command, Enter) or command.ord_type != OrdType.MARKET or not trades(events):
            continue
        opposite = [order.price for order in before[command.instrument] if order.side != command.side]
        best = min(opposite) if command.side == Side.BUY else max(opposite)

        assert max(abs(taker.last_px - best) for _, taker in trades(events)) <= listed[command.instrument - 1].protection


@given(streams())
def test_every_order_reaches_exactly_one_terminal_event(stream):
    """M22: accepted first, over exactly when nothing is left, and nothing comes after."""
    lives = defaultdict(list)
    world, commands = stream
    book = world.open(OrderBook)
    for command in [*commands, None]:
        events = apply(book, command) if command else (book.mass_cancel(), book.events())[1]
        for event in events:
            if event.order_id and event.exec_type not in REFUSALS:
                lives[event.order_id].append(event)

    assert not book.open_orders
    for life in lives.values():
        assert ExecType.NEW == life[0].exec_type
        assert [0] == [event.leaves_qty for event in life if event.leaves_qty == 0]
        assert life[-1].leaves_qty == 0


@given(streams())
def test_numbers_have_no_gaps_and_are_never_reused(stream):
    """M23: exec_id and match_id count on; an order id names one order for ever."""
    everything = [event for _, _, events, _ in steps(stream) for event in events]
    accepted = [event.order_id for event in everything if event.exec_type == ExecType.NEW]

    assert list(range(1, len(everything) + 1)) == [event.exec_id for event in everything]
    assert len(accepted) == len(set(accepted))
    assert all(0 < order_id < 2**63 for order_id in accepted)

    matches = [maker.match_id for maker, _ in trades(everything)]

    assert list(range(1, len(matches) + 1)) == matches == [taker.match_id for _, taker in trades(everything)]


@given(streams())
def test_rejected_command_changes_nothing(stream):
    """M24: nothing but the number of its one event."""
    world, commands = stream
    book = world.open(OrderBook)
    for command in commands:
        before = (state(book), book.open_orders)
        events = apply(book, command)
        if events and events[0].exec_type in REFUSALS:
            assert len(events) == 1
            assert before == (state(book), book.open_orders)


@given(streams())
def test_reserve_is_shown_part_by_part(stream):
    """M9, M10: never more than displayed at a time, and never nothing; a refreshed order stands last."""
    for _, _, events, book in steps(stream):
        for order in [order for number in numbers(book) for order in book.orders(number)]:
            assert 0 < order.shown_qty <= (order.display_qty or order.leaves_qty)
            assert order.shown_qty <= order.leaves_qty
        refreshed = [event for event in events if event.reason == Reason.RESERVE_REFRESH]
        if refreshed and book.order(refreshed[-1].order_id):
            last = refreshed[-1]
            queue = [order for order in book.orders(last.instrument) if order.price == last.price and order.side == last.side]

            assert last.order_id == queue[-1].order_id


@given(streams())
def test_depth_is_the_displayed_quantity_of_the_open_orders(stream):
    """M10."""
    for _, _, _, book in steps(stream):
        for number in numbers(book):
            shown, counts = defaultdict(Counter), defaultdict(Counter)
            for order in book.orders(number):
                shown[order.side][order.price] += order.shown_qty
                counts[order.side][order.price] += 1
            for side, levels in zip(SIDES, book.depth(number), strict=True):
                prices = sorted(shown[side], reverse=side == Side.BUY)

                assert [(price, shown[side][price], counts[side][price]) for price in prices] == levels


@given(streams())
def test_orders_are_listed_by_age_and_priority(stream):
    """M1, M15: of all instruments by age; of one, in the order in which they would trade."""
    for _, _, _, book in steps(stream):
        for number in numbers(book):
            prices = [(order.side, -order.price if order.side == Side.BUY else order.price) for order in book.orders(number)]

            assert all(a <= b for a, b in pairwise(prices))
        in_books = {order.order_id for number in numbers(book) for order in book.orders(number)}
        waiting = [order for order in book.orders() if order.order_id not in in_books]

        assert sorted(in_books) == sorted({order.order_id for order in book.orders()} - {order.order_id for order in waiting})
        for order in waiting:
            assert (order.stop_px > 0, order.shown_qty) == (order.ord_type in STOPS, 0)
            assert order.stop_px or order.tif == TimeInForce.CLS
