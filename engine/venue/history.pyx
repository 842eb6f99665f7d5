"""Bytes in a venue's history."""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset


cdef uint64_t history_of_bytes(uint64_t history, const uint8_t* data, size_t size) noexcept nogil:
    cdef uint64_t words[16]
    cdef size_t done = 0
    cdef size_t part
    while done < size:
        part = min(size - done, sizeof(words))
        memset(words, 0, sizeof(words))
        memcpy(words, data + done, part)
        history = fold(history, words, words + 12)
        done += part
    memset(words, 0, sizeof(words))
    words[0] = size
    return fold(history, words, words + 12)
