"""The bare echoes send back what came, the one frame by frame."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench.echo import Echo, FramedEcho
from engine.protocol.framing import frame

PAYLOADS = st.lists(st.binary(min_size=1, max_size=40), max_size=12)


class Wire:
    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.write = self.writes.append


def read_by(protocol: Echo, reads: list[bytes]) -> list[bytes]:
    wire = Wire()
    protocol.connection_made(wire)  # type: ignore[arg-type]
    for data in reads:
        protocol.data_received(data)
    return wire.writes


def test_a_frame_in_part_waits_for_the_rest_and_whole_ones_go_with_one_write() -> None:
    one, two = frame(b"one"), frame(b"two")

    assert [one + two] == read_by(FramedEcho(), [one + two])
    assert [one, two] == read_by(FramedEcho(), [one + two[:2], two[2:]])
    assert [one + two[:2], two[2:]] == read_by(Echo(), [one + two[:2], two[2:]])


@given(PAYLOADS, st.lists(st.integers(0, 500), max_size=6))
def test_however_a_stream_is_cut_the_same_frames_come_back(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame, payloads))
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    reads = [stream[begin:end] for begin, end in pairwise(places)]

    assert stream == b"".join(read_by(FramedEcho(), reads))
