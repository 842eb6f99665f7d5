"""The two books that every test of the rules runs on, opened by the same words."""

from itertools import count, takewhile

from engine.matching.book import OrderBook
from engine.matching.enums import Reason, Side
from engine.testing.oracle import Oracle

MAKERS = {"oracle": Oracle, "core": OrderBook}
SIDES = (Side.BUY, Side.SELL)
OF_THE_VENUE = {
    *(Reason.THROTTLE, Reason.UNKNOWN_COMMAND, Reason.KYC_EXPIRED, Reason.SANCTIONS, Reason.ACCOUNT_RESTRICTED, Reason.KILL_SWITCH),
    *(Reason.STATE_NOT_TRADABLE, Reason.JURISDICTION, Reason.NOT_ENTITLED, Reason.NOT_WHITELISTED),
    *(Reason.CAP_REACHED, Reason.CASH_QTY, Reason.MIN_NOTIONAL, Reason.MAX_NOTIONAL, Reason.COLLAR_STATIC, Reason.REF_UNAVAILABLE),
    *(Reason.DUPLICATIVE, Reason.OPEN_ORDERS, Reason.GROSS_OPEN, Reason.GROSS_DAILY, Reason.INSUFFICIENT_CASH),
    *(Reason.INSUFFICIENT_POSITION, Reason.REDUCE_ONLY_VIOLATION, Reason.BALANCES_FULL, Reason.WALLET_INELIGIBLE),
    *(Reason.FORM_UNSUPPORTED, Reason.KYC_LAPSED, Reason.RESTRICTED, Reason.HALT_POLICY, Reason.REDUCE_ONLY, Reason.TERMINATION),
}


def differences(left, right):
    """Return the fields in which two event lists differ, for a message that a person can read."""
    if len(left) != len(right):
        return f"{len(left)} events against {len(right)}: {left} {right}"
    pairs = [(a, b) for a, b in zip(left, right, strict=True) if tuple(a) != tuple(b)]
    return [(a.exec_id, name, x, y) for a, b in pairs for name, x, y in zip(a._fields, a, b, strict=True) if x != y]


def state(one):
    """Return everything that a book shows of its state."""
    shown = ("depth", "top", "orders", "last_px", "phase", "indicative")
    return [one.orders(), *(tuple(getattr(one, view)(number) for view in shown) for number in numbers(one))]


def numbers(one):
    """Return the numbers of the instruments that a book lists."""
    return list(takewhile(lambda number: _is_listed(one, number), count(1)))


def _is_listed(one, number):
    try:
        one.depth(number)
    except ValueError:
        return False
    return True
