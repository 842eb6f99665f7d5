"""Memory of the ledger."""

from libc.stdint cimport uint32_t, uint64_t

from engine.matching.memory cimport reserve, unreserve


cdef bint ledger_init(Ledger* ledger, uint32_t balances) noexcept nogil:
    """Reserve a zeroed ledger; False when there is no memory."""
    cdef uint64_t places = 2
    while places < 2 * <uint64_t> balances:
        places *= 2
    ledger.limit = balances
    ledger.mask = places - 1
    ledger.balances = <Balance*> reserve((<uint64_t> balances + 1) * sizeof(Balance))
    ledger.table = <uint32_t*> reserve(places * sizeof(uint32_t))
    return ledger.balances != NULL and ledger.table != NULL


cdef void ledger_free(Ledger* ledger) noexcept nogil:
    unreserve(ledger.balances)
    unreserve(ledger.table)


cdef uint32_t balance_open(Ledger* ledger, uint32_t account, uint32_t asset, uint32_t party) noexcept nogil:
    """Return the balance of an account in an asset, empty where there was none, or 0 when there is no room for one."""
    cdef uint64_t key = <uint64_t> account << 32 | asset
    cdef uint64_t at = balance_place(ledger, key)
    cdef Balance* balance
    if ledger.table[at] != 0:
        return ledger.table[at]
    if ledger.count == ledger.limit:
        return 0
    ledger.count += 1
    ledger.table[at] = ledger.count
    balance = &ledger.balances[ledger.count]
    balance.key = key
    balance.party = party
    return ledger.count
