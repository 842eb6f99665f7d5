"""Orders that are open and in no book: stop orders until the last price reaches them, on-close orders until the closing call."""

from engine.matching.core cimport Book, Core
from engine.matching.pool cimport Order
from engine.matching.types cimport order_ref_t, price_t

cdef void wait_for_trigger(Core* core, Book* book, order_ref_t ref, price_t stop_px) noexcept nogil
cdef void wait_for_close(Core* core, Book* book, order_ref_t ref) noexcept nogil
cdef order_ref_t reached_stop(const Core* core, Book* book) noexcept nogil
cdef void join_close(Core* core, Book* book) noexcept nogil
cdef price_t stop_price(const Core* core, const Order* order) noexcept nogil
