"""A thread that writes groups to segments and never needs the interpreter.

    append -> | ring of frames, in aligned memory | -> writer thread -> segment, heads -> released_seq, eventfd
                                                          |    ^
                                          segment is full v    | the next one, made ahead of need
                                                     the thread that makes and closes segments (Python)
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.journal.frames cimport Head, Link
from engine.journal.posix cimport FileOps

cdef enum:
    SLOTS = 4096                    # groups that can wait
    MAX_WRITE = 2 << 20             # bytes in one write; a frame of its own may be no longer

cdef enum:                          # what stopped it
    FAILED_WRITE = 1
    FAILED_SHORT = 2
    FAILED_SYNC = 3
    FAILED_HEADS = 4
    FAILED_SUPPLY = 5
    FAILED_OUTSIDE = 6

cdef struct Slot:
    uint64_t start                  # in the ring, counted from the first byte ever
    size_t size

cdef struct Place:                  # a segment that can be written to
    uint64_t number                 # 0: none
    uint64_t generation
    size_t size
    int fd
    bint syncs                      # its writes are durable when they return

cdef struct Core:
    FileOps ops
    uint8_t* ring
    size_t ring_bytes
    Slot slots[SLOTS]
    uint64_t head                   # slots ever taken; written by the caller's thread, read by the writer's
    uint64_t tail                   # slots ever written; the reverse
    uint64_t bottom                 # bytes of the ring ever given back
    int thread_id                   # the system's number of the thread, 0 until it runs
    int resting                     # the writer waits to be woken
    uint64_t released_seq
    uint64_t durable_seq
    int ended                       # the thread is done
    int closing
    int failed                      # what stopped it, 0 while nothing has
    int failed_errno
    int64_t failed_result
    uint64_t failed_segment
    uint64_t failed_offset
    uint64_t current_number         # segment now written to; those before it are closed
    uint64_t current_end            # where its next frame will go
    Place next                      # handed over by storing its number last
    int supply_errno                # why there will be no next one, 0 while there may be
    int starving                    # it waits for the next one
    int wake_fd
    int released_fd
    int closed_fd                   # tells the other thread that a segment was closed, or that there is need of one
    int heads_fd
    Place current                   # from here on the writer's own
    uint64_t offset
    Link link
    Head newest
    uint64_t written_seq
    bint heads_unsynced
    int head_written                # place of the newest
    int head_synced                 # place of one that is on the disk, and stays until a newer one is
    bint waits_for_sync             # mode async
    int64_t sync_ns
    int64_t last_sync_ns

cdef void* run(void* argument) noexcept nogil
cdef void signal_fd(int fd) noexcept nogil
cdef int64_t now_ns() noexcept nogil
