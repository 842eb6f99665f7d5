"""The three numbered reports of a venue as arrays of integers.

A report holds nothing else, so one loop reads all three; the number of elements is that of the type.  Nothing is checked against the end
while it is read, because the longest possible report is short: where it ended is compared in the end.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef enum:
    INT_BYTES = 9               # the longest integer


cdef int read_report(const unsigned char* payload, uint32_t length, int64_t* report) noexcept nogil:
    """Read the integers of a report and return how many there are, 0 where it is another message, -1 where it is damaged."""
    cdef const unsigned char* at = payload
    cdef int elements
    cdef int wanted
    cdef int i
    if at[0] >> 4 == 9:
        elements = at[0] & 0x0f
        at += 1
    elif at[0] == 0xdc and length > 3:
        elements = at[1] << 8 | at[2]
        at += 3
    else:
        return -1
    at = read_int(at, &report[0])
    if at == NULL:
        return -1
    wanted = EXECUTION_ELEMENTS if report[0] == EXECUTION_REPORT else REJECT_ELEMENTS if report[0] == CANCEL_REJECT else MASS_ELEMENTS
    if report[0] != EXECUTION_REPORT and report[0] != CANCEL_REJECT and report[0] != MASS_CANCEL_REPORT:
        return 0
    if elements != wanted:
        return -1
    for i in range(1, wanted):
        at = read_int(at, &report[i])
        if at == NULL:
            return -1
    return elements if at == payload + length else -1


cdef inline const unsigned char* read_int(const unsigned char* at, int64_t* value) noexcept nogil:
    """Read one integer of any width and return the place behind it, NULL where there is none; at most INT_BYTES are read."""
    cdef uint8_t head = at[0]
    cdef uint64_t found
    if head < 0x80:
        value[0] = head
        return at + 1
    if head == 0xcc:
        value[0] = at[1]
        return at + 2
    if head == 0xcd:
        value[0] = <int64_t> at[1] << 8 | at[2]
        return at + 3
    if head == 0xce:
        value[0] = load_32(at + 1)
        return at + 5
    if head == 0xcf:
        found = <uint64_t> load_32(at + 1) << 32 | load_32(at + 5)
        value[0] = <int64_t> found
        return at + INT_BYTES if found >> 63 == 0 else NULL
    return read_negative(at, value)


cdef const unsigned char* read_negative(const unsigned char* at, int64_t* value) noexcept nogil:
    """Read an integer of the signed widths: a rebate."""
    cdef uint8_t head = at[0]
    if head >= 0xe0:
        value[0] = <int64_t> head - 256
        return at + 1
    if head == 0xd0:
        value[0] = <signed char> at[1]
        return at + 2
    if head == 0xd1:
        value[0] = <short> (<int> at[1] << 8 | at[2])
        return at + 3
    if head == 0xd2:
        value[0] = <int> load_32(at + 1)
        return at + 5
    if head == 0xd3:
        value[0] = <int64_t> (<uint64_t> load_32(at + 1) << 32 | load_32(at + 5))
        return at + INT_BYTES
    return NULL


cdef inline uint32_t load_32(const unsigned char* at) noexcept nogil:
    return <uint32_t> at[0] << 24 | <uint32_t> at[1] << 16 | <uint32_t> at[2] << 8 | at[3]


def decode(bytes payload not None):
    """Return the integers of a report, or None for another message.  ValueError for one that is damaged."""
    cdef int64_t[MOST_ELEMENTS] report
    cdef bytes padded = payload + bytes(BEHIND)
    cdef int elements = read_report(padded, <uint32_t> len(payload), report) if payload else -1
    if elements < 0:
        raise ValueError("not a report: another number of elements, or one that is no integer")
    return [report[i] for i in range(elements)] if elements else None
