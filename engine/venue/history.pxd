"""The hash of everything that a venue ever said: each event with its detail, and the outcome of each act, folded into one number.

    fold(h, words)  two sums of 64 bits, a = h and b = 0: for each even i the product of the two halves of words[i] ^ KEYS[i] is added to a,
                    and words[i] itself to b; for each odd i likewise the product to b and the word to a; then the low and the high half
                    of the 128-bit product (a ^ KEYS[0]) * (b ^ KEYS[1]), combined by xor

An event is 12 words of 64 bits, little-endian, and its detail, where any of it is not 0, 4 more; bytes are padded with zeros to a multiple
of 16 words, and their length is folded behind them as the first of 16 words.  Two venues whose histories are equal have said the same; the
hash is no proof against somebody who wants it to be wrong, for which the journal has seals.
"""

from libc.stdint cimport uint8_t, uint64_t

from engine.matching.types cimport Event
from engine.venue.state cimport Detail

cdef extern from *:
    """
    #include <stdint.h>
    typedef uint64_t __attribute__((may_alias)) ats_word;     /* records of other types are read as words */
    static const uint64_t ats_keys[16] = {
        0x9E3779B97F4A7C15ull, 0xBF58476D1CE4E5B9ull, 0x94D049BB133111EBull, 0xD6E8FEB86659FD93ull,
        0xA0761D6478BD642Full, 0xE7037ED1A0B428DBull, 0x8EBC6AF09C88C6E3ull, 0x589965CC75374CC3ull,
        0x1D8E4E27C47D124Full, 0xEB44ACCAB455D165ull, 0x2D358DCCAA6C78A5ull, 0x8BB84B93962EACC9ull,
        0x4B33A62ED433D4A3ull, 0x4D5A2DA51DE1AA47ull, 0xC2B2AE3D27D4EB4Full, 0x165667B19E3779F9ull };
    /* The sums are the halves of a vector: the loop is one that every compiler turns into a few instructions for two words at a time. */
    #ifdef __SSE2__
    #include <emmintrin.h>
    typedef __m128i ats_sums;
    static inline ats_sums ats_sums_of(uint64_t h) { return _mm_cvtsi64_si128((int64_t) h); }
    static inline ats_sums ats_add_pair(ats_sums sums, const ats_word* pair, const uint64_t* keys)
    {
        __m128i words = _mm_loadu_si128((const __m128i*) pair);
        __m128i mixed = _mm_xor_si128(words, _mm_loadu_si128((const __m128i*) keys));
        __m128i products = _mm_mul_epu32(mixed, _mm_srli_epi64(mixed, 32));
        return _mm_add_epi64(sums, _mm_add_epi64(products, _mm_shuffle_epi32(words, 0x4e)));
    }
    #define ats_first(sums) ((uint64_t) _mm_cvtsi128_si64(sums))
    #define ats_second(sums) ((uint64_t) _mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)))
    #else
    typedef struct { uint64_t first, second; } ats_sums;
    static inline uint64_t ats_halves(uint64_t word) { return (word & 0xffffffff) * (word >> 32); }
    static inline ats_sums ats_sums_of(uint64_t h) { return (ats_sums) { h, 0 }; }
    static inline ats_sums ats_add_pair(ats_sums sums, const ats_word* pair, const uint64_t* keys)
    {
        return (ats_sums) { sums.first + ats_halves(pair[0] ^ keys[0]) + pair[1], sums.second + ats_halves(pair[1] ^ keys[1]) + pair[0] };
    }
    #define ats_first(sums) ((sums).first)
    #define ats_second(sums) ((sums).second)
    #endif
    static inline uint64_t ats_fold(uint64_t h, const void* event, const void* detail)
    {
        const ats_word* words = (const ats_word*) event;
        const ats_word* more = (const ats_word*) detail;
        ats_sums sums = ats_sums_of(h);
        for (int i = 0; i < 12; i += 2) sums = ats_add_pair(sums, words + i, ats_keys + i);
        if (more[0] | more[1] | more[2] | more[3])
            for (int i = 0; i < 4; i += 2) sums = ats_add_pair(sums, more + i, ats_keys + 12 + i);
        unsigned __int128 r = (unsigned __int128) (ats_first(sums) ^ ats_keys[0]) * (ats_second(sums) ^ ats_keys[1]);
        return (uint64_t) r ^ (uint64_t) (r >> 64);
    }
    """
    uint64_t fold "ats_fold"(uint64_t history, const void* words, const void* rest) noexcept nogil

cdef uint64_t history_of_bytes(uint64_t history, const uint8_t* data, size_t size) noexcept nogil


cdef inline uint64_t history_of_event(uint64_t history, const Event* event, const Detail* detail) noexcept nogil:
    return fold(history, event, detail)
