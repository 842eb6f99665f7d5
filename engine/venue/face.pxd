"""The part of the venue that the office sets and reads."""

from libc.stdint cimport int64_t, uint32_t

from engine.matching.book cimport OrderBook
from engine.matching.core cimport Core
from engine.venue.state cimport Gate, State


cdef class Face:
    cdef readonly OrderBook book
    cdef Core* core                     # the book's
    cdef State state
    cdef int64_t now_ns                 # time of the command that is being applied

    cdef bint keeps_stops(self, const Gate* gate) noexcept nogil
    cdef void settle_own(self, uint32_t since) noexcept nogil
