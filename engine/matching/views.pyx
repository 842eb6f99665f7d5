"""What a book holds and said, as Python values: nothing here is on the order path."""

from libc.stdint cimport uint8_t, uint32_t

from engine.matching.core cimport Book, price_at, side_of
from engine.matching.ladder cimport NO_RANK, Ladder, Level, ladder_next, ladder_reference
from engine.matching.pool cimport PLACE_BOOK, Order
from engine.matching.types cimport *
from engine.matching.waiting cimport stop_price

from engine.matching import records
from engine.matching.enums import ExecType, Liquidity, OrdType, Reason, Side, StpMode, TimeInForce


cdef list side_depth(const Core* core, uint32_t instrument, uint8_t side, uint32_t levels):
    cdef Book* book = &core.books[instrument]
    cdef const Ladder* ladder = side_of(book, side)
    cdef const Level* level
    cdef uint32_t rank = ladder.best
    found = []
    while rank != NO_RANK and (levels == 0 or <uint32_t> len(found) < levels):
        level = &core.levels.levels[ladder_reference(ladder, rank)]
        found.append(records.Level(price_at(book, side, rank), level.shown_qty, level.count))
        rank = ladder_next(ladder, &core.levels, rank)
    return found


cdef list queue(const Core* core, uint32_t instrument, uint8_t side):
    """Return the slots of one side in priority order."""
    cdef const Ladder* ladder = side_of(&core.books[instrument], side)
    cdef uint32_t rank = ladder.best
    cdef uint32_t ref
    slots = []
    while rank != NO_RANK:
        ref = core.levels.levels[ladder_reference(ladder, rank)].head
        while ref:
            slots.append(ref)
            ref = core.pool.orders[ref].next
        rank = ladder_next(ladder, &core.levels, rank)
    return slots


cdef object event_at(const Event* event):
    cdef bint trade = event.exec_type == EXEC_TRADE
    return new_tuple(records.Event, (
        event.exec_id, EXEC_TYPES[event.exec_type], event.order_id, event.cl_ord_id, 0 if trade else event.ref_id,
        event.ref_id if trade else 0, event.session, event.account, event.instrument, event.side, event.price, event.order_qty,
        event.leaves_qty, event.cum_qty, event.last_px, event.last_qty, LIQUIDITIES[event.liquidity], REASONS[event.reason],
    ))


cdef tuple members(kind):
    """Return an enum as a tuple, so that a member is found by its number and not by a call."""
    values = {member.value: member for member in kind}
    return tuple(values.get(i) for i in range(max(values) + 1))


cdef object new_tuple = tuple.__new__
cdef tuple EXEC_TYPES = members(ExecType)
cdef tuple LIQUIDITIES = members(Liquidity)
cdef tuple REASONS = members(Reason)


cdef object open_order(const Core* core, order_ref_t ref):
    cdef const Order* order = &core.pool.orders[ref]
    return records.OpenOrder(
        order.order_id, order.cl_ord_id, order.session, order.account, order.instrument, Side(order.side), OrdType(order.ord_type),
        TimeInForce(order.tif), order.price, order.order_qty, order.leaves_qty,
        order.shown_qty if order.place == PLACE_BOOK else 0, order.display_qty,
        core.pool.expiries[ref], order.stp_group, StpMode(order.stp_mode), stop_price(core, order),
    )
