"""Memory of the price ladders."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from engine.matching.memory cimport reserve, unreserve


cdef bint levels_init(LevelPool* levels, uint32_t count) noexcept nogil:
    """Make room for this many price levels, rounded up to whole pages; False when there is no memory."""
    cdef uint32_t pages = (count + PAGE_MASK) >> PAGE_BITS
    levels.levels = <Level*> reserve(((<size_t> pages + 1) << PAGE_BITS) * sizeof(Level))
    levels.pages = <Page*> reserve((<size_t> pages + 1) * sizeof(Page))
    levels.free = 0
    levels.fresh = 1
    levels.limit = pages
    return levels.levels != NULL and levels.pages != NULL


cdef void levels_free(LevelPool* levels) noexcept nogil:
    unreserve(levels.levels)
    unreserve(levels.pages)


cdef bint ladder_init(Ladder* ladder, rank_t last) noexcept nogil:
    """Make an empty side of ranks 0 to `last`; False when there is no memory."""
    cdef uint32_t pages = (last >> PAGE_BITS) + 1
    ladder.best = NO_RANK
    ladder.best_level = 0
    ladder.last = last
    ladder.uppers = ((pages - 1) >> 12) + 1
    ladder.directory = <uint32_t*> calloc(pages, sizeof(uint32_t))
    ladder.lower = <uint64_t*> calloc(((pages - 1) >> 6) + 1, sizeof(uint64_t))
    ladder.upper = <uint64_t*> calloc(ladder.uppers, sizeof(uint64_t))
    return ladder.directory != NULL and ladder.lower != NULL and ladder.upper != NULL


cdef void ladder_free(Ladder* ladder) noexcept nogil:
    free(ladder.directory)
    free(ladder.lower)
    free(ladder.upper)
