"""Two checksums that need no GIL: CRC32C for headers of 64 bytes, XXH64 for bodies of up to a megabyte."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef uint32_t crc32c_extend(uint32_t crc, const void* data, size_t length) noexcept nogil
cdef uint64_t xxh64_of(const void* data, size_t length, uint64_t seed) noexcept nogil
