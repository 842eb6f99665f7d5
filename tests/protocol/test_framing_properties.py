"""However TCP cuts the stream, the same frames come out of it; a length that no frame may have ends it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol.framing import MAX_ANSWER, MAX_REQUEST, FramingError, Splitter, frame

PAYLOADS = st.lists(st.binary(min_size=1, max_size=40) | st.sampled_from([b"x" * 4095, b"y" * MAX_REQUEST]), max_size=5)


@given(PAYLOADS, st.data())
def test_frames_come_out_as_they_went_in_under_any_chunking(payloads, data):
    stream = b"".join(map(frame, payloads))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20).map(sorted))
    splitter = Splitter(MAX_REQUEST)

    received = [payload for start, end in pairwise([0, *cuts, len(stream)]) for payload in splitter.feed(stream[start:end])]

    assert payloads == received
    assert splitter.pending == 0


@given(st.lists(st.binary(min_size=1, max_size=8), max_size=4))
def test_a_byte_at_a_time_completes_each_frame_at_its_last_byte(payloads):
    splitter = Splitter(MAX_REQUEST)

    for payload in payloads:
        *head, last = frame(payload)
        assert [[]] * len(head) == [splitter.feed(bytes([byte])) for byte in head]
        assert splitter.pending == len(head)
        assert [payload] == splitter.feed(bytes([last]))


@given(st.just(0) | st.integers(MAX_REQUEST + 1, 2**32 - 1), st.binary(max_size=8))
def test_a_wrong_length_is_refused_as_soon_as_it_is_there(length, tail):
    splitter = Splitter(MAX_REQUEST)
    head = length.to_bytes(4, "little")

    assert splitter.feed(head[:3]) == []
    with pytest.raises(FramingError, match=f"frame of {length} bytes: a payload has 1 to 4096"):
        splitter.feed(head[3:] + tail)
    with pytest.raises(FramingError):
        splitter.feed(b"")


def test_each_side_has_its_own_limit():
    answer = b"x" * MAX_ANSWER

    assert [answer] == Splitter(MAX_ANSWER).feed(frame(answer))
    with pytest.raises(FramingError):
        Splitter(MAX_ANSWER).feed(frame(answer + b"x"))
    with pytest.raises(FramingError):
        Splitter(MAX_REQUEST).feed(frame(answer))


def test_a_frame_is_its_length_in_little_endian_and_its_payload():
    assert b"\x05\x00\x00\x00hello" == frame(b"hello")
    assert b"\x02\x01\x00\x00" + b"x" * 258 == frame(b"x" * 258)
