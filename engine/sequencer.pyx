"""The single writer.

Commands are taken into a batch, then numbered, stamped and carried out together; they gather in a group, and their reports wait in the
sink.  The journal is given a group as soon as at most one is under way, so the slower the disk, the larger the groups; when it has
released one, the sink's gate opens up to there.  Time never goes back and no two commands have the same, whatever the clock does.

    flush -> stamp -> carry out -> group that gathers for a turn -> journal: one waits, one is being written -> settle -> gate

What is carried out before it is written can only be lost together with its reports, which nobody has seen; and a command that kills the
process is not in the log from which it starts again.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from engine.journal.records import JournalStopped
from engine.matching.types cimport *
from engine.packing cimport PACKED_MAX, pack_command

cdef enum:
    BATCH_ROOM = BATCH * PACKED_MAX         # of a body, for a batch


cdef class Sequencer:
    """The single writer.

    Compiled callers fill `place()`, every field of it, and `take()` it; `flush()` carries out what was taken.  `place` flushes by itself
    when the batch is full.  Without a journal every report may be seen at once.  Whatever calls the journal can raise JournalStopped.
    `later` calls in the next turn of a loop: what many connections bring in one turn is one group, unless it is much.
    """

    def __cinit__(self, Replica replica not None, clock, Journal journal=None, later=None):
        self.replica = replica
        self.journal = journal
        self.sink = replica.sink
        self.clock = clock
        self.later = later
        self.body_limit = journal.max_body if journal is not None else 0
        if journal is not None and self.body_limit < 2 * BATCH_ROOM:
            raise ValueError(f"a journal with groups of at most {self.body_limit} bytes has no room for two batches of commands")
        self.body = <uint8_t*> malloc(self.body_limit)
        if self.body == NULL and self.body_limit:
            raise MemoryError("no memory for a group")
        self.body_first = self.replica.next_seq

    def __dealloc__(self):
        free(self.body)

    @property
    def venue(self):
        return self.replica.venue

    @property
    def next_seq(self):
        """Number of the next command."""
        return self.replica.next_seq

    @property
    def last_ts_ns(self):
        """Venue time of the last command."""
        return self.replica.last_ts_ns

    @property
    def released_seq(self):
        """Number of the last command whose reports may be seen."""
        return self.sink.opened

    @property
    def crowded(self):
        """Whether so many commands wait for the journal that nobody should bring more for now."""
        return self.replica.next_seq - 1 - self.sink.opened >= CROWDED

    cdef Command* place(self) except NULL:
        """Return the next place of the batch, as it was left; a full batch is flushed first."""
        if self.fault is not None:
            raise JournalStopped(self.fault)
        if self.count == BATCH:
            self.flush()
        return &self.batch[self.count]

    cdef void take(self) noexcept:
        """Take the command that was written to the place."""
        self.count += 1

    cpdef int flush(self) except -1:
        """Carry out what was taken and return how many commands that were."""
        cdef uint32_t count = self.count
        if count == 0:
            return 0
        self.count = 0
        self.stamp(count)
        try:
            self.replica.carry_out(self.batch, count)
        except BaseException as error:
            self.fault = f"the venue met a fault of its own and cannot go on: {error!r}"
            raise
        self.note_commands(count)
        if self.later is None or self.journal is None or self.body_size >= ENOUGH:
            self.commit()
        elif not self.scheduled:
            self.scheduled = True
            self.later(self.turn)
        if self.replica.next_seq - self.replica.marked_seq > MARK_EVERY:
            self.mark()
        return count

    def turn(self):
        """Give the journal what gathered in a turn of the loop."""
        self.scheduled = False
        self.commit()

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
            if command.session > self.replica.venue.session_count:
                raise ValueError(f"session {command.session} is not between 0 and {self.replica.venue.session_count}")
            self.take()
        return self.flush()

    def log_on(self, uint32_t session, bint cancels):
        """Note that a session's connection begins, and whether its orders end with it."""
        self.own_command(CMD_LOGON, session).flags = FLAG_DISCONNECT if cancels else 0
        self.take()
        self.flush()

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
        due_ns = self.replica.venue.book.next_expiry_ns
        if self.replica.office is not None:
            due_ns = min(due_ns, self.replica.office.next_due_ns)
        if self.clock() >= due_ns:
            self.alone(CMD_TIME, 0, b"")

    def act(self, bytes payload not None):
        """Let the office carry out an act, as the next command, and return its outcome.  Raises whatever the office raises on a fault."""
        return self.alone(CMD_ACT, 0, payload)

    def birth(self, bytes payload not None):
        """Write what the venue was born with, which must be the first of its log."""
        assert self.replica.next_seq == 1
        self.alone(CMD_BIRTH, 0, payload)

    def mark(self):
        """Write the hash of the history into the log, and let the group end there."""
        self.flush()
        self.alone(CMD_MARK, self.replica.venue.history, b"")
        self.hand_over()

    def end_of_day(self):
        """Expire DAY orders, and flush."""
        self.own_command(CMD_END_OF_DAY, 0)
        self.take()
        self.flush()

    def settle(self):
        """Let be seen what the journal has released, and give it what gathered meanwhile.  JournalStopped when it has stopped."""
        self.sink.open_gate(self.journal.settle())
        why = self.journal.stopped
        if why is not None:
            raise JournalStopped(why)
        self.commit()

    def finish(self):
        """Write a mark, wait until the journal has released all, and let it be seen."""
        self.mark()
        if self.journal is not None:
            self.journal.wait(self.last)
            self.sink.open_gate(self.journal.settle())

    cdef Command* own_command(self, uint8_t kind, uint32_t session) except NULL:
        """Return a place for a command of the venue itself, after what was taken before it."""
        cdef Command* command
        if session > self.replica.venue.session_count:
            raise ValueError(f"session {session} is not between 1 and {self.replica.venue.session_count}")
        command = self.place()
        memset(command, 0, sizeof(Command))
        command.kind = kind
        command.session = session
        return command

    cdef object alone(self, uint8_t kind, uint64_t order_id, bytes payload):
        """Carry out a command that is a batch of its own."""
        cdef uint64_t zeros = 0
        self.flush()
        memset(&self.batch[0], 0, sizeof(Command))
        self.batch[0].kind = kind
        self.batch[0].order_id = order_id
        self.batch[0].qty = <int64_t> len(payload)
        self.stamp(1)
        size = PACKED_MAX + len(payload) + 3
        if self.journal is not None and size > self.body_limit - BATCH_ROOM:
            raise ValueError(f"a payload of {len(payload)} bytes is too long for a group of at most {self.body_limit}")
        if self.body_size + size > self.body_limit:
            self.hand_over()
        try:
            return self.replica.carry_out_alone(&self.batch[0], payload)
        finally:
            self.note_commands(1)
            self.note(<const char*> payload, len(payload))
            self.note(&zeros, -len(payload) & 3)
            self.commit()

    cdef int stamp(self, uint32_t count) except -1:
        cdef int64_t now_ns = self.clock()
        cdef int64_t last_ts_ns = self.replica.last_ts_ns
        cdef uint32_t i
        for i in range(count):
            last_ts_ns = now_ns if now_ns > last_ts_ns else last_ts_ns + 1
            self.batch[i].ts_ns = last_ts_ns
        return 0

    cdef int note_commands(self, uint32_t count) except -1:
        """Add the first commands of the batch to the group that gathers."""
        cdef uint32_t i
        if self.journal is not None:
            for i in range(count):
                self.body_size += pack_command(&self.batch[i], self.body + self.body_size)
        return 0

    cdef int note(self, const void* data, size_t size) except -1:
        """Add to the group that gathers."""
        if self.journal is not None:
            memcpy(self.body + self.body_size, data, size)
            self.body_size += size
        return 0

    cdef int commit(self) except -1:
        """Give the journal the group that gathers, unless two are under way; and let be seen what it has released."""
        cdef uint64_t released
        if self.journal is None:
            self.sink.opened = self.replica.next_seq - 1
            self.sink.cut(self.sink.opened)
            return self.sink.open_gate(self.sink.opened)
        released = self.journal.released()
        if self.body_size != 0 and (released >= self.before_last or self.body_size > self.body_limit - BATCH_ROOM):
            self.hand_over()
            released = self.journal.released()
        if released > self.sink.opened:
            self.sink.open_gate(released)
        return 0

    cdef int hand_over(self) except -1:
        """Give the journal the group that gathers; wait for the disk only where its memory is full."""
        cdef uint64_t next_seq = self.replica.next_seq
        cdef uint32_t count
        if self.journal is None or self.body_size == 0:
            return 0
        count = <uint32_t> (next_seq - self.body_first)
        while not self.journal.put(self.body, self.body_size, self.body_first, count, self.replica.last_ts_ns):
            self.journal.wait(min(self.journal.released() + 1, self.last))
        self.body_size = 0
        self.body_first = next_seq
        self.before_last = self.last
        self.last = next_seq - 1
        return self.sink.cut(next_seq - 1)
