"""Order books from PyPI that are compiled, C++, Rust, Go or Cython behind Python: what `bench peers` holds the engine's calls against.

Each gets the same rows; what it needs in their place is made where its user would have to make it, inside the clock.
"""

import importlib
from decimal import Decimal
from typing import Any

from bench import book as batched
from bench.peer_engine import Peer, Row


def orderly_chaos(_: batched.Load) -> Peer:
    """A C++ book through ctypes; trades through a callback."""
    module = importlib.import_module("orderly_chaos")
    total = [0, 0]

    def on_trade(trade: Any) -> None:
        total[0] += 1
        total[1] += trade.quantity

    book = module.LimitOrderBook(on_trade=on_trade)
    buy, sell = module.Side.BUY, module.Side.SELL

    def run(rows: list[Row]) -> None:
        limit, cancel = book.limit, book.cancel
        for is_new, buys, price, qty, name in rows:
            if is_new:
                limit(buy if buys else sell, name, qty, price)
            else:
                cancel(name)

    return Peer(run, lambda: (total[0], total[1]))


def litebook(_: batched.Load) -> Peer:
    """Rust behind PyO3; ids are its own strings, prices floats."""
    module = importlib.import_module("litebook")
    book = module.OrderBook(tick_size=1.0)
    buy, sell = module.OrderType.Buy, module.OrderType.Sell
    ids: dict[int, str] = {}
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        create, add, cancel = book.create_order, book.add, book.cancel
        for is_new, buys, price, qty, name in rows:
            if is_new:
                order = create(buy if buys else sell, float(price), float(qty))
                ids[name] = order.id
                for fill in add(order):
                    total[0] += 1
                    total[1] += int(fill.quantity)
            else:
                cancel(ids.pop(name))

    return Peer(run, lambda: (total[0], total[1]))


def limit_order_book(_: batched.Load) -> Peer:
    """A C++ book through ctypes that reports no fills."""
    book = importlib.import_module("limit_order_book").LimitOrderBook()

    def run(rows: list[Row]) -> None:
        buy, sell, cancel = book.limit_buy, book.limit_sell, book.cancel
        for is_new, buys, price, qty, name in rows:
            if is_new:
                (buy if buys else sell)(name, qty, price)
            else:
                cancel(name)

    return Peer(run, lambda: None)


def cython_orderbook(_: batched.Load) -> Peer:
    """Cython classes over a SortedDict; its trades are only printed."""
    module = importlib.import_module("cython_orderbook")
    book = module.OrderBook()
    bid, ask, order_of = module.OrderSide.BID, module.OrderSide.ASK, module.Order
    ids: dict[int, Any] = {}

    def run(rows: list[Row]) -> None:
        add, cancel = book.add_limit_order, book.cancel_order
        for is_new, buys, price, qty, name in rows:
            if is_new:
                order = order_of(side=bid if buys else ask, price=Decimal(price), original_quantity=qty)
                ids[name] = order.order_id
                add(order)
            else:
                cancel(ids.pop(name))

    return Peer(run, lambda: None)


def obook(_: batched.Load) -> Peer:
    """Go through ctypes; ids are its own, trades among the events that are drained after each new order."""
    module = importlib.import_module("obook")
    book = module.Book(max_orders=1_000_000)
    trade = int(module.EventKind.TRADE)
    ids: dict[int, int] = {}
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        submit, cancel, events = book.submit, book.cancel, book.events
        for is_new, buys, price, qty, name in rows:
            if is_new:
                ids[name] = submit(name, 0 if buys else 1, price, qty).order_id
                for event in events():
                    if event.kind == trade:
                        total[0] += 1
                        total[1] += event.qty
            else:
                cancel(ids[name], name)

    return Peer(run, lambda: (total[0], total[1]))


def nanobook(_: batched.Load) -> Peer:
    """Rust behind PyO3; ids are its own."""
    book = importlib.import_module("nanobook").Exchange()
    ids: dict[int, int] = {}
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        submit, cancel = book.submit_limit, book.cancel
        for is_new, buys, price, qty, name in rows:
            if is_new:
                result = submit("buy" if buys else "sell", price, qty)
                ids[name] = result.order_id
                if result.filled_quantity:
                    for trade in result.trades:
                        total[0] += 1
                        total[1] += trade.quantity
            else:
                cancel(ids[name])

    return Peer(run, lambda: (total[0], total[1]))
