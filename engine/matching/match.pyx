"""The rules of the book, in the order and the words of docs/RULEBOOK.md.

Everything here is a function of the core and one command; events are appended to the core's buffer and read by the caller when the command
is done and the book consistent.  Nothing allocates, fails or looks at a clock.  Worst case of one command: `sweep` resting orders met.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from engine.matching.checks cimport order_refusal, replace_refusal
from engine.matching.core cimport (
    Book, close, emit, emit_refusal, price_at, rank_of, release, side_of, unrest,
)
from engine.matching.index cimport index_find, index_insert, index_remove
from engine.matching.ladder cimport NO_RANK, Ladder, Level, ladder_append, ladder_next, ladder_reference
from engine.matching.pool cimport SLOT_BITS, SLOT_MASK, Order, pool_next, pool_take
from engine.matching.types cimport *


cdef void enter(Core* core, const Command* command) noexcept nogil:
    """Accept an order and match it; what is left rests, or is canceled where its type or time in force says so."""
    cdef rank_t rank = 0
    cdef uint8_t reason = order_refusal(core, command, &rank)
    cdef order_ref_t ref = pool_next(&core.pool)
    cdef Book* book
    cdef Order* order
    if reason == REASON_NONE and command.cl_ord_id != 0:
        if not index_insert(&core.index, &core.pool, command.session, command.cl_ord_id, ref):
            reason = REASON_DUP_CL_ORD_ID
    if unlikely(reason != REASON_NONE):
        emit_refusal(core, command, EXEC_REJECTED, reason).order_id = 0
        return
    book = &core.books[command.instrument]
    order = accept(core, book, command, ref)
    if unlikely(order.ord_type == ORD_MARKET):
        rank = rank_of(book, order.side, order.price)
    if order.tif == TIF_FOK and not can_fill(core, book, order, rank):
        close(core, ref, EXEC_CANCELED, REASON_FOK_UNFILLABLE)
        return
    if crosses(book, order.side, rank):
        match(core, book, ref, rank)
        if order.leaves_qty == 0:
            return
    if order.ord_type == ORD_MARKET:
        close(core, ref, EXEC_CANCELED, REASON_MARKET_REST)
    elif order.tif == TIF_IOC:
        close(core, ref, EXEC_CANCELED, REASON_IOC)
    else:
        rest(core, book, ref, rank)


cdef void cancel(Core* core, const Command* command) noexcept nogil:
    """Take an open order out of the book at its owner's request."""
    cdef uint8_t reason
    cdef order_ref_t ref = named_order(core, command, &reason)
    cdef uint64_t cl_ord_id
    cdef Event* event
    if ref == 0:
        emit_refusal(core, command, EXEC_CANCEL_REJECTED, reason).liquidity = 1
        return
    cl_ord_id = core.pool.orders[ref].cl_ord_id
    event = close(core, ref, EXEC_CANCELED, REASON_USER)
    event.cl_ord_id = command.cl_ord_id
    event.ref_id = cl_ord_id


cdef void replace(Core* core, const Command* command) noexcept nogil:
    """Give an open order a new price, total and displayed quantity.

    Less quantity at the same price keeps its place in the queue; every other change enters the order anew, behind the others.
    """
    cdef uint8_t reason
    cdef order_ref_t ref = named_order(core, command, &reason)
    cdef Order* order
    cdef Book* book
    cdef uint64_t cl_ord_id
    cdef qty_t cum_qty
    cdef qty_t order_qty
    cdef rank_t rank = 0
    cdef bint keeps_place
    if ref == 0:
        emit_refusal(core, command, EXEC_CANCEL_REJECTED, reason).liquidity = 2
        return
    order = &core.pool.orders[ref]
    book = &core.books[order.instrument]
    cum_qty = order.order_qty - order.leaves_qty
    order_qty = cum_qty + command.qty if command.flags & FLAG_REENTER else command.qty
    reason = replace_refusal(core, command, order, order_qty, &rank)
    if unlikely(reason != REASON_NONE):
        emit_refusal(core, command, EXEC_CANCEL_REJECTED, reason).liquidity = 2
        return
    keeps_place = (
        order_qty < order.order_qty
        and command.price == order.price
        and command.display_qty == order.display_qty
        and not command.flags & FLAG_REENTER
    )
    cl_ord_id = order.cl_ord_id
    if command.cl_ord_id != 0 and command.cl_ord_id != cl_ord_id:
        if cl_ord_id:
            index_remove(&core.index, order.hashed, ref)
        index_insert(&core.index, &core.pool, order.session, command.cl_ord_id, ref)
        order.cl_ord_id = command.cl_ord_id
    if order_qty <= cum_qty:
        end_replaced(core, ref, cum_qty, cl_ord_id)
        return
    if keeps_place:
        reduce_in_place(core, order, order.leaves_qty - (order_qty - cum_qty))
        order.order_qty = order_qty
        emit(core, order, EXEC_REPLACED, REASON_NONE).ref_id = cl_ord_id
        return
    unrest(core, book, ref)
    order.price = command.price
    order.order_qty = order_qty
    order.leaves_qty = order_qty - cum_qty
    order.display_qty = command.display_qty
    emit(core, order, EXEC_REPLACED, REASON_NONE).ref_id = cl_ord_id
    if crosses(book, order.side, rank):
        match(core, book, ref, rank)
    if order.leaves_qty != 0:
        rest(core, book, ref, rank)


cdef void match(Core* core, Book* book, order_ref_t ref, rank_t rank) noexcept nogil:
    """Trade an incoming order with the other side, best price first, oldest first, at the resting orders' prices.

    Returns when the order is over (filled or canceled, its slot free) or no resting order is within its limit.
    """
    cdef Order* incoming = &core.pool.orders[ref]
    cdef Ladder* opposite = side_of(book, SIDE_BUY + SIDE_SELL - incoming.side)
    cdef rank_t limit = book.last - rank
    cdef uint32_t met = 0
    cdef order_ref_t resting
    while opposite.best <= limit:
        if unlikely(met == core.sweep):
            close(core, ref, EXEC_CANCELED, REASON_SWEEP_LIMIT)
            return
        met += 1
        resting = core.levels.levels[opposite.best_level].head
        if unlikely(is_own(incoming, &core.pool.orders[resting])):
            prevent_self_trade(core, book, ref, resting)
        else:
            trade(core, book, ref, resting)
        if incoming.leaves_qty == 0:
            return


cdef inline bint crosses(Book* book, uint8_t side, rank_t rank) noexcept nogil:
    """Say whether an order of this rank on its side meets one on the other."""
    return side_of(book, SIDE_BUY + SIDE_SELL - side).best <= book.last - rank


cdef inline void trade(Core* core, Book* book, order_ref_t incoming_ref, order_ref_t resting_ref) noexcept nogil:
    """Execute what the resting order shows, or less where the incoming one has less left; report to maker, then taker."""
    cdef Order* incoming = &core.pool.orders[incoming_ref]
    cdef Order* resting = &core.pool.orders[resting_ref]
    cdef price_t price = resting.price
    cdef qty_t qty = take_out(core, incoming, resting)
    book.last_px = price
    emit_trade(core, resting, price, qty, LIQ_MAKER)
    if resting.leaves_qty == 0:
        unrest(core, book, resting_ref)
        release(core, resting_ref)
    emit_trade(core, incoming, price, qty, LIQ_TAKER)
    core.next_match_id += 1
    if incoming.leaves_qty == 0:
        release(core, incoming_ref)
    if unlikely(resting.shown_qty == 0 and resting.leaves_qty != 0):
        refresh(core, book, resting_ref)


cdef void prevent_self_trade(Core* core, Book* book, order_ref_t incoming_ref, order_ref_t resting_ref) noexcept nogil:
    """Do to two orders of one group what the incoming order's mode says, in place of a trade."""
    cdef Order* incoming = &core.pool.orders[incoming_ref]
    cdef Order* resting = &core.pool.orders[resting_ref]
    cdef uint8_t mode = incoming.stp_mode
    cdef qty_t qty
    if mode == STP_DECREMENT:
        qty = take_out(core, incoming, resting)
        resting.order_qty -= qty
        incoming.order_qty -= qty
        report_decrement(core, book, resting_ref, qty, resting.shown_qty)
        if resting.shown_qty == 0 and resting.leaves_qty != 0:
            refresh(core, book, resting_ref)
        report_decrement(core, book, incoming_ref, qty, incoming.leaves_qty)
        return
    if mode != STP_CANCEL_NEWEST:
        close(core, resting_ref, EXEC_CANCELED, REASON_STP)
    if mode != STP_CANCEL_OLDEST:
        close(core, incoming_ref, EXEC_CANCELED, REASON_STP)


cdef void refresh(Core* core, Book* book, order_ref_t ref) noexcept nogil:
    """Show the next part of a reserve at the back of the queue."""
    cdef Order* order = &core.pool.orders[ref]
    unrest(core, book, ref)
    rest(core, book, ref, rank_of(book, order.side, order.price))
    emit(core, order, EXEC_RESTATED, REASON_RESERVE_REFRESH).last_qty = order.shown_qty


cdef bint can_fill(const Core* core, Book* book, const Order* order, rank_t rank) noexcept nogil:
    """Say whether an order could be filled whole now, looking at no more than `sweep` places in queues, and touch nothing."""
    cdef const Ladder* opposite = side_of(book, SIDE_BUY + SIDE_SELL - order.side)
    cdef rank_t limit = book.last - rank
    cdef rank_t at = opposite.best
    cdef qty_t needed = order.leaves_qty
    cdef uint32_t visits = 0
    while at <= limit and needed > 0:
        needed = look_through(core, order, &core.levels.levels[ladder_reference(opposite, at)], needed, &visits)
        if visits > core.sweep:
            return False
        at = ladder_next(opposite, &core.levels, at)
    return needed <= 0


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


cdef inline Order* accept(Core* core, Book* book, const Command* command, order_ref_t ref) noexcept nogil:
    """Write a new order into its slot and report it."""
    cdef Order* order = pool_take(&core.pool, ref, command.session, command.account)
    memcpy(&order.price, &command.price, <size_t> &command.reserved + 1 - <size_t> &command.price)
    order.level = 0
    order.leaves_qty = command.qty
    order.shown_qty = 0
    order.cl_ord_id = command.cl_ord_id
    order.age = core.next_exec_id
    if order.ord_type == ORD_MARKET:
        order.price = protected_price(book, order.side)
    if unlikely(command.tif == TIF_GTD):
        core.dated += 1
        core.pool.expiries[ref] = command.expire_ns
        if command.expire_ns < core.next_expiry_ns:
            core.next_expiry_ns = command.expire_ns
    emit(core, order, EXEC_NEW, REASON_NONE)
    return order


cdef inline void rest(Core* core, Book* book, order_ref_t ref, rank_t rank) noexcept nogil:
    """Put an order at the back of the queue of its price, showing what it shows at a time."""
    cdef Order* order = &core.pool.orders[ref]
    order.shown_qty = order.leaves_qty
    if unlikely(order.display_qty != 0 and order.display_qty < order.leaves_qty):
        order.shown_qty = order.display_qty
    ladder_append(side_of(book, order.side), &core.levels, &core.pool, ref, rank)


cdef inline bint is_own(const Order* incoming, const Order* resting) noexcept nogil:
    return incoming.stp_group != 0 and incoming.stp_group == resting.stp_group and incoming.stp_mode != STP_NONE


cdef inline qty_t take_out(Core* core, Order* incoming, Order* resting) noexcept nogil:
    """Take what both orders can give each other out of both, and return it."""
    cdef qty_t qty = incoming.leaves_qty if incoming.leaves_qty < resting.shown_qty else resting.shown_qty
    cdef Level* level = &core.levels.levels[resting.level]
    level.shown_qty -= qty
    level.leaves_qty -= qty
    resting.shown_qty -= qty
    resting.leaves_qty -= qty
    incoming.leaves_qty -= qty
    return qty


cdef inline void emit_trade(Core* core, const Order* order, price_t price, qty_t qty, uint8_t liquidity) noexcept nogil:
    cdef Event* event = emit(core, order, EXEC_TRADE, REASON_NONE)
    event.ref_id = core.next_match_id
    event.last_px = price
    event.last_qty = qty
    event.liquidity = liquidity


cdef void report_decrement(Core* core, Book* book, order_ref_t ref, qty_t qty, qty_t shown_qty) noexcept nogil:
    """Report an order that lost `qty` to self-trade prevention; without leaves it is over."""
    cdef Order* order = &core.pool.orders[ref]
    if order.leaves_qty:
        emit(core, order, EXEC_RESTATED, REASON_STP).last_qty = shown_qty
        return
    emit(core, order, EXEC_CANCELED, REASON_STP).last_qty = qty
    if order.level:
        unrest(core, book, ref)
    release(core, ref)


cdef void end_replaced(Core* core, order_ref_t ref, qty_t cum_qty, uint64_t cl_ord_id) noexcept nogil:
    """End an order that was replaced to no more than it has executed."""
    cdef Event* event = close(core, ref, EXEC_REPLACED, REASON_NONE)
    event.order_qty = cum_qty
    event.last_qty = 0
    event.ref_id = cl_ord_id


cdef void reduce_in_place(Core* core, Order* order, qty_t less) noexcept nogil:
    """Take quantity out of a resting order without moving it: from its reserve first."""
    cdef Level* level = &core.levels.levels[order.level]
    cdef qty_t hidden = order.leaves_qty - order.shown_qty
    order.leaves_qty -= less
    level.leaves_qty -= less
    if less > hidden:
        order.shown_qty -= less - hidden
        level.shown_qty -= less - hidden


cdef price_t protected_price(Book* book, uint8_t side) noexcept nogil:
    """Return the limit of a market order: the best opposite price and the protection beyond it, or 0 with nobody there."""
    cdef uint8_t other = SIDE_BUY + SIDE_SELL - side
    cdef rank_t best = side_of(book, other).best
    cdef price_t price
    if best == NO_RANK:
        return 0
    price = price_at(book, other, best)
    if side == SIDE_BUY:
        price += book.protection
        return price if price < book.max_price else book.max_price
    price -= book.protection
    return price if price > book.tick else book.tick


cdef order_ref_t named_order(const Core* core, const Command* command, uint8_t* reason) noexcept nogil:
    """Return the open order that a cancel or replace means, or 0 and why there is none."""
    cdef order_ref_t ref = <order_ref_t> (command.order_id & SLOT_MASK)
    cdef const Order* order
    reason[0] = REASON_UNKNOWN_ORDER
    if command.order_id == 0:
        ref = index_find(&core.index, &core.pool, command.session, command.orig_cl_ord_id) if command.orig_cl_ord_id else 0
        if ref == 0:
            return 0
    elif ref == 0 or ref >= core.pool.fresh or command.order_id >> SLOT_BITS == 0:
        return 0
    order = &core.pool.orders[ref]
    if command.order_id != 0 and (order.order_id != command.order_id or order.leaves_qty == 0):
        if command.order_id <= order.order_id:
            reason[0] = REASON_TOO_LATE
        return 0
    if order.session != command.session:
        return 0
    if (command.instrument != 0 and command.instrument != order.instrument) or (command.side != 0 and command.side != order.side):
        reason[0] = REASON_ORDER_MISMATCH
        return 0
    return ref
