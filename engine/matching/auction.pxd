"""Auctions: what one would do now, the uncross, and the phases of a book between."""

from libc.stdint cimport uint8_t, uint32_t

from engine.matching.core cimport Book, Core
from engine.matching.types cimport price_t, qty_t

cdef struct Auction:
    price_t price               # 0 where nothing can be executed
    qty_t volume                # below 2**63 where the quantities of each side sum to less, as those of a venue's assets do
    qty_t imbalance             # at the price, buys less sells that are left

cdef void work_out(const Core* core, const Book* book, price_t reference, Auction* auction) noexcept nogil
cdef bint uncross(Core* core, uint32_t instrument, price_t reference, price_t low, price_t high, Auction* auction) noexcept nogil
cdef void set_phase(Core* core, uint32_t instrument, uint8_t phase, bint pauses, bint keeps_stops) noexcept nogil
cdef bint is_crossed(const Book* book) noexcept nogil
