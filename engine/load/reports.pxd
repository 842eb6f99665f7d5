"""The three numbered reports of a venue as arrays of integers: which element is where, and how they are read."""

from libc.stdint cimport int64_t, uint32_t

cdef enum:
    EXECUTION_REPORT = 56
    CANCEL_REJECT = 57
    MASS_CANCEL_REPORT = 114

    # Places in a report, from its type on.
    SEQ = 1
    FLAGS = 3
    ORDER_ID = 4
    EXEC_ID = 5
    CL_ORD_ID = 6
    ORIG_CL_ORD_ID = 7
    ACCOUNT = 8
    INSTRUMENT = 9
    SIDE = 10
    EXEC_TYPE = 11
    ORD_STATUS = 12
    PRICE = 13
    ORDER_QTY = 14
    LEAVES_QTY = 15
    CUM_QTY = 16
    LAST_PX = 17
    LAST_QTY = 18
    LIQUIDITY = 19
    MATCH_ID = 20
    REASON = 21
    FEE = 22
    EXECUTION_ELEMENTS = 28
    REJECT_CL_ORD_ID = 5        # of a CancelReject
    REJECT_ORIG = 6
    RESPONSE_TO = 7
    REJECT_REASON = 8
    REJECT_ELEMENTS = 12
    MASS_CL_ORD_ID = 4          # of a MassCancelReport
    AFFECTED = 5
    MASS_REASON = 6
    MASS_ELEMENTS = 7
    MOST_ELEMENTS = 28

    BEHIND = 288                # bytes that are looked at

# Read the integers of a payload and return how many there are, 0 where it is another message, -1 where it is damaged.  Up to 288 bytes
# behind `payload` are looked at, however long it is: they must be there.
cdef int read_report(const unsigned char* payload, uint32_t length, int64_t* report) noexcept nogil
