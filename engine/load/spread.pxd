"""Many times in nanoseconds, sorted: exact percentiles, and counts by size."""

from libc.stdint cimport int64_t


cdef class Spread:
    cdef int64_t* times
    cdef readonly size_t count
