"""The hash of everything that a venue ever said: each event with its detail, and the outcome of each act, folded into one number.

    mum(a, b)       the low and the high half of the 128-bit product a * b, combined by xor
    fold(h, words)  mum(h ^ x ^ KEYS[0], KEYS[1]), where x is the xor of mum(words[i] ^ KEYS[i], words[i + 1] ^ KEYS[i + 1]) over the pairs

An event is 12 words of 64 bits and its detail 4, little-endian; bytes are padded with zeros to a multiple of 16 words, and their length
is folded behind them as the first of 16 words.  Two venues whose histories are equal have said the same; the hash is no proof against
somebody who wants it to be wrong, for which the journal has seals.
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
    static inline uint64_t ats_mum(uint64_t a, uint64_t b)
    { unsigned __int128 r = (unsigned __int128) a * b; return (uint64_t) r ^ (uint64_t) (r >> 64); }
    static inline uint64_t ats_fold(uint64_t h, const void* first, int n, const void* rest)
    {
        const ats_word* a = (const ats_word*) first;
        const ats_word* b = (const ats_word*) rest;
        uint64_t x = 0;
        for (int i = 0; i < n; i += 2) x ^= ats_mum(a[i] ^ ats_keys[i], a[i + 1] ^ ats_keys[i + 1]);
        for (int i = n; i < 16; i += 2) x ^= ats_mum(b[i - n] ^ ats_keys[i], b[i - n + 1] ^ ats_keys[i + 1]);
        return ats_mum(h ^ x ^ ats_keys[0], ats_keys[1]);
    }
    """
    uint64_t fold "ats_fold"(uint64_t history, const void* words, int count, const void* rest) noexcept nogil

cdef uint64_t history_of_bytes(uint64_t history, const uint8_t* data, size_t size) noexcept nogil


cdef inline uint64_t history_of_event(uint64_t history, const Event* event, const Detail* detail) noexcept nogil:
    return fold(history, event, 12, detail)
