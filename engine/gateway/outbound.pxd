"""The gate: what clients and operators may see, and when."""

from libc.stdint cimport uint32_t, uint64_t

from engine.gateway.lane cimport Lane
from engine.matching.types cimport Command, Event
from engine.replica cimport ReportSink
from engine.venue.state cimport Detail


cdef class Outbound(ReportSink):
    cdef list lanes             # by session number; 0 and sessions without a subscriber are None
    cdef list dirty             # lanes with reports that are due
    cdef object waiting         # (sequence, call, its arguments), in the order in which they came about
    cdef bint opening           # what waited is being let go
    cdef object steady_ns
    cdef list news              # grows when there is something to tell that is no report
    cdef Py_ssize_t heard       # its length when it was told
    cdef object tell

    cdef int report(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                    const Detail* details) except -1
    cdef int cut(self, uint64_t seq) except -1
    cdef int open_gate(self, uint64_t seq) except -1
    cdef bint is_open(self) noexcept
    cdef Lane lane(self, uint32_t session)
