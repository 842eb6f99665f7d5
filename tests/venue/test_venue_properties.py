"""The venue and its sequencer: numbers, times, and that the same commands always do the same."""

import struct
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import CommandFlag, CommandKind, ExecType, OrdType, Reason, Side, TimeInForce
from engine.matching.records import COMMAND_FORMAT, Event
from engine.sequencer import Sequencer
from tests.venue.venues import SESSIONS, sequenced

LOT = 1_000
pack = struct.Struct(COMMAND_FORMAT).pack


def command(kind: int, session: int, in_seq: int, cl_ord_id: int, **fields: int) -> bytes:
    of = {"order_id": 0, "orig": 0, "price": 0, "qty": 0, "side": 0, "flags": 0, "tif": 0, "instrument": 1} | fields
    ord_type = OrdType.LIMIT if kind == CommandKind.ENTER else 0
    ids = (0, in_seq, cl_ord_id, of["orig"], of["order_id"])
    terms = (of["price"], of["qty"], 0, 0, session, 1, of["instrument"], 0)
    return pack(*ids, *terms, kind, of["side"], ord_type, of["tif"], 0, 0, of["flags"], 0, 0, 0)


def enter(session: int, in_seq: int, cl_ord_id: int, side: int = Side.BUY, price: int = 1000, qty: int = 5 * LOT, **fields: int) -> bytes:
    return command(CommandKind.ENTER, session, in_seq, cl_ord_id, side=side, price=price, qty=qty, **fields)


def opened(clock: Callable[[], int] = lambda: 1) -> Sequencer:
    return sequenced(clock)


def answer(sequencer: Sequencer, packed: bytes) -> list[Event]:
    sequencer.submit(packed)
    return sequencer.venue.book.events()


def outcome(sequencer: Sequencer, packed: bytes) -> tuple[ExecType, Reason]:
    (event,) = answer(sequencer, packed)
    return event.exec_type, event.reason


requests = st.lists(
    st.one_of(
        st.builds(
            lambda session, step, side, price, qty, tif: ("enter", session, step, side, 10 * price, LOT * qty, tif),
            st.integers(1, SESSIONS),
            st.integers(0, 2),
            st.sampled_from(Side),
            st.integers(95, 105),
            st.integers(0, 20),
            st.sampled_from([TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK]),
        ),
        st.builds(
            lambda session, step, back: ("cancel", session, step, back), st.integers(1, SESSIONS), st.integers(0, 2), st.integers(0, 6)
        ),
        st.builds(lambda session, step: ("mass", session, step), st.integers(1, SESSIONS), st.integers(0, 2)),
    ),
    max_size=60,
)


def packed_requests(plan: list[tuple[int, ...]]) -> list[bytes]:
    """Number requests as their sessions would; `step` 0 repeats an id."""
    seqs: Counter[int] = Counter()
    ids: Counter[int] = Counter()
    packed = []
    for what, session, step, *rest in plan:
        seqs[session] += 1
        ids[session] += step
        if what == "enter":
            side, price, qty, tif = rest
            packed.append(enter(session, seqs[session], ids[session], side, price, qty, tif=tif))
        elif what == "cancel":
            packed.append(
                command(CommandKind.CANCEL, session, seqs[session], ids[session], orig=max(ids[session] - rest[0], 0), instrument=0)
            )
        else:
            kind, flags = CommandKind.MASS_CANCEL, CommandFlag.BY_SESSION
            packed.append(command(kind, session, seqs[session], ids[session], instrument=0, flags=flags))
    return packed


@given(requests, st.data())
def test_same_commands_give_the_same_events_however_they_are_batched(plan: list[tuple[int, ...]], data: st.DataObject) -> None:
    packed = packed_requests(plan)
    whole, parts = opened(), opened()
    expected = answer(whole, b"".join(packed)) if packed else []
    found: list[Event] = []
    while packed:
        size = data.draw(st.integers(1, len(packed)))
        found += answer(parts, b"".join(packed[:size]))
        del packed[:size]

    assert expected == found
    assert whole.next_seq == parts.next_seq
    for session in range(1, SESSIONS + 1):
        assert whole.venue.next_in(session) == parts.venue.next_in(session)
        assert whole.venue.next_out(session) == parts.venue.next_out(session)


@given(requests)
def test_each_event_takes_one_report_number_of_its_session(plan: list[tuple[int, ...]]) -> None:
    sequencer = opened()
    counted: Counter[int] = Counter()
    for packed in packed_requests(plan):
        counted.update(event.session for event in answer(sequencer, packed))

    assert [counted[session] + 1 for session in range(1, SESSIONS + 1)] == [
        sequencer.venue.next_out(session) for session in range(1, SESSIONS + 1)
    ]


@given(requests)
def test_client_id_that_does_not_grow_is_refused_and_changes_nothing(plan: list[tuple[int, ...]]) -> None:
    sequencer = opened()
    for packed in packed_requests(plan):
        session, cl_ord_id = (struct.Struct(COMMAND_FORMAT).unpack(packed)[i] for i in (9, 2))
        before = sequencer.venue.last_cl_ord_id(session), sequencer.venue.book.depth(), sequencer.venue.book.orders()
        events = answer(sequencer, packed)
        refused = events[0].reason is Reason.DUP_CL_ORD_ID

        assert refused == (cl_ord_id <= before[0])
        assert not refused or before == (
            sequencer.venue.last_cl_ord_id(session),
            sequencer.venue.book.depth(),
            sequencer.venue.book.orders(),
        )


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=20))
def test_time_never_goes_back_and_never_stands(readings: list[int]) -> None:
    times = iter(readings)
    sequencer = opened(lambda: next(times))
    ages = []
    for i in range(1, len(readings) + 1):
        sequencer.submit(enter(1, i, i, tif=TimeInForce.GTD) + command(CommandKind.SKIP, 1, i + 1, 0))
        ages.append(sequencer.last_ts_ns)

    assert sorted(set(ages)) == ages


def test_closed_order_is_too_late_and_one_that_never_was_is_unknown() -> None:
    sequencer = opened()
    answer(sequencer, enter(1, 1, 10) + command(CommandKind.CANCEL, 1, 2, 11, orig=10))

    assert (ExecType.CANCEL_REJECTED, Reason.TOO_LATE) == outcome(sequencer, command(CommandKind.CANCEL, 1, 3, 12, orig=10))
    assert (ExecType.CANCEL_REJECTED, Reason.UNKNOWN_ORDER) == outcome(sequencer, command(CommandKind.CANCEL, 1, 4, 13, orig=99))
    assert (ExecType.CANCEL_REJECTED, Reason.UNKNOWN_ORDER) == outcome(sequencer, command(CommandKind.CANCEL, 2, 1, 1, orig=10))


def test_throttled_request_takes_its_number_and_is_refused_in_the_manner_of_its_kind() -> None:
    sequencer = opened()

    throttled = {"flags": CommandFlag.THROTTLED}
    assert (ExecType.REJECTED, Reason.THROTTLE) == outcome(sequencer, enter(1, 1, 1, **throttled))
    assert (ExecType.CANCEL_REJECTED, Reason.THROTTLE) == outcome(sequencer, command(CommandKind.CANCEL, 1, 2, 2, orig=1, **throttled))
    assert (ExecType.MASS_CANCELED, Reason.THROTTLE) == outcome(sequencer, command(CommandKind.MASS_CANCEL, 1, 3, 3, **throttled))
    assert (4, 3) == (sequencer.venue.next_in(1), sequencer.venue.last_cl_ord_id(1))


def test_skip_and_reset_change_the_numbers_of_one_session_only() -> None:
    sequencer = opened()
    answer(sequencer, enter(1, 1, 7) + enter(2, 1, 8, Side.SELL, 2000))
    sequencer.skip(1, 41)
    sequencer.reset(2)

    assert (41, 2, 7) == (sequencer.venue.next_in(1), sequencer.venue.next_out(1), sequencer.venue.last_cl_ord_id(1))
    assert (1, 1, 0) == (sequencer.venue.next_in(2), sequencer.venue.next_out(2), sequencer.venue.last_cl_ord_id(2))
    assert 2 == sequencer.venue.book.open_orders


def test_disconnect_cancels_the_orders_that_the_session_entered() -> None:
    sequencer = opened()
    answer(sequencer, enter(1, 1, 1) + enter(1, 2, 2, instrument=2) + enter(2, 1, 1))
    sequencer.disconnect(1)

    assert [(ExecType.CANCELED, Reason.DISCONNECT)] * 2 + [(ExecType.MASS_CANCELED, Reason.DISCONNECT)] == [
        (event.exec_type, event.reason) for event in sequencer.venue.book.events()
    ]
    assert [2] == [order.session for order in sequencer.venue.book.orders()]


def test_unknown_command_is_rejected() -> None:
    assert (ExecType.REJECTED, Reason.UNKNOWN_COMMAND) == outcome(opened(), command(99, 1, 1, 1))


@pytest.mark.parametrize(
    ("packed", "said"),
    [(b"x" * 111, "111 bytes are not a whole number of 112-byte commands"), (enter(9, 1, 1), "session 9 is not between 0 and 3")],
)
def test_bad_submission_names_what_is_wrong(packed: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        opened().submit(packed)


@pytest.mark.parametrize("session", [0, SESSIONS + 1])
def test_unknown_session_names_the_rule(session: int) -> None:
    with pytest.raises(ValueError, match=f"session {session} is not between 1 and {SESSIONS}"):
        opened().venue.next_in(session)
