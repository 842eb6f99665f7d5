"""The gate: nothing that tells of the venue's state is seen before the journal has released the command behind it."""

from engine.journal.records import JournalStopped
from engine.matching.enums import CommandKind, ExecType
from engine.protocol.messages import (
    BookRequest,
    BookSnapshot,
    ExecutionReport,
    Heartbeat,
    Logon,
    Logout,
    LogoutCode,
    OrderMassStatusRequest,
    TestRequest,
)
from engine.transcript import commands_of
from engine.venue.acts import Deposit
from tests.gateway.funded import request
from tests.gateway.slow import Slow, kinds, numbers, types
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND


def test_a_report_leaves_when_its_command_is_durable() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    alice.say(order(1))
    assert [] == alice.hear()

    floor.release()
    assert [(1, ExecType.NEW)] == [(report.seq, report.exec_type) for report in alice.hear()]


def test_of_a_trade_neither_side_hears_before_it_is_durable() -> None:
    floor = Slow()
    alice, bob = floor.in_session("alice"), floor.in_session("bob")
    alice.say(order(1))
    floor.release()
    alice.hear()
    bob.say(order(1, account=2, side=2))
    assert [] == alice.hear() + bob.hear()

    floor.release()
    assert [ExecType.TRADE] == [report.exec_type for report in alice.hear()]
    assert [ExecType.NEW, ExecType.TRADE] == [report.exec_type for report in bob.hear()]


def test_while_two_groups_are_under_way_commands_gather_in_the_next() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    before = len(floor.journal.groups)
    for seq in range(1, 6):
        alice.say(order(seq))
        floor.settle()
    assert [1, 1] == [group.count for group in floor.journal.groups[before:]]

    floor.release(1)
    assert [1, 1, 3] == [group.count for group in floor.journal.groups[before:]]
    assert [1] == numbers(alice)
    floor.release(1)
    assert [2] == numbers(alice)
    floor.release(1)
    assert [3, 4, 5] == numbers(alice)


def test_what_all_connections_bring_in_one_turn_is_one_group() -> None:
    floor = Slow()
    alice, bob = floor.in_session("alice"), floor.in_session("bob")
    before = len(floor.journal.groups)
    alice.say(order(1))
    bob.say(order(1, account=2))
    alice.say(order(2))
    assert before == len(floor.journal.groups)
    floor.settle()
    assert [3] == [group.count for group in floor.journal.groups[before:]]


def test_a_large_group_does_not_wait_for_the_end_of_the_turn() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    before = len(floor.journal.groups)
    alice.say(*[order(seq) for seq in range(1, 600)])
    assert [599] == [group.count for group in floor.journal.groups[before:]]


def test_an_answer_waits_behind_the_report_that_it_knows_of() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    alice.say(order(1), BookRequest(1, 0, 0, 9, 1, 10), OrderMassStatusRequest(1, 0, 0, 10))
    assert [] == alice.hear()

    floor.release()
    heard = alice.hear()
    assert [ExecutionReport, BookSnapshot] == [type(message) for message in heard[:2]]
    assert [1, 2] == [message.seq for message in heard[:2]]


def test_a_sign_of_life_does_not_wait() -> None:
    floor = Slow()
    alice = floor.in_session("alice", heart_bt_int=1)
    alice.say(order(1))
    alice.say(TestRequest(2, 0, 0, "there?"))
    assert [(Heartbeat, 1)] == [(type(message), message.seq) for message in alice.hear()]
    floor.pass_time(SECOND)
    assert [(Heartbeat, 1)] == [(type(message), message.seq) for message in alice.hear()]


def test_a_logon_waits_for_what_it_would_tell() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    alice.say(order(1))
    alice.hang_up()
    again = floor.log_on("alice", seq=2)
    again.hear()
    assert [] == types(again)

    floor.catch_up()
    logon, report = again.hear()
    assert (Logon, 2) == (type(logon), logon.next_expected_seq)
    assert (1, ExecType.NEW) == (report.seq, report.exec_type)


def test_only_one_of_two_that_wait_is_let_in() -> None:
    floor = Slow()
    floor.in_session("bob").say(order(1, account=2))
    first, second = floor.log_on("alice"), floor.log_on("alice")
    floor.catch_up()
    assert Logon in types(first)
    assert [LogoutCode.DUPLICATE] == [message.code for message in second.hear() if isinstance(message, Logout)]


def test_reports_that_wait_for_a_client_who_comes_back_come_once_and_behind_his_logon() -> None:
    floor = Slow()
    alice, bob = floor.in_session("alice"), floor.in_session("bob")
    alice.say(order(1))
    floor.catch_up()
    alice.hear()
    alice.hang_up()
    floor.catch_up()
    again = floor.log_on("alice", seq=2, next_expected_seq=2)
    bob.say(order(1, account=2, side=2))
    floor.catch_up()
    assert [ExecutionReport] == [kind for kind in types(again) if kind is ExecutionReport]


def test_a_logout_takes_what_was_canceled_with_it() -> None:
    floor = Slow()
    alice = floor.in_session("alice", cancel_on_disconnect=True)
    alice.say(order(1))
    floor.catch_up()
    alice.hear()
    alice.say(Logout(2, 0, 0, 0, ""))
    assert [] == alice.hear()
    assert alice.alive

    floor.catch_up()
    canceled, *_, logout = alice.hear()
    assert (ExecType.CANCELED, Logout) == (canceled.exec_type, type(logout))
    assert not alice.alive


def test_a_session_that_begins_anew_hears_nothing_of_its_old_life() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    alice.say(order(1))
    alice.hang_up()
    again = floor.log_on("alice", reset_seq_num=True)
    floor.catch_up()
    again.hear()
    again.say(order(1, cl_ord_id=1))
    floor.catch_up()
    assert [1] == numbers(again)


def test_an_operator_hears_of_his_act_when_it_is_durable() -> None:
    floor = Slow()
    heard: list[str] = []
    outcome = floor.gateway.act(request(Deposit(external_id="d-9", account=1, asset="USDC", amount=5)))
    floor.gateway.outbound.after(heard.append, outcome.code)
    assert [] == heard
    floor.catch_up()
    assert ["DONE"] == heard


def test_when_the_journal_stops_nothing_more_is_seen_and_nothing_is_canceled() -> None:
    floor = Slow()
    told: list[JournalStopped | None] = []
    floor.gateway.on_failure = lambda: told.append(floor.gateway.failure)
    alice, bob = floor.in_session("alice", cancel_on_disconnect=True), floor.in_session("bob")
    alice.say(order(1))
    floor.journal.break_down("the disk is gone")
    bob.say(order(1, account=2))
    floor.settle()
    floor.pass_time(SECOND)

    assert [] == alice.hear() + bob.hear()
    assert ["the disk is gone"] == [str(failure) for failure in told]
    assert not alice.alive
    assert not bob.alive
    assert CommandKind.MASS_CANCEL not in kinds(floor)
    assert [] == floor.crash().gateway.venue.book.orders()


def test_clients_are_not_read_while_too_many_commands_wait() -> None:
    floor = Slow(messages_per_s=10_000_000, cancels_per_s=10_000_000)
    alice, bob = floor.in_session("alice"), floor.in_session("bob", heart_bt_int=1)
    crowd = 32_768
    for first in range(1, crowd + 1, 1_024):
        alice.say(*[order(seq, price=10_000, order_qty=100) for seq in range(first, first + 1_024)])
    assert floor.gateway.sequencer.crowded
    assert not alice.transport.reading
    assert not bob.transport.reading
    floor.pass_time(3 * SECOND)
    assert bob.alive, "nobody is timed out who is not read"

    floor.catch_up()
    assert alice.transport.reading
    assert bob.transport.reading
    assert list(range(1, crowd + 1)) == numbers(alice)


def test_a_mark_ends_its_group_and_a_snapshot_follows_it() -> None:
    floor = Slow()
    floor.gateway.finish()
    last = list(commands_of(floor.journal.groups[-1]))[-1]
    assert CommandKind.MARK == last[1].kind
    assert [last[0]] == floor.gateway.store.taken
