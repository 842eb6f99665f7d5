"""Memory of the core: everything is reserved here and nothing afterwards."""

from libc.stdint cimport INT64_MAX, uint32_t, uint64_t

from engine.matching.index cimport index_free, index_init
from engine.matching.ladder cimport ladder_free, levels_free, levels_init
from engine.matching.memory cimport reserve, unreserve
from engine.matching.pool cimport PLACE_BOOK, PLACE_STOPS, pool_free, pool_init


cdef bint core_init(Core* core, uint32_t orders, uint32_t levels, uint32_t listings, uint32_t accounts, uint32_t sweep,
                    uint32_t batch, uint64_t secret) noexcept nogil:
    """Reserve everything but the ladders, on a zeroed core; False when there is no memory."""
    cdef uint64_t met = 3 * <uint64_t> sweep + 16                           # of an order, or of a cascade of stop orders
    cdef uint64_t rest = 4 * <uint64_t> orders + 8 * <uint64_t> listings    # of auctions and cancels: each fill but one ends an order
    core.listings = listings
    core.accounts = accounts
    core.sweep = sweep
    core.next_expiry_ns = INT64_MAX
    core.next_exec_id = 1
    core.next_match_id = 1
    core.event_mark = 4 * batch
    core.cascade_mark = core.event_mark + met
    core.event_limit = core.cascade_mark + met + rest
    core.events = <Event*> reserve(core.event_limit * sizeof(Event))
    core.swept = <Swept*> reserve((<uint64_t> orders + 1) * sizeof(Swept))
    core.books = <Book*> reserve((<uint64_t> listings + 1) * sizeof(Book))
    return (
        core.events != NULL
        and core.swept != NULL
        and core.books != NULL
        and pool_init(&core.pool, orders)
        and index_init(&core.index, orders, secret)
        and levels_init(&core.levels, levels)
    )


cdef void core_free(Core* core) noexcept nogil:
    cdef uint32_t instrument
    if core.books != NULL:
        for instrument in range(1, core.instruments + 1):
            ladder_free(&core.books[instrument].sides[0])
            ladder_free(&core.books[instrument].sides[1])
            ladder_free(&core.books[instrument].stops[0])
            ladder_free(&core.books[instrument].stops[1])
    unreserve(core.books)
    unreserve(core.events)
    unreserve(core.swept)
    pool_free(&core.pool)
    index_free(&core.index)
    levels_free(&core.levels)


cdef void set_edges(Book* book) noexcept nogil:
    """Work the collar out: the prices set, and while it matches no farther from the anchor than its share allows, onto the grid inwards."""
    cdef price_t reach = book.anchor * <price_t> book.dynamic_bps // 10_000
    cdef price_t low = book.low
    cdef price_t high = book.high
    if book.dynamic_bps != 0 and book.phase == PHASE_CONTINUOUS:
        low = low if low > book.anchor - reach else book.anchor - reach
        high = high if high < book.anchor + reach else book.anchor + reach
    low = low if low < book.max_price else book.max_price
    high = high if high < book.max_price else book.max_price
    book.edges[0] = book.last - ticks_of(book, high)
    book.edges[1] = ticks_of(book, low + book.tick - 1)


cdef void unwait(Core* core, Book* book, order_ref_t ref) noexcept nogil:
    """Take a waiting order out of its queue: that of its stop price, or the one for the close."""
    cdef Order* order = &core.pool.orders[ref]
    if order.place == PLACE_STOPS:
        ladder_remove(stops_of(book, order.side), &core.levels, &core.pool, ref)
        book.waiting -= 1
    else:
        core.pool.orders[order.next].prev = order.prev      # slot 0 takes what has no neighbour: nobody reads it
        core.pool.orders[order.prev].next = order.next
        book.closing_tail = book.closing_tail if order.next else order.prev
        book.closing_head = book.closing_head if order.prev else order.next
    order.place = PLACE_BOOK
