"""The whole venue in one thread of simulated time: real gateway, sequencer, office and client sessions over a fake disk, network and clock.

Everything that happens is a planned call, in the order that one seed decides; between two of them, and in any call of the disk, the
process may end.  A day is 24 hours: some rounds of trading, with hours in between that pass in a moment.  After the last round nothing
goes wrong any more, and then everything must come to rest: a venue that runs, programs that heard everything, nothing unanswered.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from msgspec import structs

from engine.client.errors import ClientError, LogonRefused
from engine.config import Config, Limits
from engine.config import Gateway as GatewayTable
from engine.config import Journal as JournalTable
from engine.config import Venue as VenueTable
from engine.gateway.gateway import Gateway
from engine.journal.records import JournalStopped
from engine.venue.acts import BaseAct, OpenSession
from tests.simulation.backlog import SimBacklog
from tests.simulation.checks import Checks
from tests.simulation.clock import SimClock
from tests.simulation.disk import Crash, Disk
from tests.simulation.loop import MS, SECOND, Loop, Scope
from tests.simulation.market import founder, issuance, markets, newcomer
from tests.simulation.network import Weather, Wire
from tests.simulation.operators import Operators
from tests.simulation.options import HOUR, ROUNDS, Options
from tests.simulation.store import Camera, SimStore, snapshot_names
from tests.simulation.trader import Trader

MORNING_NS = 1_700_000_000 * SECOND - 1_700_000_000 * SECOND % (24 * HOUR) + 4 * HOUR
YEAR_NS = 365 * 24 * HOUR
TICK_NS = 100 * MS
REST_S = 120
NAME = "ATS-SIM"
LINES = 60


class Broken(Exception):
    """A law does not hold; says which, and when."""


class Watched(Gateway):
    """A gateway whose faults are the simulation's."""

    def broken(self, connection: Any, error: Exception) -> None:
        if not isinstance(error, JournalStopped):
            raise error
        super().broken(connection, error)


class World:
    """One simulation.  `run` raises Broken for whatever does not hold."""

    def __init__(self, seed: int, options: Options) -> None:
        self.seed, self.options = seed, options
        self.clock = SimClock(MORNING_NS)
        self.loop = Loop(self.clock)
        self.counts: Counter[str] = Counter()
        self.scope = Scope(self.loop)
        self.disk = Disk(self._random("disk"), on_call=lambda what, name: self.trace(what, name.encode()))
        self.process: Scope | None = None
        self.gateway: Watched | None = None
        self.traders_max = options.traders + 2
        self.traders: list[Trader] = []
        self.jumped_ns = -(10 * SECOND)
        self.jumps = 0
        self.days = 0
        self._digest = hashlib.blake2b(digest_size=16)
        self._lines: deque[str] = deque(maxlen=LINES)
        self._chance, self._network = self._random("chance"), self._random("network")
        self._wires: list[Wire] = []
        self._is_calm = False
        self._is_awake = False
        self._entropy = self._random("entropy")
        self._newcomers: list[Trader] = []
        for _ in range(options.traders):
            self.traders.append(self._trader(len(self.traders) + 1))
        self.config = self._config()
        self.operators = Operators(self, self._random("operators"))
        self.checks = Checks(self)

    @property
    def digest(self) -> str:
        """Hash of everything that happened: equal seeds, equal hashes."""
        return self._digest.hexdigest()

    def run(self, days: int, steps_max: int | None = None) -> None:
        """Live through so many days, of which nothing goes wrong after `steps_max` steps."""
        for trader in self.traders:
            trader.begin()
        self.scope.after(0, self._start)
        self.scope.after(SECOND, self._tick_operators)
        for _ in range(days):
            self._is_calm = False
            for trader in self.traders:
                trader.stir()
            for _ in range(ROUNDS):
                self._round(steps_max)
                self._quiet_hours()
            self._come_to_rest()
            self.days += 1
            self.checks.at_rest()
            if steps_max is not None and self.loop.steps >= steps_max:
                break
        self._close()
        self.checks.at_the_end()
        self._sum_up()

    def _sum_up(self) -> None:
        """Count what others counted."""
        self.count("steps", self.loop.steps)
        self.count("pieces torn", self.disk.torn)
        self.count("pieces lost", self.disk.lost)
        self.count("reports heard again", sum(trader.again for trader in self.traders))
        self.count("reports heard", sum(len(chapter.reports) for trader in self.traders for chapter in trader.chapters))

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.fail(what)

    def fail(self, what: str) -> None:
        raise Broken(f"step {self.loop.steps}, day {self.days + 1}, {self.clock.seconds:.6f} s: {what}")

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] += by

    def trace(self, who: str, what: bytes) -> None:
        line = f"{self.clock.steady_ns()} {who} ".encode()
        self._digest.update(line)
        self._digest.update(what)
        self._lines.append(f"{self.clock.seconds:.6f} {who} {what[:60]!r}")

    @property
    def durable_ns(self) -> int:
        """Venue time of the last command of which anybody may hear."""
        return max(self.checks.witness.last_ts_ns, self.store.journal.released_ts_ns)

    @property
    def lines(self) -> list[str]:
        """The last things that happened."""
        return list(self._lines)

    def connect(
        self, address: str, receive: Callable[[bytes], None], lost: Callable[[], None], sent: Callable[[bytes], None]
    ) -> Wire | None:
        """Connect a program to the venue; None while nobody listens."""
        if self.gateway is None or self.process is None:
            return None
        weather = Weather() if self._is_calm else self.options.weather
        wire = Wire(self.scope, self.process, self._network, weather, address, receive, lost, sent)
        self.count("connections paused", sum(each.pauses for each in self._wires if each.is_over))
        self._wires = [each for each in self._wires if not each.is_over]
        self._wires.append(wire)
        wire.made(self.gateway.connection())
        self.count("connections")
        return wire

    def refused(self, trader: Trader, failure: ClientError) -> None:
        """Judge why a program has given up: only a clock that was just set explains it."""
        self.count("logons refused")
        recent = self.clock.steady_ns() - self.jumped_ns < 10 * SECOND
        self.expect(isinstance(failure, LogonRefused) and recent, f"{trader.name} gave up: {failure!r}")

    def newcomer(self) -> list[BaseAct]:
        """Return the acts that let one more program trade."""
        trader = self._trader(len(self.traders) + len(self._newcomers) + 1)
        self._newcomers.append(trader)
        return list(newcomer(trader.name, trader.number, trader.public_key))

    def told(self, act: BaseAct) -> None:
        """Let a program begin whose session an operator was told of."""
        for trader in self._newcomers:
            if isinstance(act, OpenSession) and act.name == trader.name:
                self._newcomers.remove(trader)
                self.traders.append(trader)
                trader.begin()
                self.count("newcomers")
                return

    def _random(self, name: str) -> Random:
        return Random(f"{name} {self.seed}")  # a stream of its own for each, so that leaving one fault out changes the others little

    def _trader(self, number: int) -> Trader:
        random = self._random(f"trader {number}")
        return Trader(self, f"t{number}", number, random, self.options.temper, cancels=random.random() < 0.5)

    def _config(self) -> Config:
        people = [act for trader in self.traders for act in founder(trader.name, trader.number, trader.public_key)]
        return Config(
            venue=VenueTable(name=NAME, day_end_utc="21:00"),
            gateway=GatewayTable(refusal_delay_ms=100, logout_timeout_ms=1_000, kept_bytes_max=self.options.kept_bytes),
            limits=Limits(
                orders=16_384, levels=4_096, accounts=32, sessions=16, instruments=4, parties=32, assets=8, balances=256, trades=1_024
            ),
            journal=JournalTable(snapshot_every=self.options.snapshot_every),
            acts=(*markets(MORNING_NS), *people, *issuance(MORNING_NS)),
        )

    def _start(self) -> None:
        """Start the venue's process."""
        if self.process is not None:
            return
        self.process = process = Scope(self.loop)
        random = self._random(f"process {self.counts['starts']}")
        self.count("starts")
        self._is_awake = False
        self._before_start()
        habits = replace(self.options.habits, write_faults=0.0, slow=0.0) if self._is_calm else self.options.habits
        camera = Camera() if self._is_calm else self.options.camera
        try:
            store = SimStore(self.disk, process, random, habits, camera, self._wake)
            backlog = SimBacklog(self.disk, store.journal, process, random, structs.asdict(self.config.limits), self.clock.steady_ns)
            entropy = self._entropy.randbytes
            self.gateway = Watched(self.config, self.clock, process.soon, store=store, entropy=entropy, backlog=backlog)
        except JournalStopped:
            self.count("starts that the disk stopped")
            self._end(power=False)
            return
        self.store = store
        self.gateway.on_failure = self._stopped
        self.disk.crash_in = 0
        self.trace("start", repr(store.journal.recovered).encode())
        self.checks.after_start()
        process.after(TICK_NS, self._tick)

    def _before_start(self) -> None:
        """Let the start itself be cut short, and what nothing depends on be damaged."""
        if self._is_calm:
            return
        if self._chance.random() < self.options.relapse:
            self.disk.crash_in = self._chance.randint(1, 60)
        snapshots = snapshot_names(self.disk)
        if snapshots and self._chance.random() < self.options.rot:
            self.disk.rot(snapshots[-1], 1 + int(self._chance.expovariate(0.3)))
            self.count("snapshots rotted")

    def _wake(self) -> None:
        if not self._is_awake and self.process is not None:
            self._is_awake = True
            self.process.after(self._chance.randint(0, 50_000), self._settle)

    def _settle(self) -> None:
        self._is_awake = False
        if self.gateway is not None:
            self.gateway.settle()

    def _tick(self) -> None:
        assert self.process is not None
        assert self.gateway is not None
        self.process.after(TICK_NS, self._tick)
        self.gateway.tick()

    def _tick_operators(self) -> None:
        self.scope.after(SECOND, self._tick_operators)
        self.operators.insist()

    def _stopped(self) -> None:
        """Let the process end a moment after its journal stopped."""
        self.count("journal stopped")
        assert self.process is not None
        self.process.after(self._chance.randint(0, 100 * MS), self._end_of_stopped)

    def _end_of_stopped(self) -> None:
        self._end(power=self._chance.random() < 0.3)

    def _end(self, *, power: bool) -> None:
        """End the process, or all of the machine; start it again after a while."""
        assert self.process is not None
        self.process.alive = False
        self.process = self.gateway = None
        self.trace("end", b"power" if power else b"kill")
        if power:
            self.count("losses of power")
            self.disk.lose_power()
        else:
            self.count("kills")
            self.disk.kill()
        for wire in self._wires:
            self.count("bytes lost", wire.venue_dies(client_notices=not power or self._chance.random() < 0.5))
        self._wires.clear()
        self.scope.after(int(self._chance.expovariate(1 / SECOND)), self._start)

    def _step(self) -> None:
        try:
            self.loop.step()
        except Crash:
            self.count("crashes in a call of the disk")
            self._end(power=self._chance.random() < self.options.power)

    def _round(self, steps_max: int | None) -> None:
        """Trade, and let things go wrong."""
        until_ns = self.clock.steady_ns() + self.options.round_ns
        while self.loop.next_ns <= until_ns and (steps_max is None or self.loop.steps < steps_max):
            self._step()
            self._go_wrong()

    def _go_wrong(self) -> None:
        options, chance = self.options, self._chance
        if self.process is not None and chance.random() < options.crash:
            if chance.random() < 0.3:
                self.disk.crash_in = chance.randint(1, 20)
            else:
                self._end(power=chance.random() < options.power)
        if self._wires and chance.random() < options.drop:
            self.count("connections broken")
            wire = chance.choice(self._wires)
            wire.break_off(venue_notices=chance.random() < 0.7, client_notices=chance.random() < 0.7)
        if chance.random() < options.act:
            self.operators.act()
            if self.process is not None and chance.random() < 100 * options.crash:
                self._end(power=chance.random() < options.power)  # before or after an operator hears of it
        if chance.random() < options.clock:
            self._set_clock()

    def _set_clock(self) -> None:
        self.count("clock set")
        self.jumps += 1
        self.jumped_ns = self.clock.steady_ns()
        how = self._chance.choice(("back", "back", "years", "frozen"))
        self.trace("clock", how.encode())
        if how == "back":
            self.clock.set_utc(-HOUR)
        elif how == "years":
            self.clock.set_utc(10 * YEAR_NS)
        else:
            self.clock.freeze(self._chance.randint(1, 20) * SECOND)

    def _quiet_hours(self) -> None:
        """Let hours pass in a moment, as where a machine was suspended; most log out before."""
        for trader in self.traders:
            if self._is_calm or self._chance.random() >= self.options.suspend:
                trader.leave()
        until_ns = self.clock.steady_ns() + SECOND
        while self.loop.next_ns <= until_ns:
            self._step()
        if self.process is not None and self._chance.random() < self.options.stop:
            self._stop_and_start()
        self.clock.advance_to(self.clock.steady_ns() + 24 * HOUR // ROUNDS - self.options.round_ns - SECOND)

    def _stop_and_start(self) -> None:
        """Stop the venue in good order, and start it again later."""
        self.count("stops in good order")
        try:
            self._close()
        except Crash:
            self.count("crashes in a call of the disk")
        if self.process is not None:
            self._end(power=False)

    def _come_to_rest(self) -> None:
        """Let nothing go wrong any more, and wait until there is nothing to do."""
        self._is_calm = True
        self.disk.crash_in = 0
        for trader in self.traders:
            trader.calm()
        if self.process is not None:
            self.store.calm()
        until_ns = self.clock.steady_ns() + REST_S * SECOND
        while not self._is_at_rest():
            if self.loop.next_ns > until_ns:
                restless = [trader.name for trader in self.traders if not trader.is_at_rest]
                self.fail(f"no rest after {REST_S} s: {restless}, operators {self.operators.is_at_rest}, venue {self.process is not None}")
            for _ in range(20):
                self._step()

    def _is_at_rest(self) -> bool:
        gateway = self.gateway
        return (
            gateway is not None
            and gateway.sequencer.released_seq == gateway.sequencer.next_seq - 1
            and self.operators.is_at_rest
            and all(trader.is_at_rest for trader in self.traders)
            and all(trader.session.next_in == gateway.venue.next_out(trader.number) for trader in self.traders)
        )

    def _close(self) -> None:
        """End in good order, as a venue does that is told to."""
        gateway, process = self.gateway, self.process
        assert gateway is not None
        assert process is not None
        gateway.shut_down(lambda: None)
        until_ns = self.clock.steady_ns() + 2 * SECOND
        while self.loop.next_ns <= until_ns and self.gateway is gateway:
            self._step()
        if self.gateway is not gateway:
            return  # it crashed before
        gateway.abandon()
        while gateway.connections and self.gateway is gateway:
            self._step()
        if self.gateway is gateway:
            gateway.finish()
