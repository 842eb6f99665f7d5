"""One hostile or slow client never moves the others."""

import asyncio
import socket

from engine.matching.enums import ExecType
from engine.protocol.framing import frame
from engine.protocol.messages import BookRequest, Logout, LogoutCode, OrderMassStatusRequest, ResendRequest, encode
from tests.gateway.raw import TIMEOUT_S, Raw, logon_of, run, signed, venue

ORDERS = 100


async def trade_normally(client: Raw) -> list[tuple[ExecType, int]]:
    """Enter orders one by one, each after the report of the one before, and return what came of them."""
    results = []
    for _ in range(ORDERS):
        report = await client.ask(client.order(price=10_000))
        results.append((report.exec_type, report.cl_ord_id))
    return results


async def byte_by_byte(server: object, done: asyncio.Event) -> None:
    """Send a logon so slowly that it never ends."""
    raw = await Raw.connect(server)
    for byte in frame(encode(signed(logon_of("carol"), raw.nonce))) * 1000:
        raw.say_bytes(bytes([byte]))
        await asyncio.sleep(0)
        if done.is_set() or raw.writer.is_closing():
            return


async def flood(client: Raw, done: asyncio.Event) -> None:
    """Send orders as fast as the socket takes them, and read what comes."""
    reader = asyncio.create_task(client.read_all())
    try:
        while not done.is_set():
            client.say(*(client.order(tif=3) for _ in range(100)))
            await client.writer.drain()
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    client.writer.transport.abort()
    await reader


def deaf_socket(server: object) -> socket.socket:
    """Return a connection whose kernel buffers are as small as they get."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(server.address)
    connection.setblocking(False)
    return connection


async def deaf_client(server: object, name: str) -> Raw:
    reader, writer = await asyncio.open_connection(sock=deaf_socket(server), limit=4096)
    raw = Raw(reader, writer)
    Raw.open.append(raw)
    raw.nonce = (await raw.read()).nonce
    await raw.ask(signed(logon_of(name), raw.nonce))
    raw.name = name
    writer.transport.pause_reading()
    return raw


@run
async def test_half_open_slow_deaf_and_flooding_clients_do_not_change_what_a_normal_one_gets() -> None:
    async with venue(messages_per_s=5_000, cancels_per_s=5_000) as server:
        normal = await Raw.log_on(server, "alice")
        half_open = [await Raw.connect(server) for _ in range(5)]
        for raw in half_open:
            raw.say_bytes(b"\x40\0\0\0\x9d")
        done = asyncio.Event()
        slow = asyncio.create_task(byte_by_byte(server, done))
        flooder = asyncio.create_task(flood(await Raw.log_on(server, "bob"), done))
        deaf = await deaf_client(server, "dave")
        for _ in range(200):
            deaf.say(BookRequest(1, 0, 0, 1, 1, 0), OrderMassStatusRequest(1, 0, 0, 1))
        results = await trade_normally(normal)
        done.set()
        await slow
        await flooder

        assert [(ExecType.NEW, number) for number in range(1, ORDERS + 1)] == results
        assert server.gateway.live["alice"].lane.next_out == ORDERS + 1


@run
async def test_flooder_is_logged_out() -> None:
    async with venue(messages_per_s=100, cancels_per_s=100, logout_timeout_ms=100) as server:
        bob = await Raw.log_on(server, "bob")
        bob.say(*(bob.order(tif=3) for _ in range(1_000)))
        messages = await bob.read_all()

        assert isinstance(messages[-1], Logout)
        assert LogoutCode.THROTTLE == messages[-1].code
        assert ExecType.REJECTED in {getattr(message, "exec_type", None) for message in messages}


@run
async def test_client_that_never_reads_is_cut_and_may_come_back_for_what_it_missed() -> None:
    async with venue(paused_max_ms=200, messages_per_s=1_000_000, cancels_per_s=1_000_000) as server:
        alice = await Raw.log_on(server, "alice")
        bob = await deaf_client(server, "bob")
        cut = server.gateway.live["bob"]
        bob.say(bob.order(side=2, qty=10**10))
        async with asyncio.timeout(TIMEOUT_S):
            while cut in server.gateway.connections:
                alice.say(*(alice.order(side=1) for _ in range(500)))
                await alice.reader.read(1 << 20)
        next_report = server.gateway.lanes["bob"].next_out
        again = await Raw.log_on(server, "bob", next_expected_seq=next_report - 7)
        missed = await again.read_many(7)

        assert list(range(next_report - 7, next_report)) == [report.seq for report in missed]
        assert {ExecType.TRADE} == {report.exec_type for report in missed}


@run
async def test_resend_storm_of_one_client_delays_nobody() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        bob.say(*(bob.order(price=100 * n) for n in range(1, 1001)))
        await bob.read_many(1000)
        bob.say(*(ResendRequest(bob.seq, 0, 0, 1, 0) for _ in range(1000)))

        assert [(ExecType.NEW, number) for number in range(1, ORDERS + 1)] == await trade_normally(alice)


@run
async def test_hundreds_of_connections_that_say_nothing_let_others_in() -> None:
    async with venue(unauthenticated_max=16) as server:
        for _ in range(100):
            await Raw.connect(server)
        alice = await Raw.log_on(server, "alice")
        report = await alice.ask(alice.order())

        assert ExecType.NEW == report.exec_type
        assert len(server.gateway.connections) <= 17
