"""Name the first invariant that does not hold, by a walk over everything: for tests, restores and operators, never on the order path."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from engine.matching.core cimport Book, Core, price_at
from engine.matching.index cimport index_find
from engine.matching.ladder cimport NO_RANK, PAGE_BITS, Ladder, Level, ladder_next, ladder_rank, ladder_reference, lowest_bit
from engine.matching.pool cimport PLACE_BOOK, PLACE_CLOSE, PLACE_STOPS, SLOT_MASK, WAITS, Order
from engine.matching.types cimport *

cdef extern from *:
    """
    #define ats_bit_count(word) ((unsigned) __builtin_popcountll(word))
    """
    unsigned int bit_count "ats_bit_count"(uint64_t word) noexcept nogil


cdef str violation(const Core* core):
    """Return what is wrong, or None."""
    cdef uint32_t instrument
    cdef uint32_t resting = 0
    cdef uint32_t pages = 0
    for instrument in range(1, core.instruments + 1):
        problem = book_violation(core, instrument, &resting, &pages)
        if problem is not None:
            return problem
    if resting != core.pool.open:
        return f"{resting} orders rest in the books, {core.pool.open} are open"
    return pool_violation(core) or levels_violation(core, pages)


cdef str book_violation(const Core* core, uint32_t instrument, uint32_t* resting, uint32_t* pages):
    cdef const Book* book = &core.books[instrument]
    problem = (
        side_violation(core, instrument, SIDE_BUY, SIDE_BUY, &book.sides[0], resting, pages)
        or side_violation(core, instrument, SIDE_SELL, SIDE_SELL, &book.sides[1], resting, pages)
        or waiting_violation(core, instrument, resting, pages)
    )
    if problem is not None:
        return problem
    if book.phase == PHASE_CONTINUOUS and book.sides[0].best != NO_RANK and book.sides[1].best != NO_RANK:
        bid = price_at(book, SIDE_BUY, book.sides[0].best)
        ask = price_at(book, SIDE_SELL, book.sides[1].best)
        if bid >= ask:
            return f"instrument {instrument}: crossed, best bid {bid} is not below best ask {ask}"
    if book.sides[0].best < book.edges[0] or book.sides[1].best < book.edges[1]:
        return f"instrument {instrument}: an order rests beyond the edges {book.edges[0]} and {book.edges[1]} of the collar"
    return None


cdef str waiting_violation(const Core* core, uint32_t instrument, uint32_t* resting, uint32_t* pages):
    """Count the orders that wait: for their trigger, on a ladder each side, and for the close, in one queue."""
    cdef const Book* book = &core.books[instrument]
    cdef uint32_t stops = 0
    cdef uint32_t before = 0
    cdef uint32_t ref = book.closing_head
    cdef const Order* order
    problem = (
        side_violation(core, instrument, SIDE_BUY, SIDE_SELL, &book.stops[0], &stops, pages)
        or side_violation(core, instrument, SIDE_SELL, SIDE_BUY, &book.stops[1], &stops, pages)
    )
    if problem is not None:
        return f"stop orders: {problem}"
    if stops != book.waiting:
        return f"instrument {instrument}: {stops} stop orders wait, {book.waiting} are counted"
    while ref:
        order = &core.pool.orders[ref]
        if order.prev != before or order.instrument != instrument or (order.place, order.level, order.tif) != (PLACE_CLOSE, WAITS, TIF_CLS):
            return f"order {order.order_id} does not belong into the queue for the close"
        if order.shown_qty != order.leaves_qty or not 0 < order.leaves_qty <= order.order_qty:
            return f"order {order.order_id} waits for the close with {order.shown_qty} of {order.leaves_qty} of {order.order_qty}"
        resting[0] += 1
        before = ref
        ref = order.next
    if book.closing_tail != before:
        return f"instrument {instrument}: the queue for the close ends at slot {book.closing_tail}, not {before}"
    if book.closing_head != 0 and book.phase == PHASE_CLOSING_CALL:
        return f"instrument {instrument}: orders wait for the closing call, which is on"
    resting[0] += stops
    return None


cdef str side_violation(const Core* core, uint32_t instrument, uint8_t side, uint8_t ranked, const Ladder* ladder, uint32_t* resting,
                        uint32_t* pages):
    """Walk the levels by the ladder's own search and by its directory: both must find the same ones; `ranked` as which side's."""
    cdef uint32_t number
    cdef uint32_t page
    cdef uint32_t found = 0
    cdef uint32_t walked = 0
    cdef uint32_t rank = NO_RANK
    cdef price_t price
    cdef bint stops
    cdef uint64_t used
    for number in range((ladder.last >> PAGE_BITS) + 1):
        page = ladder.directory[number]
        if (ladder.lower[number >> 6] >> (number & 63) & 1) != (page != 0):
            return f"instrument {instrument} side {side}: page {number} and its summary bit disagree"
        if page == 0:
            continue
        pages[0] += 1
        used = core.levels.pages[page].used
        if used == 0 or core.levels.pages[page].number != number:
            return f"instrument {instrument} side {side}: page {number} is empty or misplaced"
        if found == 0:
            rank = number << PAGE_BITS | lowest_bit(used)
        found += bit_count(used)
    if ladder.best != rank:
        return f"instrument {instrument} side {side}: best rank is {ladder.best}, the first used one is {rank}"
    while rank != NO_RANK:
        walked += 1
        price = price_at(&core.books[instrument], ranked, rank)
        stops = side != ranked
        problem = level_violation(core, instrument, side, rank, price, stops, &core.levels.levels[ladder_reference(ladder, rank)], resting)
        if problem is not None:
            return f"instrument {instrument} side {side} price {price}: {problem}"
        rank = ladder_next(ladder, &core.levels, rank)
    if walked != found:
        return f"instrument {instrument} side {side}: {found} levels are used, the walk from the best finds {walked}"
    return None


cdef str level_violation(const Core* core, uint32_t instrument, uint8_t side, uint32_t rank, price_t price, bint stops, const Level* level,
                         uint32_t* resting):
    """Walk a queue: its totals, its links, and that each order in it belongs there: at its own price, or at a stop price."""
    cdef uint32_t ref = level.head
    cdef uint32_t before = 0
    cdef uint32_t count = 0
    cdef uint8_t place = PLACE_STOPS if stops else PLACE_BOOK
    cdef const Order* order
    cdef qty_t shown = 0
    cdef qty_t leaves = 0
    while ref:
        order = &core.pool.orders[ref]
        if order.prev != before or order.instrument != instrument or order.side != side or order.place != place:
            return f"order {order.order_id} does not belong where it is"
        if order.price != price and not stops:
            return f"order {order.order_id} has the limit {order.price}"
        if ladder_rank(&core.levels, order.level) != rank:
            return f"order {order.order_id} points to rank {ladder_rank(&core.levels, order.level)}, not {rank}"
        if not 0 < order.shown_qty <= order.leaves_qty <= order.order_qty:
            return f"order {order.order_id} shows {order.shown_qty} of {order.leaves_qty} of {order.order_qty}"
        if order.display_qty == 0 and order.shown_qty != order.leaves_qty or 0 < order.display_qty < order.shown_qty:
            return f"order {order.order_id} shows {order.shown_qty} at display quantity {order.display_qty}"
        if order.cl_ord_id and index_find(&core.index, &core.pool, order.session, order.cl_ord_id) != ref:
            return f"order {order.order_id} is not found by its client's id {order.cl_ord_id}"
        shown += order.shown_qty
        leaves += order.leaves_qty
        count += 1
        before = ref
        ref = order.next
    if count == 0 or level.tail != before:
        return f"the queue is empty or ends at slot {level.tail}, not {before}"
    if level.count != count or level.shown_qty != shown or level.leaves_qty != leaves:
        return f"level says {(level.count, level.shown_qty, level.leaves_qty)}, its orders {(count, shown, leaves)}"
    resting[0] += count
    return None


cdef str pool_violation(const Core* core):
    """Count slots: each is open with an owner, or free exactly once."""
    cdef uint32_t ref
    cdef uint32_t open = 0
    cdef uint32_t dated = 0
    cdef uint32_t named = 0
    cdef uint32_t free = 0
    cdef const Order* order
    for ref in range(1, core.pool.fresh):
        order = &core.pool.orders[ref]
        if order.order_id & SLOT_MASK != ref:
            return f"slot {ref} holds order {order.order_id} of another slot"
        if (order.leaves_qty != 0) != (core.pool.owners[ref] != 0):
            return f"slot {ref} has {order.leaves_qty} left and owner {core.pool.owners[ref]}"
        if (core.pool.expiries[ref] != 0) != (order.leaves_qty != 0 and order.tif == TIF_GTD):
            return f"slot {ref} has the expiry {core.pool.expiries[ref]} and time in force {order.tif}"
        if order.leaves_qty:
            open += 1
            named += order.cl_ord_id != 0
            if order.tif == TIF_GTD:
                dated += 1
                if core.pool.expiries[ref] < core.next_expiry_ns:
                    return f"order {order.order_id} expires at {core.pool.expiries[ref]}, before the next expiry {core.next_expiry_ns}"
    if (open, named, dated) != (core.pool.open, core.index.count, core.dated):
        return f"open, named, dated orders are {(open, named, dated)}, counted {(core.pool.open, core.index.count, core.dated)}"
    ref = core.pool.free
    while ref and free <= core.pool.fresh:
        free += 1
        ref = core.pool.orders[ref].next
    if free + open + 1 > core.pool.fresh:
        return f"{free} free and {open} open slots of {core.pool.fresh - 1} ever used"
    return None


cdef str levels_violation(const Core* core, uint32_t in_use):
    cdef uint32_t page = core.levels.free
    cdef uint32_t free = 0
    while page and free <= core.levels.fresh:
        free += 1
        page = core.levels.pages[page].next
    if free + in_use + 1 != core.levels.fresh:
        return f"{in_use} pages in use and {free} free of {core.levels.fresh - 1} ever used"
    return None
