"""One side of a book: price levels best first, a first-in-first-out queue of orders in each.

A level's place is its rank, the distance in ticks from the best price that the side can have: price / tick for asks, mirrored for bids.
The lowest rank is the best on both sides, so one code serves both.  Levels live in pages of 64, taken from a pool where there are orders:

    rank 6,402 = page 100, place 2
    upper     1 bit per word of `lower`        [ ..1.... ]        next best: a bit scan in the page, else in `lower`, else in `upper`
    lower     1 bit per page in use            [ 0110..1 ]
    directory page of each 64 ranks            [ 0 0 17 0 9 ]
    page 17   64 levels and 1 bit per level    [ 1011.... ]

A flat array of levels is as fast where prices are dense and needs memory for every price there could be; a tree is as small and slower
everywhere.  Worst case: a side whose next best level is far away costs three bit scans and, over 16 million ticks, a walk along `upper`.
"""

from libc.stdint cimport uint32_t, uint64_t

from engine.matching.pool cimport Order, Pool
from engine.matching.types cimport level_ref_t, order_ref_t, qty_t, rank_t

cdef enum:
    PAGE_BITS = 6
    PAGE_MASK = 63
    NO_RANK = 0xFFFFFFFF

cdef extern from *:
    """
    #define ats_lowest_bit(word) ((unsigned) __builtin_ctzll(word))
    """
    unsigned int lowest_bit "ats_lowest_bit"(uint64_t word) noexcept nogil

cdef struct Level:              # 32 bytes
    order_ref_t head            # oldest order, 0 when the level is empty
    order_ref_t tail
    qty_t shown_qty             # displayed quantity of the level
    qty_t leaves_qty            # all of it, reserves included
    uint32_t count              # orders
    uint32_t reserved

cdef struct Page:
    uint64_t used               # one bit per level with orders
    uint32_t number             # rank >> PAGE_BITS of its levels
    uint32_t next               # next free page

cdef struct LevelPool:          # pages of all ladders; page 0 is none
    Level* levels
    Page* pages
    uint32_t free
    uint32_t fresh
    uint32_t limit

cdef struct Ladder:
    rank_t best                 # NO_RANK when the side is empty
    level_ref_t best_level
    uint32_t* directory
    uint64_t* lower
    uint64_t* upper
    uint32_t uppers             # words of `upper`
    rank_t last                 # largest rank

cdef bint levels_init(LevelPool* levels, uint32_t count) noexcept nogil
cdef void levels_free(LevelPool* levels) noexcept nogil
cdef bint ladder_init(Ladder* ladder, rank_t last) noexcept nogil
cdef void ladder_free(Ladder* ladder) noexcept nogil


cdef inline bint ladder_has_page(const Ladder* ladder, rank_t rank) noexcept nogil:
    return ladder.directory[rank >> PAGE_BITS] != 0


cdef inline bint ladder_has_free_page(const LevelPool* levels) noexcept nogil:
    return levels.free != 0 or levels.fresh <= levels.limit


cdef inline qty_t ladder_leaves(const Ladder* ladder, const LevelPool* levels, rank_t rank) noexcept nogil:
    """Return the whole quantity at a rank whose page is in use."""
    return levels.levels[ladder_reference(ladder, rank)].leaves_qty


cdef inline rank_t ladder_rank(const LevelPool* levels, level_ref_t level) noexcept nogil:
    return levels.pages[level >> PAGE_BITS].number << PAGE_BITS | (level & PAGE_MASK)


cdef inline rank_t ladder_next(const Ladder* ladder, const LevelPool* levels, rank_t rank) noexcept nogil:
    """Return the best used rank worse than `rank`, whose page may be gone, or NO_RANK."""
    cdef uint32_t page = rank >> PAGE_BITS
    cdef uint32_t word
    cdef uint64_t bits
    if ladder.directory[page]:
        bits = levels.pages[ladder.directory[page]].used & (~<uint64_t> 1 << (rank & PAGE_MASK))
        if bits:
            return page << PAGE_BITS | lowest_bit(bits)
    word = page >> 6
    bits = ladder.lower[word] & (~<uint64_t> 1 << (page & 63))
    if not bits:
        page = word
        word >>= 6
        bits = ladder.upper[word] & (~<uint64_t> 1 << (page & 63))
        while not bits:
            word += 1
            if word >= ladder.uppers:
                return NO_RANK
            bits = ladder.upper[word]
        word = word << 6 | lowest_bit(bits)
        bits = ladder.lower[word]
    page = word << 6 | lowest_bit(bits)
    return page << PAGE_BITS | lowest_bit(levels.pages[ladder.directory[page]].used)


cdef inline level_ref_t ladder_reference(const Ladder* ladder, rank_t rank) noexcept nogil:
    """Return the level of a rank whose page is in use."""
    return ladder.directory[rank >> PAGE_BITS] << PAGE_BITS | (rank & PAGE_MASK)


cdef inline order_ref_t ladder_behind(const Ladder* ladder, const LevelPool* levels, const Pool* pool, order_ref_t ref,
                                      rank_t limit) noexcept nogil:
    """Return the order behind another in the line of a ladder, or 0 where there is none of a rank up to `limit`."""
    cdef const Order* order = &pool.orders[ref]
    cdef rank_t rank
    if order.next:
        return order.next
    rank = ladder_next(ladder, levels, ladder_rank(levels, order.level))
    return 0 if rank > limit else levels.levels[ladder_reference(ladder, rank)].head


cdef inline level_ref_t ladder_level(Ladder* ladder, LevelPool* levels, rank_t rank) noexcept nogil:
    """Return the level of a rank, taking a page for it where there is none; a free one must be there."""
    cdef uint32_t number = rank >> PAGE_BITS
    cdef uint32_t page = ladder.directory[number]
    if page == 0:
        page = levels.free
        if page:
            levels.free = levels.pages[page].next
        else:
            page = levels.fresh
            levels.fresh += 1
        levels.pages[page].number = number
        ladder.directory[number] = page
        ladder.lower[number >> 6] |= <uint64_t> 1 << (number & 63)
        ladder.upper[number >> 12] |= <uint64_t> 1 << ((number >> 6) & 63)
    return page << PAGE_BITS | (rank & PAGE_MASK)


cdef inline void ladder_append(Ladder* ladder, LevelPool* levels, Pool* pool, order_ref_t ref, rank_t rank) noexcept nogil:
    """Let an order rest at the back of the queue of its rank."""
    cdef Order* order = &pool.orders[ref]
    cdef level_ref_t at = ladder_level(ladder, levels, rank)
    cdef Level* level = &levels.levels[at]
    order.level = at
    order.next = 0
    order.prev = level.tail
    if level.tail:
        pool.orders[level.tail].next = ref
    else:
        level.head = ref
        levels.pages[at >> PAGE_BITS].used |= <uint64_t> 1 << (at & PAGE_MASK)
        if rank < ladder.best:
            ladder.best = rank
            ladder.best_level = at
    level.tail = ref
    level.shown_qty += order.shown_qty
    level.leaves_qty += order.leaves_qty
    level.count += 1


cdef inline void ladder_remove(Ladder* ladder, LevelPool* levels, Pool* pool, order_ref_t ref) noexcept nogil:
    """Take an order out of its queue; a level without orders and a page without levels go with it."""
    cdef Order* order = &pool.orders[ref]
    cdef Level* level = &levels.levels[order.level]
    level.shown_qty -= order.shown_qty
    level.leaves_qty -= order.leaves_qty
    level.count -= 1
    pool.orders[order.next].prev = order.prev       # slot 0 takes what has no neighbour: nobody reads it
    pool.orders[order.prev].next = order.next
    level.tail = level.tail if order.next else order.prev
    level.head = level.head if order.prev else order.next
    if level.head == 0:
        ladder_empty_level(ladder, levels, order.level)


cdef inline void ladder_empty_level(Ladder* ladder, LevelPool* levels, level_ref_t at) noexcept nogil:
    cdef Page* page = &levels.pages[at >> PAGE_BITS]
    cdef uint32_t number = page.number
    page.used &= ~(<uint64_t> 1 << (at & PAGE_MASK))
    if page.used == 0:
        ladder.directory[number] = 0
        ladder.lower[number >> 6] &= ~(<uint64_t> 1 << (number & 63))
        if ladder.lower[number >> 6] == 0:
            ladder.upper[number >> 12] &= ~(<uint64_t> 1 << ((number >> 6) & 63))
        page.next = levels.free
        levels.free = at >> PAGE_BITS
    if at == ladder.best_level:
        ladder.best = ladder_next(ladder, levels, ladder.best)
        if ladder.best != NO_RANK:
            ladder.best_level = ladder_reference(ladder, ladder.best)
