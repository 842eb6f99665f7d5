"""The outbound side of one session.

A lane outlives connections.  It numbers the session's reports and collects their frames until they are cut into a chunk that waits at the
gate; when that may be seen, it is written with one call, and the very bytes are kept for a client that asks for them again:

    journal | 1 ......... 260 |               made again by an errand of the backlog, as far as nothing newer is kept
    kept          | 200..203 | 204 | 205..460 | 461 | ...   chunks; the oldest go when they hold more than kept_bytes_max together
    replay   ^ replay_next                    slices of 256 reports, one a turn of the loop; whatever comes meanwhile waits behind them

Reports that come through the gate during a replay are not queued anywhere: the replay reaches them in `kept`, or in the journal where they
are gone from there by then.  So the memory of a lane is bounded by kept_bytes_max, and by unsent_bytes_max for a client that does not read,
who is cut when it is reached.  What neither has is skipped, and the client is told so with a SequenceReset.
"""

from bisect import bisect_right

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc

from engine.matching.types cimport Event
from engine.protocol import messages
from engine.protocol.codec cimport MAX_REPORT, encode_report, mark_poss_dup, peek
from engine.protocol.framing import frame
from engine.protocol.messages import Heartbeat, SequenceReset
from engine.venue.state cimport Detail
from engine.venue.venue cimport Venue

cdef enum:
    SLICE = 256                 # reports sent again in one turn of the loop
    ROOM = 64 * 1024            # bytes for due frames that a lane holds on to
    CHUNK_OVERHEAD = 160        # of a kept chunk, beside its frames


@cython.final
cdef class Lane:
    """The outbound side of the session `number` of a venue: its reports' numbers, those kept for resend, and the way to its client.

    `accounts` are those it trades for; `call_soon` schedules a call for the next turn of the loop; `backlog` makes reports again that are
    not kept, None where nothing can.
    """

    def __cinit__(
        self, Venue venue not None, uint32_t number, accounts, *, call_soon=None, backlog=None,
        Py_ssize_t kept_bytes_max=1 << 24, Py_ssize_t unsent_bytes_max=1 << 23
    ):
        self.venue = venue
        self.number = number
        self.next_out = venue.next_out(number)
        self.next_sent = self.next_out
        self.life = venue.lives(number)
        self.call_soon = call_soon
        self.backlog = backlog
        self.rest = b""
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
        """Number of the oldest report that is kept in memory; `next_sent` when none is."""
        return self.kept[self.kept_from][0] if self.kept_from < len(self.kept) else self.next_sent

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
        self.held_bytes = 0
        self.dismiss()

    def send(self, bytes frames not None, int64_t now_ns):
        """Write something that is no report, behind every report that may be seen."""
        if self.replay_next:
            self.hold(frames)
        else:
            self.write(frames, now_ns)

    def replay(self, uint64_t begin, uint64_t end, int64_t now_ns):
        """Send the reports `begin` to `end` again, marked as possible duplicates, and then what came meanwhile."""
        self.replay_next = begin
        self.replay_end = end
        self.fresh = self.next_sent
        self.step(self.transport, now_ns)

    def block(self):
        """Note that the connection takes no more for now."""
        self.blocked = True

    def unblock(self, int64_t now_ns):
        """Note that the connection takes more again."""
        self.blocked = False
        if self.replay_next and not self.stepping:
            self.step(self.transport, now_ns)

    def keep_alive(self, int64_t utc_ns, int64_t now_ns, int64_t silence_ns):
        """Tell a client that has waited so long for the journal which report comes next, as a sign that it does."""
        if self.errand is not None and now_ns - self.spoke_ns >= silence_ns:
            self.write(frame(messages.encode(Heartbeat(self.replay_next, utc_ns, 0, ""))), now_ns)

    def wake(self, errand, int64_t now_ns):
        """Go on with a replay for which there is more of an errand, or a fault."""
        if errand is self.errand and not self.stepping:
            self.step(self.transport, now_ns)

    def step(self, transport, int64_t now_ns):
        """Send the next slice of the replay, and what has waited to stand behind the last report of it."""
        self.stepping = False
        if transport is not self.transport or transport is None or self.replay_next == 0 or self.blocked:
            return
        if self.replay_next < self.oldest:
            if not self.step_older(now_ns):
                return
        elif self.replay_next < self.next_sent:
            self.dismiss()
            self.write(self.slice(), now_ns)
        self.write_held(now_ns)
        if self.replay_next < self.next_sent:
            self.stepping = True
            self.call_soon(self.step, transport, now_ns)
            return
        self.dismiss()
        self.replay_next = 0

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

    cdef object take_due(self):
        """Cut the reports that are due into a chunk, for the client that is there now; None where there are none.

        A client that is still behind gets none of it unless it stays to have the others first.
        """
        cdef tuple chunk
        if self.due_count == 0:
            return None
        frames = PyBytes_FromStringAndSize(<char*> self.due, self.due_size)
        chunk = (self.next_out - self.due_count, self.due_count, frames, self.life, None if self.replay_next else self.transport)
        self.due_size = 0
        self.due_count = 0
        if self.due_room > ROOM:
            free(self.due)
            self.due = <unsigned char*> malloc(ROOM)
            self.due_room = ROOM if self.due != NULL else 0
        return chunk

    cdef int deliver(self, tuple chunk, int64_t now_ns) except -1:
        """Keep the reports of a chunk and write them to whoever is logged on, or was when they came about.

        Those from before the numbers began at 1 again are nobody's any more.
        """
        _, _, frames, life, transport = chunk
        if life != self.life:
            return 0
        self.keep(chunk)
        if self.replay_next == 0 and self.transport is not None:
            self.write(frames, now_ns)
        elif self.transport is None and transport is not None and not transport.is_closing():
            transport.write(frames)
        return 0

    cdef int restart(self) except -1:
        """Number from 1 again, and forget what was sent."""
        self.due_size = 0
        self.due_count = 0
        self.next_out = 1
        self.next_sent = 1
        self.life += 1
        self.kept = []
        self.kept_from = 0
        self.kept_bytes = 0
        self.replay_next = 0
        self.dismiss()
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

    cdef int hold(self, bytes frames) except -1:
        """Let frames wait behind the replay; a client that makes them wait for too long is cut."""
        self.held.append((self.next_sent, frames))
        self.held_bytes += PyBytes_GET_SIZE(frames)
        if self.held_bytes > self.unsent_bytes_max and self.transport is not None:
            self.overflowed = True
            self.transport.abort()
        return 0

    cdef int keep(self, tuple chunk) except -1:
        first, count, frames = chunk[:3]
        self.kept.append((first, count, frames))
        self.next_sent = first + count
        self.kept_bytes += PyBytes_GET_SIZE(frames) + CHUNK_OVERHEAD
        while self.kept_bytes > self.kept_bytes_max:
            self.kept_bytes -= PyBytes_GET_SIZE(self.kept[self.kept_from][2]) + CHUNK_OVERHEAD
            self.kept[self.kept_from] = None
            self.kept_from += 1
        if self.kept_from > 4096 and 2 * self.kept_from > len(self.kept):
            del self.kept[:self.kept_from]
            self.kept_from = 0
        return 0

    cdef bint step_older(self, int64_t now_ns) except -1:
        """Send a slice of what is not kept any more, or skip what is gone; return whether to go on, or else `wake` will be called."""
        cdef bint again = self.replay_next <= self.replay_end
        cdef uint64_t last = self.replay_end if again else self.next_sent - 1
        cdef uint64_t stop
        cdef int count
        brought = b""
        if self.backlog is None:
            return self.skip_gone(last, now_ns)
        if self.errand is None:
            self.errand_end = last
            self.errand = self.backlog.ask(self.number, self.life, self.replay_next, last, self.wake)
        errand = self.errand
        stop = self.before_held(self.errand_end + 1)
        count = frames_in(self.rest, self.replay_next, stop)
        if count == 0:
            brought = errand.take()
            self.rest += brought
            if errand.first > self.replay_next:
                return self.skip(min(<uint64_t> errand.first, <uint64_t> self.oldest, last + 1), now_ns)
            count = frames_in(self.rest, self.replay_next, stop)
        if count < 0:
            errand.fail(f"the process that reads the journal made another report than {self.replay_next}")
        if count > 0:
            frames = part(self.rest, 0, count, again)
            self.rest = self.rest[len(frames):]
            self.write(frames, now_ns)
            self.pass_by(self.replay_next + count)
            return True
        if errand.fault is None:
            return len(brought) > 0     # a frame in part: the rest may be there already
        self.dismiss()
        return self.skip_gone(last, now_ns)

    cdef bint skip_gone(self, uint64_t last, int64_t now_ns) except -1:
        """Skip what is in memory no more: up to the last that was asked for, or all of it where nothing lies in between."""
        return self.skip(self.oldest if last + 1 >= self.fresh else min(<uint64_t> self.oldest, last + 1), now_ns)

    cdef bint skip(self, uint64_t number, int64_t now_ns) except -1:
        """Tell the client that the reports before a number are gone, and go on there."""
        self.write(frame(messages.encode(SequenceReset(self.next_sent, 0, 0, number, True))), now_ns)
        self.pass_by(number)
        return True

    cdef int pass_by(self, uint64_t number) except -1:
        """Let the replay stand at a number; behind its end at the first report that is new since it began."""
        cdef bint again = self.replay_next <= self.replay_end
        self.replay_next = number
        if self.errand is not None and number > self.errand_end:
            self.dismiss()
        if again and number > self.replay_end:
            self.replay_next = max(number, self.fresh)
        return 0

    cdef uint64_t before_held(self, uint64_t stop) except 0:
        """Return where a slice that may go up to a number ends, so that what waits stands behind no report that is newer than it."""
        return min(stop, <uint64_t> self.held[0][0]) if self.held else stop

    cdef int write_held(self, int64_t now_ns) except -1:
        """Write what waited for no more reports than were sent."""
        cdef Py_ssize_t count = 0
        while count < len(self.held) and self.held[count][0] <= self.replay_next:
            count += 1
        if count:
            frames = b"".join([frames for _, frames in self.held[:count]])
            self.held_bytes -= PyBytes_GET_SIZE(frames)
            self.write(frames, now_ns)
            del self.held[:count]
        return 0

    cdef int dismiss(self) except -1:
        """Need no more of an errand."""
        errand = self.errand
        self.errand = None
        self.rest = b""
        if errand is not None:
            errand.stop()
        return 0

    cdef bytes slice(self):
        """Return the next reports of the replay from memory and step behind them."""
        cdef bint again = self.replay_next <= self.replay_end
        cdef uint64_t number = self.replay_next
        cdef uint64_t stop = self.before_held(min(number + SLICE, self.replay_end + 1 if again else self.next_sent))
        cdef Py_ssize_t i = bisect_right(self.kept, (number + 1,), self.kept_from) - 1
        cdef uint32_t skipped
        cdef uint32_t taken
        parts = []
        while number < stop:
            first, count, frames = self.kept[i]
            skipped = number - first
            taken = min(stop - number, count - skipped)
            parts.append(part(frames, skipped, taken, again))
            number += taken
            i += 1
        self.pass_by(number)
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


cdef int frames_in(bytes data, uint64_t number, uint64_t stop) noexcept:
    """Return how many whole frames, one slice of them at most, begin the data with the reports from a number on, before `stop`.

    -1 where the first frame is another.
    """
    cdef const unsigned char* at = <const unsigned char*> PyBytes_AS_STRING(data)
    cdef const unsigned char* end = at + PyBytes_GET_SIZE(data)
    cdef uint64_t kind
    cdef uint64_t seq
    cdef uint32_t length
    cdef int count = 0
    while count < SLICE and end - at >= 4:
        length = at[0] | at[1] << 8 | at[2] << 16
        if end - at < 4 + <Py_ssize_t> length:
            break
        if number == stop:
            break
        if peek(at + 4, length, &kind, &seq) != 2 or seq != number:
            return count or -1
        at += 4 + length
        number += 1
        count += 1
    return count
