"""What is in the files of a journal.  All numbers are little-endian.

    segment   | SegmentHeader | zeros to the sector | frame | frame | ... | zeros |
    frame     | FrameHeader | body | zeros to the sector |
    heads     | Head | zeros to 4096 | Head | zeros to 4096 | Head | zeros to 4096 |

A frame is what one append gave.  It begins and ends with a sector, so that writing the next one never touches it.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef enum:
    HEADER_BYTES = 64               # of each of the three headers
    HEAD_STRIDE = 4096              # from one head to the next: no sector holds two
    HEADS = 3                       # one that is on the disk, and two to write in turns
    MAX_BODY = 1 << 20
    FORMAT_VERSION = 1
    FRAME_MAGIC = 0x4a535441        # ATSJ
    SEGMENT_MAGIC = 0x53535441      # ATSS
    HEAD_MAGIC = 0x48535441         # ATSH

cdef struct SegmentHeader:
    uint32_t magic
    uint32_t crc                    # of what follows
    uint32_t version
    uint32_t sector_bytes
    uint64_t generation             # random; seeds the checksums of the frames, so that those of another file never pass for this one's
    uint64_t number                 # 1 for a journal's first segment
    uint64_t first_seq              # of its first frame
    uint64_t prev_hash              # of the last frame of the segment before, 0 in the first
    uint64_t unused
    uint32_t shard
    uint32_t unused_too

cdef struct FrameHeader:
    uint32_t magic
    uint32_t crc                    # of the generation and of what follows
    uint64_t first_seq
    uint32_t count                  # sequences in it
    uint32_t body_bytes
    uint32_t epoch                  # which opening of the journal wrote it; never less than that of the frame before
    uint32_t shard
    int64_t ts_ns
    uint64_t prev_hash              # XXH64 of the header of the frame before
    uint64_t body_hash              # XXH64, seeded with generation and first_seq
    uint64_t durable_seq            # what its writer knew to be on the disk: proof against a loss before it

cdef struct Head:
    uint32_t magic
    uint32_t crc                    # of what follows
    uint64_t counter                # the head with the larger one counts
    uint64_t segment
    uint64_t end                    # of the last durable frame, in bytes from the segment's beginning
    uint64_t seq                    # last durable one
    uint64_t frame_hash
    uint64_t unused
    uint64_t unused_too

cdef struct Link:                   # what the next frame must follow
    uint64_t next_seq
    uint64_t prev_hash
    uint64_t generation
    uint32_t epoch
    uint32_t shard
    uint32_t sector_bytes

cdef uint32_t frame_crc(const FrameHeader* header, uint64_t generation) noexcept nogil
cdef void frame_finish(FrameHeader* header, const Link* link, uint64_t durable_seq) noexcept nogil
cdef int frame_fault(const uint8_t* at, size_t room, const Link* link) noexcept nogil
cdef void link_past(Link* link, const FrameHeader* header) noexcept nogil
cdef void segment_header(uint8_t* sector, const Link* link, uint64_t number) noexcept nogil
cdef void head_finish(Head* head) noexcept nogil


cdef inline size_t padded(size_t body_bytes, size_t sector_bytes) noexcept nogil:
    """Return the size of a frame."""
    return (HEADER_BYTES + body_bytes + sector_bytes - 1) // sector_bytes * sector_bytes
