"""What stands between connections and the sequencer: it lets sessions in, performs what they ask for, and keeps time for all of them.

No sockets and no loop: connections bring their own transports, and `tick` is called ten times a second by whoever runs the loop.  So the
rules for logons, duplicates and take-overs run in tests under a clock that the test moves.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import msgspec

from engine.clock import Clock
from engine.config import Config
from engine.gateway.backlog import Backlog
from engine.gateway.beginning import begin
from engine.gateway.connection import Connection
from engine.gateway.door import Door, address
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
from engine.gateway.feed import StatusFeed
from engine.gateway.lane import Lane
from engine.gateway.outbound import Outbound
from engine.gateway.queries import Queries
from engine.gateway.roster import Roster
from engine.gateway.session import Session, Timing
from engine.gateway.statuses import Statuses
from engine.journal.records import JournalStopped
from engine.matching.enums import Reason
from engine.protocol.messages import InstrumentStatusRequest, LogoutCode
from engine.replica import Replica
from engine.snapshot.records import Taken
from engine.store import Store
from engine.telemetry import log
from engine.venue.acts import Outcome
from engine.venue.office import Office
from engine.venue.venue import Venue

MILLISECOND_NS = 1_000_000
DAY_NS = 86_400_000_000_000
WRITE_HIGH_BYTES = 1 << 20
NONCE_BYTES = 32
ANSWERS_PER_TURN = 256
UNSUBSCRIBE = 2  # InstrumentStatusRequest.subscribe
CALM = 16_384  # commands that may wait for the journal when clients are read again


class Gateway:
    """The venue of a configuration, its office and its sequencer, and the sessions that the office has opened.

    `call_soon` schedules a call for the next turn of the loop; `certificate` is the venue's TLS certificate (DER), empty on plain TCP.
    A venue without a `store` lives in memory; one with a store comes back as it was, or is born.  `entropy` gives so many random bytes.
    Reports that are not in memory any more come through the `backlog`; without one they are gone.
    ConfigError where the venue refuses what its configuration begins with; JournalCorrupt, Diverged, LogFault as `recover`.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        call_soon: Callable[..., object],
        certificate: bytes = b"",
        store: Store | None = None,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        backlog: Backlog | None = None,
    ) -> None:
        limits = config.gateway
        self.certificate = certificate
        self.store = store
        self.failure: JournalStopped | None = None
        self.on_failure: Callable[[], object] = lambda: None
        self._entropy = entropy
        self._backlog = backlog
        self._config = config
        self._clock = clock
        self._call_soon = call_soon
        self._log = log(venue=config.venue.name)
        self.venue = Venue(secret=int.from_bytes(entropy(8), "little"), **msgspec.structs.asdict(config.limits))
        self.office = Office(self.venue)
        self._roster = Roster(self.venue, self.office, self._lane)
        self.lanes = self._roster.by_name
        self.outbound = Outbound(self._roster.by_number, steady_ns=clock.steady_ns)
        self._statuses = Statuses(self.venue, self.office, clock.steady_ns)
        self._queries = Queries(self.venue, self.office, self._statuses)
        self._feed = StatusFeed(self.office, self._statuses, self._tell_status, self.outbound.after)
        self.outbound.follow(self.office.status_news, self._feed.follow)
        self._timing = Timing(
            limits.logon_timeout_ms * MILLISECOND_NS,
            limits.refusal_delay_ms * MILLISECOND_NS,
            limits.logout_timeout_ms * MILLISECOND_NS,
        )
        self.connections: dict[Connection, None] = {}
        self.live: dict[str, Connection] = {}
        self._answers: dict[Connection, Iterator[Send]] = {}
        self._crowded = False
        self._drained: Callable[[], None] | None = None
        self.replica = Replica(self.venue, self.outbound, self.office)
        self._door = Door(
            config,
            clock,
            certificate,
            live=self.live,
            lanes=self.lanes,
            key_of=self._key_of,
            attempt=self._attempt,
            after=self.outbound.after,
        )
        self.sequencer, self.recovered, self._birth = begin(config, self.replica, clock, store, self.refresh, self._later)
        self._snapshot_seq = self.recovered.snapshot_seq
        self._warning: str | None = None
        self._day_end_ns = _next_day_end(config.venue.day_end_utc, self.venue.day_began_ns)

    def connection(self) -> Connection:
        """Return the protocol of a new connection."""
        session = Session(self._config.venue.name, self._timing)
        nonce = self._entropy(NONCE_BYTES)
        return Connection(self, session, self.sequencer, self.outbound, nonce, self._config.gateway, self._clock.steady_ns)

    def act(self, payload: bytes) -> Outcome:
        """Let the office carry out a packed Request, and follow what it did to sessions."""
        try:
            outcome = self.sequencer.act(payload)
        except JournalStopped as error:
            self.fail(error)
            raise
        self.refresh()
        return outcome

    def settle(self) -> None:
        """Let be seen what the journal has released; to be called when it says so."""
        if self.failure is not None:
            return
        try:
            self.sequencer.settle()
        except JournalStopped as error:
            self.fail(error)
            return
        if self._crowded and self.sequencer.next_seq - 1 - self.sequencer.released_seq < CALM:
            self._crowded = False
            for connection in self.connections:
                connection.go_on()

    def crowd(self) -> None:
        """Read from nobody until the journal has caught up."""
        self._crowded = True
        for connection in self.connections:
            connection.hold()

    def fail(self, error: JournalStopped) -> None:
        """Stop: nothing is acknowledged any more, nothing is canceled, and whoever runs the venue is told."""
        if self.failure is None:
            self.failure = error
            for connection in list(self.connections):
                connection.deafen()
                connection.transport.abort()
            self.on_failure()
            seen, last = self.sequencer.released_seq, self.sequencer.next_seq - 1
            self._log.critical("journal_stopped", why=str(error), released_seq=seen, last_seq=last)

    def refresh(self) -> None:
        """Follow the office: sessions that it opened can log on, those that it closed are logged out."""
        for name in self._roster.closed():
            self._door.shut(name, self._clock.steady_ns())
            self._roster.drop(name)
        self._roster.follow()

    def connected(self, connection: Connection, now_ns: int) -> None:
        """Greet a connection, or drop it."""
        self.connections[connection] = None
        connection.transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        if self.failure or self._drained:
            connection.transport.abort()
        else:
            self._door.greet(connection, now_ns)

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        if connection.lane is not None and connection.lane.overflowed:
            self._log.warning("slow_consumer_cut", session=connection.session.name)
        self._attempt(connection, connection.session.lost)
        self.connections.pop(connection, None)
        self._door.forget(connection)
        self._note_if_drained()

    def broken(self, connection: Connection, error: Exception) -> None:
        """Drop a connection whose input met a fault of ours; where it was the journal's, drop all."""
        if isinstance(error, JournalStopped):
            self.fail(error)
            return
        self._log.error("connection_broken", session=connection.session.name, exc_info=error)
        self._attempt(connection, partial(connection.session.cut, self._clock.steady_ns()))

    def perform(self, connection: Connection, effects: Sequence[Effect]) -> None:
        """Do what a session asks for, in its order."""
        for effect in effects:
            self._perform(connection, effect)

    def tick(self) -> None:
        """Do what is due."""
        if self.failure is not None:
            return
        now_ns = self._clock.steady_ns()
        for connection in list(self.connections):
            try:
                self.perform(connection, self._due(connection, now_ns))
            except Exception as error:  # noqa: BLE001  one connection's fault is not another's
                self.broken(connection, error)
        if self._backlog is not None:
            self._backlog.tick()
        try:
            self._door.tick(now_ns)
            self._pass_time()
        except JournalStopped as error:
            self.fail(error)
        self._feed.tick(now_ns)

    def shut_down(self, drained: Callable[[], None]) -> None:
        """Log everybody off, let nobody in, and call `drained` when nobody is left."""
        self._drained = drained
        now_ns = self._clock.steady_ns()
        for connection in list(self.connections):
            self._attempt(connection, partial(connection.session.end, LogoutCode.SHUTDOWN, "the venue is closing", now_ns))
        self._note_if_drained()

    def abandon(self) -> None:
        """Cut whoever is still there."""
        now_ns = self._clock.steady_ns()
        for connection in list(self.connections):
            self._attempt(connection, partial(connection.session.cut, now_ns))

    def finish(self) -> None:
        """Write what is left, take a last snapshot, and close the store; to be called when nobody is left."""
        if self._backlog is not None:
            self._backlog.close()
        if self.store is None:
            return
        try:
            if self.failure is None:
                self.sequencer.finish()
                self._tell(self.store.take_now(self.replica, self._birth))
        except JournalStopped as error:
            self.fail(error)
        finally:
            self.store.close()

    def _later(self, call: Callable[[], None]) -> None:
        self._call_soon(self._now, call)

    def _now(self, call: Callable[[], None]) -> None:
        if self.failure is None:
            try:
                call()
            except JournalStopped as error:
                self.fail(error)

    def _pass_time(self) -> None:
        self.sequencer.pass_time()
        utc_ns = self._clock.utc_ns()
        if utc_ns >= self._day_end_ns:
            self.sequencer.end_of_day()
            self._day_end_ns = _next_day_end(self._config.venue.day_end_utc, utc_ns)
            self._log.info("day_end")
        if self.store is not None:
            self._look_after(self.store)

    def _look_after(self, store: Store) -> None:
        """Take the snapshots that are due, and tell of what was done and of what will not go on."""
        if store.warning != self._warning:
            self._warning = store.warning
            self._log.warning("journal_warning", text=store.warning or "it goes on")
        taken = store.poll()
        if taken is not None:
            self._tell(taken)
        if not store.busy and self.sequencer.next_seq - 1 - self._snapshot_seq >= self._config.journal.snapshot_every:
            self.sequencer.mark()
            self._snapshot_seq = self.sequencer.next_seq - 1
            store.take(self.replica, self._birth)

    def _tell(self, taken: Taken) -> None:
        if taken.error is None:
            self._log.info("snapshot", seq=taken.seq, seconds=round(taken.seconds, 3), bytes=taken.bytes)
        else:
            self._log.error("snapshot_failed", seq=taken.seq, error=taken.error)
        if taken.broken:
            self.fail(JournalStopped(f"the venue stops itself behind sequence {taken.seq}: {taken.error}"))

    def _attempt(self, connection: Connection, ask: Callable[[], Sequence[Effect]]) -> None:
        """Perform what a session asks for; after the journal's failure nothing is to be performed."""
        if self.failure is not None:
            return
        try:
            self.perform(connection, ask())
        except JournalStopped as error:
            self.fail(error)

    def _lane(self, number: int, accounts: tuple[int, ...]) -> Lane:
        limits = self._config.gateway
        return Lane(
            self.venue,
            number,
            accounts,
            call_soon=self._call_soon,
            backlog=self._backlog,
            kept_bytes_max=limits.kept_bytes_max,
            unsent_bytes_max=limits.unsent_bytes_max,
        )

    def _key_of(self, name: str) -> bytes | None:
        session = self.office.sessions.get(name)
        return session.public_key if session is not None and session.open else None

    def _note_if_drained(self) -> None:
        if self._drained is not None and not self.connections:
            self._drained()

    def _due(self, connection: Connection, now_ns: int) -> list[Effect]:
        if connection.paused_ns and now_ns - connection.paused_ns >= self._config.gateway.paused_max_ms * MILLISECOND_NS:
            self._log.warning("slow_consumer_cut", session=connection.session.name)
            return connection.session.cut(now_ns)
        lane = connection.lane
        if lane is not None:
            lane.keep_alive(self._clock.utc_ns(), now_ns, connection.session.heart_bt_ns)
        self._continue(connection)
        heard_ns = now_ns if connection.held else connection.heard_ns
        return connection.session.tick(now_ns, heard_ns, lane.spoke_ns if lane else now_ns)

    def _perform(self, connection: Connection, effect: Effect) -> None:
        session = connection.session
        now_ns = self._clock.steady_ns()
        match effect:
            case Send():
                connection.send([effect], self._clock.utc_ns(), now_ns)
            case Authenticate(logon):
                self._door.judge(connection, logon, now_ns)
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
                self.outbound.after(connection.transport.close)
            case Abort():
                connection.deafen()
                connection.transport.abort()
            case _:
                raise AssertionError(f"{effect}: the connection takes requests before it asks the session")

    def _log_on(self, connection: Connection) -> None:
        name = connection.session.name
        lane = self.lanes[name]
        self.live[name] = connection
        self.sequencer.log_on(lane.number, connection.session.cancel_on_disconnect)
        connection.attach(lane)
        self._log.info("session_logon", session=name, peer=address(connection))

    def _log_off(self, connection: Connection, *, cancel: bool) -> None:
        """Cancel first, while the reports of it still have a way to the client."""
        name = connection.session.name
        self._answers.pop(connection, None)
        self._feed.forget(connection)
        if cancel:
            self.sequencer.disconnect(self.lanes[name].number)
        connection.detach()
        del self.live[name]
        self._log.info("session_logoff", session=name, canceled=cancel)

    def _answer(self, connection: Connection, question: Question) -> None:
        lane = connection.lane
        if lane is None:
            return
        if isinstance(question, InstrumentStatusRequest) and question.subscribe == UNSUBSCRIBE:
            self._feed.end(connection, question.instrument)
            return
        if connection in self._answers:
            self.perform(connection, [refusal(question, Reason.THROTTLE, "the answer to an earlier question is still under way")])
            return
        self._answers[connection] = self._answer_to(connection, question, lane)
        self._continue(connection)

    def _answer_to(self, connection: Connection, question: Question, lane: Lane) -> Iterator[Send]:
        match question:
            case InstrumentStatusRequest(subscribe=1, instrument=number) if number == 0 or self._statuses.listed(number) is not None:
                return self._feed.begin(connection, question)
            case _:
                return self._queries.answer(question, lane)

    def _tell_status(self, connection: Connection, messages: Sequence[Send]) -> None:
        """Send what a connection follows.  A fault of ours costs that connection alone; its session ends when the loop has noticed."""
        try:
            connection.send(messages, self._clock.utc_ns(), self._clock.steady_ns())
        except Exception as error:  # noqa: BLE001  it comes up while commands are carried out, whose course it must not change
            self._log.error("connection_broken", session=connection.session.name, exc_info=error)
            connection.deafen()
            connection.transport.abort()

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


def _next_day_end(time_of_day: str | None, utc_ns: int) -> int:
    """Return the next time at which a clock that shows UTC shows `time_of_day`, or one that never comes."""
    if time_of_day is None:
        return 2**63 - 1
    hours, minutes = map(int, time_of_day.split(":"))
    today_ns = utc_ns - utc_ns % DAY_NS + (hours * 60 + minutes) * 60_000_000_000
    return today_ns if today_ns > utc_ns else today_ns + DAY_NS
