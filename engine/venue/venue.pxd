"""The venue's state and its one function: a command in, events out; pure and deterministic."""

from libc.stdint cimport uint32_t, uint64_t

from engine.matching.book cimport OrderBook
from engine.matching.core cimport Core
from engine.matching.types cimport Command, Event


cdef struct SessionState:       # what the venue knows of a session, whoever is connected
    uint64_t next_in            # number that its next request must have
    uint64_t next_out           # number that its next report will have
    uint64_t last_cl_ord_id     # every request must have a larger one


cdef class Venue:
    cdef readonly OrderBook book
    cdef Core* core                     # the book's
    cdef SessionState* sessions         # indexed by session number; 0 is unused
    cdef readonly uint32_t session_count

    cdef void apply(self, const Command* command) noexcept nogil
    cdef void carry_out(self, const Command* command, uint32_t before) noexcept nogil
    cdef void begin(self) noexcept nogil
    cdef const Event* events(self) noexcept nogil
    cdef uint32_t event_count(self) noexcept nogil
    cdef bint has_room(self) noexcept nogil
