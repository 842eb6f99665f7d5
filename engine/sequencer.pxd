"""The single writer: numbers commands, stamps their time, carries them out, and lets their reports be seen once the journal has them."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.journal.journal cimport Journal
from engine.matching.types cimport Command
from engine.replica cimport BATCH, Replica, ReportSink

cdef enum:
    MARK_EVERY = 65_536         # commands
    CROWDED = 32_768            # commands that wait for the journal; with so many nobody should bring more
    ENOUGH = 24 * 1024          # bytes of a group that need not wait for the end of a turn


cdef class Sequencer:
    cdef readonly Replica replica
    cdef readonly Journal journal       # None promises nothing
    cdef ReportSink sink
    cdef object clock
    cdef object later
    cdef bint scheduled                 # the group that gathers is handed over in the next turn
    cdef uint32_t count                 # commands taken
    cdef Command batch[BATCH]
    cdef uint8_t* body                  # of the group that gathers: commands that were carried out
    cdef size_t body_size
    cdef uint32_t body_limit
    cdef uint64_t body_first            # its first sequence
    cdef uint64_t before_last           # last sequences of the two groups that the journal was given last
    cdef uint64_t last
    cdef str fault                      # why nothing can be carried out any more

    cdef Command* place(self) except NULL
    cdef void take(self) noexcept
    cpdef int flush(self) except -1
    cdef Command* own_command(self, uint8_t kind, uint32_t session) except NULL
    cdef object alone(self, uint8_t kind, uint64_t order_id, bytes payload)
    cdef int stamp(self, uint32_t count) except -1
    cdef int note_commands(self, uint32_t count) except -1
    cdef int note(self, const void* data, size_t size) except -1
    cdef int commit(self) except -1
    cdef int hand_over(self) except -1
