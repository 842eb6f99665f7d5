"""What the checks read, as canonical bytes, and back.  Records are those of `state` and `ledger`, by number, and:

    rates        maker, taker and auction of each row, by number
    access       one byte a profile and listed instrument, up to the last profile that is kept from something
    accounts     those that are open; the number stands where the record has nothing
    recent       of the accounts that have any: the last accepted orders, oldest first

What is not in use (tick bands, spare bytes) is zero.  Each restores what its section says into a state that has nothing of it yet, in the
order of this list.
"""

from libc.stdint cimport int64_t, uint64_t

from engine.venue.ledger cimport Ledger
from engine.venue.state cimport RECENT, State

cdef struct RatesImage:             # 24 bytes
    int64_t maker
    int64_t taker
    int64_t auction                 # either side of one

cdef struct RecentImage:            # 136 bytes
    uint64_t account
    uint64_t keys[RECENT]
    int64_t times[RECENT]

cdef bytes rates_image(const State* state)
cdef bytes parties_image(const State* state)
cdef bytes accounts_image(const State* state)
cdef bytes recent_image(const State* state)
cdef bytes balances_image(const Ledger* ledger)
cdef bytes gates_image(const State* state)
cdef bytes access_image(const State* state)

cdef int restore_rates(State* state, bytes section) except -1
cdef int restore_parties(State* state, bytes section) except -1
cdef int restore_accounts(State* state, bytes section) except -1
cdef int restore_recent(State* state, bytes section) except -1
cdef int restore_balances(State* state, bytes section) except -1
cdef int restore_gates(State* state, bytes section) except -1
cdef int restore_access(State* state, bytes section) except -1

cdef bint is_reason(uint64_t number) noexcept nogil
