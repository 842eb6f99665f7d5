"""The order book as a user's type checker sees it; never run."""

from typing import assert_type

from engine import Instrument, OrderBook
from engine.matching.enums import Reason, Side
from engine.matching.records import Event, Level, OpenOrder

book = OrderBook([Instrument("AAPLx", tick=100)], orders=1_000)
assert_type(book, OrderBook)
assert_type(book.enter(Side.BUY, price=1_000_000, qty=5, cl_ord_id=1), int)
assert_type(book.cancel(order_id=1), bool)
assert_type(book.replace(order_id=1, price=1_000_000, qty=4), bool)
assert_type(book.mass_cancel(account=1), int)
assert_type(book.cancel_all(account=1, reason=Reason.KILL), int)
assert_type(book.set_collar(1, low=900_000, high=1_100_000, dynamic_bps=300, anchor=1_000_000), int)
assert_type(book.list_instrument(Instrument("MSFTx")), int)
assert_type(book.apply(bytearray(112)), int)
assert_type(book.reports, memoryview)
assert_type(book.events(), list[Event])
assert_type(book.events()[0].leaves_qty, int)
assert_type(book.order(1), OpenOrder | None)
assert_type(book.depth(), tuple[list[Level], list[Level]])
assert_type(book.top(), tuple[int, int, int, int])

book.enter(Side.BUY, price=1.5, qty=5, cl_ord_id=1)  # type: ignore[arg-type]
book.enter(Side.BUY, price="1.5", qty=5, cl_ord_id=1)  # type: ignore[arg-type]
book.open_orders = 3  # type: ignore[misc]
OrderBook(limit=3)  # type: ignore[call-arg]
book.order(1).leaves_qty  # type: ignore[union-attr]  # noqa: B018


class Mine(OrderBook):  # type: ignore[misc]
    pass
