"""The asyncio face: requests go out at once, waiting is awaiting.  Works on asyncio's own loop and on uvloop."""

import asyncio
import functools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Self, Unpack

from engine.client.answers import Balance, Book, InstrumentState
from engine.client.entry import CashOrder, LimitOrder, MarketOrder, OrderSpec, StopOrder
from engine.client.errors import ClientError, EventsLost
from engine.client.events import Event
from engine.client.link import Link
from engine.client.options import Options, setup_of
from engine.client.orders import LiveOrder, LiveRequest, RequestKind, Terms
from engine.client.unread import Unread
from engine.client.values import Instrument, Value
from engine.matching.enums import SettlePref, Side, StpMode, TimeInForce

MAX_EVENTS_WAITING = 100_000


class AsyncRequest(LiveRequest):
    """A cancel, replace or mass cancel of an `AsyncClient`."""

    __slots__ = ("_client",)

    def __init__(
        self,
        client: "AsyncClient",
        kind: RequestKind,
        cl_ord_id: int,
        order: LiveOrder | None,
        price: int = 0,
        order_qty: int = 0,
        display_qty: int = 0,
    ) -> None:
        super().__init__(kind, cl_ord_id, order, price, order_qty, display_qty)
        self._client = client

    async def done(self, timeout: float | None = None) -> Self:
        """Wait for the venue's answer and give the request.

        TimeoutError after `timeout` seconds, RequestLost, NotLoggedOn when the client is closed.
        """
        await self._client._link.until(self, lambda: self.answered, timeout)
        return self


class AsyncOrder(LiveOrder):
    """An order of an `AsyncClient`."""

    __slots__ = ("_client",)

    def __init__(self, client: "AsyncClient", terms: Terms, cl_ord_id: int) -> None:
        super().__init__(terms, cl_ord_id)
        self._client = client

    def replace(self, price: Value | None = None, qty: Value | None = None, display_qty: Value | None = None) -> AsyncRequest:
        """Ask for another price (quote unit), whole quantity or displayed quantity (tokens); what is None stays as last asked for.

        `qty` counts what is executed already; at or below that it ends the order.  Less quantity keeps the order's place in the queue,
        every other change loses it.  ValueError where the instrument takes no such value, NotLoggedOn without a connection; a refusal is
        on the request.
        """
        return self._client._replace(self, price, qty, display_qty)

    def cancel(self) -> AsyncRequest:
        """Ask for its end.  NotLoggedOn without a connection; a refusal (it was done already) is on the request."""
        return self._client.cancel_many([self])[0]

    async def accepted(self, timeout: float | None = None) -> Self:
        """Wait for the venue's first answer, yes or no, and give the order.

        TimeoutError after `timeout` seconds, RequestLost, NotLoggedOn when the client is closed.
        """
        await self._client._link.until(self, lambda: not self.is_pending, timeout)
        return self

    async def done(self, timeout: float | None = None) -> Self:
        """Wait until it is filled, canceled, expired or rejected, and give the order.  Errors as in `accepted`."""
        await self._client._link.until(self, lambda: self.is_done, timeout)
        return self


class AsyncEvents:
    """An asynchronous iterator over events; it ends when the client is closed, and raises why where the client failed.

    EventsLost where its reader falls 100,000 events behind.
    """

    def __init__(self) -> None:
        self.unread = Unread()
        self._waiting: deque[Event] = deque()
        self._turn: asyncio.Future[None] | None = None
        self._ended = False
        self._error: ClientError | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        self.unread.asked()
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._turn = asyncio.get_running_loop().create_future()
            await self._turn
        event = self._waiting.popleft()
        self.unread.given(event)
        return event

    def put(self, event: Event) -> None:
        """Take one event from the client."""
        if self._ended:
            return
        if len(self._waiting) >= MAX_EVENTS_WAITING:
            self.end(EventsLost(f"{MAX_EVENTS_WAITING} events wait to be read: read faster, or look at the orders instead"))
            return
        self.unread.put(event)
        self._waiting.append(event)
        self._wake()

    def end(self, error: ClientError | None) -> None:
        """Take the client's word that no more will come."""
        self._ended = True
        self._error = self._error or error
        self._wake()

    def _wake(self) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)


class AsyncClient:
    """A subscriber's session with a venue.

        async with AsyncClient("127.0.0.1:7001", name="alice", key="alice.pem") as client:
            order = client.limit("AAPLx", Side.BUY, qty=10, price="167.52")
            await order.done()

    Options are those of `Options`.  Requests are sent at once and give live objects; NotLoggedOn while there is no connection.  At the
    end of the `with` the client logs out, and the venue cancels what is still open unless cancel_on_disconnect=False.
    """

    def __init__(self, address: str, **options: Unpack[Options]) -> None:
        self._link: Link[AsyncOrder, AsyncRequest] = Link(
            setup_of(address, options), functools.partial(AsyncOrder, self), functools.partial(AsyncRequest, self)
        )

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def connect(self) -> None:
        """Log on and learn the instruments.  NotLoggedOn where nobody listens, LogonRefused, SessionBroken, TimeoutError."""
        await self._link.connect()

    async def close(self) -> None:
        """Log out after the last reports have come; the connection is not made again."""
        await self._link.close()

    @property
    def is_logged_on(self) -> bool:
        """Say whether requests can be sent just now."""
        return self._link.core.is_ready

    @property
    def venue(self) -> str:
        """The venue's name; "" before the first connection."""
        return self._link.session.venue

    @property
    def orders(self) -> Mapping[int, AsyncOrder]:
        """The open orders that this client knows, by order_id; a live view."""
        return MappingProxyType(self._link.core.open_orders)

    @property
    def statuses(self) -> Mapping[str, InstrumentState]:
        """What is known of the instruments that are followed, by symbol; a live view."""
        return MappingProxyType(self._link.core.board.statuses)

    def limit(
        self,
        symbol: str,
        side: Side,
        qty: Value,
        price: Value,
        *,
        tif: TimeInForce | None = None,
        post_only: bool = False,
        display_qty: Value | None = None,
        expire: datetime | int | None = None,
        account: int | None = None,
        stp_mode: StpMode = StpMode.NONE,
        min_qty: Value | None = None,
        reduce_only: bool = False,
        settle_pref: SettlePref = SettlePref.ANY,
        stop_px: Value | None = None,
    ) -> AsyncOrder:
        """Enter an order at a price or better; `qty` in tokens, `price` in the quote unit, both str, Decimal or int.

        With a `stop_px` it waits until the last price has reached that, and is an order at `price` then.

        The other arguments are those of `LimitOrder`: DAY unless `tif` or `expire` says otherwise.  TypeError for a float; ValueError
        naming the nearest valid values where the instrument takes no such order; NotLoggedOn, TooManyInFlight.  A refusal by the venue is
        on the order: `status`, `reason`, `reject_text`.
        """
        spec = LimitOrder(
            symbol, side, qty, price, tif, post_only, display_qty, expire, account, stp_mode, min_qty, reduce_only, settle_pref, stop_px
        )
        return self.submit_many([spec])[0]

    def market(
        self,
        symbol: str,
        side: Side,
        qty: Value,
        *,
        tif: TimeInForce = TimeInForce.IOC,
        account: int | None = None,
        stp_mode: StpMode = StpMode.NONE,
        min_qty: Value | None = None,
        reduce_only: bool = False,
        settle_pref: SettlePref = SettlePref.ANY,
    ) -> AsyncOrder:
        """Enter an order at the best opposite price and up to the instrument's protection beyond; the rest is canceled.

        With tif OPG or CLS it is for an auction, at whatever price that has.  Errors as in `limit`.
        """
        return self.submit_many([MarketOrder(symbol, side, qty, tif, account, stp_mode, min_qty, reduce_only, settle_pref)])[0]

    def stop(
        self,
        symbol: str,
        side: Side,
        qty: Value,
        stop_px: Value,
        *,
        tif: TimeInForce | None = None,
        expire: datetime | int | None = None,
        account: int | None = None,
        stp_mode: StpMode = StpMode.NONE,
        reduce_only: bool = False,
        settle_pref: SettlePref = SettlePref.ANY,
    ) -> AsyncOrder:
        """Enter an order that waits until the last price has reached `stop_px` (at or above it for a buy, at or below it for a sell).

        Then it trades up to the instrument's protection beyond `stop_px`, and the rest is canceled; `limit` with a `stop_px` has a limit of
        its own instead.  DAY unless `tif` (GTC) or `expire` says otherwise.  Errors as in `limit`.
        """
        return self.submit_many([StopOrder(symbol, side, qty, stop_px, tif, expire, account, stp_mode, reduce_only, settle_pref)])[0]

    def buy_cash(
        self,
        symbol: str,
        cash: Value,
        price: Value | None = None,
        *,
        tif: TimeInForce | None = None,
        expire: datetime | int | None = None,
        account: int | None = None,
        stp_mode: StpMode = StpMode.NONE,
        settle_pref: SettlePref = SettlePref.ANY,
    ) -> AsyncOrder:
        """Buy for an amount of the quote asset, fees included, at the market or at `price` or better; what does not trade is canceled.

        With a `price` and a `tif` that rests the quantity is what the amount buys at the price.  Errors as in `limit`.
        """
        return self.submit_many([CashOrder(symbol, cash, price, tif, expire, account, stp_mode, settle_pref)])[0]

    def submit_many(self, orders: Iterable[OrderSpec]) -> list[AsyncOrder]:
        """Enter many orders in one write.  All are checked first: ValueError or TypeError for one of them and none is sent."""
        with self.batch():
            return self._link.core.enter(orders, self._link.now)

    def cancel_many(self, orders: Iterable[LiveOrder]) -> list[AsyncRequest]:
        """Ask for the end of many orders in one write."""
        with self.batch():
            return self._link.core.cancel(orders, self._link.now)

    def mass_cancel(self, symbol: str | None = None, side: Side | None = None, account: int | None = None) -> AsyncRequest:
        """Ask for the end of all open orders of the session, narrowed by what is given; the answer has `affected`."""
        with self.batch():
            return self._link.core.mass_cancel(symbol, side, account, self._link.now)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Hold what is requested inside the `with` and send it in one write at its end."""
        self._link.hold()
        try:
            yield
        finally:
            self._link.release()

    async def drain(self) -> None:
        """Wait until the connection takes more and at most half of `max_in_flight` requests are unanswered: call it between batches."""
        await self._link.drain()

    async def instruments(self) -> list[Instrument]:
        """Ask what is listed.  TimeoutError where no answer comes in the client's `timeout`; so for all questions below."""
        return await self._link.instruments()

    async def book(self, symbol: str, depth: int = 10) -> Book:
        """Ask for a snapshot of a book: `depth` levels a side, 0 for all (at most 1,000).  ValueError for an unknown symbol."""
        return await self._link.book(symbol, depth)

    async def status(self, symbol: str) -> InstrumentState:
        """Ask whether an instrument trades.  ValueError for an unknown symbol."""
        return await self._link.status(symbol)

    async def subscribe_status(self, symbol: str | None = None) -> list[InstrumentState]:
        """Follow the status of an instrument, or of all (None), and give how they stand; `events()` has a StatusChanged for each change.

        It goes on after a cut.  ValueError for an unknown symbol, for more than 32 single ones, and for a single one beside all.
        """
        return await self._link.subscribe_status(symbol)

    def unsubscribe_status(self, symbol: str | None = None) -> None:
        """Follow the status of an instrument, or of any (None), no more."""
        self._link.unsubscribe_status(symbol)

    async def open_orders(self) -> list[AsyncOrder]:
        """Ask for all open orders of the session, also those entered before this client was made; they can be replaced and canceled."""
        return await self._link.open_orders()

    async def balances(self, account: int | None = None) -> list[Balance]:
        """Ask for an account's balances (the client's own account by default).  RequestRefused where it is not yours."""
        return await self._link.balances(account)

    async def positions(self, account: int | None = None) -> list[Balance]:
        """Ask for those of its balances that are tokens traded here."""
        return await self._link.positions(account)

    def events(self) -> AsyncEvents:
        """Listen to all events from now on; called before `connect`, also to those that are sent again at the logon."""
        stream = AsyncEvents()
        self._link.listen(stream)
        return stream

    def _replace(self, order: AsyncOrder, price: Value | None, qty: Value | None, display_qty: Value | None) -> AsyncRequest:
        with self.batch():
            return self._link.core.replace(order, price, qty, display_qty, self._link.now)
