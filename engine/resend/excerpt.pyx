"""The reports of one session, cut out of a replay.

A report is a function of the log, its number and its bytes included, so what is cut out here is what the session's lane wrote then.
The flag that says it was sent before is the lane's to set: only that knows what its client may have had.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc

from engine.matching.types cimport CMD_SESSION_RESET, Command, Event
from engine.protocol.codec cimport MAX_REPORT, encode_report
from engine.replica cimport ReportSink
from engine.venue.state cimport Detail
from engine.venue.venue cimport Venue

cdef enum:
    ROOM = 1 << 18              # bytes for frames to begin with; as many as a group's reports need in the end


@cython.final
cdef class Excerpt(ReportSink):
    """The reports `begin` to `end` of a session as frames, from the life in which its numbers had begun at 1 again `life` times."""

    def __cinit__(self, Venue venue not None, uint32_t session, uint32_t life, uint64_t begin, uint64_t end):
        self.venue = venue
        self.session = session
        self.life = life
        self.begin = begin
        self.end = end
        self.frames = <unsigned char*> malloc(ROOM)
        self.room = ROOM
        if self.frames == NULL:
            raise MemoryError("no memory for reports")
        self.locate()

    def __dealloc__(self):
        free(self.frames)

    @property
    def reaches_back(self):
        """Whether nothing that is wanted came before the place where the replay stands."""
        return self.lives < self.life or (self.lives == self.life and self.next_out <= self.begin)

    @property
    def over(self):
        """Whether nothing that is wanted comes behind it."""
        return self.lives > self.life or (self.lives == self.life and self.next_out > self.end)

    def locate(self):
        """Take the session's numbers from the venue, which a snapshot has filled."""
        self.lives = self.venue.lives(self.session)
        self.next_out = self.venue.next_out(self.session)

    def take(self):
        """Return the frames that were cut out since the last call."""
        cdef bytes taken = PyBytes_FromStringAndSize(<char*> self.frames, self.size)
        self.size = 0
        return taken

    cdef int report(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                    const Detail* details) except -1:
        cdef uint32_t i
        cdef uint32_t j = 0
        for i in range(count):
            while j < ends[i]:
                if events[j].session == self.session:
                    self.add(&events[j], &details[j], commands[i].ts_ns)
                j += 1
            if commands[i].kind == CMD_SESSION_RESET and commands[i].session == self.session:
                self.lives += 1
                self.next_out = 1
        return 0

    cdef int add(self, const Event* event, const Detail* detail, int64_t ts_ns) except -1:
        cdef uint64_t number = self.next_out
        cdef unsigned char* grown
        self.next_out += 1
        if self.lives != self.life or not self.begin <= number <= self.end:
            return 0
        if self.room - self.size < MAX_REPORT:
            grown = <unsigned char*> realloc(self.frames, 2 * self.room)
            if grown == NULL:
                raise MemoryError("no memory for reports")
            self.frames = grown
            self.room *= 2
        self.size += encode_report(event, detail, number, ts_ns, 0, self.frames + self.size)
        return 0
