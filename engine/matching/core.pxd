"""State of the books and the leaves that every rule uses: finding a side, reporting an event, ending an order.

    apply (book) -> enter, cancel, replace (match) and mass cancel, expiry (sweep) -> checks -> this -> ladder, index, pool
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from engine.matching.index cimport Index, index_remove
from engine.matching.ladder cimport Ladder, LevelPool, ladder_remove
from engine.matching.pool cimport Order, Pool, pool_give_back
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

cdef struct Book:                   # one instrument
    Ladder sides[2]                 # bids, asks
    rank_t edges[2]                 # best rank at which an order of each side may work: the collar
    rank_t last                     # largest rank: max_price in ticks
    price_t tick
    uint64_t tick_inverse           # 2**63 / tick, rounded up
    price_t max_price               # the ladder's reach, a multiple of tick
    price_t protection              # how far a market order may trade from the best opposite price
    price_t last_px                 # of the last execution, 0 before the first
    qty_t lot
    qty_t min_qty
    qty_t max_qty
    price_t low                     # the collar as it was set
    price_t high
    price_t anchor                  # its middle moves with the last execution
    uint32_t dynamic_bps            # how far from the anchor, 0 for any distance

cdef struct Swept:                  # an order that a mass cancel or an expiry found, and its place in line
    uint64_t first
    uint64_t age
    uint64_t ref

cdef struct Core:
    Pool pool
    Index index
    LevelPool levels
    Book* books                     # by instrument, from 1
    uint32_t instruments            # listed
    uint32_t listings               # that can be listed
    uint32_t accounts               # largest account number
    uint32_t sweep                  # resting orders that one command may meet
    uint32_t dated                  # open GTD orders
    int64_t next_expiry_ns          # no GTD order expires before
    uint64_t next_exec_id
    uint64_t next_match_id
    Event* events                   # of the commands since the last drain
    uint64_t event_limit            # room for them
    uint32_t event_count
    uint32_t event_mark             # as many events leave room for the worst command
    Swept* swept                    # scratch, one place per order

cdef bint core_init(Core* core, uint32_t orders, uint32_t levels, uint32_t listings, uint32_t accounts, uint32_t sweep,
                    uint32_t batch, uint64_t secret) noexcept nogil
cdef void core_free(Core* core) noexcept nogil
cdef void set_edges(Book* book) noexcept nogil


cdef inline bint core_has_room(const Core* core) noexcept nogil:
    """Say whether the events of any next command fit: three for each order met, or one for each open order, and a few."""
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


cdef inline rank_t working_rank(const Book* book, uint8_t side, rank_t rank) noexcept nogil:
    """Return the rank at which an order with this limit may work: its own, or the collar's edge."""
    return rank if rank > book.edges[side - SIDE_BUY] else book.edges[side - SIDE_BUY]


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


cdef inline void unrest(Core* core, Book* book, order_ref_t ref) noexcept nogil:
    """Take a resting order out of its queue."""
    cdef Order* order = &core.pool.orders[ref]
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
