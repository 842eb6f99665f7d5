"""The rules of the book, in the order and the words of docs/RULEBOOK.md.

Everything here is a function of the core and one command; events are appended to the core's buffer and read by the caller when the command
is done and the book consistent.  Nothing allocates, fails or looks at a clock.  Worst case of one command: `sweep` resting orders met.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from engine.matching.checks cimport order_refusal, place_refusal, replace_refusal, rests, waits
from engine.matching.core cimport (
    Book, auction_rank, close, crosses, emit, emit_refusal, price_at, product_overflows, rank_of, release, set_edges, shown_part, side_of,
    unrest, working_rank,
)
from engine.matching.index cimport index_insert, index_remove
from engine.matching.ladder cimport Ladder, Level, ladder_append
from engine.matching.limits cimport own_limit, protected_price
from engine.matching.look cimport can_fill, is_own
from engine.matching.named cimport named_order
from engine.matching.pool cimport Order, pool_next, pool_take
from engine.matching.types cimport *
from engine.matching.waiting cimport reached_stop, wait_for_close, wait_for_trigger


cdef void enter(Core* core, const Command* command) noexcept nogil:
    """Accept an order and match it; what is left rests, or is canceled where its type or time in force says so."""
    cdef rank_t rank = 0
    cdef uint8_t reason = order_refusal(core, command, &rank)
    if reason == REASON_NONE:
        reason = admit(core, command, rank)
    if unlikely(reason != REASON_NONE):
        emit_refusal(core, command, EXEC_REJECTED, reason).order_id = 0


cdef uint8_t admit(Core* core, const Command* command, rank_t rank) noexcept nogil:
    """Let in an order that every check has passed, or return REASON_DUP_CL_ORD_ID; `rank` is that of its limit."""
    cdef order_ref_t ref = pool_next(&core.pool)
    cdef Book* book = &core.books[command.instrument]
    cdef Order* order
    if command.cl_ord_id != 0 and not index_insert(&core.index, &core.pool, command.session, command.cl_ord_id, ref):
        return REASON_DUP_CL_ORD_ID
    order = accept(core, book, command, ref)
    if unlikely(order.ord_type != ORD_LIMIT or order.tif == TIF_CLS) and set_aside(core, book, command, ref, &rank):
        pass
    elif unlikely(order.tif == TIF_FOK or command.min_qty != 0) and not can_fill_enough(core, book, order, command, rank):
        close(core, ref, EXEC_CANCELED, REASON_FOK_UNFILLABLE if order.tif == TIF_FOK else REASON_MIN_QTY_UNMET)
    else:
        come_in(core, book, ref, rank)
    if unlikely(book.waiting != 0):
        cascade(core, book)
    return REASON_NONE


cdef bint set_aside(Core* core, Book* book, const Command* command, order_ref_t ref, rank_t* rank) noexcept nogil:
    """Let a new stop order wait for its trigger, an on-close one for its call, and say so; else work out a market order's rank."""
    if waits(book, command):
        if command.ord_type >= ORD_STOP:
            wait_for_trigger(core, book, ref, command.stop_px)
        else:
            wait_for_close(core, book, ref)
        return True
    if command.ord_type == ORD_MARKET:
        rank[0] = auction_rank(book, command.side) if rests(command) else rank_of(book, command.side, protected_price(book, command.side))
    return False


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
    cdef qty_t order_qty
    cdef rank_t rank = 0
    if ref == 0:
        emit_refusal(core, command, EXEC_CANCEL_REJECTED, reason).liquidity = 2
        return
    order = &core.pool.orders[ref]
    order_qty = replaced_qty(command, order)
    reason = replace_refusal(core, command, order, order_qty, &rank)
    if unlikely(reason != REASON_NONE):
        emit_refusal(core, command, EXEC_CANCEL_REJECTED, reason).liquidity = 2
        return
    book = &core.books[order.instrument]
    change(core, command, ref, order_qty, rank)
    if unlikely(book.waiting != 0):
        cascade(core, book)


cdef void change(Core* core, const Command* command, order_ref_t ref, qty_t order_qty, rank_t rank) noexcept nogil:
    """Carry out a replace that every check has passed, before what it triggers; `rank` is that of its new limit."""
    cdef Order* order = &core.pool.orders[ref]
    cdef Book* book = &core.books[order.instrument]
    cdef qty_t cum_qty = order.order_qty - order.leaves_qty
    cdef bint keeps_place
    cdef uint64_t cl_ord_id
    keeps_place = order_qty < order.order_qty and is_reduction(command, order, order_qty)
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
    come_in(core, book, ref, rank)


cdef void cascade(Core* core, Book* book) noexcept nogil:
    """Let the stop orders that the last price has reached come in, one after the other: each may reach the next.

    Together they meet at most as many orders as one command may; then the book pauses, or the rest waits for its next order.  So it does
    where many cascades in one command, as when many instruments open at once, have caused so many events that another may find no room.
    """
    cdef uint32_t met = 0
    cdef order_ref_t ref
    if core.event_count > core.cascade_mark:
        return
    ref = reached_stop(core, book)
    while ref != 0 and met < core.sweep:
        met += 1
        met += trigger(core, book, ref, core.sweep - met)
        ref = reached_stop(core, book)
    if ref != 0 and book.pauses:
        strike(core, book, STRIKE_CASCADE)


cdef uint32_t trigger(Core* core, Book* book, order_ref_t ref, uint32_t allowed) noexcept nogil:
    """Let a waiting stop order come in and return how many orders it met."""
    cdef Order* order = &core.pool.orders[ref]
    cdef rank_t rank = rank_of(book, order.side, order.price)
    cdef rank_t working = working_rank(book, order.side, rank)
    cdef uint32_t met
    unrest(core, book, ref)
    emit(core, order, EXEC_RESTATED, REASON_TRIGGERED)
    met = meet(core, book, ref, rank, working, allowed)
    if order.leaves_qty != 0 and order.level == 0:
        settle_anew(core, book, ref, rank, working)
    return met


cdef inline void come_in(Core* core, Book* book, order_ref_t ref, rank_t rank) noexcept nogil:
    """Match an order, and let what is left of it rest or end."""
    cdef Order* order = &core.pool.orders[ref]
    cdef rank_t working = working_rank(book, order.side, rank)
    if crosses(book, order.side, rank):
        meet(core, book, ref, rank, working, core.sweep)
        if order.leaves_qty == 0 or order.level != 0:
            return
    if likely(stays(order)):
        settle_down(core, book, ref, rank, working)
    else:
        end_rest(core, ref)


cdef uint32_t meet(Core* core, Book* book, order_ref_t ref, rank_t rank, rank_t working, uint32_t allowed) noexcept nogil:
    """Match an order with those within its limit, as far as the collar lets it; stopped there it ends, or rests in a book that strikes."""
    cdef Order* order = &core.pool.orders[ref]
    cdef uint32_t met = 0
    if crosses(book, order.side, working):
        met = execute(core, book, ref, working, allowed)
        if order.leaves_qty == 0:
            return met
    if likely(working == rank) or not crosses(book, order.side, rank):
        return met
    if book.pauses and not order.exec_inst & INST_POST_ONLY:
        strike(core, book, STRIKE_COLLAR)
    if not stays(order):
        close(core, ref, EXEC_CANCELED, REASON_COLLAR_DYNAMIC)
    elif book.phase != PHASE_CONTINUOUS:
        settle_anew(core, book, ref, rank, working_rank(book, order.side, rank))
    return met


cdef inline bint stays(const Order* order) noexcept nogil:
    """Say whether what an order does not trade at once rests."""
    if likely(order.ord_type == ORD_LIMIT):
        return order.tif != TIF_IOC
    return order.ord_type == ORD_STOP_LIMIT or order.tif == TIF_OPG or order.tif == TIF_CLS


cdef inline uint32_t execute(Core* core, Book* book, order_ref_t ref, rank_t rank, uint32_t allowed) noexcept nogil:
    """Match, let the collar follow the last execution, and return how many orders were met."""
    cdef uint64_t first = core.next_match_id
    cdef uint32_t met = match(core, book, ref, rank, allowed)
    if unlikely(book.dynamic_bps != 0) and core.next_match_id != first:
        book.anchor = book.last_px
        set_edges(book)
    return met


cdef void strike(Core* core, Book* book, uint8_t why) noexcept nogil:
    """Stop matching: from now on the book collects, and only the prices of its collar bind."""
    book.phase = PHASE_CALL
    book.struck = why
    book.next_struck = core.struck
    core.struck = <uint32_t> (book - core.books)
    set_edges(book)


cdef uint32_t match(Core* core, Book* book, order_ref_t ref, rank_t rank, uint32_t allowed) noexcept nogil:
    """Trade an incoming order with the other side, best price first, oldest first, at the resting orders' prices.

    Returns how many it met when the order is over (filled or canceled, its slot free) or no resting order is within its limit.
    """
    cdef Order* incoming = &core.pool.orders[ref]
    cdef Ladder* opposite = side_of(book, SIDE_BUY + SIDE_SELL - incoming.side)
    cdef rank_t limit = book.last - rank
    cdef uint32_t met = 0
    cdef order_ref_t resting
    while opposite.best <= limit:
        if unlikely(met == allowed):
            close(core, ref, EXEC_CANCELED, REASON_SWEEP_LIMIT)
            break
        met += 1
        resting = core.levels.levels[opposite.best_level].head
        if unlikely(is_own(incoming, &core.pool.orders[resting])):
            prevent_self_trade(core, book, ref, resting)
        else:
            trade(core, book, ref, resting)
        if incoming.leaves_qty == 0:
            break
    return met


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


cdef inline Order* accept(Core* core, Book* book, const Command* command, order_ref_t ref) noexcept nogil:
    """Write a new order into its slot and report it."""
    cdef Order* order = pool_take(&core.pool, ref, command.session, command.account)
    memcpy(&order.price, &command.price, <size_t> &command.settle_pref + 1 - <size_t> &command.price)
    order.level = 0
    order.leaves_qty = command.qty
    order.shown_qty = 0
    order.cl_ord_id = command.cl_ord_id
    order.age = core.next_exec_id
    order.fee_fraction = 0
    order.fee_rates = 0
    if unlikely(order.ord_type != ORD_LIMIT):
        order.price = own_limit(book, command)
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
    order.shown_qty = shown_part(order)
    ladder_append(side_of(book, order.side), &core.levels, &core.pool, ref, rank)


cdef inline void settle_down(Core* core, Book* book, order_ref_t ref, rank_t rank, rank_t working) noexcept nogil:
    """Let what is left of an order rest: at the collar's edge where its limit is beyond."""
    cdef Order* order = &core.pool.orders[ref]
    if unlikely(working_rank(book, order.side, working) != working):        # its own executions have moved the edge
        settle_anew(core, book, ref, rank, working)
        return
    if unlikely(working != rank):
        order.price = price_at(book, order.side, working)
    rest(core, book, ref, working)
    if unlikely(working != rank):
        emit(core, order, EXEC_RESTATED, REASON_COLLAR_DYNAMIC).last_qty = order.shown_qty


cdef void settle_anew(Core* core, Book* book, order_ref_t ref, rank_t rank, rank_t working) noexcept nogil:
    """Let an order rest at a place that nobody has looked at before, or end where there is none or it does not stay."""
    cdef Order* order = &core.pool.orders[ref]
    working = working_rank(book, order.side, working)
    if not stays(order):
        end_rest(core, ref)
    elif product_overflows(price_at(book, order.side, working), order.leaves_qty):
        close(core, ref, EXEC_CANCELED, REASON_COLLAR_DYNAMIC)
    elif place_refusal(core, book, order.side, working, 0, order.leaves_qty) != REASON_NONE:
        close(core, ref, EXEC_CANCELED, REASON_NO_PLACE)
    else:
        settle_down(core, book, ref, rank, working)


cdef void end_rest(Core* core, order_ref_t ref) noexcept nogil:
    """End an order that does not stay."""
    close(core, ref, EXEC_CANCELED, REASON_IOC if core.pool.orders[ref].ord_type == ORD_LIMIT else REASON_MARKET_REST)


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


cdef inline bint can_fill_enough(const Core* core, Book* book, const Order* order, const Command* command, rank_t rank) noexcept nogil:
    rank = working_rank(book, order.side, rank)
    return can_fill(core, book, order, rank, command.qty if order.tif == TIF_FOK else command.min_qty)


cdef qty_t replaced_qty(const Command* command, const Order* order) noexcept nogil:
    """Return the total quantity that a replace asks for."""
    return order.order_qty - order.leaves_qty + command.qty if command.flags & FLAG_REENTER else command.qty


cdef bint is_reduction(const Command* command, const Order* order, qty_t order_qty) noexcept nogil:
    """Say whether a replace asks for no more than an order has, and for nothing else."""
    return (
        order_qty <= order.order_qty
        and command.price == order.price
        and command.display_qty == order.display_qty
        and not command.flags & FLAG_REENTER
    )
