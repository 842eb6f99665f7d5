"""The venue: books and sessions, changed by commands alone.

A session's numbers are part of the state: which request it must send next, which report it gets next, the last id that its client used.
So the log alone tells, after a crash, what was taken from each client and what he was told.
"""

from libc.stdint cimport uint32_t
from libc.stdlib cimport calloc, free

from engine.matching cimport book
from engine.matching.core cimport core_has_room
from engine.matching.types cimport *


cdef class Venue:
    """The venue's state: books and sessions.  `apply` is the only way to change it."""

    def __cinit__(self, instruments, *, uint32_t sessions, **limits):
        cdef uint32_t session
        if sessions < 1:
            raise ValueError(f"sessions {sessions} must be at least 1")
        self.book = OrderBook(instruments, **limits)
        self.core = &self.book.core
        self.session_count = sessions
        self.sessions = <SessionState*> calloc(<size_t> sessions + 1, sizeof(SessionState))
        if self.sessions == NULL:
            raise MemoryError(f"no memory for {sessions} sessions")
        for session in range(sessions + 1):
            self.sessions[session].next_in = 1
            self.sessions[session].next_out = 1

    def __dealloc__(self):
        free(self.sessions)

    def next_in(self, uint32_t session):
        """Number that the session's next request must have."""
        return self.sessions[known(self, session)].next_in

    def next_out(self, uint32_t session):
        """Number that the session's next report will have."""
        return self.sessions[known(self, session)].next_out

    def last_cl_ord_id(self, uint32_t session):
        return self.sessions[known(self, session)].last_cl_ord_id

    cdef void apply(self, const Command* command) noexcept nogil:
        """Carry out one command of a known session; `has_room` must have said that its events fit.

        Each event of a session is one report to it and takes the session's next report number, in the order of the events.
        """
        cdef uint32_t i = self.core.event_count
        self.carry_out(command, i)
        while i < self.core.event_count:
            self.sessions[self.core.events[i].session].next_out += 1
            i += 1

    cdef void carry_out(self, const Command* command, uint32_t before) noexcept nogil:
        cdef SessionState* session = &self.sessions[command.session]
        if command.kind == CMD_SKIP:
            session.next_in = command.in_seq
        elif command.kind == CMD_SESSION_RESET:
            session.next_in = 1
            session.next_out = 1
            session.last_cl_ord_id = 0
        elif command.in_seq == 0:
            book.apply(self.core, command)
        else:
            session.next_in = command.in_seq + 1
            if command.cl_ord_id <= session.last_cl_ord_id:
                book.refuse(self.core, command, REASON_DUP_CL_ORD_ID)
                return
            session.last_cl_ord_id = command.cl_ord_id
            book.apply(self.core, command)
            if self.core.events[before].reason == REASON_UNKNOWN_ORDER and command.order_id == 0:
                tell_closed(&self.core.events[before], command)

    cdef void begin(self) noexcept nogil:
        """Forget the events of the commands before."""
        self.book.drain()

    cdef const Event* events(self) noexcept nogil:
        return self.core.events

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
