"""What a book holds and said, as Python values."""

from libc.stdint cimport uint8_t, uint32_t

from engine.matching.core cimport Core
from engine.matching.types cimport Event, order_ref_t

cdef list side_depth(const Core* core, uint32_t instrument, uint8_t side, uint32_t levels)
cdef list queue(const Core* core, uint32_t instrument, uint8_t side)
cdef object event_at(const Event* event)
cdef object open_order(const Core* core, order_ref_t ref)
