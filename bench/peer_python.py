"""Order books from PyPI that are written in Python."""

import importlib
import logging
from decimal import Decimal
from typing import Any

from bench import book as batched
from bench.peer_engine import Peer, Row


def lightmatchingengine(_: batched.Load) -> Peer:
    """Plain Python: dicts of lists."""
    module = importlib.import_module("lightmatchingengine.lightmatchingengine")
    book = module.LightMatchingEngine()
    ids: dict[int, int] = {}
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        add, cancel = book.add_order, book.cancel_order
        for is_new, buys, price, qty, name in rows:
            if is_new:
                order, trades = add("T", price, qty, 1 if buys else 2)
                ids[name] = order.order_id
                for trade in trades:
                    if trade.order_id != order.order_id:
                        total[0] += 1
                        total[1] += trade.trade_qty
            else:
                cancel(ids.pop(name), "T")

    return Peer(run, lambda: (total[0], total[1]))


def pyorderbook(_: batched.Load) -> Peer:
    """Plain Python: heaps and Decimal."""
    module = importlib.import_module("pyorderbook.book")
    orders = importlib.import_module("pyorderbook.order")
    book = module.Book()
    bid, ask = orders.Side.BID, orders.Side.ASK
    ids: dict[int, Any] = {}
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        match, cancel, order_of = book.match, book.cancel, orders.Order
        for is_new, buys, price, qty, name in rows:
            if is_new:
                order = ids[name] = order_of(bid if buys else ask, "T", price, qty)
                for trade in match(order).trades:
                    total[0] += 1
                    total[1] += trade.fill_quantity
            else:
                cancel(ids.pop(name))

    return Peer(run, lambda: (total[0], total[1]))


def fastlob(_: batched.Load) -> Peer:
    """SortedDict and Decimal; a result's number of matched orders leaves out the last one, so its fills are not told."""
    module = importlib.import_module("fastlob")
    logging.disable(logging.CRITICAL)
    book = module.Orderbook("T", start=True)
    bid, ask, params = module.OrderSide.BID, module.OrderSide.ASK, module.OrderParams
    ids: dict[int, str] = {}

    def run(rows: list[Row]) -> None:
        cancel = book.cancel
        for is_new, buys, price, qty, name in rows:
            if is_new:
                ids[name] = book(params(side=bid if buys else ask, price=price, quantity=qty)).orderid()
            else:
                cancel(ids.pop(name))

    return Peer(run, lambda: None)


def manticore_orderbook(_: batched.Load) -> Peer:
    """Locks, floats and strings; trades through a subscription."""
    module = importlib.import_module("manticore_orderbook")
    logging.disable(logging.CRITICAL)
    book = module.OrderBook("T", enable_logging=False)
    total = [0, 0]

    def on_trade(_: Any, trade: dict[str, Any]) -> None:
        total[0] += 1
        total[1] += int(trade["quantity"])

    book.event_manager.subscribe(module.EventType.TRADE_EXECUTED, on_trade)

    def run(rows: list[Row]) -> None:
        add, cancel = book.add_order, book.cancel_order
        for is_new, buys, price, qty, name in rows:
            if is_new:
                add("buy" if buys else "sell", float(price), float(qty), str(name))
            else:
                cancel(str(name))

    return Peer(run, lambda: (total[0], total[1]))


def akhil4n_orderbook(_: batched.Load) -> Peer:
    """SortedDict and Decimal, dataclasses; trades in a list."""
    module = importlib.import_module("orderbook")
    book = module.OrderBook()
    bid, ask, order_of = module.OrderSide.BID, module.OrderSide.ASK, module.Order
    ids: dict[int, str] = {}

    def run(rows: list[Row]) -> None:
        add, cancel = book.add_limit_order, book.cancel_order
        for is_new, buys, price, qty, name in rows:
            if is_new:
                order = order_of(bid if buys else ask, Decimal(price), qty)
                ids[name] = order.order_id
                add(order)
            else:
                cancel(ids.pop(name))

    return Peer(run, lambda: (len(book.trade_log), sum(trade.quantity_filled for trade in book.trade_log)))
