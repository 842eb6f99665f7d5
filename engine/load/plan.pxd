"""What a session of a load will ask: requests drawn from a mix, and their frames."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef struct Request:            # 24 bytes
    int64_t price               # 1e-4 of the quote unit; 0 of a cancel
    int64_t qty                 # 1e-6 of a token; 0 of a cancel
    uint32_t names              # cancel, replace: the request of this plan whose id the order has
    uint8_t kind                # CMD_ENTER, CMD_CANCEL, CMD_REPLACE
    uint8_t side
    uint8_t tif
    uint8_t unused


cdef class Plan:
    cdef readonly uint32_t count
    cdef readonly uint64_t first_seq            # of the first request's frame
    cdef readonly uint64_t first_cl_ord_id
    cdef readonly uint32_t account
    cdef readonly uint32_t instrument
    cdef readonly bytearray frames
    cdef Request* requests
    cdef uint64_t* ends                         # for each request, where its frame ends in `frames`
    cdef unsigned char* put_request(self, unsigned char* at, uint32_t index, int64_t ts_ns) noexcept
