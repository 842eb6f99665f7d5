"""Why the venue refused or changed something, in a sentence: one table for all reasons.

Each reason has a sentence that is always true, and where the request's own figures say more, one with them.  The venue tells the limit that
was broken (`bound`) and the reference price that it judged by; docs/PROTOCOL.md says for each reason what its bound is.
"""

from collections.abc import Callable
from typing import NamedTuple

from engine.client.figures import Asked, Figures, Told
from engine.matching.enums import Reason


class Words(NamedTuple):
    """What is said of a reason, and what instead where it is known what was asked; "" leaves it at the first."""

    general: str
    own: Callable[[Figures], str] = lambda _: ""


WORDS: dict[Reason, Words] = {
    Reason.NONE: Words("no reason was given"),
    Reason.DUP_CL_ORD_ID: Words(
        "the cl_ord_id is not above all that this session has used",
        lambda of: f"cl_ord_id {of.cl_ord_id} is not above all that this session has used",
    ),
    Reason.THROTTLE: Words("more requests per second than this session may send"),
    Reason.UNKNOWN_COMMAND: Words("the venue does not know this request"),
    Reason.UNKNOWN_ACCOUNT: Words(
        "this session may not trade for the account", lambda of: f"account {of.account} is not one that this session may trade for"
    ),
    Reason.KYC_EXPIRED: Words(
        "the subscriber's identity check has ended", lambda of: f"the identity check (KYC) of account {of.account}'s subscriber has ended"
    ),
    Reason.SANCTIONS: Words(
        "the subscriber is blocked by a screening", lambda of: f"account {of.account}'s subscriber is blocked by a screening"
    ),
    Reason.ACCOUNT_RESTRICTED: Words("the account is restricted", lambda of: f"account {of.account} is restricted"),
    Reason.KILL_SWITCH: Words("trading was stopped by the venue's kill switch"),
    Reason.UNKNOWN_INSTRUMENT: Words("no such instrument is listed", lambda of: f"{of.symbol} is not listed here any more"),
    Reason.STATE_NOT_TRADABLE: Words("the instrument takes no such request now", lambda of: f"{of.symbol} takes no such request now"),
    Reason.SESSION_ORDER_TYPE: Words(
        "the instrument does not take this kind of order now", lambda of: f"{of.symbol} takes no {of.kind} order now"
    ),
    Reason.JURISDICTION: Words(
        "not to be traded from the subscriber's jurisdiction", lambda of: f"{of.symbol} is not open to the subscriber's jurisdiction"
    ),
    Reason.NOT_ENTITLED: Words(
        "the subscriber is not entitled to trade it", lambda of: f"the subscriber is not entitled to trade {of.symbol}"
    ),
    Reason.NOT_WHITELISTED: Words(
        "the account is not an approved holder", lambda of: f"account {of.account} is not an approved holder of {of.base}"
    ),
    Reason.CAP_REACHED: Words(
        "more than may be traded in a day", lambda of: f"qty {of.qty} is more than is left of the day's cap of {of.bound_qty} {of.base}"
    ),
    Reason.SIDE: Words("the side must be BUY or SELL"),
    Reason.ORD_TYPE: Words(
        "the order type must be MARKET, LIMIT, STOP or STOP_LIMIT, and what waits or is MARKET cannot be replaced",
        lambda of: f"this {of.kind} order can only be canceled" if of.is_change else f"{of.kind} is not allowed",
    ),
    Reason.TIF_NOT_ALLOWED: Words("this time in force is not allowed with this order type", lambda of: f"{of.kind} is not allowed"),
    Reason.EXEC_INST: Words("this instruction is not allowed with this order type or time in force"),
    Reason.STP_MODE: Words("unknown self-trade prevention mode"),
    Reason.CASH_QTY: Words(
        "an order for an amount of cash must be a buy, not FOK, without another quantity",
        lambda of: f"a {of.kind} {of.side} for an amount of cash: it must be a BUY, not FOK, and have no other quantity",
    ),
    Reason.SHORT_NOT_ALLOWED: Words("nothing can be sold short here"),
    Reason.SETTLE_PREF: Words("unknown settlement preference"),
    Reason.STOP_PX: Words("a stop price is missing, or where none can be, or reached already", lambda of: of.wrong_stop),
    Reason.TICK: Words("the price is no multiple of the tick", lambda of: of.off_tick),
    Reason.LOT: Words("the quantity is no multiple of the lot", lambda of: f"qty {of.qty} is not a multiple of lot {of.bound_qty}"),
    Reason.MIN_QTY: Words("the quantity is too small, or the minimum quantity does not fit the order", lambda of: of.too_little),
    Reason.MAX_QTY: Words("the quantity is too large", lambda of: f"qty {of.qty} is above the largest order, {of.bound_qty}"),
    Reason.PRICE_RANGE: Words("the price is out of range", lambda of: of.out_of_range),
    Reason.OVERFLOW: Words(
        "price times quantity is too large for the venue", lambda of: f"price {of.price} times qty {of.qty} is too large for the venue"
    ),
    Reason.DISPLAY_QTY: Words("display_qty must be a multiple of the lot, at most the order's quantity, and on an order that can rest"),
    Reason.EXPIRE_TIME: Words("the expiry must be later than the venue's time, and only on a GTD order"),
    Reason.MIN_NOTIONAL: Words("the order is worth too little", lambda of: f"{of.worth} is below the smallest order, {of.bound_cash}"),
    Reason.MAX_NOTIONAL: Words("the order is worth too much", lambda of: f"{of.worth} is above the largest order, {of.bound_cash}"),
    Reason.COLLAR_STATIC: Words(
        "the price is outside the collar", lambda of: f"price {of.price} is {of.beyond} the collar {of.edge} ({of.reference})"
    ),
    Reason.REF_UNAVAILABLE: Words(
        "there is no reference price to judge orders by", lambda of: f"{of.symbol} takes no orders while it has no reference price"
    ),
    Reason.DUPLICATIVE: Words(
        "too many equal orders in a short time", lambda of: f"{of.side} {of.qty} at {of.price} was accepted {of.bound} times just before"
    ),
    Reason.OPEN_ORDERS: Words(
        "the subscriber has too many open orders", lambda of: f"the subscriber has {of.bound:,} open orders, which is his limit"
    ),
    Reason.GROSS_OPEN: Words(
        "the subscriber's open orders would be worth too much",
        lambda of: f"{of.worth} more would bring the open orders above the subscriber's limit of {of.bound_cash}",
    ),
    Reason.GROSS_DAILY: Words(
        "the subscriber's orders of the day would be worth too much",
        lambda of: f"{of.worth} more would bring the day's orders and trades above the subscriber's limit of {of.bound_cash}",
    ),
    Reason.INSUFFICIENT_CASH: Words("there is not enough cash available", lambda of: f"{of.asked_cash}, {of.bound_amount} available"),
    Reason.INSUFFICIENT_POSITION: Words("there are not enough tokens available", lambda of: f"{of.asked_tokens}, {of.bound_qty} available"),
    Reason.REDUCE_ONLY_VIOLATION: Words(
        "a buy where only what reduces a position is taken",
        lambda of: f"a {of.side} of {of.symbol} is refused: only what reduces a position is taken",
    ),
    Reason.ORDERS_FULL: Words("the venue holds as many orders as it can"),
    Reason.LEVELS_FULL: Words("the venue holds as many price levels as it can"),
    Reason.BALANCES_FULL: Words("the venue holds as many balances as it can"),
    Reason.POST_ONLY_WOULD_TRADE: Words(
        "a post-only order that would have traded at once", lambda of: f"post-only {of.side} at {of.price} would have traded at once"
    ),
    Reason.UNKNOWN_ORDER: Words("no such order of this session"),
    Reason.TOO_LATE: Words("the order was already done"),
    Reason.ORDER_MISMATCH: Words("the order is of another instrument or side"),
    Reason.WALLET_INELIGIBLE: Words("settled the traditional way: no registered wallet on a chain of the token"),
    Reason.FORM_UNSUPPORTED: Words("settled in the other form: the instrument does not settle in the one that was wished for"),
    Reason.USER: Words("canceled on request"),
    Reason.IOC: Words("what did not trade at once was canceled"),
    Reason.FOK_UNFILLABLE: Words("it could not be filled whole at once"),
    Reason.STP: Words("it met an order of its own group"),
    Reason.MASS_CANCEL: Words("canceled with others on request"),
    Reason.DISCONNECT: Words("canceled because the session's connection ended"),
    Reason.MARKET_REST: Words("nothing more was there within the protection of a market order"),
    Reason.DAY_END: Words("the day ended"),
    Reason.GTD_EXPIRED: Words("its time was over"),
    Reason.RESERVE_REFRESH: Words("the next part of its reserve is shown"),
    Reason.SWEEP_LIMIT: Words("it met as many orders as one order may"),
    Reason.COLLAR_DYNAMIC: Words("the next price would have been outside the collar"),
    Reason.KILL: Words("canceled by the venue's kill switch"),
    Reason.SANCTIONS_HIT: Words("canceled because a screening blocked the subscriber"),
    Reason.KYC_LAPSED: Words("canceled because the subscriber's identity check ended"),
    Reason.ADMIN: Words("canceled by the venue's operator"),
    Reason.RESTRICTED: Words("canceled because the subscriber may not trade it any more"),
    Reason.HALT_POLICY: Words("canceled because the instrument was suspended"),
    Reason.REDUCE_ONLY: Words("canceled because only what reduces a position is taken now"),
    Reason.MIN_QTY_UNMET: Words("its minimum quantity could not be traded at once"),
    Reason.TRIGGERED: Words("the last price reached its stop price"),
    Reason.AUCTION_END: Words("its auction is over"),
    Reason.NO_PLACE: Words("it waited, came in, and found no room in the book"),
    Reason.TERMINATION: Words("canceled because the instrument was terminated"),
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


def reason_text(reason: Reason | int, asked: Asked | None = None, told: Told | None = None) -> str:
    """Say a reason's number and what it means; with `asked` and what the venue `told` of it, in the request's own figures."""
    if not isinstance(reason, Reason):
        return f"{reason} is not known to this client"
    words = WORDS[reason]
    own = words.own(Figures(asked, told or Told())) if asked is not None else ""
    return f"{int(reason)} {own or words.general}"
