"""How often a client may speak: a rate with one second's burst, and the same at twice the rate."""

from libc.stdint cimport int64_t

cdef enum:
    WITHIN = 0
    OVER = 1            # above the rate: refuse this message
    FAR_OVER = 2        # above twice the rate: end the connection


cdef class Throttle:
    cdef int64_t interval_ns        # at the rate
    cdef int64_t due_ns             # when the bucket will be empty again
    cdef int64_t double_due_ns      # likewise at twice the rate

    cdef int take(self, int64_t now_ns) noexcept nogil
