"""The thread that writes groups to segments: C from end to end, so that it never waits for the interpreter.

It takes all the groups that wait, writes them with one call, and when the disk has them says so by `released_seq` and an eventfd; meanwhile
the next groups gather: the slower the disk, the larger the batch.  Nobody holds a lock, so neither side can stall the other.

The first failure of any kind ends it for good, with its reason.  Nothing is ever tried again: a second fsync after a failed one succeeds
and means nothing.
"""

from libc.errno cimport ENOSPC, errno
from libc.stdint cimport int64_t, uint8_t, uint64_t
from posix.mman cimport MAP_ANONYMOUS, MAP_FAILED, MAP_PRIVATE, PROT_READ, PROT_WRITE, mmap, munmap
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

from engine.journal.frames cimport HEAD_STRIDE, HEADER_BYTES, HEADS, FrameHeader, frame_finish, head_finish, link_past, segment_header
from engine.journal.posix cimport *

cdef enum:
    IDLE_MS = 2                     # without a new group, after which the heads go to the disk


cdef void* run(void* argument) noexcept nogil:
    cdef Core* core = <Core*> argument
    name_own_thread("journal-writer")
    store_int(&core.thread_id, own_thread_id())
    while not load_int(&core.failed):
        if core.tail != load_u64(&core.head):
            if not write_waiting(core):
                break
        elif load_int(&core.closing):
            sync_segment(core) and sync_heads(core)
            break
        elif not rest(core):
            break
    store_int(&core.ended, 1)
    signal_fd(core.released_fd)
    signal_fd(core.closed_fd)
    return NULL


cdef bint write_waiting(Core* core) noexcept nogil:
    """Write what waits, as far as it lies in one piece and fits the segment, and release it."""
    cdef uint64_t head = load_u64(&core.head)
    cdef uint64_t tail = core.tail
    cdef Slot* first = &core.slots[tail % SLOTS]
    cdef Slot* slot = first
    cdef size_t size = 0
    cdef FrameHeader* header
    if core.current.number == 0 or core.offset + first.size > core.current.size:
        if not sync_segment(core) or not turn_over(core):
            return False
    while tail != head:
        slot = &core.slots[tail % SLOTS]
        if slot.start != first.start + size or slot.start % core.ring_bytes < first.start % core.ring_bytes:
            break
        if core.offset + size + slot.size > core.current.size or (size and size + slot.size > MAX_WRITE):
            break
        header = <FrameHeader*> (core.ring + slot.start % core.ring_bytes)
        frame_finish(header, &core.link, core.durable_seq)
        link_past(&core.link, header)
        size += slot.size
        tail += 1
    if not write_all(core, core.ring + first.start % core.ring_bytes, size):
        return False
    core.offset += size
    core.written_seq = core.link.next_seq - 1
    if not core.waits_for_sync and not sync_segment(core):
        return False
    store_u64(&core.bottom, first.start + size)
    store_u64(&core.tail, tail)
    store_u64(&core.released_seq, core.written_seq)
    signal_fd(core.released_fd)
    return not core.waits_for_sync or now_ns() - core.last_sync_ns < core.sync_ns or sync_segment(core)


cdef bint write_all(Core* core, const void* data, size_t size) noexcept nogil:
    cdef ssize_t written = core.ops.pwrite(core.current.fd, data, size, core.offset)
    if written == <ssize_t> size:
        return True
    return stop(core, FAILED_WRITE if written < 0 else FAILED_SHORT, errno_of(written), written)


cdef bint sync_segment(Core* core) noexcept nogil:
    """Know that all that was written is on the disk, and write so to the heads."""
    if core.durable_seq == core.written_seq:
        return True
    if not core.current.syncs and core.ops.fdatasync(core.current.fd):
        return stop(core, FAILED_SYNC, errno, 0)
    store_u64(&core.current_end, core.offset)
    store_u64(&core.durable_seq, core.written_seq)
    core.last_sync_ns = now_ns() if core.waits_for_sync else 0
    return write_head(core)


cdef bint write_head(Core* core) noexcept nogil:
    """Write the newer head over the older.  It goes to the disk by itself later, or when there is nothing else to do."""
    cdef ssize_t written
    core.head_written = other_head(core.head_written, core.head_synced)
    core.newest.counter += 1
    core.newest.segment = core.current.number
    core.newest.end = core.offset
    core.newest.seq = core.durable_seq
    core.newest.frame_hash = core.link.prev_hash
    head_finish(&core.newest)
    core.heads_unsynced = True
    written = core.ops.pwrite(core.heads_fd, &core.newest, HEADER_BYTES, core.head_written * HEAD_STRIDE)
    return written == HEADER_BYTES or stop(core, FAILED_HEADS, errno_of(written), written)


cdef bint sync_heads(Core* core) noexcept nogil:
    if core.heads_unsynced and core.ops.fdatasync(core.heads_fd):
        return stop(core, FAILED_HEADS, errno, 0)
    core.heads_unsynced = False
    core.head_synced = core.head_written
    return True


cdef int other_head(int newest, int synced) noexcept nogil:
    """Return a place for the next head: not the newest's, where a reader may be looking, nor that of the one that is safe."""
    return HEADS - newest - synced if newest != synced else (newest + 1) % HEADS


cdef bint turn_over(Core* core) noexcept nogil:
    """Go on in the next segment, as soon as there is one: write its header, so that its first frame has something to follow."""
    cdef uint64_t number
    cdef size_t sector = core.link.sector_bytes
    cdef uint8_t* header
    store_int(&core.starving, 1)
    while load_u64(&core.next.number) == 0:
        if load_int(&core.failed):
            return False
        if load_int(&core.supply_errno):
            core.offset = 0
            return stop(core, FAILED_SUPPLY, core.supply_errno, 0)
        signal_fd(core.closed_fd)
        wait_for(core.wake_fd, 100)
    store_int(&core.starving, 0)
    core.current = core.next
    core.link.generation = core.current.generation
    core.offset = 0
    header = <uint8_t*> mmap(NULL, sector, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if header == <uint8_t*> MAP_FAILED:
        return stop(core, FAILED_WRITE, errno, 0)
    segment_header(header, &core.link, core.current.number)
    number = core.current.number
    if not write_all(core, header, sector):
        munmap(header, sector)
        return False
    munmap(header, sector)
    if not core.current.syncs and core.ops.fdatasync(core.current.fd):
        return stop(core, FAILED_SYNC, errno, 0)
    core.offset = sector
    store_u64(&core.current_end, sector)
    store_u64(&core.current_number, number)
    store_u64(&core.next.number, 0)
    signal_fd(core.closed_fd)
    return True


cdef bint rest(Core* core) noexcept nogil:
    """Wait for a group, and use the time: sync what mode async owes, then the heads."""
    cdef int64_t left_ms = -1
    cdef bint woken
    if core.written_seq != core.durable_seq:
        left_ms = max(0, (core.last_sync_ns + core.sync_ns - now_ns()) // 1_000_000 + 1)
    elif core.heads_unsynced:
        left_ms = IDLE_MS
    store_int(&core.resting, 1)
    if load_u64(&core.head) != core.tail or load_int(&core.closing):
        store_int(&core.resting, 0)
        return True
    woken = wait_for(core.wake_fd, <int> left_ms)
    store_int(&core.resting, 0)
    return woken or (sync_segment(core) if core.written_seq != core.durable_seq else sync_heads(core))


cdef bint stop(Core* core, int failed, int why, ssize_t result) noexcept nogil:
    core.failed_errno = why
    core.failed_result = result
    core.failed_segment = core.current.number + (failed == FAILED_SUPPLY)
    core.failed_offset = core.offset
    store_int(&core.failed, failed)
    return False


cdef inline int errno_of(ssize_t written) noexcept nogil:
    """Return why a write did not write all: one that stopped short gives no reason, and want of room is the only one that it can have."""
    return errno if written < 0 else ENOSPC


cdef bint wait_for(int fd, int timeout_ms) noexcept nogil:
    """Return whether the descriptor was signaled in time, and make it silent again."""
    cdef pollfd readable = [fd, POLLIN, 0]
    cdef uint64_t count
    poll(&readable, 1, timeout_ms)
    return read(fd, &count, sizeof(count)) == sizeof(count)


cdef void signal_fd(int fd) noexcept nogil:
    cdef uint64_t one = 1
    write(fd, &one, sizeof(one))


cdef int64_t now_ns() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec
