"""The venue's hot state as canonical bytes, and back: the sections of `matching.image` and `venue.gates_image`, and:

    venue        history, when the day began, and what blocks everybody
    instruments  msgpack of their terms
    trades       the executions that are kept, oldest first
    sessions     those that are not as in the beginning
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.matching.book cimport OrderBook
from engine.venue.state cimport SessionState, State

cdef struct VenueImage:             # 24 bytes
    uint64_t history
    int64_t day_began_ns
    uint64_t blocked                # REASON_*

cdef struct SessionImage:           # 40 bytes
    uint64_t number
    SessionState session

cdef dict state_image(OrderBook book, const State* state, const SessionState* sessions, uint32_t session_count, uint64_t history)
cdef int restore_state(OrderBook book, State* state, SessionState* sessions, uint32_t session_count, uint64_t* history,
                       dict sections) except -1
