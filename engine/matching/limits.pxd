"""The limits of orders that name none."""

from libc.stdint cimport uint8_t

from engine.matching.core cimport Book
from engine.matching.types cimport Command, price_t

cdef price_t own_limit(Book* book, const Command* command) noexcept nogil
cdef price_t market_price(Book* book, uint8_t side) noexcept nogil
cdef price_t protected_price(Book* book, uint8_t side) noexcept nogil
