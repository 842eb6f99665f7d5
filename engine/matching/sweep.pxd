"""Commands over many orders: mass cancel and expiry, always in a defined order."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.matching.core cimport Core
from engine.matching.types cimport Command, price_t

cdef void mass_cancel(Core* core, const Command* command) noexcept nogil
cdef void expire(Core* core, int64_t ts_ns) noexcept nogil
cdef void end_of_day(Core* core, int64_t ts_ns) noexcept nogil
cdef uint64_t cancel_all(Core* core, uint32_t session, uint32_t account, uint32_t instrument, uint8_t side, uint8_t reason) noexcept nogil
cdef uint64_t put_collar(Core* core, uint32_t instrument, price_t low, price_t high, uint32_t dynamic_bps, price_t anchor) noexcept nogil
cdef uint64_t cancel_beyond(Core* core, uint32_t instrument) noexcept nogil
cdef void end_auction_orders(Core* core, uint32_t instrument, uint8_t tif) noexcept nogil
cdef void wait_again(Core* core, uint32_t instrument) noexcept nogil
