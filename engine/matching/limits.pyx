"""The limits of orders that name none."""

from libc.stdint cimport uint8_t

from engine.matching.checks cimport rests
from engine.matching.core cimport auction_rank, price_at, rank_of, side_of, working_rank
from engine.matching.ladder cimport NO_RANK
from engine.matching.types cimport *


cdef price_t own_limit(Book* book, const Command* command) noexcept nogil:
    """Return an order's limit; who names none has one so far beyond the best opposite price, his stop price, or at the collar's edge."""
    if command.price != 0:
        return command.price
    if command.ord_type == ORD_STOP:
        return protected_from(book, command.side, command.stop_px)
    if rests(command):
        return price_at(book, command.side, auction_rank(book, command.side))
    return market_price(book, command.side)


cdef price_t market_price(Book* book, uint8_t side) noexcept nogil:
    """Return the limit that a market order gets: its protection, not beyond the collar; 0 with nobody there."""
    cdef price_t price = protected_price(book, side)
    return price_at(book, side, working_rank(book, side, rank_of(book, side, price))) if price else 0


cdef price_t protected_price(Book* book, uint8_t side) noexcept nogil:
    """Return the limit of a market order: the best opposite price and the protection beyond it, or 0 with nobody there."""
    cdef uint8_t other = SIDE_BUY + SIDE_SELL - side
    cdef rank_t best = side_of(book, other).best
    return 0 if best == NO_RANK else protected_from(book, side, price_at(book, other, best))


cdef price_t protected_from(const Book* book, uint8_t side, price_t price) noexcept nogil:
    """Return the price so far beyond another as the protection allows, within the ladder's reach."""
    if side == SIDE_BUY:
        return price + book.protection if price < book.max_price - book.protection else book.max_price
    return price - book.protection if price > book.tick + book.protection else book.tick
