"""The way of reports from the sequencer to the sessions' lanes."""

from libc.stdint cimport uint32_t

from engine.gateway.lane cimport Lane
from engine.matching.types cimport Command, Event
from engine.sequencer cimport ReportSink
from engine.venue.state cimport Detail


cdef class Outbound(ReportSink):
    cdef list lanes             # by session number; 0 and sessions without a subscriber are None
    cdef list dirty             # lanes with reports that are due
    cdef object steady_ns

    cdef int release(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                     const Detail* details) except -1
    cdef int open_gate(self) except -1
    cdef Lane lane(self, uint32_t session)
