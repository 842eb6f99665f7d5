"""A venue that follows its log.

    body of a group   | Command | Command | Command of an act, payload, zeros to 4 bytes | Command | ...

Commands are packed as `engine/packing.pxd` says.  The same commands in the same order leave the same venue and say the same, so whoever has
the log has the venue: the sequencer, which leads it, a venue that starts again, a verifier, a reader who needs old reports.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

import msgspec

from engine.matching.types cimport *
from engine.packing cimport unpack_command

cdef object ENCODE = msgspec.msgpack.Encoder().encode


class LogFault(ValueError):
    """A group holds what can be no record; names the sequence."""


class Diverged(Exception):
    """The log says that the venue had another history than this replica has: one of them is not what it should be."""

    def __init__(self, seq, expected, found):
        super().__init__(f"before sequence {seq} the history was {expected:016x} when it was written and is {found:016x} now")
        self.seq = seq
        self.expected = expected
        self.found = found


cdef class ReportSink:
    """Where reports go; compiled code overrides all three."""

    cdef int report(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                    const Detail* details) except -1:
        """Take the events of `count` commands, and a detail beside each: those of command i end before `ends[i]`.

        The pointers are valid during the call.
        """
        return 0

    cdef int cut(self, uint64_t seq) except -1:
        """Note that what was taken and not cut yet may be seen with sequence `seq`."""
        return 0

    cdef int open_gate(self, uint64_t seq) except -1:
        """Let be seen what was caused by the commands up to `seq`."""
        self.opened = seq
        return 0


cdef class Replica:
    """A venue and its office, carried along by groups of the log."""

    def __cinit__(self, Venue venue not None, ReportSink sink=None, office=None):
        self.venue = venue
        self.office = office
        self.sink = sink if sink is not None else ReportSink()
        self.next_seq = 1
        self.faults = []

    def replay(self, group not None):
        """Carry out the commands of a group that follows, and let their reports be seen.

        LogFault for a group that cannot follow or holds what is no record, Diverged where a mark tells another history.
        """
        cdef const uint8_t[::1] body = group.body
        cdef Command* command
        cdef size_t size
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t end = body.shape[0]
        cdef Py_ssize_t payload
        cdef uint32_t run = 0
        if group.first_seq != self.next_seq:
            raise LogFault(f"sequence {group.first_seq} does not follow {self.next_seq - 1}")
        while at < end:
            command = &self.batch[run]
            size = unpack_command(&body[at], end - at, command)
            if size == 0 or command.session > self.venue.session_count or (command.session == 0 and command.in_seq != 0):
                raise LogFault(f"sequence {self.next_seq + run}: there is no record")
            at += size
            if command.kind >= CMD_ENTER or command.kind == CMD_END_OF_DAY or command.kind == CMD_SKIP or command.kind == CMD_SESSION_RESET:
                run += 1
                if run == BATCH:
                    self.carry_out(self.batch, run)
                    run = 0
                continue
            if run:
                self.carry_out(self.batch, run)
                run = 0
            payload = 0
            if command.kind == CMD_ACT or command.kind == CMD_BIRTH:
                payload = command.qty
                if not 0 <= payload <= end - at:
                    raise LogFault(f"sequence {self.next_seq}: a payload of {payload} bytes is not there")
            self.follow(command, bytes(body[at:at + payload]))
            at += payload + 3 & ~3
        if run:
            self.carry_out(self.batch, run)
        if self.next_seq != group.first_seq + group.count:
            raise LogFault(f"sequence {group.first_seq}: a group of {group.count} holds {self.next_seq - group.first_seq} records")
        self.sink.cut(self.next_seq - 1)
        self.sink.open_gate(self.next_seq - 1)

    def restore_place(self, uint64_t next_seq, int64_t last_ts_ns):
        """Go on behind a snapshot."""
        self.next_seq = next_seq
        self.last_ts_ns = last_ts_ns
        self.marked_seq = next_seq - 1
        self.sink.reached = self.sink.opened = next_seq - 1

    cdef int carry_out(self, const Command* commands, uint32_t count) except -1:
        """Carry out at most BATCH commands that need no Python, and report what they caused."""
        cdef uint32_t done = 0
        cdef uint32_t end
        self.next_seq += count
        self.last_ts_ns = commands[count - 1].ts_ns
        self.sink.reached = self.next_seq - 1
        while done < count:
            with nogil:
                end = self.apply_from(commands, done, count)
            if unlikely(self.venue.core.struck != 0):
                self.answer_strikes(commands[end - 1].ts_ns, end - 1)
            self.sink.report(&commands[done], &self.ends[done], end - done, self.venue.events(), self.venue.event_details())
            done = end
        return 0

    cdef object carry_out_alone(self, const Command* command, bytes payload):
        """Carry out a command that the office has a part in, and return the outcome of an act."""
        outcome = None
        self.next_seq += 1
        self.last_ts_ns = command.ts_ns
        self.sink.reached = self.next_seq - 1
        self.venue.begin(command.ts_ns)
        if command.kind == CMD_MARK:
            self.marked_seq = self.next_seq - 1
        try:
            self.venue.carry_out(command, 0)
            if self.office is not None and command.kind == CMD_ACT:
                outcome = self.office.apply(payload, command.ts_ns)
                self.venue.remember(ENCODE(outcome))
            elif self.office is not None and command.kind == CMD_TIME:
                self.office.pass_time(command.ts_ns)
        finally:
            self.ends[0] = self.venue.end_act()
            self.sink.report(command, self.ends, 1, self.venue.events(), self.venue.event_details())
        return outcome

    cdef int follow(self, const Command* command, bytes payload) except -1:
        """Carry out a command of the log that stands alone; what the office could not do then, it cannot do now."""
        if command.kind == CMD_MARK:
            self.compare(command)
        try:
            self.carry_out_alone(command, payload)
        except Exception as error:
            self.faults.append((self.next_seq - 1, f"{type(error).__name__}: {error}"))
        if self.followed is not None and (command.kind == CMD_ACT or command.kind == CMD_TIME):
            self.followed()
        return 0

    cdef uint32_t apply_from(self, const Command* commands, uint32_t done, uint32_t count) noexcept nogil:
        """Apply commands while their events fit, and return the index of the first that was not."""
        self.venue.begin(commands[done].ts_ns)
        while done < count and self.venue.has_room():
            self.venue.apply(&commands[done])
            self.ends[done] = self.venue.event_count()
            done += 1
            if unlikely(self.venue.core.struck != 0):
                break
        return done

    cdef int answer_strikes(self, int64_t ts_ns, uint32_t last) except -1:
        """Let the office answer, within the command, a book that stopped matching by itself; without one the book just collects."""
        cdef uint32_t since = self.venue.event_count()
        self.venue.now_ns = ts_ns
        if self.office is not None:
            self.office.answer_strikes(ts_ns)
        while self.venue.take_strike() is not None:
            pass
        self.venue.number(since)
        self.ends[last] = self.venue.event_count()
        return 0

    cdef int compare(self, const Command* mark) except -1:
        if mark.order_id != self.venue.history:
            raise Diverged(self.next_seq, mark.order_id, self.venue.history)
        return 0
