"""Looks into the other side of a book that touch nothing."""

from libc.stdint cimport int64_t

from engine.matching.core cimport Book, Core
from engine.matching.pool cimport Order
from engine.matching.types cimport STP_NONE, Command, qty_t, rank_t

cdef bint can_fill(const Core* core, Book* book, const Order* order, rank_t rank, qty_t needed) noexcept nogil
cdef qty_t affordable_qty(const Core* core, const Command* command, rank_t rank, int64_t budget) noexcept nogil


cdef inline bint is_own(const Order* incoming, const Order* resting) noexcept nogil:
    return incoming.stp_group != 0 and incoming.stp_group == resting.stp_group and incoming.stp_mode != STP_NONE
