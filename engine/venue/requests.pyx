"""The order path of the venue: check, match, settle.

    request -> enter, replace, cancel, mass cancel, time -> gates -> matching -> settlement

A refusal is one event and changes nothing else; its detail names the limit that was broken.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memset

from engine.matching cimport match
from engine.matching cimport book as books
from engine.matching.core cimport Book, emit_refusal
from engine.matching.named cimport named_order
from engine.matching.pool cimport Order
from engine.matching.types cimport *
from engine.venue.gates cimport bound_of, change_refusal, entry_refusal, remember
from engine.venue.settlement cimport Entry, give_back, settle
from engine.venue.state cimport Detail, Gate


cdef void request(State* state, const Command* command) noexcept nogil:
    """Carry out one command; room for its events must be there."""
    cdef uint32_t since = state.core.event_count
    cdef Entry entry
    if command.flags & FLAG_THROTTLED:
        refuse_request(state, command, REASON_THROTTLE)
    elif command.kind == CMD_ENTER:
        enter(state, command)
    elif command.kind == CMD_CANCEL:
        cancel(state, command)
    elif command.kind == CMD_REPLACE:
        replace(state, command)
    else:
        memset(&entry, 0, sizeof(Entry))
        books.apply(state.core, command)
        if state.core.event_count > since and state.core.events[since].exec_type == EXEC_REJECTED:
            explain(state, command.instrument, &state.core.events[since], &state.details[since], 0)
        else:
            settle(state, command.ts_ns, &entry, since)
        if command.kind == CMD_END_OF_DAY:
            begin_day(state, command.ts_ns)


cdef void refuse_request(State* state, const Command* command, uint8_t reason) noexcept nogil:
    """Answer a request that was not even looked at."""
    cdef uint32_t at = state.core.event_count
    books.refuse(state.core, command, reason)
    explain(state, command.instrument, &state.core.events[at], &state.details[at], 0)


cdef void enter(State* state, const Command* original) noexcept nogil:
    cdef Command command = original[0]
    cdef uint32_t since = state.core.event_count
    cdef rank_t rank = 0
    cdef Entry entry
    cdef uint8_t reason
    entry.bound = 0
    entry.price = 0
    entry.stop_px = original.stop_px
    reason = entry_refusal(state, &command, &entry, &rank)
    if reason == REASON_NONE:
        reason = match.admit(state.core, &command, rank)
    if unlikely(reason != REASON_NONE):
        emit_refusal(state.core, original, EXEC_REJECTED, reason).order_id = 0
        explain(state, original.instrument, &state.core.events[since], &state.details[since], entry.bound)
        return
    remember(state, &command, &entry)
    settle(state, command.ts_ns, &entry, since)


cdef void cancel(State* state, const Command* command) noexcept nogil:
    cdef const Event* event = &state.core.events[state.core.event_count]
    cdef Detail* detail = &state.details[state.core.event_count]
    match.cancel(state.core, command)
    if unlikely(event.exec_type == EXEC_CANCEL_REJECTED):
        explain(state, command.instrument, event, detail, 0)
    else:
        give_back(state, event, detail)


cdef void replace(State* state, const Command* command) noexcept nogil:
    cdef uint32_t since = state.core.event_count
    cdef uint8_t reason
    cdef order_ref_t ref = named_order(state.core, command, &reason)
    cdef Order* order = &state.core.pool.orders[ref]
    cdef Book* book
    cdef qty_t order_qty = 0
    cdef rank_t rank = 0
    cdef Entry entry
    memset(&entry, 0, sizeof(Entry))
    if ref != 0:
        order_qty = match.replaced_qty(command, order)
        reason = change_refusal(state, command, order, order_qty, &entry, &rank)
    if unlikely(reason != REASON_NONE):
        emit_refusal(state.core, command, EXEC_CANCEL_REJECTED, reason).liquidity = 2
        explain(state, order.instrument if ref else 0, &state.core.events[since], &state.details[since], entry.bound)
        return
    entry.price = order.price
    book = &state.core.books[order.instrument]
    match.change(state.core, command, ref, order_qty, rank)
    if unlikely(book.waiting != 0) and command.ts_ns < state.gates[order.instrument].until_ns:
        match.cascade(state.core, book)
    settle(state, command.ts_ns, &entry, since)


cdef void explain(State* state, uint32_t instrument, const Event* event, Detail* detail, int64_t bound) noexcept nogil:
    """Write beside a refusal which limit it is about, and by which reference."""
    cdef const Gate* gate
    memset(detail, 0, sizeof(Detail))
    detail.bound = bound if bound else bound_of(state.core, instrument, event.reason)
    if event.reason == REASON_COLLAR_STATIC or event.reason == REASON_REF_UNAVAILABLE:
        gate = &state.gates[instrument]
        detail.reference = gate.reference
        detail.quality = gate.quality


cdef void begin_day(State* state, int64_t ts_ns) noexcept nogil:
    """Start the daily counters anew."""
    cdef uint32_t number
    state.day_began_ns = ts_ns
    for number in range(1, state.party_count + 1):
        state.parties[number].gross_day = 0
    for number in range(1, state.core.instruments + 1):
        state.gates[number].traded_day = 0
