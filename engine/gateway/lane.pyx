"""The outbound side of one session.

A lane outlives connections.  It numbers the session's reports, collects their frames while a batch is released, writes them with one call
and keeps the very bytes that were written, in the chunks in which they were written, for a client that asks for them again:

    kept   | 1..3 | 4 | 5..260 | 261 | ...   chunks, oldest first; the oldest go when they hold more than kept_bytes_max together
    replay        ^ replay_next              slices of 256 reports, one a turn of the loop; whatever comes meanwhile waits behind them

Reports that are released during a replay are not queued anywhere: the replay reaches them in `kept`.  So the memory of a lane is bounded by
kept_bytes_max, and by unsent_bytes_max for a client that does not read, who is cut when it is reached.
"""

from bisect import bisect_right

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc

from engine.matching.types cimport Event
from engine.protocol import messages
from engine.protocol.codec cimport MAX_REPORT, encode_report, mark_poss_dup
from engine.protocol.framing import frame
from engine.protocol.messages import SequenceReset
from engine.venue.state cimport Detail
from engine.venue.venue cimport Venue

cdef enum:
    SLICE = 256                 # reports sent again in one turn of the loop
    ROOM = 64 * 1024            # bytes for due frames that a lane holds on to
    CHUNK_OVERHEAD = 160        # of a kept chunk, beside its frames


@cython.final
cdef class Lane:
    """The outbound side of the session `number` of a venue: its reports' numbers, those kept for resend, and the way to its client.

    `accounts` are those it trades for; `call_soon` schedules a call for the next turn of the loop.
    """

    def __cinit__(
        self, Venue venue not None, uint32_t number, accounts, *, call_soon=None,
        Py_ssize_t kept_bytes_max=1 << 24, Py_ssize_t unsent_bytes_max=1 << 23
    ):
        self.venue = venue
        self.number = number
        self.next_out = venue.next_out(number)
        self.call_soon = call_soon
        self.kept = []
        self.kept_bytes_max = kept_bytes_max
        self.unsent_bytes_max = unsent_bytes_max
        self.held = []
        self.due = <unsigned char*> malloc(ROOM)
        self.due_room = ROOM
        if self.due == NULL:
            raise MemoryError(f"no memory for session {number}")
        self.set_accounts(accounts)

    def __dealloc__(self):
        free(self.due)
        free(self.accounts)

    @property
    def next_in(self):
        """Number that the client's next numbered message must have."""
        return self.venue.sessions[self.number].next_in

    @property
    def oldest(self):
        """Number of the oldest report that is still kept; `next_out` when none is."""
        return self.kept[self.kept_from][0] if self.kept_from < len(self.kept) else self.next_out

    @property
    def replaying(self):
        """Whether reports are being sent again."""
        return self.replay_next != 0

    def owns_account(self, uint32_t account):
        """Whether the session may trade for this account."""
        return self.owns(account)

    def set_accounts(self, accounts):
        """Let the session trade for these accounts from here on."""
        numbers = sorted(accounts)
        cdef uint32_t* fresh = <uint32_t*> malloc(max(len(numbers), 1) * sizeof(uint32_t))
        cdef uint32_t i
        if fresh == NULL:
            raise MemoryError(f"no memory for the accounts of session {self.number}")
        for i in range(<uint32_t> len(numbers)):
            fresh[i] = numbers[i]
        free(self.accounts)
        self.accounts = fresh
        self.account_count = len(numbers)

    def attach(self, transport, int64_t now_ns):
        """Write to this connection from here on."""
        self.transport = transport
        self.blocked = False
        self.overflowed = False
        self.spoke_ns = now_ns

    def detach(self):
        """Write to nobody from here on; reports are still kept."""
        self.transport = None
        self.replay_next = 0
        self.held = []

    def send(self, bytes frames not None, int64_t now_ns):
        """Write something that is no report, behind every report that is released."""
        if self.replay_next:
            self.held.append(frames)
        else:
            self.write(frames, now_ns)

    def replay(self, uint64_t begin, uint64_t end, int64_t now_ns):
        """Send the reports `begin` to `end` again, marked as possible duplicates, and then what came meanwhile."""
        self.replay_next = begin
        self.replay_end = end
        self.fresh = self.next_out
        self.step(self.transport, now_ns)

    def block(self):
        """Note that the connection takes no more for now."""
        self.blocked = True

    def unblock(self, int64_t now_ns):
        """Note that the connection takes more again."""
        self.blocked = False
        if self.replay_next and not self.stepping:
            self.step(self.transport, now_ns)

    def step(self, transport, int64_t now_ns):
        """Send the next slice of the replay, and what waited for it behind the last."""
        self.stepping = False
        if transport is not self.transport or transport is None or self.replay_next == 0 or self.blocked:
            return
        oldest = self.oldest
        if self.replay_next < oldest:
            self.write(frame(messages.encode(SequenceReset(self.next_out, 0, 0, oldest, True))), now_ns)
            self.replay_next = oldest
        if self.replay_next < self.next_out:
            self.write(self.slice(), now_ns)
        if self.replay_next < self.next_out:
            self.stepping = True
            self.call_soon(self.step, transport, now_ns)
            return
        self.replay_next = 0
        held = self.held
        self.held = []
        if held:
            self.write(b"".join(held), now_ns)

    cdef int add(self, const Event* event, const Detail* detail, int64_t ts_ns) except -1:
        """Number a report and write its frame behind those that are due."""
        cdef unsigned char* grown
        if self.due_room - self.due_size < MAX_REPORT:
            grown = <unsigned char*> realloc(self.due, 2 * self.due_room)
            if grown == NULL:
                raise MemoryError(f"no memory for the reports of session {self.number}")
            self.due = grown
            self.due_room *= 2
        self.due_size += encode_report(event, detail, self.next_out, ts_ns, 0, self.due + self.due_size)
        self.due_count += 1
        self.next_out += 1
        return 0

    cdef int release(self, int64_t now_ns) except -1:
        """Keep the reports that are due, and write them with one call to whoever is logged on."""
        cdef bytes frames
        self.dirty = False
        if self.due_count == 0:
            return 0
        frames = PyBytes_FromStringAndSize(<char*> self.due, self.due_size)
        self.keep(frames)
        self.due_size = 0
        self.due_count = 0
        if self.due_room > ROOM:
            free(self.due)
            self.due = <unsigned char*> malloc(ROOM)
            self.due_room = ROOM if self.due != NULL else 0
        if self.replay_next == 0:
            self.write(frames, now_ns)
        return 0

    cdef int restart(self) except -1:
        """Number from 1 again, and forget what was sent."""
        self.due_size = 0
        self.due_count = 0
        self.next_out = 1
        self.kept = []
        self.kept_from = 0
        self.kept_bytes = 0
        self.replay_next = 0
        return 0

    cdef bint owns(self, uint32_t account) noexcept nogil:
        cdef uint32_t low = 0
        cdef uint32_t high = self.account_count
        cdef uint32_t middle
        while low < high:
            middle = (low + high) // 2
            if self.accounts[middle] < account:
                low = middle + 1
            else:
                high = middle
        return low < self.account_count and self.accounts[low] == account

    cdef int write(self, bytes frames, int64_t now_ns) except -1:
        transport = self.transport
        if transport is None or transport.is_closing():
            return 0
        transport.write(frames)
        self.spoke_ns = now_ns
        if self.blocked and transport.get_write_buffer_size() > self.unsent_bytes_max:
            self.overflowed = True
            transport.abort()
        return 0

    cdef int keep(self, bytes frames) except -1:
        self.kept.append((self.next_out - self.due_count, self.due_count, frames))
        self.kept_bytes += PyBytes_GET_SIZE(frames) + CHUNK_OVERHEAD
        while self.kept_bytes > self.kept_bytes_max:
            self.kept_bytes -= PyBytes_GET_SIZE(self.kept[self.kept_from][2]) + CHUNK_OVERHEAD
            self.kept[self.kept_from] = None
            self.kept_from += 1
        if self.kept_from > 4096 and 2 * self.kept_from > len(self.kept):
            del self.kept[:self.kept_from]
            self.kept_from = 0
        return 0

    cdef bytes slice(self):
        """Return the next reports of the replay and step behind them."""
        cdef bint again = self.replay_next <= self.replay_end
        cdef uint64_t stop = min(self.replay_next + SLICE, self.replay_end + 1 if again else self.next_out)
        cdef Py_ssize_t i = bisect_right(self.kept, (self.replay_next + 1,), self.kept_from) - 1
        cdef uint32_t skipped
        cdef uint32_t taken
        parts = []
        while self.replay_next < stop:
            first, count, frames = self.kept[i]
            skipped = self.replay_next - first
            taken = min(stop - self.replay_next, count - skipped)
            parts.append(part(frames, skipped, taken, again))
            self.replay_next += taken
            i += 1
        if again and self.replay_next > self.replay_end:
            self.replay_next = max(self.replay_next, self.fresh)
        return b"".join(parts)


cdef bytes part(bytes frames, uint32_t skipped, uint32_t taken, bint again):
    """Return `taken` frames behind the first `skipped`, marked as possible duplicates if they are sent again."""
    cdef unsigned char* start = behind(<unsigned char*> PyBytes_AS_STRING(frames), skipped)
    cdef bytes copy = PyBytes_FromStringAndSize(<char*> start, behind(start, taken) - start)
    cdef unsigned char* at = <unsigned char*> PyBytes_AS_STRING(copy)
    while again and taken:
        mark_poss_dup(at)
        at = behind(at, 1)
        taken -= 1
    return copy


cdef inline unsigned char* behind(unsigned char* at, uint32_t frames) noexcept nogil:
    """Return the place behind so many frames."""
    while frames:
        at += 4 + (at[0] | at[1] << 8 | at[2] << 16)
        frames -= 1
    return at
