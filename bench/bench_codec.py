"""The pieces of the codec under pytest-benchmark: did a change move decoding, or encoding?  `python -m bench codec` holds them together.

Every round handles FRAMES orders of a seeded flow, and the answer of both sides is compared byte by byte.
Run: python -m pytest bench/bench_codec.py.  Times are of FRAMES orders: divide by 10,000, or read `ns_per_order` of the extra info.
"""

import sys

import pytest

from bench import codec, compiled
from bench.codec import FRAMES, SEED, TS_NS, accept_all
from bench.compiled import FLAGS
from engine.protocol.framing import frame


@pytest.fixture(scope="session")
def loop(tmp_path_factory):
    """Return `codec_loop.pyx`, compiled as the package is."""
    return compiled.loaded(compiled.build("codec_loop", tmp_path_factory.mktemp("codec_loop")))


@pytest.fixture(scope="session")
def stream():
    """Return the frames of FRAMES limit orders."""
    return codec.stream()


@pytest.fixture(scope="session")
def requests(stream):
    """Return their payloads."""
    return codec.payloads(stream)


def bench_decode_and_report_compiled(benchmark, loop, stream, requests):
    """Decode and report in C: a regression here slows every order of every client."""
    reports = loop.room_for(FRAMES)

    size = benchmark(loop.accept_all, stream, TS_NS, reports)

    assert b"".join(map(frame, accept_all(requests))) == reports[:size]
    note(benchmark)


def bench_decode_compiled(benchmark, loop, stream):
    """Decode in C: the difference to the bench above is the price of writing a report."""
    assert benchmark(loop.decode_all, stream) == FRAMES
    note(benchmark)


def bench_decode_and_report_msgspec(benchmark, requests):
    """Decode and report through Structs: what a client in Python, or a cold message, pays."""
    assert len(benchmark(accept_all, requests)) == FRAMES
    note(benchmark)


def note(benchmark):
    benchmark.extra_info.update(ops=FRAMES, seed=SEED, flags=" ".join(FLAGS), python=sys.version.split()[0])
    if benchmark.stats is not None:
        benchmark.extra_info["ns_per_order"] = round(benchmark.stats.stats.median / FRAMES * 1e9, 1)
