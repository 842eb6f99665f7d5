"""`ats status`: how a venue's instruments stand, all in a table, one in full, or each change as it comes."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter_ns
from typing import Any

import click

from engine.cli.access import Access, access_options
from engine.cli.one_shot import connected
from engine.cli.output import columns, json_option, plain, show, table
from engine.client import Book, Client, Instrument, InstrumentState, StatusChanged, TradingStatus

# A venue answers a hundred questions a second by default and logs off who asks twice as many.
PRICED_MAX = 40
HEADINGS = ("<symbol", "<status", ">tick", ">lot", ">bid", ">ask", ">last", ">reference", "<collar", ">maker bp", ">taker bp")


@click.command("status")
@click.argument("symbol", required=False)
@click.option("--follow", is_flag=True, help="Print each change as it comes, and in a call what an auction would do, until Ctrl-C.")
@access_options
@json_option
def command(symbol: str | None, *, follow: bool, access: Access, as_json: bool) -> None:
    """Show a running venue: its instruments, how they stand, their prices, and how fast it answers.

    With SYMBOL, that one in full: status, cause, since when and until when, what an auction would do now, and the reserve behind the token.
    """
    with connected(access) as client:
        if follow:
            _follow(client, symbol, as_json=as_json)
        elif symbol is None:
            _show_all(client, access, as_json=as_json)
        else:
            _show_one(client, symbol, as_json=as_json)


def status_word(state: InstrumentState) -> str:
    """Return an instrument's status as operators call it; a number that this program does not know stays one."""
    return "continuous" if state.is_trading else getattr(state.status, "name", str(state.status)).lower().replace("_", "-")


def line(state: InstrumentState) -> str:
    """Say in one line how an instrument stands."""
    parts = [f"{state.symbol} {status_word(state)}, {state.cause}"]
    parts += [f"until {_clock(state.until)}, then {_then(state)}"] if state.until else []
    parts += [f"resumes {_clock(state.expected_resume)}"] if state.expected_resume not in (None, state.until) else []
    parts += [f"indicative {_indicative(state)}"] if state.indicative_px is not None else []
    parts += [f"reserve {state.reserve}: {_reserve(state)}"] if state.reserve else []
    return "; ".join(parts)


def _follow(client: Client, symbol: str | None, *, as_json: bool) -> None:
    events = client.events()
    told: dict[str, InstrumentState] = {}

    def tell(state: InstrumentState) -> None:
        if told.get(state.symbol) == state:
            return
        told[state.symbol] = state
        text = json.dumps(_standing(state), separators=(",", ":")) if as_json else f"{_clock(datetime.now(UTC))}  {line(state)}"
        click.echo(text)

    for state in client.subscribe_status(symbol):
        tell(state)
    with suppress(KeyboardInterrupt):
        for event in events:
            if isinstance(event, StatusChanged):
                tell(event.state)


def _show_one(client: Client, symbol: str, *, as_json: bool) -> None:
    state = client.status(symbol)
    instrument = next(each for each in client.instruments() if each.symbol == symbol)
    told = _described(instrument, client.book(symbol, depth=1), state)
    rows = [("status", f"{told['status']}, {state.cause}"), ("since", _time(state.since) or "-")]
    rows += [("until", f"{_time(state.until)}, then {_then(state)}")] if state.until else []
    rows += [("resumes", _time(state.expected_resume) or "-")] if state.expected_resume not in (None, state.until) else []
    rows += [("indicative", _indicative(state))] if state.indicative_px is not None else []
    rows += [("session", state.session), ("bid, ask", f"{told['bid'] or '-'}, {told['ask'] or '-'}"), ("last", told["last_px"] or "-")]
    rows += [("reference", _reference(told)), ("collar", _collar(told))]
    rows += [("reserve", f"{state.reserve}: {_reserve(state)}")] if state.reserve else []
    fees = f"maker {told['maker_bps']} bp, taker {told['taker_bps']} bp, auction {told['auction_bps']} bp"
    rows += [("tick, lot", f"{told['tick']}, {told['lot']}"), ("fees", fees)]
    show(told, f"{symbol}/{instrument.quote}\n{table(rows)}", as_json=as_json)


def _show_all(client: Client, access: Access, *, as_json: bool) -> None:
    began = perf_counter_ns()
    listed = client.instruments()
    elapsed_us = (perf_counter_ns() - began) / 1000
    books = {instrument.symbol: client.book(instrument.symbol, depth=1) for instrument in listed[:PRICED_MAX]}
    states = {instrument.symbol: client.status(instrument.symbol) for instrument in listed[:PRICED_MAX]}
    mine = len(client.open_orders())
    result: dict[str, Any] = {
        "venue": client.venue,
        "address": access.address,
        "subscriber": access.name,
        "open_orders": mine,
        "answer_us": round(elapsed_us, 1),
        "instruments": [_described(instrument, books.get(instrument.symbol), states.get(instrument.symbol)) for instrument in listed],
    }
    head = f"{client.venue} at {access.address}, answers in {elapsed_us:,.0f} µs; {access.name} has {mine} open orders"
    text = columns(HEADINGS, [_row(each) for each in result["instruments"]])
    show(result, f"{head}\n\n{text}", as_json=as_json)


def _described(instrument: Instrument, top: Book | None, state: InstrumentState | None) -> dict[str, Any]:
    bid, ask = (top.best_bid, top.best_ask) if top is not None else (None, None)
    standing = _standing(state) if state is not None else {"status": getattr(instrument.status, "name", str(instrument.status)).lower()}
    return {
        "symbol": instrument.symbol,
        "quote": instrument.quote,
        "is_trading": instrument.is_trading if state is None else state.is_trading,
        "tick": str(instrument.tick),
        "lot": str(instrument.lot),
        "bid": str(bid.price) if bid else None,
        "ask": str(ask.price) if ask else None,
        "last_px": str(top.last_px) if top is not None and top.last_px is not None else None,
        "maker_bps": plain(instrument.maker_bps),
        "taker_bps": plain(instrument.taker_bps),
        "auction_bps": plain(instrument.auction_bps),
        **standing,
    }


def _standing(state: InstrumentState) -> dict[str, Any]:
    """Return how an instrument stands as plain values."""
    return {
        "symbol": state.symbol,
        "status": status_word(state),
        "cause": state.cause,
        "since": _time(state.since),
        "until": _time(state.until),
        "then": state.then,
        "expected_resume": _time(state.expected_resume),
        "session": state.session,
        "indicative_px": _text(state.indicative_px),
        "indicative_qty": plain(state.indicative_qty),
        "imbalance": plain(state.imbalance),
        "reference": _text(state.reference),
        "quality": state.quality.name,
        "low": _text(state.low),
        "high": _text(state.high),
        "reserve": state.reserve,
        "issued": plain(state.issued),
        "attested": plain(state.attested),
        "attested_at": _time(state.attested_at),
    }


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    status = "trading" if each["is_trading"] else f"{each['status']}, {each['cause']}" if each.get("cause") else each["status"]
    prices = (each["bid"] or "-", each["ask"] or "-", each["last_px"] or "-")
    name = f"{each['symbol']}/{each['quote']}"
    return name, status, each["tick"], each["lot"], *prices, _reference(each), _collar(each), each["maker_bps"], each["taker_bps"]


def _reference(each: dict[str, Any]) -> str:
    return f"{each['reference']} {each['quality'].lower()}" if each.get("reference") else "-"


def _collar(each: dict[str, Any]) -> str:
    return f"{each['low']} to {each['high']}" if each.get("low") else "-"


def _indicative(state: InstrumentState) -> str:
    over = f", {plain(abs(state.imbalance))} {'bought' if state.imbalance > 0 else 'sold'} more" if state.imbalance else ""
    return f"{state.indicative_px} for {plain(state.indicative_qty)}{over}"


def _then(state: InstrumentState) -> str:
    """Return what follows a call, or a pause, which a call ends."""
    return "auction-call" if state.status == TradingStatus.VOL_PAUSE else state.then


def _reserve(state: InstrumentState) -> str:
    at = f" as of {_time(state.attested_at)}" if state.attested_at else ""
    return f"{plain(state.issued)} issued, {plain(state.attested)} attested{at}"


def _text(value: Decimal | None) -> str | None:
    return str(value) if value is not None else None


def _time(time: datetime | None) -> str | None:
    return f"{time:%Y-%m-%dT%H:%M:%S}Z" if time else None


def _clock(time: datetime | None) -> str:
    return f"{time:%H:%M:%S}" if time else "-"
