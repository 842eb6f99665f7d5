"""Looks into the other side of a book that touch nothing: would so much be filled now, and how much does an amount of cash buy?

They walk the queues as the match would meet them: best price first, oldest first, reserves round by round.  Worst case: `sweep` places.
"""

from libc.stdint cimport int64_t, uint32_t

from engine.matching.core cimport Book, Core, muldiv, price_at, side_of, working_rank
from engine.matching.ladder cimport Ladder, Level, ladder_next, ladder_reference
from engine.matching.pool cimport Order
from engine.matching.types cimport *


cdef bint can_fill(const Core* core, Book* book, const Order* order, rank_t rank, qty_t needed) noexcept nogil:
    """Say whether so much of an order could be filled now, looking at no more than `sweep` places in queues, and touch nothing."""
    cdef const Ladder* opposite = side_of(book, SIDE_BUY + SIDE_SELL - order.side)
    cdef rank_t limit = book.last - rank
    cdef rank_t at = opposite.best
    cdef uint32_t visits = 0
    while at <= limit and needed > 0:
        needed = look_through(core, order, &core.levels.levels[ladder_reference(opposite, at)], needed, &visits)
        if visits > core.sweep:
            return False
        at = ladder_next(opposite, &core.levels, at)
    return needed <= 0


cdef qty_t affordable_qty(const Core* core, const Command* command, rank_t rank, int64_t budget) noexcept nogil:
    """Return how much an incoming buy of this rank could take for a notional of `budget`: whole levels, then whole lots.

    Own orders give nothing, whatever prevention does to them: less is bought then, and nothing dearer.
    """
    cdef Book* book = &core.books[command.instrument]
    cdef const Ladder* opposite = side_of(book, SIDE_SELL)
    cdef rank_t limit = book.last - working_rank(book, SIDE_BUY, rank)
    cdef rank_t at = opposite.best
    cdef uint32_t visits = 0
    cdef qty_t qty = 0
    cdef qty_t there
    cdef qty_t most
    cdef price_t price
    while at <= limit and visits <= core.sweep:
        price = price_at(book, SIDE_SELL, at)
        there = strangers_qty(core, command, &core.levels.levels[ladder_reference(opposite, at)], &visits)
        most = muldiv(budget, 10_000, price)
        if there > most:
            return qty + most - most % book.lot
        qty += there
        budget -= price * there // 10_000
        at = ladder_next(opposite, &core.levels, at)
    return qty


cdef qty_t look_through(const Core* core, const Order* order, const Level* level, qty_t needed, uint32_t* visits) noexcept nogil:
    """Return what an order would still need after this level, round by round as its reserves would refresh.

    Own orders give nothing where the mode cancels them as the older ones; elsewhere they end the look, as they would end the match.
    """
    cdef const Order* resting
    cdef order_ref_t ref
    cdef qty_t shown
    cdef qty_t spent = 0            # of each reserve, in the rounds before
    cdef bint first = True
    cdef bint more = True
    while more:
        more = False
        ref = level.head
        while ref:
            resting = &core.pool.orders[ref]
            visits[0] += 1
            if is_own(order, resting):
                if order.stp_mode != STP_CANCEL_OLDEST:
                    visits[0] = core.sweep + 1
            else:
                shown = resting.shown_qty if first else reserve_part(resting, spent)
                more = more or shown != 0
                needed -= shown
            if needed <= 0 or visits[0] > core.sweep:
                return needed
            ref = resting.next
        if level.leaves_qty == level.shown_qty:
            return needed
        if not first:
            spent += 1
        first = False
    return needed


cdef inline qty_t reserve_part(const Order* resting, qty_t rounds) noexcept nogil:
    """Return what an order would show after this many refreshes before."""
    cdef qty_t reserve = resting.leaves_qty - resting.shown_qty
    if reserve == 0 or rounds >= (reserve + resting.display_qty - 1) // resting.display_qty:
        return 0
    reserve -= rounds * resting.display_qty
    return resting.display_qty if resting.display_qty < reserve else reserve


cdef qty_t strangers_qty(const Core* core, const Command* command, const Level* level, uint32_t* visits) noexcept nogil:
    """Return a level's quantity without the orders with which prevention would not let this one trade."""
    cdef qty_t qty = level.leaves_qty
    cdef order_ref_t ref = level.head
    visits[0] += 1
    if command.stp_group == 0 or command.stp_mode == STP_NONE:
        return qty
    while ref and visits[0] <= core.sweep:
        if core.pool.orders[ref].stp_group == command.stp_group:
            qty -= core.pool.orders[ref].leaves_qty
        visits[0] += 1
        ref = core.pool.orders[ref].next
    return qty if ref == 0 else 0
