"""The single writer.

Commands are taken into a batch, then numbered, stamped and applied together, and their reports released together: the place where a journal
will stand between applying and releasing.  Time never goes back and no two commands have the same, whatever the clock does.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from engine.matching.types cimport *


cdef class ReportSink:
    """Where released reports go; compiled code overrides `release`."""

    cdef int release(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                     const Detail* details) except -1:
        """Take the events of `count` commands, and a detail beside each: those of command i end before `ends[i]`.

        The pointers are valid during the call.
        """
        return 0


cdef class Sequencer:
    """The single writer.

    Compiled callers fill `place()`, a zeroed Command, and `take()` it; `flush()` numbers, stamps and applies what was taken and releases
    the reports.  `place` flushes by itself when the batch is full.
    """

    def __cinit__(self, Venue venue not None, ReportSink sink, clock, office=None):
        self.venue = venue
        self.office = office
        self.sink = sink if sink is not None else ReportSink()
        self.clock = clock
        self.next_seq = 1
        self.last_ts_ns = 0
        self.count = 0

    cdef Command* place(self) except NULL:
        """Return the next place of the batch, zeroed; a full batch is flushed first."""
        if self.count == BATCH:
            self.flush()
        memset(&self.batch[self.count], 0, sizeof(Command))
        return &self.batch[self.count]

    cdef void take(self) noexcept:
        """Take the command that was written to the place."""
        self.count += 1

    cpdef int flush(self) except -1:
        """Apply what was taken and return how many commands that were."""
        cdef uint32_t count = self.count
        cdef uint32_t done = 0
        cdef uint32_t end
        if count == 0:
            return 0
        self.stamp(self.clock())
        self.count = 0
        while done < count:
            with nogil:
                end = self.apply_from(done, count)
            self.sink.release(&self.batch[done], &self.ends[done], end - done, self.venue.events(), self.venue.event_details())
            done = end
        return count

    def submit(self, commands not None):
        """Take packed commands, which get new times, flush, and return how many the last batch had.

        Their format is `COMMAND_FORMAT` of engine.matching.records.  ValueError for a part of a command or an unknown session; what was
        taken before it stays taken.
        """
        cdef const unsigned char[::1] packed = commands
        cdef Py_ssize_t count = packed.shape[0] // <Py_ssize_t> sizeof(Command)
        cdef Command* command
        cdef Py_ssize_t i
        if packed.shape[0] % <Py_ssize_t> sizeof(Command):
            raise ValueError(f"{packed.shape[0]} bytes are not a whole number of {sizeof(Command)}-byte commands")
        for i in range(count):
            command = self.place()
            memcpy(command, &packed[i * <Py_ssize_t> sizeof(Command)], sizeof(Command))
            if command.session > self.venue.session_count:
                raise ValueError(f"session {command.session} is not between 0 and {self.venue.session_count}")
            self.take()
        return self.flush()

    def disconnect(self, uint32_t session):
        """Cancel every open order of a session whose connection is gone, and flush."""
        cdef Command* command = self.own_command(CMD_MASS_CANCEL, session)
        command.flags = FLAG_BY_SESSION | FLAG_DISCONNECT
        self.take()
        self.flush()

    def skip(self, uint32_t session, uint64_t new_seq):
        """Let the session's next inbound number be `new_seq`, and flush."""
        cdef Command* command = self.own_command(CMD_SKIP, session)
        command.in_seq = new_seq
        self.take()
        self.flush()

    def reset(self, uint32_t session):
        """Start both of the session's numberings, and its cl_ord_ids, at 1 again, and flush."""
        self.own_command(CMD_SESSION_RESET, session)
        self.take()
        self.flush()

    def pass_time(self):
        """Let what is due at the clock's time happen, if anything is: orders expire, and the office does what it has planned."""
        due_ns = self.venue.book.next_expiry_ns
        if self.office is not None:
            due_ns = min(due_ns, self.office.next_due_ns)
        if self.clock() < due_ns:
            return
        self.flush()
        self.open_alone(CMD_TIME, 0)
        self.venue.carry_out(&self.batch[0], 0)
        try:
            if self.office is not None:
                self.office.pass_time(self.last_ts_ns)
        finally:
            self.close_alone()

    def act(self, bytes payload not None):
        """Let the office carry out an act, as the next command, and return its outcome.  Raises whatever the office raises on a fault."""
        self.flush()
        self.open_alone(CMD_ACT, len(payload))
        try:
            return self.office.apply(payload, self.last_ts_ns)
        finally:
            self.close_alone()

    def end_of_day(self):
        """Expire DAY orders, and flush."""
        self.own_command(CMD_END_OF_DAY, 0)
        self.take()
        self.flush()

    cdef Command* own_command(self, uint8_t kind, uint32_t session) except NULL:
        """Return a place for a command of the venue itself, after what was taken before it."""
        cdef Command* command
        if session > self.venue.session_count:
            raise ValueError(f"session {session} is not between 1 and {self.venue.session_count}")
        command = self.place()
        command.kind = kind
        command.session = session
        return command

    cdef int open_alone(self, uint8_t kind, uint64_t payload_bytes) except -1:
        """Begin a command that is a batch of its own."""
        memset(&self.batch[0], 0, sizeof(Command))
        self.batch[0].kind = kind
        self.batch[0].qty = <int64_t> payload_bytes
        self.count = 1
        self.stamp(self.clock())
        self.count = 0
        self.venue.begin(self.last_ts_ns)
        return 0

    cdef int close_alone(self) except -1:
        self.ends[0] = self.venue.end_act()
        return self.sink.release(&self.batch[0], &self.ends[0], 1, self.venue.events(), self.venue.event_details())

    cdef void stamp(self, int64_t now_ns) noexcept:
        cdef uint32_t i
        for i in range(self.count):
            self.last_ts_ns = now_ns if now_ns > self.last_ts_ns else self.last_ts_ns + 1
            self.batch[i].ts_ns = self.last_ts_ns
        self.next_seq += self.count

    cdef uint32_t apply_from(self, uint32_t done, uint32_t count) noexcept nogil:
        """Apply commands while their events fit, and return the index of the first that was not."""
        self.venue.begin(self.batch[done].ts_ns)
        while done < count and self.venue.has_room():
            self.venue.apply(&self.batch[done])
            self.ends[done] = self.venue.event_count()
            done += 1
        return done
