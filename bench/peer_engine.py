"""A book behind Python calls, as `bench peers` runs it, and the engine as such a book: a call per command, its fills read or not."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import book as batched
from bench import compiled
from engine.matching.book import OrderBook
from engine.matching.enums import Liquidity

Row = tuple[bool, bool, int, int, int]  # is it a new order, does it buy, price, qty, id
Runner = Callable[[list[Row]], None]

FILL = "=16xQ40xqq14xBx"  # of a packed event: whose it is, price and quantity of the execution, and on which side of it
BARE = "BENCH_BARE"  # of the environment: the library with the bare call


class Peer(NamedTuple):
    """A fresh book: how to run rows through it, and its trades and volume so far; None where it does not tell."""

    run: Runner
    trades: Callable[[], tuple[int, int] | None]


def bare_call(_: batched.Load) -> Peer:
    """No book at all: a call of five integers to a compiled method that does nothing, in the loop that all have."""
    call = compiled.loaded(Path(os.environ[BARE])).Bare().call

    def run(rows: list[Row]) -> None:
        for is_new, buys, price, qty, name in rows:
            call(is_new, buys, price, qty, name)

    return Peer(run, lambda: None)


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


def engine_reports(made: batched.Load) -> Peer:
    """The engine, a call per command, and the fills among its packed reports unpacked where an order did more than rest."""
    book: OrderBook = batched.new_book(made)
    unpack = struct.Struct(FILL).iter_unpack
    total = [0, 0]

    def run(rows: list[Row]) -> None:
        enter, cancel = book.enter, book.cancel
        events, taker = book.last_exec_id, int(Liquidity.TAKER)
        for is_new, buys, price, qty, name in rows:
            events += 1
            if not is_new:
                cancel(0, name)
                continue
            enter(1 if buys else 2, price, qty, name)
            if book.last_exec_id != events:
                events = book.last_exec_id
                for _, _, last_qty, role in unpack(book.reports):
                    if role == taker:
                        total[0] += 1
                        total[1] += last_qty

    return Peer(run, lambda: (total[0], total[1]))


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
