"""Why the oracle refuses a command: its faults in the order in which the rulebook checks them, so the first one counts.

The generators are lazy: what comes after a fault may take for granted that there was none.
"""

from collections.abc import Callable, Iterator

from engine.matching.enums import ExecInst, OrdType, Reason, SettlePref, Side, StpMode, TimeInForce
from engine.matching.records import Instrument
from engine.testing.ladders import SIDES, Ladders
from engine.testing.orders import Order

KNOWN_INSTRUCTIONS = ExecInst.POST_ONLY | ExecInst.REDUCE_ONLY


def faults_of_entry(order: Order, ladders: Ladders, accounts: int, ts_ns: int) -> Iterator[Reason]:
    """Give what is wrong with a new order in itself, before the state of the book is looked at."""
    if order.instrument not in ladders.instruments:
        yield Reason.UNKNOWN_INSTRUMENT
    if not 1 <= order.account <= accounts:
        yield Reason.UNKNOWN_ACCOUNT
    yield from faults_of_kind(order)
    yield from faults_of_form(order, ladders.instruments[order.instrument], ts_ns)


def faults_of_kind(order: Order) -> Iterator[Reason]:
    """Give what of a new order no order can say."""
    if order.side not in SIDES:
        yield Reason.SHORT_NOT_ALLOWED if order.side == Side.SELL_SHORT else Reason.SIDE
    if order.ord_type not in tuple(OrdType):
        yield Reason.ORD_TYPE
    if order.tif not in tuple(TimeInForce) or (order.ord_type == OrdType.MARKET and order.tif in (TimeInForce.GTC, TimeInForce.GTD)):
        yield Reason.TIF_NOT_ALLOWED
    if order.exec_inst > KNOWN_INSTRUCTIONS or (order.never_takes and order.never_rests):
        yield Reason.EXEC_INST
    if order.stp_mode not in tuple(StpMode):
        yield Reason.STP_MODE
    if order.settle_pref not in tuple(SettlePref):
        yield Reason.SETTLE_PREF


def faults_of_form(order: Order, instrument: Instrument, ts_ns: int) -> Iterator[Reason]:
    """Give what is wrong with a new order's price, quantities and expiry for that instrument."""
    is_market = order.ord_type == OrdType.MARKET
    if is_market and order.price != 0:
        yield Reason.TICK
    yield from faults_of_terms(order, instrument, instrument.max_price if is_market else order.price, order.order_qty)
    if order.display_qty and (order.never_rests or not is_part(instrument, order.order_qty, order.display_qty)):
        yield Reason.DISPLAY_QTY
    if order.min_qty and (order.tif == TimeInForce.FOK or order.never_takes or not is_part(instrument, order.order_qty, order.min_qty)):
        yield Reason.MIN_QTY
    if order.expire_ns <= max(ts_ns, 0) if order.tif == TimeInForce.GTD else order.expire_ns != 0:
        yield Reason.EXPIRE_TIME


def faults_of_terms(order: Order, instrument: Instrument, price: int, qty: int) -> Iterator[Reason]:
    """Give what is wrong with a price and a total quantity."""
    is_limit = order.ord_type == OrdType.LIMIT
    if is_limit and (price <= 0 or price % instrument.tick):
        yield Reason.TICK
    if is_limit and price > instrument.max_price:
        yield Reason.PRICE_RANGE
    if qty <= 0 or qty % instrument.lot:
        yield Reason.LOT
    if qty < instrument.min_qty:
        yield Reason.MIN_QTY
    if qty > instrument.max_qty:
        yield Reason.MAX_QTY
    if price * qty >= 2**63:
        yield Reason.OVERFLOW


def faults_of_new_terms(order: Order, instrument: Instrument, price: int, qty: int, display_qty: int) -> Iterator[Reason]:
    """Give what is wrong with what a replace asks for."""
    yield from faults_of_terms(order, instrument, price, qty)
    if display_qty and not is_part(instrument, qty, display_qty):
        yield Reason.DISPLAY_QTY


def faults_of_place(order: Order, price: int, qty: int, more_qty: int, ladders: Ladders) -> Iterator[Reason]:
    """Give what keeps an order from the book at that price: the price, post-only, then the room for its level and the level's total."""
    rests = not order.never_rests
    if rests and price * qty >= 2**63:
        yield Reason.OVERFLOW
    if order.never_takes and ladders.would_trade(order, price):
        yield Reason.POST_ONLY_WOULD_TRADE
    if rests and not ladders.has_room(order, price):
        yield Reason.LEVELS_FULL
    if rests and ladders.level_qty(order, price) + more_qty >= 2**63:
        yield Reason.OVERFLOW


def faults_of_name(order: Order | None, was_issued: Callable[[], bool], instrument: int, side: int) -> Iterator[Reason]:
    """Give what is wrong with the naming of an open order."""
    if order is None:
        yield Reason.TOO_LATE if was_issued() else Reason.UNKNOWN_ORDER
    elif instrument not in (0, order.instrument) or side not in (0, order.side):
        yield Reason.ORDER_MISMATCH


def is_part(instrument: Instrument, qty: int, part_qty: int) -> bool:
    """Whether that much of an order can be shown at a time, or asked for at once."""
    return 0 < part_qty <= qty and part_qty % instrument.lot == 0
