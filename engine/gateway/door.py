"""Who is let in: strangers, logons, duplicates of a session, and those who take one over from a connection that is silent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from engine.clock import Clock
from engine.config import Config
from engine.gateway.auth import Doorkeeper, FailedLogons
from engine.gateway.connection import Connection
from engine.gateway.effects import Effect
from engine.gateway.lane import Lane
from engine.gateway.session import Phase
from engine.protocol.messages import Logon, LogoutCode
from engine.telemetry import log

MILLISECOND_NS = 1_000_000

Attempt = Callable[[Connection, Callable[[], Sequence[Effect]]], None]


@dataclass(frozen=True)
class Takeover:
    """A connection that waits for the session of one that is silent."""

    connection: Connection
    since_ns: int


class Door:
    """Lets connections in.

    `live` are the connections that are logged on and `lanes` what they log on to, by session; `key_of` gives a session's public key,
    `attempt` does what a connection's session asks for, and `after` calls when all that was carried out is durable.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        certificate: bytes,
        *,
        live: Mapping[str, Connection],
        lanes: Mapping[str, Lane],
        key_of: Callable[[str], bytes | None],
        attempt: Attempt,
        after: Callable[..., None],
    ) -> None:
        limits = config.gateway
        self._limits = limits
        self._clock = clock
        self._live = live
        self._lanes = lanes
        self._attempt = attempt
        self._after = after
        self._log = log(venue=config.venue.name)
        self._doorkeeper = Doorkeeper(config.venue.name, key_of, certificate, limits.clock_skew_max_ms * MILLISECOND_NS)
        self._failed = FailedLogons(limits.failed_logons_max, limits.failed_logons_window_ms * MILLISECOND_NS)
        self._strangers: dict[Connection, None] = {}
        self._takeovers: dict[str, Takeover] = {}
        self._arriving: set[str] = set()

    def greet(self, connection: Connection, now_ns: int) -> None:
        """Challenge a new connection, or drop it; too many that did not log on push the oldest of them out."""
        if self._failed.barred(address(connection), now_ns):
            connection.transport.abort()
            return
        if len(self._strangers) >= self._limits.unauthenticated_max:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            self._attempt(oldest, partial(oldest.session.cut, now_ns))
        self._strangers[connection] = None
        self._attempt(connection, partial(connection.session.open, connection.nonce, now_ns))

    def forget(self, connection: Connection) -> None:
        """Note that a connection is gone."""
        self._strangers.pop(connection, None)

    def judge(self, connection: Connection, logon: Logon, now_ns: int) -> None:
        """Let an authentic logon in, unless its session is held by a connection that lives."""
        fault = self._doorkeeper.fault(logon, connection.nonce, self._clock.utc_ns())
        name = logon.sender
        if fault is not None:
            self._log.warning("logon_refused", sender=name, cause=fault, peer=address(connection))
            self._failed.note(address(connection), now_ns)
            self._attempt(connection, partial(connection.session.refuse, now_ns))
            return
        self._strangers.pop(connection, None)
        holder = self._live.get(name)
        if holder is None and name not in self._arriving:
            self._admit(connection)
        elif holder is not None and self._yields(holder, logon, now_ns):
            self._takeovers[name] = Takeover(connection, now_ns)
            self._attempt(holder, partial(holder.session.probe, now_ns))
        else:
            self._refuse_duplicate(connection, now_ns)

    def tick(self, now_ns: int) -> None:
        """Let those take over whose time has come."""
        for name, takeover in list(self._takeovers.items()):
            holder = self._live.get(name)
            if takeover.connection.session.phase is Phase.KNOCKING and holder is not None:
                if holder.heard_ns > takeover.since_ns:
                    self._refuse_duplicate(takeover.connection, now_ns)
                elif now_ns - takeover.since_ns < self._limits.takeover_timeout_ms * MILLISECOND_NS:
                    continue
                else:
                    text = "another connection took over"
                    self._attempt(holder, partial(holder.session.end, LogoutCode.TAKEN_OVER, text, now_ns))
            del self._takeovers[name]
            self._admit(takeover.connection)

    def shut(self, name: str, now_ns: int) -> None:
        """Let nobody wait for a session that was closed, and log out who holds it."""
        takeover = self._takeovers.pop(name, None)
        if takeover is not None:
            self._attempt(takeover.connection, partial(takeover.connection.session.refuse, now_ns))
        holder = self._live.get(name)
        if holder is not None:
            self._attempt(holder, partial(holder.session.end, LogoutCode.SESSION_CLOSED, f"session {name} was closed", now_ns))

    def _yields(self, holder: Connection, logon: Logon, now_ns: int) -> bool:
        """Say whether a connection has been silent so long that another may ask for its session, and none does yet."""
        return logon.takeover and logon.sender not in self._takeovers and now_ns - holder.heard_ns > holder.session.heart_bt_ns

    def _admit(self, connection: Connection) -> None:
        """Log a session on as soon as all that it could hear of is durable."""
        self._arriving.add(connection.session.name)
        self._after(self._enter, connection)

    def _enter(self, connection: Connection) -> None:
        name = connection.session.name
        now_ns = self._clock.steady_ns()
        self._arriving.discard(name)
        if name in self._lanes:
            self._attempt(connection, partial(connection.session.admit, self._lanes[name], now_ns))
        else:
            self._attempt(connection, partial(connection.session.refuse, now_ns))

    def _refuse_duplicate(self, connection: Connection, now_ns: int) -> None:
        name = connection.session.name
        self._log.warning("logon_refused", sender=name, cause="duplicate", peer=address(connection))
        self._attempt(connection, partial(connection.session.end, LogoutCode.DUPLICATE, f"{name} is logged on already", now_ns))


def address(connection: Connection) -> str:
    """Return the address of a connection's other end, without its port."""
    peer = connection.peer
    return str(peer[0]) if isinstance(peer, tuple) else str(peer)
