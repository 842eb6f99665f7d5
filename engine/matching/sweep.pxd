"""Commands over many orders: mass cancel and expiry, always in a defined order."""

from libc.stdint cimport int64_t

from engine.matching.core cimport Core
from engine.matching.types cimport Command

cdef void mass_cancel(Core* core, const Command* command) noexcept nogil
cdef void expire(Core* core, int64_t ts_ns) noexcept nogil
cdef void end_of_day(Core* core, int64_t ts_ns) noexcept nogil
