"""The venue's checks before a request reaches the book, in one fixed order: the first failure is the reason, and nothing has changed."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.matching.core cimport Core
from engine.matching.pool cimport Order
from engine.matching.types cimport Command, qty_t, rank_t
from engine.venue.settlement cimport Entry
from engine.venue.state cimport State

cdef uint8_t entry_refusal(const State* state, Command* command, Entry* entry, rank_t* rank) noexcept nogil
cdef uint8_t change_refusal(const State* state, const Command* command, const Order* order, qty_t order_qty, Entry* entry,
                            rank_t* rank) noexcept nogil
cdef void remember(State* state, const Command* command, const Entry* entry) noexcept nogil
cdef int64_t bound_of(const Core* core, uint32_t instrument, uint8_t reason) noexcept nogil
