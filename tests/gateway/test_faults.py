"""What is wrong with a payload, in the words of a Reject."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.gateway.faults import MalformedError, read_message
from engine.gateway.session import Fault
from engine.protocol.messages import NewOrder, RejectReason, encode

GOOD = [68, 5, 0, 0, 1, 1, 1, 1, 2, 1, 100, 100, 0, 0, 0, 0, 0, 0, 0, 0]


def changed(field: int, value: object) -> list[object]:
    return [*GOOD[:field], value, *GOOD[field + 1 :]]


@pytest.mark.parametrize(
    ("message", "field", "reason", "words"),
    [
        (changed(4, -1), 4, RejectReason.OUT_OF_RANGE, "NewOrder.cl_ord_id is -1: expected `int` >= 0"),
        (changed(7, 256), 7, RejectReason.OUT_OF_RANGE, "NewOrder.side is 256: expected `int` <= 255"),
        (changed(10, 2**53), 10, RejectReason.OUT_OF_RANGE, "NewOrder.price is 9007199254740992: expected `int` <= 9007199254740991"),
        (changed(10, "1.5"), 10, RejectReason.WRONG_FORMAT, "NewOrder.price is '1.5': expected `int`, got `str`"),
        (changed(10, 1.5), 10, RejectReason.WRONG_FORMAT, "NewOrder.price is 1.5: expected `int`, got `float`"),
        (changed(15, None), 15, RejectReason.WRONG_FORMAT, "NewOrder.stp_mode is None: expected `int`, got `None`"),
        (GOOD[:-2], 18, RejectReason.MISSING_ELEMENT, "NewOrder has 20 elements, not 18"),
        ([*GOOD, 0, 0], 20, RejectReason.EXTRA_ELEMENT, "NewOrder has 20 elements, not 22"),
    ],
)
def test_fault_names_message_field_and_rule(message: list[object], field: int, reason: RejectReason, words: str) -> None:
    assert read_message(encode(message)) == Fault(5, 68, field, reason, words, numbered=True)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ([56, 5, 0, 0], "ExecutionReport is not for a client to send"),
        ([99, 5, 0, 0], "message type 99 is unknown"),
        ([0, 5, 0, 0], "message type 0 is unknown"),
    ],
)
def test_types_that_are_not_a_clients_are_rejected(message: list[int], text: str) -> None:
    assert read_message(encode(message)) == Fault(5, message[0], 0, RejectReason.UNKNOWN_TYPE, text)


@pytest.mark.parametrize(
    "payload",
    [
        b"\xc1",
        encode(GOOD) + b"\0",
        encode(GOOD)[:-1],
        b"\x91" * 4096,
        b"\xdd\xff\xff\xff\xff\x44",
        encode([49, 1, 0, 0])[:0] + b"\x95\x31\x01\x00\x00\xa1\xff",
    ],
)
def test_bytes_that_are_no_message_are_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedError):
        read_message(payload)


@pytest.mark.parametrize("value", [{}, 7, "text", [], ["68"], [[]]])
def test_values_that_are_no_message_are_malformed(value: object) -> None:
    with pytest.raises(MalformedError):
        read_message(msgspec.msgpack.encode(value))


def test_good_message_is_read() -> None:
    assert isinstance(read_message(encode(GOOD)), NewOrder)


@given(st.binary(max_size=200))
def test_no_byte_string_raises_anything_else(payload: bytes) -> None:
    try:
        message = read_message(payload)
    except MalformedError:
        return
    if isinstance(message, Fault):
        assert len(message.text) <= 256
