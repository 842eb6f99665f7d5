"""The native half of a journal on disk, as its writer sees it: groups go into a ring, and are released when the thread has written them.

`append` copies a group and returns; it never waits, and a full ring makes it return False.
"""

from libc.errno cimport EPIPE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset
from posix.mman cimport MADV_DONTFORK, MADV_HUGEPAGE, MAP_ANONYMOUS, MAP_FAILED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from posix.mman cimport madvise, mlock, mmap, munlock, munmap

import os

from engine.journal.core cimport *
from engine.journal.frames cimport HEADER_BYTES, MAX_BODY, FrameHeader, padded
from engine.journal.posix cimport *
from engine.journal.records import JournalStopped

cdef enum:
    PRIORITY = 1                    # the least that goes before all ordinary threads: it never computes for long


cdef class Writer(Journal):
    """The ring, the thread and their state; whoever makes the segments derives from it.

    `ops` of `start` are the addresses of a pwrite and an fdatasync to use in place of the system's, 0 for these.
    """

    def __cinit__(self, *arguments, **options):
        cdef Core* core = <Core*> calloc(1, sizeof(Core))
        if core == NULL:
            raise MemoryError
        self.core = core
        core.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
        core.released_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
        core.closed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)

    def __dealloc__(self):
        if self.core == NULL:
            return
        self.core.supply_errno = self.core.supply_errno or EPIPE  # who would make a segment is gone
        self.end()
        for fd in (self.core.wake_fd, self.core.released_fd, self.core.closed_fd):
            close(fd)
        if self.core.ring != NULL:
            munmap(self.core.ring, self.core.ring_bytes)
            munlock(self.core, sizeof(Core))
        free(self.core)

    def start(self, tip not None, int heads_fd, uint64_t counter, int head, *, uint32_t epoch, uint32_t shard, uint32_t sector_bytes,
              size_t segment_bytes, size_t ring_bytes, uint32_t sync_ms, bint realtime=False, ops=(0, 0)):
        """Start the thread, to follow a tip, with heads that go to this descriptor and are numbered from `counter` on.

        The newest of them is at place `head`, and on the disk.  `ring_bytes` bounds what can wait; `sync_ms` > 0 releases before the disk
        has it and syncs so often (mode async).  With `realtime` the thread goes before all ordinary ones and the ring is kept in memory,
        as far as the system permits it.
        """
        cdef Core* core = self.core
        assert core.ring == NULL
        if sector_bytes < 512 or sector_bytes & (sector_bytes - 1) or segment_bytes % sector_bytes or ring_bytes % (2 * sector_bytes):
            raise ValueError(f"a sector of {sector_bytes} bytes is not a power of two from 512, or does not divide segment and half a ring")
        if segment_bytes < 2 * sector_bytes or ring_bytes == 0:
            raise ValueError(f"a segment of {segment_bytes} bytes or a ring of {ring_bytes} has no room for a group")
        if epoch < tip.epoch:
            raise ValueError(f"epoch {epoch} is older than {tip.epoch}, which the journal has seen")
        self.max_body = min(<size_t> MAX_BODY, segment_bytes - sector_bytes - HEADER_BYTES, ring_bytes // 2 - HEADER_BYTES)
        self.last_seq = tip.next_seq - 1
        core.released_seq = core.durable_seq = core.written_seq = self.last_seq
        core.link.next_seq = tip.next_seq
        core.link.prev_hash = tip.prev_hash
        core.link.epoch = epoch
        core.link.shard = shard
        core.link.sector_bytes = sector_bytes
        core.waits_for_sync = sync_ms > 0
        core.sync_ns = <int64_t> sync_ms * 1_000_000
        core.ops.pwrite = <pwrite_t> <size_t> ops[0] if ops[0] else pwrite
        core.ops.fdatasync = <fdatasync_t> <size_t> ops[1] if ops[1] else fdatasync
        core.ring_bytes = ring_bytes
        core.ring = <uint8_t*> mmap(NULL, ring_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        if core.ring == <uint8_t*> MAP_FAILED:
            core.ring = NULL
            raise MemoryError
        madvise(core.ring, ring_bytes, MADV_HUGEPAGE)  # a write of 1 MiB past the system's cache takes a quarter less from huge pages
        memset(core.ring, 0, ring_bytes)    # touched now, not by the first groups
        madvise(core.ring, ring_bytes, MADV_DONTFORK)  # a fork that takes a snapshot needs none of it, nor shall it make us copy pages
        self.locked = realtime and mlock(core, sizeof(Core)) == 0 and mlock(core.ring, ring_bytes) == 0
        core.heads_fd = heads_fd
        core.newest.counter = counter
        core.head_written = core.head_synced = head
        core.last_sync_ns = now_ns()
        self.launch()
        if realtime:
            self.raise_priority()

    cdef int launch(self) except -1:
        cdef sigset_t every
        cdef sigset_t before
        sigfillset(&every)
        pthread_sigmask(SIG_SETMASK, &every, &before)  # the thread inherits it: signals are for Python's main thread
        failed = pthread_create(&self.thread, NULL, run, self.core)
        pthread_sigmask(SIG_SETMASK, &before, NULL)
        if failed:
            raise OSError(failed, os.strerror(failed))
        self.started = True
        self.owner = getpid()
        return 0

    cdef void raise_priority(self) noexcept:
        """Let the thread run as soon as the disk or the caller wakes it, if the system permits that, and know what came of it.

        At an ordinary priority it waits for the end of a busy neighbour's time slice, some 4 ms, after each of a group's two waits.
        """
        cdef sched_param wanted = [PRIORITY]
        cdef sched_param got = [0]
        cdef int policy
        if pthread_getschedparam(self.thread, &policy, &got) == 0 and policy not in (SCHED_FIFO, SCHED_RR):
            if pthread_setschedparam(self.thread, SCHED_FIFO, &wanted) == 0:
                got = wanted
        self.priority = got.sched_priority

    def append(self, body not None, uint64_t first_seq, uint32_t count, int64_t ts_ns):
        """Take a group and return True, or False while there is no room for it.

        ValueError when it does not follow the last group or is too long; JournalStopped when the journal takes nothing any more.
        """
        cdef const uint8_t[::1] view = body
        return self.put(&view[0] if view.shape[0] else NULL, view.shape[0], first_seq, count, ts_ns) == 1

    cdef int put(self, const uint8_t* body, size_t length, uint64_t first_seq, uint32_t count, int64_t ts_ns) except -1:
        """Take a group and return 1, or 0 while there is no room for it."""
        cdef Core* core = self.core
        cdef size_t size = padded(length, core.link.sector_bytes)
        cdef uint64_t start = self.top
        cdef FrameHeader* header
        self.check(length, first_seq, count)
        if size > core.ring_bytes - start % core.ring_bytes:
            start += core.ring_bytes - start % core.ring_bytes  # a frame does not wrap: a write takes one piece of memory
        if start + size - load_u64(&core.bottom) > core.ring_bytes or core.head - load_u64(&core.tail) == SLOTS:
            return 0
        header = <FrameHeader*> (core.ring + start % core.ring_bytes)
        header.count = count
        header.body_bytes = <uint32_t> length
        header.ts_ns = ts_ns
        if length:
            memcpy(<uint8_t*> header + HEADER_BYTES, body, length)
        memset(<uint8_t*> header + HEADER_BYTES + length, 0, size - HEADER_BYTES - length)
        core.slots[core.head % SLOTS].start = start
        core.slots[core.head % SLOTS].size = size
        self.top = start + size
        self.last_seq = first_seq + count - 1
        store_u64(&core.head, core.head + 1)
        if load_int(&core.resting):
            signal_fd(core.wake_fd)
        return 1

    cdef int check(self, size_t length, uint64_t first_seq, uint32_t count) except -1:
        if not self.started or self.core.closing or load_int(&self.core.failed):
            raise JournalStopped(self.stopped or "the journal is not open")
        if first_seq != self.last_seq + 1 or count == 0:
            raise ValueError(f"a group of {count} from sequence {first_seq} on does not follow sequence {self.last_seq}")
        if length > self.max_body:
            raise ValueError(f"a group of {length} bytes is longer than {self.max_body}")
        return 0

    cdef uint64_t released(self) except? 0:
        return load_u64(&self.core.released_seq)

    @property
    def released_seq(self):
        """Last sequence for which the promise holds."""
        return load_u64(&self.core.released_seq)

    @property
    def durable_seq(self):
        """Last sequence that is on the disk: in mode async, behind what was released."""
        return load_u64(&self.core.durable_seq)

    @property
    def stopped(self):
        """Why the journal takes nothing any more; None while it does."""
        cdef Core* core = self.core
        cdef int failed = load_int(&core.failed)
        if not failed:
            return "the journal was closed" if core.closing else None
        name = f"segment {core.failed_segment}"
        why = f"[Errno {core.failed_errno}] {os.strerror(core.failed_errno)}"
        if failed == FAILED_WRITE:
            return f"a write to {name} at byte {core.failed_offset} failed: {why}"
        if failed == FAILED_SHORT:
            return f"a write to {name} at byte {core.failed_offset} stopped after {core.failed_result} bytes"
        if failed == FAILED_SYNC:
            return f"a sync of {name} up to byte {core.failed_offset} failed: {why}"
        if failed == FAILED_HEADS:
            return f"the heads could not be written: {why}"
        return f"{name} could not be made: {why}" if failed == FAILED_SUPPLY else self.halted

    def fileno(self):
        """Return the descriptor that becomes readable when something was released, or the journal has stopped."""
        return self.core.released_fd

    def settle(self):
        """Make the descriptor silent until the next release, and return the last released sequence."""
        cdef uint64_t count
        read(self.core.released_fd, &count, sizeof(count))
        return self.released_seq

    def wait(self, uint64_t seq, int timeout_ms=-1):
        """Block until a sequence is released and return True, or False when the time is over.

        JournalStopped when it never will be.
        """
        cdef Core* core = self.core
        cdef pollfd readable = [core.released_fd, POLLIN, 0]
        cdef int64_t until = now_ns() + <int64_t> timeout_ms * 1_000_000
        cdef int left = timeout_ms
        while load_u64(&core.released_seq) < seq:
            if load_int(&core.failed) or load_int(&core.ended) or not self.started:
                raise JournalStopped(self.stopped or "the journal is not open")
            if timeout_ms >= 0:
                left = <int> ((until - now_ns()) // 1_000_000)
                if left < 0:
                    return False
            with nogil:
                poll(&readable, 1, left)
            self.settle()
        return True

    def supply(self, uint64_t number, uint64_t generation, size_t size, int fd, bint syncs):
        """Hand over the next segment: zeros from end to end, open for writing, `syncs` if a write to it is durable when it returns."""
        cdef Core* core = self.core
        assert not core.next.number
        core.next.generation = generation
        core.next.size = size
        core.next.fd = fd
        core.next.syncs = syncs
        store_u64(&core.next.number, number)
        signal_fd(core.wake_fd)

    def fail(self, int why):
        """Say that there will be no next segment; the current one is still written to."""
        store_int(&self.core.supply_errno, why)
        signal_fd(self.core.wake_fd)

    def halt(self, str why not None):
        """Take and release nothing any more, for a reason that the thread cannot see."""
        self.halted = why
        if not load_int(&self.core.failed):
            store_int(&self.core.failed, FAILED_OUTSIDE)
        signal_fd(self.core.wake_fd)

    def needs(self):
        """Return (whether the next segment is to be made, whether the writer stands still for want of it)."""
        return load_u64(&self.core.next.number) == 0, load_int(&self.core.starving) != 0

    def place(self):
        """Return the segment that is being written, 0 at first, and the end of its last durable frame."""
        return load_u64(&self.core.current_number), load_u64(&self.core.current_end)

    @property
    def thread_id(self):
        """The system's number of the thread, for what can be asked about it or for it."""
        while self.started and not load_int(&self.core.thread_id):
            usleep(100)             # it was just made
        return self.core.thread_id

    @property
    def failed(self):
        """Whether it was stopped by a failure."""
        return load_int(&self.core.failed) != 0

    @property
    def failed_errno(self):
        """The system's number of the failure: ENOSPC for a write that stopped short, 0 where there is none."""
        return self.core.failed_errno if load_int(&self.core.failed) else 0

    @property
    def ended(self):
        """Whether the thread writes nothing any more."""
        return load_int(&self.core.ended) != 0

    def closed_fileno(self):
        """Return the descriptor that becomes readable when a segment was closed or is needed."""
        return self.core.closed_fd

    def join(self):
        """Let the thread write what was taken, and wait for its end."""
        self.end()

    cdef void end(self) noexcept:
        """Do what `join` does; by itself it can also be called when the interpreter has taken the class apart."""
        if not self.started or self.owner != getpid():
            return
        store_int(&self.core.closing, 1)
        signal_fd(self.core.wake_fd)
        with nogil:
            pthread_join(self.thread, NULL)
        self.started = False
