"""What a log is to its writer: groups go in, in sequence, and are released once the log's promise holds for them."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t


cdef class Journal:
    cdef int put(self, const uint8_t* body, size_t length, uint64_t first_seq, uint32_t count, int64_t ts_ns) except -1
    cdef uint64_t released(self) except? 0
