"""A venue in a process of its own: it starts, serves many clients at once, and ends when it is told to."""

import asyncio
import json
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.matching.enums import ExecType, Liquidity
from engine.protocol.messages import ExecutionReport, Heartbeat, Logout, LogoutCode, TestRequest
from tests.gateway.raw import NAMES, TIMEOUT_S, Raw, public_key_text, run

PROGRAM = """
import sys
from engine.config import parse
from engine.gateway.server import serve
serve(parse(sys.argv[1]), on_ready=lambda server: print(server.address[1], flush=True))
"""
CONFIG = """
[venue]
name = "ATS-TEST"
[gateway]
port = 0
[limits]
orders = 10_000
levels = 10_000
[[instrument]]
symbol = "AAPLx"
tick = "0.01"
lot = "0.0001"
""" + "".join(
    f'[[subscriber]]\nname = "{name}"\npublic_key = "{public_key_text(name)}"\naccounts = [{number}]\n'
    'balances = { USDC = "1000000", AAPLx = "1000" }\n'
    for number, name in enumerate(NAMES, 1)
)
ORDERS = 300


@dataclass
class Process:
    """A venue under test, in place of a Server."""

    process: asyncio.subprocess.Process
    address: tuple[str, int]


@asynccontextmanager
async def venue_process() -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, CONFIG, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            port = int(await process.stdout.readline())
        yield Process(process, ("127.0.0.1", port))
    finally:
        for raw in Raw.open:
            raw.writer.transport.abort()
            await raw.close()
        Raw.open.clear()
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def trade(client: Raw, seed: int) -> None:
    """Enter orders around one price in uneven pieces."""
    dice = random.Random(seed)
    orders = [client.order(dice.randint(1, 2), 100 * dice.randint(95, 105), 100 * dice.randint(1, 9)) for _ in range(ORDERS)]
    while orders:
        size = dice.randint(1, 40)
        client.say(*orders[:size])
        orders = orders[size:]
        await asyncio.sleep(0)


async def reports_of(client: Raw, done: str) -> list[ExecutionReport]:
    client.say(TestRequest(client.seq, 0, 0, done))
    reports = []
    while not (isinstance(message := await client.read(), Heartbeat) and message.test_id == done):
        reports.append(message)
    return reports


@run
async def test_many_clients_at_once_get_each_report_once_and_both_sides_of_each_trade() -> None:
    async with venue_process() as venue:
        clients = [await Raw.log_on(venue, name) for name in NAMES]
        await asyncio.gather(*(trade(client, seed) for seed, client in enumerate(clients)))
        reports = [await reports_of(client, "all sent") for client in clients]
        late = [await reports_of(client, "all told") for client in clients]
        streams = [first + second for first, second in zip(reports, late, strict=True)]
        trades: dict[int, list[ExecutionReport]] = {}
        for report in (report for stream in streams for report in stream if report.exec_type == ExecType.TRADE):
            trades.setdefault(report.match_id, []).append(report)

        for stream in streams:
            assert list(range(1, len(stream) + 1)) == [report.seq for report in stream]
            assert ORDERS == sum(report.exec_type == ExecType.NEW for report in stream)
        for sides in trades.values():
            assert {Liquidity.MAKER, Liquidity.TAKER} == {side.liquidity for side in sides}
            assert 1 == len({(side.last_px, side.last_qty) for side in sides})
        assert list(range(1, len(trades) + 1)) == sorted(trades)


@run
async def test_process_that_is_told_to_end_says_farewell_and_exits_cleanly() -> None:
    async with venue_process() as venue:
        alice = await Raw.log_on(venue, "alice")
        venue.process.send_signal(signal.SIGTERM)
        farewell = await alice.read()
        alice.say(Logout(1, 0, 0, 0, ""))
        async with asyncio.timeout(TIMEOUT_S):
            _, log = await venue.process.communicate()
        events = [json.loads(line)["event"] for line in log.splitlines()]

        assert (Logout, LogoutCode.SHUTDOWN) == (type(farewell), farewell.code)
        assert 0 == venue.process.returncode
        assert ["listening", "session_logon", "session_logoff", "stopped"] == events
