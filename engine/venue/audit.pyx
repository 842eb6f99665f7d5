"""Name the first invariant of the money that does not hold.  Slow and thorough: never on the order path."""

from libc.stdint cimport int64_t, uint32_t

from engine.matching.pool cimport Order
from engine.matching.types cimport SIDE_BUY
from engine.venue.ledger cimport FIRST_SYSTEM_ACCOUNT, Balance, account_of, asset_of, balance_find, notional_of, worst_fee


cdef str money_problem(const State* state):
    """Return what is wrong, or None."""
    return sums_problem(state) or holds_problem(state)


cdef str sums_problem(const State* state):
    """Each asset sums to zero, and no customer has less than nothing."""
    cdef uint32_t ref
    cdef const Balance* balance
    totals = {}
    for ref in range(1, state.ledger.count + 1):
        balance = &state.ledger.balances[ref]
        buckets = (balance.available, balance.held, balance.frozen, balance.pending_in, balance.pending_out)
        name = f"account {account_of(balance)} asset {asset_of(balance)}"
        if balance_find(&state.ledger, account_of(balance), asset_of(balance)) != ref:
            return f"{name}: not found where it is"
        if account_of(balance) >= FIRST_SYSTEM_ACCOUNT:
            if any(buckets[1:]):
                return f"{name}: a system account holds {buckets}"
        elif min(buckets) < 0:
            return f"{name}: below zero, {buckets}"
        elif state.accounts[account_of(balance)].party != balance.party:
            return f"{name}: of party {balance.party}, its account of {state.accounts[account_of(balance)].party}"
        totals[asset_of(balance)] = totals.get(asset_of(balance), 0) + sum(buckets)
    for asset, total in totals.items():
        if total:
            return f"asset {asset} sums to {total}, not to 0"
    return None


cdef str holds_problem(const State* state):
    """What is held is what the open orders ask for, account by account, and the parties' counters say the same."""
    cdef uint32_t ref
    cdef uint32_t number
    cdef const Order* order
    cdef int64_t notional
    cdef int64_t held
    held_by = {}
    parties = {}
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
        held_by[number] = held_by.get(number, 0) + held
        party = state.accounts[order.account].party
        count, gross = parties.get(party, (0, 0))
        parties[party] = (count + 1, gross + (held if order.side == SIDE_BUY else notional))
    for number in range(1, state.ledger.count + 1):
        if state.ledger.balances[number].held != held_by.get(number, 0):
            return f"balance {number} holds {state.ledger.balances[number].held}, its orders {held_by.get(number, 0)}"
    for number in range(1, state.party_count + 1):
        counted = (state.parties[number].open_orders, state.parties[number].gross_open)
        if counted != parties.get(number, (0, 0)):
            return f"party {number} counts {counted} open orders and exposure, its orders are {parties.get(number, (0, 0))}"
    return None
