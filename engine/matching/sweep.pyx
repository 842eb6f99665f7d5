"""Find the orders meant with one pass over the slots, put them in line, end them one by one.

The pass reads 8 bytes a slot (`Pool.owners`, `Pool.expiries`), so that the order path need not keep a list per account or of expiries.
Worst case: every slot ever used.
"""

from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport qsort

from engine.matching.core cimport Book, Swept, close, set_edges, unrest
from engine.matching.pool cimport PLACE_BOOK, Order
from engine.matching.types cimport *
from engine.matching.waiting cimport wait_for_close


cdef void mass_cancel(Core* core, const Command* command) noexcept nogil:
    """Cancel every open order that matches each filter given, oldest first, then report how many there were."""
    cdef uint8_t reason = REASON_DISCONNECT if command.flags & FLAG_DISCONNECT else REASON_MASS_CANCEL
    cdef uint64_t found = cancel_all(core, command.session, command.account, command.instrument, command.side, reason)
    cdef Event* event = &core.events[core.event_count]
    core.event_count += 1
    event[0] = Event(
        exec_id=core.next_exec_id, order_id=0, cl_ord_id=command.cl_ord_id, ref_id=0, price=0, order_qty=0, leaves_qty=0, cum_qty=0,
        last_px=0, last_qty=<qty_t> found, session=command.session, account=command.account, instrument=command.instrument,
        exec_type=EXEC_MASS_CANCELED, side=command.side, liquidity=LIQ_NONE, reason=reason,
    )
    core.next_exec_id += 1


cdef uint64_t cancel_all(Core* core, uint32_t session, uint32_t account, uint32_t instrument, uint8_t side, uint8_t reason) noexcept nogil:
    """Cancel every open order that matches each filter that is not 0, oldest first, and return how many there were."""
    cdef uint64_t owner
    cdef uint64_t found = 0
    cdef order_ref_t ref
    cdef const Order* order
    for ref in range(1, core.pool.fresh):
        owner = core.pool.owners[ref]
        if owner == 0:
            continue
        if session != 0 and <uint32_t> (owner >> 32) != session:
            continue
        if account != 0 and <uint32_t> owner != account:
            continue
        order = &core.pool.orders[ref]
        if instrument != 0 and order.instrument != instrument:
            continue
        if side != 0 and order.side != side:
            continue
        found = line_up(core, found, 0, ref)
    end_all(core, found, EXEC_CANCELED, reason)
    return found


cdef uint64_t put_collar(Core* core, uint32_t instrument, price_t low, price_t high, uint32_t dynamic_bps, price_t anchor) noexcept nogil:
    """Set a collar that can be, and cancel the orders that it shuts out."""
    cdef Book* book = &core.books[instrument]
    book.low = low
    book.high = high
    book.dynamic_bps = dynamic_bps
    book.anchor = anchor
    set_edges(book)
    return cancel_beyond(core, instrument)


cdef uint64_t cancel_beyond(Core* core, uint32_t instrument) noexcept nogil:
    """Cancel, best first, the orders that rest at better prices than the collar lets an order work at, and return their number."""
    cdef Book* book = &core.books[instrument]
    cdef uint64_t found = 0
    cdef int side
    for side in range(2):
        while book.sides[side].best < book.edges[side]:
            close(core, core.levels.levels[book.sides[side].best_level].head, EXEC_CANCELED, REASON_COLLAR_DYNAMIC)
            found += 1
    return found


cdef void end_auction_orders(Core* core, uint32_t instrument, uint8_t tif) noexcept nogil:
    """Cancel the orders in a book that were for the auction that is over (OPG or CLS), oldest first."""
    cdef uint64_t found = find_auction_orders(core, instrument, tif)
    end_all(core, found, EXEC_CANCELED, REASON_AUCTION_END)


cdef void wait_again(Core* core, uint32_t instrument) noexcept nogil:
    """Let the on-close orders in a book wait for another closing call, oldest first."""
    cdef Book* book = &core.books[instrument]
    cdef uint64_t found = find_auction_orders(core, instrument, TIF_CLS)
    cdef uint64_t i
    qsort(core.swept, found, sizeof(Swept), by_time)
    for i in range(found):
        unrest(core, book, <order_ref_t> core.swept[i].ref)
        wait_for_close(core, book, <order_ref_t> core.swept[i].ref)


cdef uint64_t find_auction_orders(Core* core, uint32_t instrument, uint8_t tif) noexcept nogil:
    """Line up the orders of a time in force that rest in a book, and return how many there are."""
    cdef uint64_t found = 0
    cdef order_ref_t ref
    cdef const Order* order
    for ref in range(1, core.pool.fresh):
        order = &core.pool.orders[ref]
        if order.leaves_qty != 0 and order.tif == tif and order.instrument == instrument and order.place == PLACE_BOOK:
            found = line_up(core, found, 0, ref)
    return found


cdef void expire(Core* core, int64_t ts_ns) noexcept nogil:
    """Expire the GTD orders whose time has come, by time and then by age."""
    cdef uint64_t found = 0
    cdef int64_t expire_ns
    cdef order_ref_t ref
    if ts_ns < core.next_expiry_ns or core.dated == 0:
        return
    core.next_expiry_ns = INT64_MAX
    for ref in range(1, core.pool.fresh):
        expire_ns = core.pool.expiries[ref]
        if expire_ns == 0:
            continue
        if expire_ns <= ts_ns:
            found = line_up(core, found, <uint64_t> expire_ns, ref)
        elif expire_ns < core.next_expiry_ns:
            core.next_expiry_ns = expire_ns
    end_all(core, found, EXEC_EXPIRED, REASON_GTD_EXPIRED)


cdef void end_of_day(Core* core, int64_t ts_ns) noexcept nogil:
    """Expire the DAY orders and those for an auction, oldest first, then the GTD orders that are due."""
    cdef uint64_t found = 0
    cdef order_ref_t ref
    cdef const Order* order
    for ref in range(1, core.pool.fresh):
        order = &core.pool.orders[ref]
        if order.leaves_qty != 0 and (order.tif == TIF_DAY or order.tif == TIF_OPG or order.tif == TIF_CLS):
            found = line_up(core, found, 0, ref)
    end_all(core, found, EXEC_EXPIRED, REASON_DAY_END)
    expire(core, ts_ns)


cdef inline uint64_t line_up(Core* core, uint64_t found, uint64_t first, order_ref_t ref) noexcept nogil:
    core.swept[found].first = first
    core.swept[found].age = core.pool.orders[ref].age
    core.swept[found].ref = ref
    return found + 1


cdef void end_all(Core* core, uint64_t found, uint8_t exec_type, uint8_t reason) noexcept nogil:
    cdef uint64_t i
    qsort(core.swept, found, sizeof(Swept), by_time)
    for i in range(found):
        close(core, <order_ref_t> core.swept[i].ref, exec_type, reason)


cdef int by_time(const void* left, const void* right) noexcept nogil:
    """Order by time, then by age, which no two orders share."""
    cdef const Swept* a = <const Swept*> left
    cdef const Swept* b = <const Swept*> right
    if a.first != b.first:
        return -1 if a.first < b.first else 1
    return -1 if a.age < b.age else 1
