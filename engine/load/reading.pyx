"""The reports of one session of a load: read in place, checked one by one, counted, and timed.

A report is about a request of the plan, or about an order that one of them entered, and says so by an id from which its place in the plan
follows; so there is no table to search.  An open order has a slot, which names of it lead to: the request that entered it, or that replaced
it last.  Everything that a report says must follow from what the reports before it said and from what was asked for; the first that does
not is a LoadFault.

Worst case: 12 bytes a request of the plan, 56 an open order, no allocation but where more orders are open than ever before.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memmove

from engine.load.executions cimport Executions
from engine.load.plan cimport Plan, Request
from engine.load.reports cimport (
    ACCOUNT, AFFECTED, BEHIND, CANCEL_REJECT, CL_ORD_ID, CUM_QTY, EXEC_ID, EXEC_TYPE, FEE, FLAGS, INSTRUMENT, LAST_PX, LAST_QTY,
    LEAVES_QTY, LIQUIDITY, MASS_CANCEL_REPORT, MASS_CL_ORD_ID,
    MASS_REASON, MATCH_ID, ORDER_ID, ORDER_QTY, ORD_STATUS, ORIG_CL_ORD_ID,
    PRICE, REASON, REJECT_CL_ORD_ID, REJECT_ORIG, REJECT_REASON, RESPONSE_TO, SEQ, SIDE, read_report,
)
from engine.matching.types cimport (
    CMD_CANCEL, CMD_ENTER, CMD_REPLACE, EXEC_CANCELED, EXEC_CANCEL_REJECTED, EXEC_EXPIRED, EXEC_NEW, EXEC_REJECTED, EXEC_REPLACED,
    EXEC_RESTATED, EXEC_TRADE, LIQ_AUCTION, LIQ_MAKER, LIQ_TAKER, REASON_MASS_CANCEL, REASON_STP, REASON_TOO_LATE, REASON_UNKNOWN_ORDER,
    SIDE_BUY, STATUS_CANCELED, STATUS_EXPIRED, STATUS_FILLED, STATUS_NEW, STATUS_PARTIALLY_FILLED, STATUS_REJECTED,
)

from engine.load import faults

cdef enum:
    ROOM = 262_144              # bytes taken off a connection at a time
    LENGTH_MAX = 65_536         # of a message to a session that asks for nothing

    AMOUNT_PER_UNIT = 10_000    # price times quantity in 1e-6 of the quote asset

# What a report breaks: places in `faults.RULES`.
cdef enum:
    GOOD = 0
    MALFORMED = 1
    NUMBER = 2
    REPEAT = 3
    NOT_SENT = 4
    TURN = 5
    KIND = 6
    TERMS = 7
    QUANTITIES = 8
    NOT_OPEN = 9
    OTHER_ORDER = 10
    STATUS = 11
    EXECUTION = 12
    FALSE_LATE = 13
    NO_REASON = 14
    MISCOUNT = 15
    EXEC_ORDER = 16
    NO_MEMORY = 17
    NO_REPORT = 18


@cython.final
cdef class Reader:
    """What one session hears.  `plan` must be encoded; executions go to `executions`, under the session's place `number`.

    Reports are expected from number `next_seq` on.  Bytes are put into `room` from place `kept` on and then taken.
    """
    def __cinit__(self, Plan plan not None, Executions executions not None, uint32_t number, uint32_t batch, uint64_t next_seq):
        self.plan = plan
        self.executions = executions
        self.number = number
        self.batch = batch
        self.next_seq = next_seq
        self.room = bytearray(ROOM + BEHIND)
        self.others = []
        self.slots = <uint32_t*> calloc(plan.count + 1, sizeof(uint32_t))
        self.waited_ns = <int64_t*> calloc(plan.count + 1, sizeof(int64_t))
        self.sends_ns = <int64_t*> calloc(plan.count // batch + 2, sizeof(int64_t))
        self.fresh = 1
        if self.slots == NULL or self.waited_ns == NULL or self.sends_ns == NULL:
            raise MemoryError("no memory for the answers")

    def __dealloc__(self):
        free(self.slots)
        free(self.waited_ns)
        free(self.sends_ns)
        free(self.orders)

    def send(self, uint32_t upto, int64_t due_ns):
        """Note that the requests below `upto` are sent, and that those which were not before were due at `due_ns`."""
        cdef uint32_t send
        for send in range((self.sent + self.batch - 1) // self.batch, (upto + self.batch - 1) // self.batch):
            self.sends_ns[send] = due_ns
        self.sent = upto

    def take(self, Py_ssize_t received, int64_t now_ns):
        """Read what has come into `room` at `now_ns`, behind what was kept.  Raises LoadFault for the first report that is wrong."""
        cdef const unsigned char* start = self.room
        cdef const unsigned char* at = start
        cdef const unsigned char* end = start + self.kept + received
        cdef uint32_t length
        cdef uint32_t answered = self.answered
        cdef int rule
        while end - at >= 4:
            length = at[0] | <uint32_t> at[1] << 8 | <uint32_t> at[2] << 16 | <uint32_t> at[3] << 24
            if not 0 < length <= LENGTH_MAX:
                raise faults.LoadFault(self.number, self.next_seq, f"is a message of {length} bytes")
            if end - at - 4 < length:
                break
            rule = self.read(at + 4, length, now_ns)
            if rule == NO_REPORT:
                self.others.append(at[4:4 + length])
            elif rule != GOOD:
                raise faults.LoadFault(self.number, self.next_seq, faults.RULES[rule], at[4:4 + length])
            at += 4 + length
        self.kept = end - at
        if at != start and self.kept:
            memmove(<unsigned char*> start, at, self.kept)
        if self.answered != answered:
            self.last_ns = now_ns

    @property
    def answers(self):
        """How many requests were answered, by the ExecType of the answer."""
        return counts(self.answer_counts)

    @property
    def refusals(self):
        """How many requests were refused, by Reason."""
        return counts(self.refusal_counts)

    @property
    def endings(self):
        """How many orders ended otherwise than by executions or requests, by Reason."""
        return counts(self.ending_counts)

    def waits(self):
        """Return how long each answered request waited, in ns, as 8-byte integers."""
        return (<const unsigned char*> self.waited_ns)[:self.answered * sizeof(int64_t)]

    cdef int read(self, const unsigned char* payload, uint32_t length, int64_t now_ns) noexcept nogil:
        """Check one message and follow what it says."""
        cdef int64_t* report = self.report
        cdef int elements = read_report(payload, length, report)
        cdef int rule
        if elements <= 0:
            return NO_REPORT if elements == 0 else MALFORMED
        if <uint64_t> report[SEQ] != self.next_seq:
            return NUMBER
        if report[FLAGS] != 0:
            return REPEAT
        if report[0] == CANCEL_REJECT:
            rule = self.cancel_rejected(now_ns)
        elif report[0] == MASS_CANCEL_REPORT:
            rule = self.mass_canceled()
        else:
            rule = self.executed(now_ns)
        if rule == GOOD:
            self.next_seq += 1
            self.reports += 1
        return rule

    cdef int executed(self, int64_t now_ns) noexcept nogil:
        """Follow an ExecutionReport."""
        cdef int64_t* report = self.report
        cdef int64_t exec_type = report[EXEC_TYPE]
        cdef uint64_t place = <uint64_t> report[CL_ORD_ID] - self.plan.first_cl_ord_id
        cdef uint32_t slot
        cdef bint requested = report[ORIG_CL_ORD_ID] != 0
        if <uint64_t> report[EXEC_ID] <= self.last_exec_id:
            return EXEC_ORDER
        self.last_exec_id = report[EXEC_ID]
        if place >= self.sent:
            return NOT_SENT
        if report[ACCOUNT] != self.plan.account or report[INSTRUMENT] != self.plan.instrument:
            return TERMS
        if exec_type != EXEC_TRADE and report[LAST_PX] | report[LIQUIDITY] | report[MATCH_ID] | report[FEE]:
            return EXECUTION
        if exec_type == EXEC_NEW or exec_type == EXEC_REJECTED:
            return self.entered(<uint32_t> place, now_ns)
        if exec_type == EXEC_REPLACED or (exec_type == EXEC_CANCELED and requested):
            return self.changed(<uint32_t> place, now_ns)
        slot = self.slots[place]
        if slot == 0:
            return NOT_OPEN
        if requested:
            return KIND
        if exec_type == EXEC_TRADE:
            return self.traded(slot)
        if exec_type == EXEC_RESTATED:
            return self.restated(slot)
        if exec_type == EXEC_CANCELED or exec_type == EXEC_EXPIRED:
            return self.ended(slot)
        return KIND

    cdef int entered(self, uint32_t place, int64_t now_ns) noexcept nogil:
        """Follow the answer to a new order."""
        cdef const int64_t* report = self.report
        cdef const Request* asked = &self.plan.requests[place]
        cdef uint32_t slot
        cdef Order* order
        if place != self.answered:
            return TURN
        if asked.kind != CMD_ENTER:
            return KIND
        if report[SIDE] != asked.side or report[PRICE] != asked.price or report[ORDER_QTY] != asked.qty:
            return TERMS
        if report[CUM_QTY] != 0 or report[LAST_QTY] != 0 or report[ORIG_CL_ORD_ID] != 0:
            return QUANTITIES
        if report[EXEC_TYPE] == EXEC_REJECTED:
            if report[LEAVES_QTY] != 0 or report[ORDER_ID] != 0:
                return QUANTITIES
            return self.refused(place, report[REASON], now_ns) if report[ORD_STATUS] == STATUS_REJECTED else STATUS
        if report[LEAVES_QTY] != asked.qty or report[ORDER_ID] == 0:
            return QUANTITIES
        if report[ORD_STATUS] != STATUS_NEW:
            return STATUS
        slot = self.take_slot()
        if slot == 0:
            return NO_MEMORY
        order = &self.orders[slot]
        order.order_id = report[ORDER_ID]
        order.price = report[PRICE]
        order.order_qty = order.leaves_qty = asked.qty
        order.cum_qty = 0
        order.name = place
        order.side = asked.side
        self.slots[place] = slot
        self.answer(place, EXEC_NEW, now_ns)
        return GOOD

    cdef int changed(self, uint32_t place, int64_t now_ns) noexcept nogil:
        """Follow the good answer to a cancel or a replace."""
        cdef const int64_t* report = self.report
        cdef const Request* asked = &self.plan.requests[place]
        cdef bint canceled = report[EXEC_TYPE] == EXEC_CANCELED
        cdef uint32_t slot
        cdef Order* order
        if place != self.answered:
            return TURN
        if asked.kind != (CMD_CANCEL if canceled else CMD_REPLACE):
            return KIND
        if <uint64_t> report[ORIG_CL_ORD_ID] - self.plan.first_cl_ord_id != asked.names:
            return TERMS
        slot = self.slots[asked.names]
        if slot == 0:
            return NOT_OPEN
        order = &self.orders[slot]
        if not self.is_same(order):
            return OTHER_ORDER
        if canceled:
            if not self.is_end(order):
                return QUANTITIES
            if report[ORD_STATUS] != STATUS_CANCELED:
                return STATUS
            self.end(slot)
            self.answer(place, EXEC_CANCELED, now_ns)
            return GOOD
        if report[PRICE] != asked.price or report[ORDER_QTY] != max(asked.qty, order.cum_qty):
            return TERMS
        if report[CUM_QTY] != order.cum_qty or report[LEAVES_QTY] != report[ORDER_QTY] - order.cum_qty or report[LAST_QTY] != 0:
            return QUANTITIES
        if report[ORD_STATUS] != status_of(report):
            return STATUS
        order.price = report[PRICE]
        order.order_qty = report[ORDER_QTY]
        order.leaves_qty = report[LEAVES_QTY]
        self.slots[order.name] = 0
        order.name = place
        self.slots[place] = slot
        if order.leaves_qty == 0:
            self.end(slot)
        self.answer(place, EXEC_REPLACED, now_ns)
        return GOOD

    cdef int traded(self, uint32_t slot) noexcept nogil:
        """Follow an execution."""
        cdef const int64_t* report = self.report
        cdef Order* order = &self.orders[slot]
        cdef int64_t qty = report[LAST_QTY]
        cdef int64_t price = report[LAST_PX]
        cdef int64_t amount = price * qty // AMOUNT_PER_UNIT
        if not self.is_same(order):
            return OTHER_ORDER
        if qty <= 0 or report[LEAVES_QTY] != order.leaves_qty - qty or report[CUM_QTY] != order.cum_qty + qty:
            return QUANTITIES
        if report[LEAVES_QTY] < 0 or report[ORDER_QTY] != order.order_qty:
            return QUANTITIES
        if report[PRICE] != order.price or price <= 0 or (price > order.price if order.side == SIDE_BUY else price < order.price):
            return EXECUTION
        if report[MATCH_ID] == 0 or not LIQ_MAKER <= report[LIQUIDITY] <= LIQ_AUCTION or report[LIQUIDITY] == LIQ_MAKER + LIQ_TAKER:
            return EXECUTION
        if report[ORD_STATUS] != status_of(report):
            return STATUS
        if not self.executions.note(report[MATCH_ID], price, qty, self.next_seq, self.number, order.side, <uint8_t> report[LIQUIDITY]):
            return NO_MEMORY
        self.base += qty if order.side == SIDE_BUY else -qty
        self.cash += (-amount if order.side == SIDE_BUY else amount) - report[FEE]
        self.fees += report[FEE]
        order.leaves_qty -= qty
        order.cum_qty += qty
        if order.leaves_qty == 0:
            self.end(slot)
        return GOOD

    cdef int restated(self, uint32_t slot) noexcept nogil:
        """Follow what the venue did to an order that stays open: it may have lost quantity, or rest at a worse price."""
        cdef const int64_t* report = self.report
        cdef Order* order = &self.orders[slot]
        if not self.is_same(order):
            return OTHER_ORDER
        if report[CUM_QTY] != order.cum_qty or not 0 < report[LEAVES_QTY] <= order.leaves_qty:
            return QUANTITIES
        if report[ORDER_QTY] != report[LEAVES_QTY] + order.cum_qty:
            return QUANTITIES
        if report[PRICE] > order.price if order.side == SIDE_BUY else report[PRICE] < order.price:
            return TERMS
        if report[REASON] == 0:
            return NO_REASON
        order.price = report[PRICE]
        order.order_qty = report[ORDER_QTY]
        order.leaves_qty = report[LEAVES_QTY]
        return GOOD

    cdef int ended(self, uint32_t slot) noexcept nogil:
        """Follow the end of an order that its owner did not ask for."""
        cdef const int64_t* report = self.report
        cdef Order* order = &self.orders[slot]
        if not self.is_same(order):
            return OTHER_ORDER
        if not self.is_end(order):
            return QUANTITIES
        if report[ORD_STATUS] != (STATUS_CANCELED if report[EXEC_TYPE] == EXEC_CANCELED else STATUS_EXPIRED):
            return STATUS
        if not 0 < report[REASON] < 256:
            return NO_REASON
        if report[REASON] == REASON_MASS_CANCEL:
            self.swept_orders += 1
        else:
            self.ending_counts[report[REASON]] += 1
        self.end(slot)
        return GOOD

    cdef int cancel_rejected(self, int64_t now_ns) noexcept nogil:
        """Follow the refusal of a cancel or a replace: one that calls an order gone which is open is false."""
        cdef const int64_t* report = self.report
        cdef uint64_t place = <uint64_t> report[REJECT_CL_ORD_ID] - self.plan.first_cl_ord_id
        cdef const Request* asked
        if place >= self.sent:
            return NOT_SENT
        if place != self.answered:
            return TURN
        asked = &self.plan.requests[place]
        if asked.kind == CMD_ENTER or report[RESPONSE_TO] != (1 if asked.kind == CMD_CANCEL else 2):
            return KIND
        if <uint64_t> report[REJECT_ORIG] - self.plan.first_cl_ord_id != asked.names:
            return TERMS
        if self.slots[asked.names] and (report[REJECT_REASON] == REASON_UNKNOWN_ORDER or report[REJECT_REASON] == REASON_TOO_LATE):
            return FALSE_LATE
        return self.refused(<uint32_t> place, report[REJECT_REASON], now_ns)

    cdef int mass_canceled(self) noexcept nogil:
        """Follow the answer to the mass cancel that ends a load, whose id is the one behind the plan's, or one of the venue's own."""
        cdef int64_t reason = self.report[MASS_REASON]
        if not 0 < reason < 256:
            return NO_REASON
        if self.report[MASS_CL_ORD_ID] == 0:
            return GOOD if self.report[AFFECTED] == <int64_t> self.ending_counts[reason] and not self.open_orders else MISCOUNT
        if self.report[MASS_CL_ORD_ID] != <int64_t> (self.plan.first_cl_ord_id + self.plan.count):
            return NOT_SENT
        if self.swept or self.report[AFFECTED] != self.swept_orders or (reason == REASON_MASS_CANCEL and self.open_orders):
            return MISCOUNT
        if reason != REASON_MASS_CANCEL:
            self.refusal_counts[reason] += 1        # what is open then ends with the connection
        self.swept = True
        return GOOD

    cdef int refused(self, uint32_t place, int64_t reason, int64_t now_ns) noexcept nogil:
        if not 0 < reason < 256:
            return NO_REASON
        self.refusal_counts[reason] += 1
        self.answer(place, EXEC_REJECTED if self.plan.requests[place].kind == CMD_ENTER else EXEC_CANCEL_REJECTED, now_ns)
        return GOOD

    cdef void answer(self, uint32_t place, int exec_type, int64_t now_ns) noexcept nogil:
        self.answer_counts[exec_type] += 1
        self.waited_ns[place] = now_ns - self.sends_ns[place // self.batch]
        self.answered = place + 1

    cdef bint is_same(self, const Order* order) noexcept nogil:
        return self.report[ORDER_ID] == <int64_t> order.order_id and self.report[SIDE] == order.side

    cdef bint is_end(self, const Order* order) noexcept nogil:
        """Say whether what was taken out is all that was left; self-trade prevention may have taken it out of the order's quantity too."""
        cdef const int64_t* report = self.report
        if report[LEAVES_QTY] != 0 or report[CUM_QTY] != order.cum_qty or report[LAST_QTY] != order.leaves_qty:
            return False
        if report[ORDER_QTY] != order.order_qty and (report[REASON] != REASON_STP or report[ORDER_QTY] != order.cum_qty):
            return False
        return report[PRICE] == order.price

    cdef uint32_t take_slot(self) noexcept nogil:
        """Return a slot for an order, or 0 where there is no memory for one."""
        cdef uint32_t slot = self.free_slot
        cdef uint32_t room
        cdef Order* grown
        if slot:
            self.free_slot = self.orders[slot].next_free
        else:
            if self.fresh >= self.order_room:
                room = 2 * self.order_room + 256
                grown = <Order*> realloc(self.orders, room * sizeof(Order))
                if grown == NULL:
                    return 0
                self.orders = grown
                self.order_room = room
            slot = self.fresh
            self.fresh += 1
        self.open_orders += 1
        return slot

    cdef void end(self, uint32_t slot) noexcept nogil:
        """Forget an order: nothing more may come of it."""
        self.slots[self.orders[slot].name] = 0
        self.orders[slot].next_free = self.free_slot
        self.free_slot = slot
        self.open_orders -= 1


cdef inline int status_of(const int64_t* report) noexcept nogil:
    if report[LEAVES_QTY] == 0:
        return STATUS_FILLED
    return STATUS_PARTIALLY_FILLED if report[CUM_QTY] else STATUS_NEW


cdef dict counts(const uint64_t* found):
    return {i: found[i] for i in range(256) if found[i]}
