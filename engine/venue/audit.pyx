"""Name the first invariant of the money that does not hold: one walk over the balances and one over the orders, off the order path."""

from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport calloc, free

from engine.matching.pool cimport Order
from engine.matching.types cimport SIDE_BUY
from engine.venue.ledger cimport FIRST_SYSTEM_ACCOUNT, Balance, account_of, asset_of, balance_find, notional_of, worst_fee

cdef struct Sum:                    # of amounts, in two halves so that it cannot overflow
    int64_t high                    # in 2**32
    int64_t low

cdef struct Count:                  # of a party's open orders
    int64_t gross
    uint32_t orders


cdef str money_problem(const State* state):
    """Return what is wrong, or None."""
    cdef Sum* sums = <Sum*> calloc(<size_t> state.asset_limit + 1, sizeof(Sum))
    cdef int64_t* held = <int64_t*> calloc(<size_t> state.ledger.count + 1, sizeof(int64_t))
    cdef Count* counts = <Count*> calloc(<size_t> state.party_count + 1, sizeof(Count))
    try:
        if sums == NULL or held == NULL or counts == NULL:
            raise MemoryError("no memory to check the ledger")
        return sums_problem(state, sums) or holds_problem(state, held, counts)
    finally:
        free(sums)
        free(held)
        free(counts)


cdef str sums_problem(const State* state, Sum* sums):
    """Each asset sums to zero, and no customer has less than nothing."""
    cdef uint32_t ref
    cdef uint32_t asset
    cdef const Balance* balance
    for ref in range(1, state.ledger.count + 1):
        balance = &state.ledger.balances[ref]
        asset = asset_of(balance)
        if asset - 1 >= state.asset_limit or balance_find(&state.ledger, account_of(balance), asset) != ref:
            return f"{name_of(balance)}: not found where it is"
        if account_of(balance) >= FIRST_SYSTEM_ACCOUNT:
            if balance.held or balance.frozen or balance.pending_in or balance.pending_out:
                return f"{name_of(balance)}: a system account holds something, or waits for it"
        elif (balance.available | balance.held | balance.frozen | balance.pending_in | balance.pending_out) < 0:
            return f"{name_of(balance)}: below zero"
        elif state.accounts[account_of(balance)].party != balance.party:
            return f"{name_of(balance)}: of party {balance.party}, its account of {state.accounts[account_of(balance)].party}"
        add(&sums[asset], balance.available)
        add(&sums[asset], balance.held)
        add(&sums[asset], balance.frozen)
        add(&sums[asset], balance.pending_in)
        add(&sums[asset], balance.pending_out)
    for asset in range(1, state.asset_limit + 1):
        if sums[asset].high != 0 or sums[asset].low != 0:
            total = (<object> sums[asset].high << 32) + sums[asset].low
            if total:
                return f"asset {asset} sums to {total}, not to 0"
    return None


cdef inline void add(Sum* total, int64_t amount) noexcept nogil:
    total.high += amount >> 32
    total.low += amount & <int64_t> 0xFFFFFFFF


cdef str holds_problem(const State* state, int64_t* held_by, Count* counts):
    """What is held is what the open orders ask for, account by account, and the parties' counters say the same."""
    cdef uint32_t ref
    cdef uint32_t number
    cdef const Order* order
    cdef Count* count
    cdef int64_t notional
    cdef int64_t held
    for ref in range(1, state.core.pool.fresh):
        order = &state.core.pool.orders[ref]
        if order.leaves_qty == 0:
            continue
        notional = notional_of(order.price, order.leaves_qty)
        held = order.leaves_qty
        if order.side == SIDE_BUY:
            held = notional + worst_fee(order.fee_fraction, notional, state.rates[order.fee_rates].worst)
        number = order.purses[order.side - SIDE_BUY]
        if held != order.held or account_of(&state.ledger.balances[number]) != order.account:
            return f"order {order.order_id} holds {order.held} of balance {number}, it needs {held}"
        held_by[number] += held
        count = &counts[state.accounts[order.account].party]
        count.orders += 1
        count.gross += held if order.side == SIDE_BUY else notional
    for number in range(1, state.ledger.count + 1):
        if state.ledger.balances[number].held != held_by[number]:
            return f"balance {number} holds {state.ledger.balances[number].held}, its orders {held_by[number]}"
    for number in range(1, state.party_count + 1):
        count = &counts[number]
        if state.parties[number].open_orders != count.orders or state.parties[number].gross_open != count.gross:
            counted = (state.parties[number].open_orders, state.parties[number].gross_open)
            return f"party {number} counts {counted} open orders and exposure, its orders are {(count.orders, count.gross)}"
    return None


cdef str name_of(const Balance* balance):
    return f"account {account_of(balance)} asset {asset_of(balance)}"
