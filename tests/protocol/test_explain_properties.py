"""A refused payload is explained, whatever it is, in terms that a Reject can carry."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol.explain import Explanation, explain
from engine.protocol.messages import DECODE_ERRORS, Reject, RejectReason, decode_client, decode_venue, encode
from tests.protocol.strategies import EVERY, elements, mutate, spoiled, structs

CANCEL = [70, 9, 2, 0, 5, 6, 7, 8, 1]
LOGON = [65, 1, 2, 0, "alice", "ATS-DEMO", 30, False, 1, False, False, 1, b"signature"]


@pytest.mark.parametrize(
    ("payload", "reason", "field", "text"),
    [
        (CANCEL[:-1], RejectReason.MISSING_ELEMENT, 8, "Cancel has 9 elements, not 8"),
        (CANCEL[:1], RejectReason.MISSING_ELEMENT, 1, "Cancel has 9 elements, not 1"),
        ([*CANCEL, 1], RejectReason.EXTRA_ELEMENT, 9, "Cancel has 9 elements, not 10"),
        ([*CANCEL[:8], 256], RejectReason.OUT_OF_RANGE, 8, "Cancel.side is 256: expected `int` <= 255"),
        ([70, -1, *CANCEL[2:]], RejectReason.OUT_OF_RANGE, 1, "Cancel.seq is -1: expected `int` >= 0"),
        ([*CANCEL[:8], True], RejectReason.WRONG_FORMAT, 8, "Cancel.side is True: expected `int`, got `bool`"),
        ([*CANCEL[:8], 1.0], RejectReason.WRONG_FORMAT, 8, "Cancel.side is 1.0: expected `int`, got `float`"),
        ([*CANCEL[:8], "1"], RejectReason.WRONG_FORMAT, 8, "Cancel.side is '1': expected `int`, got `str`"),
        ([*CANCEL[:8], [[1]]], RejectReason.WRONG_FORMAT, 8, "Cancel.side is not readable: expected `int`, got `array`"),
        ([*LOGON[:4], "a" * 33, *LOGON[5:]], RejectReason.OUT_OF_RANGE, 4, f"Logon.sender is '{'a' * 33}': expected `str` of length <= 32"),
        ([*LOGON[:4], "a|b", *LOGON[5:]], RejectReason.WRONG_FORMAT, 4, None),
        ([*LOGON[:12], b"x" * 65], RejectReason.OUT_OF_RANGE, 12, None),
        ([56, 9], RejectReason.UNKNOWN_TYPE, 0, "ExecutionReport is not for a client to send"),
        ([200, 9], RejectReason.UNKNOWN_TYPE, 0, "message type 200 is unknown"),
        (CANCEL, RejectReason.OTHER, 0, "nothing is wrong with the form of this message"),
    ],
)
def test_the_element_and_the_rule_are_named(payload, reason, field, text):
    explanation = explain(msgspec.msgpack.encode(payload))

    seq = payload[1] if len(payload) > 1 and payload[1] >= 0 else 0
    assert Explanation(reason, field, payload[0], seq, text or explanation.text) == explanation


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x05",
        b"\x80",
        b"\x90",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 4096,
        b"\x92\x46" + b"\x91" * 4000,
        msgspec.msgpack.encode(["F", 9]),
        msgspec.msgpack.encode([70.0, 9]),
        msgspec.msgpack.encode(CANCEL)[:-1],
        msgspec.msgpack.encode(CANCEL) + b"\x00",
        b"\x95\x30\x01\x02\x00\xa2\xff\xff",
    ],
)
def test_what_is_no_message_has_no_reason(payload):
    assert (None, 0, 0, 0) == explain(payload)[:4]


@given(st.binary(max_size=64))
def test_no_byte_string_is_beyond_explanation(payload):
    check(payload)


@given(spoiled(st.one_of(map(structs, EVERY))))
def test_no_array_is_beyond_explanation(payload):
    check(payload)


@given(st.one_of(map(structs, EVERY)), st.integers(0, 2**32))
def test_no_mutated_byte_string_is_beyond_explanation(message, seed):
    check(mutate(encode(message), Random(seed)))


@given(st.one_of(map(structs, EVERY)))
def test_type_and_seq_are_those_of_the_message(message):
    kind, seq, *_ = elements(message)

    assert (kind, seq) == explain(encode(message))[2:4]


def check(payload):
    """Assert that the explanation of `payload` fits its verdict and fits into a Reject."""
    reason, field, ref_type, ref_seq, text = explain(payload)
    try:
        decode_client(payload)
    except DECODE_ERRORS:
        assert reason is not RejectReason.OTHER
    else:
        assert reason is RejectReason.OTHER
    reject = Reject(1, 2, 0, ref_seq, ref_type, field, reason or 0, text)
    assert reject == decode_venue(encode(reject))
