"""A venue's folder, its clients and the twin that follows its log; and what must be true of them whenever nobody asks for anything.

What is compared: the venue's word of what it recovered, and its state hash, with those of the twin; every byte that a witness was ever
sent, every event that a trader was ever told, every request that either sent, with the log; what they believe to be open with what is;
every deposit with the ledger.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from engine.journal.audit import verify
from engine.matching.records import Command
from engine.protocol import codec
from engine.snapshot.state import of
from tests.crash.house import CASH, free_port, make, names
from tests.crash.person import AMOUNT, Person
from tests.crash.process import Process, orphans
from tests.crash.trader import Trader
from tests.crash.twin import Twin
from tests.crash.witness import Witness

SETTLE_S = 60.0
TURN_S = 0.004
LAG_S = 0.03
SOON_NS = 1_000_000_000
UNITS = 1_000_000
COMPARED = (
    *("kind", "in_seq", "cl_ord_id", "orig_cl_ord_id", "order_id", "account", "instrument", "side", "ord_type", "tif", "exec_inst"),
    *("price", "qty", "display_qty", "min_qty", "stop_px", "expire_ns", "settle_pref"),
)


class Scene:
    """Everybody around one venue; what is random follows from the seed, but for what the machine adds."""

    def __init__(self, folder: Path, seed: int, *, traders: int, witnesses: int, heart_bt_int: int = 5, **house: Any) -> None:
        self.dice = Random(seed)
        self.folder = make(folder, traders + witnesses, **house)
        self.port = free_port()
        self.subscribers = traders + witnesses
        self.twin = Twin(folder / "journal")
        everybody = list(enumerate(names(traders + witnesses), 1))
        self.notes = folder.with_name(f"{folder.name}-clients")
        self.notes.mkdir()
        self.traders = [
            Trader(name, number, self.port, self.draw(), self.notes, cancels=number % 3 == 0, heart_bt_int=heart_bt_int)
            for number, name in everybody[:traders]
        ]
        self.witnesses = [
            Witness(name, number, self.port, self.draw(), cancels=number % 2 == 0, heart_bt_int=heart_bt_int)
            for number, name in everybody[traders:]
        ]
        self.clients = [*self.traders, *self.witnesses]
        self.person = Person(self.port, self.draw(), len(everybody))

    def draw(self) -> Random:
        """Return dice of somebody's own."""
        return Random(self.dice.getrandbits(64))

    def process(self, *, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Process:
        """Return the next life of the venue, not started."""
        return Process(self.folder, self.port, prefix=prefix, env=env)

    @asynccontextmanager
    async def clients_of(self, process: Process) -> AsyncIterator[None]:
        """Let everybody be there, and trade when told to; at the end all are gone, and so is the last process that `last` was told of."""
        self.last = process
        tasks = [asyncio.create_task(job) for job in (*(each.run() for each in self.clients), self.person.run(), self._load())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            if not self.last.ended:
                await self.last.kill()
            broken = [end for end in ends if not isinstance(end, asyncio.CancelledError)]
            assert [] == broken, f"somebody ended before he was told to: {broken}"

    def trade(self, on: bool) -> None:
        """Let everybody ask for things, or nobody."""
        for each in self.clients:
            each.trading = on
        self.person.acting = on

    async def until(self, reports: int) -> None:
        """Trade until so many more reports have come."""
        wanted = self.heard + reports
        self.trade(True)
        end = time.monotonic() + SETTLE_S
        while self.heard < wanted:
            assert time.monotonic() < end, f"no reports come: {self.missing()}"
            await asyncio.sleep(TURN_S)

    @property
    def heard(self) -> int:
        """How many reports everybody together has."""
        return sum(len(told) for _, told in self._told())

    async def quiet(self) -> None:
        """Stop asking, and wait until everybody is back and has heard of everything that he asked and that the log has for him.

        Nothing must be due soon either: calls and pauses end by themselves, and so do attestations.  The heads may tell of the last group a
        little later than its reports do, so all must be so for a while.
        """
        self.trade(False)
        await self.person.rest()
        end = time.monotonic() + SETTLE_S
        since, before = 0.0, (-1, -1)
        while before[0] < 0 or time.monotonic() < since + LAG_S:
            now = (self.twin.next_seq, self.heard) if self._settled() else (-1, -1)
            if now != before:
                since, before = time.monotonic(), now
            assert time.monotonic() < end, f"not everybody came back in {SETTLE_S} s: {self.missing()}"
            await asyncio.sleep(TURN_S)
        await asyncio.to_thread(self.person.settle)

    def recovered(self, process: Process) -> int:
        """Compare what a venue says that it is with what the log says, and return how many commands the twin had not seen."""
        told = process.told["journal"]
        last_seq = told["last_seq"]
        taken = self.twin.follow(last_seq)
        assert self.twin.replica is not None
        assert last_seq == self.twin.next_seq - 1, f"recovered {last_seq}, the log has {self.twin.next_seq - 1}"
        state_hash = of(self.twin.replica, b"").state_hash
        assert state_hash == told["state_hash"], f"sequence {last_seq}: the venue and its twin differ"
        return taken

    def compare(self) -> None:
        """Hold everybody's memory to the log; all must be quiet."""
        self.twin.follow()
        self.twin.check()
        for witness in self.witnesses:
            assert witness.reports == self.twin.reports[witness.number], f"{witness.name} was told otherwise than the log says"
            taken = [_words(record) for record in self.twin.requests[witness.number]]
            assert [_words_of(framed[4:]) for framed in witness.sent] == taken, f"{witness.name} asked otherwise than the log says"
        for trader in self.traders:
            trader.compare(self.twin.reports[trader.number])
        for each in self.clients:
            assert [] == each.faults, f"{each.name}: {each.faults[:3]}"
            assert each.open_orders == self.twin.open_orders(each.number), f"{each.name} has other orders open than it believes"
        assert [] == self.person.faults
        opening = self.subscribers * CASH * UNITS
        assert opening + self.person.booked * AMOUNT == self.twin.kept_outside(1), "not every deposit was booked once"

    def verify(self) -> None:
        """Check every byte of the journal, seals and signatures included."""
        pem = (self.folder / "keys" / "node.pem").read_bytes()
        verify(self.folder / "journal", load_pem_private_key(pem, password=None).public_key())

    async def alone(self, process: Process) -> bool:
        """Say whether nothing of a killed venue is left; the writer of a snapshot has a moment to end."""
        for _ in range(500):
            if not orphans(self.folder, process.pid):
                return True
            await asyncio.sleep(0.01)
        return False

    def missing(self) -> list[str]:
        """Say who waits for what."""
        told = [f"{number}: {len(told)} of {len(self.twin.reports[number])} reports" for number, told in self._told()]
        waiting = [each.name for each in self.clients if not each.settled]
        faults = [fault for each in self.clients for fault in each.faults[:2]]
        return [f"waiting {waiting}", *told, *faults]

    def _settled(self) -> bool:
        if not all(each.settled for each in self.clients):
            return False
        self.twin.follow()
        assert self.twin.replica is not None
        if self.twin.replica.office.next_due_ns < time.time_ns() + SOON_NS:
            return False
        return all(len(told) == len(self.twin.reports[number]) for number, told in self._told())

    def _told(self) -> list[tuple[int, list]]:
        return [*((each.number, each.reports) for each in self.witnesses), *((each.number, each.told) for each in self.traders)]

    async def _load(self) -> None:
        while True:
            for each in self.clients:
                each.trade()
            await asyncio.sleep(TURN_S)


def _words(record: Command) -> tuple[int, ...]:
    return tuple(getattr(record, name) for name in COMPARED)


def _words_of(payload: bytes) -> tuple[int, ...]:
    """Return what a request says, as the command that it must become."""
    fields = codec.decode(payload)
    assert fields is not None
    return tuple(fields[name] for name in COMPARED)
