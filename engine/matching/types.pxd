"""The header of the house: units, handles, enums and records of the matching core.  `enums.py` gives the same numbers to Python.

Prices are int64 in 1e-4 of the quote unit, quantities int64 in 1e-6 of a token, times int64 nanoseconds since 1970 UTC.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from engine.matching.reasons cimport *

ctypedef int64_t price_t        # 1e-4 of the quote unit
ctypedef int64_t qty_t          # 1e-6 of a token
ctypedef uint32_t order_ref_t   # slot of an order in the pool; 0 is no order
ctypedef uint32_t level_ref_t   # page * 64 + place of a price level in the level pool
ctypedef uint32_t rank_t        # distance of a price from the best end of its side, in ticks

cdef extern from *:
    """
    #define ats_unlikely(x) __builtin_expect(!!(x), 0)
    #define ats_likely(x) __builtin_expect(!!(x), 1)
    """
    bint unlikely "ats_unlikely"(bint x) noexcept nogil
    bint likely "ats_likely"(bint x) noexcept nogil

cdef enum:
    SIDE_BUY = 1
    SIDE_SELL = 2
    SIDE_SELL_SHORT = 5     # never accepted: the venue is fully funded

    ORD_MARKET = 1
    ORD_LIMIT = 2
    ORD_STOP = 3
    ORD_STOP_LIMIT = 4
    TIF_DAY = 0
    TIF_GTC = 1
    TIF_OPG = 2
    TIF_IOC = 3
    TIF_FOK = 4
    TIF_GTD = 6
    TIF_CLS = 7

    INST_POST_ONLY = 1
    INST_REDUCE_ONLY = 2
    INST_CASH = 4           # qty is an amount of the quote asset (FIX 152 in place of 38)
    SETTLE_ANY = 0
    SETTLE_TOKEN = 1
    SETTLE_TRADITIONAL = 2

    STP_NONE = 0
    STP_CANCEL_NEWEST = 1
    STP_CANCEL_OLDEST = 2
    STP_CANCEL_BOTH = 3
    STP_DECREMENT = 4

    EXEC_NEW = 0
    EXEC_CANCELED = 4
    EXEC_REPLACED = 5
    EXEC_REJECTED = 8
    EXEC_CANCEL_REJECTED = 57
    EXEC_EXPIRED = 67
    EXEC_RESTATED = 68
    EXEC_TRADE = 70
    EXEC_STATUS = 73
    EXEC_MASS_CANCELED = 114

    STATUS_NEW = 0
    STATUS_PARTIALLY_FILLED = 1
    STATUS_FILLED = 2
    STATUS_CANCELED = 4
    STATUS_REJECTED = 8
    STATUS_EXPIRED = 67

    LIQ_NONE = 0
    LIQ_MAKER = 1
    LIQ_TAKER = 2
    LIQ_AUCTION = 4

    PHASE_CONTINUOUS = 0
    PHASE_CALL = 1          # orders rest without matching
    PHASE_CLOSING_CALL = 2  # likewise, with those that waited for the close
    STRIKE_COLLAR = 1
    STRIKE_CASCADE = 2

    CMD_TIME = 1
    CMD_END_OF_DAY = 2
    CMD_SKIP = 3
    CMD_SESSION_RESET = 4
    CMD_ACT = 5             # an administrative act, whose payload stands beside the command
    CMD_MARK = 6            # what the log says of itself: `order_id` is the hash of the history before it
    CMD_BIRTH = 7           # the first of a log: the venue's limits, whose payload stands beside the command
    CMD_LOGON = 8           # a session's connection begins
    CMD_ENTER = 68
    CMD_CANCEL = 70
    CMD_REPLACE = 71
    CMD_MASS_CANCEL = 113

    FLAG_THROTTLED = 1     # the gateway's throttle was exceeded: refuse, change nothing
    FLAG_REENTER = 2       # replace: qty is the new open quantity and priority is always lost
    FLAG_BY_SESSION = 4    # mass cancel: the orders that this session entered, whatever their account
    FLAG_DISCONNECT = 8    # mass cancel: because the session's connection was lost; logon: its orders end with the connection

cdef struct Command:            # 112 bytes, what the sequencer numbers and the log carries
    int64_t ts_ns               # venue time, stamped by the sequencer
    uint64_t in_seq             # the session's own number of the request; 0 for the venue's own commands
    uint64_t cl_ord_id          # FIX 11, of this request
    uint64_t orig_cl_ord_id     # FIX 41, of the order meant; 0 when order_id says it
    uint64_t order_id           # FIX 37, of the order meant; 0 when orig_cl_ord_id says it
    price_t price               # limit; 0 for a market order; from here to `settle_pref` as in an Order of the pool
    qty_t qty                   # total quantity (FIX 38); with INST_CASH an amount of cash; an act: bytes of its payload
    qty_t display_qty           # shown at a time; 0 shows all
    int64_t expire_ns           # GTD: the order lives before this time
    uint32_t session            # who speaks, from 1; 0 is the venue itself
    uint32_t account            # for whom, from 1; in a mass cancel 0 means any
    uint32_t instrument         # from 1; in a mass cancel 0 means any
    uint32_t stp_group          # self-trade prevention group; 0 is none
    uint8_t kind                # CMD_*
    uint8_t side                # in a mass cancel 0 means both
    uint8_t ord_type
    uint8_t tif
    uint8_t exec_inst           # INST_* bits
    uint8_t stp_mode
    uint8_t flags               # FLAG_* bits
    uint8_t settle_pref         # SETTLE_*
    qty_t min_qty               # executed at once, or the order is canceled (FIX 110)
    price_t stop_px             # the last price that brings a stop order in (FIX 99); 0 for every other

cdef struct Event:              # 96 bytes, one happening to one order
    uint64_t exec_id            # number of the event, without gaps
    uint64_t order_id
    uint64_t cl_ord_id          # of the order, or of the request that this event answers
    uint64_t ref_id             # trade: match id; canceled, replaced, cancel rejected on request: the order's cl_ord_id before it
    price_t price               # the order's limit
    qty_t order_qty
    qty_t leaves_qty            # 0 exactly when the event is the order's last
    qty_t cum_qty
    price_t last_px             # trade: price of the execution
    qty_t last_qty              # trade: executed; canceled, expired: taken out; restated: now shown; mass canceled: number of orders
    uint32_t session
    uint32_t account
    uint32_t instrument
    uint8_t exec_type           # EXEC_*
    uint8_t side
    uint8_t liquidity           # LIQ_* in a trade; in a cancel reject 1 answers a cancel and 2 a replace (FIX 434)
    uint8_t reason              # REASON_*
