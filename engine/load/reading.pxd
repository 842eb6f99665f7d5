"""The reports of one session of a load: read in place, checked one by one, counted, and timed."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.load.executions cimport Executions
from engine.load.plan cimport Plan
from engine.load.reports cimport MOST_ELEMENTS

cdef struct Order:              # 56 bytes, an open order as its reports tell
    uint64_t order_id
    int64_t price
    int64_t order_qty
    int64_t leaves_qty
    int64_t cum_qty
    uint32_t name               # the request whose id it has
    uint32_t next_free
    uint8_t side


cdef class Reader:
    cdef readonly bytearray room
    cdef readonly Py_ssize_t kept           # bytes of a message that is not complete
    cdef readonly uint64_t next_seq
    cdef readonly uint32_t sent             # requests
    cdef readonly uint32_t answered
    cdef readonly uint32_t open_orders
    cdef readonly uint64_t reports
    cdef readonly int64_t last_ns           # when the last answer came
    cdef readonly list others               # payloads that are no reports, oldest first
    cdef readonly int64_t base              # what the reports moved, in 1e-6 of the tokens,
    cdef readonly int64_t cash              # and of the quote asset, fees taken off
    cdef readonly int64_t fees
    cdef readonly bint swept
    cdef Plan plan
    cdef Executions executions
    cdef uint32_t number
    cdef uint32_t batch
    cdef uint32_t* slots                    # by request: the slot of the open order that has its id, 0 where none has
    cdef int64_t* waited_ns                 # by request
    cdef int64_t* sends_ns                  # by send: when it was due
    cdef Order* orders
    cdef uint32_t order_room
    cdef uint32_t fresh
    cdef uint32_t free_slot
    cdef uint32_t swept_orders
    cdef uint64_t last_exec_id
    cdef uint64_t[256] answer_counts        # by ExecType
    cdef uint64_t[256] refusal_counts       # by Reason
    cdef uint64_t[256] ending_counts        # by Reason, of orders that nobody asked to end
    cdef int64_t[MOST_ELEMENTS] report
    cdef int read(self, const unsigned char* payload, uint32_t length, int64_t now_ns) noexcept nogil
    cdef int executed(self, int64_t now_ns) noexcept nogil
    cdef int entered(self, uint32_t place, int64_t now_ns) noexcept nogil
    cdef int changed(self, uint32_t place, int64_t now_ns) noexcept nogil
    cdef int traded(self, uint32_t slot) noexcept nogil
    cdef int restated(self, uint32_t slot) noexcept nogil
    cdef int ended(self, uint32_t slot) noexcept nogil
    cdef int cancel_rejected(self, int64_t now_ns) noexcept nogil
    cdef int mass_canceled(self) noexcept nogil
    cdef int refused(self, uint32_t place, int64_t reason, int64_t now_ns) noexcept nogil
    cdef void answer(self, uint32_t place, int exec_type, int64_t now_ns) noexcept nogil
    cdef bint is_same(self, const Order* order) noexcept nogil
    cdef bint is_end(self, const Order* order) noexcept nogil
    cdef uint32_t take_slot(self) noexcept nogil
    cdef void end(self, uint32_t slot) noexcept nogil
