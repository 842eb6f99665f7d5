"""A fixed slab of orders: taken and given back last in, first out, so that the slots in use stay in the cache.

    slots   | 0 none | 1 | 2 | 3 | ... | limit |        order_id = generation << 24 | slot
    free    2 -> 7 -> 5 -> 0     (through Order.next)   fresh: first slot never used

A slot's generation grows with each use, so an order_id names one order for ever; a slot whose generations are used up is retired.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.matching.types cimport CMD_ENTER, level_ref_t, order_ref_t, price_t, qty_t

cdef enum:
    SLOT_BITS = 24
    SLOT_MASK = (1 << 24) - 1

    PLACE_BOOK = CMD_ENTER      # as it came in: the copy of a command's kind
    PLACE_STOPS = 1             # it waits for its trigger
    PLACE_CLOSE = 2             # it waits for the closing call
    WAITS = 1                   # no level of any page

cdef struct Order:                  # 128 bytes
    order_ref_t next                # first cache line: what a match or a cancel reads
    order_ref_t prev
    level_ref_t level               # 0 while it rests nowhere; in the queue for the close WAITS
    uint32_t hashed                 # mix of session and cl_ord_id, by which the index has it
    qty_t leaves_qty                # 0 while the slot is free
    qty_t shown_qty                 # displayed part of leaves_qty
    uint64_t order_id               # kept when the slot is freed: its generation
    uint64_t cl_ord_id
    price_t price                   # from here to `settle_pref` as in Command, so that an order is accepted by one copy
    qty_t order_qty                 # cum_qty is order_qty - leaves_qty
    qty_t display_qty               # second line; shown at a time, 0 shows all
    uint32_t fee_fraction           # of a 1e-6 of the quote, in 1e-6 of that: what its fees so far are beyond whole units
    uint32_t fee_rates              # number of the rates that it pays
    uint32_t session
    uint32_t account
    uint32_t instrument
    uint32_t stp_group
    uint8_t place               # PLACE_*: where it rests, the book from its command on
    uint8_t side
    uint8_t ord_type
    uint8_t tif
    uint8_t exec_inst
    uint8_t stp_mode
    uint8_t flags
    uint8_t settle_pref
    uint64_t age                    # exec_id of its acceptance: smaller is older
    int64_t held                    # what the venue holds for it (from `fee_fraction` on: the book keeps these and never reads them)
    uint32_t purses[2]              # balances of its account: what a buy pays with, the quote asset, and a sell, the token

cdef struct Pool:
    Order* orders
    uint64_t* owners                # session << 32 | account of each slot, 0 when free: what a mass cancel scans
    int64_t* expiries               # expire_ns of each slot with an open GTD order, else 0: what an expiry scans
    order_ref_t free                # most recently freed slot
    order_ref_t fresh               # first slot never used
    order_ref_t limit               # last slot there is
    uint32_t open                   # orders now open

cdef bint pool_init(Pool* pool, uint32_t orders) noexcept nogil
cdef void pool_free(Pool* pool) noexcept nogil


cdef inline order_ref_t pool_next(const Pool* pool) noexcept nogil:
    """Return the slot that the next order will get, or 0 when all are taken."""
    if pool.free:
        return pool.free
    return pool.fresh if pool.fresh <= pool.limit else 0


cdef inline Order* pool_take(Pool* pool, order_ref_t ref, uint32_t session, uint32_t account) noexcept nogil:
    """Take the slot that `pool_next` named and give it its next generation."""
    cdef Order* order = &pool.orders[ref]
    if ref == pool.free:
        pool.free = order.next
        order.order_id += <uint64_t> 1 << SLOT_BITS
    else:
        pool.fresh += 1
        order.order_id = <uint64_t> 1 << SLOT_BITS | ref
    pool.owners[ref] = <uint64_t> session << 32 | account
    pool.open += 1
    return order


cdef inline void pool_give_back(Pool* pool, order_ref_t ref) noexcept nogil:
    cdef Order* order = &pool.orders[ref]
    order.leaves_qty = 0
    pool.owners[ref] = 0
    pool.open -= 1
    if order.order_id >> 62 == 0:
        order.next = pool.free
        pool.free = ref
