"""What a new order or a replace must satisfy, in one fixed order: the first failure is the reason, and nothing has changed."""

from libc.stdint cimport uint8_t

from engine.matching.core cimport Book, Core
from engine.matching.pool cimport Order
from engine.matching.types cimport Command, price_t, qty_t, rank_t

cdef uint8_t order_refusal(const Core* core, const Command* command, rank_t* rank) noexcept nogil
cdef uint8_t replace_refusal(const Core* core, const Command* command, const Order* order, qty_t order_qty, rank_t* rank) noexcept nogil
