"""The live screen of the demo: ladder, tape, symbols, subscribers and latencies drawn from a `Floor` with rich.

`draw` is a function of the state and of nothing else, so a test renders it into text.  Asks stand over bids, bars grow with size, green is
buying and red is selling throughout.
"""

from rich.align import Align
from rich.console import RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from engine.cli.demo_report import conservation_line
from engine.cli.demo_state import Floor, Quotes, Row, Seat, Trade
from engine.cli.latency import percentile_us
from engine.matching.enums import Side

BUY = "green3"
SELL = "red1"
QUIET = "grey58"
FRAME = "grey37"
CALL = "yellow3"
ACCENT = "deep_sky_blue1"
DEPTH = 20
WIDE = 120
NARROW = 100
TALL = 36
BAR = 18

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SPARKS = "▁▂▃▄▅▆▇█"


def draw(floor: Floor, width: int = 130, height: int = 40) -> RenderableType:
    """Draw the whole screen for a terminal of this size; a narrow one gets fewer columns, a low one fewer rows."""
    screen = Layout()
    told = 3 if height >= TALL else 1
    screen.split_column(
        Layout(_header(floor, width), name="header", size=3),
        Layout(name="middle"),
        Layout(_news(floor, told), name="news", size=told),
        Layout(_ledger(floor, width), name="ledger", size=1),
        Layout(_footer(floor), name="footer", size=1),
    )
    room = max(10, height - 5 - told)
    depth = max(3, min(DEPTH, (room - 5) // 2))
    wide = width >= WIDE
    screen["middle"].split_row(Layout(name="book", ratio=5), Layout(name="side", ratio=6))
    screen["book"].update(_ladder(floor.quotes[floor.focus], depth, width))
    listed = len(floor.quotes) + 3
    seated = len(floor.seats) + 3
    beside = Layout(name="beside")
    if room - listed - seated >= 6:
        beside.split_column(
            Layout(_tape(floor, room - listed - seated - 2, wide=wide), name="tape"), Layout(_seats(floor, wide=wide), size=seated)
        )
    else:
        beside.update(_tape(floor, room - listed - 2, wide=wide))
    screen["side"].split_column(Layout(_symbols(floor, wide=wide), size=listed), beside)
    return screen


def _header(floor: Floor, width: int) -> RenderableType:
    p50, p99 = (percentile_us(floor.round_trips_ns, fraction) for fraction in (0.5, 0.99))
    wide = width >= WIDE
    left = Text.assemble((f" {floor.venue} ", f"bold black on {ACCENT}"), ("  " + floor.address if width >= NARROW else "", QUIET))
    online = sum(seat.online for seat in floor.seats.values())
    middle = Text.assemble(
        _figure(f"{floor.orders.per_s:,.0f}", " orders/s   "),
        _figure(f"{floor.trades.per_s:,.0f}", " trades/s   ") if width >= NARROW else "",
        _figure(f"{floor.sent.per_s + floor.received.per_s:,.0f}", " messages/s") if wide else "",
    )
    right = Text.assemble(
        ("round trip  ", QUIET),
        _figure(_duration(p50), " p50  "),
        _figure(_duration(p99), " p99 "),
        (f"  {online} online ", QUIET) if wide else " ",
    )
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column()
    grid.add_column(justify="center")
    grid.add_column(justify="right")
    grid.add_row(left, middle, right)
    return Panel(grid, border_style=FRAME, padding=0)


def _footer(floor: Floor) -> RenderableType:
    if floor.trouble:
        return Text(f" {floor.trouble}", style=f"bold {SELL}")
    clock = f"{int(floor.elapsed_s) // 60}:{int(floor.elapsed_s) % 60:02}"
    words = f" {clock}   {floor.orders.total:,} orders   {floor.trades.total:,} trades   seed {floor.seed}   Ctrl-C stops"
    return Text(words, style=QUIET)


def _news(floor: Floor, lines: int) -> RenderableType:
    """The last things that happened, the newest at the foot."""
    latest = list(floor.news)[:lines]
    texts = [Text(f" {at_s:>5.1f} s  {text}", style="" if at == 0 else QUIET) for at, (at_s, text) in enumerate(latest)]
    return Text("\n", no_wrap=True, overflow="crop").join([*([Text("")] * (lines - len(texts))), *reversed(texts)])


def _ledger(floor: Floor, width: int) -> RenderableType:
    return Text(f" {conservation_line(floor, width - 2)}", style=QUIET if floor.is_exact else f"bold {SELL}")


def _ladder(quotes: Quotes, depth: int, width: int) -> RenderableType:
    asks, bids = quotes.asks[:depth], quotes.bids[:depth]
    widest = max((row.qty for row in asks + bids), default=1)
    table = Table.grid(expand=True, padding=(0, 1))
    _columns(table, (">", "<", ">", ">"))
    table.add_row(*(Text(name, style=QUIET) for name in ("price", "size", "tokens", "orders")))
    bar = BAR if width >= WIDE else BAR // 2
    for _ in range(depth - len(asks)):
        table.add_row("", "", "", "")
    for row in reversed(asks):
        table.add_row(*_level(row, row.qty / widest * bar, SELL, quotes.tick))
    table.add_row(*_spread(quotes))
    for row in bids:
        table.add_row(*_level(row, row.qty / widest * bar, BUY, quotes.tick))
    title = Text.assemble((f" {quotes.symbol} ", f"bold {ACCENT}"), ("/ USDC ", QUIET))
    return Panel(table, title=title, title_align="left", border_style=FRAME, padding=(0, 1))


def _level(row: Row, cells: float, colour: str, tick: int) -> tuple[Text, Text, Text, Text]:
    return (
        Text(price_text(row.price, tick), style=f"bold {colour}"),
        Text(_bar(cells), style=colour),
        Text(qty_text(row.qty)),
        Text(str(row.orders), style=QUIET),
    )


def _spread(quotes: Quotes) -> tuple[Text, Text]:
    if not quotes.asks or not quotes.bids:
        return Text(), Text("one side is empty", style=QUIET)
    spread = quotes.asks[0].price - quotes.bids[0].price
    return (
        Text(price_text(quotes.last, quotes.tick) if quotes.last else "-", style="bold reverse"),
        Text(f"spread {price_text(spread, quotes.tick)}", style=QUIET) if spread > 0 else Text("for an auction", style=CALL),
    )


def _symbols(floor: Floor, *, wide: bool) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1), header_style=QUIET)
    narrow = ("<symbol", ">last", ">change", ">trades")
    _columns(table, ("<symbol", ">last", ">change", "<last minute", ">trades", ">tokens") if wide else narrow)
    for quotes in floor.quotes.values():
        change = (quotes.last / quotes.first - 1) * 100 if quotes.first else 0.0
        colour = BUY if change > 0 else SELL if change < 0 else QUIET
        cells = [
            Text(quotes.symbol, style=_stands(quotes) or (f"bold {ACCENT}" if quotes.symbol == floor.focus else "")),
            Text(price_text(quotes.last, quotes.tick) if quotes.last else "-", style=f"bold {colour}"),
            Text(f"{change:+.2f}%", style=colour),
            Text(f"{quotes.trades:,}"),
        ]
        if wide:
            history = _sparkline([price for price in quotes.history if price][-16:])
            cells.insert(3, Text(quotes.status, style=_stands(quotes)) if _stands(quotes) else Text(history, style=colour))
            cells.append(Text(f"{quotes.volume / 1e6:,.0f}"))
        table.add_row(*cells)
    return Panel(table, border_style=FRAME, padding=0)


def _stands(quotes: Quotes) -> str:
    """Return the style of an instrument that does not trade as usual: in a call, or stopped; empty for one that does."""
    if quotes.status == "continuous":
        return ""
    return CALL if quotes.status in ("pre-open", "auction-call", "vol-pause") else SELL


def _tape(floor: Floor, lines: int, *, wide: bool) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    _columns(table, ("<", "<", "<", ">", ">", "<") if wide else ("<", "<", "<", ">", ">"))
    for trade in list(floor.tape)[: max(1, lines)]:
        table.add_row(*_print(trade, floor.quotes[trade.symbol].tick, wide=wide))
    shown: RenderableType = table if floor.tape else Align.center(Text("no trade yet", style=QUIET))
    return Panel(shown, title=Text(" trades ", style=QUIET), title_align="left", border_style=FRAME, padding=(0, 1))


def _print(trade: Trade, tick: int, *, wide: bool) -> list[Text]:
    colour, arrow, verb = (BUY, "▲", "buys from") if trade.side == Side.BUY else (SELL, "▼", "sells to")
    second, part = divmod(trade.ts_ns, 1_000_000_000)
    clock = f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
    cells = [
        Text(f"{clock}.{part // 1_000_000:03}" if wide else clock, style=QUIET),
        Text(arrow, style=colour),
        Text(trade.symbol),
        Text(price_text(trade.price, tick), style=f"bold {colour}"),
        Text(qty_text(trade.qty)),
    ]
    if wide:
        cells.append(Text.assemble(trade.taker, (f" {verb} ", QUIET), trade.maker))
    return cells


def _seats(floor: Floor, *, wide: bool) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1), header_style=QUIET)
    _columns(table, ("<subscriber", ">open", ">orders", ">fills", *((">fees", "<role", ">rejected") if wide else ())))
    for seat in floor.seats.values():
        table.add_row(*_seat(seat)[: len(table.columns)])
    return Panel(table, border_style=FRAME, padding=0)


def _seat(seat: Seat) -> tuple[Text, ...]:
    return (
        Text.assemble(("● ", BUY if seat.online else SELL), seat.name),
        Text(f"{seat.open_orders:,}"),
        Text(f"{seat.orders:,}"),
        Text(f"{seat.fills:,}"),
        Text(f"{seat.fees / 1_000_000:,.2f}", style=QUIET),
        Text(seat.role, style=QUIET),
        Text(f"{seat.rejects:,}", style=SELL if seat.rejects else QUIET),
    )


def _columns(table: Table, columns: tuple[str, ...]) -> None:
    """Add columns by their headings, each led by < or > for the side that its cells stand on."""
    for column in columns:
        table.add_column(column[1:], justify="left" if column[0] == "<" else "right", no_wrap=True)


def _figure(value: str, unit: str) -> Text:
    return Text.assemble((value, "bold"), (unit, QUIET))


def _bar(cells: float) -> str:
    eighths = max(1, round(cells * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _sparkline(prices: list[int]) -> str:
    if len(prices) < 2:
        return ""
    low, high = min(prices), max(prices)
    span = max(1, high - low)
    return "".join(_SPARKS[(price - low) * (len(_SPARKS) - 1) // span] for price in prices)


def _duration(us: float) -> str:
    return f"{us:,.0f} µs" if us < 10_000 else f"{us / 1000:,.1f} ms"


def price_text(price: int, tick: int) -> str:
    """Write a price with the decimals that its tick needs."""
    decimals = 4
    while decimals and tick % 10 == 0:
        tick //= 10
        decimals -= 1
    return f"{price / 10_000:,.{decimals}f}"


def qty_text(qty: int) -> str:
    """Write a quantity of tokens with the two decimals that a screen has room for."""
    return f"{qty / 1_000_000:,.2f}"
