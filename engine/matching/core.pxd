"""The leaves that every rule of the books uses: finding a side, reporting an event, ending an order.

    apply (book) -> enter, cancel, replace (match) and mass cancel, expiry (sweep) -> checks -> this -> ladder, index, pool
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from engine.matching.books cimport Book, Core, Swept
from engine.matching.index cimport index_remove
from engine.matching.ladder cimport Ladder, ladder_remove
from engine.matching.pool cimport PLACE_BOOK, Order, pool_give_back
from engine.matching.types cimport *

cdef extern from *:
    """
    static inline int ats_product_overflows(int64_t a, int64_t b) { int64_t r; return __builtin_mul_overflow(a, b, &r); }
    static inline int64_t ats_muldiv(int64_t a, int64_t b, int64_t c)
    { __int128 r = (__int128) a * b / c; return r > INT64_MAX ? INT64_MAX : (int64_t) r; }
    static inline uint64_t ats_high_product(uint64_t a, uint64_t b) { return (uint64_t) ((unsigned __int128) a * b >> 64); }
    """
    bint product_overflows "ats_product_overflows"(int64_t a, int64_t b) noexcept nogil
    int64_t muldiv "ats_muldiv"(int64_t a, int64_t b, int64_t c) noexcept nogil          # a * b // c, at most 2**63 - 1
    uint64_t high_product "ats_high_product"(uint64_t a, uint64_t b) noexcept nogil

cdef bint core_init(Core* core, uint32_t orders, uint32_t levels, uint32_t listings, uint32_t accounts, uint32_t sweep,
                    uint32_t batch, uint64_t secret) noexcept nogil
cdef void core_free(Core* core) noexcept nogil
cdef void set_edges(Book* book) noexcept nogil
cdef void unwait(Core* core, Book* book, order_ref_t ref) noexcept nogil


cdef inline bint core_has_room(const Core* core) noexcept nogil:
    """Say whether the events of any next command fit: three for each order met, four for each open one in auctions, and a few."""
    return core.event_count <= core.event_mark


cdef inline Ladder* side_of(Book* book, uint8_t side) noexcept nogil:
    return &book.sides[side - SIDE_BUY]


cdef inline rank_t ticks_of(const Book* book, price_t price) noexcept nogil:
    """Return price // tick of a price from 0 to max_price: a product in place of a division, exact as price * tick < 2**63."""
    return <rank_t> high_product(2 * <uint64_t> price, book.tick_inverse)


cdef inline rank_t rank_of(const Book* book, uint8_t side, price_t price) noexcept nogil:
    """Return how many ticks a price on the grid is from the best price that this side can have."""
    return mirrored(book, side, ticks_of(book, price))


cdef inline price_t price_at(const Book* book, uint8_t side, rank_t rank) noexcept nogil:
    return book.tick * <price_t> mirrored(book, side, rank)


cdef inline rank_t mirrored(const Book* book, uint8_t side, rank_t place) noexcept nogil:
    """Turn ticks into a rank or a rank into ticks: last - place for bids, place for asks.

    By arithmetic, since the processor would guess a branch on the side wrongly every second time.
    """
    cdef rank_t buys = <rank_t> side - <rank_t> SIDE_SELL       # all ones, or zero
    return (place ^ buys) - buys + (book.last & buys)


cdef inline Ladder* stops_of(Book* book, uint8_t side) noexcept nogil:
    return &book.stops[side - SIDE_BUY]


cdef inline rank_t stop_rank(const Book* book, uint8_t side, price_t stop_px) noexcept nogil:
    """Return the place of a stop price among those of a side's stop orders: whichever the last price reaches first is the lowest."""
    return rank_of(book, SIDE_BUY + SIDE_SELL - side, stop_px)


cdef inline rank_t working_rank(const Book* book, uint8_t side, rank_t rank) noexcept nogil:
    """Return the rank at which an order with this limit may work: its own, or the collar's edge."""
    return rank if rank > book.edges[side - SIDE_BUY] else book.edges[side - SIDE_BUY]


cdef inline rank_t auction_rank(const Book* book, uint8_t side) noexcept nogil:
    """Return the rank of a market order in an auction: the edge of the collar's prices, and for a sell at least one tick."""
    if side == SIDE_BUY:
        return book.last - ticks_of(book, book.high if book.high < book.max_price else book.max_price)
    return 1 if book.low == 0 else ticks_of(book, book.low + book.tick - 1)


cdef inline bint crosses(Book* book, uint8_t side, rank_t rank) noexcept nogil:
    """Say whether an order of this rank on its side meets one on the other, in a book that matches."""
    return side_of(book, SIDE_BUY + SIDE_SELL - side).best <= book.last - rank and not unlikely(book.phase)


cdef inline Event* emit(Core* core, const Order* order, uint8_t exec_type, uint8_t reason) noexcept nogil:
    """Append an event that shows an order as it is now."""
    cdef Event* event = &core.events[core.event_count]
    core.event_count += 1
    event.exec_id = core.next_exec_id
    core.next_exec_id += 1
    memcpy(&event.order_id, &order.order_id, 2 * sizeof(uint64_t))      # and cl_ord_id
    event.ref_id = 0
    memcpy(&event.price, &order.price, 2 * sizeof(int64_t))             # and order_qty
    event.leaves_qty = order.leaves_qty
    event.cum_qty = order.order_qty - order.leaves_qty
    event.last_px = 0
    event.last_qty = 0
    memcpy(&event.session, &order.session, 3 * sizeof(uint32_t))        # account and instrument
    event.exec_type = exec_type
    event.side = order.side
    event.liquidity = LIQ_NONE
    event.reason = reason
    return event


cdef inline Event* emit_refusal(Core* core, const Command* command, uint8_t exec_type, uint8_t reason) noexcept nogil:
    """Append an event that answers a command which changed nothing."""
    cdef Event* event = &core.events[core.event_count]
    core.event_count += 1
    event.exec_id = core.next_exec_id
    core.next_exec_id += 1
    event.order_id = command.order_id
    event.cl_ord_id = command.cl_ord_id
    event.ref_id = command.orig_cl_ord_id
    event.price = command.price
    event.order_qty = command.qty
    event.leaves_qty = 0
    event.cum_qty = 0
    event.last_px = 0
    event.last_qty = 0
    event.session = command.session
    event.account = command.account
    event.instrument = command.instrument
    event.exec_type = exec_type
    event.side = command.side
    event.liquidity = LIQ_NONE
    event.reason = reason
    return event


cdef inline void release(Core* core, order_ref_t ref) noexcept nogil:
    """Forget an order that rests nowhere: its id, its expiry, its slot."""
    cdef Order* order = &core.pool.orders[ref]
    if order.cl_ord_id:
        index_remove(&core.index, order.hashed, ref)
    if unlikely(order.tif == TIF_GTD):
        core.dated -= 1
        core.pool.expiries[ref] = 0
    pool_give_back(&core.pool, ref)


cdef inline qty_t shown_part(const Order* order) noexcept nogil:
    """Return how much of what is left of an order it shows at a time."""
    if unlikely(order.display_qty != 0 and order.display_qty < order.leaves_qty):
        return order.display_qty
    return order.leaves_qty


cdef inline void unrest(Core* core, Book* book, order_ref_t ref) noexcept nogil:
    """Take a resting or waiting order out of its queue."""
    cdef Order* order = &core.pool.orders[ref]
    if unlikely(order.place != PLACE_BOOK):
        unwait(core, book, ref)
    else:
        ladder_remove(side_of(book, order.side), &core.levels, &core.pool, ref)
    order.level = 0


cdef inline Event* close(Core* core, order_ref_t ref, uint8_t exec_type, uint8_t reason) noexcept nogil:
    """End an order, resting or not, and report what was taken out."""
    cdef Order* order = &core.pool.orders[ref]
    cdef Event* event
    if order.level:
        unrest(core, &core.books[order.instrument], ref)
    event = emit(core, order, exec_type, reason)
    event.last_qty = order.leaves_qty
    event.leaves_qty = 0
    release(core, ref)
    return event
