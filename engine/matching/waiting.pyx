"""Orders that are open and in no book.

A stop order stands on a ladder of its own, by stop price and then by time, so that whether the last price has reached any of a side is one
comparison.  On-close orders stand in one queue.  `unwait` of core takes either out.
"""

from libc.stdint cimport uint8_t

from engine.matching.checks cimport place_refusal
from engine.matching.core cimport close, price_at, rank_of, shown_part, side_of, stop_rank, stops_of, unwait, working_rank
from engine.matching.ladder cimport Ladder, ladder_append, ladder_rank
from engine.matching.pool cimport PLACE_CLOSE, PLACE_STOPS, WAITS
from engine.matching.types cimport *


cdef void wait_for_trigger(Core* core, Book* book, order_ref_t ref, price_t stop_px) noexcept nogil:
    """Put a stop order behind those of its stop price."""
    cdef Order* order = &core.pool.orders[ref]
    order.place = PLACE_STOPS
    order.shown_qty = shown_part(order)
    ladder_append(stops_of(book, order.side), &core.levels, &core.pool, ref, stop_rank(book, order.side, stop_px))
    book.waiting += 1


cdef void wait_for_close(Core* core, Book* book, order_ref_t ref) noexcept nogil:
    """Put an on-close order behind the others that wait for the closing call."""
    cdef Order* order = &core.pool.orders[ref]
    order.place = PLACE_CLOSE
    order.shown_qty = order.leaves_qty
    order.level = WAITS
    order.next = 0
    order.prev = book.closing_tail
    core.pool.orders[book.closing_tail].next = ref      # slot 0 takes it where there is none: nobody reads it
    book.closing_tail = ref
    if book.closing_head == 0:
        book.closing_head = ref


cdef order_ref_t reached_stop(const Core* core, Book* book) noexcept nogil:
    """Return the stop order that the last price triggers next, or 0: the first of a side, and of two sides' the older."""
    cdef order_ref_t buy = reached_of(core, book, SIDE_BUY)
    cdef order_ref_t sell = reached_of(core, book, SIDE_SELL)
    if buy != 0 and sell != 0:
        return buy if core.pool.orders[buy].age < core.pool.orders[sell].age else sell
    return buy + sell


cdef inline order_ref_t reached_of(const Core* core, Book* book, uint8_t side) noexcept nogil:
    """Return the first stop order of a side if the last price has reached it, in a book that matches, or 0."""
    cdef const Ladder* stops = stops_of(book, side)
    if book.phase != PHASE_CONTINUOUS or book.keeps_stops or book.last_px == 0 or stops.best > stop_rank(book, side, book.last_px):
        return 0
    return core.levels.levels[stops.best_level].head


cdef void join_close(Core* core, Book* book) noexcept nogil:
    """Let the orders that waited for the close join the book, in order of entry; those that it has no place for are canceled."""
    cdef order_ref_t ref = book.closing_head
    cdef order_ref_t behind
    cdef Order* order
    cdef rank_t rank
    while ref:
        order = &core.pool.orders[ref]
        behind = order.next
        unwait(core, book, ref)
        order.level = 0
        rank = rank_of(book, order.side, order.price)
        if working_rank(book, order.side, rank) != rank:
            close(core, ref, EXEC_CANCELED, REASON_COLLAR_DYNAMIC)
        elif place_refusal(core, book, order.side, rank, 0, order.leaves_qty) != REASON_NONE:
            close(core, ref, EXEC_CANCELED, REASON_NO_PLACE)
        else:
            ladder_append(side_of(book, order.side), &core.levels, &core.pool, ref, rank)
        ref = behind


cdef price_t stop_price(const Core* core, const Order* order) noexcept nogil:
    """Return the stop price of an order that waits for its trigger, or 0."""
    if order.place != PLACE_STOPS:
        return 0
    return price_at(&core.books[order.instrument], SIDE_BUY + SIDE_SELL - order.side, ladder_rank(&core.levels, order.level))
