"""The packed call: the same commands as records of 112 bytes, in batches of any size, with the reports as bytes."""

import gc
import struct
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.book import OrderBook
from engine.matching.enums import CommandFlag, CommandKind, ExecType, Reason
from engine.matching.records import COMMAND_FORMAT, COMMAND_SIZE, EVENT_FORMAT, EVENT_SIZE
from engine.testing.commands import KINDS, RECORD_FIELDS, Enter, MassCancel, Replace, apply, pack, unpack_events
from engine.testing.strategies import streams


def explicit(commands):
    """Leave out replaces that keep what is displayed, which a record always says, and what has no record."""
    recorded = [command for command in commands if type(command) in KINDS]
    return [command for command in recorded if not (isinstance(command, Replace) and command.display_qty == -1)]


def collared(world):
    """Open a book in which the first instrument has a collar that follows its executions."""
    book = world.open(OrderBook)
    first = world.instruments[0]
    book.set_collar(1, 0, first.max_price, 1_000, first.max_price // first.tick // 2 * first.tick)
    return book


def reports_of(book, records, batch):
    """Apply records `batch` at a time and return all report bytes and the number of events of each command."""
    reports, counts = b"", []
    for start in range(0, len(records), batch * COMMAND_SIZE):
        chunk = records[start : start + batch * COMMAND_SIZE]
        done = 0
        while done < len(chunk) // COMMAND_SIZE:
            done = book.apply(chunk, done)
            ends = list(book.ends)
            counts += [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
            reports += bytes(book.reports)
    return reports, counts


def test_commands_have_112_bytes_and_events_96():
    assert [112, 112] == [struct.calcsize(COMMAND_FORMAT), COMMAND_SIZE]
    assert [96, 96] == [struct.calcsize(EVENT_FORMAT), EVENT_SIZE]


def test_every_field_has_its_place_in_the_record():
    order = Enter(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
    record = dict(zip(RECORD_FIELDS, struct.unpack(COMMAND_FORMAT, pack(order, in_seq=18, flags=19)), strict=True))

    assert record == order._asdict() | {
        "in_seq": 18,
        "flags": 19,
        "kind": CommandKind.ENTER,
        "orig_cl_ord_id": 0,
        "order_id": 0,
    }


@given(streams(), st.integers(1, 70))
def test_batch_equals_single_calls(stream, batch):
    """M26: however the stream is cut."""
    world, commands = stream
    commands = explicit(commands)
    one_by_one, packed = collared(world), collared(world)
    expected = [apply(one_by_one, command) for command in commands]
    reports, counts = reports_of(packed, b"".join(map(pack, commands)), batch)

    assert [event for events in expected for event in events] == unpack_events(reports)
    assert [len(events) for events in expected] == counts
    assert one_by_one.orders() == packed.orders()
    packed.check()


@given(streams())
def test_replay_reproduces_every_event(stream):
    """M26: the same commands give the same bytes, from the beginning and from the middle of another run's life."""
    world, commands = stream
    records = b"".join(map(pack, explicit(commands)))
    first, again = collared(world), collared(world)
    expected, _ = reports_of(first, records, 64)
    actual, _ = reports_of(again, records, 7)

    assert expected == actual
    assert first.orders() == again.orders()


@given(st.lists(st.binary(min_size=COMMAND_SIZE, max_size=COMMAND_SIZE), max_size=30))
def test_no_record_crashes_the_book(records):
    """M24: any bytes are a command or a refusal."""
    book = OrderBook(orders=8, levels=64, accounts=3)
    for record in records:
        assert 1 == book.apply(record)
        book.check()


def test_reenter_takes_the_open_quantity_and_gives_up_its_place():
    """M12: the flag that a flow of moves needs: 30 of 100 are executed, 50 more are wanted at the same price."""
    book = OrderBook()
    book.enter(2, 100_000, 100, 1)
    book.enter(2, 100_000, 10, 2)
    book.enter(1, 100_000, 30, 3)
    book.apply(pack(Replace(0, 100_000, 50, 4, orig_cl_ord_id=1, display_qty=0), flags=CommandFlag.REENTER))
    (replaced,) = unpack_events(book.reports)

    assert (ExecType.REPLACED, 80, 50, 30) == (replaced.exec_type, replaced.order_qty, replaced.leaves_qty, replaced.cum_qty)
    assert [2, 4] == [order.cl_ord_id for order in book.orders(1)]


def test_throttled_command_is_refused_unseen():
    """M24: in the manner of its kind."""
    book = OrderBook()
    book.enter(2, 100_000, 100, 1)
    commands = [Enter(1, 100_000, 5, 2), Replace(0, 100_000, 5, 3, orig_cl_ord_id=1, display_qty=0), MassCancel(session=1)]
    book.apply(b"".join(pack(command, flags=CommandFlag.THROTTLED) for command in commands))
    events = unpack_events(book.reports)

    assert [ExecType.REJECTED, ExecType.CANCEL_REJECTED, ExecType.MASS_CANCELED] == [event.exec_type for event in events]
    assert {Reason.THROTTLE} == {event.reason for event in events}
    assert 1 == book.open_orders


def test_disconnect_gives_its_own_reason():
    """M15."""
    book = OrderBook()
    book.enter(2, 100_000, 100, 1)
    book.apply(pack(MassCancel(session=1), flags=CommandFlag.DISCONNECT))

    assert [Reason.DISCONNECT] * 2 == [event.reason for event in unpack_events(book.reports)]


def test_unknown_kind_is_refused():
    """M24."""
    book = OrderBook()
    record = bytearray(pack(Enter(1, 100_000, 5, 2)))
    record[88] = 99
    book.apply(record)
    (event,) = unpack_events(book.reports)

    assert (ExecType.REJECTED, Reason.UNKNOWN_COMMAND) == (event.exec_type, event.reason)


def test_part_of_a_record_is_an_error():
    with pytest.raises(ValueError, match="113 bytes are not a whole number of 112-byte commands"):
        OrderBook().apply(bytes(113))


@pytest.mark.parametrize("start", [-1, 3])
def test_start_beyond_the_commands_is_an_error(start):
    with pytest.raises(ValueError, match=f"start {start} is not between 0 and 2"):
        OrderBook().apply(bytes(2 * COMMAND_SIZE), start)


def test_full_event_buffer_stops_early_and_goes_on_where_it_stopped():
    """M26: nothing is lost and nothing is done twice."""
    records = b"".join(pack(Enter(1, 100 * i, 5, i)) for i in range(1, 21))
    book = OrderBook(orders=32, sweep=1, batch=4)
    stops, reports, done = [], b"", 0
    while done < 20:
        done = book.apply(records, done)
        stops.append(done)
        reports += bytes(book.reports)

    assert len(stops) > 1
    assert list(range(1, 21)) == [event.cl_ord_id for event in unpack_events(reports)]


def test_reports_outlive_the_name_of_their_book():
    """A view of a book's memory keeps the book: reading it later is no use of freed memory."""
    book = OrderBook(orders=32)
    book.apply(pack(Enter(1, 100, 5, 7)))
    reports, ends = book.reports, book.ends
    del book
    gc.collect()

    assert [7] == [event.cl_ord_id for event in unpack_events(bytes(reports))]
    assert [1] == list(ends)
    with pytest.raises(TypeError, match="read-only"):
        reports[0] = 1


@given(streams(), st.integers(0, 2**64 - 1))
def test_secret_shows_in_nothing(stream, secret):
    """The secret moves entries of a table that nobody sees."""
    world, commands = stream
    known = world.open(OrderBook)
    kept = world.open(partial(OrderBook, secret=secret))
    for command in commands:
        apply(known, command)
        apply(kept, command)

        assert bytes(known.reports) == bytes(kept.reports)
    kept.check()
