"""How often a client may speak.

A leaky bucket kept as one time (the generic cell rate algorithm): each message lets the bucket fill for one interval longer, and a message
that would fill it beyond a second's worth is over.  Refused messages don't fill it, so a client that slows down is served again at once.
Integers on a clock that never steps back; no allocation, no loop.
"""

cimport cython
from libc.stdint cimport int64_t

cdef int64_t SECOND_NS = 1_000_000_000


@cython.final
cdef class Throttle:
    """How often a client may speak: a rate per second, with a burst of one second's worth."""
    def __cinit__(self, int64_t per_s):
        if not 0 < per_s <= 10_000_000:
            raise ValueError(f"a rate is 1 to 10,000,000 per second, not {per_s}")
        self.interval_ns = SECOND_NS // per_s

    def ask(self, int64_t now_ns):
        """Count a message: 0 it is within the rate, 1 it is over and not counted, 2 it is over twice the rate."""
        return self.take(now_ns)

    cdef int take(self, int64_t now_ns) noexcept nogil:
        if not fill(&self.double_due_ns, self.interval_ns // 2, now_ns):
            return FAR_OVER
        return WITHIN if fill(&self.due_ns, self.interval_ns, now_ns) else OVER


cdef inline bint fill(int64_t* due_ns, int64_t interval_ns, int64_t now_ns) noexcept nogil:
    cdef int64_t due = max(due_ns[0], now_ns) + interval_ns
    if due - now_ns > SECOND_NS:
        return False
    due_ns[0] = due
    return True
