"""`ats buy`, `ats sell`, `ats cancel`: one order command, and what the venue made of it."""

from typing import Any

import click

from engine.cli.access import Access, access_options
from engine.cli.one_shot import connected
from engine.cli.output import fail, json_option, plain, show, table, wrong
from engine.client import Client, Fill, Order, OrdType, SettlePref, Side, StpMode, TimeInForce

_TIFS = [tif.name for tif in TimeInForce]
_STP_MODES = {mode.name.lower().replace("_", "-"): mode for mode in StpMode}
_SETTLE_PREFS = {pref.name.lower(): pref for pref in SettlePref}
_FLAGS = {
    "post_only": "--post-only",
    "display_qty": "--display",
    "min_qty": "--min-qty",
    "reduce_only": "--reduce-only",
    "expire": "--expire",
    "stop_px": "--stop",
}
_AUCTIONS = (TimeInForce.OPG, TimeInForce.CLS)


def _order_command(side: Side) -> click.Command:
    verb = side.name.lower()

    @click.command(verb)
    @click.argument("symbol")
    @click.argument("terms", nargs=-1, metavar="[QTY] [@ PRICE]")
    @click.option("--cash", metavar="AMOUNT", hidden=side is Side.SELL, help="In place of QTY: spend so much at most, fees included.")
    @click.option("--tif", type=click.Choice(_TIFS, case_sensitive=False), help="Time in force; DAY without it, IOC at the market.")
    @click.option("--at-open", "auction", flag_value="OPG", help="Only in the next auction that opens or reopens; the rest is canceled.")
    @click.option("--at-close", "auction", flag_value="CLS", help="Only in the closing auction; the rest is canceled.")
    @click.option("--stop", "stop_px", metavar="PRICE", help="Wait for a trade at PRICE or beyond; then it comes in as a new order.")
    @click.option("--post-only", is_flag=True, help="Refuse the order if it would trade at once.")
    @click.option("--display", "display_qty", metavar="QTY", help="Show only so much at a time (iceberg).")
    @click.option("--min-qty", metavar="QTY", help="Trade so much at once, or nothing at all.")
    @click.option("--reduce-only", is_flag=True, help="Only ever lessen a position: for sells.")
    @click.option("--settle", type=click.Choice(list(_SETTLE_PREFS)), default="any", help="A wish that changes nothing else.")
    @click.option("--expire", metavar="TIME", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="End of a GTD order, with its time zone.")
    @click.option("--stp", type=click.Choice(list(_STP_MODES)), default="none", help="What to do on meeting an order of your own group.")
    @click.option("--account", type=click.IntRange(min=1), help="Account to trade for; your first one without it.")
    @access_options
    @json_option
    def command(
        symbol: str,
        terms: tuple[str, ...],
        *,
        cash: str | None,
        tif: str | None,
        auction: str | None,
        stp: str,
        settle: str,
        access: Access,
        as_json: bool,
        **given: Any,
    ) -> None:
        qty, price = _parse_terms(verb, symbol, terms, cash)
        wishes = {name: value for name, value in given.items() if value not in (None, False)}
        if tif and auction:
            wrong(f"--tif {tif} with --at-open or --at-close, which are times in force of their own: give one of them")
        wishes |= {"tif": TimeInForce[(tif or auction or "").upper()]} if tif or auction else {}
        wishes |= {"stp_mode": _STP_MODES[stp], "settle_pref": _SETTLE_PREFS[settle]}
        with connected(access) as client:
            order = _enter(client, symbol, side, qty, price, cash, wishes)
            _let_fills_arrive(client, order)
        show({**described(order), "fills": [described_fill(fill) for fill in order.fills]}, _text(order), as_json=as_json)
        if order.status is None:
            fail("the venue did not answer in time; `ats orders` tells whether it took the order")
        if order.reject_text:
            raise SystemExit(1)

    command.help = (
        f"{verb.capitalize()} QTY tokens of SYMBOL at PRICE or better, or at the market without a price.\n\n"
        f"For example: ats {verb} AAPLx 10 @ 167.52 --tif GTC --as alice.  With --stop PRICE it waits for a trade at PRICE or "
        f"{'above' if side is Side.BUY else 'below'}.  Exit code 1: the venue rejected it."
    )
    return command


buy = _order_command(Side.BUY)
sell = _order_command(Side.SELL)


@click.command("cancel")
@click.argument("order_ids", metavar="[ORDER_ID]...", nargs=-1, type=click.IntRange(min=1))
@click.option("--all", "every", is_flag=True, help="Cancel all open orders, narrowed by --symbol and --side.")
@click.option("--symbol", help="With --all: only of this instrument.")
@click.option("--side", type=click.Choice(["buy", "sell"]), help="With --all: only of this side.")
@access_options
@json_option
def cancel(order_ids: tuple[int, ...], *, every: bool, symbol: str | None, side: str | None, access: Access, as_json: bool) -> None:
    """Cancel open orders by their id (as `ats orders` shows it), or --all of them.

    Exit code 1: one of them was not open any more.
    """
    if every == bool(order_ids):
        wrong("give ORDER_IDs, or --all")
    if not every and (symbol or side):
        wrong("--symbol and --side narrow --all; an ORDER_ID needs neither")
    with connected(access) as client:
        if every:
            request = client.mass_cancel(symbol, Side[side.upper()] if side else None)
            result: dict[str, Any] = {"canceled": request.affected, "refused": [request.reject_text] if request.rejected else []}
        else:
            result = _cancel_each(client, order_ids)
    lines = [f"{result['canceled']} canceled", *result["refused"]]
    show(result, "\n".join(lines), as_json=as_json)
    if result["refused"]:
        raise SystemExit(1)


def described(order: Order) -> dict[str, Any]:
    """Return an order as plain values."""
    return {
        "order_id": order.order_id,
        "cl_ord_id": order.cl_ord_id,
        "symbol": order.symbol,
        "side": order.side.name,
        "type": order.ord_type.name,
        "tif": order.tif.name,
        "price": str(order.price),
        "stop_px": str(order.stop_px) if order.stop_px is not None else None,
        "order_qty": plain(order.order_qty),
        "leaves_qty": plain(order.leaves_qty),
        "cum_qty": plain(order.cum_qty),
        "status": order.status.name if order.status is not None else "PENDING",
        "reason": getattr(order.reason, "name", str(order.reason)),
        "reject_text": order.reject_text,
        "fees": plain(order.fees),
    }


def described_fill(fill: Fill) -> dict[str, Any]:
    """Return an execution as plain values."""
    return {
        "match_id": fill.match_id,
        "price": str(fill.price),
        "qty": plain(fill.qty),
        "fee": plain(fill.fee),
        "liquidity": fill.liquidity.name,
        "settlement": fill.settlement.name,
        "fallback": getattr(fill.fallback, "name", str(fill.fallback)) if fill.fallback else None,
    }


def _parse_terms(verb: str, symbol: str, terms: tuple[str, ...], cash: str | None) -> tuple[str, str | None]:
    """Read `10 @ 167.52`, `10@167.52`, `10 167.52` or `10`; with an amount of cash only the price."""
    words = " ".join(terms).replace("@", " ").split()
    if cash is not None:
        if len(words) > 1:
            wrong(f"{' '.join(terms)!r} with --cash: the amount decides how many; ats {verb} {symbol} --cash 500 @ 167.52")
        return "", words[0] if words else None
    if not 1 <= len(words) <= 2:
        wrong(f"{' '.join(terms)!r} is not QTY [@ PRICE]: ats {verb} {symbol} 10 @ 167.52")
    return words[0], words[1] if len(words) == 2 else None


def _enter(client: Client, symbol: str, side: Side, qty: str, price: str | None, cash: str | None, wishes: dict[str, Any]) -> Order:
    if cash is not None and side is Side.SELL:
        wrong("--cash is for buys: a sell is sized in tokens")
    unfit, what = _unfit(price, cash, wishes)
    for name in _FLAGS.keys() & unfit & wishes.keys():
        wrong(f"{_FLAGS[name]} does not go with {what}")
    if cash is not None:
        return client.buy_cash(symbol, cash, price, **wishes)
    if price is not None:
        return client.limit(symbol, side, qty, price, **wishes)
    return client.stop(symbol, side, qty, **wishes) if "stop_px" in wishes else client.market(symbol, side, qty, **wishes)


def _unfit(price: str | None, cash: str | None, wishes: dict[str, Any]) -> tuple[set[str], str]:
    """Return what an order of this kind can't ask for, and what it is called."""
    if cash is not None:
        return _FLAGS.keys() - {"expire"}, "--cash"
    if wishes.get("tif") in _AUCTIONS:
        return _FLAGS.keys() - {"reduce_only"}, "an order for an auction, which takes all of it or what it can"
    if "stop_px" in wishes:
        return {"post_only", "min_qty"} | ({"display_qty"} if price is None else set()), "a stop order, which trades as soon as it comes in"
    return {"post_only", "display_qty", "expire"} if price is None else set(), "a market order, which never rests: give a price"


def _let_fills_arrive(client: Client, order: Order) -> None:
    """Wait for what the order met on its way in: an answer to a question comes behind the reports of what was before it."""
    if order.is_open:
        client.book(order.symbol, depth=1)


def _cancel_each(client: Client, order_ids: tuple[int, ...]) -> dict[str, Any]:
    mine = {order.order_id: order for order in client.open_orders()}
    refused = [f"order {order_id} is not open" for order_id in order_ids if order_id not in mine]
    requests = client.cancel_many([mine[order_id] for order_id in dict.fromkeys(order_ids) if order_id in mine])
    refused += [request.reject_text for request in requests if request.rejected]
    return {"canceled": sum(request.accepted for request in requests), "refused": refused}


def _text(order: Order) -> str:
    asked = "at the market" if order.ord_type in (OrdType.MARKET, OrdType.STOP) else f"@ {order.price}"
    asked += f" stop {order.stop_px}" if order.stop_px is not None else ""
    size = f"{plain(order.cash)} {order.instrument.quote} of" if order.cash is not None else plain(order.order_qty)
    head = f"{order.side.name} {size} {order.symbol} {asked} {order.tif.name}"
    if order.reject_text:
        return f"{head}\nrejected: {order.reject_text}"
    rows = [("order", f"{order.order_id}"), ("status", order.status.name if order.status is not None else "PENDING")]
    if order.fills:
        average = f" at {plain(round(order.avg_px, 6))} on average" if order.avg_px is not None else ""
        rows.append(("filled", f"{plain(order.cum_qty)}{average}"))
        rows += [("", f"{plain(fill.qty)} @ {fill.price}  match {fill.match_id}, fee {plain(fill.fee)}") for fill in order.fills]
        rows.append(("fees", f"{plain(order.fees)} {order.instrument.quote}"))
    rows.append(("open", plain(order.leaves_qty)))
    if order.reason:
        rows.append(("reason", order.reason_text))
    return f"{head}\n{table(rows)}"
