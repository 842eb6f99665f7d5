"""Balances by account and asset: a slab of records that are found once, when an order comes in, and then addressed by number.

    table     (account, asset) -> ref        open addressing, twice as many places as balances; the key is in the balance
    balances  | 0 none | 1 | 2 | 3 | ...     64 bytes each, never given back

A balance has five buckets; whatever moves between them or between accounts leaves the sum of an asset at zero.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.matching.types cimport unlikely

cdef enum:
    MILLION = 1_000_000
    LARGE_NOTIONAL = 70_368_744_177_664     # 2**46: times the highest rate stays below 2**63
    FIRST_SYSTEM_ACCOUNT = 0xFFFFFF00      # accounts from here on are the venue's own

cdef struct Balance:                # 64 bytes
    uint64_t key                    # account << 32 | asset
    int64_t available
    int64_t held                    # by open orders
    int64_t frozen                  # by a legal hold
    int64_t pending_in
    int64_t pending_out
    uint32_t party
    uint8_t approved                # may hold an asset whose holders are listed
    uint8_t reserved[11]

cdef struct Ledger:
    Balance* balances
    uint32_t* table
    uint64_t mask
    uint32_t count
    uint32_t limit

cdef bint ledger_init(Ledger* ledger, uint32_t balances) noexcept nogil
cdef void ledger_free(Ledger* ledger) noexcept nogil
cdef uint32_t balance_open(Ledger* ledger, uint32_t account, uint32_t asset, uint32_t party) noexcept nogil


cdef inline uint64_t balance_place(const Ledger* ledger, uint64_t key) noexcept nogil:
    """Return where a key is in the table, or the empty place where it would be."""
    cdef uint64_t at = key * <uint64_t> 0x9E3779B97F4A7C15 >> 32 & ledger.mask
    while ledger.table[at] != 0 and ledger.balances[ledger.table[at]].key != key:
        at = at + 1 & ledger.mask
    return at


cdef inline uint32_t balance_find(const Ledger* ledger, uint32_t account, uint32_t asset) noexcept nogil:
    """Return the balance of an account in an asset, or 0."""
    return ledger.table[balance_place(ledger, <uint64_t> account << 32 | asset)]


cdef inline uint32_t balance_near(const Ledger* ledger, uint32_t guess, uint32_t account, uint32_t asset) noexcept nogil:
    """Return the balance of an account in an asset, or 0; at once where it is the guess, whose record the caller needs anyway."""
    if ledger.balances[guess].key == (<uint64_t> account << 32 | asset):
        return guess
    return balance_find(ledger, account, asset)


cdef inline uint32_t account_of(const Balance* balance) noexcept nogil:
    return <uint32_t> (balance.key >> 32)


cdef inline uint32_t asset_of(const Balance* balance) noexcept nogil:
    return <uint32_t> balance.key


cdef inline bint ledger_has_room(const Ledger* ledger) noexcept nogil:
    """Say whether the two balances of an order can be opened."""
    return ledger.limit - ledger.count >= 2


cdef inline int64_t notional_of(int64_t price, int64_t qty) noexcept nogil:
    """Return price x qty in cash: exact by the listing rule, without overflow by the checks of every order."""
    return <int64_t> (<uint64_t> (price * qty) // 10_000)


cdef inline int64_t fee_floor(int64_t fraction, int64_t notional, int64_t rate, int64_t* rest) noexcept nogil:
    """Return floor((fraction + notional x rate) / 10**6), and what is left of it; a large notional goes in parts that cannot overflow."""
    cdef int64_t part
    cdef int64_t whole = 0
    if unlikely(notional > <int64_t> LARGE_NOTIONAL):
        whole = notional // MILLION * rate
        notional %= MILLION
    part = fraction + notional * rate
    whole += part // MILLION
    part %= MILLION
    rest[0] = part + (part >> 63 & MILLION)
    return whole + (part >> 63)


cdef inline int64_t worst_fee(int64_t fraction, int64_t notional, int64_t rate) noexcept nogil:
    """Return what an order that has paid for its fees so far could still have to pay, at a rate that is not negative."""
    cdef int64_t rest
    cdef int64_t fee = fee_floor(fraction, notional, rate, &rest)
    return fee + (rest > 0) - (fraction > 0)
