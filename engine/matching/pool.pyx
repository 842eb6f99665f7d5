"""Memory of the order slab."""

from engine.matching.memory cimport reserve, unreserve


cdef bint pool_init(Pool* pool, uint32_t orders) noexcept nogil:
    """Make room for this many orders; False when there is no memory."""
    pool.orders = <Order*> reserve((<size_t> orders + 1) * sizeof(Order))
    pool.owners = <uint64_t*> reserve((<size_t> orders + 1) * sizeof(uint64_t))
    pool.expiries = <int64_t*> reserve((<size_t> orders + 1) * sizeof(int64_t))
    pool.free = 0
    pool.fresh = 1
    pool.limit = orders
    pool.open = 0
    return pool.orders != NULL and pool.owners != NULL and pool.expiries != NULL


cdef void pool_free(Pool* pool) noexcept nogil:
    unreserve(pool.orders)
    unreserve(pool.owners)
    unreserve(pool.expiries)
