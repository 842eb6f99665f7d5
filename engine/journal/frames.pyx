"""The bytes of a journal: how a frame is finished, and how it is told from anything else.

A frame is accepted only as the successor of the one before it: next sequence, hash of the header before (which holds the hash of its body,
and so on down to the first), no older epoch, and checksums seeded with its own file's random generation.  All of it runs without the GIL,
at the speed of memory for long bodies and some 0.3 us for short ones.
"""

from libc.stdint cimport UINT64_MAX, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from engine.journal.hashes cimport crc32c_extend, xxh64_of
from engine.journal.records import Fault, Foreign, Group, Heads, Tip

cdef enum:
    NONE = 0                        # as engine.journal.records.Fault
    NO_FRAME = 1
    BAD_HEADER = 2
    BAD_LENGTH = 3
    BAD_SEQUENCE = 4
    BAD_CHAIN = 5
    BAD_EPOCH = 6
    BAD_BODY = 7
    BAD_PADDING = 8

MAX_BODY_BYTES = <int> MAX_BODY
HEAD_STRIDE_BYTES = <int> HEAD_STRIDE
HEADS_BYTES = <int> HEADS * HEAD_STRIDE_BYTES


cdef class Opened:
    """What the header of a segment says."""

    cdef readonly uint64_t number
    cdef readonly uint64_t generation
    cdef readonly uint64_t first_seq
    cdef readonly uint64_t prev_hash
    cdef readonly uint32_t sector_bytes
    cdef readonly uint32_t shard


def all_zero(data not None, uint64_t start=0):
    """Return whether there is nothing in bytes from a place on."""
    cdef const uint8_t[::1] view = data
    return start >= <uint64_t> view.shape[0] or is_zero(&view[start], view.shape[0] - start)


def read_segment_header(data not None):
    """Return what the header of a segment says: an Opened, None where there are only zeros, or a text that says what is wrong.

    The text is a Foreign where a crash cannot be the reason, because the header is whole.
    """
    cdef const uint8_t[::1] view = data
    cdef SegmentHeader header
    cdef size_t sector
    cdef Opened opened = Opened.__new__(Opened)
    if view.shape[0] < HEADER_BYTES:
        return "shorter than a header"
    memcpy(&header, &view[0], HEADER_BYTES)
    if is_zero(&view[0], HEADER_BYTES):
        return None
    if header.magic != SEGMENT_MAGIC:
        return "not the header of a segment"
    if crc32c_extend(0, &header.version, HEADER_BYTES - 8) != header.crc:
        return "the header's checksum is wrong"
    if header.version != FORMAT_VERSION:
        return Foreign(f"the segment is of format version {header.version}, and this program reads version {<int> FORMAT_VERSION} only")
    sector = header.sector_bytes
    if <size_t> view.shape[0] < sector or not is_zero(&view[HEADER_BYTES], sector - HEADER_BYTES):
        return "the bytes after the header are not zero"
    opened.number = header.number
    opened.generation = header.generation
    opened.first_seq = header.first_seq
    opened.prev_hash = header.prev_hash
    opened.sector_bytes = header.sector_bytes
    opened.shard = header.shard
    return opened


def make_segment_header(uint64_t number, uint64_t generation, tip not None, uint32_t sector_bytes, uint32_t shard=0):
    """Return the first sector of a segment, as the writer writes it."""
    cdef Link link = linked(tip, generation, sector_bytes, shard)
    cdef bytearray sector = bytearray(sector_bytes)
    segment_header(sector, &link, number)
    return bytes(sector)


def make_frame(group not None, tip not None, uint64_t generation, uint32_t sector_bytes, uint64_t durable_seq):
    """Return the frame of a group that follows a tip, as the writer writes it, and the tip after it."""
    cdef Link link = linked(tip, generation, sector_bytes, group.shard)
    cdef bytearray frame = bytearray(padded(len(group.body), sector_bytes))
    cdef uint8_t* at = frame
    cdef FrameHeader* header = <FrameHeader*> at
    link.epoch = group.epoch
    frame[HEADER_BYTES:HEADER_BYTES + len(group.body)] = group.body
    header.count = group.count
    header.body_bytes = <uint32_t> len(group.body)
    header.ts_ns = group.ts_ns
    frame_finish(header, &link, durable_seq)
    link_past(&link, header)
    return bytes(frame), Tip(next_seq=link.next_seq, prev_hash=link.prev_hash, epoch=link.epoch)


def make_head(uint64_t counter, uint64_t segment, uint64_t end, uint64_t seq, uint64_t frame_hash):
    """Return a head, as the writer writes it."""
    cdef Head head = [0, 0, counter, segment, end, seq, frame_hash, 0, 0]
    head_finish(&head)
    return (<const unsigned char*> &head)[:HEADER_BYTES]


def read_heads(data not None):
    """Return the newest of the heads that are valid, all zero where none is."""
    cdef const uint8_t[::1] view = data
    cdef Head head
    cdef Py_ssize_t at
    best = Heads()
    for at in range(0, view.shape[0] - HEADER_BYTES + 1, HEAD_STRIDE):
        memcpy(&head, &view[at], HEADER_BYTES)
        if head.magic == HEAD_MAGIC and head.crc == crc32c_extend(0, &head.counter, HEADER_BYTES - 8):
            best = max(best, Heads(head.counter, head.segment, head.end, head.seq, head.frame_hash))
    return best


def newest_head(data not None):
    """Return which of the heads is the newest that is valid; the last where none is."""
    cdef Py_ssize_t place
    newest = read_heads(data)
    for place in range(HEADS - 1):
        if newest.counter and read_heads(data[place * HEAD_STRIDE:(place + 1) * HEAD_STRIDE]) == newest:
            return place
    return HEADS - 1


cdef class Chain:
    """A walk along the frames of one segment.  `offset` is where it stands in the file, `fault` why it did not go on."""

    cdef Link link
    cdef readonly uint64_t offset
    cdef readonly uint64_t frames
    cdef int why

    def __cinit__(self, Opened opened not None, tip=None):
        self.link.next_seq = opened.first_seq
        self.link.prev_hash = opened.prev_hash
        self.link.generation = opened.generation
        self.link.epoch = 0 if tip is None else tip.epoch
        self.link.shard = opened.shard
        self.link.sector_bytes = opened.sector_bytes
        self.offset = opened.sector_bytes

    @property
    def tip(self):
        return Tip(next_seq=self.link.next_seq, prev_hash=self.link.prev_hash, epoch=self.link.epoch)

    @property
    def next_seq(self):
        return self.link.next_seq

    @property
    def fault(self):
        return Fault(self.why)

    def walk(self, data not None, uint64_t start=0, uint64_t until=UINT64_MAX):
        """Go past the good frames in bytes that begin at `start` of the file, up to that with sequence `until`; return how many."""
        cdef const uint8_t[::1] view = data
        cdef uint64_t before = self.frames
        cdef const uint8_t* base
        cdef const FrameHeader* header
        if self.offset < start or self.offset - start >= <uint64_t> view.shape[0]:
            self.why = BAD_LENGTH if self.offset < start else NO_FRAME
            return 0
        base = &view[0]
        with nogil:
            while self.offset - start < <uint64_t> view.shape[0]:
                self.why = frame_fault(base + (self.offset - start), view.shape[0] - (self.offset - start), &self.link)
                header = <const FrameHeader*> (base + (self.offset - start))
                if self.why or header.first_seq + header.count > until:
                    break
                self.pass_over(header)
        return self.frames - before

    def take(self, data not None, uint64_t start=0):
        """Go past the next frame, if it is a good one, and return its group; None if it is not."""
        cdef const uint8_t[::1] view = data
        cdef const FrameHeader* header
        if self.offset < start or self.offset - start >= <uint64_t> view.shape[0]:
            self.why = BAD_LENGTH
            return None
        header = <const FrameHeader*> &view[self.offset - start]
        self.why = frame_fault(<const uint8_t*> header, view.shape[0] - (self.offset - start), &self.link)
        if self.why:
            return None
        self.pass_over(header)
        return Group(
            first_seq=header.first_seq,
            count=header.count,
            ts_ns=header.ts_ns,
            body=(<const unsigned char*> header)[HEADER_BYTES:HEADER_BYTES + header.body_bytes],
            epoch=header.epoch,
            shard=header.shard,
        )

    def proof(self, data not None):
        """Return (durable_seq, offset) of the header, from here to the end of the whole segment, that proves most to have been durable.

        (0, 0) where none is left.  A header counts if it is of this file, whatever became of its body.
        """
        cdef const uint8_t[::1] view = data
        cdef const FrameHeader* header
        cdef uint64_t at = self.offset
        cdef uint64_t best = 0
        cdef uint64_t place = 0
        with nogil:
            while at + HEADER_BYTES <= <uint64_t> view.shape[0]:
                header = <const FrameHeader*> &view[at]
                if header.magic == FRAME_MAGIC and header.durable_seq > best and header.crc == frame_crc(header, self.link.generation):
                    best = header.durable_seq
                    place = at
                at += self.link.sector_bytes
        return best, place

    def torn(self, data not None):
        """Return how many bytes behind the last good frame, of a whole segment, are not zero up to the last of them."""
        cdef const uint8_t[::1] view = data
        cdef Py_ssize_t end = view.shape[0]
        cdef Py_ssize_t begin = self.offset
        with nogil:
            while end - 4096 >= begin and is_zero(&view[end - 4096], 4096):
                end -= 4096
            while end > begin and view[end - 1] == 0:
                end -= 1
        return max(end - begin, 0)

    cdef void pass_over(self, const FrameHeader* header) noexcept nogil:
        self.offset += padded(header.body_bytes, self.link.sector_bytes)
        self.frames += 1
        link_past(&self.link, header)


cdef uint32_t frame_crc(const FrameHeader* header, uint64_t generation) noexcept nogil:
    return crc32c_extend(crc32c_extend(0, &generation, sizeof(generation)), &header.first_seq, HEADER_BYTES - 8)


cdef void frame_finish(FrameHeader* header, const Link* link, uint64_t durable_seq) noexcept nogil:
    """Fill in what its writer did not know: `count`, `body_bytes`, `ts_ns`, the body and the padding are there."""
    header.magic = FRAME_MAGIC
    header.first_seq = link.next_seq
    header.epoch = link.epoch
    header.shard = link.shard
    header.prev_hash = link.prev_hash
    header.body_hash = xxh64_of(<const uint8_t*> header + HEADER_BYTES, header.body_bytes, link.generation ^ header.first_seq)
    header.durable_seq = durable_seq
    header.crc = frame_crc(header, link.generation)


cdef int frame_fault(const uint8_t* at, size_t room, const Link* link) noexcept nogil:
    """Return 0 for a frame that follows, else why what is there is none."""
    cdef const FrameHeader* header = <const FrameHeader*> at
    cdef size_t end
    if room < HEADER_BYTES or header.magic != FRAME_MAGIC:
        return NO_FRAME
    if header.crc != frame_crc(header, link.generation):
        return BAD_HEADER
    end = padded(header.body_bytes, link.sector_bytes)
    if header.body_bytes > MAX_BODY or end > room:
        return BAD_LENGTH
    if header.first_seq != link.next_seq or header.count == 0:
        return BAD_SEQUENCE
    if header.prev_hash != link.prev_hash:
        return BAD_CHAIN
    if header.epoch < link.epoch or header.shard != link.shard:
        return BAD_EPOCH
    if header.body_hash != xxh64_of(at + HEADER_BYTES, header.body_bytes, link.generation ^ header.first_seq):
        return BAD_BODY
    if not is_zero(at + HEADER_BYTES + header.body_bytes, end - HEADER_BYTES - header.body_bytes):
        return BAD_PADDING
    return NONE


cdef void link_past(Link* link, const FrameHeader* header) noexcept nogil:
    link.next_seq = header.first_seq + header.count
    link.prev_hash = xxh64_of(header, HEADER_BYTES, 0)
    link.epoch = header.epoch


cdef void segment_header(uint8_t* sector, const Link* link, uint64_t number) noexcept nogil:
    cdef SegmentHeader* header = <SegmentHeader*> sector
    memset(sector, 0, link.sector_bytes)
    header.magic = SEGMENT_MAGIC
    header.version = FORMAT_VERSION
    header.sector_bytes = link.sector_bytes
    header.generation = link.generation
    header.number = number
    header.first_seq = link.next_seq
    header.prev_hash = link.prev_hash
    header.shard = link.shard
    header.crc = crc32c_extend(0, &header.version, HEADER_BYTES - 8)


cdef void head_finish(Head* head) noexcept nogil:
    head.magic = HEAD_MAGIC
    head.crc = crc32c_extend(0, &head.counter, HEADER_BYTES - 8)


cdef Link linked(object tip, uint64_t generation, uint32_t sector_bytes, uint32_t shard):
    cdef Link link
    link.next_seq = tip.next_seq
    link.prev_hash = tip.prev_hash
    link.epoch = tip.epoch
    link.generation = generation
    link.shard = shard
    link.sector_bytes = sector_bytes
    return link


cdef bint is_zero(const uint8_t* at, size_t length) noexcept nogil:
    return length == 0 or (at[0] == 0 and memcmp(at, at + 1, length - 1) == 0)
