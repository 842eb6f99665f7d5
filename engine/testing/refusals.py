"""Why the oracle refuses a command: its faults in the order in which the rulebook checks them, so the first one counts.

The generators are lazy: what comes after a fault may take for granted that there was none.
"""

from collections.abc import Callable, Iterator

from engine.matching.enums import ExecInst, OrdType, Phase, Reason, SettlePref, Side, StpMode, TimeInForce
from engine.matching.records import Instrument
from engine.testing.ladders import SIDES, Ladders
from engine.testing.orders import Order

KNOWN_INSTRUCTIONS = ExecInst.POST_ONLY | ExecInst.REDUCE_ONLY
OF_A_STOP = {TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD}
TIFS = {
    OrdType.MARKET: set(TimeInForce) - {TimeInForce.GTC, TimeInForce.GTD},
    OrdType.LIMIT: set(TimeInForce),
    OrdType.STOP: OF_A_STOP,
    OrdType.STOP_LIMIT: OF_A_STOP,
}


def faults_of_entry(order: Order, ladders: Ladders, accounts: int, form: Callable[[], Iterator[Reason]]) -> Iterator[Reason]:
    """Give what is wrong with a new order in itself, its `form` last, before a place in the book is looked for."""
    if order.instrument not in ladders.instruments:
        yield Reason.UNKNOWN_INSTRUMENT
    if not 1 <= order.account <= accounts:
        yield Reason.UNKNOWN_ACCOUNT
    yield from faults_of_kind(order)
    yield from form()


def faults_of_kind(order: Order) -> Iterator[Reason]:
    """Give what of a new order no order can say."""
    if order.side not in SIDES:
        yield Reason.SHORT_NOT_ALLOWED if order.side == Side.SELL_SHORT else Reason.SIDE
    if order.ord_type not in tuple(OrdType):
        yield Reason.ORD_TYPE
    if order.tif not in TIFS[OrdType(order.ord_type)]:
        yield Reason.TIF_NOT_ALLOWED
    if order.exec_inst > KNOWN_INSTRUCTIONS or (order.never_takes and (order.never_rests or order.is_special)):
        yield Reason.EXEC_INST
    if order.stp_mode not in tuple(StpMode):
        yield Reason.STP_MODE
    if order.settle_pref not in tuple(SettlePref):
        yield Reason.SETTLE_PREF


def faults_of_phase(order: Order, phase: Phase) -> Iterator[Reason]:
    """Give why a book in that phase takes no such order."""
    if phase == Phase.CONTINUOUS:
        is_out_of_place = order.tif == TimeInForce.OPG
    else:
        is_out_of_place = order.tif in (TimeInForce.IOC, TimeInForce.FOK) or order.min_qty != 0
        is_out_of_place |= order.ord_type == OrdType.MARKET and not order.is_for_an_auction
        is_out_of_place |= order.tif == TimeInForce.OPG and phase == Phase.CLOSING_CALL
    if is_out_of_place:
        yield Reason.SESSION_ORDER_TYPE


def faults_of_price(order: Order, instrument: Instrument, price: int) -> Iterator[Reason]:
    """Give what is wrong with a limit; an order of a type that has none must name none."""
    if not order.names_price:
        if price:
            yield Reason.TICK
        return
    yield from faults_on_grid(instrument, price)


def faults_on_grid(instrument: Instrument, price: int) -> Iterator[Reason]:
    """Give why a price is none of an instrument's."""
    if price <= 0 or price % instrument.tick:
        yield Reason.TICK
    if price > instrument.max_price:
        yield Reason.PRICE_RANGE


def faults_of_stop(order: Order, instrument: Instrument, last_px: int) -> Iterator[Reason]:
    """Give what is wrong with a stop price: there must be one, which the last price has not reached, or none."""
    if order.is_stop != (order.stop_px != 0):
        yield Reason.STOP_PX
    if order.is_stop:
        yield from faults_on_grid(instrument, order.stop_px)
        if order.is_reached(last_px):
            yield Reason.STOP_PX


def faults_of_form(order: Order, instrument: Instrument, price: int, ts_ns: int) -> Iterator[Reason]:
    """Give what is wrong with a new order's quantities and expiry for that instrument, at that price."""
    yield from faults_of_qty(instrument, price, order.order_qty)
    shows_all = order.never_rests or order.is_for_an_auction
    if order.display_qty and (shows_all or not is_part(instrument, order.order_qty, order.display_qty)):
        yield Reason.DISPLAY_QTY
    has_no_minimum = order.tif == TimeInForce.FOK or order.never_takes or order.is_special
    if order.min_qty and (has_no_minimum or not is_part(instrument, order.order_qty, order.min_qty)):
        yield Reason.MIN_QTY
    if order.expire_ns <= max(ts_ns, 0) if order.tif == TimeInForce.GTD else order.expire_ns != 0:
        yield Reason.EXPIRE_TIME


def faults_of_qty(instrument: Instrument, price: int, qty: int) -> Iterator[Reason]:
    """Give what is wrong with a total quantity at a price."""
    if qty <= 0 or qty % instrument.lot:
        yield Reason.LOT
    if qty < instrument.min_qty:
        yield Reason.MIN_QTY
    if qty > instrument.max_qty:
        yield Reason.MAX_QTY
    if price * qty >= 2**63:
        yield Reason.OVERFLOW


def faults_of_change(order: Order) -> Iterator[Reason]:
    """Give why an open order cannot be replaced at all."""
    if order.waits or order.ord_type == OrdType.MARKET:
        yield Reason.ORD_TYPE


def faults_of_new_terms(order: Order, instrument: Instrument, price: int, qty: int, display_qty: int) -> Iterator[Reason]:
    """Give what is wrong with what a replace asks for."""
    yield from faults_of_price(order, instrument, price)
    yield from faults_of_qty(instrument, price, qty)
    if display_qty and (order.is_for_an_auction or not is_part(instrument, qty, display_qty)):
        yield Reason.DISPLAY_QTY


def faults_of_place(order: Order, price: int, qty: int, more_qty: int, ladders: Ladders) -> Iterator[Reason]:
    """Give what keeps an order from the book at that price: the price, post-only, then the room for its level and the level's total."""
    if not order.never_rests and price * qty >= 2**63:
        yield Reason.OVERFLOW
    if order.never_takes and ladders.would_trade(order, price):
        yield Reason.POST_ONLY_WOULD_TRADE
    if not order.never_rests:
        yield from faults_of_level(order, price, more_qty, ladders)


def faults_of_level(order: Order, price: int, more_qty: int, ladders: Ladders) -> Iterator[Reason]:
    """Give why a level cannot take so much more: there is no room for it, or its total would be too large."""
    if not ladders.has_room(order, price):
        yield Reason.LEVELS_FULL
    if ladders.level_qty(order, price) + more_qty >= 2**63:
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
