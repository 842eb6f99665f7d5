"""OrderBook: the core with its memory, for Python and for the venue."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.matching.core cimport Core
from engine.matching.types cimport Command

cdef void apply(Core* core, const Command* command) noexcept nogil
cdef void refuse(Core* core, const Command* command, uint8_t reason) noexcept nogil


cdef class OrderBook:
    cdef Core core
    cdef readonly tuple instruments
    cdef uint32_t batch
    cdef uint32_t* ends             # of the last `apply`: where each command's events end
    cdef uint32_t applied

    cdef void drain(self) noexcept nogil
    cdef uint32_t add(self, instrument) except 0
    cdef int check_phase(self, uint32_t instrument, uint8_t phase) except -1
    cdef int go_to_phase(self, uint32_t instrument, uint8_t phase, bint pauses, bint keeps_stops) except -1
    cdef object uncross_now(self, uint32_t instrument, int64_t reference, int64_t low, int64_t high)
