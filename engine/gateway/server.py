"""The venue on the network: listening, TLS, the tick, and a graceful end."""

import asyncio
import contextlib
import gc
import signal
import ssl
import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from structlog.typing import FilteringBoundLogger

from engine.clock import Clock, SystemClock
from engine.config import Config
from engine.gateway.backlog import Backlog, Loop
from engine.gateway.gateway import Gateway
from engine.host import lock_memory, place_loop, prepare_heap, spare_cores
from engine.store import Store, open_store
from engine.telemetry import log

TICK_S = 0.1
BACKLOG = 512

S = TypeVar("S", bound="Server")


class Server:
    """A venue that listens; an async context manager, or `start` and `stop`."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or SystemClock()
        self.tls: ssl.SSLContext | None = None
        self._log = log(venue=config.venue.name)
        self._gateway: Gateway | None = None
        self._server: asyncio.Server | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._store: Store | None = None
        self.stopping = asyncio.Event()

    @property
    def gateway(self) -> Gateway:
        """The gateway of a server that was started."""
        assert self._gateway is not None, "the server was not started"
        return self._gateway

    @property
    def address(self) -> tuple[str, int]:
        """Host and port on which the server listens."""
        assert self._server is not None, "the server was not started"
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def start(self) -> None:
        """Build the venue and listen.

        OSError for an address in use, ssl.SSLError or OSError for a bad certificate, ConfigError; JournalStopped, JournalCorrupt and what
        else `recover` raises where the venue cannot come back as it was.
        """
        loop = asyncio.get_running_loop()
        settings = self.config.gateway
        self.tls, certificate = _tls(settings.tls_cert, settings.tls_key)
        cores = spare_cores(self.config.process)
        self._store = open_store(self.config)
        handshake_s = settings.logon_timeout_ms / 1000 if self.tls else None
        try:
            self._gateway = Gateway(
                self.config,
                self.clock,
                loop.call_soon,
                certificate,
                self._store,
                backlog=_backlog(self._store, loop, self.clock, self._log, cores),
            )
            self._gateway.on_failure = self.stopping.set
            lock_memory(self.config.process)
            self._server = await loop.create_server(
                self._gateway.connection, settings.host, settings.port, ssl=self.tls, ssl_handshake_timeout=handshake_s, backlog=BACKLOG
            )
        except BaseException:
            if self._store is not None:
                self._store.close()
            raise
        place_loop(self.config.process)
        if self._store is not None:
            loop.add_reader(self._store.journal.fileno(), self._gateway.settle)
        self._ticker = loop.call_later(TICK_S, self._tick)
        host, port = self.address
        self._log.info("listening", host=host, port=port, tls=self.tls is not None)

    async def stop(self) -> None:
        """Stop listening, log everybody off, wait for their answers as long as configured, and cut the rest."""
        if self._server is None or self._gateway is None:
            return
        self._server.close()
        drained = asyncio.Event()
        self._gateway.shut_down(drained.set)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(drained.wait(), self.config.gateway.logout_timeout_ms / 1000)
        self._gateway.abandon()
        await drained.wait()
        if self._ticker is not None:
            self._ticker.cancel()
        if self._store is not None:
            asyncio.get_running_loop().remove_reader(self._store.journal.fileno())
        self._gateway.finish()
        self._log.info("stopped")
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    def _tick(self) -> None:
        self._ticker = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self.gateway.tick()


def serve(config: Config, on_ready: Callable[[Server], None] | None = None) -> None:
    """Run a venue until SIGINT or SIGTERM, on uvloop where there is one; `on_ready` is called once it listens."""
    run(Server(config), on_ready)


def run(server: S, on_ready: Callable[[S], None] | None = None) -> None:
    """Run a server that was not started until SIGINT or SIGTERM, as `serve` does.  JournalStopped if its journal stopped."""

    async def until_told() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stopping.set)
        async with server:
            # What lives now lives as long as the venue: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            if on_ready is not None:
                on_ready(server)
            await server.stopping.wait()
        if server.gateway.failure is not None:
            raise server.gateway.failure

    prepare_heap()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(until_told())


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop factory, or None where it is not installed."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


def _backlog(store: Store | None, loop: Loop, clock: Clock, log: FilteringBoundLogger, cores: AbstractSet[int]) -> Backlog | None:
    """Return what makes old reports again from a store that others can read."""
    if store is None or store.folder is None:
        return None
    return Backlog([sys.executable, "-m", "engine.resend", str(store.folder)], loop, clock.steady_ns, log, cores=cores)


def _tls(cert: str | None, key: str | None) -> tuple[ssl.SSLContext | None, bytes]:
    """Return the server's TLS context and its certificate in DER form."""
    if cert is None or key is None:
        return None, b""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(cert, key)
    pem = Path(cert).read_text(encoding="ascii")
    begin = pem.index("-----BEGIN CERTIFICATE-----")
    end = pem.index("-----END CERTIFICATE-----", begin) + len("-----END CERTIFICATE-----")
    return context, ssl.PEM_cert_to_DER_cert(pem[begin:end])
