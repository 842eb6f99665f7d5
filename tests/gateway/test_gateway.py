"""Logons, duplicates, take-overs, limits and time, under a clock that the test moves."""

import msgspec
import pytest

from engine.clock import ManualClock
from engine.config import ConfigError
from engine.gateway.gateway import Gateway
from engine.gateway.session import Phase
from engine.matching.enums import ExecType, Reason
from engine.protocol.messages import (
    BusinessReject,
    Cancel,
    Challenge,
    ExecutionReport,
    Heartbeat,
    InstrumentListRequest,
    Logon,
    Logout,
    LogoutCode,
    NewOrder,
    OrderMassStatusRequest,
    TestRequest,
)
from engine.venue.acts import ChangeSubscriber, Deposit
from tests.gateway.funded import do
from tests.gateway.raw import KEYS, config, signed
from tests.gateway.wires import SECOND, Floor, Peer


def order(seq: int, **fields: object) -> NewOrder:
    values = {"cl_ord_id": seq, "account": 1, "instrument": 1, "side": 1, "ord_type": 2, "tif": 1, "price": 10_000}
    values |= {"order_qty": 100, "display_qty": 0, "exec_inst": 0, "expire_ns": 0, "stp_mode": 0}
    values |= {"min_qty": 0, "cash_order_qty": 0, "settle_pref": 0, "stop_px": 0}
    return NewOrder(seq, 0, 0, **(values | fields))


def codes(peer: Peer) -> list[LogoutCode]:
    return [message.code for message in peer.hear() if isinstance(message, Logout)]


def test_second_logon_of_a_live_session_is_refused_and_the_first_lives_on() -> None:
    floor = Floor()
    first, second = floor.log_on("alice"), floor.log_on("alice")

    assert [LogoutCode.DUPLICATE] == codes(second)
    first.hear()
    first.say(order(1))
    assert [ExecType.NEW] == [report.exec_type for report in first.hear()]


def test_takeover_of_a_talking_session_is_refused() -> None:
    floor = Floor()
    floor.log_on("alice", heart_bt_int=10)
    floor.pass_time(10 * SECOND)

    assert [LogoutCode.DUPLICATE] == codes(floor.log_on("alice", takeover=True))


def test_takeover_of_a_silent_session_waits_two_seconds_and_then_wins() -> None:
    floor = Floor()
    first = floor.log_on("alice", heart_bt_int=10)
    floor.pass_time(10 * SECOND + 1)
    first.hear()
    second = floor.log_on("alice", takeover=True)

    assert [TestRequest] == [type(message) for message in first.hear()]
    floor.pass_time(2 * SECOND - 1)
    assert [Challenge] == [type(message) for message in second.hear()]
    floor.pass_time(1)
    assert [LogoutCode.TAKEN_OVER] == codes(first)
    assert [Logon] == [type(message) for message in second.hear()]
    second.say(order(1))
    assert [ExecutionReport] == [type(message) for message in second.hear()]
    assert [] == first.hear()


def test_takeover_is_refused_when_the_silent_session_speaks() -> None:
    floor = Floor()
    first = floor.log_on("alice", heart_bt_int=10)
    floor.pass_time(10 * SECOND + 1)
    second = floor.log_on("alice", takeover=True)
    third = floor.log_on("alice", takeover=True)
    floor.pass_time(SECOND)
    first.say(Heartbeat(1, 0, 0, ""))
    floor.pass_time(SECOND // 10)

    assert [LogoutCode.DUPLICATE] == codes(third)
    assert [LogoutCode.DUPLICATE] == codes(second)
    assert first.alive


def test_takeover_wins_at_once_when_the_silent_connection_ends() -> None:
    floor = Floor()
    first = floor.log_on("alice", heart_bt_int=10)
    floor.pass_time(10 * SECOND + 1)
    second = floor.log_on("alice", takeover=True)
    first.hang_up()
    floor.pass_time(SECOND // 10)

    assert Phase.ESTABLISHED is second.protocol.session.phase


def test_takeover_ends_with_the_connection_that_asked_for_it() -> None:
    floor = Floor()
    first = floor.log_on("alice", heart_bt_int=10)
    floor.pass_time(10 * SECOND + 1)
    second = floor.log_on("alice", takeover=True)
    second.hang_up()
    floor.pass_time(3 * SECOND)

    assert first.alive
    assert Phase.ESTABLISHED is first.protocol.session.phase


@pytest.mark.parametrize("wrong", ["sender", "target", "key", "nonce", "clock", "field"])
def test_logon_that_is_not_authentic_is_refused_without_a_cause(wrong: str) -> None:
    floor = Floor()
    peer = floor.connect()
    logon = peer.logon("alice")
    if wrong == "sender":
        message = signed(peer.logon("mallory"), peer.protocol.nonce, key=KEYS["alice"])
    elif wrong == "target":
        message = signed(peer.logon("alice", target="OTHER"), peer.protocol.nonce)
    elif wrong == "key":
        message = signed(logon, peer.protocol.nonce, key=KEYS["bob"])
    elif wrong == "nonce":
        message = signed(logon, bytes(32))
    elif wrong == "clock":
        floor.clock.pass_time(61 * SECOND)
        message = signed(logon, peer.protocol.nonce)
    else:
        good = signed(logon, peer.protocol.nonce)
        message = signed(peer.logon("alice", cancel_on_disconnect=True, signature=good.signature), peer.protocol.nonce)
        message = type(good)(*(getattr(message, name) for name in good.__struct_fields__[:-1]), good.signature)
    peer.hear()
    peer.say(message)

    assert [] == peer.hear()
    floor.pass_time(SECOND // 10)
    assert [(LogoutCode.LOGON_REFUSED, "logon refused")] == [(m.code, m.text) for m in peer.hear()]
    assert {} == floor.gateway.live


def test_address_that_fails_too_often_is_turned_away_and_others_are_not() -> None:
    floor = Floor()
    for _ in range(5):
        peer = floor.connect("10.0.0.1")
        peer.say(signed(peer.logon("alice"), bytes(32)))

    assert not floor.connect("10.0.0.1").alive
    assert floor.connect("10.0.0.2").alive
    floor.pass_time(10 * SECOND)
    assert floor.connect("10.0.0.1").alive


def test_a_venue_that_refuses_its_first_acts_does_not_start() -> None:
    good = config()
    bad = msgspec.structs.replace(good, acts=(*good.acts, Deposit(external_id="more", account=77, asset="USDC", amount=1)))

    with pytest.raises(ConfigError, match=r"^deposit: UNKNOWN_ACCOUNT: .*account=77"):
        Gateway(bad, ManualClock(), lambda *_: None)


def test_what_falls_due_in_the_office_reaches_the_clients_at_the_tick() -> None:
    floor = Floor()
    until_ns = floor.clock.utc_ns() + SECOND
    do(floor.gateway, ChangeSubscriber(subscriber="alice", standard_id="FAIR-2", kyc_until_ns=until_ns))
    alice = floor.log_on("alice")
    alice.say(order(1))
    alice.hear()
    floor.pass_time(SECOND)
    (canceled,) = alice.hear()
    alice.say(order(2))
    (refused,) = alice.hear()

    assert (ExecType.CANCELED, Reason.KYC_LAPSED) == (canceled.exec_type, canceled.reason)
    assert (ExecType.REJECTED, Reason.KYC_EXPIRED) == (refused.exec_type, refused.reason)


def test_too_many_strangers_push_the_oldest_out() -> None:
    floor = Floor(unauthenticated_max=3)
    alice = floor.log_on("alice")
    strangers = [floor.connect() for _ in range(3)]
    bob = floor.log_on("bob")

    assert [False, True, True] == [stranger.alive for stranger in strangers]
    assert (True, True) == (alice.alive, Phase.ESTABLISHED is bob.protocol.session.phase)


def test_pending_takeover_is_no_stranger() -> None:
    floor = Floor(unauthenticated_max=1)
    floor.log_on("alice", heart_bt_int=10)
    floor.pass_time(10 * SECOND + 1)
    second = floor.log_on("alice", takeover=True)
    floor.connect()
    floor.connect()

    assert second.alive


def test_stranger_is_logged_out_after_the_logon_timeout() -> None:
    floor = Floor()
    stranger = floor.connect()
    floor.pass_time(5 * SECOND)

    assert [LogoutCode.TIMEOUT] == codes(stranger)
    floor.pass_time(SECOND)
    assert not stranger.alive


def test_reader_that_stands_still_is_cut_after_five_seconds_and_its_orders_are_canceled() -> None:
    floor = Floor()
    alice = floor.log_on("alice", cancel_on_disconnect=True)
    alice.say(order(1))
    alice.protocol.pause_writing()

    assert not alice.transport.reading
    floor.pass_time(5 * SECOND - 1)
    assert alice.alive
    floor.pass_time(1)
    assert alice.transport.aborted
    assert 0 == floor.gateway.venue.book.open_orders


def test_reader_that_reads_again_is_read_again() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.protocol.pause_writing()
    alice.protocol.resume_writing()
    floor.pass_time(6 * SECOND)

    assert (True, True) == (alice.transport.reading, alice.alive)


def test_unsent_bytes_are_bounded() -> None:
    floor = Floor(unsent_bytes_max=4_000)
    alice, bob = floor.log_on("alice"), floor.log_on("bob")
    alice.say(order(1, side=2, order_qty=10_000))
    alice.protocol.pause_writing()
    seq = 0
    while alice.alive:
        seq += 1
        bob.say(order(seq, account=2))
        assert seq < 100

    floor.settle()
    assert {"bob"} == set(floor.gateway.live)
    assert bob.alive


def test_throttle_refuses_above_the_rate_and_ends_far_above_it() -> None:
    floor = Floor(messages_per_s=10, cancels_per_s=20)
    alice = floor.log_on("alice")
    alice.hear()
    alice.say(*(order(seq) for seq in range(1, 21)))
    reports = alice.hear()

    assert [ExecType.NEW] * 10 + [ExecType.REJECTED] * 10 == [report.exec_type for report in reports]
    assert {Reason.THROTTLE} == {report.reason for report in reports[10:]}
    alice.say(Cancel(21, 0, 0, 21, 1, 0, 0, 0))
    assert [ExecType.CANCELED] == [report.exec_type for report in alice.hear()]
    alice.say(order(22))
    assert [LogoutCode.THROTTLE] == codes(alice)


def test_throttled_client_is_served_again_when_it_slows_down() -> None:
    floor = Floor(messages_per_s=10, cancels_per_s=20)
    alice = floor.log_on("alice")
    alice.say(*(order(seq) for seq in range(1, 12)))
    alice.hear()
    floor.pass_time(SECOND // 10)
    alice.say(order(12))

    assert [ExecType.NEW] == [report.exec_type for report in alice.hear()]


def test_gtd_orders_expire_by_the_tick() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.say(order(1, tif=6, expire_ns=floor.clock.utc_ns() + SECOND))
    alice.hear()
    floor.pass_time(SECOND - 1)
    assert [] == alice.hear()
    floor.pass_time(1)

    assert [(ExecType.EXPIRED, Reason.GTD_EXPIRED)] == [(report.exec_type, report.reason) for report in alice.hear()]


def test_day_orders_expire_at_the_day_end_of_every_day() -> None:
    floor = Floor(day_end_utc="22:00")
    now = floor.clock.utc_ns()
    to_day_end = (22 * 3600 * SECOND - now) % (24 * 3600 * SECOND)
    for seq in (1, 2):
        alice = floor.log_on("alice", seq, next_expected_seq=0, takeover=False)
        alice.say(order(seq, tif=0))
        alice.hear()
        alice.hang_up()
        floor.pass_time(to_day_end - 1)
        assert floor.gateway.venue.book.open_orders == 1
        floor.pass_time(1)
        assert floor.gateway.venue.book.open_orders == 0
        to_day_end = 24 * 3600 * SECOND


def test_long_answer_waits_for_a_client_that_does_not_read() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.say(*(order(seq, price=100 * seq) for seq in range(1, 601)))
    alice.hear()
    before = alice.transport.writes
    alice.say(OrderMassStatusRequest(601, 0, 0, 1), OrderMassStatusRequest(601, 0, 0, 2))
    *statuses, busy = alice.hear()
    alice.protocol.pause_writing()
    floor.settle()

    assert (256, BusinessReject, Reason.THROTTLE) == (len(statuses), type(busy), busy.reason)
    assert [] == alice.hear()
    alice.protocol.resume_writing()
    floor.pass_time(SECOND // 10)
    assert 345 == len(alice.hear())
    assert 4 == alice.transport.writes - before


def test_fault_of_ours_in_a_tick_drops_one_connection_only(monkeypatch: pytest.MonkeyPatch) -> None:
    floor = Floor()
    alice, bob = floor.log_on("alice"), floor.log_on("bob")
    lawful = floor.gateway._due

    def due(connection: object, now_ns: int) -> list[object]:
        if connection is alice.protocol:
            raise RuntimeError("a fault of ours")
        return lawful(connection, now_ns)

    monkeypatch.setattr(floor.gateway, "_due", due)
    floor.pass_time(SECOND)

    assert (True, ["bob"]) == (alice.transport.aborted, list(floor.gateway.live))
    assert bob.alive


def test_no_write_is_made_of_more_than_one_flush() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    before = alice.transport.writes
    alice.say(*(order(seq) for seq in range(1, 101)))

    assert 1 == alice.transport.writes - before


def test_venue_says_nothing_to_a_client_that_is_gone() -> None:
    floor = Floor()
    alice, bob = floor.log_on("alice"), floor.log_on("bob")
    alice.say(order(1, side=2))
    alice.transport.closed = True
    writes = alice.transport.writes
    bob.say(order(1, account=2))

    assert writes == alice.transport.writes


def test_fault_of_ours_drops_one_connection_only(monkeypatch: pytest.MonkeyPatch) -> None:
    floor = Floor()
    alice, bob = floor.log_on("alice"), floor.log_on("bob")

    def broken(*_: object) -> list[object]:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(floor.gateway._queries, "answer", broken)
    alice.say(InstrumentListRequest(1, 0, 0, 1))
    floor.settle()
    bob.hear()
    bob.say(order(1, account=2))

    assert (True, ["bob"]) == (alice.transport.aborted, list(floor.gateway.live))
    assert [ExecType.NEW] == [report.exec_type for report in bob.hear()]
