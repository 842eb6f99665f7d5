"""The reports of one session, cut out of a replay."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.matching.types cimport Command, Event
from engine.replica cimport ReportSink
from engine.venue.state cimport Detail
from engine.venue.venue cimport Venue


cdef class Excerpt(ReportSink):
    cdef Venue venue
    cdef readonly uint32_t session
    cdef readonly uint32_t life         # how often the session's numbers had begun at 1 again, of the reports that are wanted
    cdef readonly uint64_t begin        # first and last number that is wanted
    cdef readonly uint64_t end
    cdef uint32_t lives                 # the same, where the replay stands,
    cdef readonly uint64_t next_out     # and the number of the session's next report there
    cdef unsigned char* frames
    cdef size_t size
    cdef size_t room

    cdef int add(self, const Event* event, const Detail* detail, int64_t ts_ns) except -1
