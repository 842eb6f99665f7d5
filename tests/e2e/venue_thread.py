"""A real venue on a thread of its own, for clients that block."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.gateway.raw import venue


@contextmanager
def venue_thread(**wishes: object) -> Iterator[str]:
    """Serve a venue of `config` and give its HOST:PORT."""
    started = threading.Event()
    found: list[str] = []
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with venue(**wishes) as server:
            ends.append((asyncio.get_running_loop(), asyncio.Event()))
            found.append("{}:{}".format(*server.address))
            started.set()
            await ends[0][1].wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(20)
        yield found[0]
    finally:
        loop, stop = ends[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
