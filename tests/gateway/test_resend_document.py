"""The example with numbers in docs/PROTOCOL.md, "Resuming", number by number."""

from engine.matching.enums import Reason
from engine.protocol.messages import ExecutionReport, Logon, Logout, LogoutCode, MessageFlag, SequenceReset
from tests.gateway.test_gate_examples import Slow
from tests.gateway.test_gateway import order
from tests.gateway.wires import Peer


def resting(seq: int, flags: int = 0, cl_ord_id: int = 0) -> object:
    message = order(seq, price=100 * seq, cl_ord_id=cl_ord_id or seq)
    return type(message)(*(flags if name == "flags" else getattr(message, name) for name in message.__struct_fields__))


def crash(taken: int, durable: int) -> tuple[Slow, Peer]:
    """Return a venue that is back, where alice had sent so many requests, and alice logged on with `wanted` 5."""
    floor = Slow()
    alice = floor.in_session("alice")
    for seq in range(1, durable + 1):
        alice.say(resting(seq))
        floor.catch_up()
    for seq in range(durable + 1, taken + 1):
        alice.say(resting(seq))
    back = floor.crash()
    alice = back.log_on("alice", 10, next_expected_seq=5)
    back.catch_up()
    back.settle()
    return back, alice


def reports(peer: Peer) -> list[tuple[int, int]]:
    """Return number and flags of each report that came."""
    heard = peer.hear()
    assert not [message for message in heard if isinstance(message, (SequenceReset, Logout))]
    return [(message.seq, message.flags) for message in heard if isinstance(message, ExecutionReport)]


def test_what_was_not_taken_is_sent_again_and_what_was_is_reported() -> None:
    venue, alice = crash(taken=9, durable=7)
    (answer,) = (message for message in alice.hear()[:2] if isinstance(message, Logon))
    alice.at = 0

    assert (8, 8) == (answer.seq, answer.next_expected_seq)
    assert [(5, 1), (6, 1), (7, 1)] == reports(alice)
    alice.say(resting(8), resting(9))
    venue.catch_up()
    assert [(8, 0), (9, 0)] == reports(alice)


def test_what_was_taken_is_not_sent_again() -> None:
    _, alice = crash(taken=9, durable=9)
    (answer,) = (message for message in alice.hear()[:2] if isinstance(message, Logon))
    alice.at = 0

    assert (10, 10) == (answer.seq, answer.next_expected_seq)
    assert [(number, 1) for number in range(5, 10)] == reports(alice)


def test_what_is_sent_again_though_it_was_taken_is_not_done_twice() -> None:
    venue, alice = crash(taken=9, durable=9)
    alice.hear()
    alice.say(resting(9, flags=MessageFlag.POSS_DUP))
    venue.catch_up()
    assert [] == reports(alice)

    alice.say(resting(10, cl_ord_id=9))
    venue.catch_up()
    (refused,) = alice.hear()
    assert (10, Reason.DUP_CL_ORD_ID) == (refused.seq, refused.reason)
    alice.say(resting(9))
    venue.catch_up()
    assert [LogoutCode.SEQ_TOO_LOW] == [message.code for message in alice.hear()]
