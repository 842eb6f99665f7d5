"""A venue that is killed and started again under its clients, and clients that are killed too: nothing lost, nothing twice."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from engine.client import AsyncClient, Event, NotLoggedOn, Retry, Side, TimeInForce
from engine.client.events import OrderEvent
from engine.protocol.messages import Logon, Logout, LogoutCode, ResendRequest, SequenceReset
from tests.gateway.raw import KEYS, NAMES, TIMEOUT_S, Raw, logon_of, public_key_text, run, signed

PROGRAM = """
import sys
from pathlib import Path
from engine.config import load
from engine.gateway.server import serve
serve(load(Path(sys.argv[1])), on_ready=lambda server: print(server.address[1], flush=True))
"""
CONFIG = """
[venue]
name = "ATS-TEST"
[gateway]
port = {port}
kept_bytes_max = {kept_bytes_max}
[limits]
orders = 10_000
levels = 10_000
[journal]
segment_mb = 1
reserve_mb = 1
[[instrument]]
symbol = "AAPLx"
tick = "0.01"
lot = "0.0001"
""" + "".join(
    f'[[subscriber]]\nname = "{name}"\npublic_key = "{public_key_text(name)}"\naccounts = [{number}]\n'
    'balances = {{ USDC = "1000000", AAPLx = "1000" }}\n'
    for number, name in enumerate(NAMES, 1)
)
SOON = Retry(first_s=0.01, limit_s=0.05)
RULE = """
import asyncio, sys
from engine.client import AsyncClient, Retry, Side, TimeInForce
from engine.client.events import OrderEvent

async def main(address, key, store, heard):
    client = AsyncClient(address, name="alice", key=key, store=store, resume="all", cancel_on_disconnect=False,
                         retry=Retry(first_s=0.01, limit_s=0.05))
    events = client.events()

    async def listen():
        with open(heard, "a", buffering=1) as file:
            async for event in events:
                if isinstance(event, OrderEvent):
                    file.write(f"{event.seq} {event.order.cl_ord_id}\\n")

    listening = asyncio.ensure_future(listen())
    await client.connect()
    while True:
        try:
            order = client.limit("AAPLx", Side.BUY, qty=1, price=100, tif=TimeInForce.IOC)
            print(order.cl_ord_id, flush=True)
        except Exception:
            pass
        await asyncio.sleep(0.001)

asyncio.run(main(*sys.argv[1:]))
"""


class House:
    """A venue's folder, and the process that serves it."""

    def __init__(self, folder: Path, kept_bytes_max: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()[:2]
        self.folder = folder
        self.process: asyncio.subprocess.Process | None = None
        text = CONFIG.format(port=self.address[1], kept_bytes_max=kept_bytes_max)
        (folder / "venue.toml").write_text(text)

    @property
    def at(self) -> str:
        return "{}:{}".format(*self.address)

    @property
    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def open(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", PROGRAM, str(self.folder / "venue.toml"), stdout=asyncio.subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(TIMEOUT_S):
            assert self.address[1] == int(await self.process.stdout.readline()), self.log

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()

    async def crash(self) -> None:
        await self.kill()
        await self.open()


@asynccontextmanager
async def house(folder: Path, kept_bytes_max: int = 16_777_216) -> AsyncIterator[House]:
    home = House(folder, kept_bytes_max)
    await home.open()
    try:
        yield home
    finally:
        for raw in Raw.open:
            raw.writer.transport.abort()
            await raw.close()
        Raw.open.clear()
        await home.kill()


class Listener:
    """A client and all the reports that it was told of."""

    def __init__(self, home: House, name: str = "alice", **options: Any) -> None:
        options = {"name": name, "key": KEYS[name], "account": NAMES.index(name) + 1, "retry": SOON} | options
        self.client = AsyncClient(home.at, **{"cancel_on_disconnect": False} | options)
        self.events: list[Event] = []
        self.entered: list[Any] = []
        self._stream = self.client.events()

    async def __aenter__(self) -> Self:
        await self.client.connect()
        self._listening = asyncio.ensure_future(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        await self._listening

    async def _listen(self) -> None:
        async for event in self._stream:
            self.events.append(event)

    @property
    def seqs(self) -> list[int]:
        return [event.seq for event in self.events if isinstance(event, OrderEvent)]

    async def enter(self, count: int) -> None:
        """Enter orders that end at once, as far as there is a connection."""
        for _ in range(count):
            with suppress(NotLoggedOn):
                self.entered.append(self.client.limit("AAPLx", Side.BUY, qty=1, price=100, tif=TimeInForce.IOC))
            await asyncio.sleep(0)

    async def settle(self) -> None:
        """Wait until every order that was entered has ended."""
        for order in self.entered:
            await order.done(TIMEOUT_S)
        await asyncio.sleep(0)


@run
async def test_a_client_lives_through_crashes_of_the_venue(tmp_path: Path) -> None:
    async with house(tmp_path) as home, Listener(home) as alice:
        for _ in range(3):
            working = asyncio.ensure_future(alice.enter(300))
            await asyncio.sleep(0.02)
            await home.crash()
            await working
            await alice.settle()
        names = [event.order.cl_ord_id for event in alice.events if isinstance(event, OrderEvent)]

        assert list(range(1, 2 * len(alice.entered) + 1)) == alice.seqs
        assert sorted(2 * [order.cl_ord_id for order in alice.entered]) == sorted(names)


@run
async def test_a_client_without_notes_hears_all_or_only_what_is_new(tmp_path: Path) -> None:
    async with house(tmp_path, kept_bytes_max=20_000) as home:
        async with Listener(home) as first:
            await first.enter(400)
            await first.settle()
        await home.crash()
        async with Listener(home, resume="new") as new:
            await new.enter(1)
            await new.settle()
        async with Listener(home, resume="all") as every:
            await every.enter(1)
            await every.settle()

        assert [801, 802] == new.seqs
        assert list(range(1, 805)) == every.seqs
        told = [(event.seq, event.ts_ns, type(event)) for event in first.events if isinstance(event, OrderEvent)]
        assert told == [(event.seq, event.ts_ns, type(event)) for event in every.events if isinstance(event, OrderEvent)][:800]


@run
async def test_a_client_and_a_venue_that_are_killed_together_go_on_where_they_were(tmp_path: Path) -> None:
    key, store, heard = tmp_path / "alice.key", tmp_path / "alice.session", tmp_path / "heard"
    key.write_bytes(KEYS["alice"].private_bytes_raw())
    async with house(tmp_path) as home:
        asked: list[int] = []
        for _ in range(3):
            client = await asyncio.create_subprocess_exec(
                sys.executable, "-c", RULE, home.at, str(key), str(store), str(heard), stdout=asyncio.subprocess.PIPE
            )
            assert client.stdout is not None
            async with asyncio.timeout(TIMEOUT_S):
                asked += [int(await client.stdout.readline()) for _ in range(100)]
            os.kill(client.pid, signal.SIGKILL)
            await home.crash()
            rest, _ = await client.communicate()
            asked += [int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
        async with Listener(home, store=store, resume="all") as last:
            await last.enter(1)
            await last.settle()
        asked.append(last.entered[0].cl_ord_id)
        async with Listener(home, resume="all") as every:
            await every.enter(1)
            await every.settle()
        asked.append(every.entered[0].cl_ord_id)
        taken = [event.order.cl_ord_id for event in every.events if isinstance(event, OrderEvent)]
        lines = [tuple(map(int, line.split())) for line in heard.read_text().splitlines(keepends=True) if line.endswith("\n")]

        assert list(range(1, len(taken) + 1)) == every.seqs
        assert {2} == {taken.count(cl_ord_id) for cl_ord_id in taken}
        assert set(asked) <= set(taken)
        assert all(taken[seq - 1] == cl_ord_id for seq, cl_ord_id in lines)
        assert set(range(1, last.seqs[-1] + 1)) <= {seq for seq, _ in lines} | set(last.seqs)


@run
async def test_a_client_of_any_make_gets_the_same_bytes_after_a_crash(tmp_path: Path) -> None:
    async with house(tmp_path, kept_bytes_max=20_000) as home:
        alice = await Raw.log_on(home, "alice")
        alice.say(*(alice.order(tif=3) for _ in range(500)))
        told = await alice.read_many(1_000)
        await home.crash()
        alice = await Raw.log_on(home, "alice", 501, next_expected_seq=901)
        missed = await alice.read_many(100)
        alice.say(ResendRequest(501, 0, 0, 1, 0), alice.order(tif=3))
        again = await alice.read_many(1_000)
        fresh = await alice.read_many(2)

        assert {1} == {report.flags for report in again + missed}
        assert [unmarked(report) for report in told[900:]] == [unmarked(report) for report in missed]
        assert [unmarked(report) for report in told] == [unmarked(report) for report in again]
        assert [(1_001, 0), (1_002, 0)] == [(report.seq, report.flags) for report in fresh]
        assert not [line for line in home.log if line["level"] == "error"]


@run
async def test_the_answer_to_a_logon_is_true_after_the_next_crash(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        taken = 0
        for _ in range(4):
            alice = await Raw.connect(home)
            answer = await log_on(alice, taken + 1)
            assert taken <= answer.next_expected_seq - 1
            taken = answer.next_expected_seq - 1
            alice.seq = answer.next_expected_seq
            alice.say(*(alice.order(tif=3) for _ in range(300)))
            await alice.read()
            alice.writer.transport.abort()
            promised = (await log_on_again(home)).next_expected_seq
            await home.crash()

            assert promised - 1 > taken
            taken = promised - 1


async def log_on(raw: Raw, seq: int) -> Logon:
    """Log alice on, with no wish for old reports."""
    raw.name = "alice"
    answer = await raw.ask(signed(logon_of("alice", seq, next_expected_seq=0), raw.nonce))
    assert isinstance(answer, Logon), answer
    return answer


async def log_on_again(home: Any) -> Logon:
    """Log alice on as soon as the venue has noticed that her connection is gone."""
    while True:
        raw = await Raw.connect(home)
        raw.name = "alice"
        answer = await raw.ask(signed(logon_of("alice", 1, next_expected_seq=0), raw.nonce))
        if isinstance(answer, Logon):
            return answer
        assert isinstance(answer, Logout)
        assert LogoutCode.DUPLICATE == answer.code
        await raw.close()


def unmarked(report: Any) -> tuple[object, ...]:
    assert not isinstance(report, SequenceReset), report
    return (type(report), *(getattr(report, name) for name in report.__struct_fields__ if name != "flags"))
