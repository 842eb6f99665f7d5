"""The law of the resend: whatever became of the venue since, a report that is sent again is the one that was sent first."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching.enums import ExecType
from engine.protocol.messages import ExecutionReport, Logon, MassStatusEnd, OrderMassStatusRequest, ResendRequest
from tests.gateway.filed import Filed, Inside, again, reports_of
from tests.gateway.test_gateway import order
from tests.gateway.wires import Peer

SIZES = st.integers(1, 25)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), SIZES),
        st.tuples(st.just("trade"), SIZES),
        st.tuples(st.just("hear of others"), SIZES),
        st.tuples(st.just("miss"), SIZES),
        st.tuples(st.just("reset"), st.none()),
        st.tuples(st.just("snapshot"), st.none()),
        st.tuples(st.just("crash"), st.none()),
        st.tuples(st.just("restart"), st.none()),
    ),
    min_size=2,
    max_size=10,
)
RANGES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=4)


class Story:
    """Alice, who remembers each report of her session's life as it first came, but marked, and bob, who trades with her."""

    def __init__(self, floor: Filed) -> None:
        self.floor = floor
        self.told: list[bytes] = []
        self.alice = floor.in_session("alice")
        self.bob = floor.in_session("bob")
        self.taken = {"alice": 0, "bob": 0}
        self.hear()

    def hear(self) -> None:
        self.floor.settle()
        self.told += again(reports_of(self.alice))

    def act(self, step: tuple[str, int | None]) -> None:
        match step:
            case "trade", int(count):
                self.enter("alice", self.alice, count, account=1, side=1)
            case "hear of others", int(count):
                self.enter("bob", self.bob, count, account=2, side=2)
            case "miss", int(count):
                self.alice.hang_up()
                self.enter("bob", self.bob, count, account=2, side=2)
                self.log_on()
            case "reset", _:
                self.alice.hang_up()
                self.told, self.taken["alice"] = [], 0
                self.alice = self.floor.in_session("alice", reset_seq_num=True)
            case "snapshot", _:
                self.floor.snapshot()
            case "crash", _:
                self.floor = self.floor.crash()
                self.come_back()
            case "restart", _:
                self.floor = self.floor.restart()
                self.come_back()
        self.hear()

    def enter(self, name: str, peer: Peer, count: int, **fields: int) -> None:
        first = self.taken[name] + 1
        self.taken[name] += count
        peer.say(*(order(seq, price=100 * (100 + seq % 3), tif=1 + 2 * (seq % 4 == 0), **fields) for seq in range(first, first + count)))
        self.floor.catch_up()

    def come_back(self) -> None:
        self.log_on()
        self.bob = self.floor.in_session("bob", self.taken["bob"] + 1, next_expected_seq=0)

    def log_on(self) -> None:
        self.alice = self.floor.in_session("alice", self.taken["alice"] + 1, next_expected_seq=len(self.told) + 1)
        answer = next(message for message in heard(self.alice) if isinstance(message, Logon))

        assert self.taken["alice"] + 1 == answer.next_expected_seq

    def ask(self, begin: int, end: int) -> list[bytes]:
        """Ask for reports again, and return what comes."""
        self.alice.say(ResendRequest(self.taken["alice"] + 1, 0, 0, begin, end))
        self.floor.settle()
        return reports_of(self.alice)


def heard(peer: Peer) -> list[object]:
    """Return what came, and leave it to be heard."""
    at = peer.at
    messages = peer.hear()
    peer.at = at
    return messages


@contextmanager
def story(kept_bytes_max: int, piece: int) -> Iterator[Story]:
    with TemporaryDirectory() as home:
        lived = Story(Filed(Path(home) / "venue", backlog=lambda floor: Inside(floor, piece), kept_bytes_max=kept_bytes_max))
        try:
            yield lived
        finally:
            lived.floor.end()


@settings(max_examples=40)
@given(STEPS, RANGES, st.sampled_from([500, 3_000, 20_000]), st.sampled_from([50, 777, 1 << 16]))
def test_what_is_sent_again_is_what_was_sent_but_for_its_mark(
    steps: list[tuple[str, int | None]], ranges: list[tuple[int, int]], kept_bytes_max: int, piece: int
) -> None:
    with story(kept_bytes_max, piece) as lived:
        for step in steps:
            lived.act(step)
        last = len(lived.told)
        for some, length in ranges:
            begin = 1 + some % (last + 1)
            end = begin + length % 50

            assert lived.told[begin - 1 : end] == lived.ask(begin, end)
        assert lived.told == lived.ask(1, 0)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["turn", "trade", "question"]), min_size=1, max_size=25),
    st.integers(1, 60),
    st.sampled_from([500, 3_000, 1 << 20]),
    st.sampled_from([50, 1 << 16]),
)
def test_an_answer_stands_behind_the_last_report_that_it_knows_of(acts: list[str], begin: int, kept_bytes_max: int, piece: int) -> None:
    with story(kept_bytes_max, piece) as lived:
        lived.act(("trade", 25))
        lived.act(("trade", 25))
        floor, alice, resting = lived.floor, lived.alice, 0
        begin = min(begin, len(lived.told))
        alice.say(ResendRequest(lived.taken["alice"] + 1, 0, 0, begin, 0))
        for act in acts:
            if act == "turn":
                floor.turn()
            elif act == "trade":
                lived.enter("alice", alice, 7, account=1, side=1)
            else:
                resting += 1
                alice.say(OrderMassStatusRequest(lived.taken["alice"] + 1, 0, 0, resting))
        floor.settle()
        wanted, answers = begin, 0
        for message in alice.hear():
            if isinstance(message, MassStatusEnd) or getattr(message, "exec_type", None) == ExecType.STATUS:
                assert wanted == message.seq
                answers += isinstance(message, MassStatusEnd)
            elif isinstance(message, ExecutionReport):
                assert wanted == message.seq
                wanted += 1

        assert floor.gateway.lanes["alice"].next_sent == wanted
        assert answers <= resting
        assert answers or not resting
