"""Simulated subscribers at their desks: each agent's wishes sent over its own TCP session, and what came back written on the floor.

A trade has two reports on two connections; it goes on the tape when both have arrived, because only then both names are known.
"""

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from time import perf_counter_ns

from engine.cli.demo_state import Floor, Row, Seat, Trade
from engine.cli.purse import Budget, Purse
from engine.cli.simulation import TAKER_RATE, TOKEN, Agent, Intent, Market, Pull, Quote, Requote, Resting, Slot, Strike
from engine.cli.status import status_word
from engine.client import (
    AsyncClient,
    AsyncEvents,
    AsyncOrder,
    AsyncRequest,
    CancelRejected,
    ConnectionLost,
    Executed,
    LimitOrder,
    Liquidity,
    LoggedOn,
    NotLoggedOn,
    PriceLevel,
    Reason,
    Rejected,
    Side,
    StatusChanged,
    StpMode,
    TimeInForce,
    TooManyInFlight,
)

UNMATCHED_MAX = 10_000
DEPTH = 20
FOCUS_S = 10.0
MARKET_STEP_S = 0.1
BOOK_S = 0.1
STEP = TOKEN // 100
# Where a book collects orders for an auction, and what then takes part in it alone.
CALLING = ("pre-open", "auction-call", "vol-pause")


class Tape:
    """Brings the two reports of each trade together."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._half: dict[int, tuple[str, Executed]] = {}

    def executed(self, name: str, event: Executed) -> None:
        """Note one side's report of an execution."""
        other = self._half.pop(event.fill.match_id, None)
        if other is None:
            self._half[event.fill.match_id] = (name, event)
            if len(self._half) > UNMATCHED_MAX:
                del self._half[next(iter(self._half))]
            return
        # In an auction nobody came in upon the other: the buyer is told as if he had.
        is_taker = event.fill.liquidity is Liquidity.TAKER or (event.fill.liquidity is Liquidity.AUCTION and event.order.side is Side.BUY)
        (maker, _), (taker, taken) = (other, (name, event)) if is_taker else ((name, event), other)
        fill, order = taken.fill, taken.order
        self._floor.traded(Trade(fill.ts_ns, order.symbol, order.side, _units(fill.price, 4), _units(fill.qty, 6), maker, taker))


class Desk:
    """One agent, its connection, and its open orders by the agent's own names for them."""

    def __init__(self, agent: Agent, client: AsyncClient, floor: Floor, tape: Tape, purse: Purse) -> None:
        self._agent = agent
        self._client = client
        self._floor = floor
        self._tape = tape
        self._purse = purse
        self._seat: Seat = floor.seats[agent.name]
        self._slots: dict[Slot, AsyncOrder] = {}
        # Every order that may still cost something, and how much of it has been booked.
        self._booked: dict[AsyncOrder, int] = {}

    async def trade(self, market: Market) -> None:
        """Act and wait, for ever."""
        while True:
            await asyncio.sleep(self._agent.pause_s())
            try:
                self._act(market)
            except (NotLoggedOn, TooManyInFlight):
                # The client is making a new connection, or the venue is behind; there will be another turn.
                continue

    async def listen(self, events: AsyncEvents) -> None:
        """Write on the floor what the venue reports."""
        async for event in events:
            self._floor.received.total += 1
            match event:
                case Executed():
                    self._executed(event)
                case Rejected():
                    self._seat.rejects += 1
                    self._floor.rejects[_name(event.reason)] += 1
                case CancelRejected():
                    self._floor.rejects[_name(event.reason)] += 1
                case LoggedOn():
                    self._seat.online = True
                case ConnectionLost():
                    self._seat.online = False

    @property
    def name(self) -> str:
        """Whose desk it is."""
        return self._agent.name

    def enter(self, symbol: str, side: Side, price: int, qty: int) -> AsyncOrder | None:
        """Enter an order that rests until it is withdrawn, as large as can be paid for."""
        qty = self._budget().afford(symbol, side, price, qty, STEP)
        return self._enter(symbol, side, price, qty, TimeInForce.GTC, None) if qty else None

    def strike(self, symbol: str, side: Side, price: int, qty: int) -> None:
        """Take at once what is there up to a price, as much as can be paid for."""
        self._send(Strike(symbol, side, price, qty), self._budget())

    def withdraw(self, order: AsyncOrder) -> None:
        """Cancel an order."""
        self._timed(order.cancel())

    def _act(self, market: Market) -> None:
        resting = {}
        for slot, order in list(self._slots.items()):
            if order.is_done:
                del self._slots[slot]
            else:
                resting[slot] = _seen(order)
        self._seat.open_orders = len(self._client.orders)
        intents = self._agent.turn(market, resting, self._seat.position)
        budget = self._budget()
        with self._client.batch():
            for intent in intents:
                if self._is_taken(intent):
                    self._send(intent, budget)

    def _is_taken(self, intent: Intent) -> bool:
        """Say whether the instrument takes such a request as it stands: no buys in reduce-only, and where it is stopped only cancels."""
        if isinstance(intent, Pull):
            return True
        symbol, side = (intent.symbol, intent.side) if isinstance(intent, Strike) else (intent.slot.symbol, intent.slot.side)
        status = self._floor.quotes[symbol].status
        return status in ("continuous", *CALLING) or (status == "reduce-only" and side is Side.SELL)

    def _budget(self) -> Budget:
        budget = Budget(self._purse, TAKER_RATE)
        for order in list(self._booked):
            price, qty = self._may_hold(order)
            if qty or not order.is_done:
                budget.hold(order.symbol, order.side, price, qty)
            else:
                del self._booked[order]
        return budget

    def _may_hold(self, order: AsyncOrder) -> tuple[int, int]:
        """Return the price and the quantity of which an order, with the replaces on their way, never holds or spends more."""
        if order.is_done:
            return order.price_units, order.cum_units - self._booked[order]
        price = max(order.price_units, *(replace.price_units for replace in order.replacing), 0)
        qty = max(order.qty_units, *(replace.qty_units for replace in order.replacing), 0)
        return price, qty - self._booked[order]

    def _send(self, intent: Intent, budget: Budget) -> None:
        match intent:
            case Quote(slot, price, qty, display_qty):
                qty = budget.afford(slot.symbol, slot.side, price, qty, STEP)
                if qty:
                    shown = _tokens(display_qty) if 0 < display_qty < qty else None
                    self._slots[slot] = self._enter(slot.symbol, slot.side, price, qty, TimeInForce.GTC, shown)
                    budget.hold(slot.symbol, slot.side, price, qty)
            case Strike(symbol, side, price, qty):
                qty = budget.afford(symbol, side, price, qty, STEP)
                if qty:
                    calling = self._floor.quotes[symbol].status in CALLING
                    self._enter(symbol, side, price, qty, TimeInForce.OPG if calling else TimeInForce.IOC, None)
                    budget.hold(symbol, side, price, qty)
            case Requote(slot, price, qty):
                self._requote(slot, price, qty, budget)
            case Pull(slot):
                self._timed(self._slots.pop(slot).cancel())

    def _requote(self, slot: Slot, price: int, qty: int, budget: Budget) -> None:
        order = self._slots[slot]
        budget.release(slot.symbol, slot.side, *self._may_hold(order))
        qty = budget.afford(slot.symbol, slot.side, price, qty, STEP)
        if qty:
            self._timed(order.replace(_quote(price), _tokens(order.cum_units + qty)))
        else:
            self._timed(self._slots.pop(slot).cancel())
        budget.hold(slot.symbol, slot.side, *self._may_hold(order))

    def _enter(self, symbol: str, side: Side, price: int, qty: int, tif: TimeInForce, shown: Decimal | None) -> AsyncOrder:
        spec = LimitOrder(symbol, side, _tokens(qty), _quote(price), tif, display_qty=shown, stp_mode=StpMode.CANCEL_OLDEST)
        (order,) = self._client.submit_many([spec])
        self._booked[order] = 0
        self._seat.orders += 1
        self._floor.orders.total += 1
        self._timed(order)
        return order

    def _timed(self, sent: AsyncOrder | AsyncRequest) -> None:
        began = perf_counter_ns()
        samples = self._floor.round_trips_ns
        self._floor.sent.total += 1
        sent.watch(lambda: samples.append(perf_counter_ns() - began))

    def _executed(self, event: Executed) -> None:
        order, fill = event.order, event.fill
        qty, fee = _units(fill.qty, 6), _units(fill.fee, 6)
        position = self._seat.position
        position[order.symbol] = position.get(order.symbol, 0) + (qty if order.side is Side.BUY else -qty)
        self._purse.filled(order.symbol, order.side, _units(fill.price, 4), qty, fee)
        if isinstance(order, AsyncOrder) and order in self._booked:
            self._booked[order] += qty
        self._seat.fills += 1
        self._seat.fees += fee
        self._tape.executed(self._agent.name, event)


async def move_market(market: Market) -> None:
    """Let fair prices wander, for ever."""
    while True:
        await asyncio.sleep(MARKET_STEP_S)
        market.step()


async def watch_books(client: AsyncClient, floor: Floor) -> None:
    """Keep the ladder of the symbol in focus fresh and move the focus on from time to time, for ever."""
    symbols = list(floor.quotes)
    turns = round(FOCUS_S / BOOK_S)
    turn = 0
    while True:
        floor.focus = symbols[turn // turns % len(symbols)]
        turn += 1
        try:
            book = await client.book(floor.focus, depth=DEPTH)
        except (NotLoggedOn, TimeoutError):
            await asyncio.sleep(BOOK_S)
            continue
        quotes = floor.quotes[book.symbol]
        quotes.bids, quotes.asks = _rows(book.bids), _rows(book.asks)
        await asyncio.sleep(BOOK_S)


async def watch_statuses(client: AsyncClient, floor: Floor) -> None:
    """Keep how each symbol stands as fresh as the venue's word of it, for ever."""
    events = client.events()
    for state in await client.subscribe_status():
        floor.quotes[state.symbol].status = status_word(state)
    async for event in events:
        if isinstance(event, StatusChanged):
            floor.quotes[event.state.symbol].status = status_word(event.state)


def _rows(levels: Iterable[PriceLevel]) -> list[Row]:
    return [Row(_units(level.price, 4), _units(level.qty, 6), level.orders) for level in levels]


def _seen(order: AsyncOrder) -> Resting:
    """An order as its agent should think of it: where it is going, if a replace is on its way."""
    latest = order.replacing[-1] if order.replacing else order
    return Resting(latest.price_units, order.leaves_units)


def _name(reason: Reason | int) -> str:
    return getattr(reason, "name", str(reason))


def _units(value: Decimal, decimals: int) -> int:
    return int(value.scaleb(decimals))


def _quote(units: int) -> Decimal:
    return Decimal(units).scaleb(-4)


def _tokens(units: int) -> Decimal:
    return Decimal(units).scaleb(-6)
