"""`ats book`, `ats orders`: questions to a running venue."""

from decimal import Decimal
from typing import Any

import click

from engine.cli.access import Access, access_options
from engine.cli.one_shot import connected
from engine.cli.orders import described
from engine.cli.output import columns, json_option, plain, show
from engine.client import Book, Client, Order, PriceLevel

BAR = 24


@click.command("book")
@click.argument("symbol")
@click.option("--depth", type=click.IntRange(1, 1000), default=10, show_default=True, help="Price levels of each side.")
@access_options
@json_option
def book(symbol: str, depth: int, *, access: Access, as_json: bool) -> None:
    """Show the book of SYMBOL: asks over bids, your own prices marked with *."""
    with connected(access) as client:
        snapshot = client.book(symbol, depth=depth)
        own = {order.price for order in client.open_orders() if order.symbol == symbol}
    result = {
        "symbol": snapshot.symbol,
        "book_seq": snapshot.book_seq,
        "last_px": str(snapshot.last_px) if snapshot.last_px is not None else None,
        "bids": [_level(level) for level in snapshot.bids],
        "asks": [_level(level) for level in snapshot.asks],
    }
    show(result, _ladder(snapshot, own), as_json=as_json)


@click.command("orders")
@click.option("--symbol", help="Only of this instrument.")
@access_options
@json_option
def orders(*, symbol: str | None, access: Access, as_json: bool) -> None:
    """List your open orders, oldest first."""
    with connected(access) as client:
        mine = _open_orders(client, symbol)
    waiting = any(order.stop_px is not None for order in mine)
    headings = ("<order", "<symbol", "<side", ">price", *((">stop",) if waiting else ()), ">quantity", ">filled", ">open")
    text = columns(headings, [_order_row(order, waiting=waiting) for order in mine]) if mine else "no open orders"
    show({"orders": [described(order) for order in mine]}, text, as_json=as_json)


def _order_row(order: Order, *, waiting: bool) -> tuple[str, ...]:
    stop = (str(order.stop_px) if order.stop_px is not None else "-",) if waiting else ()
    figures = (order.order_qty, order.cum_qty, order.leaves_qty)
    return (str(order.order_id), order.symbol, order.side.name, str(order.price), *stop, *map(plain, figures))


def _open_orders(client: Client, symbol: str | None) -> list[Order]:
    if symbol is not None:
        client.status(symbol)
    return [order for order in client.open_orders() if symbol in (None, order.symbol)]


def _level(level: PriceLevel) -> dict[str, Any]:
    return {"price": str(level.price), "qty": plain(level.qty), "orders": level.orders}


def _ladder(snapshot: Book, own: set[Decimal]) -> str:
    """Draw asks over bids with bars of size; colours are dropped by click where stdout is no terminal."""
    levels = [*snapshot.asks, *snapshot.bids]
    if not levels:
        return f"{snapshot.symbol}: the book is empty"
    widest = max(level.qty for level in levels)
    wide = max(5, *(len(str(level.price)) for level in levels)), max(6, *(len(plain(level.qty)) for level in levels))

    def line(level: PriceLevel, colour: str) -> str:
        bar = click.style("█" * max(1, round(level.qty / widest * BAR)), fg=colour)
        mark = "*" if level.price in own else " "
        price = click.style(f"{level.price:>{wide[0]}}", fg=colour, bold=True)
        return f"{mark} {price}  {plain(level.qty):>{wide[1]}}  {level.orders:>6}  {bar}"

    best_bid, best_ask = snapshot.best_bid, snapshot.best_ask
    spread = f", spread {best_ask.price - best_bid.price}" if best_bid and best_ask else ""
    last = f"last {snapshot.last_px}" if snapshot.last_px is not None else "no trade yet"
    return "\n".join(
        [
            f"{snapshot.symbol}  {last}{spread}",
            f"  {'price':>{wide[0]}}  {'tokens':>{wide[1]}}  orders",
            *(line(level, "red") for level in reversed(snapshot.asks)),
            "  " + "─" * (wide[0] + wide[1] + 10),
            *(line(level, "green") for level in snapshot.bids),
        ]
    )
