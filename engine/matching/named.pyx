"""Which open order a request means."""

from libc.stdint cimport uint8_t

from engine.matching.index cimport index_find
from engine.matching.pool cimport SLOT_BITS, SLOT_MASK, Order
from engine.matching.types cimport *


cdef order_ref_t named_order(const Core* core, const Command* command, uint8_t* reason) noexcept nogil:
    """Return the open order that a cancel or replace means, or 0 and why there is none."""
    cdef order_ref_t ref = <order_ref_t> (command.order_id & SLOT_MASK)
    cdef const Order* order
    reason[0] = REASON_UNKNOWN_ORDER
    if command.order_id == 0:
        ref = index_find(&core.index, &core.pool, command.session, command.orig_cl_ord_id) if command.orig_cl_ord_id else 0
        if ref == 0:
            return 0
    elif ref == 0 or ref >= core.pool.fresh or command.order_id >> SLOT_BITS == 0:
        return 0
    order = &core.pool.orders[ref]
    if command.order_id != 0 and (order.order_id != command.order_id or order.leaves_qty == 0):
        if command.order_id <= order.order_id:
            reason[0] = REASON_TOO_LATE
        return 0
    if order.session != command.session:
        return 0
    if (command.instrument != 0 and command.instrument != order.instrument) or (command.side != 0 and command.side != order.side):
        reason[0] = REASON_ORDER_MISMATCH
        return 0
    return ref
