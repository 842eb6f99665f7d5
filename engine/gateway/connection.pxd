"""One TCP connection: bytes in, commands to the sequencer."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.gateway.lane cimport Lane
from engine.gateway.outbound cimport Outbound
from engine.gateway.throttle cimport Throttle
from engine.matching.types cimport Command
from engine.sequencer cimport Sequencer

cdef enum:
    LENGTH_PREFIX = 4
    MAX_REQUEST = 4096              # bytes of a payload


cdef class Connection:
    cdef readonly object session    # the state machine
    cdef readonly object transport
    cdef readonly object peer       # address of the other end
    cdef readonly object nonce      # of its challenge
    cdef readonly int64_t heard_ns  # when the last valid message came
    cdef readonly int64_t paused_ns  # since when it takes nothing; 0 while it does
    cdef object gateway
    cdef object steady_ns
    cdef Sequencer sequencer
    cdef Outbound outbound
    cdef Lane lane_                 # of the session that is logged on here, or None
    cdef uint64_t expected          # number that its next request must have
    cdef Throttle messages
    cdef Throttle cancels
    cdef Throttle requests
    cdef bint deaf                  # what comes no longer matters
    cdef readonly bint held         # nothing is read from it for now
    cdef uint32_t partial_size      # bytes of a frame that is not complete
    cdef unsigned char partial[LENGTH_PREFIX + MAX_REQUEST]

    cdef int receive(self, const unsigned char* at, Py_ssize_t size, int64_t now_ns) except -1
    cdef Py_ssize_t complete(self, const unsigned char* at, Py_ssize_t size, int64_t now_ns) except -1
    cdef int handle(self, const unsigned char* payload, uint32_t length, int64_t now_ns) except -1
    cdef bint take(self, Command* command, int over) except -1
    cdef int over(self, const Command* command, int64_t now_ns) noexcept
    cdef int consult(self, const unsigned char* payload, uint32_t length, int64_t now_ns, int over) except -1
    cdef int read_on(self) except -1
    cdef int malformed(self, str text, int64_t now_ns) except -1
