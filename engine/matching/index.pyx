"""Memory and growth of the table of client order ids."""

from libc.stdint cimport uint32_t, uint64_t

from engine.matching.memory cimport reserve, unreserve

cdef enum:
    SMALLEST_BITS = 12
    SMALLEST = 1 << SMALLEST_BITS


cdef bint index_init(Index* index, uint32_t orders, uint64_t secret) noexcept nogil:
    """Make room for this many open orders; False when there is no memory."""
    cdef uint64_t limit = SMALLEST
    while limit < 4 * <uint64_t> orders + 4:
        limit <<= 1
    index.arena = <uint64_t*> reserve(2 * limit * sizeof(uint64_t))
    index.limit = <uint32_t> limit
    index.table = index.arena + SMALLEST
    index.multiplier = secret | 1
    index.mask = SMALLEST - 1
    index.shift = 32 - SMALLEST_BITS
    index.count = 0
    return index.arena != NULL


cdef void index_free(Index* index) noexcept nogil:
    unreserve(index.arena)


cdef void index_grow(Index* index) noexcept nogil:
    """Move every entry into a table of twice the size."""
    cdef uint32_t size = index.mask + 1
    cdef uint64_t* larger = index.arena + 2 * <uint64_t> size
    cdef uint32_t place, i
    if size >= index.limit:
        return
    index.mask = 2 * size - 1
    index.shift -= 1
    for i in range(size):
        if index.table[i]:
            place = index_home(index, <uint32_t> (index.table[i] >> 32))
            while larger[place]:
                place = (place + STEP) & index.mask
            larger[place] = index.table[i]
    index.table = larger
