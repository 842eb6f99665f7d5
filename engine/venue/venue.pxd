"""The venue's state and its one function: a command in, events out; pure and deterministic."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.matching.types cimport Command, Event
from engine.venue.face cimport Face
from engine.venue.state cimport Detail


cdef struct SessionState:       # what the venue knows of a session, whoever is connected
    uint64_t next_in            # number that its next request must have
    uint64_t next_out           # number that its next report will have
    uint64_t last_cl_ord_id     # every request must have a larger one


cdef class Venue(Face):
    cdef SessionState* sessions         # indexed by session number; 0 is unused
    cdef readonly uint32_t session_count

    cdef void apply(self, const Command* command) noexcept nogil
    cdef void carry_out(self, const Command* command, uint32_t before) noexcept nogil
    cdef void begin(self, int64_t now_ns) noexcept nogil
    cdef void number(self, uint32_t since) noexcept nogil
    cdef const Event* events(self) noexcept nogil
    cdef const Detail* event_details(self) noexcept nogil
    cdef uint32_t event_count(self) noexcept nogil
    cdef bint has_room(self) noexcept nogil
