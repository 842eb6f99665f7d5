"""A subscriber's program with the library's client: it enters, cancels and replaces, comes back by itself, and now and then dies as well.

What the client tells its program is held to one rule: a program that wrote every event down has each report of the session once, in order.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from random import Random

from engine.client import AsyncClient, ClientError, Side, TimeInForce
from engine.client.aio import AsyncEvents
from engine.client.events import (
    Accepted,
    Canceled,
    CancelRejected,
    ConnectionLost,
    Executed,
    Expired,
    LoggedOn,
    MassCanceled,
    Rejected,
    Replaced,
    ReportsMissing,
    Restated,
)
from engine.client.options import Retry
from engine.matching.enums import ExecType, OrdType
from engine.protocol.messages import CancelReject, ExecutionReport, MassCancelReport, decode_venue
from tests.crash.house import SYMBOLS, VENUE, key_of

IN_FLIGHT_MAX = 128
KINDS = {
    Accepted: ExecType.NEW,
    Rejected: ExecType.REJECTED,
    Executed: ExecType.TRADE,
    Canceled: ExecType.CANCELED,
    Replaced: ExecType.REPLACED,
    Restated: ExecType.RESTATED,
    Expired: ExecType.EXPIRED,
    CancelRejected: ExecType.CANCEL_REJECTED,
    MassCanceled: ExecType.MASS_CANCELED,
}
Told = tuple[int, int, int]  # number, venue time, what happened


class Trader:
    """The session `number` of a venue, with its memory in a file."""

    def __init__(self, name: str, number: int, port: int, dice: Random, folder: Path, *, cancels: bool, heart_bt_int: int = 5) -> None:
        self.name, self.number, self.cancels = name, number, cancels
        self.told: list[Told] = []
        self.faults: list[str] = []
        self.trading = False
        self.lives = self.connections = 0
        self._port, self._dice, self._heart_bt_int = port, dice, heart_bt_int
        self._dies = asyncio.Event()
        self._store = folder / f"{name}.session"
        self.on_told: Callable[[Told], object] = lambda _: None
        self._client: AsyncClient | None = None
        self._listener: asyncio.Task[None] | None = None

    @property
    def settled(self) -> bool:
        """Whether it is logged on and has heard of all that it sent."""
        client = self._client
        return client is not None and client.is_logged_on and client._link.core.in_flight == 0 and not client._link.session.is_replaying

    @property
    def open_orders(self) -> dict[int, int]:
        """What the client believes to have open: leaves by order_id."""
        return {} if self._client is None else {order_id: order.leaves_units for order_id, order in self._client.orders.items()}

    async def run(self) -> None:
        """Run a program after the other, until canceled."""
        try:
            while True:
                self._dies.clear()
                await self._live()
        finally:
            await self._end()

    def die(self) -> None:
        """Let the program be gone in the middle of whatever it does, and another take its place; the file holds what it had written."""
        self._dies.set()

    async def _live(self) -> None:
        self.lives += 1
        self._client = client = AsyncClient(
            f"127.0.0.1:{self._port}",
            name=self.name,
            key=key_of(self.name),
            venue=VENUE,
            account=self.number,
            cancel_on_disconnect=self.cancels,
            heart_bt_int=self._heart_bt_int,
            takeover=True,
            resume="all",
            store=self._store,
            retry=Retry(first_s=0.03, limit_s=0.2),
            timeout=60,
        )
        self._listener = asyncio.create_task(self._listen(client.events()))
        await client.connect()
        if self.told:
            await client.open_orders()
        await self._dies.wait()
        await self._end()

    async def _end(self) -> None:
        """Cut the client's connection and its life with it; what it noted is in its file."""
        client, listener = self._client, self._listener
        self._client = self._listener = None
        if client is not None and listener is not None:
            link = client._link
            if link._keeper is not None:
                link._keeper.cancel()
                await asyncio.wait([link._keeper])
            if link._transport is not None:
                link._transport.abort()
            link.setup.store.close()
            await asyncio.sleep(0)
            listener.cancel()
            await asyncio.wait([listener])

    def trade(self) -> None:
        """Send a few requests, if there is a connection and few are unanswered."""
        client, dice = self._client, self._dice
        if not self.trading or client is None or not client.is_logged_on or client._link.core.in_flight > IN_FLIGHT_MAX:
            return
        with contextlib.suppress(ClientError), client.batch():
            for _ in range(dice.randint(1, 8)):
                self._request(client)

    def compare(self, reports: list[bytes]) -> None:
        """Hold what was told to the reports of the log."""
        due = [_told(report) for report in reports[: len(self.told)]]
        for found, expected in zip(self.told, due, strict=False):
            if found != expected:
                self.faults.append(f"told {found}, the log has {expected}")
                return

    def _request(self, client: AsyncClient) -> None:
        dice = self._dice
        kind = dice.random()
        mine = list(client.orders.values())[-64:]
        if kind < 0.01:
            client.mass_cancel()
        elif mine and kind < 0.25:
            dice.choice(mine).cancel()
        elif mine and kind < 0.35:
            order = dice.choice(mine)
            if not order.is_waiting and order.ord_type is not OrdType.MARKET:
                order.replace(price=self._price(order.side))
        elif kind < 0.42:
            side = dice.choice((Side.BUY, Side.SELL))
            client.stop(dice.choice(SYMBOLS), side, f"0.000{dice.randint(1, 9)}", self._price(opposite(side)))
        else:
            side = dice.choice((Side.BUY, Side.SELL))
            tif = dice.choice((TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.OPG, TimeInForce.CLS))
            client.limit(dice.choice(SYMBOLS), side, f"0.000{dice.randint(1, 9)}", self._price(side), tif=tif)

    def _price(self, side: Side) -> str:
        cents = 100 + (1 if side is Side.SELL else -1) * self._dice.randint(-2, 12)
        return f"{cents // 100}.{cents % 100:02}"

    async def _listen(self, events: AsyncEvents) -> None:
        first = True
        async for event in events:
            match event:
                case LoggedOn():
                    self.connections += 1
                    continue
                case ConnectionLost():
                    continue
                case ReportsMissing():
                    self.faults.append(f"{event}")
                    continue
            told = event.seq, event.ts_ns, int(KINDS[type(event)])
            if first and event.seq <= len(self.told) and told == self.told[event.seq - 1]:
                continue  # what a program was told just before it died it may be told again
            first = False
            if event.seq != len(self.told) + 1:
                self.faults.append(f"told of report {event.seq}, {len(self.told) + 1} was due")
            self.told.append(told)
            self.on_told(told)


def opposite(side: Side) -> Side:
    """Return the side that a stop order's price lies on: a buy waits above the market."""
    return Side.SELL if side is Side.BUY else Side.BUY


def _told(report: bytes) -> Told:
    match message := decode_venue(report):
        case ExecutionReport():
            return message.seq, message.ts_ns, message.exec_type
        case CancelReject():
            return message.seq, message.ts_ns, int(ExecType.CANCEL_REJECTED)
        case MassCancelReport():
            return message.seq, message.ts_ns, int(ExecType.MASS_CANCELED)
        case _:
            raise AssertionError(f"{message} is no report")
