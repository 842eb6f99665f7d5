"""A venue that starts again from what was durable: what it knows, what it tells, and which logs it refuses."""

from itertools import pairwise

import msgspec
import pytest

from engine.config import ConfigError
from engine.gateway.gateway import Gateway
from engine.journal.records import Group
from engine.matching.enums import CommandKind
from engine.protocol.messages import (
    ExecutionReport,
    Logon,
)
from engine.replica import Diverged
from engine.transcript import commands_of, record
from tests.gateway.held import HeldJournal, HeldStore
from tests.gateway.raw import config
from tests.gateway.slow import Slow, kinds, numbers
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND


def test_what_was_not_durable_never_was() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    alice.say(order(1))
    floor.release()
    alice.say(order(2), order(3))
    assert [1] == numbers(alice)

    again = floor.crash()
    client = again.log_on("alice", seq=4, next_expected_seq=2)
    again.catch_up()
    logon = next(message for message in client.hear() if isinstance(message, Logon))
    assert (2, []) == (logon.next_expected_seq, numbers(client))
    client.say(order(2), order(3))
    again.catch_up()
    assert [2, 3] == numbers(client)


def test_a_venue_that_comes_back_has_its_reports_and_their_numbers() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    alice.say(order(1), order(2))
    floor.catch_up()
    first = alice.hear()

    again = floor.crash()
    client = again.log_on("alice", seq=3, next_expected_seq=1)
    again.catch_up()
    reports = [message for message in client.hear() if isinstance(message, ExecutionReport)]
    assert [msgspec.structs.replace(report, flags=0) for report in reports] == first
    assert [1, 1] == [report.flags for report in reports]
    assert again.gateway.venue.next_out(again.gateway.lanes["alice"].number) == again.gateway.lanes["alice"].next_out


def test_orders_that_end_with_their_connection_are_gone_after_a_crash_and_others_are_not() -> None:
    floor = Slow()
    alice, bob = floor.in_session("alice", cancel_on_disconnect=True), floor.in_session("bob")
    alice.say(order(1))
    bob.say(order(1, account=2))
    floor.catch_up()

    again = floor.crash()
    assert [2] == [held.account for held in again.gateway.venue.book.orders()]
    assert [] == again.gateway.venue.ends_with_connection()


def test_orders_of_a_session_that_had_logged_off_stay() -> None:
    floor = Slow()
    floor.in_session("bob").say(order(1, account=2))
    floor.in_session("alice", cancel_on_disconnect=True).hang_up()
    floor.catch_up()
    again = floor.crash()
    assert 1 == len(again.gateway.venue.book.orders())


def test_a_day_that_ended_while_the_venue_was_down_ends_when_it_is_back() -> None:
    floor = Slow(day_end_utc="22:00")
    floor.in_session("alice").say(order(1, tif=0))
    floor.catch_up()
    floor.clock.pass_time(86_400 * SECOND)
    again = floor.crash(day_end_utc="22:00")
    again.gateway.tick()
    again.gateway.tick()
    again.catch_up()
    assert [] == again.gateway.venue.book.orders()
    assert 1 == kinds(again).count(CommandKind.END_OF_DAY)


def test_time_in_the_log_only_grows_whatever_the_clock_does() -> None:
    floor = Slow()
    alice = floor.in_session("alice")
    alice.say(order(1))
    floor.clock.pass_time(-3600 * SECOND)
    alice.say(order(2))
    floor.catch_up()
    again = floor.crash()
    again.in_session("alice", seq=3).say(order(3))
    again.catch_up()
    times = [command.ts_ns for group in again.journal.groups for _, command, _ in commands_of(group)]
    assert all(before < after for before, after in pairwise(times))


def test_a_log_that_tells_another_history_is_refused() -> None:
    floor = Slow()
    floor.in_session("alice").say(order(1))
    floor.gateway.sequencer.mark()
    floor.catch_up()
    journal = floor.journal.torn()
    entered = [any(command.kind == CommandKind.ENTER for _, command, _ in commands_of(group)) for group in journal.groups]
    place = entered.index(True)
    group = journal.groups[place]
    forged = [(command, payload) for _, command, payload in commands_of(group)]
    forged = [(command._replace(price=20_000) if command.kind == CommandKind.ENTER else command, payload) for command, payload in forged]
    body = b"".join(record(command, payload) for command, payload in forged)
    journal.groups[place] = Group(group.first_seq, group.count, group.ts_ns, body)
    with pytest.raises(Diverged, match="before sequence"):
        Slow(journal)


def test_a_birth_that_was_cut_short_goes_on() -> None:
    whole = Slow()
    birth = whole.journal.groups
    count = sum(group.count for group in birth)
    first = HeldJournal(birth[:1])
    assert first.last_seq < count

    again = Slow(first)
    assert count == again.gateway.sequencer.next_seq - 1
    assert whole.gateway.venue.balances() == again.gateway.venue.balances()
    assert list(whole.gateway.lanes) == list(again.gateway.lanes)


def test_a_birth_that_was_cut_short_takes_no_other_seeds() -> None:
    first = HeldJournal(Slow().journal.groups[:1])
    with pytest.raises(ConfigError, match="cut short after 0 of"):
        Slow(first, cash=5)


def test_an_old_log_is_not_born_again_whatever_its_file_says_now() -> None:
    floor = Slow()
    floor.catch_up()
    again = floor.crash(cash=5)
    assert floor.gateway.venue.balances() == again.gateway.venue.balances()


def test_other_limits_than_those_of_the_birth_are_refused() -> None:
    floor = Slow()
    settings = config()
    settings = msgspec.structs.replace(settings, limits=msgspec.structs.replace(settings.limits, orders=8_192))
    with pytest.raises(ConfigError, match=r"limits.orders: 8192 is not 4096, with which the venue was born"):
        Gateway(settings, floor.clock, lambda *_: None, store=HeldStore(floor.journal.torn()))


def test_what_the_office_refuses_at_birth_leaves_no_journal() -> None:
    journal = HeldJournal()
    with pytest.raises(ConfigError):
        Slow(journal, terms={"tick": 3, "lot": 1})
    assert [] == journal.groups
