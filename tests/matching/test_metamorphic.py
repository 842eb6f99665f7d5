"""Relations between two runs: what must not depend on which side, unit, name or company a stream is played in."""

from hypothesis import given
from hypothesis import strategies as st

from engine.matching.book import OrderBook
from engine.matching.enums import ExecInst, ExecType, Phase, SettlePref, Side
from engine.matching.records import Instrument
from engine.testing.commands import Cancel, CancelAll, Enter, Expire, MassCancel, SetCollar, apply
from engine.testing.strategies import FAULTLESS, LIMIT_ORDERS, UNINTERRUPTED, World, commands, streams
from tests.matching.books import SIDES

REFUSALS = (ExecType.REJECTED, ExecType.CANCEL_REJECTED)
ROOMY = World((Instrument("A", 100, 10, 10, 5_000, 10_000, 300), Instrument("B", 50, 1, 1, 500, 50_000, 200)), 1024, 100_000, 3, 1024)
NUMBERS = ("exec_id", "match_id", "order_id")


def told(world, stream):
    """Play a stream on the core and return its events but for refusals, without the numbers that the venue gives."""
    book = world.open(OrderBook)
    events = [event for command in stream for event in apply(book, command) if event.exec_type not in REFUSALS]
    return [event._replace(**dict.fromkeys(NUMBERS, 0)) for event in events], book


@given(commands(ROOMY._replace(instruments=ROOMY.instruments[:1] * 2), FAULTLESS._replace(phase=0, auction=0)))
def test_mirrored_stream_gives_mirrored_events(stream):
    """M1, M7, M29, M53: buying and selling are one rule; prices are mirrored around the middle of the ladder, the collar with them.

    Only the collar's two prices are: so many hundredths of a price are more above it than below.
    """
    world = ROOMY._replace(instruments=(ROOMY.instruments[0], ROOMY.instruments[0]))
    ends = world.instruments[0].max_price + world.instruments[0].tick

    def mirrored(one):
        if isinstance(one, SetCollar):
            return SetCollar(one.instrument, max(ends - one.high, 0), ends - one.low)
        fields = {name: ends - getattr(one, name) for name in ("price", "last_px", "stop_px") if getattr(one, name, 0)}
        if getattr(one, "side", 0):
            fields["side"] = Side.SELL if one.side == Side.BUY else Side.BUY
        return one._replace(**fields)

    stream = [command._replace(dynamic_bps=0) if isinstance(command, SetCollar) else command for command in stream]
    expected, _ = told(world, stream)
    actual, _ = told(world, [mirrored(command) for command in stream])

    assert [mirrored(event) for event in expected] == actual


@given(commands(ROOMY, FAULTLESS), st.integers(2, 1_000))
def test_scaled_quantities_give_scaled_fills(stream, times):
    """M2, M9: quantities are only ever compared and subtracted."""

    def scaled(one):
        names = ("qty", "display_qty", "order_qty", "leaves_qty", "cum_qty", "last_qty", "lot", "min_qty", "max_qty")
        is_count = getattr(one, "exec_type", None) == ExecType.MASS_CANCELED
        return one if is_count else one._replace(**{name: scale(getattr(one, name)) for name in names if name in one._fields})

    def scale(qty):
        return qty * times if qty > 0 else qty

    world = ROOMY._replace(instruments=tuple(scaled(instrument) for instrument in ROOMY.instruments))
    expected, _ = told(ROOMY, stream)
    actual, _ = told(world, [scaled(command) for command in stream])

    assert [scaled(event) for event in expected] == actual


@given(commands(ROOMY, FAULTLESS), st.permutations([1, 2, 3]), st.permutations([1, 2]))
def test_who_trades_makes_no_difference(stream, sessions, accounts):
    """M1: sessions and accounts are labels; only self-trade groups keep anybody apart."""

    def relabeled(one):
        fields = {}
        if getattr(one, "session", 0):
            fields["session"] = sessions[one.session - 1]
        if getattr(one, "account", 0):
            fields["account"] = accounts[one.account - 1]
        return one._replace(**fields)

    expected, _ = told(ROOMY, stream)
    actual, _ = told(ROOMY, [relabeled(command) for command in stream])

    assert [relabeled(event) for event in expected] == actual


@given(streams())
def test_refused_command_leaves_the_future_as_it_was(stream):
    """M24: leaving every refused command out gives the same events but for their numbers."""
    world, everything = stream
    book = world.open(OrderBook)
    kept = [command for command in everything if (events := apply(book, command)) == [] or events[0].exec_type not in REFUSALS]
    expected, whole = told(world, everything)
    actual, rest = told(world, kept)

    assert expected == actual
    assert whole.orders() == rest.orders()


@given(commands(ROOMY, LIMIT_ORDERS), st.integers(1, 200), st.integers(1, 200), st.sampled_from(SIDES), st.integers(-4, 4))
def test_clips_trade_what_the_whole_would(stream, first, second, side, offset):
    """M1, M4: an order split into two, one right behind the other at the same price, executes and rests the same in all.

    So it does within a collar that does not move; where it follows the executions, the second may go farther than the whole could.
    """
    instrument = ROOMY.instruments[0]
    price = instrument.max_price // 2 + offset * instrument.tick

    def tail(*quantities):
        book = ROOMY.open(OrderBook)
        for command in stream:
            apply(book, command)
        book.set_collar(1, 4_800, 5_100)
        events = []
        for i, lots in enumerate(quantities):
            events += apply(book, Enter(side, price, lots * instrument.lot, 10_000 + i))
        executed = [(event.cl_ord_id, event.last_px, event.last_qty) for event in events if event.liquidity == 1]
        levels = [[level[:2] for level in one_side] for one_side in book.depth()]
        return _joined(executed), levels

    assert tail(first + second) == tail(first, second)


def _joined(executed):
    """Add up what one maker gave at one price in a row."""
    totals = {}
    for maker, price, qty in executed:
        totals[maker, price] = totals.get((maker, price), 0) + qty
    return totals


@given(commands(ROOMY, FAULTLESS))
def test_instruments_do_not_disturb_each_other(stream):
    """M1: the orders of one instrument give the same events with and without those of another."""
    stream = [command for command in stream if not getattr(command, "order_id", 0)]
    together, _ = told(ROOMY, stream)
    book = ROOMY.open(OrderBook)
    concerned = [(command, _instrument_of(command, apply(book, command))) for command in stream]
    for number in (1, 2):
        alone = [command for command, instrument in concerned if instrument in (0, number)]
        expected = [event for event in together if event.instrument == number and event.exec_type != ExecType.MASS_CANCELED]
        actual = [event for event in told(ROOMY, alone)[0] if event.exec_type != ExecType.MASS_CANCELED]

        assert expected == actual


def _instrument_of(command, events):
    """Return which book a command concerned: 0 for all of them, -1 when it was refused."""
    if isinstance(command, SetCollar | CancelAll):
        return command.instrument
    if not events or events[0].exec_type in REFUSALS:
        return -1 if events else 0
    return 0 if events[-1].exec_type in (ExecType.MASS_CANCELED, ExecType.EXPIRED) else events[0].instrument


@given(commands(ROOMY), commands(ROOMY, UNINTERRUPTED._replace(faults=False)))
def test_emptied_book_is_as_good_as_new(before, later):
    """M15, M23: slots, levels and names are all free again, once the collars are off; only the numbers go on."""
    book = ROOMY.open(OrderBook)
    for command in before:
        apply(book, command)
    book.mass_cancel()
    for number, instrument in enumerate(ROOMY.instruments, start=1):
        book.set_phase(number, Phase.CONTINUOUS)
        book.set_collar(number, 0, instrument.max_price)
    later = [command for command in later if not getattr(command, "order_id", 0)]
    actual = [event for command in later for event in apply(book, command)]
    fresh = ROOMY.open(OrderBook)
    expected = [event for command in later for event in apply(fresh, command)]
    same = ("exec_id", "match_id", "order_id")

    assert [event._replace(**dict.fromkeys(same, 0)) for event in expected] == [
        event._replace(**dict.fromkeys(same, 0)) for event in actual
    ]
    book.check()


@given(streams())
def test_time_that_changes_nothing_is_silent(stream):
    """M16: telling the time between any two commands only ever expires what is due, and the next telling finds nothing."""
    world, everything = stream
    book, now_ns = world.open(OrderBook), 0
    for command in everything:
        now_ns = getattr(command, "ts_ns", now_ns)
        apply(book, command)
        apply(book, Expire(now_ns))

        assert apply(book, Expire(now_ns)) == []
        assert book.next_expiry_ns >= 0


@given(streams())
def test_mass_cancel_equals_cancels_one_by_one(stream):
    """M15: oldest first, the same orders with the same quantities."""
    world, everything = stream
    at_once, one_by_one = world.open(OrderBook), world.open(OrderBook)
    for command in everything:
        apply(at_once, command)
        apply(one_by_one, command)
    swept = apply(at_once, MassCancel(account=1))
    mine = [order for order in one_by_one.orders() if order.account == 1]
    canceled = [apply(one_by_one, Cancel(order.order_id, session=order.session))[0] for order in mine]

    assert [(event.order_id, event.last_qty) for event in canceled] == [(event.order_id, event.last_qty) for event in swept[:-1]]
    assert len(mine) == swept[-1].last_qty
    assert at_once.orders() == one_by_one.orders()


@given(streams())
def test_cancel_of_the_venues_own_is_a_mass_cancel_without_the_count(stream):
    """M33: the same orders in the same order, each for the reason given, and no report of their number."""
    world, everything = stream
    asked, ordered = world.open(OrderBook), world.open(OrderBook)
    for command in everything:
        if not isinstance(command, CancelAll):
            apply(asked, command)
            apply(ordered, command)
            continue
        *expected, counted = apply(asked, MassCancel(*command[:4]))
        actual = apply(ordered, command)

        assert counted.last_qty == len(actual)
        assert [event._replace(exec_id=0, reason=command.reason) for event in expected] == [event._replace(exec_id=0) for event in actual]
    assert asked.orders() == ordered.orders()


@given(streams(), st.data())
def test_how_it_settles_changes_nothing(stream, data):
    """M34: whatever each order would like, the reports are the same to the byte."""
    world, everything = stream
    wishes = data.draw(st.lists(st.sampled_from(SettlePref), min_size=len(everything), max_size=len(everything)))
    as_told, as_drawn = world.open(OrderBook), world.open(OrderBook)
    for command, wish in zip(everything, wishes, strict=True):
        is_good = isinstance(command, Enter) and command.settle_pref in tuple(SettlePref)
        apply(as_told, command)
        apply(as_drawn, command._replace(settle_pref=wish) if is_good else command)

        assert bytes(as_told.reports) == bytes(as_drawn.reports)


@given(streams())
def test_reduce_only_changes_nothing(stream):
    """M34: the book takes the mark and never looks at it."""
    world, everything = stream
    marked, plain = world.open(OrderBook), world.open(OrderBook)
    for command in everything:
        is_good = isinstance(command, Enter) and command.exec_inst < ExecInst.CASH
        apply(marked, command)
        apply(plain, command._replace(exec_inst=command.exec_inst & ExecInst.POST_ONLY) if is_good else command)

        assert bytes(marked.reports) == bytes(plain.reports)
