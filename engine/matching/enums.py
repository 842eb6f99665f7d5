"""The vocabulary of the venue as integer enums: FIX meanings, one number each, on the wire and in the core.

A FIX enum that is a digit keeps its value ('1' is 1); one that is a letter is its character code ('F' is 70), so every value is one
byte of MessagePack and a FIX encoding can share the table.  Pure Python: the client imports this module without loading the core.
`types.pxd` repeats the numbers for the compiled code and a test holds the two equal.
"""

from enum import IntEnum, IntFlag


class Side(IntEnum):
    """Side of an order (FIX 54)."""

    BUY = 1
    SELL = 2


class OrdType(IntEnum):
    """Order type (FIX 40).  A MARKET order is a LIMIT order at its protection price whose rest is canceled."""

    MARKET = 1
    LIMIT = 2


class TimeInForce(IntEnum):
    """How long an order lives (FIX 59)."""

    DAY = 0
    GTC = 1
    IOC = 3
    FOK = 4
    GTD = 6


class ExecInst(IntFlag):
    """Instructions that can be combined (FIX 18)."""

    NONE = 0
    POST_ONLY = 1


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
    """Role in an execution (FIX 851): the maker rested, the taker came in."""

    NONE = 0
    MAKER = 1
    TAKER = 2


class CommandKind(IntEnum):
    """What a command asks of the core; client requests carry their FIX message type."""

    TIME = 1
    END_OF_DAY = 2
    SKIP = 3
    SESSION_RESET = 4
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
    """Why an order was rejected (1xx), or canceled, expired or restated (2xx).  Stable: a number is never reused."""

    NONE = 0
    DUP_CL_ORD_ID = 101
    THROTTLE = 102
    UNKNOWN_COMMAND = 103
    UNKNOWN_ACCOUNT = 110
    UNKNOWN_INSTRUMENT = 120
    SIDE = 130
    ORD_TYPE = 131
    TIF_NOT_ALLOWED = 132
    EXEC_INST = 133
    STP_MODE = 134
    TICK = 140
    LOT = 141
    MIN_QTY = 142
    MAX_QTY = 143
    PRICE_RANGE = 144
    OVERFLOW = 145
    DISPLAY_QTY = 146
    EXPIRE_TIME = 147
    ORDERS_FULL = 160
    LEVELS_FULL = 161
    POST_ONLY_WOULD_TRADE = 170
    UNKNOWN_ORDER = 180
    TOO_LATE = 181
    ORDER_MISMATCH = 182

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
