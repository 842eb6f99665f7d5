"""Many times in nanoseconds, sorted: exact percentiles, and counts by size.  Worst case: 8 bytes a time and one qsort of all."""

cimport cython
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc, qsort
from libc.string cimport memcpy


@cython.final
cdef class Spread:
    """Times from pieces of packed 8-byte integers; none below 0."""
    def __cinit__(self, pieces):
        cdef size_t at = 0
        cdef const unsigned char[::1] piece
        size = sum(len(memoryview(packed).cast("B")) for packed in pieces)
        self.times = <int64_t*> malloc(size + sizeof(int64_t))
        if self.times == NULL:
            raise MemoryError("no memory for the times")
        for packed in pieces:
            piece = memoryview(packed).cast("B")
            if piece.shape[0]:
                memcpy(<unsigned char*> self.times + at, &piece[0], piece.shape[0])
                at += piece.shape[0]
        self.count = at // sizeof(int64_t)
        qsort(self.times, self.count, sizeof(int64_t), by_size)

    def __dealloc__(self):
        free(self.times)

    def __len__(self):
        return self.count

    def percentile(self, double share):
        """Return the least of the times that so many percent of them do not exceed; 0 without times."""
        if not 0 <= share <= 100:
            raise ValueError(f"{share} is not a share from 0 to 100")
        if self.count == 0:
            return 0
        cdef size_t place = <size_t> (self.count * share / 100)
        if place * 100.0 >= self.count * share and place > 0:
            place -= 1
        return self.times[place]

    def bins(self, int bits):
        """Count times that agree in their leading bit and the `bits` after it: a list of (the longest of these, how many), ascending."""
        cdef size_t i
        cdef size_t first = 0
        cdef uint64_t bound = upper(self.times[0], bits) if self.count else 0
        found = []
        for i in range(1, self.count + 1):
            if i == self.count or <uint64_t> self.times[i] > bound:
                found.append((self.times[i - 1], i - first))
                first = i
                bound = upper(self.times[i], bits) if i < self.count else 0
        return found


cdef inline uint64_t upper(uint64_t value, int bits) noexcept nogil:
    """Return the largest number that agrees with `value` in its leading bit and the `bits` after it."""
    cdef int width = 0
    while value >> width > 1:
        width += 1
    return value | (((<uint64_t> 1 << (width - bits)) - 1) if width > bits else 0)


cdef int by_size(const void* one, const void* other) noexcept nogil:
    cdef int64_t a = (<const int64_t*> one)[0]
    cdef int64_t b = (<const int64_t*> other)[0]
    return (a > b) - (a < b)
