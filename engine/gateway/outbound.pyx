"""The gate: what clients and operators may see, and when.

Each event of a session is one report, numbered in the order in which the venue emitted them.  It is written into its session's lane at
once, and leaves with everything else that tells of the venue's state only when the journal has released the command behind it:

    report -> lane.due -> cut(seq) -> | seq, lane, frames | seq, answer | seq, hang up | ... -> open_gate(seq) -> client

What waits is in the order in which it came about, so an answer never overtakes a report and a connection ends behind its last message.
"""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from collections import deque

from engine.gateway.lane cimport Lane
from engine.matching.types cimport CMD_SESSION_RESET, Command, Event
from engine.replica cimport ReportSink
from engine.venue.state cimport Detail


@cython.final
cdef class Outbound(ReportSink):
    """The way of reports from the sequencer to the sessions' lanes, given as a list by session number."""

    def __cinit__(self, list lanes not None, *, steady_ns):
        self.lanes = lanes
        self.dirty = []
        self.waiting = deque()
        self.steady_ns = steady_ns
        self.news = []

    def follow(self, list news not None, tell):
        """Call `tell` behind the reports of each batch in which `news` has grown."""
        self.news = news
        self.tell = tell

    def send(self, transport, bytes frames not None):
        """Write to a transport behind everything that it may see; what waits for a lane's client goes through the lane."""
        if self.is_open():
            write(transport, frames)
        else:
            self.waiting.append((self.reached, write, (transport, frames)))

    def send_to(self, Lane lane not None, bytes frames not None):
        """Write something that is no report to a lane's client, behind every report that there is now."""
        if self.is_open():
            lane.send(frames, self.steady_ns())
            return
        self.cut_lane(lane)
        self.waiting.append((self.reached, self.pass_on, (lane, lane.transport, frames)))

    def after(self, call, *arguments):
        """Call when the journal has released all that is carried out now: at once if it has."""
        if self.is_open():
            call(*arguments)
        else:
            self.waiting.append((self.reached, call, arguments))

    def cut_lane(self, Lane lane not None):
        """Let the reports of a lane wait for the client that is there now, whoever is when they may be seen."""
        cdef object chunk = lane.take_due()
        if chunk is not None:
            self.waiting.append((self.reached, self.deliver, (lane, chunk)))

    def pass_on(self, Lane lane not None, transport, bytes frames not None):
        """Write what waited for a lane's client: to the connection that it was meant for."""
        if lane.transport is transport:
            lane.send(frames, self.steady_ns())
        else:
            write(transport, frames)

    def deliver(self, Lane lane not None, chunk):
        """Let the reports of a lane be seen."""
        lane.deliver(chunk, self.steady_ns())

    cdef int report(self, const Command* commands, const uint32_t* ends, uint32_t count, const Event* events,
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
        if len(self.news) != self.heard:
            self.heard = len(self.news)
            if self.tell is not None:
                self.tell()
        return 0

    cdef int cut(self, uint64_t seq) except -1:
        cdef Lane lane
        cdef bint at_once = seq <= self.opened and not self.waiting
        cdef int64_t now_ns = self.steady_ns() if at_once and self.dirty else 0
        dirty = self.dirty
        self.dirty = []
        for lane in dirty:
            lane.dirty = False
            chunk = lane.take_due()
            if chunk is None:
                continue
            if at_once:
                lane.deliver(chunk, now_ns)
            else:
                self.waiting.append((seq, self.deliver, (lane, chunk)))
        return 0

    cdef int open_gate(self, uint64_t seq) except -1:
        """Let be seen what waits for commands up to `seq`."""
        waiting = self.waiting
        self.opened = seq
        if self.opening:
            return 0            # what is called below brought new commands: the loop that called it goes on behind it
        self.opening = True
        try:
            while waiting and waiting[0][0] <= self.opened:
                _, call, arguments = waiting.popleft()
                call(*arguments)
        finally:
            self.opening = False
        return 0

    cdef bint is_open(self) noexcept:
        """Say whether nobody could see too much now."""
        return self.opened == self.reached and not self.waiting

    cdef Lane lane(self, uint32_t session):
        """Return a session's lane, noted as one to cut, or None where there is no subscriber."""
        cdef Lane lane = None
        if session < <uint32_t>len(self.lanes):
            lane = <Lane>self.lanes[session]
        if lane is not None and not lane.dirty:
            lane.dirty = True
            self.dirty.append(lane)
        return lane


def write(transport, bytes frames not None):
    """Write to a transport that may be gone."""
    if transport is not None and not transport.is_closing():
        transport.write(frames)
