"""Why the venue refused, in a sentence that names the value and the rule."""

from decimal import Decimal
from typing import Protocol

from engine.client.values import Instrument
from engine.matching.enums import OrdType, Reason, Side, TimeInForce


class Asked(Protocol):
    """What a refused request had asked for."""

    @property
    def instrument(self) -> Instrument: ...
    @property
    def account(self) -> int: ...
    @property
    def side(self) -> Side: ...
    @property
    def ord_type(self) -> OrdType: ...
    @property
    def tif(self) -> TimeInForce: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def order_qty(self) -> Decimal: ...
    @property
    def cl_ord_id(self) -> int: ...


_GENERAL = {
    Reason.THROTTLE: "more requests per second than this session may send",
    Reason.UNKNOWN_COMMAND: "the venue does not know this request",
    Reason.SIDE: "the side must be BUY or SELL",
    Reason.EXEC_INST: "this instruction is not allowed with this order type or time in force",
    Reason.STP_MODE: "unknown self-trade prevention mode",
    Reason.OVERFLOW: "price times quantity is too large for the venue",
    Reason.DISPLAY_QTY: "display_qty must be a multiple of the lot, at most the order's quantity, and on an order that can rest",
    Reason.EXPIRE_TIME: "the expiry must be later than the venue's time, and only on a GTD order",
    Reason.ORDERS_FULL: "the venue holds as many orders as it can",
    Reason.LEVELS_FULL: "the venue holds as many price levels as it can",
    Reason.POST_ONLY_WOULD_TRADE: "a post-only order that would have traded at once",
    Reason.UNKNOWN_ORDER: "no such order of this session",
    Reason.TOO_LATE: "the order was already done",
    Reason.ORDER_MISMATCH: "the order is of another instrument or side",
}


def reason_of(number: int) -> Reason | int:
    """Give the reason by name; a number that this client is too old to know stays a number."""
    try:
        return Reason(number)
    except ValueError:
        return number


def is_refusal(reason: Reason | int) -> bool:
    """Say whether a reason is one for which nothing was done (1xx); the others say why something was done."""
    return reason < Reason.USER and reason != Reason.NONE


def reject_text(reason: Reason | int, asked: Asked | None = None) -> str:
    """Say why a request was refused; with `asked`, in the request's own figures."""
    if not isinstance(reason, Reason):
        return f"rejected: reason {reason}"
    return f"rejected: {reason.name}: {(asked and _own_figures(reason, asked)) or _GENERAL.get(reason, 'refused by the venue')}"


def _own_figures(reason: Reason, asked: Asked) -> str:
    listed = asked.instrument
    match reason:
        case Reason.DUP_CL_ORD_ID:
            return f"cl_ord_id {asked.cl_ord_id} is not above all that this session has used"
        case Reason.UNKNOWN_ACCOUNT:
            return f"account {asked.account} is not one that this session may trade for"
        case Reason.UNKNOWN_INSTRUMENT:
            return f"{listed.symbol} is not listed here any more"
        case Reason.ORD_TYPE | Reason.TIF_NOT_ALLOWED:
            return f"{asked.ord_type.name} with {asked.tif.name} is not allowed"
        case Reason.TICK:
            return f"price {asked.price} is not a multiple of tick {listed.tick}"
        case Reason.PRICE_RANGE:
            return f"price {asked.price} is outside {listed.tick} to {listed.max_price}"
        case Reason.LOT:
            return f"qty {asked.order_qty} is not a multiple of lot {listed.lot}"
        case Reason.MIN_QTY:
            return f"qty {asked.order_qty} is below the smallest order, {listed.min_qty}"
        case Reason.MAX_QTY:
            return f"qty {asked.order_qty} is above the largest order, {listed.max_qty}"
        case Reason.POST_ONLY_WOULD_TRADE:
            return f"post-only {asked.side.name} at {asked.price} would have traded at once"
        case _:
            return ""
