"""Who is let in to act, what ends a connection, and that a request is served one at a time: a listener without a network."""

import msgspec
import pytest

from engine.admin.messages import MAX_REQUEST, Answer, ShowRequest
from engine.protocol.messages import Challenge, Heartbeat, Logon, Logout, LogoutCode
from engine.venue.acts import AddAsset, Found, GrantRole, Request, RevokeRole, SetSession, encode
from tests.admin.operated import KEYS, Desk, config, public_key

SECOND = 1_000_000_000
USDC = AddAsset(asset="USDC", kind="cash")
FOUNDED = "connections_max = 3\nidle_timeout_ms = 60000\nrequests_per_s = 4"


@pytest.fixture
def desk():
    return Desk(config(admin=FOUNDED))


def last(caller):
    return caller.read()[-1]


def test_a_person_who_signs_is_let_in(desk):
    caller = desk.connect()
    caller.log_on("ada")

    assert isinstance(caller.challenge, Challenge)
    assert ("OPS", "ada", 0) == ((answer := last(caller)).sender, answer.target, answer.heart_bt_int)


@pytest.mark.parametrize(
    ("name", "key", "wishes"),
    [
        ("nobody", "ada", {}),
        ("founder", "ada", {}),
        ("ada", "otto", {}),
        ("ada", "ada", {"target": "OTHER"}),
    ],
)
def test_a_logon_that_is_not_authentic_is_told_so_later_and_not_why(desk, name, key, wishes):
    caller = desk.connect()
    caller.log_on(name, KEYS[key], **wishes)
    told_at_once = caller.read()
    caller.say(caller.request(USDC))
    desk.pass_time(SECOND // 10)

    assert [] == told_at_once
    assert [Logout(0, 0, 0, LogoutCode.LOGON_REFUSED, "logon refused")] == caller.read()
    assert {} == desk.gateway.office.assets


def test_a_signature_of_a_trading_session_opens_nothing(desk):
    caller = desk.connect()
    caller.log_on("ada", heart_bt_int=30)

    assert LogoutCode.LOGON_REFUSED == last(caller).code


def test_an_address_that_fails_often_is_kept_out_for_a_while(desk):
    for _ in range(5):
        desk.connect("10.0.0.7").log_on("ada", KEYS["otto"])
    barred, other = desk.connect("10.0.0.7"), desk.connect("10.0.0.8")
    desk.pass_time(10 * SECOND)

    assert (True, None) == (barred.transport.aborted, barred.challenge)
    assert isinstance(other.challenge, Challenge)
    assert isinstance(desk.connect("10.0.0.7").challenge, Challenge)


def test_no_more_operators_than_there_is_room_for(desk):
    for name in ("ada", "otto", "eve"):
        desk.log_on(name)
    fourth = desk.connect()
    fourth.log_on("tess")

    assert LogoutCode.TOO_MANY_SESSIONS == last(fourth).code


def test_strangers_push_out_the_oldest_of_them_and_no_operator():
    desk = Desk(config(gateway="unauthenticated_max = 2"))
    ada = desk.log_on("ada")
    strangers = [desk.connect() for _ in range(3)]

    assert [True, False, False] == [stranger.transport.aborted for stranger in strangers]
    assert not ada.transport.aborted
    assert 3 == len(desk.listener.connections)


@pytest.mark.parametrize(
    ("bytes_in", "code"),
    [
        (b"\x00\x00\x00\x00", LogoutCode.MALFORMED),
        ((MAX_REQUEST + 1).to_bytes(4, "little"), LogoutCode.MALFORMED),
        (b"\x01\x00\x00\x00\xc1", LogoutCode.MALFORMED),
        (b"\x02\x00\x00\x00\x91\x07", LogoutCode.MALFORMED),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_what_is_no_message_ends_the_connection(desk, bytes_in, code, known):
    caller = desk.log_on("ada") if known else desk.connect()
    caller.connection.data_received(bytes_in)

    assert code == last(caller).code
    assert caller.transport.closed


@pytest.mark.parametrize("message", [Heartbeat(1, 0, 0, ""), ShowRequest(1, "venue", {}, 0)])
def test_nothing_comes_before_the_logon(desk, message):
    caller = desk.connect()
    caller.say(message)

    assert LogoutCode.MALFORMED == last(caller).code


def test_who_logs_on_twice_or_out_is_logged_out(desk):
    twice, out = desk.log_on("ada"), desk.log_on("otto")
    twice.log_on("ada")
    out.say(Logout(0, 0, 0, 0, ""))

    assert [LogoutCode.MALFORMED, LogoutCode.NORMAL] == [last(twice).code, last(out).code]


def test_who_does_not_log_on_or_says_nothing_is_logged_out(desk):
    stranger, idle = desk.connect(), desk.log_on("ada")
    desk.pass_time(5 * SECOND)
    logon_timeout = stranger.read()
    desk.pass_time(55 * SECOND)

    assert [Logout(0, 0, 0, LogoutCode.TIMEOUT, "no logon in time")] == logon_timeout
    assert [Logout(0, 0, 0, LogoutCode.TIMEOUT, "nothing was asked for 60 s")] == idle.read()


def test_who_asks_now_and_then_stays(desk):
    caller = desk.log_on("ada")
    for _ in range(3):
        desk.pass_time(59 * SECOND)
        caller.act(Found())
    desk.pass_time(59 * SECOND)

    assert [] == caller.read()


def test_who_does_not_read_a_farewell_is_cut(desk):
    caller = desk.log_on("ada")
    desk.pass_time(60 * SECOND)
    desk.pass_time(SECOND)

    assert caller.transport.aborted


def test_the_actor_is_who_logged_on_whatever_the_request_holds(desk):
    caller = desk.log_on("cora")
    forged = msgspec.Raw(encode(Request(actor="ada", reason="x", act=USDC)))
    by_name = caller.act(USDC)
    caller.say(msgspec.structs.replace(caller.request(USDC), act=forged))

    assert ("NOT_PERMITTED", "cora is compliance; it takes operator") == (by_name.code, by_name.text)
    assert "MALFORMED" == last(caller).code
    assert {} == desk.gateway.office.assets


def test_an_examiner_looks_and_does_not_touch(desk):
    caller = desk.log_on("eve")
    refused = caller.act(SetSession(session="rth"))
    caller.say(ShowRequest(9, "roles", {"roles": "examiner"}, 0))
    shown = last(caller)

    assert "NOT_PERMITTED" == refused.code
    assert (9, True, ["eve"]) == (shown.req_id, shown.accepted, [row["name"] for row in shown.data["rows"]])


def test_a_dry_run_changes_nothing_and_takes_no_number(desk):
    caller = desk.log_on("ada")
    before = desk.gateway.sequencer.next_seq
    dry = caller.act(USDC, dry_run=True)
    after = desk.gateway.sequencer.next_seq
    wet = caller.act(USDC)

    assert (True, "DONE", "it would be done") == (dry.accepted, dry.code, dry.text)
    assert before == after
    assert "DONE" == wet.code


def test_what_is_malformed_takes_no_number(desk):
    caller = desk.log_on("ada")
    before = desk.gateway.sequencer.next_seq
    no_reason = caller.act(USDC, reason="")
    caller.say(msgspec.structs.replace(caller.request(USDC), act=msgspec.Raw(msgspec.msgpack.encode({"act": "fly"}))))

    assert ("MALFORMED", "MALFORMED") == (no_reason.code, last(caller).code)
    assert before == desk.gateway.sequencer.next_seq


def test_a_fault_of_ours_is_told_and_the_connection_lives(desk, monkeypatch, capsys):
    caller = desk.log_on("ada")
    with monkeypatch.context() as patched:
        patched.setattr(desk.gateway, "act", lambda _: 1 / 0)
        fault = caller.act(USDC)

    assert (False, "FAULT") == (fault.accepted, fault.code)
    assert "DONE" == caller.act(USDC).code
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_who_loses_his_roles_is_logged_out_at_once(desk):
    ada, eve, twice = desk.log_on("ada"), desk.log_on("eve"), desk.log_on("eve")
    assert "DONE" == ada.act(RevokeRole(name="eve")).code

    assert [LogoutCode.LOGON_REFUSED] * 2 == [last(eve).code, last(twice).code]
    assert not ada.transport.closed
    desk.connect().log_on("eve")
    assert 1 == sum(bool(connection.key) for connection in desk.listener.connections if not connection.conversation.over)


def test_a_key_that_comes_back_is_another_connection(desk):
    ada, eve = desk.log_on("ada"), desk.log_on("eve")
    ada.act(RevokeRole(name="eve"))
    proposed = ada.act(GrantRole(name="eve", public_key=public_key("eve"), role="examiner"))

    assert "PROPOSED" == proposed.code
    assert eve.transport.closed


def test_requests_sent_together_are_served_in_turns_and_in_order(desk):
    caller = desk.log_on("ada")
    asked = [caller.request(Found()) for _ in range(3)]
    caller.say(*asked)
    first, reading = caller.read(), caller.transport.reading
    delays = [desk.turn(), desk.turn()]

    assert ([1], False) == ([answer.req_id for answer in first], reading)
    assert [2, 3] == [answer.req_id for answer in caller.read()]
    assert ([0.0, 0.0], True) == (delays, caller.transport.reading)


def test_who_asks_faster_than_allowed_is_read_more_slowly(desk):
    desk.clock.pass_time(SECOND)
    caller = desk.log_on("ada")
    for _ in range(3):
        caller.act(Found())
    caller.say(caller.request(Found()))
    held_back, reading = caller.read(), caller.transport.reading
    waited_s = desk.turn()

    assert ([], False) == (held_back, reading)
    assert 0.25 == waited_s
    assert (4, True) == (last(caller).req_id, caller.transport.reading)


def test_who_does_not_read_his_answers_gets_no_more_of_them(desk):
    caller = desk.log_on("ada")
    caller.connection.pause_writing()
    caller.say(caller.request(Found()))
    unread = caller.read()
    caller.connection.resume_writing()

    assert [] == unread
    assert isinstance(last(caller), Answer)


def test_who_is_gone_is_forgotten(desk):
    caller = desk.log_on("ada")
    caller.connection.connection_lost(None)

    assert {} == desk.listener.connections


def test_a_logon_that_is_late_is_refused(desk):
    caller = desk.connect()
    desk.clock.pass_time(-61 * SECOND)
    logon_ns = desk.clock.utc_ns()
    desk.clock.pass_time(61 * SECOND)
    caller.desk = Desk(config())
    caller.desk.clock._utc_ns = logon_ns
    caller.log_on("ada")

    assert [] == caller.read()
    assert not any(isinstance(message, Logon) for message in caller.read())
