"""The executions that the sessions of a load were told of, each side by itself."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef struct Execution:          # 40 bytes, one side of a match
    uint64_t match_id
    int64_t price
    int64_t qty
    uint64_t report             # its number in its session
    uint32_t session            # place in the list of sessions
    uint8_t side
    uint8_t liquidity


cdef class Executions:
    cdef Execution* items
    cdef size_t count
    cdef size_t room
    cdef bint note(self, uint64_t match_id, int64_t price, int64_t qty, uint64_t report, uint32_t session, uint8_t side,
                   uint8_t liquidity) noexcept nogil
