"""The operators' listener beside the trading one, on the same loop: an act is a command between two batches of orders.

A request is served in a turn of the loop of its own, one connection after the other, so an operator who asks a lot delays neither trading
nor another operator by more than one request.  Who asks faster than allowed is read more slowly; nothing is refused for speed.
"""

import asyncio
import contextlib
import secrets
import ssl
from collections import deque
from collections.abc import Callable
from typing import cast

from engine.admin.clerk import Clerk
from engine.admin.conversation import SECOND_NS, Conversation, Phase, Sent, Timing
from engine.admin.messages import MAX_REQUEST, encode
from engine.admin.views import Views
from engine.clock import Clock
from engine.config import Config
from engine.gateway.auth import Doorkeeper, FailedLogons
from engine.gateway.gateway import Gateway
from engine.gateway.server import TICK_S, Server, run
from engine.protocol.framing import FramingError, Splitter, frame
from engine.protocol.messages import Logon, LogoutCode
from engine.telemetry import log

CallLater = Callable[[float, Callable[[], object]], asyncio.TimerHandle]

MILLISECOND_NS = 1_000_000
NONCE_BYTES = 32
BACKLOG = 64
WRITE_HIGH_BYTES = 1 << 16


class OperatedServer(Server):
    """A venue that listens for clients, and for operators beside them."""

    _listener: "Listener | None" = None

    @property
    def admin_address(self) -> tuple[str, int]:
        """Host and port on which operators are listened for."""
        assert self._listener is not None, "the server was not started"
        return self._listener.address

    async def start(self) -> None:
        """Build the venue and listen on both ports.  Raises as Server.start does."""
        await super().start()
        listener = Listener(self.gateway, self.config, self.clock, asyncio.get_running_loop().call_later)
        try:
            await listener.start(self.tls)
        except BaseException:
            await super().stop()
            raise
        self._listener = listener

    async def stop(self) -> None:
        """Let the operators go, then everybody else."""
        if self._listener is not None:
            await self._listener.stop()
            self._listener = None
        await super().stop()


def serve(config: Config, on_ready: Callable[[OperatedServer], None] | None = None) -> None:
    """Run a venue and its operators' listener until SIGINT or SIGTERM; `on_ready` is called once both listen."""
    run(OperatedServer(config), on_ready)


class Pace:
    """Lets `per_s` requests through a second, and as many at once."""

    def __init__(self, per_s: int) -> None:
        self._each_ns = SECOND_NS // per_s
        self._taken_until_ns = 0

    def wait_ns(self, now_ns: int) -> int:
        """Take a place and return 0, or return how long it takes until there is one."""
        early_ns = max(self._taken_until_ns - now_ns, 0) + self._each_ns - SECOND_NS
        if early_ns > 0:
            return early_ns
        self._taken_until_ns = max(self._taken_until_ns, now_ns) + self._each_ns
        return 0


class Connection(asyncio.Protocol):
    """One operator's connection: bytes in, one request at a time to its conversation, bytes out."""

    transport: asyncio.Transport

    def __init__(self, listener: "Listener", conversation: Conversation, pace: Pace, clock: Clock, call_later: CallLater) -> None:
        self.conversation = conversation
        self.key = b""
        self.over_ns = 0
        self._listener = listener
        self._pace = pace
        self._clock = clock
        self._call_later = call_later
        self._splitter = Splitter(MAX_REQUEST)
        self._waiting: deque[bytes] = deque()
        self._writable = True
        self._timer: asyncio.TimerHandle | None = None

    @property
    def peer(self) -> str:
        """The other side's address, without its port."""
        peer = self.transport.get_extra_info("peername")
        return str(peer[0]) if isinstance(peer, tuple) and peer else str(peer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        self._listener.connected(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._waiting += self._splitter.feed(data)
        except FramingError as error:
            self._waiting.clear()
            self.say(self.conversation.end(LogoutCode.MALFORMED, str(error)))
            return
        self._work()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()
        self._listener.disconnected(self)

    def say(self, messages: Sent) -> None:
        """Send messages, and close behind them if they end the conversation, once all that they could tell of is durable."""
        self._listener.when_durable(self._put, messages)

    def _put(self, messages: Sent) -> None:
        if self.transport.is_closing():
            return
        for message in messages:
            self.transport.write(frame(encode(message)))
        if self.conversation.over and not self.over_ns:
            self.over_ns = self._clock.steady_ns()
            self.transport.close()

    def _work(self) -> None:
        """Serve one request, and come back for the next in a turn of its own; read on only when none waits."""
        if self._timer is not None or self.transport.is_closing():
            return
        wait_ns = 0
        if self._waiting and self._writable:
            wait_ns = self._pace.wait_ns(self._clock.steady_ns())
            if not wait_ns:
                self._listener.serve(self, self._waiting.popleft())
        if self.transport.is_closing():
            return
        if not self._waiting:
            self.transport.resume_reading()
            return
        self.transport.pause_reading()
        if self._writable:
            self._timer = self._call_later(wait_ns / SECOND_NS, self._again)

    def _again(self) -> None:
        self._timer = None
        self._work()


class Listener:
    """Listens for operators: who is let in, how many, and for how long.  `call_later` is the loop's."""

    def __init__(self, gateway: Gateway, config: Config, clock: Clock, call_later: CallLater) -> None:
        limits, settings = config.gateway, config.admin
        self._venue = config.venue.name
        self._limits = limits
        self._settings = settings
        self._clock = clock
        self._call_later = call_later
        self._log = log(venue=config.venue.name)
        self._gateway = gateway
        self.when_durable = gateway.outbound.after
        self._doorkeeper = Doorkeeper(config.venue.name, self._key_of, gateway.certificate, limits.clock_skew_max_ms * MILLISECOND_NS)
        self._failed = FailedLogons(limits.failed_logons_max, limits.failed_logons_window_ms * MILLISECOND_NS)
        self._timing = Timing(
            limits.logon_timeout_ms * MILLISECOND_NS, limits.refusal_delay_ms * MILLISECOND_NS, settings.idle_timeout_ms * MILLISECOND_NS
        )
        views = Views(
            config.venue.name,
            gateway.office,
            live=lambda name: int(name in gateway.live),
            operators=self._connections_of,
            commands=lambda: gateway.sequencer.next_seq - 1,
        )
        self._clerk = Clerk(gateway, views, clock, self._log)
        self.connections: dict[Connection, None] = {}
        self._server: asyncio.Server | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port on which it listens."""
        assert self._server is not None, "the listener was not started"
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def start(self, tls: ssl.SSLContext | None) -> None:
        """Listen.  Raises OSError for an address in use."""
        loop = asyncio.get_running_loop()
        handshake_s = self._limits.logon_timeout_ms / 1000 if tls else None
        self._server = await loop.create_server(
            self.connection, self._settings.host, self._settings.port, ssl=tls, ssl_handshake_timeout=handshake_s, backlog=BACKLOG
        )
        self._ticker = self._call_later(TICK_S, self._tick)
        host, port = self.address
        self._log.info("listening_for_operators", host=host, port=port, tls=tls is not None)

    async def stop(self) -> None:
        """Stop listening, say farewell, and cut who is still there after the time for it."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self.connections):
            connection.say(connection.conversation.end(LogoutCode.SHUTDOWN, "the venue is closing"))
        if self.connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), self._limits.logout_timeout_ms / 1000)
        for connection in list(self.connections):
            connection.transport.abort()
        if self.connections:
            await self._empty.wait()
        if self._ticker is not None:
            self._ticker.cancel()
        self._server = None

    def connection(self) -> Connection:
        """Return the protocol of a new connection."""
        conversation = Conversation(
            self._venue,
            secrets.token_bytes(NONCE_BYTES),
            self._timing,
            judge=self._judge,
            room=lambda: sum(bool(connection.key) for connection in self.connections) < self._settings.connections_max,
            serve=self._clerk.serve,
        )
        return Connection(self, conversation, Pace(self._settings.requests_per_s), self._clock, self._call_later)

    def connected(self, connection: Connection) -> None:
        """Greet a connection, or drop it; too many that did not log on push the oldest of them out."""
        now_ns = self._clock.steady_ns()
        if self._failed.barred(connection.peer, now_ns):
            connection.transport.abort()
            return
        strangers = [other for other in self.connections if other.conversation.phase in (Phase.CONNECTED, Phase.REFUSED)]
        if len(strangers) >= self._limits.unauthenticated_max:
            strangers[0].transport.abort()
            self.disconnected(strangers[0])
        self.connections[connection] = None
        self._empty.clear()
        connection.say(connection.conversation.open(now_ns))

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self.connections.pop(connection, None)
        if connection.key:
            self._log.info("operator_logoff", actor=connection.conversation.actor)
        if not self.connections:
            self._empty.set()

    def serve(self, connection: Connection, payload: bytes) -> None:
        """Let a connection's conversation take a message, then let go whose role an act has taken."""
        conversation = connection.conversation
        strange = conversation.phase is Phase.CONNECTED
        connection.say(conversation.receive(payload, self._clock.steady_ns()))
        if strange and conversation.phase is Phase.ESTABLISHED:
            connection.key = self._key_of(conversation.actor) or b""
            self._log.info("operator_logon", actor=conversation.actor, peer=connection.peer)
        elif strange and conversation.phase is Phase.REFUSED:
            self._failed.note(connection.peer, self._clock.steady_ns())
        self._let_go()

    def tick(self) -> None:
        """Do what is due."""
        now_ns = self._clock.steady_ns()
        for connection in list(self.connections):
            connection.say(connection.conversation.tick(now_ns))
            if connection.over_ns and now_ns - connection.over_ns >= self._limits.logout_timeout_ms * MILLISECOND_NS:
                connection.transport.abort()

    def _judge(self, logon: Logon, nonce: bytes) -> bool:
        fault = self._doorkeeper.fault(logon, nonce, self._clock.utc_ns())
        if fault is not None:
            self._log.warning("operator_logon_refused", sender=logon.sender, cause=fault)
        return fault is None

    def _key_of(self, name: str) -> bytes | None:
        person = self._gateway.office.roles.get(name)
        return person.public_key if person is not None else None

    def _connections_of(self, name: str) -> int:
        return sum(bool(connection.key) and connection.conversation.actor == name for connection in self.connections)

    def _let_go(self) -> None:
        for connection in list(self.connections):
            if connection.key and connection.key != self._key_of(connection.conversation.actor):
                connection.say(connection.conversation.end(LogoutCode.LOGON_REFUSED, "the roles of this person were taken"))

    def _tick(self) -> None:
        self._ticker = self._call_later(TICK_S, self._tick)
        self.tick()
