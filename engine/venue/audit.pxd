"""The walk over the whole ledger that `Venue.check` makes."""

from engine.venue.state cimport State

cdef str money_problem(const State* state)
