"""A load on a venue: sessions log on, send what they planned, hear and check everything, leave nothing open, and count the money.

Frames are written before the clock starts.  Afterwards each session cancels what it has open, the executions of all are put side by side,
and every account must have moved by exactly what its reports said.
"""

import gc
import resource
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import clock_gettime, perf_counter_ns, time_ns
from typing import Any

from engine.load import figures, running
from engine.load.connection import Connection, Hearing
from engine.load.echoing import EchoReader
from engine.load.executions import Executions
from engine.load.faults import LoadFault, LoadRefused
from engine.load.market import Market, drawn_plan, find_market, needs
from engine.load.plan import MIXES, Plan
from engine.load.reading import Reader
from engine.load.session import LoadSession, Party
from engine.load.spread import Spread
from engine.matching.enums import ExecType, Reason

SPARE_DESCRIPTORS = 64
ECHO_MARKET = Market(1, "ECHO", "ECHO", "CASH", 1_000_000, 100, 1_000_000)


@dataclass(frozen=True, slots=True)
class Load:
    """What to send.

    requests: of all sessions together; each sends the same number.
    batch, window: requests a send, and sends under way of a session (flat out).
    rate: requests a second of all sessions; None is flat out.
    ping_pong: one request after the answer to the one before.
    symbol, price: what to trade and around which price (1e-4 of the quote unit); None asks the venue.
    reset: start the sessions' numbers at 1 again.
    alone: nobody else trades at this venue, so each execution has both its sides here.
    pid: a server's process on this machine, whose CPU time is measured.
    """

    mix: str = "rest"
    requests: int = 100_000
    batch: int = 1
    window: int = 1
    rate: float | None = None
    ping_pong: bool = False
    seed: int = 1
    symbol: str | None = None
    price: int | None = None
    reset: bool = False
    alone: bool = False
    pid: int | None = None

    def check(self, sessions: int) -> None:
        """LoadRefused for what cannot be sent."""
        if self.mix not in MIXES:
            raise LoadRefused(f"mix {self.mix!r} is none of {', '.join(MIXES)}")
        if min(self.batch, self.window, self.requests, sessions) < 1 or (self.rate is not None and self.rate <= 0):
            raise LoadRefused("sessions, requests, batch, window and rate are at least 1")
        if self.mix == "trade" and sessions % 2:
            raise LoadRefused(f"in the mix `trade` sessions trade in pairs, one sells and one buys: {sessions} cannot")
        if self.ping_pong and self.rate is not None:
            raise LoadRefused("one request at a time goes at its own rate: leave --rate out")
        if self.requests < sessions:
            raise LoadRefused(f"{self.requests} requests are fewer than {sessions} sessions")

    @property
    def way(self) -> str:
        """How it is sent."""
        return "one at a time" if self.ping_pong else "flat out" if self.rate is None else "at a rate"


Figures = dict[str, Any]


def run(address: str, parties: Sequence[Party], load: Load, tell: running.Tell | None = None) -> tuple[Figures, Spread]:
    """Send a load to a venue and return what was measured and how long each request waited.

    LoadFault for a report that is wrong; LoadRefused, ClientError or OSError where the load cannot be sent or was cut off.
    """
    load.check(len(parties))
    _allow_descriptors(len(parties))
    with ExitStack() as stack:
        sessions = []
        for party in parties:
            if not load.alone:
                _spare(address, party)
            sessions.append(LoadSession(address, party, reset=load.reset))
            stack.callback(sessions[-1].close)
        market = find_market(sessions[0], load.symbol, load.price)
        plans = [drawn_plan(load.mix, load.seed, number, _each(load, parties), market) for number in range(1, len(parties) + 1)]
        before = _look(sessions, plans, load.mix, market)
        executions = Executions()
        connections = []
        for number, (session, plan) in enumerate(zip(sessions, plans, strict=True)):
            session.begin(plan, market.instrument)
            session.reader = Reader(plan, executions, number, load.batch, session.next_report)
            connections.append(Connection(session.name, session.socket, plan, session.reader, batch=load.batch, attend=session.attend))
        try:
            measured, spread = _measured(connections, load, tell)
            _sweep(sessions, connections)
            matches, with_others = _judge(executions, alone=load.alone)
        except LoadFault as fault:
            raise LoadFault(fault.session, fault.report, f"({sessions[fault.session].name}) {fault.wrong}", fault.payload) from None
        _balance(sessions, market, before)
    readers = [session.reader for session in sessions if session.reader is not None]
    measured |= {
        "symbol": market.symbol,
        "price": market.middle,
        "reports": sum(reader.reports for reader in readers),
        "trades": matches,
        "trades_with_others": with_others,
        "fees": sum(reader.fees for reader in readers),
        "answers": _named(ExecType, [reader.answers for reader in readers]),
        "refusals": _named(Reason, [reader.refusals for reader in readers]),
        "endings": _named(Reason, [reader.endings for reader in readers]),
        "checked": True,
    }
    return measured, spread


def run_echo(address: tuple[str, int], sessions: int, load: Load, *, compares: bool) -> tuple[Figures, Spread]:
    """Send the frames of a load to an echo; with `compares` they must come back byte for byte.  Errors as in `run`."""
    load.check(sessions)
    _allow_descriptors(sessions)
    with ExitStack() as stack:
        connections = []
        for number in range(sessions):
            plan = drawn_plan(load.mix, load.seed, number + 1, _each(load, range(sessions)), ECHO_MARKET)
            plan.encode(seq=1, cl_ord_id=1, account=number + 1, instrument=1, ts_ns=time_ns())
            wire = stack.enter_context(socket.create_connection(address))
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = EchoReader(plan, number, load.batch, compares=compares)
            connections.append(Connection(f"connection {number + 1}", wire, plan, reader, batch=load.batch))
        measured, spread = _measured(connections, load, None)
    return measured | {"reports": 0, "trades": 0, "answers": {}, "checked": compares}, spread


def _each(load: Load, sessions: Sequence[object]) -> int:
    """Return how many requests a session sends: an even number where it can, so that what is entered can be canceled."""
    each = load.requests // len(sessions)
    return each - each % 2 if each > 1 else each


def _spare(address: str, party: Party) -> None:
    """LoadRefused where a session has open orders: they would end with the load's connection, so this one is another."""
    session = LoadSession(address, party, cancel_on_disconnect=False)
    try:
        opened = session.open_orders()
    finally:
        session.close()
    if opened:
        raise LoadRefused(f"{party.name} has {opened:,} open orders, which the load would cancel: cancel them, or use another session")


def _look(sessions: Sequence[LoadSession], plans: Sequence[Plan], mix: str, market: Market) -> dict[int, dict[str, tuple[int, int]]]:
    """Return what each account has.  LoadRefused where one has too little."""
    needed: Counter[tuple[int, str]] = Counter()
    before = {}
    for session, plan in zip(sessions, plans, strict=True):
        before[session.account] = session.balances()
        for asset, units in needs(mix, plan, market).items():
            needed[session.account, asset] += units
    for (account, asset), units in needed.items():
        available = before[account].get(asset, (0, 0))[1]
        if available < units:
            short = f"account {account} has {available / 1e6:,.6f} {asset}, and this load can need {units / 1e6:,.6f}"
            raise LoadRefused(f"{short}: deposit more, send fewer requests, or choose another mix")
    return before


def _measured(connections: Sequence[Connection], load: Load, tell: running.Tell | None) -> tuple[Figures, Spread]:
    """Send everything and return the figures of it."""
    told: Figures = {}
    if load.rate is not None or load.ping_pong:
        own = figures.jitter()
        told["jitter"] = figures.percentiles(own) | {"histogram": figures.histogram(own)}
    with _quiet():
        server_s = _cpu_s(load.pid)
        before = resource.getrusage(resource.RUSAGE_SELF)
        if load.ping_pong:
            course = running.one_at_a_time(connections, tell)
        elif load.rate is not None:
            course = running.at_rate(connections, load.rate, tell)
        else:
            course = running.flat_out(connections, load.window, tell, in_step=load.mix == "trade")
        after = resource.getrusage(resource.RUSAGE_SELF)
        if load.pid is not None:
            told["server_cpu_s"] = _cpu_s(load.pid) - server_s
        elapsed_ns = perf_counter_ns() - course.began_ns
    readers: list[Hearing] = [connection.reader for connection in connections]
    seconds = max(1, max(reader.last_ns for reader in readers) - course.began_ns) / 1e9
    requests = sum(reader.answered for reader in readers)
    spread = Spread([reader.waits() for reader in readers])
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if course.late_ns:
        late = Spread([course.late_ns])
        told["late"] = {name: value for name, value in figures.percentiles(late).items() if name in ("p50_us", "p99_us", "max_us")}
    return {
        "mix": load.mix,
        "seed": load.seed,
        "way": load.way,
        "sessions": len(connections),
        "batch": load.batch,
        "window": load.window,
        "rate": load.rate,
        "requests": requests,
        "seconds": seconds,
        "per_s": requests / seconds,
        "load_cpu": cpu_s / (elapsed_ns / 1e9),
        "load_busy": 1 - course.idle_ns / elapsed_ns,
        "latency": figures.percentiles(spread),
        "histogram": figures.histogram(spread),
        **told,
    }, spread


def _cpu_s(pid: int | None) -> float:
    """Return the CPU time of a process and all its threads, in seconds."""
    return 0.0 if pid is None else clock_gettime(~pid << 3 | 2)  # the kernel's name for that clock


def _allow_descriptors(wanted: int) -> None:
    """Let this process have so many connections beside what it has open, as far as the system permits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted += SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the garbage collector out."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _sweep(sessions: Sequence[LoadSession], connections: Sequence[Connection]) -> None:
    """Cancel what is open; afterwards every report has been heard, for nobody sends any more."""
    for session, connection in zip(sessions, connections, strict=True):
        connection.say(session.sweep(connection.count))
    readers = {id(connection): session.reader for session, connection in zip(sessions, connections, strict=True)}
    running.finish(connections, lambda connection: (reader := readers[id(connection)]) is not None and reader.swept)


def _judge(executions: Executions, *, alone: bool) -> tuple[int, int]:
    matches, with_others, fault = executions.matched(alone=alone)
    if fault is not None:
        raise LoadFault(*fault)
    return matches, with_others


def _balance(sessions: Sequence[LoadSession], market: Market, before: dict[int, dict[str, tuple[int, int]]]) -> None:
    """LoadFault unless every account moved by what its reports say, and by nothing else."""
    moved: Counter[tuple[int, str]] = Counter()
    for session in sessions:
        assert session.reader is not None, "every session has sent"
        moved[session.account, market.base] += session.reader.base
        moved[session.account, market.quote] += session.reader.cash
    for number, session in enumerate(sessions):
        assert session.reader is not None, "every session has sent"
        for asset, (units, _) in session.balances().items():
            expected = before[session.account].get(asset, (0, 0))[0] + moved[session.account, asset]
            if units != expected:
                said = f"account {session.account} has {units} of 0.000001 {asset}, {units - expected:+} than its reports say"
                raise LoadFault(number, session.reader.next_seq - 1, said)


def _named(names: Any, counted: Sequence[dict[int, int]]) -> dict[str, int]:
    """Add counts up under the names of an enum."""
    found: Counter[int] = Counter()
    for counts in counted:
        found.update(counts)
    known = {int(member): member.name for member in names}
    return {known.get(number, str(number)): count for number, count in sorted(found.items())}
