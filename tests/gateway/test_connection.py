"""From bytes to commands: wherever a read ends, whatever the bytes."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.gateway.session import Phase
from engine.matching.enums import ExecType
from engine.protocol.framing import frame
from engine.protocol.messages import Cancel, Heartbeat, Logout, LogoutCode, MassCancel, Reject, Replace, TestRequest, encode
from tests.gateway.peer import cancel, logged_on
from tests.gateway.test_gateway import codes, order
from tests.gateway.wires import Floor, Peer

REQUESTS = [
    order(1),
    order(2, side=2, price=10_100),
    TestRequest(3, 0, 0, "x"),
    Replace(3, 0, 0, 3, 1, 0, 0, 0, 10_000, 200, 0),
    [68, 4, 0, 0, 4, "account"],
    Cancel(5, 0, 0, 5, 2, 0, 0, 0),
    Heartbeat(6, 0, 0, ""),
    MassCancel(6, 0, 0, 6, 0, 0, 0),
]
STREAM = b"".join(frame(encode(request)) for request in REQUESTS)


def without_times(messages: list[object]) -> list[tuple[object, ...]]:
    return [(type(m), m.seq, *(getattr(m, name) for name in m.__struct_fields__[2:])) for m in messages]


def whole() -> list[tuple[object, ...]]:
    alice = Floor().log_on("alice")
    alice.hear()
    alice.say_bytes(STREAM)
    return without_times(alice.hear())


@settings(deadline=None)
@given(st.lists(st.integers(1, 40)))
@example([1] * len(STREAM))
@example([4, 4, 4])
def test_where_a_read_ends_does_not_matter(sizes: list[int]) -> None:
    alice = Floor().log_on("alice")
    alice.hear()
    at = 0
    for size in [*sizes, len(STREAM)]:
        if STREAM[at : at + size]:
            alice.say_bytes(STREAM[at : at + size])
        at += size

    assert whole() == without_times(alice.hear())


def test_reports_and_answers_come_in_the_order_of_the_requests() -> None:
    kinds = [kind for kind, *_ in whole()]

    assert Heartbeat is kinds[2]
    assert Reject is kinds[4]
    assert 8 == len(kinds)


def test_oversize_empty_and_undecodable_frames_end_the_connection_and_nothing_behind_them_is_read() -> None:
    follower = frame(encode(order(1)))
    for bad in (b"\0\0\0\0", b"\x01\x10\0\0", b"\xff\xff\xff\xff", frame(b"\xc1"), frame(encode(order(1)) + b"\0"), frame(encode({}))):
        floor = Floor()
        alice = floor.log_on("alice")
        alice.say_bytes(bad + follower)
        alice.say_bytes(follower)

        assert [LogoutCode.MALFORMED] == codes(alice)
        assert 0 == floor.gateway.venue.book.open_orders


def test_largest_payload_is_read_byte_by_byte() -> None:
    alice = Floor().log_on("alice")
    alice.hear()
    payload = encode([49, 1, 0, 0, "x" * 4088])
    assert 4096 == len(payload)
    for byte in frame(payload):
        alice.say_bytes(bytes([byte]))

    assert [Reject] == [type(message) for message in alice.hear()]


def test_more_requests_than_a_batch_holds_are_all_taken() -> None:
    floor = Floor(messages_per_s=1_000_000, cancels_per_s=1_000_000)
    alice = floor.log_on("alice")
    alice.hear()
    alice.say(*(order(seq, tif=3) for seq in range(1, 2501)))

    assert list(range(1, 5001)) == [report.seq for report in alice.hear()]
    assert 2501 == floor.gateway.venue.next_in(1)


def test_numbered_message_out_of_order_in_the_middle_of_a_read_ends_it_there() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.hear()
    alice.say(order(1), order(3), order(2))
    report, logout = alice.hear()

    assert (ExecType.NEW, 1) == (report.exec_type, report.cl_ord_id)
    assert (LogoutCode.SEQ_GAP, 2) == (logout.code, logout.seq)
    assert 2 == floor.gateway.venue.next_in(1)


MUTATIONS = st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), min_size=1, max_size=6)


def bystander_is_unmoved(floor: Floor, bob: Peer) -> None:
    bob.hear()
    bob.say(order(1, account=2, instrument=2, cl_ord_id=1))

    assert [ExecType.NEW] == [report.exec_type for report in bob.hear()]
    assert bob.alive
    floor.gateway.venue.book.check()


@settings(deadline=None, max_examples=300)
@given(MUTATIONS)
def test_mutated_frames_move_nobody_else(mutations: list[tuple[int, int]]) -> None:
    floor = Floor()
    alice, bob = floor.log_on("alice"), floor.log_on("bob")
    stream = bytearray(STREAM)
    for at, byte in mutations:
        stream[at] = byte
    alice.say_bytes(bytes(stream))
    floor.settle()

    assert not alice.transport.aborted, "our own fault"
    bystander_is_unmoved(floor, bob)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.binary(min_size=1, max_size=80).map(frame) | st.binary(min_size=1, max_size=20), max_size=10), st.booleans())
def test_random_bytes_move_nobody_else(pieces: list[bytes], logged_on: bool) -> None:
    floor = Floor()
    alice, bob = floor.log_on("alice") if logged_on else floor.connect(), floor.log_on("bob")
    for piece in pieces:
        alice.say_bytes(piece)
        floor.settle()

    assert not alice.transport.aborted, "our own fault"
    assert 0 == floor.gateway.venue.book.open_orders
    bystander_is_unmoved(floor, bob)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 0, -1, -2, 1]), st.integers(0, 1)), max_size=8))
def test_compiled_path_takes_just_what_the_session_would(steps: list[tuple[int, int]]) -> None:
    model = logged_on()
    floor = Floor()
    alice = floor.log_on("alice")
    for offset, flags in steps:
        message = cancel(max(model.venue.next_in + offset, 0), flags)
        model.say(message)
        alice.say(message)

        assert floor.gateway.venue.next_in(1) == model.venue.next_in
        assert alice.protocol.session.phase is model.session.phase


def test_logout_is_still_heard_after_ours() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.say(order(2))
    alice.say(order(1), Logout(1, 0, 0, 0, ""))

    assert Phase.CLOSED is alice.protocol.session.phase
    assert 0 == floor.gateway.venue.book.open_orders
