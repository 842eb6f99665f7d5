"""Copy the venue's hot state into bytes that equal states share, whatever their past, and fill an empty venue from such bytes.

As in `matching.image` an image may come from an enemy: every number that finds something is looked at first, then `check` walks the whole,
and at last the image of what was built must be the one given, byte for byte.  So nothing can hide in a byte that nobody reads.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memset

from engine.matching.check cimport violation
from engine.matching.core cimport product_overflows
from engine.matching.faults cimport fault, section_of
from engine.matching.image cimport core_image, restore_core
from engine.matching.pool cimport Order
from engine.matching.types cimport SIDE_BUY, SIDE_SELL
from engine.venue.audit cimport money_problem
from engine.venue.gates_image cimport *
from engine.venue.ledger cimport Balance, balance_find
from engine.venue.state cimport FORM_TOKEN, FORM_TRADITIONAL, Account, Gate, Party, TradeRecord

import msgspec

from engine.matching.image import ImageFault
from engine.matching.records import Instrument
from engine.venue.records import Quality

__all__ = ["SECTIONS", "ImageFault"]

SECTIONS = (
    *("venue", "instruments", "core", "books", "orders", "stops", "closing", "expiries", "free", "retired"),
    *("rates", "gates", "access", "parties", "accounts", "recent", "balances", "trades", "sessions"),
)

cdef uint8_t BEST_QUALITY = max(Quality)
cdef object DECODE = msgspec.msgpack.Decoder(list[Instrument]).decode
cdef object ENCODE = msgspec.msgpack.Encoder().encode


cdef dict state_image(OrderBook book, const State* state, const SessionState* sessions, uint32_t session_count, uint64_t history):
    """Return the sections of the whole hot state; no command must be under way."""
    cdef VenueImage image
    image.history = history
    image.day_began_ns = state.day_began_ns
    image.blocked = state.blocked
    return core_image(state.core) | {
        "venue": PyBytes_FromStringAndSize(<char*> &image, sizeof(VenueImage)),
        "instruments": ENCODE(book.instruments),
        "rates": rates_image(state),
        "gates": gates_image(state),
        "access": access_image(state),
        "parties": parties_image(state),
        "accounts": accounts_image(state),
        "recent": recent_image(state),
        "balances": balances_image(&state.ledger),
        "trades": trades_image(state),
        "sessions": sessions_image(sessions, session_count),
    }


cdef int restore_state(OrderBook book, State* state, SessionState* sessions, uint32_t session_count, uint64_t* history,
                       dict sections) except -1:
    """Fill an empty venue.  Raises ImageFault for what no venue of these limits can have made; what was filled by then is useless."""
    if book.instruments or state.core.next_exec_id != 1 or state.ledger.count or state.party_count or state.rate_count != 1:
        raise ValueError("an image is restored into an empty venue only")
    for name in sections:
        if name not in SECTIONS:
            raise fault(str(name), None, "no section has this name")
    restore_venue(state, history, section_of(sections, "venue", sizeof(VenueImage)))
    restore_instruments(book, section_of(sections, "instruments", 1))
    restore_core(state.core, sections)
    restore_rates(state, section_of(sections, "rates", sizeof(RatesImage)))
    restore_parties(state, section_of(sections, "parties", sizeof(Party)))
    restore_accounts(state, section_of(sections, "accounts", sizeof(Account)))
    restore_recent(state, section_of(sections, "recent", sizeof(RecentImage)))
    restore_balances(state, section_of(sections, "balances", sizeof(Balance)))
    restore_gates(state, section_of(sections, "gates", sizeof(Gate)))
    restore_access(state, section_of(sections, "access", 1))
    restore_trades(state, section_of(sections, "trades", sizeof(TradeRecord)))
    restore_sessions(sessions, session_count, section_of(sections, "sessions", sizeof(SessionImage)))
    bind_orders(state, session_count)
    problem = violation(state.core)
    if problem is not None:
        raise fault("orders", None, problem)
    problem = money_problem(state)
    if problem is not None:
        raise fault("balances", None, problem)
    built = state_image(book, state, sessions, session_count, history[0])
    for name in SECTIONS:
        if built[name] != sections[name]:
            raise fault(name, None, "it is not in the form that every venue gives it")
    return 0


cdef int restore_venue(State* state, uint64_t* history, bytes section) except -1:
    cdef const VenueImage* image = <const VenueImage*> PyBytes_AS_STRING(section)
    if <size_t> len(section) != sizeof(VenueImage):
        raise fault("venue", None, f"{len(section)} bytes are not {sizeof(VenueImage)}")
    if not is_reason(image.blocked):
        raise fault("venue", None, f"{image.blocked} is no reason")
    history[0] = image.history
    state.day_began_ns = image.day_began_ns
    state.blocked = <uint8_t> image.blocked
    return 0


cdef int restore_instruments(OrderBook book, bytes section) except -1:
    try:
        for instrument in DECODE(section):
            book.add(instrument)
    except (ValueError, OverflowError) as error:
        raise fault("instruments", None, str(error)) from None
    return 0


cdef bytes trades_image(const State* state):
    cdef uint64_t count = kept_trades(state)
    cdef uint64_t first = state.core.next_match_id - count
    cdef bytes section = PyBytes_FromStringAndSize(NULL, count * sizeof(TradeRecord))
    cdef TradeRecord* image = <TradeRecord*> PyBytes_AS_STRING(section)
    cdef uint64_t i
    for i in range(count):
        image[i] = state.trades[(first + i) & state.trade_mask]
    return section


cdef uint64_t kept_trades(const State* state) noexcept nogil:
    return min(state.core.next_match_id - 1, state.trade_mask + 1)


cdef int restore_trades(State* state, bytes section) except -1:
    cdef const TradeRecord* image = <const TradeRecord*> PyBytes_AS_STRING(section)
    cdef const TradeRecord* trade
    cdef uint64_t count = kept_trades(state)
    cdef uint64_t first = state.core.next_match_id - count
    cdef uint64_t i
    if <uint64_t> len(section) // sizeof(TradeRecord) != count:
        raise fault("trades", None, f"{len(section) // sizeof(TradeRecord)} are not the {count} that are kept")
    for i in range(count):
        trade = &image[i]
        if trade.match_id != first + i:
            raise fault("trades", i + 1, f"it is number {trade.match_id}, not {first + i}")
        if not is_trade(state, trade):
            raise fault("trades", i + 1, "its instrument, price, quantity, forms or marks cannot be")
        state.trades[trade.match_id & state.trade_mask] = trade[0]
    return 0


cdef bint is_trade(const State* state, const TradeRecord* trade) noexcept nogil:
    cdef TradeRecord unused
    memset(&unused, 0, sizeof(TradeRecord))
    return (
        trade.instrument - 1 < state.core.instruments
        and (trade.maker_side == SIDE_BUY or trade.maker_side == SIDE_SELL)
        and trade.price > 0 and trade.qty > 0 and not product_overflows(trade.price, trade.qty)
        and trade.forms[0] <= (FORM_TOKEN | FORM_TRADITIONAL) and trade.forms[1] <= (FORM_TOKEN | FORM_TRADITIONAL)
        and trade.quality <= BEST_QUALITY and trade.busted <= 1
        and memcmp(trade.reserved, unused.reserved, sizeof(unused.reserved)) == 0
    )


cdef bytes sessions_image(const SessionState* sessions, uint32_t session_count):
    cdef uint64_t count = 0
    cdef uint32_t number
    cdef bytes section
    cdef SessionImage* image
    for number in range(1, session_count + 1):
        count += has_begun(&sessions[number])
    section = PyBytes_FromStringAndSize(NULL, count * sizeof(SessionImage))
    image = <SessionImage*> PyBytes_AS_STRING(section)
    for number in range(1, session_count + 1):
        if has_begun(&sessions[number]):
            image.number = number
            image.session = sessions[number]
            image += 1
    return section


cdef bint has_begun(const SessionState* session) noexcept nogil:
    return session.next_in != 1 or session.next_out != 1 or session.last_cl_ord_id != 0 or session.lives != 0 or session.cancels != 0


cdef int restore_sessions(SessionState* sessions, uint32_t session_count, bytes section) except -1:
    cdef const SessionImage* image = <const SessionImage*> PyBytes_AS_STRING(section)
    cdef uint64_t i
    for i in range(len(section) // sizeof(SessionImage)):
        if not 1 <= image[i].number <= session_count or image[i].session.cancels > 1:
            raise fault("sessions", i + 1, f"session {image[i].number} is not between 1 and {session_count}, or ends with no connection")
        sessions[image[i].number] = image[i].session
    return 0


cdef int bind_orders(const State* state, uint32_t session_count) except -1:
    """See that each open order finds its session, account, rates and balances."""
    cdef const Order* order
    cdef const Gate* gate
    cdef uint32_t ref
    for ref in range(1, state.core.pool.fresh):
        if state.core.pool.owners[ref] == 0:
            continue
        order = &state.core.pool.orders[ref]
        gate = &state.gates[order.instrument]
        if order.session > session_count or state.accounts[order.account].party == 0 or order.fee_rates >= state.rate_count:
            raise fault("orders", None, f"order {order.order_id}: session {order.session}, account {order.account} or its rates: not there")
        if not (
            gate.base != 0
            and order.purses[0] != 0 and order.purses[0] == balance_find(&state.ledger, order.account, gate.quote)
            and order.purses[1] != 0 and order.purses[1] == balance_find(&state.ledger, order.account, gate.base)
        ):
            raise fault("orders", None, f"order {order.order_id}: balances {order.purses[0]} and {order.purses[1]} are not its account's")
    return 0
