"""Two subscribers over TCP who send what `itch_orders` says, and the tally of whom the venue filled.

Within one session everything is pipelined.  Between the two the feed's order must hold, so before the other one speaks, the last answer to
the first is awaited: reports of a session come in the order of its requests, so the last one stands for all.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby, islice
from time import perf_counter, perf_counter_ns

from engine.cli.itch_orders import Action, Change, Enter, Take, Withdraw
from engine.cli.output import plain
from engine.client import AsyncClient, AsyncOrder, AsyncRequest, Side, TimeInForce

BURST = 32
PRICE_DECIMALS = 4


@dataclass(slots=True)
class Outcome:
    """What was sent, what came back, and how long that took."""

    sent: Counter[str] = field(default_factory=Counter)
    fills: int = 0
    executions: int = 0
    at_named_maker: int = 0
    strays: list[str] = field(default_factory=list)
    rejected: int = 0
    first_reject: str = ""
    elapsed_s: float = 0.0
    round_trips_ns: list[int] = field(default_factory=list)
    taker_round_trips_ns: list[int] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """How many messages the two subscribers sent."""
        return self.sent.total()


class Replay:
    """One run; `rate` limits messages a second over both sessions, 0 does not."""

    def __init__(self, maker: AsyncClient, taker: AsyncClient, symbol: str, rate: int) -> None:
        self.outcome = Outcome()
        self._maker = maker
        self._taker = taker
        self._symbol = symbol
        self._rate = rate
        self._orders: dict[int, AsyncOrder] = {}
        self._made: list[AsyncOrder] = []
        self._takes: list[tuple[Take, AsyncOrder, AsyncOrder]] = []
        self._requests: list[AsyncRequest] = []
        self._last: AsyncOrder | AsyncRequest | None = None
        self._prices: dict[int, Decimal] = {}

    async def run(self, actions: Iterable[Action], advance: Callable[[int], None]) -> Outcome:
        """Send all actions and judge the fills."""
        began = perf_counter()
        for is_take, group in groupby(actions, key=lambda action: isinstance(action, Take)):
            for burst in _bursts(group):
                if is_take:
                    await self._take(burst)
                else:
                    await self._make(burst)
                advance(len(burst))
                await self._keep_to_rate(began)
            if not is_take:
                await self._settled()
        # An answer to a question comes behind all reports of its session: whoever was filled has been told.
        await self._maker.book(self._symbol, depth=1)
        self.outcome.elapsed_s = perf_counter() - began
        self._judge()
        return self.outcome

    async def _make(self, burst: list[Action]) -> None:
        with self._maker.batch():
            for action in burst:
                match action:
                    case Enter():
                        self._enter(action)
                    case Change():
                        self._change(action)
                    case Withdraw():
                        self._requested("cancels", self._orders.pop(action.ref).cancel())
        await self._maker.drain()

    async def _take(self, burst: list[Action]) -> None:
        entered: list[AsyncOrder] = []
        with self._taker.batch():
            for action in burst:
                assert isinstance(action, Take), "the group holds takes only"
                side = Side.BUY if action.buy else Side.SELL
                order = self._taker.limit(self._symbol, side, action.shares, self._price(action.price), tif=TimeInForce.IOC)
                self._timed(order, self.outcome.taker_round_trips_ns)
                self.outcome.sent["immediate orders"] += 1
                self._takes.append((action, order, self._orders[action.ref]))
                entered.append(order)
        for order in entered:
            await order.done()

    def _enter(self, action: Enter) -> None:
        side = Side.BUY if action.buy else Side.SELL
        order = self._maker.limit(self._symbol, side, action.shares, self._price(action.price), tif=TimeInForce.GTC)
        self._timed(order)
        self._orders[action.ref] = order
        self._made.append(order)
        self.outcome.sent["orders"] += 1

    def _change(self, action: Change) -> None:
        order = self._orders.pop(action.ref)
        self._orders[action.new_ref] = order
        self._requested("replaces", order.replace(self._price(action.price), action.total))

    def _requested(self, what: str, request: AsyncRequest) -> None:
        self.outcome.sent[what] += 1
        self._requests.append(request)
        self._timed(request)

    def _timed(self, sent: AsyncOrder | AsyncRequest, samples: list[int] | None = None) -> None:
        """Take the time from now to the first answer."""
        began = perf_counter_ns()
        outcome = self.outcome

        def answered() -> None:
            outcome.round_trips_ns.append(elapsed := perf_counter_ns() - began)
            if samples is not None:
                samples.append(elapsed)

        sent.watch(answered)
        self._last = sent

    async def _settled(self) -> None:
        match self._last:
            case AsyncOrder():
                await self._last.accepted()
            case AsyncRequest():
                await self._last.done()

    async def _keep_to_rate(self, began: float) -> None:
        if self._rate:
            early = self.outcome.messages / self._rate - (perf_counter() - began)
            # The loop's timers are no finer than a millisecond.
            if early > 0.002:
                await asyncio.sleep(early)

    def _price(self, price: int) -> Decimal:
        known = self._prices.get(price)
        if known is None:
            known = self._prices[price] = Decimal(price).scaleb(-PRICE_DECIMALS)
        return known

    def _judge(self) -> None:
        outcome = self.outcome
        makers = {fill.match_id: order for order in self._made for fill in order.fills}
        for take, order, named in self._takes:
            outcome.executions += 1
            outcome.fills += len(order.fills)
            filled_by = {makers.get(fill.match_id) for fill in order.fills}
            if filled_by == {named} and not order.leaves_qty and order.cum_qty == take.shares:
                outcome.at_named_maker += 1
            else:
                outcome.strays.append(f"order {take.ref} at {plain(self._price(take.price))}: {_who(order, filled_by, self._orders)}")
        refused = [order.reject_text for order in (*self._made, *(order for _, order, _ in self._takes)) if order.reject_text]
        refused += [request.reject_text for request in self._requests if request.rejected]
        outcome.rejected = len(refused)
        outcome.first_reject = refused[0] if refused else ""


def _who(order: AsyncOrder, filled_by: set[AsyncOrder | None], names: dict[int, AsyncOrder]) -> str:
    if order.reject_text:
        return order.reject_text
    if not filled_by:
        return "not filled"
    refs = [str(ref) for ref, resting in names.items() if resting in filled_by]
    return f"filled {plain(order.cum_qty)} by {', '.join(refs) or 'another order'}"


def _bursts(actions: Iterable[Action]) -> Iterator[list[Action]]:
    waiting = iter(actions)
    while burst := list(islice(waiting, BURST)):
        yield burst
