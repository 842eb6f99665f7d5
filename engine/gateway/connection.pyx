"""One TCP connection, an asyncio protocol.

A read is cut into frames where it lies.  A numbered request of the session that is logged on, with the number that is expected, is
decoded into the sequencer's batch; that is the whole hot path, and what `Session.receive` would answer to it is Take.  For everything else
the batch is flushed first, so that order is kept, and then the session is asked.  At the end of the read the batch is flushed: one apply,
and one write to each session that has reports.

Worst case of a read: 256 KiB, some 7,000 of the shortest requests.  A frame that is not complete is held in a buffer of one frame.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from engine.gateway.faults import MalformedError, read_message
from engine.gateway.lane cimport Lane
from engine.gateway.outbound cimport Outbound
from engine.gateway.outbound import write
from engine.gateway.session import Fault
from engine.gateway.throttle cimport FAR_OVER, WITHIN, Throttle
from engine.matching.types cimport CMD_ENTER, CMD_MASS_CANCEL, CMD_REPLACE, FLAG_THROTTLED, Command
from engine.protocol import messages
from engine.protocol.codec cimport DECODE_OK, decode_command
from engine.protocol.framing import frame
from engine.protocol.messages import Challenge, Heartbeat, Logon, LogoutCode, SequenceReset, TestRequest
from engine.sequencer cimport Sequencer

# What tells nothing of the venue's state that its client could not know: it need not wait at the gate.
cdef object AT_ONCE = frozenset((Challenge, Heartbeat, TestRequest, SequenceReset))
cdef Py_ssize_t RESET = Logon.__struct_fields__.index("reset_seq_num") - 3      # among the fields behind the prefix


@cython.final
cdef class Connection:
    """One TCP connection, an asyncio protocol."""

    def __cinit__(self, gateway, session, Sequencer sequencer not None, Outbound outbound not None, nonce, limits, steady_ns):
        self.gateway = gateway
        self.session = session
        self.sequencer = sequencer
        self.outbound = outbound
        self.nonce = nonce
        self.steady_ns = steady_ns
        self.messages = Throttle(limits.messages_per_s)
        self.cancels = Throttle(limits.cancels_per_s)
        self.requests = Throttle(limits.requests_per_s)

    @property
    def lane(self):
        """The lane of the session that is logged on here."""
        return self.lane_

    def connection_made(self, transport):
        self.transport = transport
        self.peer = transport.get_extra_info("peername")
        self.heard_ns = self.steady_ns()
        self.gateway.connected(self, self.heard_ns)

    def connection_lost(self, exc):
        self.gateway.disconnected(self)

    def eof_received(self):
        return False

    def pause_writing(self):
        self.paused_ns = self.steady_ns()
        if self.lane_ is not None:
            self.lane_.block()
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self):
        self.paused_ns = 0
        self.read_on()
        if self.lane_ is not None:
            self.lane_.unblock(self.steady_ns())

    def data_received(self, bytes data not None):
        if self.deaf:
            return
        cdef int64_t now_ns = self.steady_ns()
        try:
            self.receive(data, len(data), now_ns)
            self.sequencer.flush()
            if self.sequencer.crowded:
                self.gateway.crowd()
        except Exception as error:
            self.deafen()
            self.gateway.broken(self, error)

    def attach(self, Lane lane not None):
        """Let the requests of a session that is logged on go straight to the venue, and its reports come here."""
        self.lane_ = lane
        self.expected = lane.next_in
        lane.attach(self.transport, self.heard_ns)
        if self.paused_ns:
            lane.block()

    def detach(self):
        """Let nothing reach the venue any more; the reports that there are now still come here."""
        if self.lane_ is not None:
            self.outbound.cut_lane(self.lane_)
            self.lane_.detach()
            self.lane_ = None

    def deafen(self):
        """Ignore what still comes."""
        self.deaf = True

    def hold(self):
        """Read nothing for now."""
        if not self.held and not self.transport.is_closing():
            self.held = True
            self.transport.pause_reading()

    def go_on(self):
        """Read again."""
        self.held = False
        self.read_on()

    cdef int read_on(self) except -1:
        if not self.held and not self.paused_ns and not self.transport.is_closing():
            self.transport.resume_reading()
        return 0

    def send(self, sends, int64_t utc_ns, int64_t now_ns):
        """Send messages that are not numbered with one write, behind every report that there is now.

        `sends` are all of what waits at the gate or all of what does not.
        """
        numbers = self.session.numbers
        cdef bint at_once = all([message.kind in AT_ONCE or message.kind is Logon and not message.fields[RESET] for message in sends])
        seq = 0 if numbers is None else numbers.next_sent if at_once else numbers.next_out
        frames = b"".join([frame(messages.encode(message.kind(seq, utc_ns, 0, *message.fields))) for message in sends])
        if at_once and self.lane_ is not None:
            self.lane_.send(frames, now_ns)
        elif at_once:
            write(self.transport, frames)
        elif self.lane_ is not None:
            self.outbound.send_to(self.lane_, frames)
        else:
            self.outbound.send(self.transport, frames)

    cdef int receive(self, const unsigned char* at, Py_ssize_t size, int64_t now_ns) except -1:
        cdef const unsigned char* end = at + size
        cdef uint32_t length
        if self.partial_size:
            at += self.complete(at, size, now_ns)
        while end - at >= LENGTH_PREFIX and not self.deaf:
            length = payload_length(at)
            if length - 1 >= MAX_REQUEST:
                return self.malformed(f"a payload has 1 to {MAX_REQUEST} bytes, not {length}", now_ns)
            if end - at < LENGTH_PREFIX + <Py_ssize_t> length:
                break
            self.handle(at + LENGTH_PREFIX, length, now_ns)
            at += LENGTH_PREFIX + length
        if at < end and not self.deaf:
            self.partial_size = end - at
            memcpy(self.partial, at, self.partial_size)
        return 0

    cdef Py_ssize_t complete(self, const unsigned char* at, Py_ssize_t size, int64_t now_ns) except -1:
        """Add to the frame that is not complete, handle it when it is, and return how many bytes that took."""
        cdef Py_ssize_t used = 0
        cdef Py_ssize_t missing
        cdef uint32_t length
        if self.partial_size < LENGTH_PREFIX:
            used = min(<Py_ssize_t> LENGTH_PREFIX - self.partial_size, size)
            memcpy(self.partial + self.partial_size, at, used)
            self.partial_size += used
            if self.partial_size < LENGTH_PREFIX:
                return used
        length = payload_length(self.partial)
        if length - 1 >= MAX_REQUEST:
            self.malformed(f"a payload has 1 to {MAX_REQUEST} bytes, not {length}", now_ns)
            return size
        missing = <Py_ssize_t> LENGTH_PREFIX + length - self.partial_size
        if missing > size - used:
            missing = size - used
        memcpy(self.partial + self.partial_size, at + used, missing)
        self.partial_size += missing
        if self.partial_size == LENGTH_PREFIX + length:
            self.partial_size = 0
            self.handle(self.partial + LENGTH_PREFIX, length, now_ns)
        return used + missing

    cdef int handle(self, const unsigned char* payload, uint32_t length, int64_t now_ns) except -1:
        cdef uint8_t flags = 0
        cdef int over
        cdef Command* command = self.sequencer.place()
        if self.lane_ is None or decode_command(payload, length, command, &flags) != DECODE_OK:
            return self.consult(payload, length, now_ns, self.requests.take(now_ns))
        over = self.over(command, now_ns)
        if over == FAR_OVER or command.in_seq != self.expected:
            return self.consult(payload, length, now_ns, over)
        self.heard_ns = now_ns
        return self.take(command, over)

    cdef bint take(self, Command* command, int over) except -1:
        """Let the venue have a request; a foreign account is none, and the venue says so."""
        command.session = self.lane_.number
        if over != WITHIN:
            command.flags |= FLAG_THROTTLED
        if command.kind == CMD_ENTER and not self.lane_.owns(command.account):
            command.account = 0
        self.sequencer.take()
        self.expected += 1
        return False

    cdef int over(self, const Command* command, int64_t now_ns) noexcept:
        if command.kind == CMD_ENTER or command.kind == CMD_REPLACE:
            return self.messages.take(now_ns)
        if command.kind == CMD_MASS_CANCEL:     # looks at every slot, as dear as a question
            return self.requests.take(now_ns)
        return self.cancels.take(now_ns)

    cdef int consult(self, const unsigned char* payload, uint32_t length, int64_t now_ns, int over) except -1:
        """Ask the session what to do about a message, after what was taken before it."""
        self.sequencer.flush()
        if over == FAR_OVER:
            self.deaf = True
            self.gateway.perform(self, self.session.end(LogoutCode.THROTTLE, "far too many messages", now_ns))
            return 0
        try:
            message = read_message(payload[:length])
        except MalformedError as error:
            return self.malformed(str(error), now_ns)
        self.heard_ns = now_ns
        if isinstance(message, Fault):
            effects = self.session.fault(message, now_ns)
        else:
            effects = self.session.receive(message, now_ns, over=over != WITHIN)
        self.gateway.perform(self, effects)
        if self.lane_ is not None:
            self.expected = self.lane_.next_in
        return 0

    cdef int malformed(self, str text, int64_t now_ns) except -1:
        self.sequencer.flush()
        self.deaf = True
        self.gateway.perform(self, self.session.malformed(text, now_ns))
        return 0


cdef inline uint32_t payload_length(const unsigned char* at) noexcept nogil:
    return at[0] | at[1] << 8 | at[2] << 16 | <uint32_t> at[3] << 24
