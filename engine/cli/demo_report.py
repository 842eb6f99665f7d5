"""The demo in lines of text: what it says without a live view, and what it says at the end."""

from typing import Any

from engine.cli.demo_state import Floor, Quotes
from engine.cli.latency import percentile_us
from engine.cli.output import columns, table


def status_line(floor: Floor) -> str:
    """One line about this second."""
    p50, p99 = (percentile_us(floor.round_trips_ns, part) for part in (0.5, 0.99))
    prices = "  ".join(f"{quotes.symbol} {_price(quotes.last)}" for quotes in floor.quotes.values())
    rates = f"{floor.orders.per_s:>6,.0f} orders/s {floor.trades.per_s:>6,.0f} trades/s"
    return f"{floor.elapsed_s:>5.0f} s  {rates}  round trip {p50:,.0f} µs p50, {p99:,.0f} µs p99  {prices}"


def summary(floor: Floor) -> dict[str, Any]:
    """The whole run as plain values."""
    elapsed_s = max(floor.elapsed_s, 1e-9)
    return {
        "venue": floor.venue,
        "seed": floor.seed,
        "elapsed_s": round(elapsed_s, 3),
        "subscribers": len(floor.seats),
        "orders": floor.orders.total,
        "trades": floor.trades.total,
        "messages_sent": floor.sent.total,
        "reports_received": floor.received.total,
        "rejected": sum(seat.rejects for seat in floor.seats.values()),
        "orders_per_s": round(floor.orders.total / elapsed_s, 1),
        "round_trip_us": {name: percentile_us(floor.round_trips_ns, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))},
        "symbols": {quotes.symbol: {"last": _price(quotes.last), "trades": quotes.trades} for quotes in floor.quotes.values()},
    }


def summary_text(floor: Floor) -> str:
    """The whole run for a person."""
    told = summary(floor)
    spread = ", ".join(f"{name} {value:,.0f} µs" for name, value in told["round_trip_us"].items())
    rows = [
        ("ran", f"{told['elapsed_s']:,.1f} s with {told['subscribers']} subscribers, seed {told['seed']}"),
        ("orders", f"{told['orders']:,}  ({told['orders_per_s']:,.0f} a second, {told['rejected']:,} rejected)"),
        ("trades", f"{told['trades']:,}"),
        ("messages", f"{told['messages_sent']:,} sent, {told['reports_received']:,} reports received"),
        ("round trip", spread),
    ]
    traded = [_row(quotes) for quotes in floor.quotes.values()]
    return f"{table(rows)}\n\n{columns(('<symbol', '>first', '>last', '>trades', '>tokens'), traded)}"


def _row(quotes: Quotes) -> tuple[str, ...]:
    return quotes.symbol, _price(quotes.first), _price(quotes.last), f"{quotes.trades:,}", f"{quotes.volume / 1e6:,.2f}"


def _price(units: int) -> str:
    return f"{units / 10_000:.2f}" if units else "-"
