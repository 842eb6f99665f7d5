"""OrderBook: price-time priority books of many instruments over one pool of orders.

The C core does the work (`match.pyx`, `sweep.pyx`); this class owns its memory and translates.  Each method is one command: it empties the
event buffer, applies the command and leaves its events for `events()`, `reports` and the venue to read.  `apply` does the same for a buffer
of packed commands.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from engine.matching.auction cimport Auction, is_crossed, set_phase, uncross, work_out
from engine.matching.check cimport violation
from engine.matching.core cimport Book, Core, core_free, core_has_room, core_init, emit_refusal
from engine.matching.index cimport index_find
from engine.matching.listing cimport check_instrument, prepare
from engine.matching.match cimport cancel, enter, replace
from engine.matching.pool cimport SLOT_MASK, Order
from engine.matching.sweep cimport cancel_all, end_of_day, expire, mass_cancel, put_collar
from engine.matching.types cimport *
from engine.matching.views cimport event_at, open_order, queue, side_depth

from engine.matching import records
from engine.matching.enums import Phase, Strike
from engine.matching.records import MAX_ORDERS, Instrument

__all__ = ["Instrument", "OrderBook"]


cdef void apply(Core* core, const Command* command) noexcept nogil:
    """Carry out one command; `core_has_room` must have said that its events fit."""
    if command.flags & FLAG_THROTTLED:
        refuse(core, command, REASON_THROTTLE)
    elif command.kind == CMD_ENTER:
        enter(core, command)
    elif command.kind == CMD_CANCEL:
        cancel(core, command)
    elif command.kind == CMD_REPLACE:
        replace(core, command)
    elif command.kind == CMD_MASS_CANCEL:
        mass_cancel(core, command)
    elif command.kind == CMD_TIME:
        expire(core, command.ts_ns)
    elif command.kind == CMD_END_OF_DAY:
        end_of_day(core, command.ts_ns)
    else:
        refuse(core, command, REASON_UNKNOWN_COMMAND)


cdef void refuse(Core* core, const Command* command, uint8_t reason) noexcept nogil:
    """Answer a command that was not even looked at, in the manner of its kind."""
    if command.kind == CMD_MASS_CANCEL:
        emit_refusal(core, command, EXEC_MASS_CANCELED, reason)
    elif command.kind == CMD_CANCEL or command.kind == CMD_REPLACE:
        emit_refusal(core, command, EXEC_CANCEL_REJECTED, reason).liquidity = 1 if command.kind == CMD_CANCEL else 2
    else:
        emit_refusal(core, command, EXEC_REJECTED, reason)


cdef class OrderBook:
    """Price-time priority books of many instruments over one pool of orders.

    Prices are integers in 1e-4 of the quote unit, quantities in 1e-6 of a token, times in ns since 1970 UTC; instruments, sessions and
    accounts are numbered from 1.  Every command returns at once and `events()` tells what it did.  The limits are fixed here: `orders`
    open at a time, price `levels` in use (in pages of 64), `accounts`, resting orders that one command may meet (`sweep`), commands that
    one `apply` takes (`batch`), instruments that can be listed (`listings`, at least those given); reaching one is a reject or a cancel
    with its own reason, never an exception.  `secret`, 64 bits, keeps strangers from choosing ids that are slow to find; it changes
    nothing that the book says.  Raises ValueError for an instrument or a limit that cannot be, MemoryError where the system has no room.
    """

    def __cinit__(self, instruments=None, *, uint32_t orders=1_048_576, uint32_t levels=4_194_304, uint32_t accounts=1_048_576,
                  uint32_t sweep=65_536, uint32_t batch=65_536, uint32_t listings=0, uint64_t secret=0x9E3779B97F4A7C15):
        if instruments is None or isinstance(instruments, Instrument):
            instruments = [instruments or Instrument("TOKEN")]
        listings = max(listings, <uint32_t> len(instruments))
        if not 1 <= orders <= MAX_ORDERS:
            raise ValueError(f"orders {orders} is not between 1 and {MAX_ORDERS}")
        if sweep == 0 or batch == 0 or levels == 0 or accounts == 0 or listings == 0:
            raise ValueError("sweep, batch, levels, accounts and listings must be at least 1")
        for instrument in instruments:
            check_instrument(instrument)
        self.batch = batch
        self.ends = <uint32_t*> calloc(batch, sizeof(uint32_t))
        if self.ends == NULL or not core_init(&self.core, orders, levels, listings, accounts, sweep, batch, secret):
            raise MemoryError("no memory for the book's limits")
        self.instruments = ()
        for instrument in instruments:
            self.add(instrument)

    def __dealloc__(self):
        core_free(&self.core)
        free(self.ends)

    cdef void drain(self) noexcept nogil:
        self.core.event_count = 0
        self.applied = 0

    def list_instrument(self, instrument):
        """List one more instrument and return its number.  Raises ValueError for one that cannot be, or when `listings` are listed."""
        cdef uint32_t number = self.add(instrument)
        self.drain()
        return number

    cdef uint32_t add(self, instrument) except 0:
        """List an instrument as a part of another command: the events so far stay."""
        check_instrument(instrument)
        if self.core.instruments == self.core.listings:
            raise ValueError(f"{instrument.symbol}: {self.core.listings} instruments are listed, which is the limit")
        prepare(&self.core.books[self.core.instruments + 1], instrument)
        self.core.instruments += 1
        self.instruments += (instrument,)
        return self.core.instruments

    def set_collar(self, uint32_t instrument, int64_t low, int64_t high, uint32_t dynamic_bps=0, int64_t anchor=0):
        """Let an instrument trade only within a collar, cancel the orders that it shuts out, best first, and return their number.

        No execution is below `low` or above `high`, nor (where `dynamic_bps` is not 0) farther than so many basis points from `anchor`,
        which then moves to the price of the last execution after each command that traded.  Raises ValueError for a collar that cannot be.
        """
        cdef Book* book = &self.core.books[listed(self, instrument)]
        if not 0 <= low <= high or low > book.max_price or high < book.tick:
            raise ValueError(f"collar {low} to {high}: it must begin at {book.max_price} or below and end at {book.tick} or above")
        if dynamic_bps > 10_000 or (dynamic_bps != 0 and not book.tick <= anchor <= book.max_price):
            raise ValueError(f"collar {dynamic_bps} bp from {anchor}: at most 10000 from a price between {book.tick} and {book.max_price}")
        self.drain()
        return put_collar(&self.core, instrument, low, high, dynamic_bps, anchor)

    def set_phase(self, uint32_t instrument, uint8_t phase, bint pauses=False, bint keeps_stops=False):
        """Bring a book to a phase: whether it matches, or collects orders for an auction.  ValueError for a crossed book that would match.

        With `pauses` a match that the collar stops, or a cascade of stop orders without end, makes the book collect (`take_strike` tells);
        with `keeps_stops` no stop order is triggered.
        """
        self.drain()
        self.go_to_phase(instrument, phase, pauses, keeps_stops)

    cdef int go_to_phase(self, uint32_t instrument, uint8_t phase, bint pauses, bint keeps_stops) except -1:
        """Bring a book to a phase as a part of another command: the events so far stay."""
        self.check_phase(instrument, phase)
        set_phase(&self.core, instrument, phase, pauses, keeps_stops)
        return 0

    cdef int check_phase(self, uint32_t instrument, uint8_t phase) except -1:
        """Raise ValueError for a phase that a book cannot come to."""
        cdef const Book* book = &self.core.books[listed(self, instrument)]
        if Phase(phase) == Phase.CONTINUOUS and book.phase != PHASE_CONTINUOUS and is_crossed(book):
            raise ValueError(f"instrument {instrument}: bids and asks cross, an auction must uncross them first")
        return 0

    def phase(self, uint32_t instrument=1):
        """Return whether a book matches or collects."""
        return Phase(self.core.books[listed(self, instrument)].phase)

    def indicative(self, uint32_t instrument=1, int64_t reference=0):
        """Return what an auction would do now; with price 0 where nothing crosses.

        Most is executed at its price, with the least left over; where buyers are left over at each such price it is the highest, where
        sellers are the lowest, else the one nearest to `reference` (0: the last price), of two equally near the higher.
        """
        cdef Auction auction
        work_out(&self.core, &self.core.books[listed(self, instrument)], reference, &auction)
        return records.Uncross(auction.price, auction.volume, auction.imbalance, True)

    def uncross(self, uint32_t instrument=1, int64_t reference=0, int64_t low=0, int64_t high=0):
        """Execute a call's book at one price from `low` to `high` (0: any), and cancel what was for this auction alone.

        Own orders that would meet are canceled before.  What it says of an auction that is not `done` was not executed.  The quantities of
        a side must sum to less than 2**63.  Raises ValueError for a book that does not collect.
        """
        self.drain()
        return self.uncross_now(instrument, reference, low, high)

    cdef object uncross_now(self, uint32_t instrument, int64_t reference, int64_t low, int64_t high):
        """Uncross as a part of another command: the events so far stay."""
        cdef Auction auction
        if self.core.books[listed(self, instrument)].phase == PHASE_CONTINUOUS:
            raise ValueError(f"instrument {instrument} matches, so there is nothing to uncross")
        done = uncross(&self.core, instrument, reference, low, high, &auction)
        return records.Uncross(auction.price, auction.volume, auction.imbalance, done)

    def take_strike(self):
        """Take note of a book that began to collect by itself: return its instrument and why, or None; the last one comes first."""
        cdef uint32_t instrument = self.core.struck
        cdef Book* book = &self.core.books[instrument]
        if instrument == 0:
            return None
        why = Strike(book.struck)
        book.struck = 0
        self.core.struck = book.next_struck
        return instrument, why

    def enter(self, uint8_t side, int64_t price, int64_t qty, uint64_t cl_ord_id, uint32_t instrument=1, uint8_t ord_type=ORD_LIMIT,
              uint8_t tif=TIF_GTC, uint32_t session=1, uint32_t account=1, int64_t display_qty=0, uint8_t exec_inst=0,
              int64_t expire_ns=0, uint32_t stp_group=0, uint8_t stp_mode=0, int64_t ts_ns=0, int64_t min_qty=0, uint8_t settle_pref=0,
              int64_t stop_px=0):
        """Enter an order and return its order_id, or 0 when it was rejected: the event has the reason.

        `price` is 0 for a market or stop order, `display_qty` 0 shows all, `stop_px` is for stop and stop-limit orders; the enums of
        engine.matching.enums give the numbers.  Raises OverflowError for an integer that its field cannot hold.
        """
        cdef Command command = Command(
            ts_ns=ts_ns, in_seq=0, cl_ord_id=cl_ord_id, orig_cl_ord_id=0, order_id=0, price=price, qty=qty, display_qty=display_qty,
            expire_ns=expire_ns, session=session, account=account, instrument=instrument, stp_group=stp_group, kind=CMD_ENTER,
            side=side, ord_type=ord_type, tif=tif, exec_inst=exec_inst, stp_mode=stp_mode, flags=0, settle_pref=settle_pref,
            min_qty=min_qty, stop_px=stop_px,
        )
        self.drain()
        apply(&self.core, &command)
        return self.core.events[0].order_id

    def cancel(self, uint64_t order_id=0, uint64_t orig_cl_ord_id=0, uint64_t cl_ord_id=0, uint32_t session=1, uint32_t instrument=0,
               uint8_t side=0, int64_t ts_ns=0):
        """Cancel an open order named by its order_id, or where that is 0 by its client's id; False when that was refused."""
        cdef Command command = request(CMD_CANCEL, session, cl_ord_id, orig_cl_ord_id, order_id, instrument, side, ts_ns)
        self.drain()
        apply(&self.core, &command)
        return self.core.events[0].exec_type == EXEC_CANCELED

    def replace(self, uint64_t order_id, int64_t price, int64_t qty, uint64_t cl_ord_id=0, uint64_t orig_cl_ord_id=0,
                int64_t display_qty=-1, uint32_t session=1, uint32_t instrument=0, uint8_t side=0, int64_t ts_ns=0):
        """Replace an open order's price and total quantity; False when that was refused and the order is as it was.

        `cl_ord_id` 0 keeps the client's id and `display_qty` -1 the displayed quantity.  Less quantity at the same price keeps the
        order's place; every other change enters it anew, and it may trade.
        """
        cdef Command command = request(CMD_REPLACE, session, cl_ord_id, orig_cl_ord_id, order_id, instrument, side, ts_ns)
        command.price = price
        command.qty = qty
        command.display_qty = display_qty
        if display_qty == -1:
            command.display_qty = kept_display_qty(&self.core, &command)
        self.drain()
        apply(&self.core, &command)
        return self.core.events[0].exec_type == EXEC_REPLACED

    def mass_cancel(self, uint32_t session=0, uint32_t account=0, uint32_t instrument=0, uint8_t side=0, uint64_t cl_ord_id=0,
                    int64_t ts_ns=0):
        """Cancel the open orders that match every filter that is not 0, oldest first, and return their number."""
        cdef Command command = request(CMD_MASS_CANCEL, session, cl_ord_id, 0, 0, instrument, side, ts_ns)
        command.account = account
        self.drain()
        apply(&self.core, &command)
        return self.core.events[self.core.event_count - 1].last_qty

    def cancel_all(self, uint32_t session=0, uint32_t account=0, uint32_t instrument=0, uint8_t side=0, uint8_t reason=REASON_ADMIN):
        """Cancel as a mass cancel does, with a reason of the venue's own and no report of the number, which is returned."""
        self.drain()
        return cancel_all(&self.core, session, account, instrument, side, reason)

    def expire(self, int64_t ts_ns):
        """Expire GTD orders whose time has come, by expiry and then by age, and return their number."""
        cdef Command command = request(CMD_TIME, 0, 0, 0, 0, 0, 0, ts_ns)
        self.drain()
        apply(&self.core, &command)
        return self.core.event_count

    def end_of_day(self, int64_t ts_ns):
        """Expire DAY, OPG and CLS orders, oldest first, and GTD orders that are due, and return their number."""
        cdef Command command = request(CMD_END_OF_DAY, 0, 0, 0, 0, 0, 0, ts_ns)
        self.drain()
        apply(&self.core, &command)
        return self.core.event_count

    def apply(self, commands, Py_ssize_t start=0):
        """Apply packed commands from index `start` on and return the index of the first that was not applied.

        Stops early after `batch` commands, or when the event buffer has no room for the worst case of the next one: read `reports` and
        call again.  Raises ValueError for a part of a command or a start that is not there.
        """
        cdef Py_buffer buffer
        cdef const Command* first
        cdef Py_ssize_t count
        cdef Py_ssize_t i = start
        PyObject_GetBuffer(commands, &buffer, PyBUF_SIMPLE)
        try:
            count = buffer.len // <Py_ssize_t> sizeof(Command)
            if buffer.len % <Py_ssize_t> sizeof(Command):
                raise ValueError(f"{buffer.len} bytes are not a whole number of {sizeof(Command)}-byte commands")
            if not 0 <= start <= count:
                raise ValueError(f"start {start} is not between 0 and {count}")
            first = <const Command*> buffer.buf
            with nogil:
                self.drain()
                while i < count and self.applied < self.batch and core_has_room(&self.core):
                    apply(&self.core, &first[i])
                    self.ends[self.applied] = self.core.event_count
                    self.applied += 1
                    i += 1
        finally:
            PyBuffer_Release(&buffer)
        return i

    @property
    def reports(self):
        """The events of the last call, packed (`EVENT_FORMAT` of engine.matching.records); the next call writes over them."""
        return memoryview(window(self, self.core.events, self.core.event_count * sizeof(Event)))

    @property
    def ends(self):
        """For each command of the last `apply`, where its events end in `reports`, counted in events (format 'I')."""
        return memoryview(window(self, self.ends, self.applied * sizeof(uint32_t))).cast("I")

    def events(self):
        """The events of the last call."""
        cdef uint32_t i
        return [event_at(&self.core.events[i]) for i in range(self.core.event_count)]

    def order(self, uint64_t order_id):
        """Return an open order, or None."""
        cdef uint64_t ref = order_id & SLOT_MASK
        cdef const Order* order
        if ref == 0 or ref >= self.core.pool.fresh:
            return None
        order = &self.core.pool.orders[ref]
        return open_order(&self.core, <order_ref_t> ref) if order.order_id == order_id and order.leaves_qty else None

    def find(self, uint32_t session, uint64_t cl_ord_id):
        """Return the open order with this client's id, or None."""
        cdef order_ref_t ref = index_find(&self.core.index, &self.core.pool, session, cl_ord_id) if cl_ord_id else 0
        return open_order(&self.core, ref) if ref else None

    def orders(self, uint32_t instrument=0, uint32_t session=0):
        """Return the open orders, oldest first; of one instrument in priority order, bids before asks."""
        cdef uint32_t ref
        cdef uint64_t owner
        if instrument:
            listed(self, instrument)
            return [
                open_order(&self.core, slot)
                for side in (SIDE_BUY, SIDE_SELL)
                for slot in queue(&self.core, instrument, side)
                if session == 0 or self.core.pool.orders[<uint32_t> slot].session == session
            ]
        found = []
        for ref in range(1, self.core.pool.fresh):
            owner = self.core.pool.owners[ref]
            if owner != 0 and (session == 0 or <uint32_t> (owner >> 32) == session):
                found.append((self.core.pool.orders[ref].age, ref))
        return [open_order(&self.core, slot) for _, slot in sorted(found)]

    def depth(self, uint32_t instrument=1, uint32_t levels=0):
        """Return bids and asks best first, displayed quantity only; `levels` 0 means all."""
        listed(self, instrument)
        return side_depth(&self.core, instrument, SIDE_BUY, levels), side_depth(&self.core, instrument, SIDE_SELL, levels)

    def top(self, uint32_t instrument=1):
        """Return best bid, its quantity, best ask, its quantity; 0 where a side is empty."""
        listed(self, instrument)
        bid = side_depth(&self.core, instrument, SIDE_BUY, 1)
        ask = side_depth(&self.core, instrument, SIDE_SELL, 1)
        return (*(bid[0][:2] if bid else (0, 0)), *(ask[0][:2] if ask else (0, 0)))

    def last_px(self, uint32_t instrument=1):
        """Return the price of the last execution, or 0 before the first."""
        listed(self, instrument)
        return self.core.books[instrument].last_px

    @property
    def open_orders(self):
        """Number of orders now open."""
        return self.core.pool.open

    @property
    def last_exec_id(self):
        """Number of the last event, 0 before the first."""
        return self.core.next_exec_id - 1

    @property
    def next_expiry_ns(self):
        """No GTD order expires before this time; 2**63 - 1 when none is open."""
        return self.core.next_expiry_ns if self.core.dated else 2**63 - 1

    def check(self):
        """Walk the whole state and raise AssertionError naming the first invariant that does not hold."""
        problem = violation(&self.core)
        assert problem is None, problem


cdef class _Window:
    """Bytes of a book's memory: whoever looks at them keeps the book alive."""

    cdef OrderBook book
    cdef void* start
    cdef Py_ssize_t size

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.start, self.size, True, flags)


cdef _Window window(OrderBook book, void* start, Py_ssize_t size):
    cdef _Window view = _Window.__new__(_Window)
    view.book = book
    view.start = start
    view.size = size
    return view


cdef uint32_t listed(OrderBook self, uint32_t instrument) except 0:
    if instrument == 0 or instrument > self.core.instruments:
        raise ValueError(f"instrument {instrument} is not between 1 and {self.core.instruments}")
    return instrument


cdef int64_t kept_display_qty(const Core* core, const Command* command) noexcept nogil:
    cdef uint64_t ref = command.order_id & SLOT_MASK
    if command.order_id == 0:
        ref = index_find(&core.index, &core.pool, command.session, command.orig_cl_ord_id) if command.orig_cl_ord_id else 0
    return core.pool.orders[ref].display_qty if ref < core.pool.fresh else 0


cdef inline Command request(uint8_t kind, uint32_t session, uint64_t cl_ord_id, uint64_t orig_cl_ord_id, uint64_t order_id,
                            uint32_t instrument, uint8_t side, int64_t ts_ns) noexcept nogil:
    cdef Command command
    memset(&command, 0, sizeof(Command))
    command.kind = kind
    command.session = session
    command.cl_ord_id = cl_ord_id
    command.orig_cl_ord_id = orig_cl_ord_id
    command.order_id = order_id
    command.instrument = instrument
    command.side = side
    command.ts_ns = ts_ns
    return command
