"""The client against a real server over loopback: trading, coming back after cuts, TLS, taking over."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.client import (
    AsyncClient,
    Canceled,
    Client,
    ConnectionLost,
    LimitOrder,
    LogonRefused,
    MassCanceled,
    OrdStatus,
    Reason,
    RequestRefused,
    Retry,
    Side,
    TimeInForce,
)
from engine.gateway.server import Server
from tests.e2e.venue_thread import venue_thread
from tests.gateway.raw import KEYS, NAMES, run, venue

SOON = Retry(first_s=0.001, limit_s=0.02)


def at(server: Server) -> str:
    return "{}:{}".format(*server.address)


def client(address: str, name: str = "alice", **options: Any) -> AsyncClient:
    return AsyncClient(address, **{"name": name, "key": KEYS[name], "account": NAMES.index(name) + 1, "retry": SOON} | options)


class Proxy:
    """Passes bytes between a client and a server and cuts a connection after a drawn number of bytes."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server = server
        self._random = random.Random(seed)
        self.cuts = 0
        self.cutting = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self._server.address)
        ways = [self._pass(reader, up_writer), self._pass(up_reader, writer)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, up_writer):
            end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._random.randint(300, 3_000)
        while received := await reader.read(self._random.randint(1, 200)):
            if self.cutting and len(received) >= left:
                writer.write(received[:left])
                self.cuts += 1
                return
            left -= len(received)
            writer.write(received)


@asynccontextmanager
async def cut_by(server: Server, seed: int) -> AsyncIterator[tuple[Proxy, str]]:
    proxy = Proxy(server, seed)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, "{}:{}".format(*listening.sockets[0].getsockname())
    finally:
        listening.close()
        await listening.wait_closed()


@run
async def test_orders_live_and_trade() -> None:
    async with venue() as server, client(at(server)) as alice, client(at(server), "bob") as bob:
        resting = await alice.limit("AAPLx", Side.SELL, 10, "167.52", tif=TimeInForce.GTC, display_qty=4).accepted()
        incoming = await bob.limit("AAPLx", Side.BUY, 6, "167.60", tif=TimeInForce.IOC).done()
        book = await bob.book("AAPLx")
        fewer = await resting.replace(qty=8).done()

        assert (OrdStatus.FILLED, [Decimal(4), Decimal(2)]) == (incoming.status, [fill.qty for fill in incoming.fills])
        assert (Decimal("167.52"), Decimal(2), 1) == (book.best_ask.price, book.best_ask.qty, book.best_ask.orders)
        assert (True, Decimal(8), Decimal(2)) == (fewer.accepted, resting.order_qty, resting.leaves_qty)
        assert (await resting.cancel().done()).accepted
        assert (OrdStatus.CANCELED, Reason.USER) == (resting.status, resting.reason)


@run
async def test_refusals_are_values() -> None:
    async with venue() as server, client(at(server)) as alice:
        foreign = await alice.limit("AAPLx", Side.BUY, 1, 100, account=2).accepted()
        resting = await alice.limit("AAPLx", Side.SELL, 1, 100).accepted()
        crossing = await alice.limit("AAPLx", Side.BUY, 1, 100, post_only=True).accepted()
        killed = await alice.limit("AAPLx", Side.BUY, 2, 100, tif=TimeInForce.FOK).done()
        alone = await alice.market("TSLAx", Side.BUY, 1).done()
        await resting.cancel().done()
        late = await resting.replace(qty=2).done()

        assert "110 account 2 is not one that this session may trade for" == foreign.reject_text
        assert "170 post-only BUY at 100.00 would have traded at once" == crossing.reject_text
        assert [Reason.FOK_UNFILLABLE, Reason.MARKET_REST] == [killed.reason, alone.reason]
        assert Reason.TOO_LATE == late.reason
        with pytest.raises(RequestRefused):
            await alice.positions(2)


@run
async def test_pipelined_requests_follow_their_order() -> None:
    async with venue() as server, client(at(server)) as alice:
        with alice.batch():
            order = alice.limit("AAPLx", Side.BUY, 5, 100)
            replaces = [order.replace(price=101), order.replace(qty=3)]
            cancel = order.cancel()
        await cancel.done()

        assert [True, True, True] == [request.accepted for request in [*replaces, cancel]]
        assert (Decimal(101), Decimal(3), OrdStatus.CANCELED) == (order.price, order.order_qty, order.status)


@run
async def test_leaving_cancels_and_the_cancels_are_heard() -> None:
    async with venue() as server:
        alice = client(at(server))
        events = alice.events()
        async with alice:
            orders = alice.submit_many([LimitOrder("AAPLx", Side.BUY, 1, price) for price in range(100, 110)])
            await orders[-1].accepted()
        told = [event async for event in events]

        assert [Reason.DISCONNECT] * 10 == [order.reason for order in orders]
        assert [Canceled] * 10 + [MassCanceled, ConnectionLost] == [type(event) for event in told[-12:]]


@run
@pytest.mark.parametrize("seed", range(4))
async def test_no_report_is_lost_or_doubled_over_cut_connections(seed: int) -> None:
    draw = random.Random(seed)
    async with venue() as server, cut_by(server, seed) as (proxy, address), client(at(server), "bob") as bob:
        proxy.cutting = False
        alice = client(address, resume="all", cancel_on_disconnect=False)
        events = alice.events()
        async with alice:
            proxy.cutting = True
            orders = []
            while len(orders) < 200:
                if alice.is_logged_on:
                    specs = [LimitOrder("AAPLx", draw.choice(list(Side)), 1, draw.randint(95, 105)) for _ in range(10)]
                    orders += alice.submit_many(specs)
                    bob.submit_many([LimitOrder("AAPLx", draw.choice(list(Side)), 3, draw.randint(95, 105))])
                await asyncio.sleep(0.001)
            proxy.cutting = False
            for order in orders:
                await order.accepted(10)
            await alice.status("AAPLx")  # a question waits for the next connection
            assert (await alice.mass_cancel().done(10)).accepted
            for order in orders:
                await order.done(10)
        seqs = [event.seq async for event in events if hasattr(event, "seq")]

        assert list(range(1, len(seqs) + 1)) == seqs
        assert all(order.cum_qty == sum(fill.qty for fill in order.fills) for order in orders)
        assert proxy.cuts > 0


@run
async def test_a_fresh_client_hears_only_news_unless_it_asks_for_all() -> None:
    async with venue() as server:
        async with client(at(server), cancel_on_disconnect=False) as first:
            order = await first.limit("AAPLx", Side.BUY, 1, 100).accepted()
        counts = []
        for resume in ("new", "all"):
            again = client(at(server), resume=resume, cancel_on_disconnect=False)
            events = again.events()
            async with again:
                (found,) = await again.open_orders()
            counts.append(len([event async for event in events if hasattr(event, "seq")]))

        assert ([0, 1], order.order_id) == (counts, found.order_id)


@run
async def test_reset_starts_the_numbers_again_and_keeps_the_orders() -> None:
    async with venue() as server:
        async with client(at(server), cancel_on_disconnect=False) as first:
            await first.limit("AAPLx", Side.BUY, 1, 100).accepted()
        async with client(at(server), reset=True) as second:
            (found,) = await second.open_orders()

            assert (await found.cancel().done()).accepted


@run
async def test_a_file_keeps_the_session_over_the_end_of_its_client(tmp_path: Path) -> None:
    async with venue() as server, client(at(server), "bob") as bob:
        options = {"store": tmp_path / "alice", "cancel_on_disconnect": False}
        async with client(at(server), **options) as first:
            await first.limit("AAPLx", Side.SELL, 5, 100).accepted()
        await bob.limit("AAPLx", Side.BUY, 2, 100).done()
        second = client(at(server), **options)
        events = second.events()
        async with second:
            pass
        seqs = [event.seq async for event in events if hasattr(event, "seq")]

        assert [2] == seqs


@run
async def test_second_logon_is_refused_while_the_first_lives() -> None:
    async with venue() as server, client(at(server)):
        with pytest.raises(LogonRefused, match=r"refused \(6\)"):
            await client(at(server)).connect()


def test_the_blocking_face_trades() -> None:
    with (
        venue_thread() as address,
        Client(address, name="alice", key=KEYS["alice"]) as alice,
        Client(address, name="bob", key=KEYS["bob"], account=2) as bob,
    ):
        resting = alice.limit("AAPLx", Side.SELL, "1.5", "99.99")
        incoming = bob.market("AAPLx", Side.BUY, 1)
        open_now = alice.open_orders()

        assert (OrdStatus.FILLED, Decimal("99.99")) == (incoming.status, incoming.avg_px)
        assert Decimal("0.5000") == resting.leaves_qty
        assert [resting] == open_now
