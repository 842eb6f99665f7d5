"""The model venue behind a socket on loopback: for tests of the two faces."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar, cast

from engine.protocol.messages import LogoutCode
from tests.client.model_venue import ModelConnection, ModelVenue

T = TypeVar("T")


class Peer(asyncio.Protocol):
    """One connection to the model."""

    def __init__(self, server: "ModelServer") -> None:
        self._server = server
        self.connection: ModelConnection
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.connection = self._server.venue.accept()
        self.connection.on_output = self._write
        self._server.peers.append(self)
        self._write()

    def data_received(self, data: bytes) -> None:
        if not self._server.deaf:
            self.connection.receive(data)
        if self.connection.closed:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection.cut()
        self._server.peers.remove(self)

    def _write(self) -> None:
        self.transport.write(self.connection.output())


class ModelServer:
    """The model venue at `address`."""

    def __init__(self, venue: ModelVenue) -> None:
        self.venue = venue
        self.peers: list[Peer] = []
        self.deaf = False
        self.address = ""
        self.listening: asyncio.Server

    def cut(self) -> None:
        """Break all connections."""
        for peer in list(self.peers):
            peer.transport.abort()

    def logout(self, code: LogoutCode) -> None:
        """Log all connections out."""
        for peer in list(self.peers):
            peer.connection.logout(code)
            peer.transport.close()


@contextlib.asynccontextmanager
async def serving(venue: ModelVenue | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[ModelServer]:
    """Serve a model venue on the running loop."""
    server = ModelServer(venue or ModelVenue())
    listening = server.listening = await asyncio.get_running_loop().create_server(lambda: Peer(server), "127.0.0.1", 0, ssl=tls)
    server.address = "127.0.0.1:{1}".format(*listening.sockets[0].getsockname())
    try:
        yield server
    finally:
        listening.close()
        server.cut()
        await listening.wait_closed()


class ServerThread:
    """A model server on a thread of its own, for the blocking face."""

    def __init__(self, server: ModelServer, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.venue = server.venue
        self.address = server.address
        self._loop = loop

    def do(self, work: Callable[[], T]) -> T:
        """Have the server's thread do something."""

        async def on_loop() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(10)


@contextlib.contextmanager
def serving_thread(venue: ModelVenue | None = None) -> Iterator[ServerThread]:
    """Serve a model venue on another thread."""
    ready = threading.Event()
    found: list[ServerThread] = []
    stop: list[asyncio.Event] = []

    async def run() -> None:
        async with serving(venue) as server:
            found.append(ServerThread(server, asyncio.get_running_loop()))
            stop.append(asyncio.Event())
            ready.set()
            await stop[0].wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        found[0].do(stop[0].set)
        thread.join(10)
