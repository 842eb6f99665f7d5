"""`ats balances`, `ats fills`: what an account has, and the executions that made it so."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import click

from engine.cli.access import Access, access_options
from engine.cli.one_shot import connected, replayed
from engine.cli.orders import described_fill
from engine.cli.output import columns, json_option, plain, show, talk
from engine.client import Balance, ConnectionLost, Executed, LoggedOn, NotLoggedOn, ReportsMissing, Side, StatusChanged

ANSWER_S = 10.0
BUCKETS = ("available", "held", "frozen", "pending_in", "pending_out")


@click.command("balances")
@click.option("--account", type=click.IntRange(min=1), help="Account to show; your first one without it.")
@access_options
@json_option
def balances(*, account: int | None, access: Access, as_json: bool) -> None:
    """Show what an account has of each asset.

    Available; held for open orders; frozen by a legal hold; on its way in or out.
    """
    with connected(access) as client:
        owned = client.balances(account)
    told = {"account": account or access.account, "balances": [_described(balance) for balance in owned]}
    rows = [(balance.asset, *(plain(getattr(balance, bucket)) for bucket in BUCKETS)) for balance in owned]
    text = columns(("<asset", ">available", ">held", ">frozen", ">pending in", ">pending out"), rows) if rows else "nothing"
    show(told, text, as_json=as_json)


@click.command("fills")
@click.option("--symbol", help="Only of this instrument.")
@access_options
@json_option
def fills(*, symbol: str | None, access: Access, as_json: bool) -> None:
    """List the executions of your session's orders, oldest first, with their fees.

    They are read again from the reports that the venue keeps.  The sums at the end say what they changed in your balances.
    """
    executed, missing = _executions(access)
    listed = [event for event in executed if symbol in (None, event.order.symbol)]
    changes = changes_of(listed)
    if missing:
        talk(f"{missing} reports are not kept any more: what they told is not in this list")
    result = {
        "fills": [
            {**described_fill(event.fill), "symbol": event.order.symbol, "side": event.order.side.name, "account": event.order.account}
            for event in listed
        ],
        "changes": {asset: plain(amount) for asset, amount in changes.items()},
        "missing_reports": missing,
    }
    show(result, _text(listed, changes), as_json=as_json)


def changes_of(executed: list[Executed]) -> dict[str, Decimal]:
    """Return what executions changed in the balances of each asset, fees included."""
    changes: dict[str, Decimal] = defaultdict(Decimal)
    for event in executed:
        fill, instrument = event.fill, event.order.instrument
        sign = 1 if event.order.side is Side.BUY else -1
        changes[instrument.base] += sign * fill.qty
        changes[instrument.quote] -= sign * fill.price * fill.qty + fill.fee
    return dict(changes)


def _executions(access: Access) -> tuple[list[Executed], int]:
    """Read the session's reports from the first to the last that the venue has when we log on; say how many are not kept any more."""
    executed: list[Executed] = []
    missing, last, seen = 0, -1, 0
    with replayed(access) as events:
        while seen != last:
            event = events.get(ANSWER_S)
            if event is None:
                raise TimeoutError
            match event:
                case LoggedOn():
                    last = event.last_seq
                case ReportsMissing():
                    missing += event.last_seq - event.first_seq + 1
                    seen = event.last_seq
                case ConnectionLost():
                    raise NotLoggedOn(event.cause)
                case StatusChanged():
                    continue
                case _:
                    seen = event.seq
            if isinstance(event, Executed):
                executed.append(event)
    return executed, missing


def _described(balance: Balance) -> dict[str, Any]:
    return {"asset": balance.asset, **{bucket: plain(getattr(balance, bucket)) for bucket in BUCKETS}}


def _text(executed: list[Executed], changes: dict[str, Decimal]) -> str:
    if not executed:
        return "no executions"
    rows = [
        (
            f"{event.fill.time:%Y-%m-%d %H:%M:%S}",
            str(event.fill.match_id),
            event.order.symbol,
            event.order.side.name,
            plain(event.fill.qty),
            str(event.fill.price),
            plain(event.fill.fee),
            event.fill.liquidity.name.lower(),
            (event.fill.settlement.name or "").lower(),
        )
        for event in executed
    ]
    head = ("<time", ">match", "<symbol", "<side", ">tokens", ">price", ">fee", "<as", "<settled")
    sums = ", ".join(f"{'+' if amount > 0 else ''}{plain(amount)} {asset}" for asset, amount in changes.items())
    return f"{columns(head, rows)}\n\nin all: {sums}"
