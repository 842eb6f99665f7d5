"""Books as text: rows are price levels, best ask lowest of the asks, best bid highest of the bids, each queue in time priority.

                 | 10.03 | 200#1
                 | 10.02 | 50#2 20+80#7
    100#3 300#4  | 10.01 |

`50#2` is a quantity and its client order id; `20+80#7` shows 20 and keeps 80 in reserve.  `draw` prints a book, `parse` reads the text
back, and `parse(draw(book)) == rows(book)` always holds.  `engine.testing.play` plays scripts of actions between such drawings.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from engine.matching.enums import Side

PRICE_UNITS = 10_000
EMPTY = "empty"


class Quote(NamedTuple):
    """One order of a queue as it is drawn."""

    shown_qty: int
    reserve_qty: int
    cl_ord_id: int


class Row(NamedTuple):
    """One price with the orders on both sides of it, oldest first; while the book collects orders both may have some."""

    price: int
    bids: tuple[Quote, ...] = ()
    asks: tuple[Quote, ...] = ()


def rows(book: Any, instrument: int = 1) -> list[Row]:
    """Return the levels of a book, highest price first."""
    found: dict[int, dict[int, list[Quote]]] = {}
    for order in book.orders(instrument):
        queues = found.setdefault(order.price, {Side.BUY: [], Side.SELL: []})
        queues[order.side].append(Quote(order.shown_qty, order.leaves_qty - order.shown_qty, order.cl_ord_id))
    return [Row(price, tuple(found[price][Side.BUY]), tuple(found[price][Side.SELL])) for price in sorted(found, reverse=True)]


def draw(book: Any, instrument: int = 1) -> str:
    """Draw a book."""
    return draw_rows(rows(book, instrument))


def draw_rows(levels: list[Row]) -> str:
    """Draw levels, aligned at their prices."""
    if not levels:
        return EMPTY
    bids = [_draw_queue(row.bids) for row in levels]
    prices = [draw_price(row.price) for row in levels]
    bid_width, price_width = max(map(len, bids)), max(map(len, prices))
    lines = zip(bids, prices, (_draw_queue(row.asks) for row in levels), strict=True)
    return "\n".join(f"{bid:>{bid_width}} | {price:>{price_width}} | {ask}".rstrip() for bid, price, ask in lines)


def parse(text: str) -> list[Row]:
    """Read a drawing back."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [] if [line.strip() for line in lines] == [EMPTY] else [_parse_row(line) for line in lines]


def is_drawn(line: str) -> bool:
    """Whether a line of a script is a row of a drawing, or the whole drawing of an empty book."""
    return line.count("|") == 2 or line.strip() == EMPTY


def draw_price(price: int) -> str:
    """Return a price as people write it, with two decimals or as many as it has."""
    whole, part = divmod(price, PRICE_UNITS)
    return f"{whole}.{f'{part:04d}'.rstrip('0'):0<2}"


def parse_price(text: str) -> int:
    """Return a written price in units of 1e-4."""
    price = Decimal(text) * PRICE_UNITS
    if price != int(price):
        raise ValueError(f"price {text} has more than four decimals")
    return int(price)


def _draw_queue(queue: tuple[Quote, ...]) -> str:
    return " ".join(f"{shown}+{reserve}#{name}" if reserve else f"{shown}#{name}" for shown, reserve, name in queue)


def _parse_row(line: str) -> Row:
    bids, price, asks = line.split("|")
    return Row(parse_price(price.strip()), _parse_queue(bids), _parse_queue(asks))


def _parse_queue(text: str) -> tuple[Quote, ...]:
    return tuple(_parse_quote(word) for word in text.split())


def _parse_quote(word: str) -> Quote:
    qty, _, name = word.partition("#")
    shown, _, reserve = qty.partition("+")
    return Quote(int(shown), int(reserve or 0), int(name))
