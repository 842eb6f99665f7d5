"""The demo in lines of text: what it says without a live view, and what it says at the end."""

from decimal import Decimal
from typing import Any

from engine.cli.demo_state import Floor, Holding, Quotes
from engine.cli.latency import percentile_us
from engine.cli.output import columns, table

# What the round trips include, by the journal's mode.
DURABILITY = {
    "durable": "durable: each order was on the disk before its report left",
    "async": "async: no report waited for the disk",
    "memory": "memory: nothing was written",
}


def status_line(floor: Floor) -> str:
    """One line about this second."""
    p50, p99 = (percentile_us(floor.round_trips_ns, part) for part in (0.5, 0.99))
    prices = "  ".join(f"{quotes.symbol} {_price(quotes.last)}" for quotes in floor.quotes.values())
    exact = sum(holding.is_exact for holding in floor.holdings)
    kept = f"fees {sum(holding.fees for holding in floor.holdings[:1]) / 1e6:,.2f}, {exact} of {len(floor.holdings)} assets exact"
    rates = f"{floor.orders.per_s:>6,.0f} orders/s {floor.trades.per_s:>6,.0f} trades/s"
    return f"{floor.elapsed_s:>5.0f} s  {rates}  round trip {p50:,.0f} µs p50, {p99:,.0f} µs p99  {prices}  {kept}"


def news_line(at_s: float, text: str) -> str:
    """One line about what has happened."""
    return f"{at_s:>5.1f} s  {text}"


def conservation_line(floor: Floor, width: int = 200) -> str:
    """Say of the cash what adds up to what, and of the other assets whether they do, in as many words as there is room for."""
    if not floor.holdings:
        return "conservation: not read yet"
    cash, *tokens = floor.holdings
    parts = f"customers {_amount(cash.customers)} + fees {_amount(cash.fees)} + rounding {_amount(cash.rounding)}"
    parts += f" + others {_amount(cash.others)}" if cash.others else ""
    sums = f"{cash.asset}: {parts} {'=' if cash.is_exact else 'IS NOT'} custody {_amount(cash.custody)}"
    others = f"{sum(holding.is_exact for holding in tokens)} of {len(tokens)} tokens exact"
    short = f"{cash.asset} {'exact' if cash.is_exact else 'NOT EXACT'}, fees {_amount(cash.fees)}; {others}"
    return next((line for line in (f"{sums}; {others}", sums) if len(line) <= width), short)


def summary(floor: Floor) -> dict[str, Any]:
    """The whole run as plain values."""
    elapsed_s = max(floor.elapsed_s, 1e-9)
    return {
        "venue": floor.venue,
        "seed": floor.seed,
        "durability": floor.mode,
        "elapsed_s": round(elapsed_s, 3),
        "subscribers": len(floor.seats),
        "orders": floor.orders.total,
        "trades": floor.trades.total,
        "messages_sent": floor.sent.total,
        "reports_received": floor.received.total,
        "rejected": sum(seat.rejects for seat in floor.seats.values()),
        "orders_per_s": round(floor.orders.total / elapsed_s, 1),
        "round_trip_us": {name: percentile_us(floor.round_trips_ns, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))},
        "rejects": dict(floor.rejects),
        "conservation": {
            holding.asset: {
                "customers": holding.customers,
                "fees": holding.fees,
                "rounding": holding.rounding,
                "others": holding.others,
                "custody": holding.custody,
                "exact": holding.is_exact,
            }
            for holding in floor.holdings
        },
        "checked": floor.is_checked,
        "changes": [{name: getattr(change, name) for name in ("symbol", "before", "status", "cause", "actor")} for change in floor.changes],
        "auctions": [
            {"symbol": each.symbol, "outcome": each.outcome, "price": _price(each.price), "qty": _amount(each.qty)}
            for each in floor.auctions
        ],
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
        ("auctions", f"{sum(each.qty > 0 for each in floor.auctions):,}, and {len(floor.changes):,} changes of status"),
        ("round trip", f"{spread}; {DURABILITY[floor.mode]}"),
    ]
    traded = [_row(quotes) for quotes in floor.quotes.values()]
    owned = [_holding(holding) for holding in floor.holdings]
    return "\n\n".join(
        [
            table(rows),
            columns(("<symbol", ">first", ">last", ">trades", ">tokens"), traded),
            columns(("<asset", ">customers", ">fees", ">rounding", ">others", ">custody", "<"), owned),
            "every invariant of the venue holds" if floor.is_checked else "the venue's invariants were not checked",
        ]
    )


def _holding(holding: Holding) -> tuple[str, ...]:
    figures = (holding.customers, holding.fees, holding.rounding, holding.others, holding.custody)
    return holding.asset, *(_amount(units) for units in figures), "exact" if holding.is_exact else "NOT EXACT"


def _amount(units: int) -> str:
    return f"{Decimal(units).scaleb(-6):,.6f}"


def _row(quotes: Quotes) -> tuple[str, ...]:
    return quotes.symbol, _price(quotes.first), _price(quotes.last), f"{quotes.trades:,}", f"{quotes.volume / 1e6:,.2f}"


def _price(units: int) -> str:
    return f"{units / 10_000:.2f}" if units else "-"
