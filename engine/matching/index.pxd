"""Open orders by (session, cl_ord_id): open addressing in one array that doubles while it is small.

    entry   hash 32 | slot 32       0 is empty; at most a quarter of the entries are taken
    probe   home, home + 9, home + 18, ...      the next cache line, the next place in it; 9 is odd, so every place comes up

Eight consecutive ids of a session share a cache line, so a client that counts upwards stays in the cache; the table is only as large as
the most orders ever open need, so a small book does not walk over a large table.  Doubling costs one pass over the table, once per size.
Steps of 1 would walk through eight full places for each full line met; steps of 9 leave such a line at once.
Ids are mixed by a secret odd multiplier that the book was given, so that no client can choose ids that collide; where an entry lies shows
in nothing that the book says.
Ids of 0 are never indexed.
"""

from libc.stdint cimport uint32_t, uint64_t

from engine.matching.pool cimport Order, Pool
from engine.matching.types cimport order_ref_t, unlikely

cdef enum:
    STEP = 9
    STEP_INVERSE = 0x38E38E39   # 9 * this is 1 modulo 2**32: turns a distance in places into one in steps

cdef struct Index:
    uint64_t* arena             # a table of n entries lies at arena + n, so each size has its own place
    uint64_t* table
    uint64_t multiplier         # odd
    uint32_t mask
    uint32_t shift              # 32 less the bits of mask
    uint32_t count
    uint32_t limit              # largest table

cdef bint index_init(Index* index, uint32_t orders, uint64_t secret) noexcept nogil
cdef void index_free(Index* index) noexcept nogil
cdef void index_grow(Index* index) noexcept nogil


cdef inline uint32_t index_hash(const Index* index, uint32_t session, uint64_t cl_ord_id) noexcept nogil:
    """Mix the line that eight ids share into the high bits and keep the place in it in the low ones."""
    cdef uint64_t line = ((cl_ord_id >> 3) + (<uint64_t> session << 20)) * index.multiplier
    return <uint32_t> (line >> 32) & ~<uint32_t> 7 | <uint32_t> (cl_ord_id & 7)


cdef inline uint32_t index_home(const Index* index, uint32_t hashed) noexcept nogil:
    """Return the place where a probe begins: the line by the highest bits of the hash."""
    return hashed >> index.shift & ~<uint32_t> 7 | hashed & 7


cdef inline order_ref_t index_find(const Index* index, const Pool* pool, uint32_t session, uint64_t cl_ord_id) noexcept nogil:
    """Return the slot of the open order with this id, or 0."""
    cdef uint32_t hashed = index_hash(index, session, cl_ord_id)
    cdef uint32_t place = index_home(index, hashed)
    cdef uint64_t entry = index.table[place]
    cdef const Order* order
    while entry:
        if <uint32_t> (entry >> 32) == hashed:
            order = &pool.orders[<uint32_t> entry]
            if order.cl_ord_id == cl_ord_id and order.session == session:
                return <uint32_t> entry
        place = (place + STEP) & index.mask
        entry = index.table[place]
    return 0


cdef inline bint index_insert(Index* index, Pool* pool, uint32_t session, uint64_t cl_ord_id, order_ref_t ref) noexcept nogil:
    """Name an open order; False, and nothing changed, when the session has an open order of this id."""
    cdef uint32_t hashed = index_hash(index, session, cl_ord_id)
    cdef uint32_t place
    cdef uint64_t entry
    cdef const Order* order
    if unlikely(index.count > index.mask >> 2):
        index_grow(index)
    place = index_home(index, hashed)
    entry = index.table[place]
    while entry:
        if <uint32_t> (entry >> 32) == hashed:
            order = &pool.orders[<uint32_t> entry]
            if order.cl_ord_id == cl_ord_id and order.session == session:
                return False
        place = (place + STEP) & index.mask
        entry = index.table[place]
    pool.orders[ref].hashed = hashed
    index.table[place] = <uint64_t> hashed << 32 | ref
    index.count += 1
    return True


cdef inline void index_remove(Index* index, uint32_t hashed, order_ref_t ref) noexcept nogil:
    """Forget an open order, which must be there, and close the gap that it leaves."""
    cdef uint64_t entry = <uint64_t> hashed << 32 | ref
    cdef uint32_t gap = index_home(index, hashed)
    cdef uint32_t place
    while index.table[gap] != entry:
        gap = (gap + STEP) & index.mask
    place = gap
    while True:
        place = (place + STEP) & index.mask
        entry = index.table[place]
        if entry == 0:
            break
        if steps(index, index_home(index, <uint32_t> (entry >> 32)), place) >= steps(index, gap, place):
            index.table[gap] = entry
            gap = place
    index.table[gap] = 0
    index.count -= 1


cdef inline uint32_t steps(const Index* index, uint32_t home, uint32_t place) noexcept nogil:
    """Return how many probes lead from one place to another."""
    return (place - home) * <uint32_t> STEP_INVERSE & index.mask
