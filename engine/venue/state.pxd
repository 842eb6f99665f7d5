"""The venue's state beside the books, as plain structs: who may trade what, within which limits, and what happened to whom.

    Account -> Party           a party is a subscriber: its limits and counters are over all its accounts
    Gate                       one instrument as the checks see it; `Book` of matching is the same instrument as the match sees it
    access                     profile x instrument -> the reason why not, 0 where a party of this profile may trade

Every limit is a number that cannot be reached where there is none, so that a check is one comparison.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from engine.matching.core cimport Core
from engine.matching.types cimport price_t, qty_t
from engine.venue.ledger cimport Ledger

cdef enum:
    TIERS = 8                       # of fees
    TICK_BANDS = 4
    RECENT = 8                      # accepted orders of an account that are remembered against duplicates
    RATES = 65_536                  # distinct pairs of fee rates

    CAN_ENTER = 1
    CAN_REDUCE = 2
    CAN_BUY = 4
    CAN_TAKE = 8

    FORM_TOKEN = 1
    FORM_TRADITIONAL = 2

cdef struct Account:                # 32 bytes
    uint32_t party                  # 0 while nobody has it
    uint32_t stp_group
    uint8_t blocked                 # REASON_*
    uint8_t tier
    uint8_t stp_mode                # of its orders that ask for none
    uint8_t recent                  # where in Recent its next order goes
    uint32_t reserved
    uint32_t purses[2]              # balances of its last order: of the next one too, where their keys say so
    uint64_t spare

cdef struct Party:                  # 128 bytes; what every order reads comes first
    int64_t kyc_until_ns
    int64_t gross_open
    int64_t gross_day
    int64_t max_gross_open
    int64_t max_gross_day
    int64_t max_order_notional
    uint32_t open_orders
    uint32_t max_open_orders
    uint32_t profile
    uint8_t blocked                 # REASON_*
    uint8_t duplicates_max          # 0 looks for none
    uint8_t redeemer                # buys where a status lets nobody else
    uint8_t reserved
    qty_t max_order_qty
    int64_t duplicates_ns
    uint32_t chains                 # on which it has a registered wallet, a bit each
    uint32_t spare[11]

cdef struct Gate:
    uint8_t may                     # CAN_*
    uint8_t blocked                 # REASON_*
    uint8_t whitelist               # only approved holders buy
    uint8_t quality                 # of the reference
    uint8_t forms                   # FORM_* that it settles in
    uint8_t tick_bands
    uint8_t collared
    uint8_t reserved
    uint32_t base                   # assets
    uint32_t quote
    uint32_t fees                   # balances of the quote asset's system accounts
    uint32_t rounding
    uint32_t chains                 # that its token lives on, 0 for any
    uint32_t rates[TIERS]
    uint32_t spare
    uint64_t order_types            # bit ord_type * 8 + tif
    int64_t until_ns                # the reference lapses
    price_t reference
    price_t floors[2]               # lowest and highest limit of an order, by side
    price_t ceilings[2]
    int64_t min_notional
    int64_t max_notional
    qty_t day_cap
    qty_t traded_day
    price_t from_px[TICK_BANDS]     # from this price on
    price_t ticks[TICK_BANDS]       # limits are multiples of this

cdef struct Rates:                  # in 1e-6 of the notional, negative for a rebate
    int64_t by_role[4]              # by LIQ_* less 1: maker, taker, nobody, either side of an auction
    int64_t worst

cdef struct Recent:
    uint64_t keys[RECENT]           # what its orders were like, 0 before the first
    int64_t times[RECENT]

cdef struct Detail:                 # 32 bytes, beside each event
    int64_t fee                     # trade: paid, negative where received; in 1e-6 of the quote asset
    int64_t bound                   # refusal: the limit that was broken
    price_t reference               # in force, where the event is a trade or a refusal by the collar
    uint8_t quality
    uint8_t settlement              # trade: FORM_*
    uint8_t fallback                # REASON_* why not as the order wished
    uint8_t reserved
    uint32_t spare

cdef struct TradeRecord:            # 112 bytes
    uint64_t match_id
    int64_t ts_ns
    price_t price
    qty_t qty
    uint64_t orders[2]              # maker, taker; in an auction buyer, seller
    int64_t fees[2]                 # paid
    int64_t floors[2]               # of it, to the fee account
    price_t reference
    uint32_t accounts[2]
    uint32_t instrument
    uint8_t maker_side
    uint8_t forms[2]
    uint8_t quality
    uint8_t busted
    uint8_t reserved[7]

cdef struct SessionState:           # what the venue knows of a session, whoever is connected
    uint64_t next_in                # number that its next request must have
    uint64_t next_out               # number that its next report will have
    uint64_t last_cl_ord_id         # every request must have a larger one
    uint32_t lives                  # how often its numbers began at 1 again
    uint32_t cancels                # it is logged on, and its orders end with its connection

cdef struct State:
    Core* core
    Ledger ledger
    Account* accounts
    Party* parties
    Gate* gates                     # by instrument
    Rates* rates
    uint8_t* access                 # by profile, then instrument
    Recent* recent                  # by account
    TradeRecord* trades             # a ring, by match id
    Detail* details                 # of the core's events
    uint64_t trade_mask
    uint32_t party_limit
    uint32_t party_count            # largest number in use
    uint32_t profiles
    uint32_t asset_limit
    uint32_t rate_count
    int64_t day_began_ns            # when the last day ended, or the venue was born
    uint8_t blocked                 # REASON_* for everybody

cdef bint state_init(State* state, Core* core, uint32_t parties, uint32_t assets, uint32_t balances, uint32_t profiles,
                     uint64_t trades) noexcept nogil
cdef void state_free(State* state) noexcept nogil


cdef inline uint8_t access_reason(const State* state, uint32_t profile, uint32_t instrument) noexcept nogil:
    return state.access[<uint64_t> profile * (state.core.listings + 1) + instrument]
