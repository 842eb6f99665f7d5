"""The rules of the book for one order at a time: enter, cancel, replace."""

from libc.stdint cimport uint8_t

from engine.matching.core cimport Book, Core
from engine.matching.pool cimport Order
from engine.matching.types cimport Command, order_ref_t, price_t, qty_t, rank_t

cdef void enter(Core* core, const Command* command) noexcept nogil
cdef void cancel(Core* core, const Command* command) noexcept nogil
cdef void replace(Core* core, const Command* command) noexcept nogil

cdef uint8_t admit(Core* core, const Command* command, rank_t rank) noexcept nogil
cdef void change(Core* core, const Command* command, order_ref_t ref, qty_t order_qty, rank_t rank) noexcept nogil
cdef void cascade(Core* core, Book* book) noexcept nogil
cdef qty_t replaced_qty(const Command* command, const Order* order) noexcept nogil
cdef bint is_reduction(const Command* command, const Order* order, qty_t order_qty) noexcept nogil
