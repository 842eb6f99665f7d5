"""The pre-trade checks, cheap before dear: who, what, how much, at which price, how often, with whose money.

17 CFR 240.15c3-5 asks for most of them: credit and capital thresholds set beforehand, erroneous prices and sizes, duplicates, regulatory
requirements before entry, all under the direct control of the operator.  docs/RULEBOOK-VENUE.md has a clause for each; the book's own
checks (form of the fields before, place in the book after) stand between them where that order asks for them.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from engine.matching.checks cimport (
    form_refusal, kind_refusal, price_refusal, replace_form_refusal, replace_seat_refusal, rests, seat_refusal, waits,
)
from engine.matching.core cimport Book, Core, muldiv, price_at, rank_of, working_rank
from engine.matching.ladder cimport NO_RANK
from engine.matching.limits cimport market_price, own_limit
from engine.matching.look cimport affordable_qty
from engine.matching.match cimport is_reduction
from engine.matching.types cimport *
from engine.venue.ledger cimport MILLION, Balance, balance_near, ledger_has_room, notional_of, worst_fee
from engine.venue.state cimport CAN_BUY, CAN_ENTER, CAN_REDUCE, CAN_TAKE, RECENT, Account, Gate, Party, Rates, Recent, access_reason


cdef uint8_t entry_refusal(const State* state, Command* command, Entry* entry, rank_t* rank) noexcept nogil:
    """Return why a new order cannot be accepted, or REASON_NONE, the rank of its limit and what its settlement needs.

    The command is the venue's own copy: self-trade prevention by account, and a quantity where it asked for an amount, are written to it.
    """
    cdef const Account* account
    cdef const Gate* gate
    cdef const Book* book
    cdef int64_t cash = command.qty if unlikely(command.exec_inst & INST_CASH) else 0
    cdef bint by_cash = command.exec_inst & INST_CASH
    cdef uint8_t reason = account_refusal(state, command.account, command.ts_ns)
    command.exec_inst &= ~INST_CASH
    if unlikely(reason != REASON_NONE):
        return reason
    account = &state.accounts[command.account]
    entry.party = account.party
    reason = status_refusal(state, command, &state.parties[account.party], by_cash)
    if unlikely(reason != REASON_NONE):
        return reason
    gate = &state.gates[command.instrument]
    book = &state.core.books[command.instrument]
    entry.purses[0] = balance_near(&state.ledger, account.purses[0], command.account, gate.quote)
    entry.purses[1] = balance_near(&state.ledger, account.purses[1], command.account, gate.base)
    entry.rates = gate.rates[account.tier]
    command.stp_group = account.stp_group
    command.stp_mode = command.stp_mode if command.stp_mode else account.stp_mode
    if unlikely(gate.whitelist and not state.ledger.balances[entry.purses[1]].approved) and command.side == SIDE_BUY:
        return REASON_NOT_WHITELISTED
    if unlikely(by_cash):
        reason = size_by_cash(state, command, &state.rates[entry.rates])
        if reason != REASON_NONE:
            return reason
    reason = form_refusal(book, command, rank)
    if unlikely(reason != REASON_NONE):
        if reason == REASON_STOP_PX and command.ord_type >= ORD_STOP and command.stop_px != 0:
            entry.bound = book.last_px
        return reason
    reason = worth_refusal(state, command, gate, &state.parties[account.party], entry, rank[0], cash)
    if unlikely(reason != REASON_NONE):
        return reason
    return seat_refusal(state.core, command, rank[0])


cdef uint8_t change_refusal(const State* state, const Command* command, const Order* order, qty_t order_qty, Entry* entry,
                            rank_t* rank) noexcept nogil:
    """Return why an open order cannot be replaced so, or REASON_NONE and the rank of its new limit."""
    cdef const Gate* gate = &state.gates[order.instrument]
    cdef const Party* party = &state.parties[state.accounts[order.account].party]
    cdef bint reduction = is_reduction(command, order, order_qty)
    cdef uint8_t reason = account_refusal(state, order.account, command.ts_ns)
    if unlikely(reason != REASON_NONE):
        return reason
    if unlikely(gate.blocked != REASON_NONE):
        return gate.blocked
    if unlikely(not gate.may & CAN_ENTER and not (reduction and gate.may & CAN_REDUCE)):
        return REASON_STATE_NOT_TRADABLE
    if unlikely(order.side == SIDE_BUY and not gate.may & CAN_BUY and not party.redeemer and not reduction):
        return REASON_REDUCE_ONLY_VIOLATION
    if unlikely(not gate.may & CAN_TAKE and not order.exec_inst & INST_POST_ONLY and not reduction):
        return REASON_SESSION_ORDER_TYPE
    reason = replace_form_refusal(state.core, command, order, order_qty, rank)
    if unlikely(reason != REASON_NONE):
        return reason
    if not reduction:
        reason = change_worth_refusal(state, command, order, order_qty, gate, party, entry)
        if unlikely(reason != REASON_NONE):
            return reason
    return replace_seat_refusal(state.core, command, order, order_qty, rank[0])


cdef void remember(State* state, const Command* command, const Entry* entry) noexcept nogil:
    """Keep an accepted order against duplicates, where its party wants that."""
    cdef Recent* recent
    cdef Account* account
    if state.parties[entry.party].duplicates_max == 0:
        return
    recent = &state.recent[command.account]
    account = &state.accounts[command.account]
    recent.keys[account.recent] = entry.likeness
    recent.times[account.recent] = command.ts_ns
    account.recent = (account.recent + 1) % RECENT


cdef int64_t bound_of(const Core* core, uint32_t instrument, uint8_t reason) noexcept nogil:
    """Return the limit of an instrument that a request of a refused form broke, 0 where there is none to name."""
    cdef const Book* book
    if instrument - 1 >= core.instruments:
        return 0
    book = &core.books[instrument]
    if reason == REASON_TICK:
        return book.tick
    if reason == REASON_PRICE_RANGE:
        return book.max_price
    if reason == REASON_LOT or reason == REASON_DISPLAY_QTY:
        return book.lot
    if reason == REASON_MIN_QTY:
        return book.min_qty
    if reason == REASON_MAX_QTY:
        return book.max_qty
    return 0


cdef inline uint8_t account_refusal(const State* state, uint32_t number, int64_t ts_ns) noexcept nogil:
    """Say why an account may not trade at all."""
    cdef const Account* account
    cdef const Party* party
    if unlikely(number - 1 >= state.core.accounts):
        return REASON_UNKNOWN_ACCOUNT
    account = &state.accounts[number]
    party = &state.parties[account.party]
    if unlikely(account.party == 0):
        return REASON_UNKNOWN_ACCOUNT
    if unlikely(state.blocked != REASON_NONE):
        return state.blocked
    if unlikely(party.blocked != REASON_NONE):
        return party.blocked
    if unlikely(account.blocked != REASON_NONE):
        return account.blocked
    return REASON_NONE if ts_ns < party.kyc_until_ns else REASON_KYC_EXPIRED


cdef inline uint8_t status_refusal(const State* state, const Command* command, const Party* party, bint by_cash) noexcept nogil:
    """Say why an instrument takes no such order now, or none of this party."""
    cdef const Gate* gate
    cdef uint8_t reason
    if unlikely(command.instrument - 1 >= state.core.instruments):
        return REASON_UNKNOWN_INSTRUMENT
    gate = &state.gates[command.instrument]
    if unlikely(gate.blocked != REASON_NONE):
        return gate.blocked
    if unlikely(not gate.may & CAN_ENTER):
        return REASON_STATE_NOT_TRADABLE
    reason = kind_refusal(command)
    if unlikely(reason != REASON_NONE):
        return reason
    if unlikely(by_cash) and not is_cash_order(command):
        return REASON_CASH_QTY
    if unlikely(not gate.order_types >> (command.ord_type * 8 + command.tif) & 1):
        return REASON_SESSION_ORDER_TYPE
    if unlikely(not gate.may & CAN_TAKE and not command.exec_inst & INST_POST_ONLY):
        return REASON_SESSION_ORDER_TYPE
    if unlikely(command.exec_inst & INST_REDUCE_ONLY or not gate.may & CAN_BUY) and command.side == SIDE_BUY:
        if command.exec_inst & INST_REDUCE_ONLY or not party.redeemer:
            return REASON_REDUCE_ONLY_VIOLATION
    return access_reason(state, party.profile, command.instrument)


cdef inline bint is_cash_order(const Command* command) noexcept nogil:
    return (
        command.side == SIDE_BUY and command.display_qty == 0 and command.min_qty == 0 and command.ord_type <= ORD_LIMIT
        and not (command.tif == TIF_FOK or command.tif == TIF_OPG or command.tif == TIF_CLS)
    )


cdef uint8_t size_by_cash(const State* state, Command* command, const Rates* rates) noexcept nogil:
    """Turn an amount of cash, fees included, into the quantity that it buys at what the book offers, or at the order's own limit."""
    cdef Book* book = &state.core.books[command.instrument]
    cdef int64_t budget = budget_of(command.qty, rates.worst)
    cdef rank_t rank = 0
    cdef uint8_t reason
    if command.ord_type == ORD_LIMIT:
        reason = price_refusal(book, command.side, command.price, &rank)
        if reason != REASON_NONE:
            return reason
        if command.tif != TIF_IOC:
            command.qty = muldiv(budget, 10_000, command.price)
            command.qty -= command.qty % book.lot
            return REASON_NONE if command.qty >= book.min_qty else REASON_MIN_QTY
    elif command.price != 0:
        return REASON_TICK
    else:
        rank = rank_of(book, command.side, market_price(book, command.side))
    command.qty = affordable_qty(state.core, command, rank, budget)
    return REASON_NONE if command.qty >= book.min_qty else REASON_MIN_QTY


cdef int64_t budget_of(int64_t cash, int64_t rate) noexcept nogil:
    """Return the largest notional that an amount of cash pays for with its fee."""
    if cash <= 0:
        return 0
    if cash > <int64_t> 1 << 62:        # more than anybody can have; the funds are checked against the whole
        cash = <int64_t> 1 << 62
    return muldiv(cash, MILLION, MILLION + rate)


cdef inline uint8_t worth_refusal(const State* state, const Command* command, const Gate* gate, const Party* party, Entry* entry,
                                  rank_t rank, int64_t cash) noexcept nogil:
    """Say why an order of this form is too small, too large, too far from the reference, one too many, or not paid for."""
    cdef Book* book = &state.core.books[command.instrument]
    cdef price_t price = command.price if command.price != 0 else own_limit(book, command)
    cdef int64_t notional = notional_of(price, command.qty)
    cdef uint8_t sells = command.side - SIDE_BUY
    cdef int64_t holds[2]
    cdef int64_t exposures[2]
    cdef uint8_t reason
    holds[0] = notional + worst_fee(0, notional, state.rates[entry.rates].worst)
    holds[1] = command.qty
    if unlikely(cash != 0) and (command.ord_type == ORD_MARKET or command.tif == TIF_IOC):
        notional = cash
        holds[0] = cash
    exposures[0] = holds[0]
    exposures[1] = notional
    entry.hold = holds[sells]
    entry.exposure = exposures[sells]
    reason = size_refusal(command, gate, party, price, notional, command.qty, command.qty, entry)
    if unlikely(reason != REASON_NONE):
        return reason
    reason = collar_refusal(command, gate, command.side, entry)
    if unlikely(reason != REASON_NONE):
        return reason
    if party.duplicates_max != 0:
        entry.likeness = likeness(command)
        if unlikely(is_duplicate(state, command, party, entry.likeness)):
            entry.bound = party.duplicates_max
            return REASON_DUPLICATIVE
    if unlikely(party.open_orders >= party.max_open_orders):
        entry.bound = party.max_open_orders
        return REASON_OPEN_ORDERS
    if unlikely(book.sides[1 - sells].best <= book.last - rank or working_rank(book, command.side, rank) != rank) and sells and price \
            and not waits(book, command):
        exposures[1] = selling_notional(book, price, command.qty, notional)
    reason = gross_refusal(party, exposures[sells], entry)
    if unlikely(reason != REASON_NONE):
        return reason
    reason = funds_refusal(state, sells, entry.hold, entry)
    if unlikely(reason != REASON_NONE):
        return reason
    if unlikely(not ledger_has_room(&state.ledger)):
        return REASON_NONE if entry.purses[0] and entry.purses[1] else REASON_BALANCES_FULL
    return REASON_NONE


cdef uint8_t change_worth_refusal(const State* state, const Command* command, const Order* order, qty_t order_qty, const Gate* gate,
                                  const Party* party, Entry* entry) noexcept nogil:
    """Say why an open order cannot grow or move so: as for a new one, but that only what it holds beyond now is asked for."""
    cdef qty_t leaves_qty = order_qty - (order.order_qty - order.leaves_qty)
    cdef int64_t notional
    cdef int64_t worst
    cdef uint8_t reason
    reason = size_refusal(command, gate, party, command.price, notional_of(command.price, order_qty), order_qty, leaves_qty, entry)
    if unlikely(reason != REASON_NONE):
        return reason
    if leaves_qty <= 0:
        return REASON_NONE
    reason = collar_refusal(command, gate, order.side, entry)
    if unlikely(reason != REASON_NONE):
        return reason
    notional = notional_of(command.price, leaves_qty)
    worst = notional + worst_fee(order.fee_fraction, notional, state.rates[order.fee_rates].worst)
    entry.purses[0] = order.purses[0]
    entry.purses[1] = order.purses[1]
    if order.side == SIDE_BUY:
        reason = gross_refusal(party, worst - order.held, entry)
    else:
        notional = selling_notional(&state.core.books[order.instrument], command.price, leaves_qty, notional)
        reason = gross_refusal(party, notional - notional_of(order.price, order.held), entry)
    if unlikely(reason != REASON_NONE):
        return reason
    return funds_refusal(state, order.side - SIDE_BUY, (worst if order.side == SIDE_BUY else leaves_qty) - order.held, entry)


cdef inline uint8_t size_refusal(const Command* command, const Gate* gate, const Party* party, price_t price, int64_t notional,
                                 qty_t order_qty, qty_t leaves_qty, Entry* entry) noexcept nogil:
    if unlikely(gate.tick_bands != 0) and command.ord_type != ORD_MARKET and not is_on_tick(gate, command.price, entry):
        return REASON_TICK
    if unlikely(notional < gate.min_notional and price != 0):
        entry.bound = gate.min_notional
        return REASON_MIN_NOTIONAL
    if unlikely(notional > gate.max_notional):
        entry.bound = gate.max_notional
        return REASON_MAX_NOTIONAL
    if unlikely(order_qty > party.max_order_qty):
        entry.bound = party.max_order_qty
        return REASON_MAX_QTY
    if unlikely(notional > party.max_order_notional):
        entry.bound = party.max_order_notional
        return REASON_MAX_NOTIONAL
    if unlikely(leaves_qty > gate.day_cap - gate.traded_day):
        entry.bound = gate.day_cap
        return REASON_CAP_REACHED
    return REASON_NONE


cdef bint is_on_tick(const Gate* gate, price_t price, Entry* entry) noexcept nogil:
    """Say whether a price keeps to the tick of its band: the last one that begins at or below it."""
    cdef uint8_t band
    entry.bound = 0
    for band in range(gate.tick_bands):
        if price >= gate.from_px[band]:
            entry.bound = gate.ticks[band]
    if entry.bound != 0 and price % entry.bound != 0:
        return False
    entry.bound = 0
    return True


cdef inline uint8_t collar_refusal(const Command* command, const Gate* gate, uint8_t side, Entry* entry) noexcept nogil:
    if unlikely(command.ts_ns >= gate.until_ns):
        return REASON_REF_UNAVAILABLE
    if command.price == 0 or unlikely(command.ord_type == ORD_STOP_LIMIT):
        return REASON_REF_UNAVAILABLE if not gate.collared and command.ord_type == ORD_MARKET and rests(command) else REASON_NONE
    if unlikely(command.price > gate.ceilings[side - SIDE_BUY]):
        entry.bound = gate.ceilings[side - SIDE_BUY]
        return REASON_COLLAR_STATIC
    if unlikely(command.price < gate.floors[side - SIDE_BUY]):
        entry.bound = gate.floors[side - SIDE_BUY]
        return REASON_COLLAR_STATIC
    return REASON_NONE


cdef bint is_duplicate(const State* state, const Command* command, const Party* party, uint64_t likes) noexcept nogil:
    """Say whether enough of the account's last accepted orders, in the party's window, were just like this one."""
    cdef const Recent* recent = &state.recent[command.account]
    cdef uint32_t found = 0
    cdef int i
    for i in range(RECENT):
        if recent.keys[i] == likes and command.ts_ns - recent.times[i] < party.duplicates_ns:
            found += 1
    return found >= party.duplicates_max


cdef inline uint64_t likeness(const Command* command) noexcept nogil:
    """Return 64 bits of instrument, side, price and quantity; that two unlike orders share them is as good as impossible."""
    cdef uint64_t mixed = <uint64_t> command.price * <uint64_t> 0x9E3779B97F4A7C15
    mixed = (mixed ^ mixed >> 29) + <uint64_t> command.qty * <uint64_t> 0xBF58476D1CE4E5B9
    mixed = (mixed ^ mixed >> 32) + (<uint64_t> command.instrument << 2 | command.side) * <uint64_t> 0x94D049BB133111EB
    return mixed ^ mixed >> 31 | 1


cdef inline int64_t selling_notional(const Book* book, price_t price, qty_t qty, int64_t notional) noexcept nogil:
    """Return what a sell could bring at the highest price at which it may execute or rest now, `notional` where that is its limit."""
    cdef price_t highest = price_at(book, SIDE_SELL, book.edges[1])
    if book.sides[0].best != NO_RANK and price_at(book, SIDE_BUY, book.sides[0].best) > highest:
        highest = price_at(book, SIDE_BUY, book.sides[0].best)
    return muldiv(highest, qty, 10_000) if unlikely(highest > price) else notional


cdef inline uint8_t gross_refusal(const Party* party, int64_t more, Entry* entry) noexcept nogil:
    if unlikely(more > 0 and more > party.max_gross_open - party.gross_open):
        entry.bound = party.max_gross_open
        return REASON_GROSS_OPEN
    if unlikely(more > 0 and more > party.max_gross_day - party.gross_day - party.gross_open):
        entry.bound = party.max_gross_day
        return REASON_GROSS_DAILY
    return REASON_NONE


cdef inline uint8_t funds_refusal(const State* state, uint8_t sells, int64_t amount, Entry* entry) noexcept nogil:
    cdef const Balance* balance = &state.ledger.balances[entry.purses[sells]]
    if unlikely(amount > balance.available):
        entry.bound = balance.available
        return REASON_INSUFFICIENT_POSITION if sells else REASON_INSUFFICIENT_CASH
    return REASON_NONE
