"""A venue's reports and balances as people write them: tokens and money as decimals, refusals with the limit that was broken."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from engine.matching.enums import ExecType, Liquidity, Reason, Side
from engine.matching.records import Event
from engine.testing.drawing import draw_price
from engine.venue.records import Balance, Bucket, Detail, Quality, SettleForm

UNITS = 1_000_000
OF_PRICES = {Reason.TICK, Reason.PRICE_RANGE, Reason.STOP_PX, Reason.COLLAR_STATIC}
OF_COUNTS = {Reason.DUPLICATIVE, Reason.OPEN_ORDERS}


def amount(text: str) -> int:
    """Return a written amount of money or tokens in units of 1e-6."""
    units = Decimal(text) * UNITS
    if units != int(units):
        raise ValueError(f"amount {text} has more than six decimals")
    return int(units)


def decimal(units: int) -> str:
    """Return an amount as people write it, with as many decimals as it has."""
    whole, part = divmod(abs(units), UNITS)
    return f"{'-' if units < 0 else ''}{whole}" + (f".{part:06d}".rstrip("0") if part else "")


def told(balance: Balance, asset: str) -> str:
    """Tell a balance: the buckets that have something."""
    buckets = [(decimal(units), bucket.name.lower()) for bucket, units in zip(Bucket, balance[2:], strict=True) if units]
    return ", ".join(f"{units} {bucket}" for units, bucket in buckets or [("0", "available")]) + f" {asset}"


def story(events: list[Event], details: list[Detail]) -> Iterator[str]:
    """Tell events as scripts do, each with its detail; the acceptance of an order goes without saying."""
    first: tuple[Event, Detail] | None = None
    for event, detail in zip(events, details, strict=True):
        if event.exec_type == ExecType.TRADE and first is None:
            assert event.liquidity == Liquidity.MAKER or (event.liquidity, event.side) == (Liquidity.AUCTION, Side.BUY), event
            first = event, detail
        elif event.exec_type == ExecType.TRADE:
            assert first is not None
            one, other = first[0].cl_ord_id, event.cl_ord_id
            who = f"cross #{one} #{other}" if event.liquidity == Liquidity.AUCTION else f"fill #{one}"
            yield f"{who} {decimal(event.last_qty)}@{draw_price(event.last_px)}" + _settled(first[1], detail)
            first = None
        elif event.exec_type != ExecType.NEW:
            yield _tell(event, detail)
        elif detail.fallback:
            yield f"warn #{event.cl_ord_id} {Reason(detail.fallback).name}"


def _settled(first: Detail, second: Detail) -> str:
    fees = f" fees {decimal(first.fee)} {decimal(second.fee)}" if first.fee or second.fee else ""
    forms = [SettleForm(side.settlement).name for side in (first, second)]
    return fees + (f" as {' '.join(map(str, forms))}" if forms != ["TOKEN", "TOKEN"] else "")


def _tell(event: Event, detail: Detail) -> str:
    reason = Reason(event.reason)
    name = event.orig_cl_ord_id if reason == Reason.USER else event.cl_ord_id
    if event.exec_type == ExecType.RESTATED:
        return {
            Reason.RESERVE_REFRESH: f"refresh #{name} {decimal(event.last_qty)}",
            Reason.COLLAR_DYNAMIC: f"slide #{name} {draw_price(event.price)}",
            Reason.STP: f"decrement #{name} {decimal(event.leaves_qty)}",
            Reason.TRIGGERED: f"trigger #{name}",
        }[reason]
    return {
        ExecType.REJECTED: f"reject {_why(reason, detail)}",
        ExecType.CANCEL_REJECTED: f"refuse {_why(reason, detail)}",
        ExecType.CANCELED: f"cancel #{name} {decimal(event.last_qty)} {reason.name}",
        ExecType.EXPIRED: f"expire #{name} {decimal(event.last_qty)} {reason.name}",
        ExecType.REPLACED: f"replaced #{name} {decimal(event.leaves_qty)}@{draw_price(event.price)}",
        ExecType.MASS_CANCELED: f"mass canceled {event.last_qty}",
    }[event.exec_type]


def _why(reason: Reason, detail: Detail) -> str:
    words: list[Any] = [reason.name]
    if detail.bound or reason in (Reason.INSUFFICIENT_CASH, Reason.INSUFFICIENT_POSITION):
        is_price, is_count = reason in OF_PRICES, reason in OF_COUNTS
        words.append(draw_price(detail.bound) if is_price else detail.bound if is_count else decimal(detail.bound))
    if detail.quality:
        words.append(f"(reference {draw_price(detail.reference)} {Quality(detail.quality).name})")
    return " ".join(map(str, words))
