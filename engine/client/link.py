"""The connection under both faces: an asyncio.Protocol that feeds the core, and the loop that makes the next connection when one is lost.

One write per read or request, no task per message.  Everything here runs on one event loop.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Generic, Protocol, cast

from engine.client.answers import MAX_DEPTH, Answer, Balance, Book, InstrumentState, Query, balances_of
from engine.client.core import Core, OrderT, RequestT
from engine.client.errors import ClientError, NotLoggedOn, SessionBroken
from engine.client.events import Event
from engine.client.live import Live
from engine.client.options import Setup
from engine.client.orders import Terms
from engine.client.session import LOGOUT_S, Phase, Session
from engine.client.unread import Unread
from engine.client.values import Instrument
from engine.protocol.messages import (
    BookRequest,
    BookSnapshot,
    InstrumentListRequest,
    InstrumentStatus,
    InstrumentStatusRequest,
    OrderMassStatusRequest,
    PositionReport,
    PositionRequest,
)


class Stream(Protocol):
    """A reader of events; `unread` are those that it has not done with."""

    unread: Unread

    def put(self, event: Event) -> None:
        """Take one event."""

    def end(self, error: ClientError | None) -> None:
        """Take note that no more will come, because the client was closed (None) or failed."""


class Link(asyncio.Protocol, Generic[OrderT, RequestT]):
    """One session kept connected."""

    def __init__(self, setup: Setup, make_order: Callable[[Terms, int], OrderT], make_request: Callable[..., RequestT]) -> None:
        self.setup = setup
        self.session = Session(setup.identity, setup.store, setup.clock_ns)
        self.core = Core(self.session, make_order, make_request, setup.clock_ns(), setup.account, setup.max_in_flight)
        self.core.unread = self._unread
        self._streams: list[Stream] = []
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[str] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._timed = Phase.DOWN
        self._writable = True
        self._holding = 0
        self._closing = False

    @property
    def now(self) -> float:
        """Seconds on the loop's clock."""
        return asyncio.get_running_loop().time()

    async def connect(self) -> None:
        """Log on and learn the instruments.  OSError where nobody listens, LogonRefused, SessionBroken, TimeoutError."""
        if self._keeper is not None:
            raise RuntimeError("this client was connected before: make another one")
        self._keeper = asyncio.get_running_loop().create_task(self._keep_connected())
        self._keeper.add_done_callback(self._kept)
        try:
            async with asyncio.timeout(self.setup.timeout):
                await self._wait_for(lambda: self.core.is_ready)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Log out, hear the last reports, and end.  Never raises for what the venue does."""
        if self._closing or self._keeper is None:
            self._closing = True
            self.setup.store.close()
            return
        self._closing = True
        if self._transport is not None:
            self.session.leave(self.now)
            self.flush()
            self._after()
        else:
            self._keeper.cancel()
        await asyncio.wait([self._keeper], timeout=2 * LOGOUT_S)
        if not self._keeper.done():
            self._keeper.cancel()
            if self._transport is not None:
                self._transport.abort()
            await asyncio.wait([self._keeper])
        self._finish(NotLoggedOn("the client was closed"))
        self.core.note_handled(0)
        self.setup.store.close()

    def listen(self, stream: Stream) -> None:
        """Have `stream` told of all events from now on."""
        self._streams.append(stream)
        self.core.listeners.append(stream.put)
        if self.core.failure is not None:
            stream.end(self.core.failure)

    def hold(self) -> None:
        """Keep what is sent until `release`, so that it goes out in one write."""
        self._holding += 1

    def release(self) -> None:
        """Write what was held."""
        self._holding -= 1
        self.flush()

    def flush(self) -> None:
        """Write what the session has to say."""
        if self._holding == 0 and self._transport is not None and not self._transport.is_closing():
            written = self.session.output()
            if written:
                self._transport.write(written)

    async def until(self, live: Live, ready: Callable[[], bool], timeout: float | None) -> None:
        """Wait until `ready` or raise why it will never be; TimeoutError after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout):
            while not ready():
                if live.error is not None:
                    raise live.error
                if self.core.failure is not None:
                    raise self.core.failure
                turn: asyncio.Future[None] = loop.create_future()
                wake = _waker(turn)
                live.watch(wake)
                try:
                    await turn
                finally:
                    live.unwatch(wake)

    async def drain(self) -> None:
        """Wait until the connection takes more bytes and no more than half the allowed requests are in flight."""
        await self._wait_for(lambda: self._writable and self.core.in_flight <= self.core.max_in_flight // 2)

    async def instruments(self) -> list[Instrument]:
        """Ask what is listed."""
        await self._ask(InstrumentListRequest)
        return list(self.core.instruments.values())

    async def book(self, symbol: str, depth: int) -> Book:
        """Ask for a snapshot of a book; depth 0 is all levels."""
        if not 0 <= depth <= MAX_DEPTH:
            raise ValueError(f"depth {depth} is not within 0 (all) and {MAX_DEPTH} levels")
        instrument = self.core.instrument(symbol)
        answer = await self._ask(BookRequest, instrument.number, depth)
        assert isinstance(answer, BookSnapshot), "a BookRequest is answered by a BookSnapshot"
        return Book.of(answer, instrument)

    async def status(self, symbol: str) -> InstrumentState:
        """Ask whether an instrument trades."""
        instrument = self.core.instrument(symbol)
        answer = await self._ask(InstrumentStatusRequest, instrument.number, 0)
        assert isinstance(answer, InstrumentStatus), "an InstrumentStatusRequest is answered by an InstrumentStatus"
        return InstrumentState.of(answer, instrument)

    async def subscribe_status(self, symbol: str | None) -> list[InstrumentState]:
        """Follow the status of an instrument, or of all, and give the pictures from which that begins."""
        subscription = self.core.follow_status(symbol, self.now)
        self.flush()
        await self.until(subscription, lambda: not subscription.missing, self.setup.timeout)
        return list(subscription.seen.values())

    def unsubscribe_status(self, symbol: str | None) -> None:
        """Follow the status of an instrument, or of any, no more."""
        self.core.unfollow_status(symbol, self.now)
        self.flush()

    async def open_orders(self) -> list[OrderT]:
        """Ask for all open orders of the session, also those of an earlier client object."""
        query = self.core.ask(OrderMassStatusRequest, self.now)
        await self._answer_to(query)
        return self.core.listed_orders(query)

    async def positions(self, account: int | None) -> list[Balance]:
        """Ask for an account's balances of the tokens that are traded here."""
        tokens = {instrument.base for instrument in self.core.instruments.values()}
        return [balance for balance in await self.balances(account) if balance.asset in tokens]

    async def balances(self, account: int | None) -> list[Balance]:
        """Ask for an account's balances."""
        answer = await self._ask(PositionRequest, self.setup.account if account is None else account)
        assert isinstance(answer, PositionReport), "a PositionRequest is answered by a PositionReport"
        return balances_of(answer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        certificate = (secured.getpeercert(binary_form=True) or b"") if secured is not None else b""
        self._writable = True
        self.session.connected(self.now, certificate)
        self._tick()

    def data_received(self, data: bytes) -> None:
        self.core.receive(data, self.now)
        self.flush()
        self._after()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(self.session.farewell or (str(exc) if exc else "the venue closed the connection"))

    async def _keep_connected(self) -> None:
        attempt = 0
        while True:
            cause, attempt = await self._connect_once(attempt)
            retrying = self._may_retry(attempt)
            self.core.disconnected(cause, retrying)
            if not retrying:
                if not self._closing:
                    self._finish(NotLoggedOn(cause))
                return
            assert self.setup.retry is not None, "retrying needs a rule for it"
            await asyncio.sleep(self.setup.retry.wait_s(attempt))
            attempt += 1

    def _kept(self, keeper: "asyncio.Task[None]") -> None:
        """Leave nobody waiting for a connection that nobody makes any more."""
        if not keeper.cancelled() and (error := keeper.exception()) is not None:
            self._finish(SessionBroken(f"the connection's keeper failed: {error!r}"))
            raise error

    async def _connect_once(self, attempt: int) -> tuple[str, int]:
        """Live through one connection; give why it ended and the number of the next try in a row."""
        loop = asyncio.get_running_loop()
        self._gone = loop.create_future()
        try:
            await loop.create_connection(lambda: self, self.setup.host, self.setup.port, ssl=self.setup.tls)
        except OSError as error:
            return f"cannot connect to {self.setup.host}:{self.setup.port}: {error.strerror or error}", attempt
        cause = await self._gone
        return cause, 0 if self.session.was_live else attempt

    def _may_retry(self, attempt: int) -> bool:
        retry = self.setup.retry
        if self._closing or self.core.failure is not None or retry is None:
            return False
        if not self.session.logged_on_once and not self.setup.identity.takeover:
            return False
        return retry.attempts is None or attempt < retry.attempts

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
        due = self.session.tick(loop.time())
        self._timed = self.session.phase
        self.flush()
        if self.session.hang_up:
            self._abort()
            return
        self._timer = loop.call_at(due, self._tick)

    def _after(self) -> None:
        """Do what a read or a request may have made due."""
        self._wake()
        if self.session.phase is not self._timed and not self.session.hang_up:
            self._tick()
        if self.session.hang_up and self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(LOGOUT_S, self._transport.abort)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _finish(self, error: ClientError) -> None:
        """End for good, and tell everybody who waits."""
        closed = self._closing and self.core.failure is None
        self.core.fail(error)
        self._wake()
        for stream in self._streams:
            stream.end(None if closed else self.core.failure)

    async def _ask(self, kind: type, *fields: int) -> Answer:
        return await self._answer_to(self.core.ask(kind, self.now, *fields))

    async def _answer_to(self, query: Query) -> Answer:
        self.flush()
        await self.until(query, lambda: query.answer is not None, self.setup.timeout)
        assert query.answer is not None, "until() waited for it"
        return query.answer

    async def _wait_for(self, ready: Callable[[], bool]) -> None:
        while self.core.failure is not None or not ready():
            if self.core.failure is not None:
                raise self.core.failure
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(turn)
            await turn

    def _unread(self) -> int:
        """Give the number of the oldest report that some reader has not done with, 0 where there is none."""
        return min((first for stream in self._streams if (first := stream.unread.first)), default=0)

    def _wake(self) -> None:
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)


def _waker(turn: "asyncio.Future[None]") -> Callable[[], None]:
    def wake() -> None:
        if not turn.done():
            turn.set_result(None)

    return wake
