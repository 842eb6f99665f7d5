"""The venue's state and its one function: a command in, events out; pure and deterministic."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.matching.types cimport Command, Event
from engine.venue.face cimport Face
from engine.venue.state cimport Detail, SessionState


cdef class Venue(Face):
    cdef SessionState* sessions         # indexed by session number; 0 is unused
    cdef readonly uint32_t session_count
    cdef readonly uint64_t history      # hash of all events and outcomes so far
    cdef uint32_t since                 # events that were numbered before the office's command

    cdef void apply(self, const Command* command) noexcept nogil
    cdef void carry_out(self, const Command* command, uint32_t before) noexcept nogil
    cdef bint carry_out_own(self, const Command* command) noexcept nogil
    cdef void begin(self, int64_t now_ns) noexcept nogil
    cdef void number(self, uint32_t since) noexcept nogil
    cdef const Event* events(self) noexcept nogil
    cdef const Detail* event_details(self) noexcept nogil
    cdef uint32_t event_count(self) noexcept nogil
    cdef bint has_room(self) noexcept nogil
