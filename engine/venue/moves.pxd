"""Moves that no order causes: journals of lines that sum to zero, and the reversal of a trade."""

from libc.stdint cimport uint64_t

from engine.venue.state cimport State, TradeRecord

cdef str move_problem(const State* state, lines)
cdef int move(State* state, lines) except -1
cdef const TradeRecord* kept_trade(const State* state, uint64_t match_id) noexcept nogil
cdef list reversal(const State* state, const TradeRecord* trade)
