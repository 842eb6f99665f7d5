"""The way of reports from the sequencer to the sessions' lanes.

Each event of a session is one report, numbered in the order in which the venue emitted them.  Between numbering and writing stands the
gate: today it opens at once; a journal will open it when the batch is durable.
"""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from engine.gateway.lane cimport Lane
from engine.matching.types cimport CMD_SESSION_RESET, Command, Event
from engine.sequencer cimport ReportSink
from engine.venue.state cimport Detail


@cython.final
cdef class Outbound(ReportSink):
    """The way of reports from the sequencer to the sessions' lanes, given as a list by session number."""

    def __cinit__(self, list lanes not None, *, steady_ns):
        self.lanes = lanes
        self.dirty = []
        self.steady_ns = steady_ns

    cdef int release(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
                     const Detail* details) except -1:
        cdef uint32_t i
        cdef uint32_t j = 0
        cdef uint32_t session = 0
        cdef Lane lane = None
        for i in range(count):
            while j < ends[i]:
                if events[j].session != session:
                    session = events[j].session
                    lane = self.lane(session)
                if lane is not None:
                    lane.add(&events[j], &details[j], commands[i].ts_ns)
                j += 1
            if commands[i].kind == CMD_SESSION_RESET:
                session = commands[i].session
                lane = self.lane(session)
                if lane is not None:
                    lane.restart()
        if self.dirty:
            self.open_gate()
        return 0

    cdef int open_gate(self) except -1:
        """Let the clients see the reports of a batch."""
        cdef int64_t now_ns = self.steady_ns()
        cdef Lane lane
        dirty = self.dirty
        self.dirty = []
        for lane in dirty:
            lane.release(now_ns)
        return 0

    cdef Lane lane(self, uint32_t session):
        """Return a session's lane, noted as one to release, or None where there is no subscriber."""
        cdef Lane lane = None
        if session < <uint32_t>len(self.lanes):
            lane = <Lane>self.lanes[session]
        if lane is not None and not lane.dirty:
            lane.dirty = True
            self.dirty.append(lane)
        return lane
