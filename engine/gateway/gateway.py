"""What stands between connections and the sequencer: it lets sessions in, performs what they ask for, and keeps time for all of them.

No sockets and no loop: connections bring their own transports, and `tick` is called ten times a second by whoever runs the loop.  So the
rules for logons, duplicates and take-overs run in tests under a clock that the test moves.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec

from engine.clock import Clock
from engine.config import Config, ConfigError, seed
from engine.gateway.auth import Doorkeeper, FailedLogons
from engine.gateway.connection import Connection
from engine.gateway.effects import (
    Abort,
    Answer,
    Authenticate,
    Close,
    Effect,
    LoggedOff,
    LoggedOn,
    Question,
    Replay,
    Reset,
    Send,
    SkipTo,
    refusal,
)
from engine.gateway.lane import Lane
from engine.gateway.outbound import Outbound
from engine.gateway.queries import Queries
from engine.gateway.roster import Roster
from engine.gateway.session import Phase, Session, Timing
from engine.matching.enums import Reason
from engine.protocol.messages import Logon, LogoutCode
from engine.sequencer import Sequencer
from engine.telemetry import log
from engine.venue import acts
from engine.venue.acts import Outcome
from engine.venue.office import Office
from engine.venue.venue import Venue

MILLISECOND_NS = 1_000_000
DAY_NS = 86_400_000_000_000
WRITE_HIGH_BYTES = 1 << 20
NONCE_BYTES = 32
ANSWERS_PER_TURN = 256


@dataclass(frozen=True)
class Takeover:
    """A connection that waits for the session of one that is silent."""

    connection: Connection
    since_ns: int


class Gateway:
    """The venue of a configuration, its office and its sequencer, and the sessions that the office has opened.

    `call_soon` schedules a call for the next turn of the loop; `certificate` is the venue's TLS certificate (DER), empty on plain TCP.
    ConfigError where the venue refuses what its configuration begins with.
    """

    def __init__(self, config: Config, clock: Clock, call_soon: Callable[..., object], certificate: bytes = b"") -> None:
        limits = config.gateway
        self.certificate = certificate
        self._config = config
        self._clock = clock
        self._call_soon = call_soon
        self._log = log(venue=config.venue.name)
        self.venue = Venue(secret=secrets.randbits(64), **msgspec.structs.asdict(config.limits))
        self.office = Office(self.venue)
        self._roster = Roster(self.venue, self.office, self._lane)
        self.lanes = self._roster.by_name
        outbound = Outbound(self._roster.by_number, steady_ns=clock.steady_ns)
        self.sequencer = Sequencer(self.venue, outbound, clock.utc_ns, self.office)
        self._queries = Queries(self.venue, self.office)
        self._doorkeeper = Doorkeeper(config.venue.name, self._key_of, certificate, limits.clock_skew_max_ms * MILLISECOND_NS)
        self._failed = FailedLogons(limits.failed_logons_max, limits.failed_logons_window_ms * MILLISECOND_NS)
        self._timing = Timing(
            limits.logon_timeout_ms * MILLISECOND_NS,
            limits.refusal_delay_ms * MILLISECOND_NS,
            limits.logout_timeout_ms * MILLISECOND_NS,
        )
        self.connections: set[Connection] = set()
        self.live: dict[str, Connection] = {}
        self._strangers: dict[Connection, None] = {}
        self._takeovers: dict[str, Takeover] = {}
        self._answers: dict[Connection, Iterator[Send]] = {}
        self._day_end_ns = _next_day_end(config.venue.day_end_utc, clock.utc_ns())
        self._drained: Callable[[], None] | None = None
        self._found()

    def connection(self) -> Connection:
        """Return the protocol of a new connection."""
        session = Session(self._config.venue.name, self._timing)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Connection(self, session, self.sequencer, nonce, self._config.gateway, self._clock.steady_ns)

    def act(self, payload: bytes) -> Outcome:
        """Let the office carry out a packed Request, and follow what it did to sessions."""
        outcome = self.sequencer.act(payload)
        self.refresh()
        return outcome

    def refresh(self) -> None:
        """Follow the office: sessions that it opened can log on, those that it closed are logged out."""
        for name in self._roster.closed():
            self._end(name)
            self._roster.drop(name)
        self._roster.follow()

    def connected(self, connection: Connection, now_ns: int) -> None:
        """Greet a connection, or drop it; too many that did not log on push the oldest of them out."""
        self.connections.add(connection)
        connection.transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        if self._drained or self._failed.barred(_address(connection), now_ns):
            connection.transport.abort()
            return
        if len(self._strangers) >= self._config.gateway.unauthenticated_max:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            self.perform(oldest, oldest.session.cut(now_ns))
        self._strangers[connection] = None
        self.perform(connection, connection.session.open(connection.nonce, now_ns))

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        if connection.lane is not None and connection.lane.overflowed:
            self._log.warning("slow_consumer_cut", session=connection.session.name)
        self.perform(connection, connection.session.lost())
        self.connections.discard(connection)
        self._strangers.pop(connection, None)
        self._note_if_drained()

    def broken(self, connection: Connection, error: Exception) -> None:
        """Drop a connection whose input met a fault of ours."""
        self._log.error("connection_broken", session=connection.session.name, exc_info=error)
        self.perform(connection, connection.session.cut(self._clock.steady_ns()))

    def perform(self, connection: Connection, effects: Sequence[Effect]) -> None:
        """Do what a session asks for, in its order."""
        for effect in effects:
            self._perform(connection, effect)

    def tick(self) -> None:
        """Do what is due."""
        now_ns = self._clock.steady_ns()
        for connection in list(self.connections):
            try:
                self.perform(connection, self._due(connection, now_ns))
            except Exception as error:  # noqa: BLE001  one connection's fault is not another's
                self.broken(connection, error)
        self._settle_takeovers(now_ns)
        self.sequencer.pass_time()
        utc_ns = self._clock.utc_ns()
        if utc_ns >= self._day_end_ns:
            self.sequencer.end_of_day()
            self._day_end_ns += DAY_NS
            self._log.info("day_end")

    def shut_down(self, drained: Callable[[], None]) -> None:
        """Log everybody off, let nobody in, and call `drained` when nobody is left."""
        self._drained = drained
        now_ns = self._clock.steady_ns()
        for connection in list(self.connections):
            self.perform(connection, connection.session.end(LogoutCode.SHUTDOWN, "the venue is closing", now_ns))
        self._note_if_drained()

    def abandon(self) -> None:
        """Cut whoever is still there."""
        now_ns = self._clock.steady_ns()
        for connection in list(self.connections):
            self.perform(connection, connection.session.cut(now_ns))

    def _found(self) -> None:
        """Carry out the acts that the configuration begins with."""
        for payload in seed(self._config):
            outcome = self.sequencer.act(payload)
            if outcome.code not in ("DONE", "ALREADY"):
                act = acts.decode(payload).act
                raise ConfigError(f"{act.__struct_config__.tag}: {outcome.code}: {outcome.text}: {act}")
        self.refresh()

    def _lane(self, number: int, accounts: tuple[int, ...]) -> Lane:
        limits = self._config.gateway
        return Lane(
            self.venue,
            number,
            accounts,
            call_soon=self._call_soon,
            kept_bytes_max=limits.kept_bytes_max,
            unsent_bytes_max=limits.unsent_bytes_max,
        )

    def _key_of(self, name: str) -> bytes | None:
        session = self.office.sessions.get(name)
        return session.public_key if session is not None and session.open else None

    def _end(self, name: str) -> None:
        """Log out whoever holds a session that was closed, and let nobody wait for it."""
        now_ns = self._clock.steady_ns()
        takeover = self._takeovers.pop(name, None)
        if takeover is not None:
            self.perform(takeover.connection, takeover.connection.session.refuse(now_ns))
        holder = self.live.get(name)
        if holder is not None:
            self.perform(holder, holder.session.end(LogoutCode.SESSION_CLOSED, f"session {name} was closed", now_ns))

    def _note_if_drained(self) -> None:
        if self._drained is not None and not self.connections:
            self._drained()

    def _due(self, connection: Connection, now_ns: int) -> list[Effect]:
        if connection.paused_ns and now_ns - connection.paused_ns >= self._config.gateway.paused_max_ms * MILLISECOND_NS:
            self._log.warning("slow_consumer_cut", session=connection.session.name)
            return connection.session.cut(now_ns)
        lane = connection.lane
        self._continue(connection)
        return connection.session.tick(now_ns, connection.heard_ns, lane.spoke_ns if lane else now_ns)

    def _perform(self, connection: Connection, effect: Effect) -> None:
        session = connection.session
        now_ns = self._clock.steady_ns()
        match effect:
            case Send():
                connection.send([effect], self._clock.utc_ns(), now_ns)
            case Authenticate(logon):
                self._judge(connection, logon, now_ns)
            case Reset():
                self.sequencer.reset(self.lanes[session.name].number)
            case LoggedOn():
                self._log_on(connection)
            case Replay(begin, end):
                self.lanes[session.name].replay(begin, end, now_ns)
            case SkipTo(new_seq):
                self.sequencer.skip(self.lanes[session.name].number, new_seq)
            case Answer(question):
                self._answer(connection, question)
            case LoggedOff(cancel):
                self._log_off(connection, cancel=cancel)
            case Close():
                connection.transport.close()
            case Abort():
                connection.deafen()
                connection.transport.abort()
            case _:
                raise AssertionError(f"{effect}: the connection takes requests before it asks the session")

    def _judge(self, connection: Connection, logon: Logon, now_ns: int) -> None:
        """Let an authentic logon in, unless its session is held by a connection that lives."""
        fault = self._doorkeeper.fault(logon, connection.nonce, self._clock.utc_ns())
        name = logon.sender
        if fault is not None:
            self._log.warning("logon_refused", sender=name, cause=fault, peer=_address(connection))
            self._failed.note(_address(connection), now_ns)
            self.perform(connection, connection.session.refuse(now_ns))
            return
        self._strangers.pop(connection, None)
        holder = self.live.get(name)
        if holder is None:
            self.perform(connection, connection.session.admit(self.lanes[name], now_ns))
        elif logon.takeover and name not in self._takeovers and now_ns - holder.heard_ns > holder.session.heart_bt_ns:
            self._takeovers[name] = Takeover(connection, now_ns)
            self.perform(holder, holder.session.probe(now_ns))
        else:
            self._refuse_duplicate(connection, now_ns)

    def _settle_takeovers(self, now_ns: int) -> None:
        for name, takeover in list(self._takeovers.items()):
            session = takeover.connection.session
            holder = self.live.get(name)
            waited_ns = now_ns - takeover.since_ns
            if session.phase is Phase.KNOCKING and holder is not None:
                if holder.heard_ns > takeover.since_ns:
                    self._refuse_duplicate(takeover.connection, now_ns)
                elif waited_ns < self._config.gateway.takeover_timeout_ms * MILLISECOND_NS:
                    continue
                else:
                    self.perform(holder, holder.session.end(LogoutCode.TAKEN_OVER, "another connection took over", now_ns))
            del self._takeovers[name]
            self.perform(takeover.connection, session.admit(self.lanes[name], now_ns))

    def _refuse_duplicate(self, connection: Connection, now_ns: int) -> None:
        self._log.warning("logon_refused", sender=connection.session.name, cause="duplicate", peer=_address(connection))
        text = f"{connection.session.name} is logged on already"
        self.perform(connection, connection.session.end(LogoutCode.DUPLICATE, text, now_ns))

    def _log_on(self, connection: Connection) -> None:
        name = connection.session.name
        self.live[name] = connection
        connection.attach(self.lanes[name])
        self._log.info("session_logon", session=name, peer=_address(connection))

    def _log_off(self, connection: Connection, *, cancel: bool) -> None:
        """Cancel first, while the reports of it still have a way to the client."""
        name = connection.session.name
        self._answers.pop(connection, None)
        if cancel:
            self.sequencer.disconnect(self.lanes[name].number)
        connection.detach()
        del self.live[name]
        self._log.info("session_logoff", session=name, canceled=cancel)

    def _answer(self, connection: Connection, question: Question) -> None:
        lane = connection.lane
        if lane is None:
            return
        if connection in self._answers:
            self.perform(connection, [refusal(question, Reason.THROTTLE, "the answer to an earlier question is still under way")])
            return
        self._answers[connection] = self._queries.answer(question, lane)
        self._continue(connection)

    def _continue(self, connection: Connection) -> None:
        """Send a part of an answer each turn of the loop; while the client does not read, look again at each tick."""
        answer = self._answers.get(connection)
        if answer is None or connection.paused_ns:
            return
        part = list(islice(answer, ANSWERS_PER_TURN))
        connection.send(part, self._clock.utc_ns(), self._clock.steady_ns())
        if len(part) < ANSWERS_PER_TURN:
            del self._answers[connection]
        else:
            self._call_soon(self._continue, connection)


def _address(connection: Connection) -> str:
    peer = connection.peer
    return str(peer[0]) if isinstance(peer, tuple) else str(peer)


def _next_day_end(time_of_day: str | None, utc_ns: int) -> int:
    """Return the next time at which a clock that shows UTC shows `time_of_day`, or one that never comes."""
    if time_of_day is None:
        return 2**63 - 1
    hours, minutes = map(int, time_of_day.split(":"))
    today_ns = utc_ns - utc_ns % DAY_NS + (hours * 60 + minutes) * 60_000_000_000
    return today_ns if today_ns > utc_ns else today_ns + DAY_NS
