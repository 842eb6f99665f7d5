"""Single stories of the session: the logon, silence, gaps, and what ends it for good."""

import pytest

from engine.client.errors import LogonRefused, NotLoggedOn, RequestLost, SessionBroken, TooManyInFlight
from engine.client.store import SessionStore
from engine.matching.enums import OrdStatus, Reason, Side
from engine.protocol.framing import Splitter, frame
from engine.protocol.messages import (
    Cancel,
    ClientMessage,
    Heartbeat,
    Listing,
    Logout,
    LogoutCode,
    Reject,
    Replace,
    SequenceReset,
    TestRequest,
    decode_client,
    encode,
)
from tests.client.model_venue import ModelVenue
from tests.client.wiring import Wire, bob_trades, kinds, who

STAMP = (1, 0, 0)


def fresh(**options: object) -> Wire:
    return Wire(ModelVenue(), identity=who(**options)).settle()


def said(wire: Wire) -> list[ClientMessage]:
    """Give what the client wants to send, instead of sending it."""
    return [decode_client(payload) for payload in Splitter(4096).feed(wire.session.output())]


def say(wire: Wire, *messages: object) -> None:
    """Have the venue say something that it has no reason to say."""
    wire.core.receive(b"".join(frame(encode(message)) for message in messages), wire.now)


def test_logon_asks_for_nothing_old_by_default_and_for_all_on_wish() -> None:
    new, everything = fresh(), fresh(resume="all")

    assert 0 == new.connection.logons[0].next_expected_seq
    assert 1 == everything.connection.logons[0].next_expected_seq


def test_coming_back_asks_for_the_next_report_and_takes_over() -> None:
    wire = fresh()
    wire.enter()
    wire.settle()
    first = wire.connection.logons[0]
    wire.cut()
    again = wire.settle().connection.logons[0]

    assert (1, 0, False) == (first.seq, first.next_expected_seq, first.takeover)
    assert (2, 2, True) == (again.seq, again.next_expected_seq, again.takeover)


def test_requests_lost_on_the_way_go_out_again_byte_by_byte() -> None:
    wire = fresh()
    wire.enter(price=100)
    wire.enter(price=101)
    lost = wire.session.output()
    wire.cut()
    wire.connect()
    wire.down()
    wire.up()
    wire.down()
    again = wire.session.output()

    assert again.startswith(lost)


def test_nothing_is_sent_without_a_connection() -> None:
    wire = fresh()
    wire.cut()
    with pytest.raises(NotLoggedOn, match=r"session alice is not logged on \(down\)"):
        wire.enter()

    assert 0 == wire.core.in_flight


def test_heartbeats_keep_a_quiet_session_alive() -> None:
    wire = fresh()
    wire.now = 4.9
    wire.session.tick(wire.now)

    assert [] == said(wire)
    wire.now = 5.0
    wire.session.tick(wire.now)
    assert [Heartbeat] == [type(message) for message in said(wire)]


def test_a_silent_venue_is_asked_and_then_left() -> None:
    wire = fresh()
    wire.now = 6.0
    wire.session.tick(wire.now)
    asked = [type(message) for message in said(wire)]
    wire.now = 11.9
    wire.session.tick(wire.now)
    still = wire.session.hang_up
    wire.now = 12.0
    wire.session.tick(wire.now)

    assert (TestRequest, False, True) == (asked[0], still, wire.session.hang_up)
    assert ("the venue fell silent", None) == (wire.session.farewell, wire.session.fault)


def test_the_timer_asks_to_be_called_when_something_is_due() -> None:
    wire = Wire(ModelVenue())
    wire.connect()
    waiting = wire.session.tick(0.0)
    wire.settle()

    assert (10.0, 5.0) == (waiting, wire.session.tick(0.0))


def test_a_test_request_is_answered() -> None:
    wire = fresh()
    say(wire, TestRequest(*STAMP, "are you there"))

    assert "are you there" == said(wire)[0].test_id


def test_a_venue_that_never_greets_is_left() -> None:
    wire = Wire(ModelVenue())
    wire.connect()
    wire.session.tick(10.0)

    assert (True, "the venue did not answer in time") == (wire.session.hang_up, wire.session.farewell)


@pytest.mark.parametrize(
    ("nonsense", "why"),
    [
        (b"\x00\x00\x00\x00", "no message: frame of 0 bytes"),
        (b"\x01\x00\x00\x00\xc1", "no message"),
        (frame(encode(Cancel(1, 0, 0, 1, 0, 0, 0, 0))), "no message"),
        (frame(encode(SequenceReset(1, 0, 0, 5, False))), "changed its numbers without a logon"),
    ],
)
def test_nonsense_from_the_venue_ends_the_session(nonsense: bytes, why: str) -> None:
    wire = fresh()
    order = wire.enter()
    wire.core.receive(nonsense, 0.0)

    assert isinstance(wire.core.failure, SessionBroken)
    assert why in str(wire.core.failure)
    assert wire.core.failure is order.error


@pytest.mark.parametrize("code", [LogoutCode.LOGON_REFUSED, LogoutCode.SEQ_TOO_HIGH, LogoutCode.TAKEN_OVER, LogoutCode.TOO_MANY_SESSIONS])
def test_a_logout_that_another_try_would_not_change_ends_the_session(code: LogoutCode) -> None:
    wire = fresh()
    say(wire, Logout(*STAMP, code, "no"))

    assert isinstance(wire.core.failure, LogonRefused)
    assert code == wire.core.failure.code


@pytest.mark.parametrize(
    "code", [LogoutCode.NORMAL, LogoutCode.TIMEOUT, LogoutCode.SHUTDOWN, LogoutCode.SLOW_CONSUMER, LogoutCode.DUPLICATE]
)
def test_other_logouts_are_answered_and_another_connection_made(code: LogoutCode) -> None:
    wire = fresh()
    say(wire, Logout(*STAMP, code, ""))

    assert [Logout] == [type(message) for message in said(wire)]
    assert (True, None) == (wire.session.hang_up, wire.core.failure)


def test_a_venue_whose_numbers_went_back_is_not_trusted() -> None:
    venue = ModelVenue()
    wire = Wire(venue).settle()
    wire.enter()
    wire.settle().cut()
    venue.sessions["alice"].reports.clear()
    wire.settle()

    assert isinstance(wire.core.failure, LogonRefused)


def test_a_venue_that_forgot_answered_requests_is_not_trusted() -> None:
    venue = ModelVenue()
    wire = Wire(venue).settle()
    wire.enter()
    wire.settle().cut()
    venue.sessions["alice"].next_in = 1
    wire.settle()

    assert "the venue expects request 1, which it had answered: log on with reset=True" in str(wire.core.failure)


def test_reset_starts_both_numbers_at_one() -> None:
    venue = ModelVenue()
    first = Wire(venue).settle()
    first.enter()
    first.settle().cut()
    second = Wire(venue, identity=who(reset=True)).settle()
    order = second.enter()
    second.settle()

    assert (1, 1, OrdStatus.NEW) == (venue.sessions["alice"].taken[-1].seq, venue.sessions["alice"].reports[0].seq, order.status)


def test_a_request_whose_number_another_client_used_is_lost_and_said_so() -> None:
    venue = ModelVenue()
    wire = Wire(venue).settle()
    order = wire.enter()
    request = wire.core.replace(order, 101, None, None, 0.0)
    wire.session.output()
    wire.cut()
    other = Wire(venue)
    other.now = 1.0
    other.settle()
    for _ in range(3):
        other.enter()
    other.settle().cut()
    wire.settle()

    assert isinstance(order.error, RequestLost)
    assert isinstance(request.error, RequestLost)
    assert ([], 0) == (order.replacing, wire.core.in_flight)


def test_a_malformed_request_is_refused_and_its_number_used() -> None:
    wire = fresh()
    order = wire.enter()
    wire.session.output()
    say(wire, Reject(1, 0, 0, 1, 68, 8, 5, "price is out of range"))

    assert (OrdStatus.REJECTED, Reason.UNKNOWN_COMMAND, True) == (order.status, order.reason, order.is_done)
    assert "103 malformed: price is out of range (field 8, rule 5)" == order.reject_text
    assert 0 == wire.core.in_flight


def test_orders_known_to_be_done_are_not_canceled_again() -> None:
    wire = fresh()
    order = wire.enter()
    wire.settle()
    bob_trades(wire.venue, Side.SELL, 10**6, 10**6)
    wire.settle()
    (cancel,) = wire.core.cancel([order], 0.0)
    replace = wire.core.replace(order, 101, None, None, 0.0)

    assert [Reason.TOO_LATE] * 2 == [cancel.reason, replace.reason]
    assert [] == said(wire)


def test_a_chain_of_replaces_names_the_order_as_it_will_be() -> None:
    wire = fresh()
    order = wire.enter(price=100, qty=5)
    first = wire.core.replace(order, 101, None, None, 0.0)
    second = wire.core.replace(order, None, 3, None, 0.0)
    wire.core.cancel([order], 0.0)
    _, *replaces, cancel = said(wire)

    assert all(isinstance(message, Replace) for message in replaces)
    assert [order.cl_ord_id, first.cl_ord_id, second.cl_ord_id] == [message.orig_cl_ord_id for message in [*replaces, cancel]]
    assert [(1_010_000, 5_000_000), (1_010_000, 3_000_000)] == [(message.price, message.order_qty) for message in replaces]


def test_what_is_over_is_not_remembered() -> None:
    wire = fresh()
    for _ in range(100):
        wire.core.cancel([wire.enter()], 0.0)
        wire.settle()
    core = wire.core

    assert [{}] * 5 == [core.open_orders, core._entered, core._requests, core._queries, core.session.store.unanswered]


def test_requests_in_flight_are_bounded() -> None:
    wire = Wire(ModelVenue(), max_in_flight=2).settle()
    wire.enter()
    wire.enter()
    with pytest.raises(TooManyInFlight):
        wire.enter()

    assert 2 == wire.core.in_flight


def test_ids_start_above_all_that_a_store_has_seen() -> None:
    venue, store = ModelVenue(), SessionStore()
    store.last_cl_ord_id = 2_000_000_000_000_000_000
    order = Wire(venue, store).settle().enter()

    assert 2_000_000_000_000_000_001 == order.cl_ord_id


def test_reports_before_the_instruments_are_known_wait_for_them() -> None:
    venue = ModelVenue()
    first = Wire(venue).settle()
    first.enter()
    first.settle().cut()
    late = Wire(venue, identity=who("all"))
    late.connect()
    late.down()
    late.up()
    late.down()

    assert (["LoggedOn"], 0) == (kinds(late.events), late.session.store.next_in - 1)
    late.settle()
    assert (["LoggedOn", "Accepted"], "AAPLx") == (kinds(late.events), late.events[1].order.symbol)


def test_an_instrument_no_longer_listed_still_has_orders() -> None:
    venue = ModelVenue()
    first = Wire(venue).settle()
    first.enter()
    first.settle().cut()
    venue.listings = (Listing(9, "NEWx", "USDC", 100, 100, 100, 10**9, 10**9, 0, 17, "NEWx", 0, 0, 0),)
    late = Wire(venue, identity=who("all")).settle()

    assert "unlisted-1" == late.events[1].order.symbol
