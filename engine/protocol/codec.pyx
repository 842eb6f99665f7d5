"""The hot messages between their bytes and the records of the core.

A message is read in one pass by a cursor that never leaves the payload: an element that is malformed or out of its range marks the
cursor as failed, and the verdict is taken once, at the end.  Reading branches on the width of an integer, because the place of the next one
hangs on it and a predicted branch does not wait; writing knows all values in advance, so it stores eight bytes and steps by the width.
What most reports leave empty, the figures of an execution and of a refusal, is written as one word of zeros.
Worst case: 185 bytes read or 169 written; no loop depends on the contents.

The gateway cimports this module; its Python functions, at the foot, serve tests and tools.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from engine.matching.types cimport (
    CMD_CANCEL, CMD_ENTER, CMD_MASS_CANCEL, CMD_REPLACE, EXEC_CANCEL_REJECTED, EXEC_CANCELED, EXEC_EXPIRED, EXEC_MASS_CANCELED,
    EXEC_REJECTED, EXEC_REPLACED, EXEC_TRADE, FLAG_BY_SESSION, INST_CASH, STATUS_CANCELED, STATUS_EXPIRED, STATUS_FILLED, STATUS_NEW,
    STATUS_PARTIALLY_FILLED, STATUS_REJECTED, Command, Event, unlikely,
)
from engine.protocol.integers cimport Cursor, int_size, put_byte, put_int, put_uint, put_zeros, take_uint
from engine.venue.state cimport Detail

cdef enum:
    NEW_ORDER = 68
    CANCEL = 70
    REPLACE = 71
    MASS_CANCEL = 113
    EXECUTION_REPORT = 56
    CANCEL_REJECT = 57
    MASS_CANCEL_REPORT = 114

    LENGTH_PREFIX = 4
    PREFIX_ELEMENTS = 4         # type, seq, ts_ns, flags

    FIXARRAY = 0x90
    ARRAY_16 = 0xdc
    ARRAY_32 = 0xdd

    # Bits of the integers in messages.py.
    U63 = 63
    AMOUNT = 53                 # a price or a quantity
    U32 = 32
    U8 = 8

    INST_UNKNOWN = 0x80         # a bit of exec_inst that no order may have

cdef Command NOTHING


cdef int decode_command(const unsigned char* payload, uint32_t length, Command* command, uint8_t* flags) noexcept nogil:
    cdef Cursor cursor
    cursor.at = payload
    cursor.end = payload + length
    cursor.failed = False
    cdef uint64_t elements = take_array(&cursor)
    cdef uint64_t message_type = take_uint(&cursor, U63)
    if cursor.failed or elements == 0:
        return DECODE_BAD
    command[0] = NOTHING        # a memset of this size becomes a string instruction, which starts slowly
    if message_type == NEW_ORDER and elements == PREFIX_ELEMENTS + 16:
        take_prefix(&cursor, command, flags)
        take_new_order(&cursor, command)
    elif message_type == CANCEL and elements == PREFIX_ELEMENTS + 5:
        take_prefix(&cursor, command, flags)
        command.kind = CMD_CANCEL
        take_named_order(&cursor, command)
    elif message_type == REPLACE and elements == PREFIX_ELEMENTS + 8:
        take_prefix(&cursor, command, flags)
        command.kind = CMD_REPLACE
        take_named_order(&cursor, command)
        command.price = take_uint(&cursor, AMOUNT)
        command.qty = take_uint(&cursor, AMOUNT)
        command.display_qty = take_uint(&cursor, AMOUNT)
    elif message_type == MASS_CANCEL and elements == PREFIX_ELEMENTS + 4:
        take_prefix(&cursor, command, flags)
        take_mass_cancel(&cursor, command)
    elif message_type == NEW_ORDER or message_type == CANCEL or message_type == REPLACE or message_type == MASS_CANCEL:
        return DECODE_BAD
    else:
        return DECODE_NOT_HOT
    return DECODE_BAD if cursor.failed or cursor.at != cursor.end else DECODE_OK


cdef uint32_t encode_report(const Event* event, const Detail* detail, uint64_t seq, int64_t ts_ns, uint8_t flags,
                            unsigned char* out) noexcept nogil:
    cdef unsigned char* at = out + LENGTH_PREFIX
    if event.exec_type == EXEC_CANCEL_REJECTED:
        at = put_prefix(at, CANCEL_REJECT, 8, seq, ts_ns, flags)
        at = put_uint(at, event.order_id)
        at = put_uint(at, event.cl_ord_id)
        at = put_uint(at, event.ref_id)
        at = put_uint(at, event.liquidity)
        at = put_uint(at, event.reason)
        at = put_uint(at, detail.bound)
        at = put_uint(at, detail.reference)
        at = put_uint(at, detail.quality)
    elif event.exec_type == EXEC_MASS_CANCELED:
        at = put_prefix(at, MASS_CANCEL_REPORT, 3, seq, ts_ns, flags)
        at = put_uint(at, event.cl_ord_id)
        at = put_uint(at, event.last_qty)
        at = put_uint(at, event.reason)
    else:
        at = put_prefix(at, EXECUTION_REPORT, 24, seq, ts_ns, flags)
        at = put_execution(at, event, detail)
    cdef uint32_t size = at - out - LENGTH_PREFIX
    out[0] = size & 0xff
    out[1] = (size >> 8) & 0xff
    out[2] = 0
    out[3] = 0
    return size + LENGTH_PREFIX


cdef void mark_poss_dup(unsigned char* frame) noexcept nogil:
    cdef unsigned char* at = frame + LENGTH_PREFIX
    at += 3 if at[0] == ARRAY_16 else 1
    at += int_size(at[0])       # type
    at += int_size(at[0])       # seq
    at += int_size(at[0])       # ts_ns
    at[0] |= FLAG_POSS_DUP


cdef int peek(const unsigned char* payload, uint32_t length, uint64_t* type, uint64_t* seq) noexcept nogil:
    cdef Cursor cursor
    cursor.at = payload
    cursor.end = payload + length
    cursor.failed = False
    cdef uint64_t elements = take_array(&cursor)
    type[0] = take_uint(&cursor, U63)
    if cursor.failed or elements < 1:
        return 0
    seq[0] = take_uint(&cursor, U63)
    return 1 if cursor.failed or elements < 2 else 2


cdef inline void take_prefix(Cursor* cursor, Command* command, uint8_t* flags) noexcept nogil:
    command.in_seq = take_uint(cursor, U63)
    take_uint(cursor, U63)      # the client's own time: for its records, the sequencer stamps the command
    flags[0] = take_uint(cursor, U8)


cdef inline void take_new_order(Cursor* cursor, Command* command) noexcept nogil:
    command.kind = CMD_ENTER
    command.cl_ord_id = take_uint(cursor, U63)
    command.account = take_uint(cursor, U32)
    command.instrument = take_uint(cursor, U32)
    command.side = take_uint(cursor, U8)
    command.ord_type = take_uint(cursor, U8)
    command.tif = take_uint(cursor, U8)
    command.price = take_uint(cursor, AMOUNT)
    command.qty = take_uint(cursor, AMOUNT)
    command.display_qty = take_uint(cursor, AMOUNT)
    command.exec_inst = take_uint(cursor, U8)
    command.expire_ns = take_uint(cursor, U63)
    command.stp_mode = take_uint(cursor, U8)
    command.min_qty = take_uint(cursor, AMOUNT)
    cdef int64_t cash = take_uint(cursor, AMOUNT)
    command.settle_pref = take_uint(cursor, U8)
    command.stop_px = take_uint(cursor, AMOUNT)
    if unlikely(command.exec_inst & INST_CASH):
        command.exec_inst = INST_UNKNOWN        # the bit is ours: an order says so by its cash_order_qty
    if unlikely(cash != 0):
        take_cash(command, cash)


cdef inline void take_cash(Command* command, int64_t cash) noexcept nogil:
    """Let an order be for an amount; one that asks for a quantity too keeps it as its minimum, which the venue refuses as CASH_QTY."""
    if command.qty != 0:
        command.min_qty = command.qty
    command.qty = cash
    command.exec_inst |= INST_CASH


cdef inline void take_named_order(Cursor* cursor, Command* command) noexcept nogil:
    command.cl_ord_id = take_uint(cursor, U63)
    command.orig_cl_ord_id = take_uint(cursor, U63)
    command.order_id = take_uint(cursor, U63)
    command.instrument = take_uint(cursor, U32)
    command.side = take_uint(cursor, U8)


cdef inline void take_mass_cancel(Cursor* cursor, Command* command) noexcept nogil:
    command.kind = CMD_MASS_CANCEL
    command.flags = FLAG_BY_SESSION
    command.cl_ord_id = take_uint(cursor, U63)
    command.account = take_uint(cursor, U32)
    command.instrument = take_uint(cursor, U32)
    command.side = take_uint(cursor, U8)


cdef inline unsigned char* put_execution(unsigned char* at, const Event* event, const Detail* detail) noexcept nogil:
    cdef bint renamed = event.exec_type == EXEC_CANCELED or event.exec_type == EXEC_REPLACED
    at = put_uint(at, event.order_id)
    at = put_uint(at, event.exec_id)
    at = put_uint(at, event.cl_ord_id)
    at = put_uint(at, event.ref_id if renamed else 0)
    at = put_uint(at, event.account)
    at = put_uint(at, event.instrument)
    at = put_byte(at, event.side)
    at[0] = event.exec_type                 # it and the status are below 0x80
    at[1] = ord_status(event)
    at = put_uint(at + 2, event.price)
    at = put_uint(at, event.order_qty)
    at = put_uint(at, event.leaves_qty)
    if event.cum_qty | event.last_px | event.last_qty | event.liquidity == 0 and event.exec_type != EXEC_TRADE:
        at = put_zeros(at, 5)
    else:
        at = put_uint(at, event.cum_qty)
        at = put_uint(at, event.last_px)
        at = put_uint(at, event.last_qty)
        at = put_byte(at, event.liquidity)
        at = put_uint(at, event.ref_id if event.exec_type == EXEC_TRADE else 0)
    at = put_byte(at, event.reason)
    if detail.fee | detail.bound | detail.reference | detail.quality | detail.settlement | detail.fallback == 0:
        return put_zeros(at, 6)
    at = put_int(at, detail.fee)
    at = put_uint(at, detail.bound)
    at = put_uint(at, detail.reference)
    at = put_byte(at, detail.quality)
    at = put_byte(at, detail.settlement)
    return put_byte(at, detail.fallback)


cdef inline uint8_t ord_status(const Event* event) noexcept nogil:
    if event.exec_type == EXEC_CANCELED:
        return STATUS_CANCELED
    if event.exec_type == EXEC_REJECTED:
        return STATUS_REJECTED
    if event.exec_type == EXEC_EXPIRED:
        return STATUS_EXPIRED
    if event.leaves_qty == 0:
        return STATUS_FILLED
    return STATUS_PARTIALLY_FILLED if event.cum_qty > 0 else STATUS_NEW


cdef inline unsigned char* put_prefix(
    unsigned char* at, uint8_t message_type, uint8_t fields, uint64_t seq, int64_t ts_ns, uint8_t flags
) noexcept nogil:
    if PREFIX_ELEMENTS + fields < 16:
        at[0] = FIXARRAY | (PREFIX_ELEMENTS + fields)
        at += 1
    else:
        at[0] = ARRAY_16
        at[1] = 0
        at[2] = PREFIX_ELEMENTS + fields
        at += 3
    at[0] = message_type
    at = put_uint(at + 1, seq)
    at = put_uint(at, ts_ns)
    at[0] = flags
    return at + 1


cdef inline uint64_t take_array(Cursor* cursor) noexcept nogil:
    """Read the head of an array and return its number of elements, or mark the cursor as failed."""
    cdef const unsigned char* at = cursor.at
    cdef int64_t left = cursor.end - at
    if left > 0 and at[0] & 0xf0 == FIXARRAY:
        cursor.at = at + 1
        return at[0] & 0x0f
    if left > 2 and at[0] == ARRAY_16:
        cursor.at = at + 3
        return <uint32_t>at[1] << 8 | at[2]
    if left > 4 and at[0] == ARRAY_32:
        cursor.at = at + 5
        return load_32(at + 1)
    cursor.failed = True
    return 0


cdef inline uint32_t load_32(const unsigned char* at) noexcept nogil:
    return <uint32_t>at[0] << 24 | <uint32_t>at[1] << 16 | <uint32_t>at[2] << 8 | at[3]


def decode(bytes payload not None) -> dict[str, int] | None:
    """Decode a NewOrder, Cancel, Replace or MassCancel into the fields of a `Command` and the message's own `message_flags`.

    None for a message of another type.  Raises ValueError where msgspec refuses the payload.
    """
    cdef Command command
    cdef uint8_t flags = 0
    cdef int verdict = decode_command(payload, <uint32_t>len(payload), &command, &flags)
    if verdict == DECODE_NOT_HOT:
        return None
    if verdict == DECODE_BAD:
        raise ValueError("not a message, or a NewOrder, Cancel, Replace or MassCancel that breaks a rule of its Struct")
    cdef dict fields = command
    fields["message_flags"] = flags
    return fields


def encode(
    *, uint64_t seq, int64_t ts_ns, uint8_t flags=0, uint8_t exec_type, uint64_t exec_id=0, uint64_t order_id=0, uint64_t cl_ord_id=0,
    uint64_t ref_id=0, int64_t price=0, int64_t order_qty=0, int64_t leaves_qty=0, int64_t cum_qty=0, int64_t last_px=0,
    int64_t last_qty=0, uint32_t account=0, uint32_t instrument=0, uint8_t side=0, uint8_t liquidity=0, uint8_t reason=0,
    int64_t fee=0, int64_t bound=0, int64_t reference=0, uint8_t quality=0, uint8_t settlement=0, uint8_t fallback=0,
) -> bytes:
    """Return the frame that reports an event and its detail: an ExecutionReport, CancelReject or MassCancelReport, as `exec_type` says.

    Raises OverflowError or ValueError for a number that no event holds.
    """
    if flags > 0x7f:
        raise ValueError(f"flags {flags} is above 127")
    if min(ts_ns, price, order_qty, leaves_qty, cum_qty, last_px, last_qty, bound, reference) < 0:
        raise ValueError("a report holds no negative number but a fee")
    cdef Event event
    cdef Detail detail
    memset(&event, 0, sizeof(Event))
    memset(&detail, 0, sizeof(Detail))
    event.exec_id = exec_id
    event.order_id = order_id
    event.cl_ord_id = cl_ord_id
    event.ref_id = ref_id
    event.price = price
    event.order_qty = order_qty
    event.leaves_qty = leaves_qty
    event.cum_qty = cum_qty
    event.last_px = last_px
    event.last_qty = last_qty
    event.account = account
    event.instrument = instrument
    event.exec_type = exec_type
    event.side = side
    event.liquidity = liquidity
    event.reason = reason
    detail.fee = fee
    detail.bound = bound
    detail.reference = reference
    detail.quality = quality
    detail.settlement = settlement
    detail.fallback = fallback
    cdef unsigned char[MAX_REPORT] out
    cdef uint32_t size = encode_report(&event, &detail, seq, ts_ns, flags, out)
    return out[:size]


def with_poss_dup(bytes frame not None) -> bytes:
    """Return the frame with POSS_DUP set in its flags and nothing else changed.  Raises ValueError on what no report looks like."""
    cdef bytearray marked = bytearray(frame)
    cdef Cursor cursor
    cursor.at = <const unsigned char*>marked + min(len(marked), LENGTH_PREFIX)
    cursor.end = <const unsigned char*>marked + len(marked)
    cursor.failed = cursor.at != cursor.end and cursor.at[0] == ARRAY_32        # no report is so long
    take_array(&cursor)
    take_uint(&cursor, U63)
    take_uint(&cursor, U63)
    take_uint(&cursor, U63)
    if cursor.failed or cursor.at == cursor.end or cursor.at[0] > 0x7f:
        raise ValueError("not the frame of a report")
    mark_poss_dup(marked)
    return bytes(marked)


def type_and_seq(bytes payload not None) -> tuple[int | None, int | None]:
    """Return type and sequence number of a payload, each None where it can't be read, whatever comes after them."""
    cdef uint64_t message_type = 0
    cdef uint64_t seq = 0
    cdef int known = peek(payload, <uint32_t>len(payload), &message_type, &seq)
    return message_type if known > 0 else None, seq if known > 1 else None
