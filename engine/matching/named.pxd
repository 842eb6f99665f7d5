"""Which open order a request means."""

from libc.stdint cimport uint8_t

from engine.matching.core cimport Core
from engine.matching.types cimport Command, order_ref_t

cdef order_ref_t named_order(const Core* core, const Command* command, uint8_t* reason) noexcept nogil
