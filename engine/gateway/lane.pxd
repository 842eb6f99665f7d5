"""The outbound side of one session, whoever is connected: its reports' numbers, their bytes, and the way to its client."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.matching.types cimport Event
from engine.venue.state cimport Detail
from engine.venue.venue cimport Venue


cdef class Lane:
    cdef readonly uint32_t number       # of the session
    cdef Venue venue
    cdef uint32_t* accounts             # the session's own, sorted
    cdef uint32_t account_count

    cdef readonly uint64_t next_out     # number that the next report will have
    cdef readonly uint64_t next_sent    # number of the first that nobody may see yet
    cdef uint32_t life                  # how often its numbers began at 1 again
    cdef bint dirty                     # has reports that are due
    cdef unsigned char* due             # the frames of those that are not cut yet,
    cdef size_t due_size
    cdef size_t due_room
    cdef uint32_t due_count             # and their number

    cdef list kept                      # reports that may be seen, as (first number, count, frames), oldest first
    cdef Py_ssize_t kept_from           # index of the oldest that is still there
    cdef readonly Py_ssize_t kept_bytes
    cdef Py_ssize_t kept_bytes_max

    cdef readonly object transport      # None while nobody is logged on
    cdef object call_soon
    cdef Py_ssize_t unsent_bytes_max
    cdef bint blocked                   # the transport asked for a pause
    cdef readonly bint overflowed       # the client did not read and was cut
    cdef readonly int64_t spoke_ns      # when the client was last written to
    cdef uint64_t replay_next           # number of the report to send again next; 0 while none is
    cdef uint64_t replay_end            # its last; behind it come the reports that are new since it began,
    cdef uint64_t fresh                 # from this number on
    cdef bint stepping                  # the next slice of the replay is scheduled
    cdef list held                      # frames that wait behind the replay, as (number of the report before which they go, frames)
    cdef Py_ssize_t held_bytes
    cdef object backlog                 # what makes reports again that are not kept; None where nothing can
    cdef object errand                  # its work for the replay; None while there is none
    cdef uint64_t errand_end            # number of the last report that it brings
    cdef bytes rest                     # what it brought and was not sent yet, the last frame perhaps in part

    cdef int add(self, const Event* event, const Detail* detail, int64_t ts_ns) except -1
    cdef object take_due(self)
    cdef int deliver(self, tuple chunk, int64_t now_ns) except -1
    cdef int restart(self) except -1
    cdef bint owns(self, uint32_t account) noexcept nogil
    cdef int write(self, bytes frames, int64_t now_ns) except -1
    cdef int hold(self, bytes frames) except -1
    cdef int keep(self, tuple chunk) except -1
    cdef bint step_older(self, int64_t now_ns) except -1
    cdef bint skip_gone(self, uint64_t last, int64_t now_ns) except -1
    cdef bint skip(self, uint64_t number, int64_t now_ns) except -1
    cdef int pass_by(self, uint64_t number) except -1
    cdef uint64_t before_held(self, uint64_t stop) except 0
    cdef int write_held(self, int64_t now_ns) except -1
    cdef int dismiss(self) except -1
    cdef bytes slice(self)
