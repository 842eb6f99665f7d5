"""The venue: books, money, gates and sessions, changed by commands alone.

A session's numbers are part of the state: which request it must send next, which report it gets next, the last id that its client used.
So the log alone tells, after a crash, what was taken from each client and what he was told.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from engine.matching.book cimport OrderBook
from engine.matching.check cimport violation
from engine.matching.core cimport core_has_room
from engine.matching.types cimport *
from engine.venue.audit cimport money_problem
from engine.venue.history cimport history_of_bytes, history_of_event
from engine.venue.image cimport restore_state, state_image
from engine.venue.requests cimport refuse_request, request
from engine.venue.state cimport state_free, state_init

from engine.venue.records import Detail as DetailTuple


@cython.final
cdef class Venue(Face):
    """The venue's state.  The limits are fixed here and everything is empty: `Office` fills it.

    `instruments`, `accounts`, `parties`, `assets` and `balances` say how many there can be, `profiles` how many kinds of access, `trades`
    how many of the last executions are kept for a bust; the others are those of `OrderBook`.
    """

    def __cinit__(self, *, uint32_t sessions=1_024, uint32_t instruments=1_024, uint32_t accounts=65_536, uint32_t parties=65_536,
                  uint32_t assets=2_048, uint32_t balances=262_144, uint32_t profiles=1_024, uint64_t trades=65_536, **limits):
        cdef uint32_t session
        named = {"sessions": sessions, "parties": parties, "assets": assets, "balances": balances, "profiles": profiles, "trades": trades}
        for name, value in named.items():
            if value < 1:
                raise ValueError(f"{name} {value} must be at least 1")
        self.book = OrderBook((), accounts=accounts, listings=instruments, **limits)
        self.core = &self.book.core
        self.session_count = sessions
        self.sessions = <SessionState*> calloc(<size_t> sessions + 1, sizeof(SessionState))
        if self.sessions == NULL or not state_init(&self.state, self.core, parties, assets, balances, profiles, trades):
            raise MemoryError("no memory for the venue's limits")
        for session in range(sessions + 1):
            self.sessions[session].next_in = 1
            self.sessions[session].next_out = 1

    def __dealloc__(self):
        state_free(&self.state)
        free(self.sessions)

    @property
    def day_began_ns(self):
        """When the last day ended, or the venue was born; 0 before."""
        return self.state.day_began_ns

    def next_in(self, uint32_t session):
        """Number that the session's next request must have."""
        return self.sessions[known(self, session)].next_in

    def next_out(self, uint32_t session):
        """Number that the session's next report will have."""
        return self.sessions[known(self, session)].next_out

    def last_cl_ord_id(self, uint32_t session):
        return self.sessions[known(self, session)].last_cl_ord_id

    def lives(self, uint32_t session):
        """How often the session's numbers began at 1 again."""
        return self.sessions[known(self, session)].lives

    def ends_with_connection(self):
        """Numbers of the sessions that are logged on and whose orders end with their connection."""
        cdef uint32_t session
        return [session for session in range(1, self.session_count + 1) if self.sessions[session].cancels]

    def apply_packed(self, commands, Py_ssize_t start=0):
        """Apply packed commands, with the times that they carry, from index `start` on; return the index of the first that was not.

        As `OrderBook.apply`: stops when the event buffer might not hold the next one's events; `book.reports` and `details` have the
        results.  For replicas, tests and benchmarks: a venue that serves clients gets its commands from the sequencer.
        """
        cdef const unsigned char[::1] packed = commands
        cdef Py_ssize_t count = packed.shape[0] // <Py_ssize_t> sizeof(Command)
        cdef Py_ssize_t i = start
        cdef const Command* first
        if packed.shape[0] % <Py_ssize_t> sizeof(Command) or not 0 <= start <= count:
            raise ValueError(f"{packed.shape[0]} bytes from command {start} are not a whole number of {sizeof(Command)}-byte commands")
        if count == start:
            return i
        first = <const Command*> &packed[0]
        with nogil:
            self.begin(0)
            while i < count and self.has_room() and first[i].session <= self.session_count:
                self.apply(&first[i])
                i += 1
        if i < count and first[i].session > self.session_count:
            raise ValueError(f"session {first[i].session} is not between 0 and {self.session_count}; what was before it is done")
        return i

    @property
    def packed_details(self):
        """The details of the events since the last `begin`, packed (`DETAIL_FORMAT` of engine.venue.records), beside `book.reports`."""
        return PyBytes_FromStringAndSize(<const char*> self.state.details, self.core.event_count * sizeof(Detail))

    def details(self):
        """The details of the last events, one for each of `book.events()`."""
        cdef uint32_t i
        found = []
        for i in range(self.core.event_count):
            detail = &self.state.details[i]
            found.append(DetailTuple(
                detail.fee, detail.bound, detail.reference, detail.quality, detail.settlement, detail.fallback))
        return found

    def begin_act(self, int64_t ts_ns):
        """Begin a command of the office: forget the events before, and take its time."""
        self.begin(ts_ns)

    def resume_act(self, int64_t ts_ns):
        """Go on with the command that was just applied as with one of the office's: its events stay, and are numbered."""
        self.now_ns = ts_ns
        self.since = self.core.event_count

    def end_act(self):
        """Number the reports that the office's command caused, and return how many events there are."""
        self.number(self.since)
        return self.core.event_count

    def remember(self, bytes said not None):
        """Fold what an act answered into the history."""
        cdef const unsigned char[::1] view = said
        self.history = history_of_bytes(self.history, &view[0] if len(said) else NULL, len(said))

    def image(self):
        """The whole state as bytes, by section: equal states give equal bytes.  Not while a command or an act is under way."""
        return state_image(self.book, &self.state, self.sessions, self.session_count, self.history)

    def restore(self, dict sections not None):
        """Become what an image of a venue of the same limits says; this one must be empty.

        Raises ImageFault, a ValueError that names the section and the rule, for an image that no such venue can have made: the venue
        must then be thrown away.
        """
        restore_state(self.book, &self.state, self.sessions, self.session_count, &self.history, sections)

    def check(self):
        """Walk the whole state and raise AssertionError naming the first invariant that does not hold."""
        problem = violation(self.core) or money_problem(&self.state)
        assert problem is None, problem

    cdef void apply(self, const Command* command) noexcept nogil:
        """Carry out one command of a known session; `has_room` must have said that its events fit."""
        cdef uint32_t since = self.core.event_count
        self.carry_out(command, since)
        self.number(since)

    cdef void carry_out(self, const Command* command, uint32_t before) noexcept nogil:
        cdef SessionState* session = &self.sessions[command.session]
        if unlikely(command.kind < CMD_ENTER) and self.carry_out_own(command):
            return
        if command.in_seq == 0:
            request(&self.state, command)
            if command.flags & FLAG_DISCONNECT:
                session.cancels = False
        else:
            session.next_in = command.in_seq + 1
            if command.cl_ord_id <= session.last_cl_ord_id:
                refuse_request(&self.state, command, REASON_DUP_CL_ORD_ID)
                return
            session.last_cl_ord_id = command.cl_ord_id
            request(&self.state, command)
            if self.core.events[before].reason == REASON_UNKNOWN_ORDER and command.order_id == 0:
                tell_closed(&self.core.events[before], command)

    cdef bint carry_out_own(self, const Command* command) noexcept nogil:
        """Carry out what changes no book; say whether it was that."""
        cdef SessionState* session = &self.sessions[command.session]
        if command.kind == CMD_SKIP:
            session.next_in = command.in_seq
        elif command.kind == CMD_LOGON:
            session.cancels = command.flags & FLAG_DISCONNECT != 0
        elif command.kind == CMD_SESSION_RESET:
            session.next_in = 1
            session.next_out = 1
            session.last_cl_ord_id = 0
            session.lives += 1
        elif command.kind == CMD_BIRTH:
            self.state.day_began_ns = command.ts_ns
        else:
            return command.kind == CMD_ACT or command.kind == CMD_MARK
        return True

    cdef void begin(self, int64_t now_ns) noexcept nogil:
        """Forget the events of the commands before."""
        self.now_ns = now_ns
        self.since = 0
        self.book.drain()

    cdef void number(self, uint32_t since) noexcept nogil:
        """Give each event its session's next report number: it is one report to it, in the order of the events."""
        cdef uint32_t i
        for i in range(since, self.core.event_count):
            self.sessions[self.core.events[i].session].next_out += 1
            self.history = history_of_event(self.history, &self.core.events[i], &self.state.details[i])

    cdef const Event* events(self) noexcept nogil:
        return self.core.events

    cdef const Detail* event_details(self) noexcept nogil:
        return self.state.details

    cdef uint32_t event_count(self) noexcept nogil:
        return self.core.event_count

    cdef bint has_room(self) noexcept nogil:
        return core_has_room(self.core)


cdef void tell_closed(Event* event, const Command* command) noexcept nogil:
    """An id that the session used before and that is not open was closed: ids only grow, so no list of closed orders is needed."""
    if 0 < command.orig_cl_ord_id < command.cl_ord_id:
        event.reason = REASON_TOO_LATE


cdef uint32_t known(Venue venue, uint32_t session) except 0:
    if session == 0 or session > venue.session_count:
        raise ValueError(f"session {session} is not between 1 and {venue.session_count}")
    return session
