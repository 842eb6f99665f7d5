"""What the feed of statuses may cost: a client that does not read is cut as for anything else that he does not read."""

from engine.protocol.messages import InstrumentStatus, InstrumentStatusRequest, ResendRequest
from engine.venue.acts import SetStatus
from tests.gateway.following import Follower
from tests.gateway.funded import do
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND, Floor

HALT = SetStatus(instrument="AAPLx", status="halted", cause="regulatory")
MOST = 4_000


def test_who_does_not_read_is_cut_when_too_much_waits() -> None:
    floor = Floor(unsent_bytes_max=MOST)
    alice, bob = Follower(floor, "alice"), Follower(floor, "bob")
    alice.subscribe(1)
    bob.subscribe(1)
    alice.peer.protocol.pause_writing()
    for _ in range(100):
        do(floor.gateway, HALT)
    floor.settle()

    assert not alice.peer.alive
    assert len(alice.peer.transport.written) < MOST + 1_000
    assert 100 == len(bob.listen())


def test_who_does_not_read_is_cut_after_a_while() -> None:
    floor = Floor(paused_max_ms=2_000)
    alice = Follower(floor, "alice")
    alice.subscribe(1)
    alice.peer.protocol.pause_writing()
    do(floor.gateway, HALT)
    floor.pass_time(2 * SECOND)

    assert not alice.peer.alive


def test_what_waits_behind_a_replay_is_bounded() -> None:
    floor = Floor(unsent_bytes_max=40_000)
    alice = floor.log_on("alice")
    alice.say(InstrumentStatusRequest(1, 0, 0, 7, 1, 1), *(order(seq, price=100 * seq) for seq in range(1, 601)))
    alice.hear()
    alice.say(ResendRequest(601, 0, 0, 1, 0))
    told = 0
    while alice.alive and told < 2_000:
        do(floor.gateway, HALT)
        told += 1

    assert 40_000 // 60 > told > 40_000 // 200
    assert floor.gateway.lanes["alice"].overflowed


def test_behind_a_replay_changes_come_in_their_order() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.say(InstrumentStatusRequest(1, 0, 0, 7, 1, 1), *(order(seq, price=100 * seq) for seq in range(1, 601)))
    alice.hear()
    alice.say(ResendRequest(601, 0, 0, 1, 0))
    for _ in range(3):
        do(floor.gateway, HALT)
    alice.hear()
    floor.settle()
    heard = [message for message in alice.hear() if isinstance(message, InstrumentStatus)]

    assert [1, 2] == [after.status_seq - before.status_seq for before, after in zip([heard[0]] * 2, heard[1:], strict=True)]
