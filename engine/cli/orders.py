"""`ats buy`, `ats sell`, `ats cancel`: one order command, and what the venue made of it."""

from datetime import datetime
from typing import Any

import click

from engine.cli.access import Access, access_options
from engine.cli.one_shot import connected
from engine.cli.output import fail, json_option, plain, show, table, wrong
from engine.client import Client, Order, OrdType, Side, StpMode, TimeInForce

_TIFS = [tif.name for tif in TimeInForce]
_STP_MODES = {mode.name.lower().replace("_", "-"): mode for mode in StpMode}


def _order_command(side: Side) -> click.Command:
    verb = side.name.lower()

    @click.command(verb)
    @click.argument("symbol")
    @click.argument("terms", nargs=-1, required=True, metavar="QTY [@ PRICE]")
    @click.option("--tif", type=click.Choice(_TIFS, case_sensitive=False), help="Time in force; DAY without it, IOC for a market order.")
    @click.option("--post-only", is_flag=True, help="Refuse the order if it would trade at once.")
    @click.option("--display", metavar="QTY", help="Show only so much at a time (iceberg).")
    @click.option("--expire", metavar="TIME", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="End of a GTD order, with its time zone.")
    @click.option("--stp", type=click.Choice(list(_STP_MODES)), default="none", help="What to do on meeting an order of your own group.")
    @click.option("--account", type=click.IntRange(min=1), help="Account to trade for; your first one without it.")
    @access_options
    @json_option
    def command(
        symbol: str,
        terms: tuple[str, ...],
        tif: str | None,
        *,
        post_only: bool,
        display: str | None,
        expire: datetime | None,
        stp: str,
        account: int | None,
        access: Access,
        as_json: bool,
    ) -> None:
        qty, price = _parse_terms(verb, symbol, terms)
        in_force = TimeInForce[tif.upper()] if tif else None
        with connected(access) as client:
            if price is None:
                if post_only or display or expire:
                    wrong("a market order never rests: --post-only, --display and --expire need a price")
                order = client.market(symbol, side, qty, tif=in_force or TimeInForce.IOC, account=account, stp_mode=_STP_MODES[stp])
            else:
                order = client.limit(
                    symbol,
                    side,
                    qty,
                    price,
                    tif=in_force,
                    post_only=post_only,
                    display_qty=display,
                    expire=expire,
                    account=account,
                    stp_mode=_STP_MODES[stp],
                )
            _let_fills_arrive(client, order)
        fills = [{"match_id": fill.match_id, "price": str(fill.price), "qty": plain(fill.qty)} for fill in order.fills]
        show({**described(order), "fills": fills}, _text(order), as_json=as_json)
        if order.status is None:
            fail("the venue did not answer in time; `ats orders` tells whether it took the order")
        if order.reject_text:
            raise SystemExit(1)

    command.help = (
        f"{verb.capitalize()} QTY tokens of SYMBOL at PRICE or better, or at the market without a price.\n\n"
        f"For example: ats {verb} AAPLx 10 @ 167.52 --tif GTC --as alice.  Exit code 1: the venue rejected it."
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
        "price": str(order.price),
        "order_qty": plain(order.order_qty),
        "leaves_qty": plain(order.leaves_qty),
        "cum_qty": plain(order.cum_qty),
        "status": order.status.name if order.status is not None else "PENDING",
        "reason": getattr(order.reason, "name", str(order.reason)),
        "reject_text": order.reject_text,
    }


def _parse_terms(verb: str, symbol: str, terms: tuple[str, ...]) -> tuple[str, str | None]:
    """Read `10 @ 167.52`, `10@167.52`, `10 167.52` or `10`."""
    words = " ".join(terms).replace("@", " ").split()
    if not 1 <= len(words) <= 2:
        wrong(f"{' '.join(terms)!r} is not QTY [@ PRICE]: ats {verb} {symbol} 10 @ 167.52")
    return words[0], words[1] if len(words) == 2 else None


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
    asked = "at the market" if order.ord_type is OrdType.MARKET else f"@ {order.price}"
    head = f"{order.side.name} {plain(order.order_qty)} {order.symbol} {asked} {order.tif.name}"
    if order.reject_text:
        return f"{head}\n{order.reject_text}"
    rows = [("order", f"{order.order_id}"), ("status", order.status.name if order.status is not None else "PENDING")]
    if order.fills:
        average = f" at {plain(round(order.avg_px, 6))} on average" if order.avg_px is not None else ""
        rows.append(("filled", f"{plain(order.cum_qty)}{average}"))
        rows += [("", f"{plain(fill.qty)} @ {fill.price}  match {fill.match_id}") for fill in order.fills]
    rows.append(("open", plain(order.leaves_qty)))
    if order.reason:
        rows.append(("reason", getattr(order.reason, "name", str(order.reason))))
    return f"{head}\n{table(rows)}"
