"""The open orders as canonical bytes, and back.

    orders     those in the books, as in the pool: by instrument, bids before asks, in priority order
    stops      those that wait for their trigger: by instrument, buys before sells, first to be triggered first; one StopImage each
    closing    those that wait for the closing call: by instrument, in order of entry
    expiries   of the GTD ones among them, in the same order
"""

from libc.stdint cimport uint64_t

from engine.matching.core cimport Core
from engine.matching.pool cimport Order
from engine.matching.types cimport price_t

cdef struct StopImage:              # 136 bytes
    Order order
    price_t stop_px

cdef bytes orders_image(const Core* core)
cdef bytes stops_image(const Core* core)
cdef bytes closing_image(const Core* core)
cdef bytes expiries_image(const Core* core)

cdef int restore_orders(Core* core, bytes orders, bytes stops, bytes closing, bytes expiries) except -1
cdef str slot_problem(const Core* core, uint64_t order_id, uint64_t first, uint64_t last)


cdef inline uint64_t last_generation() noexcept nogil:
    """Return the generation of a slot that is not used again."""
    return <uint64_t> 1 << 38
