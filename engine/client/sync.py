"""The blocking face: a thread runs the asyncio one.

A thread and not blocking sockets, because a session must answer heartbeats and hear of fills while the program does something else, and
because so there is one connection logic and not two.  The price is a hop to that thread and back for each request, some 50 µs; who sends
thousands in a second uses `submit_many` or the asyncio face.

Objects change on that thread while the program reads them: each attribute is right by itself; two read one after the other may be a
report apart.
"""

import asyncio
import contextlib
import functools
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from engine.client.answers import Balance, Book, InstrumentState
from engine.client.entry import CashOrder, LimitOrder, MarketOrder, OrderSpec, StopOrder
from engine.client.errors import ClientError, EventsLost, NotLoggedOn
from engine.client.events import Event
from engine.client.link import Link
from engine.client.options import Options, setup_of
from engine.client.orders import LiveOrder, LiveRequest, RequestKind, Terms
from engine.client.unread import Unread
from engine.client.values import Instrument, Value
from engine.matching.enums import SettlePref, Side, StpMode, TimeInForce

MAX_EVENTS_WAITING = 100_000

T = TypeVar("T")


class Request(LiveRequest):
    """A cancel, replace or mass cancel of a `Client`."""

    __slots__ = ("_client",)

    def __init__(
        self,
        client: "Client",
        kind: RequestKind,
        cl_ord_id: int,
        order: LiveOrder | None,
        price: int = 0,
        order_qty: int = 0,
        display_qty: int = 0,
    ) -> None:
        super().__init__(kind, cl_ord_id, order, price, order_qty, display_qty)
        self._client = client

    def done(self, timeout: float | None = None) -> Self:
        """Wait for the venue's answer and give the request.

        TimeoutError after `timeout` seconds, RequestLost, NotLoggedOn when the client is closed.
        """
        if not self.answered:
            self._client._wait(self, lambda: self.answered, timeout)
        return self


class Order(LiveOrder):
    """An order of a `Client`."""

    __slots__ = ("_client",)

    def __init__(self, client: "Client", terms: Terms, cl_ord_id: int) -> None:
        super().__init__(terms, cl_ord_id)
        self._client = client

    def replace(
        self, price: Value | None = None, qty: Value | None = None, display_qty: Value | None = None, *, wait: bool = True
    ) -> Request:
        """Ask for another price (quote unit), whole quantity or displayed quantity (tokens); what is None stays as last asked for.

        `qty` counts what is executed already; at or below that it ends the order.  Less quantity keeps the order's place in the queue,
        every other change loses it.  ValueError where the instrument takes no such value, NotLoggedOn without a connection; a refusal is
        on the request.
        """
        return self._client._replace(self, price, qty, display_qty, wait)

    def cancel(self, *, wait: bool = True) -> Request:
        """Ask for its end.  NotLoggedOn without a connection; a refusal (it was done already) is on the request."""
        return self._client.cancel_many([self], wait=wait)[0]

    def accepted(self, timeout: float | None = None) -> Self:
        """Wait for the venue's first answer, yes or no, and give the order.

        TimeoutError after `timeout` seconds, RequestLost, NotLoggedOn when the client is closed.
        """
        if self.is_pending:
            self._client._wait(self, lambda: not self.is_pending, timeout)
        return self

    def done(self, timeout: float | None = None) -> Self:
        """Wait until it is filled, canceled, expired or rejected, and give the order.  Errors as in `accepted`."""
        if not self.is_done:
            self._client._wait(self, lambda: self.is_done, timeout)
        return self


class Events:
    """A blocking iterator over events; it ends when the client is closed, and raises why where the client failed.

    EventsLost where its reader falls 100,000 events behind.
    """

    def __init__(self) -> None:
        self.unread = Unread()
        self._waiting: queue.SimpleQueue[Event | ClientError | None] = queue.SimpleQueue()
        self._ended = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        self.unread.asked()
        found = self._waiting.get()
        if found is None or isinstance(found, ClientError):
            self._waiting.put(found)
            if found is None:
                raise StopIteration
            raise found
        self.unread.given(found)
        return found

    def get(self, timeout: float | None = None) -> Event | None:
        """Give the next event, or None where none comes within `timeout` seconds (0: at once) or the client was closed."""
        self.unread.asked()
        try:
            found = self._waiting.get(timeout != 0, timeout)
        except queue.Empty:
            return None
        if found is None or isinstance(found, ClientError):
            self._waiting.put(found)
            if found is None:
                return None
            raise found
        self.unread.given(found)
        return found

    def put(self, event: Event) -> None:
        """Take one event from the client."""
        if self._ended:
            return
        if self._waiting.qsize() >= MAX_EVENTS_WAITING:
            self.end(EventsLost(f"{MAX_EVENTS_WAITING} events wait to be read: read faster, or look at the orders instead"))
            return
        self.unread.put(event)
        self._waiting.put(event)

    def end(self, error: ClientError | None) -> None:
        """Take the client's word that no more will come."""
        if not self._ended:
            self._ended = True
            self._waiting.put(error)


class Client:
    """A subscriber's session with a venue, for programs that block.

        with Client("127.0.0.1:7001", name="alice", key="alice.pem") as client:
            order = client.limit("AAPLx", Side.BUY, qty=10, price="167.52")
            print(order.status, order.leaves_qty)

    Options are those of `Options`.  A request waits for the venue's first answer, up to the client's `timeout`, and gives the live object
    also where none came (then it is still pending); with wait=False it only sends.  At the end of the `with` the client logs out, and the
    venue cancels what is still open unless cancel_on_disconnect=False.  May be used from several threads.
    """

    def __init__(self, address: str, **options: Unpack[Options]) -> None:
        self._link: Link[Order, Request] = Link(
            setup_of(address, options), functools.partial(Order, self), functools.partial(Request, self)
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def connect(self) -> None:
        """Log on and learn the instruments.  NotLoggedOn where nobody listens, LogonRefused, SessionBroken, TimeoutError."""
        if self._thread is not None:
            raise RuntimeError("this client was connected before: make another one")
        self._loop = asyncio.new_event_loop()
        name = f"client {self._link.setup.identity.name}"
        self._thread = threading.Thread(target=_run, args=(self._loop,), name=name, daemon=True)
        self._thread.start()
        try:
            self._run(self._link.connect())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Log out after the last reports have come; the connection is not made again."""
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._link.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()

    @property
    def is_logged_on(self) -> bool:
        """Say whether requests can be sent just now."""
        return self._link.core.is_ready

    @property
    def venue(self) -> str:
        """The venue's name; "" before the first connection."""
        return self._link.session.venue

    @property
    def orders(self) -> dict[int, Order]:
        """The open orders that this client knows, by order_id; a copy."""
        return self._call(lambda: dict(self._link.core.open_orders))

    @property
    def statuses(self) -> dict[str, InstrumentState]:
        """What is known of the instruments that are followed, by symbol; a copy."""
        return self._call(lambda: dict(self._link.core.board.statuses))

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
        wait: bool = True,
    ) -> Order:
        """Enter an order at a price or better; `qty` in tokens, `price` in the quote unit, both str, Decimal or int.

        With a `stop_px` it waits until the last price has reached that, and is an order at `price` then.

        The other arguments are those of `LimitOrder`: DAY unless `tif` or `expire` says otherwise.  TypeError for a float; ValueError
        naming the nearest valid values where the instrument takes no such order; NotLoggedOn, TooManyInFlight.  A refusal by the venue is
        on the order: `status`, `reason`, `reject_text`.
        """
        spec = LimitOrder(
            symbol, side, qty, price, tif, post_only, display_qty, expire, account, stp_mode, min_qty, reduce_only, settle_pref, stop_px
        )
        return self.submit_many([spec], wait=wait)[0]

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
        wait: bool = True,
    ) -> Order:
        """Enter an order at the best opposite price and up to the instrument's protection beyond; the rest is canceled.

        Waits until it is done; with tif OPG or CLS, for an auction at whatever price it has, for the first answer.  Errors as in `limit`.
        """
        order = self.submit_many([MarketOrder(symbol, side, qty, tif, account, stp_mode, min_qty, reduce_only, settle_pref)], wait=False)[0]
        self._settle([order], _is_answered if order.tif in (TimeInForce.OPG, TimeInForce.CLS) else _is_over, wait=wait)
        return order

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
        wait: bool = True,
    ) -> Order:
        """Enter an order that waits until the last price has reached `stop_px` (at or above it for a buy, at or below it for a sell).

        Then it trades up to the instrument's protection beyond `stop_px`, and the rest is canceled; `limit` with a `stop_px` has a limit of
        its own instead.  DAY unless `tif` (GTC) or `expire` says otherwise.  Errors as in `limit`.
        """
        return self.submit_many(
            [StopOrder(symbol, side, qty, stop_px, tif, expire, account, stp_mode, reduce_only, settle_pref)], wait=wait
        )[0]

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
        wait: bool = True,
    ) -> Order:
        """Buy for an amount of the quote asset, fees included, at the market or at `price` or better; what does not trade is canceled.

        With a `price` and a `tif` that rests the quantity is what the amount buys at the price, and only the first answer is waited for;
        else its end.  Errors as in `limit`.
        """
        order = self.submit_many([CashOrder(symbol, cash, price, tif, expire, account, stp_mode, settle_pref)], wait=False)[0]
        self._settle([order], _is_over if order.tif is TimeInForce.IOC else _is_answered, wait=wait)
        return order

    def submit_many(self, orders: Iterable[OrderSpec], *, wait: bool = True) -> list[Order]:
        """Enter many orders in one write.  All are checked first: ValueError or TypeError for one of them and none is sent."""
        specs = list(orders)
        entered = self._send(lambda: self._link.core.enter(specs, self._link.now))
        self._settle(entered[-1:], _is_answered, wait=wait)
        return entered

    def cancel_many(self, orders: Iterable[LiveOrder], *, wait: bool = True) -> list[Request]:
        """Ask for the end of many orders in one write."""
        wanted = list(orders)
        requests = self._send(lambda: self._link.core.cancel(wanted, self._link.now))
        self._settle(requests, _is_answered, wait=wait)
        return requests

    def mass_cancel(self, symbol: str | None = None, side: Side | None = None, account: int | None = None, *, wait: bool = True) -> Request:
        """Ask for the end of all open orders of the session, narrowed by what is given; the answer has `affected`."""
        request = self._send(lambda: self._link.core.mass_cancel(symbol, side, account, self._link.now))
        self._settle([request], _is_answered, wait=wait)
        return request

    def instruments(self) -> list[Instrument]:
        """Ask what is listed.  TimeoutError where no answer comes in the client's `timeout`; so for all questions below."""
        return self._run(self._link.instruments())

    def book(self, symbol: str, depth: int = 10) -> Book:
        """Ask for a snapshot of a book: `depth` levels a side, 0 for all (at most 1,000).  ValueError for an unknown symbol."""
        return self._run(self._link.book(symbol, depth))

    def status(self, symbol: str) -> InstrumentState:
        """Ask whether an instrument trades.  ValueError for an unknown symbol."""
        return self._run(self._link.status(symbol))

    def subscribe_status(self, symbol: str | None = None) -> list[InstrumentState]:
        """Follow the status of an instrument, or of all (None), and give how they stand; `events()` has a StatusChanged for each change.

        It goes on after a cut.  ValueError for an unknown symbol, for more than 32 single ones, and for a single one beside all.
        """
        return self._run(self._link.subscribe_status(symbol))

    def unsubscribe_status(self, symbol: str | None = None) -> None:
        """Follow the status of an instrument, or of any (None), no more."""
        self._call(lambda: self._link.unsubscribe_status(symbol))

    def open_orders(self) -> list[Order]:
        """Ask for all open orders of the session, also those entered before this client was made; they can be replaced and canceled."""
        return self._run(self._link.open_orders())

    def balances(self, account: int | None = None) -> list[Balance]:
        """Ask for an account's balances (the client's own account by default).  RequestRefused where it is not yours."""
        return self._run(self._link.balances(account))

    def positions(self, account: int | None = None) -> list[Balance]:
        """Ask for those of its balances that are tokens traded here."""
        return self._run(self._link.positions(account))

    def events(self) -> Events:
        """Listen to all events from now on; called before `connect`, also to those that are sent again at the logon."""
        stream = Events()
        if self._loop is None:
            self._link.listen(stream)
        else:
            self._call(lambda: self._link.listen(stream))
        return stream

    def _replace(self, order: Order, price: Value | None, qty: Value | None, display_qty: Value | None, wait: bool) -> Request:
        request = self._send(lambda: self._link.core.replace(order, price, qty, display_qty, self._link.now))
        self._settle([request], _is_answered, wait=wait)
        return request

    def _send(self, ask: Callable[[], T]) -> T:
        def held() -> T:
            self._link.hold()
            try:
                return ask()
            finally:
                self._link.release()

        return self._call(held)

    def _settle(self, lives: Sequence[Order | Request], ready: Callable[[Order | Request], bool], *, wait: bool) -> None:
        """Wait for answers, but let their absence be seen on the objects and not as an error: what was sent stays sent."""
        with contextlib.suppress(TimeoutError, ClientError):
            for live in lives if wait else ():
                self._wait(live, functools.partial(ready, live), self._link.setup.timeout)

    def _wait(self, live: LiveOrder | LiveRequest, ready: Callable[[], bool], timeout: float | None) -> None:
        if not ready():
            self._run(self._link.until(live, ready, timeout))

    def _call(self, work: Callable[[], T]) -> T:
        async def on_loop() -> T:
            return work()

        return self._run(on_loop())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise NotLoggedOn("the client is not connected: use it inside `with`, or call connect()")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _is_answered(live: Order | Request) -> bool:
    return live.answered if isinstance(live, Request) else not live.is_pending


def _is_over(live: Order | Request) -> bool:
    return live.answered if isinstance(live, Request) else live.is_done


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
