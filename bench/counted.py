"""What the counts count: one flow through the book, the venue, the codec or a whole gateway, in a process of its own.

python -m bench.counted book FLOW PREFILL MESSAGES ORDERS
python -m bench.counted venue FLOW PREFILL MESSAGES ORDERS
python -m bench.counted codec LIBRARY STREAM FRAMES
python -m bench.counted gateway TURNS HOME BEGIN
"""

import gc
import sys
from pathlib import Path

import msgspec

from bench import callgrind, flow


def book(path: str, prefill: str, messages: str, live_max: str) -> None:
    """Run a flow file through the book's batch call."""
    from bench import book

    made = _flow(path, prefill, messages, live_max)
    loaded = book.load(made)
    fresh = book.new_book(loaded)
    book.apply_all(fresh, list(book.chunks(loaded, 0, made.prefill)))
    batches = list(book.chunks(loaded, made.prefill, made.prefill + made.messages))
    with callgrind.marked():
        book.apply_all(fresh, batches)


def venue(path: str, prefill: str, messages: str, live_max: str) -> None:
    """Run a flow file through the batch call of a venue with everything on."""
    from bench import market, venue

    made = _flow(path, prefill, messages, live_max)
    loaded = market.load(made, market.Spread())
    fresh = market.new_venue(loaded)
    venue.apply_all(fresh, venue.chunks(loaded, 0, made.prefill))
    batches = venue.chunks(loaded, made.prefill, made.prefill + made.messages)
    with callgrind.marked():
        venue.apply_all(fresh, batches)


def codec(library: str, path: str, frames: str) -> None:
    """Decode every frame of a stream and encode its report."""
    from bench import codec, compiled

    loop, stream = compiled.loaded(Path(library)), Path(path).read_bytes()
    reports = loop.room_for(int(frames))
    with callgrind.marked():
        loop.accept_all(stream, codec.TS_NS, reports)


def gateway(path: str, home: str, begin: str) -> None:
    """Let the clients of a venue in this process send their turns, those from `begin` on counted, and look at what came back."""
    from bench import in_process
    from engine.config import load
    from engine.telemetry import configure

    configure("error")
    turns: list[in_process.Turn] = msgspec.msgpack.decode(Path(path).read_bytes(), type=list[in_process.Turn])
    venue = in_process.InProcess(load(Path(home) / "venue.toml", {}))
    gc.collect()
    gc.freeze()
    gc.disable()
    venue.run(turns[: int(begin)])
    with callgrind.marked():
        venue.run(turns[int(begin) :])
    venue.check(in_process.requests_in(turns))
    venue.close()


def _flow(path: str, prefill: str, messages: str, live_max: str) -> flow.Flow:
    return flow.Flow("counts", 0, Path(path), int(prefill), int(messages), 0, 0, int(live_max), 0, {})


if __name__ == "__main__":
    {"book": book, "venue": venue, "codec": codec, "gateway": gateway}[sys.argv[1]](*sys.argv[2:])
