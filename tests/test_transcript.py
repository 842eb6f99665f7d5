"""The log told: a group's body taken apart is what was put together, and whatever cannot be a body is refused."""

import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.journal.records import Group
from engine.matching.enums import CommandFlag, CommandKind, ExecInst, Side, TimeInForce
from engine.matching.records import COMMAND_FORMAT, COMMAND_SIZE, Command
from engine.transcript import commands_of, described, record
from engine.venue.acts import KillSwitch, Request, encode
from engine.venue.market_acts import CancelOrders

ENTER = Command(
    *(1_000, 7, 41, 0, 0, 10_000, 5_000_000), session=3, account=4, instrument=2, kind=CommandKind.ENTER, side=Side.SELL, ord_type=2
)
ACT = Command(2_000, kind=CommandKind.ACT)
REQUEST = Request(actor="anna", reason="end of the story", act=CancelOrders(account=4))


def words(command):
    """The command as words of 4 bytes."""
    return struct.unpack(f"<{COMMAND_SIZE // 4}I", struct.pack(COMMAND_FORMAT, *command))


@st.composite
def spoken(draw):
    """Draw commands with their payloads."""
    fields = {
        "q": st.integers(-(2**63), 2**63 - 1),
        "Q": st.integers(0, 2**64 - 1),
        "I": st.integers(0, 2**32 - 1),
        "B": st.integers(0, 255),
    }
    letters = COMMAND_FORMAT[1:]
    command = Command(*(draw(fields[letter]) for letter in letters))
    if not draw(st.booleans()):
        return command._replace(kind=draw(st.sampled_from([CommandKind.ENTER, CommandKind.MARK, CommandKind.LOGON]))), b""
    payload = draw(st.binary(max_size=30))
    return command._replace(kind=draw(st.sampled_from([CommandKind.ACT, CommandKind.BIRTH])), qty=len(payload)), payload


@given(st.lists(spoken(), min_size=1, max_size=6), st.integers(1, 2**62))
def test_a_body_taken_apart_is_what_was_put_together(commands, first_seq):
    body = b"".join(record(*spoken) for spoken in commands)
    group = Group(first_seq, len(commands), 0, body)

    assert [(first_seq + i, *spoken) for i, spoken in enumerate(commands)] == list(commands_of(group))
    assert 0 == len(body) % 4
    assert [sum(map(bool, words(command))) for command, _ in commands] == [
        int.from_bytes(record(*spoken)[:4], "little").bit_count() for spoken in commands
    ]


@given(st.lists(spoken(), min_size=1, max_size=4), st.data())
def test_a_body_that_is_cut_or_longer_or_of_another_count_is_refused(commands, data):
    body = b"".join(record(*spoken) for spoken in commands)
    cut = data.draw(st.integers(0, len(body) - 1))
    for group in (
        Group(1, len(commands), 0, body[:cut]),
        Group(1, len(commands), 0, body + bytes(4)),
        Group(1, len(commands) - 1, 0, body),
        Group(1, len(commands) + 1, 0, body),
    ):
        with pytest.raises(ValueError, match="sequence"):
            list(commands_of(group))


def test_a_payload_is_padded_with_zeros_only():
    body = record(ACT, b"123")

    assert b"123\0" == body[4 + 4 * sum(map(bool, words(ACT._replace(qty=3)))) :]
    with pytest.raises(ValueError, match="sequence 9: the bytes behind the payload are not zero"):
        list(commands_of(Group(9, 1, 0, body[:-1] + b"x")))


@pytest.mark.parametrize("qty", [-1, 17, 2**62])
def test_a_payload_of_an_impossible_length_is_refused(qty):
    body = record(ENTER._replace(qty=qty)).replace(bytes([CommandKind.ENTER, Side.SELL]), bytes([CommandKind.ACT, Side.SELL])) + bytes(16)
    with pytest.raises(ValueError, match=rf"a payload of {qty} bytes does not fit into the 16"):
        list(commands_of(Group(1, 1, 0, body)))


@pytest.mark.parametrize("bit", [28, 31])
def test_a_command_has_no_more_words_than_it_has(bit):
    body = (1 << bit | 1).to_bytes(4, "little") + bytes(8)
    with pytest.raises(ValueError, match=rf"sequence 4: {1 << bit | 1:#010x} at byte 0 names more than the 28 words of a command"):
        list(commands_of(Group(4, 1, 0, body)))


def test_an_order_and_its_cancel_take_less_than_half_of_what_they_are():
    cancel = ENTER._replace(cl_ord_id=42, orig_cl_ord_id=41, price=0, qty=0, kind=CommandKind.CANCEL, ord_type=0)

    assert [True, True] == [len(record(command)) < COMMAND_SIZE / 2 for command in (ENTER, cancel)]


def test_a_command_that_carries_no_payload_is_given_none():
    with pytest.raises(ValueError, match="a command of kind 68 carries no payload, and this one has 1 bytes"):
        record(ENTER, b"x")


def test_an_order_is_told_by_names():
    marked = ENTER._replace(exec_inst=ExecInst.POST_ONLY | ExecInst.REDUCE_ONLY, flags=0x80 | CommandFlag.THROTTLED)
    numbers = {"in_seq": 7, "cl_ord_id": 41, "price": 10_000, "qty": 5_000_000, "session": 3, "account": 4, "instrument": 2}
    names = {"side": "SELL", "ord_type": "LIMIT", "tif": "DAY", "exec_inst": ["POST_ONLY", "REDUCE_ONLY"], "flags": ["THROTTLED", "0x80"]}

    assert {"seq": 12, "ts_ns": 1_000, "kind": "ENTER", **numbers, **names} == described(12, marked)
    assert "IOC" == described(12, ENTER._replace(tif=TimeInForce.IOC))["tif"]


def test_an_act_is_told_with_what_was_asked():
    payload = encode(REQUEST)
    asked = {"actor": "anna", "reason": "end of the story", "act": msgspec.to_builtins(REQUEST.act)}

    assert {"seq": 5, "ts_ns": 2_000, "kind": "ACT", **asked} == described(5, ACT._replace(qty=len(payload)), payload)


@pytest.mark.parametrize("payload", [b"\xc1", encode(REQUEST)[:-1], msgspec.msgpack.encode({"actor": "anna"})])
def test_a_payload_that_was_no_request_is_told_as_hex(payload):
    told = described(5, ACT, payload)

    assert payload.hex() == told["payload"]
    assert told["fault"]


def test_a_mark_a_birth_and_what_nobody_knows_are_told():
    birth = msgspec.msgpack.encode({"format": 1, "venue": "ATS", "limits": {"orders": 5}})

    assert {"seq": 3, "ts_ns": 0, "kind": "MARK", "history": "00000000000000ff"} == described(
        3, Command(kind=CommandKind.MARK, order_id=255)
    )
    assert {"format": 1, "venue": "ATS", "limits": {"orders": 5}} == described(1, Command(kind=CommandKind.BIRTH), birth)["birth"]
    assert {"seq": 4, "ts_ns": 0, "kind": "99", "side": "3"} == described(4, Command(kind=99, side=3))


def test_whatever_is_told_is_json():
    switch = KillSwitch(scope="subscriber", target="acme", on=True)
    for command, payload in ((ENTER, b""), (ACT, encode(Request(actor="a", reason="b", act=switch)))):
        told = described(1, command, payload)

        assert told == msgspec.json.decode(msgspec.json.encode(told))
