"""The laws of the collar and of the minimum quantity on random streams; the edges are those of the oracle, the executions the core's."""

from hypothesis import given, note
from hypothesis import strategies as st

from engine.matching.book import OrderBook
from engine.matching.enums import ExecType, Liquidity, OrdType, Reason, Side, TimeInForce
from engine.testing.commands import Enter, ListInstrument, SetCollar, apply
from engine.testing.oracle import Oracle
from engine.testing.strategies import EVERYTHING, UNINTERRUPTED, WORD_SIZE, Mix, Teller, streams
from tests.matching.books import numbers, state

TIGHT = Mix(enter=12, cancel=1, replace=3, mass_cancel=0, time=1, collar=3, faults=False)


def steps(stream):
    """Play a stream on both books and give, for each command, each instrument's edges before it, what happened, and the core after."""
    world, commands = stream
    core, oracle = world.open(OrderBook), world.open(Oracle)
    for command in commands:
        edges = {number: oracle.edges(number) for number in numbers(oracle)}
        apply(oracle, command)
        events = apply(core, command)
        note(f"{edges} {command} -> {events}")
        yield command, edges, events, core, oracle


def executions(events):
    return [event for event in events if event.exec_type == ExecType.TRADE]


@given(streams(TIGHT))
def test_no_execution_is_outside_the_edges_in_force(stream):
    """M29, M30: neither below the low edge nor above the high one, whoever came first."""
    for _, edges, events, _, _ in steps(stream):
        for event in executions(events):
            low, high = edges[event.instrument]

            assert low <= event.last_px <= high


@given(streams(TIGHT))
def test_nobody_rests_where_no_execution_may_be(stream):
    """M31, M32: no bid above the high edge, no ask below the low one, after any command."""
    for _, _, _, core, oracle in steps(stream):
        for number in numbers(core):
            low, high = oracle.edges(number)
            bid, _, ask, _ = core.top(number)

            assert bid <= high
            assert not ask or ask >= low


@given(streams(TIGHT))
def test_slid_order_never_crosses(stream):
    """M31: it rests at the edge, worse than its limit, and nobody is there whom it would meet."""
    for command, edges, events, core, oracle in steps(stream):
        for event in events:
            if (event.exec_type, event.reason) != (ExecType.RESTATED, Reason.COLLAR_DYNAMIC):
                continue
            before, after = edges[event.instrument], oracle.edges(event.instrument)
            bid, _, ask, _ = core.top(event.instrument)

            assert event.price in {*before, *after}
            assert event.price < command.price if event.side == Side.BUY else event.price > command.price
            assert not bid or not ask or bid < ask
            assert event.price == core.order(event.order_id).price
            assert event.order_id == [order.order_id for order in core.orders(event.instrument) if order.price == event.price][-1]


@given(streams(TIGHT))
def test_collar_reason_means_that_the_collar_held_something_back(stream):
    """M31: an IOC or market order is canceled for it exactly where somebody within its limit was beyond the edge."""
    for command, edges, events, core, _ in steps(stream):
        if not isinstance(command, Enter) or command.ord_type != OrdType.LIMIT or command.tif != TimeInForce.IOC or len(events) < 2:
            continue
        last = events[-1]
        bid, _, ask, _ = core.top(command.instrument)
        low, high = edges[command.instrument]
        held_back = high < ask <= command.price if command.side == Side.BUY else 0 < bid < low and bid >= command.price
        if last.reason in (Reason.IOC, Reason.COLLAR_DYNAMIC):
            assert (Reason.COLLAR_DYNAMIC if held_back else Reason.IOC) == last.reason


@given(streams(TIGHT))
def test_collar_moves_with_executions_only(stream):
    """M30: a command without one leaves the edges where they were, unless it is a new collar."""
    for command, edges, events, _, oracle in steps(stream):
        moved = {number for number, was in edges.items() if was != oracle.edges(number)}
        renewed = {command.instrument} if isinstance(command, SetCollar) else set()

        assert moved <= renewed | {event.instrument for event in executions(events)}


@given(streams(TIGHT))
def test_new_collar_cancels_exactly_what_it_shuts_out(stream):
    """M32: best first, and no other event."""
    world, commands = stream
    book = world.open(OrderBook)
    for command in commands:
        before = book.orders(command.instrument) if isinstance(command, SetCollar) else []
        events = apply(book, command)
        if not isinstance(command, SetCollar):
            continue
        stays = {order.order_id for order in book.orders(command.instrument)}

        assert {(ExecType.CANCELED, Reason.COLLAR_DYNAMIC, 0)} >= {(event.exec_type, event.reason, event.leaves_qty) for event in events}
        assert [(order.order_id, order.leaves_qty) for order in before if order.order_id not in stays] == [
            (event.order_id, event.last_qty) for event in events
        ]


@given(streams(EVERYTHING._replace(collar=0)))
def test_wide_collar_changes_nothing(stream):
    """M29: with the whole ladder inside, the reports are those of a book without a collar."""
    world, commands = stream
    without, within = world.open(OrderBook), world.open(OrderBook)
    listed = list(world.instruments)
    for number, instrument in enumerate(listed, start=1):
        within.set_collar(number, instrument.tick, instrument.max_price)
    for command in commands:
        apply(without, command)
        apply(within, command)
        if isinstance(command, ListInstrument):
            listed.append(command.terms)
            within.set_collar(len(listed), 0, command.terms.max_price)
        else:
            assert bytes(without.reports) == bytes(within.reports)


@given(streams(UNINTERRUPTED._replace(faults=False)))
def test_minimum_is_executed_at_once_or_nothing_is(stream):
    """M28: all of it in the command that enters the order, or NEW and CANCELED and a book as it was."""
    world, commands = stream
    book = world.open(OrderBook)
    for command in commands:
        before = state(book)
        events = apply(book, command)
        if not isinstance(command, Enter) or not command.min_qty or events[0].exec_type != ExecType.NEW:
            continue
        if events[-1].reason == Reason.MIN_QTY_UNMET:
            assert [ExecType.NEW, ExecType.CANCELED] == [event.exec_type for event in events]
            assert command.qty == events[-1].last_qty
            assert before == state(book)
        else:
            assert command.min_qty <= sum(event.last_qty for event in executions(events) if event.liquidity == Liquidity.TAKER)


@given(streams(UNINTERRUPTED._replace(faults=False)))
def test_minimum_that_is_met_changes_nothing(stream):
    """M28: once it is there, the order trades as it would without."""
    world, commands = stream
    asked, plain = world.open(OrderBook), world.open(OrderBook)
    for command in commands:
        expected = apply(asked, command)
        if isinstance(command, Enter) and command.min_qty and expected[-1].reason != Reason.MIN_QTY_UNMET:
            command = command._replace(min_qty=0)  # noqa: PLW2901
        apply(plain, command)

        assert expected == plain.events()


@given(streams(UNINTERRUPTED), st.integers(0, 60))
def test_unmet_order_leaves_the_future_as_it_was(stream, at):
    """M28, M6: but for its two reports, as if it had never come."""
    world, commands = stream
    world = world._replace(instruments=tuple(one._replace(max_qty=2**41, lot=1, min_qty=1) for one in world.instruments))
    unmet = Enter(1, 0, 2**40, 10_000, ord_type=OrdType.MARKET, tif=TimeInForce.IOC, min_qty=2**40)
    with_it, without = world.open(OrderBook), world.open(OrderBook)
    numbers_apart = {"exec_id": 0, "order_id": 0}
    for number, command in enumerate(command for command in commands if not getattr(command, "order_id", 0)):
        if number == at and with_it.open_orders < world.orders:
            assert Reason.MIN_QTY_UNMET == apply(with_it, unmet)[-1].reason
        expected, actual = apply(without, command), apply(with_it, command)

        assert [event._replace(**numbers_apart) for event in expected] == [event._replace(**numbers_apart) for event in actual]


@given(st.binary(min_size=40 * WORD_SIZE, max_size=60 * WORD_SIZE), streams())
def test_listed_later_is_as_good_as_listed_first(data, stream):
    """M35: the same commands give the same reports."""
    world, _ = stream
    later = world._replace(room=1)
    first = world._replace(instruments=(*world.instruments, world.instruments[0]), room=0)
    teller = Teller(first, EVERYTHING._replace(listing=0))
    words = [data[at : at + WORD_SIZE] for at in range(0, len(data) - WORD_SIZE + 1, WORD_SIZE)]
    commands = [teller.tell(word) for word in words]
    one, other = first.open(OrderBook), later.open(OrderBook)
    new = len(first.instruments)
    listed = False
    for command in commands:
        if not listed and getattr(command, "instrument", 0) == new:
            listed = bool(other.list_instrument(world.instruments[0]))
        apply(one, command)
        apply(other, command)

        assert bytes(one.reports) == bytes(other.reports)
    other.check()
