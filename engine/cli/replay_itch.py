"""`ats replay-itch`: a real exchange's order flow through two TCP sessions, and whether the venue filled whom the feed names."""

import asyncio
from pathlib import Path
from typing import Any

import click

from engine.cli.access import Access, find_access, trading_names, venue_option
from engine.cli.itch import ItchError, messages, open_itch
from engine.cli.itch_orders import Action, Tally, Translator, choose_stock
from engine.cli.latency import percentile_us
from engine.cli.output import Progress, json_option, show, table, talk, wrong

DEFAULT_RATE = 15_000
STRAYS_SHOWN = 5


@click.command("replay-itch")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connect", metavar="HOST:PORT", help="Where the venue listens; as venue.toml says without it.")
@click.option("--maker", metavar="NAME", help="Subscriber who enters the book's orders; the first of the keys without it.")
@click.option("--taker", metavar="NAME", help="Subscriber whose orders execute them; the second without it.")
@click.option("--maker-key", metavar="FILE", type=click.Path(path_type=Path), help="The maker's private key; keys/NAME.pem without it.")
@click.option("--taker-key", metavar="FILE", type=click.Path(path_type=Path), help="The taker's private key; keys/NAME.pem without it.")
@click.option("--stock", metavar="NAME", help="Stock to follow, as the feed calls it; the file's first without it.")
@click.option("--symbol", help="Instrument to trade it in; the stock's name and an x without it.")
@click.option(
    "--rate",
    metavar="N",
    type=click.IntRange(min=0),
    default=DEFAULT_RATE,
    show_default=True,
    help="Messages a second at most; 0: no limit.",
)
@venue_option
@json_option
def command(
    file: Path,
    connect: str | None,
    maker: str | None,
    taker: str | None,
    maker_key: Path | None,
    taker_key: Path | None,
    stock: str | None,
    symbol: str | None,
    rate: int,
    venue: Path,
    *,
    as_json: bool,
) -> None:
    """Send the order flow of an ITCH 5.0 FILE to a venue over TCP.

    One subscriber enters, changes and cancels the book's orders; another sends an immediate order for each execution of the feed.  A
    venue with price-time priority fills each from the very order that the feed names; exit code 1 says that one did not.  Both need money
    and tokens for what they send, as `ats init` gives them.
    """
    names = trading_names(venue)
    maker = maker or (names[0] if names else None)
    taker = taker or next((name for name in names if name != maker), None)
    sides = tuple(find_access(venue, connect=connect, name=name, key=key) for name, key in ((maker, maker_key), (taker, taker_key)))
    from engine.gateway.server import loop_factory

    actions, tally, stock = _read(file, stock)
    symbol = symbol or f"{stock}x"
    talk(f"{file}: {tally.messages:,} messages of {stock}, sent as {symbol} to {sides[0].address} by {sides[0].name} and {sides[1].name}")
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        result = runner.run(_replay(sides[0], sides[1], symbol, actions, tally, rate))
    show(result, _text(result), as_json=as_json)
    if result["executions_at_named_maker"] != result["executions_known"]:
        raise SystemExit(1)


def _read(file: Path, stock: str | None) -> tuple[list[Action], Tally, str]:
    try:
        with open_itch(file) as opened:
            chosen = choose_stock(messages(opened), stock)
        if chosen is None:
            wrong(f"{file}: no order of {stock or 'any stock'} in it")
        translator = Translator(chosen[1])
        with open_itch(file) as opened:
            return list(translator.actions(messages(opened))), translator.tally, chosen[0]
    except (ItchError, OSError, EOFError) as error:
        return wrong(f"{file}: {error}")


async def _replay(maker: Access, taker: Access, symbol: str, actions: list[Action], tally: Tally, rate: int) -> dict[str, Any]:
    from engine.cli.itch_session import Replay
    from engine.client import AsyncClient, ClientError

    try:
        async with AsyncClient(maker.address, **maker.flow()) as making, AsyncClient(taker.address, **taker.flow()) as taking:
            before = await making.book(symbol, depth=1)
            if before.bids or before.asks:
                talk(f"warning: {symbol} has orders already; fills from them count as strays")
            replay = Replay(making, taking, symbol, rate)
            with Progress(len(actions), "sending") as advance:
                outcome = await replay.run(actions, advance)
    except (ClientError, OSError, TimeoutError, ValueError) as error:
        wrong(f"{maker.address}: {str(error) or type(error).__name__}")
    return {
        "feed_messages": tally.messages,
        "messages_sent": outcome.messages,
        "sent": dict(outcome.sent),
        "fills": outcome.fills,
        "executions_known": outcome.executions,
        "executions_at_named_maker": outcome.at_named_maker,
        "executions_unknown": tally.unknown["executions"],
        "skipped_unknown": dict(tally.unknown),
        "skipped_hidden_trades": tally.hidden_trades,
        "rejected": outcome.rejected,
        "first_reject": outcome.first_reject,
        "strays": outcome.strays[:STRAYS_SHOWN],
        "elapsed_s": round(outcome.elapsed_s, 3),
        "messages_per_s": round(outcome.messages / max(outcome.elapsed_s, 1e-9)),
        "round_trip_us": _percentiles(outcome.round_trips_ns),
        "taker_round_trip_us": _percentiles(outcome.taker_round_trips_ns),
    }


def _percentiles(samples_ns: list[int]) -> dict[str, float]:
    return {name: percentile_us(samples_ns, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}


def _text(result: dict[str, Any]) -> str:
    known, right = result["executions_known"], result["executions_at_named_maker"]
    skipped = ", ".join(f"{count:,} {what}" for what, count in result["skipped_unknown"].items())
    rows = [
        ("messages sent", f"{result['messages_sent']:,}  ({', '.join(f'{n:,} {what}' for what, n in result['sent'].items())})"),
        ("fills", f"{result['fills']:,}"),
        ("at the maker the feed names", f"{right:,} of {known:,} known executions"),
        ("skipped, unknown order", skipped or "none"),
        ("skipped, hidden trades", f"{result['skipped_hidden_trades']:,}"),
        ("rejected", f"{result['rejected']:,}" + (f"  ({result['first_reject']})" if result["rejected"] else "")),
        ("rate", f"{result['messages_per_s']:,} messages/s over {result['elapsed_s']:.1f} s"),
        ("round trip, pipelined", _spread(result["round_trip_us"])),
        ("round trip, taker", _spread(result["taker_round_trip_us"])),
    ]
    return "\n".join([table(rows), *(f"stray: {stray}" for stray in result["strays"])])


def _spread(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:,.0f} µs" for name, value in figures.items())
