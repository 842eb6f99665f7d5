"""The checksums of the journal, written here because the libraries that have them cannot be called without the GIL.

They give the answers of google-crc32c and xxhash, which the tests hold them to.  CRC32C goes byte by byte, some 0.2 us a header: it finds
every flip of up to five bits in one.  XXH64 runs at memory speed on a body.  Neither is cryptographic: against forgery, closed segments
are signed.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef enum:
    CASTAGNOLI = 0x82f63b78             # the polynomial, bits reversed

cdef uint64_t PRIME_1 = 0x9e3779b185ebca87
cdef uint64_t PRIME_2 = 0xc2b2ae3d27d4eb4f
cdef uint64_t PRIME_3 = 0x165667b19e3779f9
cdef uint64_t PRIME_4 = 0x85ebca77c2b2ae63
cdef uint64_t PRIME_5 = 0x27d4eb2f165667c5

cdef uint32_t crc_table[256]
fill_table()


def crc32c(data not None, uint32_t crc=0):
    """Return the CRC32C of bytes, continued from that of the bytes before them."""
    cdef const uint8_t[::1] view = data
    return crc32c_extend(crc, &view[0], view.shape[0]) if view.shape[0] else crc


def xxh64(data not None, uint64_t seed=0):
    """Return the XXH64 of bytes."""
    cdef const uint8_t[::1] view = data
    return xxh64_of(&view[0] if view.shape[0] else NULL, view.shape[0], seed)


cdef uint32_t crc32c_extend(uint32_t crc, const void* data, size_t length) noexcept nogil:
    cdef const uint8_t* at = <const uint8_t*> data
    cdef const uint8_t* end = at + length
    crc = ~crc
    while at < end:
        crc = crc >> 8 ^ crc_table[(crc ^ at[0]) & 0xff]
        at += 1
    return ~crc


cdef uint64_t xxh64_of(const void* data, size_t length, uint64_t seed) noexcept nogil:
    cdef const uint8_t* at = <const uint8_t*> data
    cdef const uint8_t* end = at + length
    cdef uint64_t a = seed + PRIME_1 + PRIME_2
    cdef uint64_t b = seed + PRIME_2
    cdef uint64_t c = seed
    cdef uint64_t d = seed - PRIME_1
    cdef uint64_t total = seed + PRIME_5
    if length >= 32:
        while end - at >= 32:
            a = mixed(a, word(at))
            b = mixed(b, word(at + 8))
            c = mixed(c, word(at + 16))
            d = mixed(d, word(at + 24))
            at += 32
        total = turned(a, 1) + turned(b, 7) + turned(c, 12) + turned(d, 18)
        total = (total ^ mixed(0, a)) * PRIME_1 + PRIME_4
        total = (total ^ mixed(0, b)) * PRIME_1 + PRIME_4
        total = (total ^ mixed(0, c)) * PRIME_1 + PRIME_4
        total = (total ^ mixed(0, d)) * PRIME_1 + PRIME_4
    return spread(with_rest(total + length, at, end))


cdef inline uint64_t with_rest(uint64_t total, const uint8_t* at, const uint8_t* end) noexcept nogil:
    cdef uint32_t half
    while end - at >= 8:
        total = turned(total ^ mixed(0, word(at)), 27) * PRIME_1 + PRIME_4
        at += 8
    if end - at >= 4:
        memcpy(&half, at, 4)
        total = turned(total ^ half * PRIME_1, 23) * PRIME_2 + PRIME_3
        at += 4
    while at < end:
        total = turned(total ^ at[0] * PRIME_5, 11) * PRIME_1
        at += 1
    return total


cdef inline uint64_t spread(uint64_t total) noexcept nogil:
    total = (total ^ total >> 33) * PRIME_2
    total = (total ^ total >> 29) * PRIME_3
    return total ^ total >> 32


cdef inline uint64_t mixed(uint64_t lane, uint64_t value) noexcept nogil:
    return turned(lane + value * PRIME_2, 31) * PRIME_1


cdef inline uint64_t turned(uint64_t value, int bits) noexcept nogil:
    return value << bits | value >> (64 - bits)


cdef inline uint64_t word(const uint8_t* at) noexcept nogil:
    cdef uint64_t value
    memcpy(&value, at, 8)
    return value


cdef void fill_table() noexcept:
    cdef uint32_t crc
    cdef int byte
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (<uint32_t> CASTAGNOLI if crc & 1 else 0)
        crc_table[byte] = crc
