"""What a lane does with an errand: slices, marks, the seam to memory, and every way in which one can end.  The errand is a script."""

import pytest

from engine.gateway.backlog import Wake
from engine.matching.enums import ExecType
from engine.protocol.messages import ExecutionReport, Heartbeat, Logon, Logout, ResendRequest, SequenceReset, TestRequest
from tests.gateway.filed import again, number_of, reports_of
from tests.gateway.test_gate_examples import Slow
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND, Floor, Peer

SLICE = 256
SLICE_BYTES = 1 << 16


class Errand:
    """Brings what the test puts into it."""

    def __init__(self, wanted: tuple[int, ...], wake: Wake) -> None:
        self.session, self.life, self.begin, self.end = wanted
        self.first = 0
        self.fault: str | None = None
        self.pieces: list[bytes] = []
        self.takes = 0
        self.stopped = False
        self._wake = wake

    def take(self) -> bytes:
        self.takes += 1
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        self.first = self.first or self.begin
        return piece

    def put(self, *pieces: bytes, now_ns: int = 0) -> None:
        self.pieces += pieces
        self._wake(self, now_ns)

    def fail(self, cause: str) -> None:
        self.fault = cause

    def stop(self) -> None:
        self.stopped = True


class Scripted:
    """A backlog that does nothing by itself."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []

    def ask(self, session: int, life: int, begin: int, end: int, wake: Wake) -> Errand:
        self.errands.append(Errand((session, life, begin, end), wake))
        return self.errands[-1]

    def tick(self) -> None:
        pass


class Forgetful(Floor):
    """A gateway in which alice has had `count` reports, of which only the last few are still in memory."""

    def __init__(self, count: int = 600, kept_bytes_max: int = 10_000) -> None:
        self.backlog = Scripted()
        super().__init__(backlog=self.backlog, kept_bytes_max=kept_bytes_max, messages_per_s=10**6, cancels_per_s=10**6)
        self.alice = self.log_on("alice")
        self.seq = 1
        self.enter(count)
        self.told = reports_of(self.alice)
        self.lane = self.gateway.lanes["alice"]
        assert list(range(1, count + 1)) == [number_of(report) for report in self.told]
        assert 1 < self.lane.oldest < count

    def enter(self, count: int) -> None:
        for _ in range(count):
            self.alice.say(order(self.seq, price=100 * (1 + self.seq % 50)))
            self.seq += 1

    def ask(self, begin: int, end: int = 0) -> Errand:
        self.alice.say(ResendRequest(self.seq, 0, 0, begin, end))
        return self.backlog.errands[-1]

    def made(self, begin: int, end: int) -> bytes:
        """Return what an errand brings."""
        return b"".join(self.told[begin - 1 : end])


def shapes(peer: Peer) -> list[tuple[str, int]]:
    """Return what came, as type and the number that matters."""
    return [(type(message).__name__, message.new_seq if isinstance(message, SequenceReset) else message.seq) for message in peer.hear()]


def test_what_is_not_kept_is_asked_for_by_session_life_and_numbers() -> None:
    floor = Forgetful()
    errand = floor.ask(5)
    number, lives = floor.lane.number, floor.gateway.venue.lives(floor.lane.number)

    assert (number, lives, 5, 600) == (errand.session, errand.life, errand.begin, errand.end)
    assert [] == reports_of(floor.alice)


def test_the_journal_brings_what_memory_has_not_and_memory_the_rest() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    errand.put(floor.made(1, floor.lane.oldest - 1))
    floor.settle()

    assert again(floor.told) == reports_of(floor.alice)
    assert errand.stopped
    assert 1 == len(floor.backlog.errands)


def test_what_the_journal_brings_beyond_the_seam_is_sent_once() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    errand.put(floor.made(1, 600))
    floor.settle()

    assert again(floor.told) == reports_of(floor.alice)
    assert errand.stopped


@pytest.mark.parametrize("piece", [1, 7, 300, 5_000])
def test_frames_may_come_in_any_pieces(piece: int) -> None:
    floor = Forgetful(count=300)
    whole = floor.made(1, floor.lane.oldest - 1)
    errand = floor.ask(1)
    for at in range(0, len(whole), piece):
        errand.put(whole[at : at + piece])
        floor.settle()

    assert again(floor.told) == reports_of(floor.alice)


def test_a_turn_sends_one_slice_and_reads_no_more_than_it_needs() -> None:
    floor = Forgetful(count=2_000)
    errand = floor.ask(1)
    errand.put(*[floor.made(at, at + 399) for at in range(1, 2_001, 400)])
    slices = []
    while not slices or floor.turns:
        before = len(floor.alice.transport.written)
        takes = errand.takes
        if slices:
            floor.turn()
        slices.append(len(reports_of(floor.alice)))

        assert errand.takes <= takes + 1
        assert len(floor.alice.transport.written) - before <= SLICE_BYTES
    assert max(slices) <= SLICE
    assert 2_000 == sum(slices)


def test_a_bounded_request_ends_where_it_said_and_what_came_meanwhile_follows_unmarked() -> None:
    floor = Forgetful()
    errand = floor.ask(10, 20)
    floor.enter(2)
    errand.put(floor.made(10, 20))
    floor.settle()
    heard = reports_of(floor.alice)

    assert (10, 20) == (errand.begin, errand.end)
    assert again(floor.told[9:20]) == heard[:11]
    assert [601, 602] == [number_of(report) for report in heard[11:]]
    assert again(heard[11:]) != heard[11:]


def test_everything_but_a_sign_of_life_waits_behind_the_journal() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    floor.enter(1)
    floor.alice.say(TestRequest(floor.seq, 0, 0, "done"))
    floor.pass_time(30 * SECOND)

    assert [("Heartbeat", 1)] == shapes(floor.alice)
    errand.put(floor.made(1, 100))
    floor.settle()
    reports_of(floor.alice)
    floor.alice.say(Heartbeat(floor.seq, 0, 0, ""))
    floor.pass_time(30 * SECOND)
    assert [("Heartbeat", 101)] == shapes(floor.alice)
    errand.put(floor.made(101, 600))
    floor.settle()
    *_, live, heartbeat = floor.alice.hear()
    assert (601, 0) == (live.seq, live.flags)
    assert "done" == heartbeat.test_id


def test_a_client_that_does_not_read_is_waited_for() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    floor.alice.protocol.pause_writing()
    takes = errand.takes
    errand.put(floor.made(1, 600))
    floor.settle()

    assert ([], takes) == (reports_of(floor.alice), errand.takes)
    floor.alice.protocol.resume_writing()
    floor.settle()
    assert again(floor.told) == reports_of(floor.alice)


def test_reports_that_are_forgotten_during_the_replay_come_from_the_journal_too() -> None:
    floor = Forgetful()
    errand = floor.ask(1, 300)
    floor.enter(400)
    errand.put(floor.made(1, 300))
    floor.settle()
    second = floor.backlog.errands[-1]
    heard = reports_of(floor.alice)

    assert again(floor.told[:300]) == heard
    assert (601, 1_000) == (second.begin, second.end)
    fresh = Forgetful(count=1_000).told[600:]
    second.put(b"".join(fresh))
    floor.settle()
    assert [(number, 0) for number in range(601, 1_001)] == [(message.seq, message.flags) for message in floor.alice.hear()]


def test_where_the_journal_fails_what_it_should_have_brought_is_skipped() -> None:
    floor = Forgetful()
    oldest = floor.lane.oldest
    errand = floor.ask(1)
    errand.put(floor.made(1, 30))
    errand.fail("killed")
    errand.put()
    floor.settle()
    reports = [("ExecutionReport", number) for number in (*range(1, 31), *range(oldest, 601))]

    assert [*reports[:30], ("SequenceReset", oldest), *reports[30:]] == shapes(floor.alice)
    assert errand.stopped


def test_where_only_a_part_is_gone_only_that_is_skipped() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    errand.first = 200
    errand.put(floor.made(200, 600))
    floor.settle()

    assert [("SequenceReset", 200), *(("ExecutionReport", number) for number in range(200, 601))] == shapes(floor.alice)


def test_a_lane_that_is_woken_before_its_turn_has_one_turn() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    errand.first = 200
    errand.put()
    errand.put(floor.made(200, 600))

    assert 1 == len(floor.turns)
    floor.settle()
    assert [("SequenceReset", 200), *(("ExecutionReport", number) for number in range(200, 601))] == shapes(floor.alice)


def test_a_range_that_is_gone_whole_is_one_skip() -> None:
    floor = Forgetful()
    errand = floor.ask(10, 20)
    errand.fail("trimmed")
    errand.put()
    floor.settle()

    assert [("SequenceReset", 21)] == shapes(floor.alice)


@pytest.mark.parametrize("wrong", ["one left out", "one twice", "no report"])
def test_a_process_that_makes_something_else_is_not_believed(wrong: str) -> None:
    floor = Forgetful()
    oldest = floor.lane.oldest
    errand = floor.ask(1)
    made = {
        "one left out": floor.made(1, 9) + floor.made(11, 600),
        "one twice": floor.made(1, 9) + floor.made(9, 600),
        "no report": floor.made(1, 9) + b"\x05\x00\x00\x00what?",
    }[wrong]
    errand.put(made)
    floor.settle()

    assert "the process that reads the journal made another report than 10" == errand.fault
    assert [*range(1, 10), oldest] == [number for _, number in shapes(floor.alice)[:10]]


def test_a_client_that_leaves_stops_the_process_and_the_next_connection_asks_anew() -> None:
    floor = Forgetful()
    first = floor.ask(1)
    first.put(floor.made(1, 50))
    floor.settle()
    floor.alice.hang_up()
    first.put(floor.made(51, 100))
    floor.alice = floor.log_on("alice", floor.seq, next_expected_seq=51)
    second = floor.backlog.errands[-1]
    first.put(floor.made(101, 150))
    assert 1 == second.takes
    second.put(floor.made(51, 600))
    floor.settle()

    assert first.stopped
    assert 51 == second.begin
    assert again(floor.told[50:]) == reports_of(floor.alice)


def test_a_client_that_leaves_in_the_middle_is_told_nothing_newer_than_what_it_lacks() -> None:
    floor = Slow(backlog=Scripted(), kept_bytes_max=500)
    alice = floor.in_session("alice")
    for seq in range(1, 31):
        alice.say(order(seq, price=100 * seq))
        floor.catch_up()
    alice.hear()
    alice.say(ResendRequest(31, 0, 0, 1, 0), order(31), Logout(32, 0, 0, 0, ""))
    floor.catch_up()

    assert [Logout] == [type(message) for message in alice.hear()]


def test_a_new_life_of_the_session_wants_nothing_of_the_old() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    floor.alice.hang_up()
    floor.alice = floor.log_on("alice", reset_seq_num=True)
    floor.alice.hear()
    errand.put(floor.made(1, 600))
    floor.settle()

    assert errand.stopped
    assert [] == reports_of(floor.alice)
    floor.alice.say(order(1, cl_ord_id=10_000, tif=3))
    assert [1, 2] == [message.seq for message in floor.alice.hear() if message.exec_type in (ExecType.NEW, ExecType.CANCELED)]


def test_a_logon_that_wants_no_old_reports_asks_the_journal_for_none() -> None:
    floor = Forgetful()
    floor.alice.hang_up()
    again_here = floor.log_on("alice", floor.seq, next_expected_seq=0)
    floor.settle()

    assert [] == floor.backlog.errands
    assert [601] == [message.seq for message in again_here.hear() if isinstance(message, Logon)]


def test_a_second_request_during_the_errand_is_refused() -> None:
    floor = Forgetful()
    errand = floor.ask(1)
    floor.ask(2)
    errand.put(floor.made(1, 600))
    floor.settle()
    *reports, reject = floor.alice.hear()

    assert 1 == len(floor.backlog.errands)
    assert [ExecutionReport] * 600 == [type(report) for report in reports]
    assert "a resend is still under way" == reject.text


def test_without_a_journal_what_is_not_kept_is_gone() -> None:
    floor = Floor(kept_bytes_max=10_000)
    alice = floor.log_on("alice")
    for seq in range(1, 301):
        alice.say(order(seq, price=100 * seq))
    oldest = floor.gateway.lanes["alice"].oldest
    alice.hear()
    alice.say(ResendRequest(301, 0, 0, 10, 20), ResendRequest(301, 0, 0, 10, 0))
    floor.settle()
    shown = shapes(alice)

    assert [("SequenceReset", 21), ("SequenceReset", oldest)] == shown[:2]
    assert list(range(oldest, 301)) == [number for _, number in shown[2:]]
