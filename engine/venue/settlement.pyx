"""The ledger as a fold over the book's events: what each of them moves, at once and in full.

An event's order says which balances it uses, so nothing is looked up.  Between the events of one command a balance may be below zero for
a moment (an order's hold is taken at its limit before its fills return what they saved); after the command none is, because the checks
made sure of the worst case.

    buy   NEW          available -> held       price x leaves and the worst fee on it
          TRADE        cash out, token in      and the hold shrinks to what is left
    sell  NEW          available -> held       the tokens
          TRADE        tokens out, cash in     less the fee
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memset

from engine.matching.pool cimport SLOT_MASK, Order
from engine.matching.types cimport *
from engine.venue.ledger cimport Balance, balance_open, fee_floor, notional_of, worst_fee
from engine.venue.state cimport FORM_TOKEN, FORM_TRADITIONAL, Detail, Gate, Party, TradeRecord


cdef void settle(State* state, int64_t ts_ns, const Entry* entry, uint32_t since) noexcept nogil:
    """Move what the events from number `since` on mean; they are those of one command at this time, and none is a refusal."""
    cdef uint32_t i
    cdef const Event* event
    cdef Detail* detail
    cdef Order* order
    cdef price_t price = entry.price            # of the command's own order, as its hold knows it
    for i in range(since, state.core.event_count):
        event = &state.core.events[i]
        detail = &state.details[i]
        memset(detail, 0, sizeof(Detail))
        if unlikely(event.exec_type == EXEC_MASS_CANCELED):
            continue
        order = &state.core.pool.orders[event.order_id & SLOT_MASK]
        if event.exec_type == EXEC_NEW:
            bind(state, order, entry, detail)
            price = event.price
        elif event.exec_type == EXEC_TRADE:
            pay(state, order, event, detail, ts_ns)
            rehold(state, order, event, event.price)
        elif unlikely(event.exec_type == EXEC_REPLACED or event.reason == REASON_COLLAR_DYNAMIC and event.leaves_qty != 0):
            rehold(state, order, event, price)
            price = event.price
        else:
            rehold(state, order, event, event.price)
            if unlikely(event.reason == REASON_TRIGGERED):
                price = event.price         # what comes now is about this order


cdef void give_back(State* state, const Event* event, Detail* detail) noexcept nogil:
    """Settle the one event of a cancel."""
    memset(detail, 0, sizeof(Detail))
    rehold(state, &state.core.pool.orders[event.order_id & SLOT_MASK], event, event.price)


cdef inline void bind(State* state, Order* order, const Entry* entry, Detail* detail) noexcept nogil:
    """Let an accepted order know its balances and the fees in force, and hold what the checks found that it could cost."""
    cdef const Gate* gate = &state.gates[order.instrument]
    cdef Party* party = &state.parties[entry.party]
    cdef Balance* balance
    order.purses[0] = entry.purses[0]
    order.purses[1] = entry.purses[1]
    if unlikely(order.purses[0] == 0):
        order.purses[0] = balance_open(&state.ledger, order.account, gate.quote, entry.party)
    if unlikely(order.purses[1] == 0):
        order.purses[1] = balance_open(&state.ledger, order.account, gate.base, entry.party)
    state.accounts[order.account].purses[0] = order.purses[0]
    state.accounts[order.account].purses[1] = order.purses[1]
    order.fee_rates = entry.rates
    order.held = entry.hold
    balance = &state.ledger.balances[order.purses[order.side - SIDE_BUY]]
    balance.available -= entry.hold
    balance.held += entry.hold
    party.open_orders += 1
    party.gross_open += entry.exposure
    detail.bound = entry.stop_px
    if unlikely(order.settle_pref != SETTLE_ANY):
        form_of(gate, party, order.settle_pref, &detail.fallback)


cdef inline void rehold(State* state, Order* order, const Event* event, price_t price) noexcept nogil:
    """Hold what an order can still cost at worst; `price` is the limit at which it was held for before.

    Both sides are worked out and one is taken, since the processor would guess a branch on the side wrongly every second time.
    """
    cdef uint8_t sells = event.side - SIDE_BUY
    cdef Balance* balance = &state.ledger.balances[order.purses[sells]]
    cdef Party* party = &state.parties[balance.party]
    cdef int64_t notional = notional_of(event.price, event.leaves_qty)
    cdef int64_t targets[2]
    cdef int64_t exposures[2]
    targets[0] = notional + worst_fee(order.fee_fraction, notional, state.rates[order.fee_rates].worst)
    targets[1] = event.leaves_qty
    exposures[0] = targets[0] - order.held
    exposures[1] = notional - notional_of(price, order.held)
    balance.available -= targets[sells] - order.held
    balance.held += targets[sells] - order.held
    order.held = targets[sells]
    party.gross_open += exposures[sells]
    party.open_orders -= event.leaves_qty == 0


cdef inline void pay(State* state, Order* order, const Event* event, Detail* detail, int64_t ts_ns) noexcept nogil:
    """Settle one side of an execution: cash, tokens and the fee."""
    cdef Gate* gate = &state.gates[event.instrument]
    cdef Balance* cash = &state.ledger.balances[order.purses[0]]
    cdef Balance* token = &state.ledger.balances[order.purses[1]]
    cdef Party* party = &state.parties[token.party]
    cdef int64_t notional = notional_of(event.last_px, event.last_qty)
    cdef bint second = event.liquidity == LIQ_TAKER or event.liquidity == LIQ_AUCTION and event.side == SIDE_SELL
    cdef int64_t sign = 3 - 2 * <int64_t> event.side            # 1 buys, -1 sells
    cdef int64_t rate = state.rates[order.fee_rates].by_role[event.liquidity - LIQ_MAKER]
    cdef int64_t to_fees = 0
    cdef int64_t to_rounding = 0
    cdef int64_t rest
    if rate != 0:
        to_fees = fee_floor(order.fee_fraction, notional, rate, &rest)
        to_rounding = <int64_t> (rest > 0) - <int64_t> (order.fee_fraction > 0)
        order.fee_fraction = <uint32_t> rest
        state.ledger.balances[gate.fees].available += to_fees
        state.ledger.balances[gate.rounding].available += to_rounding
        detail.fee = to_fees + to_rounding
    cash.available -= sign * notional + detail.fee
    token.available += sign * event.last_qty
    party.gross_day += notional
    gate.traded_day += event.last_qty * second
    detail.reference = gate.reference
    detail.quality = gate.quality
    detail.settlement = form_of(gate, party, order.settle_pref, &detail.fallback)
    note_trade(state, event, detail, to_fees, ts_ns, second)


cdef inline void note_trade(State* state, const Event* event, const Detail* detail, int64_t to_fees, int64_t ts_ns,
                            bint second) noexcept nogil:
    """Keep both sides of an execution: the maker's event comes first, the taker's next; in an auction the buyer's, then the seller's."""
    cdef TradeRecord* trade = &state.trades[event.ref_id & state.trade_mask]
    if not second:
        trade.match_id = event.ref_id
        trade.ts_ns = ts_ns
        trade.price = event.last_px
        trade.qty = event.last_qty
        trade.instrument = event.instrument
        trade.maker_side = event.side
        trade.reference = detail.reference
        trade.quality = detail.quality
        trade.busted = 0
    trade.orders[second] = event.order_id
    trade.accounts[second] = event.account
    trade.fees[second] = detail.fee
    trade.floors[second] = to_fees
    trade.forms[second] = detail.settlement


cdef inline uint8_t form_of(const Gate* gate, const Party* party, uint8_t wish, uint8_t* fallback) noexcept nogil:
    """Return how a party's side of an execution is settled, and why not as it wished."""
    cdef bint wallet = gate.chains == 0 or party.chains & gate.chains
    fallback[0] = REASON_NONE
    if wish == SETTLE_TRADITIONAL and gate.forms & FORM_TRADITIONAL:
        return FORM_TRADITIONAL
    if wish == SETTLE_TRADITIONAL or wish == SETTLE_TOKEN and not gate.forms & FORM_TOKEN:
        fallback[0] = REASON_FORM_UNSUPPORTED
    elif wish == SETTLE_TOKEN and not wallet:
        fallback[0] = REASON_WALLET_INELIGIBLE
    return FORM_TOKEN if gate.forms & FORM_TOKEN and wallet else FORM_TRADITIONAL
