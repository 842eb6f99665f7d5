"""Reserve and give back, on mmap: the length stands in a line before the memory, which is so aligned to a pair of cache lines."""

from posix.mman cimport MAP_ANONYMOUS, MAP_FAILED, MAP_PRIVATE, PROT_READ, PROT_WRITE, mmap, munmap

cdef extern from "<sys/mman.h>" nogil:
    """
    #ifdef MADV_HUGEPAGE
    #define ats_want_huge_pages(memory, bytes) ((void) madvise(memory, bytes, MADV_HUGEPAGE))
    #else
    #define ats_want_huge_pages(memory, bytes) ((void) 0)
    #endif
    """
    void want_huge_pages "ats_want_huge_pages"(void* memory, size_t bytes)

cdef enum:
    LINE = 128
    LARGE = 1 << 20
    HUGE_PAGE = 1 << 21


cdef void* reserve(size_t bytes) noexcept nogil:
    """Return zeroed memory, or NULL when there is none."""
    cdef size_t length = bytes + LINE
    cdef void* memory
    if length >= LARGE:         # a mapping of whole huge pages begins at the border of one, and the first page of a pool is the one in use
        length = (length + HUGE_PAGE - 1) // HUGE_PAGE * HUGE_PAGE
    memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if memory == MAP_FAILED:
        return NULL
    if length >= LARGE:
        want_huge_pages(memory, length)
    (<size_t*> memory)[0] = length
    return <char*> memory + LINE


cdef void unreserve(void* memory) noexcept nogil:
    cdef char* start = <char*> memory - LINE
    if memory != NULL:
        munmap(start, (<size_t*> start)[0])
