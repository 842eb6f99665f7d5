"""A command as the log has it: its words of 4 bytes that are not 0, behind a word that says which these are.

    filled | word | word | ...      bit i of `filled` stands for bytes 4i to 4i + 3 of the Command

Most fields of most commands are 0: an order takes some 48 bytes of the 112, a cancel 40.  What is behind the log (hashes, seals, the disk)
costs by the byte.  `engine.transcript` reads and writes the same in Python.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from engine.matching.types cimport Command, unlikely

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #define ats_first_one(x) ((uint32_t) __builtin_ctz(x))      /* of a value that is not 0 */
    #define ats_ones(x) ((uint32_t) __builtin_popcount(x))
    #ifdef __SSE2__
    #include <emmintrin.h>
    static inline uint32_t ats_four_filled(const void* words)
    {
        __m128i empty = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i*) words), _mm_setzero_si128());
        return (uint32_t) _mm_movemask_ps(_mm_castsi128_ps(empty)) ^ 15;
    }
    #else
    static inline uint32_t ats_four_filled(const void* words)
    {
        uint32_t w[4];
        memcpy(w, words, sizeof w);
        return (w[0] != 0) | (w[1] != 0) << 1 | (w[2] != 0) << 2 | (w[3] != 0) << 3;
    }
    #endif
    """
    uint32_t first_one "ats_first_one"(uint32_t value) noexcept nogil
    uint32_t ones "ats_ones"(uint32_t value) noexcept nogil
    uint32_t four_filled "ats_four_filled"(const void* words) noexcept nogil    # a bit for each that is not 0

cdef enum:
    WORD = 4
    WORDS = sizeof(Command) // WORD
    PACKED_MAX = WORD + sizeof(Command)


cdef inline size_t pack_command(const Command* command, uint8_t* out) noexcept nogil:
    """Write a command and return its length."""
    cdef const uint32_t* words = <const uint32_t*> command
    cdef uint8_t* at = out + WORD
    cdef uint32_t filled = 0
    cdef uint32_t i
    for i in range(<uint32_t> WORDS // 4):
        filled |= four_filled(&words[4 * i]) << 4 * i
    memcpy(out, &filled, WORD)
    while filled != 0:
        memcpy(at, &words[first_one(filled)], WORD)
        at += WORD
        filled &= filled - 1
    return at - out


cdef inline size_t unpack_command(const uint8_t* at, size_t size, Command* command) noexcept nogil:
    """Read the command that begins here and return its length, or 0 where none does."""
    cdef uint32_t* words = <uint32_t*> command
    cdef const uint8_t* start = at
    cdef uint32_t filled
    if unlikely(size < WORD):
        return 0
    memcpy(&filled, at, WORD)
    at += WORD
    if unlikely(filled >> WORDS != 0 or size < WORD + <size_t> WORD * ones(filled)):
        return 0
    memset(command, 0, sizeof(Command))
    while filled != 0:
        memcpy(&words[first_one(filled)], at, WORD)
        at += WORD
        filled &= filled - 1
    return at - start
