"""A venue that follows its log: what the sequencer leads and what every reader has."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.matching.types cimport Command, Event
from engine.venue.state cimport Detail
from engine.venue.venue cimport Venue

cdef enum:
    BATCH = 1024                # commands carried out together at most


cdef class ReportSink:
    """Where reports go: the gateway's lanes, a test's list."""

    cdef uint64_t reached       # sequence of the last command that was carried out
    cdef uint64_t opened        # and of the last whose reports may be seen

    cdef int report(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                    const Detail* details) except -1
    cdef int cut(self, uint64_t seq) except -1
    cdef int open_gate(self, uint64_t seq) except -1


cdef class Replica:
    cdef readonly Venue venue
    cdef readonly object office         # what carries acts out, None where there are none
    cdef readonly uint64_t next_seq     # number of the next command
    cdef readonly int64_t last_ts_ns    # time of the last command
    cdef readonly uint64_t marked_seq   # of the last mark
    cdef readonly list faults
    cdef public object followed
    cdef ReportSink sink
    cdef Command batch[BATCH]           # that was read from the log
    cdef uint32_t ends[BATCH]

    cdef int carry_out(self, const Command* commands, uint32_t count) except -1
    cdef object carry_out_alone(self, const Command* command, bytes payload)
    cdef int follow(self, const Command* command, bytes payload) except -1
    cdef int answer_strikes(self, int64_t ts_ns, uint32_t last) except -1
    cdef uint32_t apply_from(self, const Command* commands, uint32_t done, uint32_t count) noexcept nogil
    cdef int compare(self, const Command* mark) except -1
