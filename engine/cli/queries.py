"""`ats status`, `ats book`, `ats orders`: questions to a running venue."""

from decimal import Decimal
from time import perf_counter_ns
from typing import Any

import click

from engine.cli.access import Access, access_options
from engine.cli.one_shot import connected
from engine.cli.orders import described
from engine.cli.output import columns, json_option, plain, show
from engine.client import Book, Client, Instrument, InstrumentState, Order, PriceLevel

BAR = 24
# A venue answers a hundred questions a second by default and logs off who asks twice as many.
PRICED_MAX = 40


@click.command("status")
@access_options
@json_option
def status(*, access: Access, as_json: bool) -> None:
    """Show a running venue: its instruments, their prices, and how fast it answers."""
    with connected(access) as client:
        began = perf_counter_ns()
        listed = client.instruments()
        elapsed_us = (perf_counter_ns() - began) / 1000
        books = {instrument.symbol: client.book(instrument.symbol, depth=1) for instrument in listed[:PRICED_MAX]}
        states = {instrument.symbol: client.status(instrument.symbol) for instrument in listed[:PRICED_MAX]}
        mine = len(client.open_orders())
        venue = client.venue
    result: dict[str, Any] = {
        "venue": venue,
        "address": access.address,
        "subscriber": access.name,
        "open_orders": mine,
        "answer_us": round(elapsed_us, 1),
        "instruments": [_described(instrument, books.get(instrument.symbol), states.get(instrument.symbol)) for instrument in listed],
    }
    head = f"{venue} at {access.address}, answers in {elapsed_us:,.0f} µs; {access.name} has {mine} open orders"
    rows = [_instrument_row(each) for each in result["instruments"]]
    text = columns(
        ("<symbol", "<status", ">tick", ">lot", ">bid", ">ask", ">last", ">reference", "<collar", ">maker bp", ">taker bp"), rows
    )
    show(result, f"{head}\n\n{text}", as_json=as_json)


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
    rows = [_order_row(order) for order in mine]
    text = columns(("<order", "<symbol", "<side", ">price", ">quantity", ">filled", ">open"), rows) if rows else "no open orders"
    show({"orders": [described(order) for order in mine]}, text, as_json=as_json)


def _order_row(order: Order) -> tuple[str, ...]:
    figures = (order.order_qty, order.cum_qty, order.leaves_qty)
    return (str(order.order_id), order.symbol, order.side.name, str(order.price), *map(plain, figures))


def _open_orders(client: Client, symbol: str | None) -> list[Order]:
    if symbol is not None:
        client.status(symbol)
    return [order for order in client.open_orders() if symbol in (None, order.symbol)]


def _described(instrument: Instrument, top: Book | None, state: InstrumentState | None) -> dict[str, Any]:
    bid, ask = (top.best_bid, top.best_ask) if top is not None else (None, None)
    status = state.status if state is not None else instrument.status
    return {
        "symbol": instrument.symbol,
        "quote": instrument.quote,
        "is_trading": instrument.is_trading,
        "status": getattr(status, "name", str(status)).lower().replace("_", "-"),
        "cause": state.cause if state is not None else "",
        "session": state.session if state is not None else "",
        "tick": str(instrument.tick),
        "lot": str(instrument.lot),
        "bid": str(bid.price) if bid else None,
        "ask": str(ask.price) if ask else None,
        "last_px": str(top.last_px) if top is not None and top.last_px is not None else None,
        "reference": str(state.reference) if state is not None and state.reference is not None else None,
        "quality": state.quality.name if state is not None else "",
        "low": str(state.low) if state is not None and state.low is not None else None,
        "high": str(state.high) if state is not None and state.high is not None else None,
        "maker_bps": plain(instrument.maker_bps),
        "taker_bps": plain(instrument.taker_bps),
    }


def _instrument_row(each: dict[str, Any]) -> tuple[str, ...]:
    status = "trading" if each["is_trading"] else f"{each['status']}, {each['cause']}"
    prices = (each["bid"] or "-", each["ask"] or "-", each["last_px"] or "-")
    reference = f"{each['reference']} {each['quality'].lower()}" if each["reference"] else "-"
    collar = f"{each['low']} to {each['high']}" if each["low"] else "-"
    return (
        f"{each['symbol']}/{each['quote']}",
        status,
        each["tick"],
        each["lot"],
        *prices,
        reference,
        collar,
        each["maker_bps"],
        each["taker_bps"],
    )


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
