"""The frames of a plan as they come back from an echo."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.load.plan cimport Plan


cdef class EchoReader:
    cdef readonly bytearray room
    cdef readonly Py_ssize_t kept
    cdef readonly uint32_t sent             # requests
    cdef readonly uint32_t answered
    cdef readonly int64_t last_ns
    cdef readonly list others
    cdef Plan plan
    cdef uint32_t number
    cdef uint32_t batch
    cdef bint compares
    cdef uint64_t received
    cdef int64_t* waited_ns
    cdef int64_t* sends_ns
