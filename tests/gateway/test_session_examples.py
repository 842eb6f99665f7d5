"""The rules of the session, one example each."""

import pytest

from engine.gateway.effects import Abort, Answer, Close, LoggedOff, LoggedOn, Replay, Reset, Send, SkipTo, Take
from engine.gateway.session import Fault, Phase, Session, Timing
from engine.matching.enums import Reason
from engine.protocol.messages import (
    VERSION,
    BookRequest,
    BusinessReject,
    Challenge,
    Heartbeat,
    Logon,
    Logout,
    LogoutCode,
    OrderStatusRequest,
    Reject,
    RejectReason,
    ResendRequest,
    TestRequest,
)
from tests.gateway.peer import HEART_BT_INT, SECOND, START, Venue, Wire, cancel, gap_fill, logged_on, logon

INTERVAL = HEART_BT_INT * SECOND


def test_venue_speaks_first_with_a_challenge() -> None:
    wire = Wire(Venue()).open()

    assert [Challenge(0, 0, 0, bytes(32), "VENUE", VERSION)] == wire.sent


def test_logon_is_answered_with_the_values_in_force() -> None:
    wire = Wire(Venue(next_in=7, reports=[1, 2])).open()
    wire.say(logon(seq=3, next_expected_seq=3, cancel_on_disconnect=True))

    assert Logon(3, 0, 0, "VENUE", "alice", HEART_BT_INT, False, 7, True, False, VERSION, b"") == wire.sent[-1]
    assert wire.attached


def test_logon_replays_reports_unasked() -> None:
    wire = Wire(Venue(next_in=4, reports=[1, 2, 3])).open()
    wire.say(logon(next_expected_seq=2))

    assert [(2, 2, True), (3, 3, True)] == wire.sent[2:]


def test_logon_that_wants_no_old_reports_gets_none() -> None:
    wire = Wire(Venue(next_in=4, reports=[1, 2, 3])).open()
    wire.say(logon(next_expected_seq=0))

    assert [(Challenge, 0), (Logon, 4)] == [(type(message), message.seq) for message in wire.sent]


def test_logon_with_reset_starts_both_numberings_at_1() -> None:
    venue = Venue(next_in=9, reports=[1, 2])
    wire = Wire(venue).open()
    wire.say(logon(reset_seq_num=True))

    assert (1, 1, 1) == (venue.next_in, venue.next_out, venue.resets)
    assert Logon(1, 0, 0, "VENUE", "alice", HEART_BT_INT, True, 1, False, False, VERSION, b"") == wire.sent[-1]


@pytest.mark.parametrize(
    ("wishes", "code", "words"),
    [
        ({"version": 1}, LogoutCode.LOGON_REFUSED, "version 1"),
        ({"heart_bt_int": 0}, LogoutCode.LOGON_REFUSED, "heart_bt_int 0"),
        ({"heart_bt_int": 61}, LogoutCode.LOGON_REFUSED, "1 to 60"),
        ({"reset_seq_num": True, "seq": 2}, LogoutCode.LOGON_REFUSED, "seq 1"),
        ({"reset_seq_num": True, "next_expected_seq": 2}, LogoutCode.LOGON_REFUSED, "next_expected_seq 1"),
        ({"next_expected_seq": 4}, LogoutCode.SEQ_TOO_HIGH, "next report, 3"),
    ],
)
def test_wish_that_cannot_be_met_is_refused_by_name_and_changes_nothing(wishes: dict[str, object], code: LogoutCode, words: str) -> None:
    venue = Venue(next_in=5, reports=[1, 2])
    wire = Wire(venue).open()
    wire.say(logon(**wishes))
    logout = wire.sent[-1]

    assert isinstance(logout, Logout)
    assert (code, True) == (logout.code, words in logout.text)
    assert (5, 3, 0, False) == (venue.next_in, venue.next_out, venue.resets, wire.attached)


def test_logon_that_is_not_authentic_is_refused_late_and_without_a_cause() -> None:
    wire = Wire(Venue(), authenticated=False).open()
    wire.say(logon())
    before = list(wire.sent)
    wire.pass_time(SECOND // 2 - 1)

    assert before == wire.sent
    wire.pass_time(1)

    assert [Logout(0, 0, 0, LogoutCode.LOGON_REFUSED, "logon refused")] == [
        Logout(0, 0, 0, m.code, m.text) for m in wire.sent[1:] if isinstance(m, Logout)
    ]


def test_other_message_before_the_logon_is_refused_like_a_bad_logon() -> None:
    wire = Wire(Venue()).open()

    assert [] == wire.say(cancel(1))
    assert Phase.REFUSED is wire.session.phase
    assert [] == wire.say(logon())
    assert [] == wire.venue.taken


def test_connection_without_logon_ends_after_five_seconds() -> None:
    wire = Wire(Venue()).open()

    assert [] == wire.pass_time(5 * SECOND - 1)
    assert [Send(Logout, (LogoutCode.TIMEOUT, "no logon in time"))] == wire.pass_time(1)


def test_numbered_message_with_the_expected_number_is_taken() -> None:
    wire = logged_on()

    assert [Take()] == wire.say(cancel(1))
    assert [Take()] == wire.say(cancel(2))


def test_possible_duplicate_of_a_taken_number_is_ignored() -> None:
    wire = logged_on(Venue(next_in=3), seq=3)

    assert [] == wire.say(cancel(1, flags=1))
    assert Phase.ESTABLISHED is wire.session.phase


@pytest.mark.parametrize(
    ("seq", "code", "text"),
    [
        (2, LogoutCode.SEQ_TOO_LOW, "MsgSeqNum too low, expecting 3 but received 2"),
        (4, LogoutCode.SEQ_GAP, "MsgSeqNum too high, expecting 3 but received 4"),
    ],
)
def test_number_out_of_order_ends_the_connection(seq: int, code: LogoutCode, text: str) -> None:
    wire = logged_on(Venue(next_in=3), seq=3, cancel_on_disconnect=True)

    assert [LoggedOff(cancel=True), Send(Logout, (code, text))] == wire.say(cancel(seq))
    assert [] == wire.say(cancel(3))


def test_gap_fill_skips_numbers() -> None:
    wire = logged_on()

    assert [SkipTo(5)] == wire.say(gap_fill(1, 5))
    assert [Take()] == wire.say(cancel(5))
    assert [] == wire.say(gap_fill(6, 6))


@pytest.mark.parametrize(("new_seq", "fills", "field"), [(2, True, 4), (9, False, 5)])
def test_sequence_reset_backwards_or_without_gap_fill_is_rejected(new_seq: int, fills: bool, field: int) -> None:
    wire = logged_on(Venue(next_in=3), seq=3)
    (reject,) = wire.say(gap_fill(3, new_seq, gap_fill=fills))

    assert isinstance(reject, Send)
    assert (Reject, (3, 52, field, RejectReason.OUT_OF_RANGE)) == (reject.kind, reject.fields[:4])
    assert 3 == wire.venue.next_in


@pytest.mark.parametrize(("begin", "end", "field"), [(0, 0, 4), (5, 0, 4), (3, 2, 5)])
def test_resend_request_out_of_range_is_rejected(begin: int, end: int, field: int) -> None:
    wire = logged_on(Venue(next_in=4, reports=[1, 2, 3]), next_expected_seq=4)
    (reject,) = wire.say(ResendRequest(9, 0, 0, begin, end))

    assert isinstance(reject, Send)
    assert (9, 50, field, RejectReason.OUT_OF_RANGE) == reject.fields[:4]


def test_second_resend_waits_for_the_first() -> None:
    wire = logged_on(Venue(next_in=4, reports=[1, 2, 3]), next_expected_seq=4)
    request = ResendRequest(1, 0, 0, 1, 0)
    wire.venue.replaying = True

    assert [(Reject, (1, 50, 0, RejectReason.OTHER))] == [(e.kind, e.fields[:4]) for e in wire.say(request)]
    wire.venue.replaying = False
    assert [Replay(1, 3)] == wire.say(request)


def test_test_request_is_answered_with_its_id() -> None:
    wire = logged_on()

    assert [Send(Heartbeat, ("are you there",))] == wire.say(TestRequest(1, 0, 0, "are you there"))


def test_heartbeat_after_one_interval_of_silence_out() -> None:
    wire = logged_on()
    wire.heard = START + INTERVAL

    assert [] == wire.pass_time(INTERVAL - 1)
    assert [Send(Heartbeat, ("",))] == wire.pass_time(1)
    assert [] == wire.pass_time(1)


def test_idle_peer_is_tested_then_dropped_at_1_2_and_2_4() -> None:
    wire = logged_on(cancel_on_disconnect=True)
    wire.spoke = START + 3 * INTERVAL

    assert [] == wire.pass_time(INTERVAL * 12 // 10 - 1)
    assert [Send(TestRequest, (str(START + INTERVAL * 12 // 10),))] == wire.pass_time(1)
    wire.spoke = START + 3 * INTERVAL
    assert [] == wire.pass_time(INTERVAL * 12 // 10 - 1)
    assert LoggedOff(cancel=True) == wire.pass_time(1)[0]
    assert LogoutCode.TIMEOUT == wire.sent[-1].code


def test_any_message_clears_the_test() -> None:
    wire = logged_on()
    wire.pass_time(INTERVAL * 12 // 10)
    wire.say(Heartbeat(1, 0, 0, "another id"))
    wire.spoke = START + 9 * INTERVAL

    assert [] == wire.pass_time(INTERVAL * 12 // 10 - 1)
    assert TestRequest is wire.pass_time(1)[0].kind


def test_logout_is_answered_after_the_cancels_it_asked_for() -> None:
    wire = logged_on(cancel_on_disconnect=True)

    assert [LoggedOff(cancel=True), Send(Logout, (LogoutCode.NORMAL, "")), Close()] == wire.say(Logout(1, 0, 0, 0, ""))
    assert [Abort()] == wire.pass_time(2 * SECOND)


def test_venue_waits_two_seconds_for_the_answer_to_its_logout() -> None:
    wire = logged_on()
    wire.perform(wire.session.end(LogoutCode.SHUTDOWN, "closing", wire.now))

    assert [] == wire.pass_time(2 * SECOND - 1)
    assert [Close()] == wire.pass_time(1)


def test_answer_to_the_venues_logout_closes_at_once() -> None:
    wire = logged_on()
    wire.perform(wire.session.end(LogoutCode.SHUTDOWN, "closing", wire.now))

    assert [] == wire.say(cancel(1))
    assert [Close()] == wire.say(Logout(1, 0, 0, 0, ""))


def test_lost_connection_cancels_when_that_was_chosen() -> None:
    assert [LoggedOff(cancel=True)] == logged_on(cancel_on_disconnect=True).session.lost()
    assert [LoggedOff(cancel=False)] == logged_on().session.lost()
    assert [] == Wire(Venue()).open().session.lost()


def test_slow_reader_is_cut_without_a_logout() -> None:
    assert [LoggedOff(cancel=True), Abort()] == logged_on(cancel_on_disconnect=True).session.cut(START)


def test_logon_on_an_established_session_is_rejected() -> None:
    (reject,) = logged_on().say(logon())

    assert isinstance(reject, Send)
    assert (1, 65, 0, RejectReason.OTHER) == reject.fields[:4]


def test_faulty_numbered_message_takes_its_number() -> None:
    wire = logged_on()
    fault = Fault(1, 68, 7, RejectReason.OUT_OF_RANGE, "NewOrder.side: ...", numbered=True)

    assert [SkipTo(2), Send(Reject, (1, 68, 7, RejectReason.OUT_OF_RANGE, "NewOrder.side: ..."))] == wire.session.fault(fault, START)


def test_faulty_message_of_another_kind_takes_no_number() -> None:
    fault = Fault(1, 49, 4, RejectReason.OUT_OF_RANGE, "TestRequest.test_id: ...")

    assert [Reject] == [effect.kind for effect in logged_on().session.fault(fault, START)]


def test_faulty_numbered_message_out_of_order_ends_the_connection() -> None:
    fault = Fault(3, 68, 7, RejectReason.OUT_OF_RANGE, "NewOrder.side: ...", numbered=True)
    effects = logged_on().session.fault(fault, START)

    assert LogoutCode.SEQ_GAP == effects[-1].fields[0]


def test_question_is_answered_unless_too_many_were_asked() -> None:
    wire = logged_on()
    book = BookRequest(1, 0, 0, req_id=8, instrument=1, depth=0)
    order = OrderStatusRequest(1, 0, 0, order_id=3, cl_ord_id=0)

    assert [Answer(book)] == wire.session.receive(book, START)
    assert [(1, 86, 8, Reason.THROTTLE), (1, 72, 3, Reason.THROTTLE)] == [
        wire.session.receive(question, START, over=True)[0].fields[:4] for question in (book, order)
    ]
    assert BusinessReject is wire.session.receive(book, START, over=True)[0].kind


def test_bytes_that_are_no_message_end_the_connection() -> None:
    session = Session("VENUE", Timing())
    session.open(bytes(32), START)

    assert [Send(Logout, (LogoutCode.MALFORMED, "frame of 0 bytes"))] == session.malformed("frame of 0 bytes", START)
    assert [] == session.malformed("again", START)


def test_reset_comes_before_the_answer_that_counts_from_it() -> None:
    wire = Wire(Venue(next_in=4)).open()
    effects = wire.session.receive(logon(reset_seq_num=True), START)
    assert 1 == len(effects)

    assert [Reset, LoggedOn, Send] == [type(effect) for effect in wire.session.admit(wire.venue, START)]
