"""The frames of a plan as they come back from an echo: the floor under a venue, which answers with more than it was asked.

It has the face of `Reader` as far as the loops that send and receive use it.
"""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp

from engine.load.plan cimport Plan

from engine.load import faults

cdef enum:
    ROOM = 262_144


@cython.final
cdef class EchoReader:
    """What comes back on one connection; with `compares` it must be what was sent, byte for byte, else only its length counts."""
    def __cinit__(self, Plan plan not None, uint32_t number, uint32_t batch, *, bint compares):
        self.plan = plan
        self.number = number
        self.batch = batch
        self.compares = compares
        self.room = bytearray(ROOM)
        self.others = []
        self.waited_ns = <int64_t*> calloc(plan.count + 1, sizeof(int64_t))
        self.sends_ns = <int64_t*> calloc(plan.count // batch + 2, sizeof(int64_t))
        if self.waited_ns == NULL or self.sends_ns == NULL:
            raise MemoryError("no memory for the answers")

    def __dealloc__(self):
        free(self.waited_ns)
        free(self.sends_ns)

    def send(self, uint32_t upto, int64_t due_ns):
        """Note that the requests below `upto` are sent, and that those which were not before were due at `due_ns`."""
        cdef uint32_t send
        for send in range((self.sent + self.batch - 1) // self.batch, (upto + self.batch - 1) // self.batch):
            self.sends_ns[send] = due_ns
        self.sent = upto

    def take(self, Py_ssize_t received, int64_t now_ns):
        """Count what has come into `room` at `now_ns`.  Raises LoadFault for bytes that were not sent."""
        cdef const unsigned char* came = self.room
        cdef const unsigned char* sent = self.plan.frames
        cdef uint64_t after = self.received + received
        if self.sent == 0 or after > self.plan.ends[self.sent - 1]:
            raise faults.LoadFault(self.number, self.answered + 1, "came back, but was not sent")
        if self.compares and memcmp(came, sent + self.received, received) != 0:
            raise faults.LoadFault(self.number, self.answered + 1, "came back with other bytes")
        self.received = after
        while self.answered < self.sent and self.plan.ends[self.answered] <= after:
            self.waited_ns[self.answered] = now_ns - self.sends_ns[self.answered // self.batch]
            self.answered += 1
            self.last_ns = now_ns

    def waits(self):
        """Return how long each frame was away, in ns, as 8-byte integers."""
        return (<const unsigned char*> self.waited_ns)[:self.answered * sizeof(int64_t)]
