"""What a new order or a replace must satisfy, in one fixed order: the first failure is the reason, and nothing has changed."""

from libc.stdint cimport uint8_t

from engine.matching.core cimport Book, Core
from engine.matching.pool cimport Order
from engine.matching.types cimport (
    ORD_LIMIT, ORD_STOP, PHASE_CLOSING_CALL, TIF_CLS, TIF_DAY, TIF_FOK, TIF_GTC, TIF_GTD, TIF_IOC, TIF_OPG, Command, price_t, qty_t, rank_t,
    unlikely,
)

cdef enum:
    AUCTION_TIFS = 1 << TIF_OPG | 1 << TIF_CLS                      # of orders that are for one auction
    LASTING_TIFS = 1 << TIF_DAY | 1 << TIF_GTC | 1 << TIF_GTD       # and of those that rest for longer

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
cdef uint8_t place_refusal(const Core* core, Book* book, uint8_t side, rank_t rank, uint8_t exec_inst, qty_t more) noexcept nogil


cdef inline bint rests(const Command* command) noexcept nogil:
    """Say whether what the order does not trade at once would stay."""
    return (
        command.ord_type == ORD_LIMIT and command.tif != TIF_IOC and command.tif != TIF_FOK
        or unlikely(command.tif == TIF_OPG or command.tif == TIF_CLS)
    )


cdef inline bint waits(const Book* book, const Command* command) noexcept nogil:
    """Say whether an order stays outside the book for now: for its trigger, or for the closing call."""
    return command.ord_type >= ORD_STOP or command.tif == TIF_CLS and book.phase != PHASE_CLOSING_CALL
