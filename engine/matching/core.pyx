"""Memory of the core: everything is reserved here and nothing afterwards."""

from libc.stdint cimport INT64_MAX, uint32_t, uint64_t

from engine.matching.index cimport index_free, index_init
from engine.matching.ladder cimport ladder_free, levels_free, levels_init
from engine.matching.memory cimport reserve, unreserve
from engine.matching.pool cimport pool_free, pool_init


cdef bint core_init(Core* core, uint32_t orders, uint32_t levels, uint32_t listings, uint32_t accounts, uint32_t sweep,
                    uint32_t batch, uint64_t secret) noexcept nogil:
    """Reserve everything but the ladders, on a zeroed core; False when there is no memory."""
    cdef uint64_t worst = 3 * <uint64_t> sweep
    if worst < orders:
        worst = orders
    core.listings = listings
    core.accounts = accounts
    core.sweep = sweep
    core.next_expiry_ns = INT64_MAX
    core.next_exec_id = 1
    core.next_match_id = 1
    core.event_mark = 4 * batch
    core.event_limit = core.event_mark + worst + 4
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
    unreserve(core.books)
    unreserve(core.events)
    unreserve(core.swept)
    pool_free(&core.pool)
    index_free(&core.index)
    levels_free(&core.levels)


cdef void set_edges(Book* book) noexcept nogil:
    """Work the collar out: the prices set, and no farther from the anchor than its share allows, onto the grid inwards."""
    cdef price_t reach = book.anchor * <price_t> book.dynamic_bps // 10_000
    cdef price_t low = book.low
    cdef price_t high = book.high
    if book.dynamic_bps != 0:
        low = low if low > book.anchor - reach else book.anchor - reach
        high = high if high < book.anchor + reach else book.anchor + reach
    low = low if low < book.max_price else book.max_price
    high = high if high < book.max_price else book.max_price
    book.edges[0] = book.last - ticks_of(book, high)
    book.edges[1] = ticks_of(book, low + book.tick - 1)
