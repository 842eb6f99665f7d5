"""What the book takes and gives, as Python values, and the packed forms of commands and events."""

from typing import NamedTuple

from engine.matching.enums import ExecType, Liquidity, OrdType, Reason, Side, StpMode, TimeInForce

COMMAND_FORMAT = "<qQQQQqqqqIIIIBBBBBBBBqq"
EVENT_FORMAT = "<QQQQqqqqqqIIIBBBB"
COMMAND_SIZE = 112
EVENT_SIZE = 96

MAX_ORDERS = 2**24 - 1
MAX_TICKS = 2**26
MAX_TICK = 2**18


class Instrument(NamedTuple):
    """What the book must know of an instrument: prices in 1e-4 of the quote unit, quantities in 1e-6 of a token."""

    symbol: str
    tick: int = 100
    lot: int = 1
    min_qty: int = 1
    max_qty: int = 2**53 - 1
    max_price: int = 100_000_000
    protection: int = 50_000


class Command(NamedTuple):
    """What the sequencer numbers and the log carries: the fields of the packed form in its order; those that do not apply are 0."""

    ts_ns: int = 0
    in_seq: int = 0
    cl_ord_id: int = 0
    orig_cl_ord_id: int = 0
    order_id: int = 0
    price: int = 0
    qty: int = 0
    display_qty: int = 0
    expire_ns: int = 0
    session: int = 0
    account: int = 0
    instrument: int = 0
    stp_group: int = 0
    kind: int = 0
    side: int = 0
    ord_type: int = 0
    tif: int = 0
    exec_inst: int = 0
    stp_mode: int = 0
    flags: int = 0
    settle_pref: int = 0
    min_qty: int = 0
    stop_px: int = 0


class Event(NamedTuple):
    """One happening to one order; fields that do not apply are 0."""

    exec_id: int
    exec_type: ExecType
    order_id: int
    cl_ord_id: int
    orig_cl_ord_id: int
    match_id: int
    session: int
    account: int
    instrument: int
    side: int
    price: int
    order_qty: int
    leaves_qty: int
    cum_qty: int
    last_px: int
    last_qty: int
    liquidity: Liquidity
    reason: Reason


class Level(NamedTuple):
    """One price level as the public sees it."""

    price: int
    qty: int
    orders: int


class Uncross(NamedTuple):
    """What an auction would do now, or did: its price, the quantity executed at it, and buys less sells that are left at it.

    `done` is False for an auction that was tried and did not come about; without any quantity to execute the price is 0.
    """

    price: int
    qty: int
    imbalance: int
    done: bool


class OpenOrder(NamedTuple):
    """An open order as its owner sees it; `stop_px` is 0 unless it waits for its trigger."""

    order_id: int
    cl_ord_id: int
    session: int
    account: int
    instrument: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    price: int
    order_qty: int
    leaves_qty: int
    shown_qty: int
    display_qty: int
    expire_ns: int
    stp_group: int
    stp_mode: StpMode
    stop_px: int = 0
