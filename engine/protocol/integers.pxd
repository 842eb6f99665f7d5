"""The integers of MessagePack, as the compiled codec reads and writes them.

One byte below 0x80, or a head that says width and sign, and 1, 2, 4 or 8 bytes, the largest first.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from engine.matching.types cimport likely

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #define ats_top_bit(x) (63 - __builtin_clzll(x))    /* of a value that is not 0 */
    static inline uint64_t ats_swapped(uint64_t x) { return __builtin_bswap64(x); }
    static inline uint64_t ats_big_endian(const unsigned char* at, int bytes)
    { uint64_t x = 0; memcpy(&x, at, bytes); return ats_swapped(x) >> (64 - 8 * bytes); }

    typedef struct { const unsigned char* end; uint64_t value; } ats_taken;

    /* Not inline: with a copy of it for each integer of a message the compiler has none of the two comparisons that most of them need. */
    static __attribute__((noinline)) ats_taken ats_take_wide(const unsigned char* at, const unsigned char* end)
    {
        ats_taken none = { end, 1ull << 63 };
        uint8_t head = at < end ? *at++ : 0;
        int64_t left = end - at;
        if (head == 0xce && left >= 4) return (ats_taken) { at + 4, ats_big_endian(at, 4) };
        if (head == 0xcf && left >= 8) return (ats_taken) { at + 8, ats_big_endian(at, 8) };
        if (head == 0xcd && left >= 2) return (ats_taken) { at + 2, ats_big_endian(at, 2) };
        if (head == 0xcc && left >= 1) return (ats_taken) { at + 1, *at };
        if (head == 0xd0 && left >= 1 && *at < 0x80) return (ats_taken) { at + 1, *at };
        if (head == 0xd1 && left >= 2 && *at < 0x80) return (ats_taken) { at + 2, ats_big_endian(at, 2) };
        if (head == 0xd2 && left >= 4 && *at < 0x80) return (ats_taken) { at + 4, ats_big_endian(at, 4) };
        if (head == 0xd3 && left >= 8 && *at < 0x80) return (ats_taken) { at + 8, ats_big_endian(at, 8) };
        return none;
    }

    /* By the top bit of an integer: the class of its width (1, 2, 4, 8 bytes), the bytes with its head, the bits that it leaves of 64. */
    typedef struct { uint8_t rank, size, spare; } ats_width;
    #define ATS_8(x) x, x, x, x, x, x, x, x
    #define ATS_1 {0, 2, 56}
    #define ATS_2 {1, 3, 48}
    #define ATS_4 {2, 5, 32}
    #define ATS_W {3, 9, 0}
    static const ats_width ats_widths[64] = {
        ATS_8(ATS_1), ATS_8(ATS_2), ATS_8(ATS_4), ATS_8(ATS_4), ATS_8(ATS_W), ATS_8(ATS_W), ATS_8(ATS_W), ATS_8(ATS_W) };
    """
    ctypedef struct Taken "ats_taken":
        const unsigned char* end        # of the integer
        uint64_t value
    ctypedef struct Width "ats_width":
        uint8_t rank
        uint8_t size
        uint8_t spare
    const Width* WIDTHS "ats_widths"
    uint32_t top_bit "ats_top_bit"(uint64_t value) noexcept nogil
    uint64_t swapped "ats_swapped"(uint64_t value) noexcept nogil
    # An integer with a head of its own, in any form in which it is not negative; a value above 2**63 - 1 where there is none.
    Taken take_wide "ats_take_wide"(const unsigned char* at, const unsigned char* end) noexcept nogil

cdef enum:
    UINT_8 = 0xcc               # heads; those of one sign follow each other
    INT_8 = 0xd0

cdef struct Cursor:
    const unsigned char* at
    const unsigned char* end
    bint failed


cdef inline uint64_t take_uint(Cursor* cursor, uint32_t bits) noexcept nogil:
    """Read an integer of any width that is not negative and fits in `bits` (at most 63), or mark the cursor as failed."""
    cdef const unsigned char* at = cursor.at
    cdef Taken wide
    if at < cursor.end and at[0] < 0x80:
        cursor.at = at + 1
        return at[0]
    wide = take_wide(at, cursor.end)
    cursor.at = wide.end
    cursor.failed |= wide.value >> bits != 0
    return wide.value


cdef inline unsigned char* put_uint(unsigned char* at, uint64_t value) noexcept nogil:
    """Write an integer as msgspec does, in its fewest bytes; return the place behind it.  Up to nine bytes are overwritten."""
    if value < 0x80:
        at[0] = value
        return at + 1
    return put_wide(at, UINT_8, value, top_bit(value))


cdef inline unsigned char* put_int(unsigned char* at, int64_t value) noexcept nogil:
    """Write an integer that may be negative, likewise."""
    if value >= 0:
        return put_uint(at, value)
    if value >= -32:
        at[0] = value & 0xff
        return at + 1
    return put_wide(at, INT_8, value, top_bit(~value) + 1)


cdef inline unsigned char* put_wide(unsigned char* at, uint8_t narrowest, uint64_t value, uint32_t top) noexcept nogil:
    """Write an integer with this top bit behind its head."""
    cdef const Width* width = &WIDTHS[top]
    at[0] = narrowest + width.rank
    value = swapped(value << width.spare)
    memcpy(at + 1, &value, 8)
    return at + width.size


cdef inline unsigned char* put_byte(unsigned char* at, uint8_t value) noexcept nogil:
    """Write an integer that has one byte."""
    if likely(value < 0x80):
        at[0] = value
        return at + 1
    at[0] = UINT_8
    at[1] = value
    return at + 2


cdef inline unsigned char* put_zeros(unsigned char* at, uint32_t count) noexcept nogil:
    """Write up to eight zeros.  Eight bytes are overwritten."""
    memset(at, 0, 8)
    return at + count


cdef inline uint32_t int_size(uint8_t head) noexcept nogil:
    return 1 if head < 0x80 else 1 + (<uint32_t>1 << (head & 3))
