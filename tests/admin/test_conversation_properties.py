"""Laws of an operator's connection, whatever is sent and whenever."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.admin.conversation import Conversation, Phase, Timing
from engine.admin.messages import HEART_BT_INT, ActRequest, Answer, ShowRequest, decode_operator, encode
from engine.protocol.messages import DECODE_ERRORS, VERSION, Heartbeat, Logon, Logout

SECOND = 1_000_000_000
TIMING = Timing(logon_ns=5 * SECOND, refusal_ns=SECOND, idle_ns=60 * SECOND)
NONCE = bytes(32)


def logon(sender: str, heart_bt_int: int = HEART_BT_INT, version: int = VERSION) -> Logon:
    return Logon(1, 0, 0, sender, "OPS", heart_bt_int, False, 1, False, False, version, b"")


NO_ACT = msgspec.Raw(msgspec.msgpack.encode({}))
REQUESTS = st.builds(ShowRequest, st.integers(0, 9), st.just("venue"), st.just({}), st.just(0)) | st.builds(
    ActRequest, st.integers(0, 9), st.just(NO_ACT), st.text(max_size=9), st.booleans()
)
MESSAGES = st.one_of(
    st.builds(logon, st.sampled_from(["ada", "eve", "mallory"]), st.sampled_from([0, 30]), st.sampled_from([VERSION, 99])),
    REQUESTS,
    st.just(Logout(0, 0, 0, 0, "")),
    st.just(Heartbeat(0, 0, 0, "")),
)
PAYLOADS = MESSAGES.map(encode) | st.binary(max_size=40)
EVENTS = st.lists(PAYLOADS | st.integers(1, 70).map(lambda seconds: seconds * SECOND), max_size=12)


class Life:
    """A conversation, what it served and what it said, under a clock that moves with the events."""

    def __init__(self, *, room: bool = True) -> None:
        self.now_ns = 0
        self.served: list[tuple[str, int]] = []
        self.said: list[object] = []
        self.conversation = Conversation("OPS", NONCE, TIMING, judge=self.judge, room=lambda: room, serve=self.serve)
        self.said += self.conversation.open(0)

    def judge(self, asked: Logon, nonce: bytes) -> bool:
        return nonce == NONCE and asked.sender in ("ada", "eve")

    def serve(self, actor: str, request: ActRequest | ShowRequest) -> Answer:
        self.served.append((actor, request.req_id))
        return Answer(request.req_id, True, "DONE")

    def live(self, events: list[bytes | int]) -> None:
        for event in events:
            if isinstance(event, int):
                self.now_ns += event
                self.said += self.conversation.tick(self.now_ns)
            else:
                self.said += self.conversation.receive(event, self.now_ns)


def is_request(payload: object) -> bool:
    try:
        return isinstance(decode_operator(payload), (ActRequest, ShowRequest))
    except (*DECODE_ERRORS, TypeError):
        return False


@given(EVENTS)
def test_nobody_is_served_before_an_authentic_logon_and_only_by_his_name(events):
    life = Life()
    life.live(events)

    assert {actor for actor, _ in life.served} <= {"ada", "eve"}
    assert len({actor for actor, _ in life.served}) <= 1
    if life.served:
        assert isinstance(life.said[1], Logon)


@given(EVENTS)
def test_every_request_that_is_served_is_answered_once_and_in_order(events):
    life = Life()
    life.live(events)

    assert [req_id for _, req_id in life.served] == [answer.req_id for answer in life.said if isinstance(answer, Answer)]


@given(EVENTS)
def test_a_farewell_is_the_last_word(events):
    life = Life()
    life.live(events)
    farewells = [at for at, message in enumerate(life.said) if isinstance(message, Logout)]

    assert farewells == ([len(life.said) - 1] if life.conversation.over else [])


@given(EVENTS)
def test_an_operator_is_served_until_something_ends_it(events):
    life = Life()
    life.live([encode(logon("ada"))])
    life.live([event for event in events if is_request(event)])

    assert Phase.ESTABLISHED is life.conversation.phase
    assert len(life.served) == sum(is_request(event) for event in events)


@given(EVENTS)
def test_where_there_is_no_room_nobody_is_served(events):
    life = Life(room=False)
    life.live(events)

    assert [] == life.served


@given(EVENTS)
def test_silence_ends_every_connection(events):
    life = Life()
    life.live([*events, 61 * SECOND])

    assert life.conversation.over


@given(MESSAGES)
def test_a_message_of_an_operator_is_read_as_it_was_written(message):
    if isinstance(message, Heartbeat):
        return
    packed = encode(message)

    assert packed == encode(decode_operator(packed))
