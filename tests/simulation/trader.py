"""A subscriber's program: the real client without I/O, trading at random, cut off at random, coming back and going on.

What it was told is kept as it came off the wire, report by report, in chapters: a chapter ends where the session's numbers begin again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.client.core import Core
from engine.client.orders import LiveOrder, LiveRequest
from engine.client.session import Identity, Phase, Session
from engine.client.store import Sent, SessionStore
from engine.matching.enums import ExecType, OrdType, Side
from engine.protocol.framing import MAX_ANSWER, Splitter
from engine.protocol.messages import (
    CancelReject,
    ExecutionReport,
    Logon,
    MassCancelReport,
    MessageFlag,
    OrderMassStatusRequest,
    SequenceReset,
    decode_venue,
    encode,
)
from tests.simulation.loop import MS, SECOND, Scope
from tests.simulation.network import Wire
from tests.simulation.orders import LOT, TICK, any_order

if TYPE_CHECKING:
    from tests.simulation.world import World

Report = ExecutionReport | CancelReject | MassCancelReport


class Order(LiveOrder):
    """An order that is only watched."""

    def replace(self, price=None, qty=None, display_qty=None):
        raise NotImplementedError

    def cancel(self):
        raise NotImplementedError


@dataclass
class Chapter:
    """What was sent and heard while the session's numbers ran on: by number, a request's frame and a report's payload."""

    requests: dict[int, bytes] = field(default_factory=dict)
    reports: dict[int, bytes] = field(default_factory=dict)
    checked_requests: int = 0


class Memory(SessionStore):
    """What the program remembers of its session; each request is noted in the chapter as well."""

    def __init__(self, trader: "Trader") -> None:
        super().__init__()
        self._trader = trader

    def sent(self, request: Sent) -> None:
        super().sent(request)
        requests = self._trader.chapter.requests
        self._trader.world.expect(request.seq not in requests, f"{self._trader.name} used number {request.seq} twice")
        requests[request.seq] = request.frame


@dataclass(frozen=True)
class Temper:
    """How a program behaves: how often it acts, and chances of an act being something else than an order."""

    pause_ns: int = 200 * MS
    burst: float = 0.05
    burst_max: int = 40
    leave: float = 0.01
    cut: float = 0.01
    reset: float = 0.002
    restart: float = 0.005
    stall: float = 0.005
    hush: float = 0.003
    away_ns: int = 3 * SECOND


class Trader:
    """One program of one session, with account `number`."""

    def __init__(self, world: "World", name: str, number: int, random: Random, temper: Temper, *, cancels: bool) -> None:
        self.world, self.name, self.number, self.random, self.temper, self.cancels = world, name, number, random, temper, cancels
        self.scope = Scope(world.loop)
        self.key = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "little"))
        self.chapters = [Chapter()]
        self.wire: Wire | None = None
        self.core: Core[Order, LiveRequest] | None = None
        self.store = Memory(self)
        self.is_hushed = False
        self.is_idle = False
        self.is_resetting = False
        self._told_terms: bool | None = None  # of the last logon that was answered: do orders end with the connection
        self._asked_terms: set[bool] = set()  # of those that were sent since
        self.statuses: set[int] = set()
        self.again = 0
        self._written: dict[int, bytes] = {}
        self._splitter = Splitter(MAX_ANSWER)
        self._is_coming = False
        self._open()

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def chapter(self) -> Chapter:
        return self.chapters[-1]

    @property
    def session(self) -> Session:
        return self._core.session

    @property
    def terms(self) -> bool | None:
        """Say whether its orders end with its connection, as far as it can know; None where a logon was not answered."""
        return self._told_terms if self._asked_terms <= {self._told_terms} else None

    @property
    def open_orders(self) -> dict[int, Order]:
        return self._core.open_orders

    @property
    def is_live(self) -> bool:
        return self.wire is not None and self._core.is_ready

    @property
    def is_at_rest(self) -> bool:
        """Say whether everything that it asked is answered."""
        return self.is_live and not self.store.unanswered and not self.session.is_replaying and not self._core._queries

    @property
    def _core(self) -> Core[Order, LiveRequest]:
        assert self.core is not None
        return self.core

    @property
    def _now(self) -> float:
        return self.world.clock.seconds

    def begin(self) -> None:
        """Begin to trade."""
        self.come_back(int(self.random.random() * SECOND))
        self.scope.after(int(self.random.random() * SECOND), self._act)
        self.scope.after(int(self.random.random() * SECOND), self._tick)

    def stir(self) -> None:
        """Trade again."""
        self.is_idle = False
        self.temper = self.world.options.temper

    def calm(self) -> None:
        """Trade no more, only stay connected and hear the rest."""
        self.is_idle = True
        self.is_hushed = False
        self.temper = Temper(away_ns=SECOND)
        if self.wire is not None:
            self.wire.down.stall(stalled=False)

    def come_back(self, after_ns: int) -> None:
        """Connect after a while."""
        if not self._is_coming:
            self._is_coming = True
            self.scope.after(after_ns, self._connect)

    def leave(self) -> None:
        """Log out."""
        if self.wire is not None:
            self.session.leave(self._now)
            self._flush()

    def _open(self, *, reset: bool = False) -> None:
        """Start the program, with what it remembers of its session."""
        identity = Identity(
            name=self.name,
            key=self.key,
            heart_bt_int=self.random.choice((1, 2, 5)),
            cancel_on_disconnect=self.cancels,
            takeover=True,
            reset=reset,
            resume="all",
        )
        if reset:
            self.store = Memory(self)
        self.is_resetting = reset
        session = Session(identity, self.store, self.world.clock.utc_ns)
        self.core = Core(session, Order, LiveRequest, 1, self.number)

    def _connect(self) -> None:
        self._is_coming = False
        if self.wire is not None:
            return
        wire = self.world.connect(f"10.0.0.{self.number}", self._receive, self._lost, self._sent)
        if wire is None:
            self.come_back(self._pause())
            return
        self.wire = wire
        self._splitter = Splitter(MAX_ANSWER)
        self.session.connected(self._now)
        self._flush()

    def _lost(self) -> None:
        if self.wire is None:
            return
        self.wire = None
        self._core.disconnected("lost", retrying=True)
        if self._core.failure is not None:
            self.world.refused(self, self._core.failure)
            self._open(reset=self.is_resetting)
        self.come_back(self._pause())

    def _hang_up(self) -> None:
        if self.wire is not None:
            self.wire.close()
            self._lost()

    def _receive(self, data: bytes) -> None:
        if self.wire is None:
            return
        self.world.trace(self.name, data)
        for payload in self._splitter.feed(data):
            self._note(payload)
        self._core.receive(data, self._now)
        self._flush()
        if self.session.hang_up:
            self._hang_up()

    def _sent(self, data: bytes) -> None:
        """See what the venue writes, whether it will arrive or not: what it wrote before must be marked the next time."""
        for payload in Splitter(MAX_ANSWER).feed(data):
            message = decode_venue(payload)
            if not isinstance(message, (ExecutionReport, CancelReject, MassCancelReport)) or _is_answer(message):
                continue
            self.world.expect(message.ts_ns <= self.world.durable_ns, f"{self.name} is sent report {message.seq}, which is not durable")
            if not message.flags & MessageFlag.POSS_DUP:
                again = self._written.get(message.seq) == payload
                self.world.expect(not again, f"{self.name} is sent report {message.seq} again and is not told that it is a repeat")
                self._written[message.seq] = payload

    def _note(self, payload: bytes) -> None:
        """Keep a report as it came."""
        message = decode_venue(payload)
        match message:
            case Logon():
                self._told_terms = message.cancel_on_disconnect
                self._asked_terms.clear()
                again = sum(request.seq >= message.next_expected_seq for request in self.store.unanswered.values())
                self.world.count("requests sent again", 0 if message.reset_seq_num else again)
                if message.reset_seq_num:
                    self.chapters.append(Chapter())
                    self.is_resetting = False
            case SequenceReset():
                self.world.fail(f"{self.name} is told that reports before {message.new_seq} are gone")
            case ExecutionReport() if _is_answer(message):
                self.statuses.add(message.order_id)
            case ExecutionReport() | CancelReject() | MassCancelReport():
                if message.flags & MessageFlag.POSS_DUP:
                    self.again += 1
                    payload = encode(msgspec.structs.replace(message, flags=message.flags & ~MessageFlag.POSS_DUP))
                known = self.chapter.reports.setdefault(message.seq, payload)
                self.world.expect(known == payload, f"{self.name} heard two reports with number {message.seq}:\n{known!r}\n{payload!r}")

    def _flush(self) -> None:
        if self.wire is not None:
            knocks = self.session.phase is Phase.KNOCKING
            written = self.session.output()
            if written:
                if knocks:
                    self._asked_terms.add(self.session.identity.cancel_on_disconnect)
                self.wire.write(written)

    def _tick(self) -> None:
        self.scope.after(100 * MS, self._tick)
        if self.wire is None or self.is_hushed:
            return
        self.session.tick(self._now)
        self._flush()
        if self.session.hang_up:
            self._hang_up()

    def _act(self) -> None:
        self.scope.after(1 + int(self.random.expovariate(1 / self.temper.pause_ns)), self._act)
        if self.is_idle or self.is_hushed or not self.is_live:
            return
        temper, chance = self.temper, self.random.random()
        for name, act in self._interruptions():
            chance -= getattr(temper, name)
            if chance < 0:
                self.world.count(f"program: {name}")
                act()
                return
        self._trade(self.random.randint(2, temper.burst_max) if self.random.random() < temper.burst else 1)
        self._flush()

    def _interruptions(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        return (
            ("leave", self.leave),
            ("cut", self._break_off),
            ("reset", lambda: self._restart(reset=True)),
            ("restart", lambda: self._restart(reset=False)),
            ("stall", self._stall),
            ("hush", self._hush),
        )

    def _break_off(self) -> None:
        assert self.wire is not None
        self.wire.break_off(venue_notices=self.random.random() < 0.5, client_notices=self.random.random() < 0.7)

    def _restart(self, *, reset: bool) -> None:
        self._hang_up()
        if self.random.random() < 0.3:
            self.cancels = not self.cancels
        self._open(reset=reset)

    def _stall(self) -> None:
        assert self.wire is not None
        self.wire.down.stall(stalled=True)
        self.scope.after(self._pause(), self.wire.down.stall, False)

    def _hush(self) -> None:
        self.is_hushed = True

        def over() -> None:
            self.is_hushed = False

        self.scope.after(self._pause(), over)

    def _trade(self, count: int) -> None:
        core, random = self._core, self.random
        while count > 0:
            count -= 1
            chance = random.random()
            orders = core.open_orders
            if chance < 0.55 or not orders:
                core.enter([any_order(random, core.instruments, self.world.clock.utc_ns())], self._now)
            elif chance < 0.75:
                core.cancel([random.choice(list(orders.values()))], self._now)
            elif chance < 0.93:
                order = random.choice(list(orders.values()))
                if order.is_waiting or order.ord_type is OrdType.MARKET:
                    continue
                price, qty = order.price_units + random.randint(-2, 2) * TICK, order.qty_units + random.randint(-2, 3) * LOT
                core.replace(order, order.instrument.price(max(price, TICK)), order.instrument.qty(max(qty, LOT)), None, self._now)
            elif chance < 0.97:
                core.mass_cancel(None, random.choice((None, Side.BUY, Side.SELL)), None, self._now)
            else:
                core.ask(OrderMassStatusRequest, self._now)

    def _pause(self) -> int:
        return 50 * MS + int(self.random.expovariate(1 / self.temper.away_ns))


def _is_answer(message: Report) -> bool:
    return isinstance(message, ExecutionReport) and message.exec_type == ExecType.STATUS
