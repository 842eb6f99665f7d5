"""What a new order or a replace must satisfy, in one fixed order: the first failure is the reason, and nothing has changed."""

from libc.stdint cimport uint8_t

from engine.matching.core cimport Book, Core
from engine.matching.pool cimport Order
from engine.matching.types cimport Command, price_t, qty_t, rank_t

cdef uint8_t order_refusal(const Core* core, const Command* command, rank_t* rank) noexcept nogil
cdef uint8_t replace_refusal(const Core* core, const Command* command, const Order* order, qty_t order_qty, rank_t* rank) noexcept nogil

cdef uint8_t kind_refusal(const Command* command) noexcept nogil
cdef uint8_t form_refusal(const Book* book, const Command* command, rank_t* rank) noexcept nogil
cdef uint8_t seat_refusal(const Core* core, const Command* command, rank_t rank) noexcept nogil
cdef uint8_t replace_form_refusal(const Core* core, const Command* command, const Order* order, qty_t order_qty,
                                  rank_t* rank) noexcept nogil
cdef uint8_t replace_seat_refusal(const Core* core, const Command* command, const Order* order, qty_t order_qty,
                                  rank_t rank) noexcept nogil
cdef uint8_t price_refusal(const Book* book, uint8_t side, price_t price, rank_t* rank) noexcept nogil
