"""OrderBook: the core with its memory, for Python and for the venue."""

from libc.stdint cimport uint8_t, uint32_t

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
