"""The vocabulary of the venue as integer enums: FIX meanings, one number each, on the wire and in the core.

A FIX enum that is a digit keeps its value ('1' is 1); one that is a letter is its character code ('F' is 70), so every value is one
byte of MessagePack and a FIX encoding can share the table.  Pure Python: the client imports this module without loading the core.
`types.pxd` and `reasons.pxd` repeat the numbers for the compiled code and a test holds the two equal.
"""

from enum import IntEnum, IntFlag


class Side(IntEnum):
    """Side of an order (FIX 54).  SELL_SHORT is known so that it can be refused by its name."""

    BUY = 1
    SELL = 2
    SELL_SHORT = 5


class OrdType(IntEnum):
    """Order type (FIX 40).  A MARKET order is a LIMIT order at its protection price whose rest is canceled.

    A STOP or STOP_LIMIT order waits until the last price has reached its stop price and then comes in, as a MARKET or a LIMIT order would.
    """

    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4


class TimeInForce(IntEnum):
    """How long an order lives (FIX 59): OPG is for the next auction but a closing one, CLS for the closing auction alone."""

    DAY = 0
    GTC = 1
    OPG = 2
    IOC = 3
    FOK = 4
    GTD = 6
    CLS = 7


class ExecInst(IntFlag):
    """Instructions that can be combined (FIX 18)."""

    NONE = 0
    POST_ONLY = 1
    REDUCE_ONLY = 2
    CASH = 4


class SettlePref(IntEnum):
    """How an order's owner would like its executions settled; matching never looks at it."""

    ANY = 0
    TOKEN = 1
    TRADITIONAL = 2


class StpMode(IntEnum):
    """What self-trade prevention does when an incoming order meets a resting one of its own group."""

    NONE = 0
    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    DECREMENT = 4


class ExecType(IntEnum):
    """What just happened to an order (FIX 150).  CANCEL_REJECTED is FIX message 9 as an event of the core."""

    NEW = 0
    CANCELED = 4
    REPLACED = 5
    REJECTED = 8
    CANCEL_REJECTED = 57
    EXPIRED = 67
    RESTATED = 68
    TRADE = 70
    STATUS = 73
    MASS_CANCELED = 114


class OrdStatus(IntEnum):
    """Where an order is now (FIX 39)."""

    NEW = 0
    PARTIALLY_FILLED = 1
    FILLED = 2
    CANCELED = 4
    REJECTED = 8
    EXPIRED = 67


class Liquidity(IntEnum):
    """Role in an execution (FIX 851): the maker rested, the taker came in, and in an auction nobody was either."""

    NONE = 0
    MAKER = 1
    TAKER = 2
    AUCTION = 4


class Phase(IntEnum):
    """Whether a book matches, or collects orders for an auction: those that wait for the close join a closing call."""

    CONTINUOUS = 0
    CALL = 1
    CLOSING_CALL = 2


class Strike(IntEnum):
    """What made a book stop matching by itself: the collar, or a cascade of stop orders without end."""

    COLLAR = 1
    CASCADE = 2


class CommandKind(IntEnum):
    """What a command asks of the core; client requests carry their FIX message type."""

    TIME = 1
    END_OF_DAY = 2
    SKIP = 3
    SESSION_RESET = 4
    ACT = 5
    MARK = 6
    BIRTH = 7
    LOGON = 8
    ENTER = 68
    CANCEL = 70
    REPLACE = 71
    MASS_CANCEL = 113


class CommandFlag(IntFlag):
    """Marks that a command carries besides the client's own fields."""

    NONE = 0
    THROTTLED = 1
    REENTER = 2
    BY_SESSION = 4
    DISCONNECT = 8


class Reason(IntEnum):
    """Why an order was rejected (1xx), settled otherwise than it wished (19x), or canceled, expired or restated (2xx).

    Stable: a number is never reused.
    """

    NONE = 0
    DUP_CL_ORD_ID = 101
    THROTTLE = 102
    UNKNOWN_COMMAND = 103
    UNKNOWN_ACCOUNT = 110
    KYC_EXPIRED = 111
    SANCTIONS = 112
    ACCOUNT_RESTRICTED = 113
    KILL_SWITCH = 114
    UNKNOWN_INSTRUMENT = 120
    STATE_NOT_TRADABLE = 121
    SESSION_ORDER_TYPE = 122
    JURISDICTION = 123
    NOT_ENTITLED = 124
    NOT_WHITELISTED = 125
    CAP_REACHED = 126
    SIDE = 130
    ORD_TYPE = 131
    TIF_NOT_ALLOWED = 132
    EXEC_INST = 133
    STP_MODE = 134
    CASH_QTY = 135
    SHORT_NOT_ALLOWED = 136
    SETTLE_PREF = 137
    STOP_PX = 138
    TICK = 140
    LOT = 141
    MIN_QTY = 142
    MAX_QTY = 143
    PRICE_RANGE = 144
    OVERFLOW = 145
    DISPLAY_QTY = 146
    EXPIRE_TIME = 147
    MIN_NOTIONAL = 148
    MAX_NOTIONAL = 149
    COLLAR_STATIC = 150
    REF_UNAVAILABLE = 151
    DUPLICATIVE = 152
    OPEN_ORDERS = 153
    GROSS_OPEN = 154
    GROSS_DAILY = 155
    INSUFFICIENT_CASH = 156
    INSUFFICIENT_POSITION = 157
    REDUCE_ONLY_VIOLATION = 158
    ORDERS_FULL = 160
    LEVELS_FULL = 161
    BALANCES_FULL = 162
    POST_ONLY_WOULD_TRADE = 170
    UNKNOWN_ORDER = 180
    TOO_LATE = 181
    ORDER_MISMATCH = 182
    WALLET_INELIGIBLE = 190
    FORM_UNSUPPORTED = 191

    USER = 201
    IOC = 202
    FOK_UNFILLABLE = 203
    STP = 204
    MASS_CANCEL = 205
    DISCONNECT = 206
    MARKET_REST = 207
    DAY_END = 208
    GTD_EXPIRED = 209
    RESERVE_REFRESH = 210
    SWEEP_LIMIT = 211
    COLLAR_DYNAMIC = 212
    KILL = 213
    SANCTIONS_HIT = 214
    KYC_LAPSED = 215
    ADMIN = 216
    RESTRICTED = 217
    HALT_POLICY = 218
    REDUCE_ONLY = 219
    MIN_QTY_UNMET = 220
    TRIGGERED = 221
    AUCTION_END = 222
    NO_PLACE = 223
    TERMINATION = 224
