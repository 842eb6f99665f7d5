"""The ledger as a fold over the book's events: what each of them moves, at once and in full."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.matching.types cimport Event, price_t
from engine.venue.state cimport Detail, State

cdef struct Entry:                  # what the checks found out about a request, for its settlement
    uint32_t purses[2]              # balances in the quote asset and the token, 0 where there is none yet
    uint32_t party
    uint32_t rates
    int64_t hold                    # what a new order sets aside of the balance that it pays with
    int64_t exposure                # what it adds to its party's open exposure
    uint64_t likeness
    price_t price                   # of the order before a replace
    price_t stop_px                 # of an order that waits for its trigger
    int64_t bound                   # the limit that was broken

cdef void give_back(State* state, const Event* event, Detail* detail) noexcept nogil
cdef void settle(State* state, int64_t ts_ns, const Entry* entry, uint32_t since) noexcept nogil
