"""The single writer: numbers commands, stamps their time, applies them and releases their reports through a gate."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.matching.types cimport Command, Event
from engine.venue.state cimport Detail
from engine.venue.venue cimport Venue

cdef enum:
    BATCH = 1024                # commands taken together at most


cdef class ReportSink:
    """Where released reports go: the gateway's outboxes, a test's list."""

    cdef int release(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                     const Detail* details) except -1


cdef class Sequencer:
    cdef readonly Venue venue
    cdef readonly uint64_t next_seq     # number of the next command
    cdef readonly object office         # what carries acts out, None where there are none
    cdef ReportSink sink
    cdef object clock
    cdef readonly int64_t last_ts_ns    # time of the last command
    cdef uint32_t count
    cdef Command batch[BATCH]
    cdef uint32_t ends[BATCH]

    cdef Command* place(self) except NULL
    cdef void take(self) noexcept
    cpdef int flush(self) except -1
    cdef Command* own_command(self, uint8_t kind, uint32_t session) except NULL
    cdef int open_alone(self, uint8_t kind, uint64_t payload_bytes) except -1
    cdef int close_alone(self) except -1
    cdef void stamp(self, int64_t now_ns) noexcept
    cdef uint32_t apply_from(self, uint32_t done, uint32_t count) noexcept nogil
