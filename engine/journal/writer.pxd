"""The ring of a journal on disk, with the thread that empties it."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.journal.core cimport Core
from engine.journal.journal cimport Journal
from engine.journal.posix cimport pthread_t


cdef class Writer(Journal):
    cdef Core* core
    cdef pthread_t thread
    cdef bint started
    cdef int owner                  # process that started the thread: a fork of it has none
    cdef uint64_t top               # bytes of the ring ever taken
    cdef readonly uint64_t last_seq
    cdef readonly size_t max_body   # bytes that a group can have
    cdef readonly int priority      # real-time priority of the thread, 0 where it has an ordinary one
    cdef readonly bint locked       # the ring stays in memory, whatever else wants it
    cdef str halted

    cdef int put(self, const uint8_t* body, size_t length, uint64_t first_seq, uint32_t count, int64_t ts_ns) except -1
    cdef uint64_t released(self) except? 0
    cdef int launch(self) except -1
    cdef void raise_priority(self) noexcept
    cdef void end(self) noexcept
    cdef int check(self, size_t length, uint64_t first_seq, uint32_t count) except -1
