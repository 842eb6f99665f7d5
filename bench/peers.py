"""One Python call per command: the engine's own cost of a call, and order books from PyPI where they are installed.

Every book gets the same rows of w1 (new limit orders and cancels), as plain integers known before the clock starts; what a book needs
in their place (its own order objects, a table from our ids to its ids, floats) is made inside the clock, since its user would have to.
A book whose trades differ from ours is shown with what it found and no speed.  Missing ones are named and skipped:

    pip install cython-orderbook lightmatchingengine limit-order-book litebook orderly-chaos pyorderbook
"""

import argparse
import contextlib
import gc
import importlib
import statistics
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from time import perf_counter_ns
from typing import Any, NamedTuple

from bench import book as batched
from bench import flow, machine
from engine.matching.book import OrderBook
from engine.matching.enums import Liquidity
from engine.matching.records import EVENT_FORMAT, EVENT_SIZE

Row = tuple[bool, bool, int, int, int]  # is it a new order, does it buy, price, qty, id
Runner = Callable[[list[Row]], None]


class Peer(NamedTuple):
    """A fresh book: how to run rows through it, and its trades and volume so far; None where it does not tell."""

    run: Runner
    trades: Callable[[], tuple[int, int] | None]


def engine_call(made: batched.Load) -> Peer:
    """The engine, a call per command; events stay in its buffer, unread."""
    book = batched.new_book(made)

    def run(rows: list[Row]) -> None:
        enter, cancel = book.enter, book.cancel
        for is_new, buys, price, qty, name in rows:
            if is_new:
                enter(1 if buys else 2, price, qty, name)
            else:
                cancel(0, name)

    return Peer(run, lambda: None)


def engine_events(made: batched.Load) -> Peer:
    """The engine, a call per command, and its events read as Python objects after each new order."""
    book: OrderBook = batched.new_book(made)
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        enter, cancel, events = book.enter, book.cancel, book.events
        for is_new, buys, price, qty, name in rows:
            if is_new:
                enter(1 if buys else 2, price, qty, name)
                for event in events()[2::2]:
                    total[0] += 1
                    total[1] += event.last_qty
            else:
                cancel(0, name)

    return Peer(run, lambda: (total[0], total[1]))


def engine_reports(made: batched.Load) -> Peer:
    """The engine, a call per command, and its packed reports unpacked where an order did more than rest."""
    book: OrderBook = batched.new_book(made)
    unpack = struct.Struct(EVENT_FORMAT).iter_unpack
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        enter, cancel = book.enter, book.cancel
        for is_new, buys, price, qty, name in rows:
            if is_new:
                enter(1 if buys else 2, price, qty, name)
                reports = book.reports
                if len(reports) > EVENT_SIZE:
                    for event in unpack(reports[2 * EVENT_SIZE :]):
                        if event[15] == Liquidity.TAKER:
                            total[0] += 1
                            total[1] += event[9]
            else:
                cancel(0, name)

    return Peer(run, lambda: (total[0], total[1]))


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


OURS = (engine_call, engine_reports, engine_events)
PEERS = (limit_order_book, litebook, orderly_chaos, cython_orderbook, lightmatchingengine, pyorderbook)


def rows_of(made: batched.Load) -> list[Row]:
    """Unpack the commands of a flow of new orders and cancels."""
    words = memoryview(made.commands).cast("q")
    columns = (words[at::13].tolist() for at in (5, 6, 3))
    is_new = [kind == 68 for kind in made.commands[88::112]]
    buys = [side == 1 for side in made.commands[89::112]]
    return list(zip(is_new, buys, *columns, strict=True))


def timed(start: Callable[[batched.Load], Peer], made: batched.Load, rows: list[Row]) -> tuple[float, tuple[int, int] | None]:
    """Run the rows through a fresh book; nanoseconds a call after the prefill, and the trades and volume of that part."""
    peer = start(made)
    peer.run(rows[: made.flow.prefill])
    rest = rows[made.flow.prefill :]
    before = peer.trades()
    with no_garbage_collection():
        began = perf_counter_ns()
        peer.run(rest)
        spent = perf_counter_ns() - began
    after = peer.trades()
    found = None if before is None or after is None else (after[0] - before[0], after[1] - before[1])
    return spent / len(rest), found


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Keep the collector's pauses out of everybody's figures."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def installed(peer: Callable[[batched.Load], Peer]) -> bool:
    """Say whether the package of a peer can be imported."""
    try:
        importlib.import_module(peer.__name__)
    except ImportError:
        return False
    return True


def verdict(found: tuple[int, int] | None, expected: tuple[int, int]) -> str:
    """What to say of a book's trades."""
    if found is None:
        return "fills not told"
    return "yes" if found == expected else f"NO: {found[0]:,} trades, volume {found[1]:,}"


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench peers`."""
    parser = argparse.ArgumentParser(prog="python -m bench peers", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    print(f"ns a call from Python, w1, {chosen.count:,} messages, seed {chosen.seed}, median of {chosen.rounds} rounds\n")
    with tempfile.TemporaryDirectory(prefix="ats-flow-") as directory:
        made = batched.load(flow.make("w1", Path(directory) / "w1.flow", seed=chosen.seed, count=chosen.count))
    rows, expected = rows_of(made), (made.flow.trades, made.flow.volume)
    batch = statistics.median(batched.timed(made) for _ in range(chosen.rounds))
    result: dict[str, Any] = {"machine": about, "messages": chosen.count, "seed": chosen.seed, "books": {}}
    result["books"]["engine_batch"] = {"ns": round(batch, 1), "trades_agree": verdict(batched.answer(made), expected)}
    missing = [peer.__name__ for peer in PEERS if not installed(peer)]
    books = [peer for peer in (*OURS, *PEERS) if peer.__name__ not in missing]
    runs = [[timed(peer, made, rows) for peer in books] for _ in range(chosen.rounds)]
    for peer, turns in zip(books, zip(*runs, strict=True), strict=True):
        said = verdict(turns[0][1], expected)
        ns = None if said.startswith("NO") else round(statistics.median(ns for ns, _ in turns), 1)
        result["books"][peer.__name__] = {"ns": ns, "trades_agree": said}
    show(result)
    if missing:
        print(f"\nnot installed: {', '.join(missing)}", file=sys.stderr)
    if chosen.save:
        print(f"\nsaved {machine.save('peers', result)}", file=sys.stderr)
    return 0


def show(result: dict[str, Any]) -> None:
    """Print one line a book."""
    one_call = result["books"]["engine_call"]["ns"]
    print(f"{'book':22}{'ns':>10}{'x one call':>12}  trades agree")
    for name, figures in result["books"].items():
        ns = figures["ns"]
        speed = f"{ns:10,.1f}{ns / one_call:12.1f}" if ns is not None else f"{'-':>10}{'-':>12}"
        print(f"{name:22}{speed}  {figures['trades_agree']}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
