"""The laws of the session, under any interleaving of a client, a wire that breaks, and time."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.gateway.effects import LoggedOn, Send, SkipTo, Take
from engine.gateway.session import Fault, Phase, Session, Timing
from engine.protocol.messages import (
    BookRequest,
    Heartbeat,
    Logon,
    Logout,
    OrderMassStatusRequest,
    RejectReason,
    ResendRequest,
    TestRequest,
)
from tests.gateway.peer import SECOND, START, Client, Venue, Wire, cancel, gap_fill, logged_on, logon

SEQS = st.integers(0, 12)

MESSAGES = st.one_of(
    st.builds(cancel, SEQS, st.integers(0, 1)),
    st.builds(Heartbeat, SEQS, st.just(0), st.just(0), st.just("")),
    st.builds(TestRequest, SEQS, st.just(0), st.just(0), st.just("x")),
    st.builds(ResendRequest, SEQS, st.just(0), st.just(0), SEQS, SEQS),
    st.builds(lambda seq, new, fills: gap_fill(seq, new, gap_fill=fills), SEQS, SEQS, st.booleans()),
    st.builds(Logout, SEQS, st.just(0), st.just(0), st.just(0), st.just("")),
    st.builds(OrderMassStatusRequest, SEQS, st.just(0), st.just(0), SEQS),
    st.builds(BookRequest, SEQS, st.just(0), st.just(0), SEQS, SEQS, SEQS),
)
LOGONS = st.builds(
    logon,
    SEQS,
    heart_bt_int=st.sampled_from([0, 1, 10, 60, 61]),
    reset_seq_num=st.booleans(),
    next_expected_seq=st.integers(0, 5),
    cancel_on_disconnect=st.booleans(),
    version=st.sampled_from([1, 1, 1, 2]),
)
FAULTS = st.builds(Fault, SEQS, st.sampled_from([0, 49, 68]), SEQS, st.just(RejectReason.OUT_OF_RANGE), st.just("text"), st.booleans())


class Reconnections(RuleBasedStateMachine):
    """A client that numbers requests, loses its connection at any moment, and resumes by the rules."""

    @initialize()
    def connect(self) -> None:
        self.venue = Venue()
        self.client = Client()
        self.requests = 0
        self.emitted: list[int] = []
        self.wire = Wire(self.venue).open()
        self.log_on()

    def log_on(self) -> None:
        self.client.read = 0
        self.wire.say(logon(self.requests + 1, next_expected_seq=self.client.next_expected))
        answers = [message for message in self.wire.sent if isinstance(message, Logon)]

        assert 1 == len(answers), "a client that follows the rules is let in"
        for seq in range(answers[0].next_expected_seq, self.requests + 1):
            self.wire.say(cancel(seq, flags=1))

    @rule()
    def request(self) -> None:
        self.requests += 1
        if self.wire.attached:
            self.wire.say(cancel(self.requests))

    @rule()
    def request_that_is_lost_with_the_connection(self) -> None:
        self.requests += 1
        self.cut()

    @rule()
    def fill_of_a_resting_order(self) -> None:
        self.wire.report(0)

    @rule()
    def read(self) -> None:
        self.client.take(self.wire)

    @rule(whole=st.booleans())
    def cut(self, whole: bool = False) -> None:
        if whole:
            self.client.take(self.wire)
        self.wire.perform(self.wire.session.lost())
        self.wire = Wire(self.venue)

    @rule()
    @precondition(lambda self: not self.wire.attached)
    def reconnect(self) -> None:
        self.wire.open()
        self.log_on()

    @rule()
    def send_again_what_was_taken(self) -> None:
        if self.wire.attached and self.requests:
            self.wire.say(cancel(self.requests, flags=1))

    @invariant()
    def requests_are_taken_once_and_in_order(self) -> None:
        assert list(range(1, len(self.venue.taken) + 1)) == self.venue.taken

    @invariant()
    def reports_are_held_once_and_in_order(self) -> None:
        held = self.client.reports

        assert self.venue.reports[: len(held)] == [held[number] for number in sorted(held)]

    def teardown(self) -> None:
        if not self.wire.attached:
            self.reconnect()
        self.client.take(self.wire)

        assert list(range(1, self.requests + 1)) == self.venue.taken
        assert self.venue.reports == [self.client.reports[number] for number in sorted(self.client.reports)]


test_every_request_and_every_report_arrives_exactly_once_over_any_reconnects = Reconnections.TestCase
test_every_request_and_every_report_arrives_exactly_once_over_any_reconnects.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)


@given(st.lists(st.one_of(MESSAGES, FAULTS), max_size=12), st.booleans())
def test_no_input_before_logon_reaches_the_venue(messages: list[object], authentic: bool) -> None:
    wire = Wire(Venue(), authenticated=False).open()
    if authentic:
        wire.session.receive(logon(), START)
    for message in messages:
        effects = wire.session.fault(message, START) if isinstance(message, Fault) else wire.session.receive(message, START)

        assert not [effect for effect in effects if not isinstance(effect, Send)]


@given(st.lists(st.one_of(MESSAGES, LOGONS, FAULTS, st.integers(0, 70 * SECOND)), max_size=30), LOGONS)
def test_no_input_breaks_the_session_or_its_numbering(inputs: list[object], wish: Logon) -> None:
    wire = Wire(Venue(next_in=3, reports=[0, 0])).open()
    wire.say(wish)
    for item in inputs:
        before = wire.venue.next_in
        if isinstance(item, int):
            wire.pass_time(item)
        elif isinstance(item, Fault):
            wire.perform(wire.session.fault(item, wire.now))
        else:
            wire.say(item)

        assert wire.venue.next_in >= before
        assert (wire.session.phase is Phase.ESTABLISHED) == wire.attached
    assert sorted(wire.venue.taken) == wire.venue.taken


@given(st.integers(1, 30), st.data())
def test_resend_of_any_range_gives_the_same_reports(count: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(1, count + 1))
    end = data.draw(st.integers(begin, count + 5) | st.just(0))
    wire = logged_on(Venue(reports=list(range(100, 100 + count))), next_expected_seq=count + 1)
    wire.say(ResendRequest(1, 0, 0, begin, end))

    assert [(number, 99 + number, True) for number in range(begin, min(end or count, count) + 1)] == wire.sent


@given(st.integers(1, 60), st.lists(st.integers(1, 2_399), max_size=60))
def test_established_peer_hears_something_in_every_interval(heart_bt_int: int, thousandths: list[int]) -> None:
    wire = logged_on(heart_bt_int=heart_bt_int)
    interval = heart_bt_int * SECOND
    for step in thousandths:
        wire.heard = wire.now
        wire.pass_time(step * interval // 1_000)

        assert wire.now - wire.spoke < interval


@given(st.lists(st.one_of(MESSAGES, FAULTS), max_size=10), st.sampled_from([1, 2, 3]))
def test_nothing_is_taken_after_a_logout(messages: list[object], code: int) -> None:
    wire = logged_on()
    wire.perform(wire.session.end(code, "", START))
    for message in messages:
        effects = wire.session.fault(message, START) if isinstance(message, Fault) else wire.session.receive(message, START)

        assert not [effect for effect in effects if isinstance(effect, Take | SkipTo | LoggedOn)]


def test_a_session_needs_no_event_loop_and_no_clock() -> None:
    session = Session("VENUE", Timing())

    assert 1 == len(session.open(bytes(32), 0))
