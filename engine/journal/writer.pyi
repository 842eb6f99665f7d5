from engine.journal.journal import Journal
from engine.journal.records import Tip

class Writer(Journal):
    """The ring, the thread and their state; whoever makes the segments derives from it.

    `ops` of `start` are the addresses of a pwrite and an fdatasync to use in place of the system's, 0 for these.
    """

    @property
    def max_body(self) -> int:
        """Bytes that a group can have."""

    @property
    def priority(self) -> int:
        """Real-time priority of the thread (SCHED_FIFO), 0 where it has an ordinary one."""

    @property
    def thread_id(self) -> int:
        """The system's number of the thread, for what can be asked about it or for it."""

    @property
    def locked(self) -> bool:
        """Whether the ring stays in memory, whatever else wants it."""

    @property
    def durable_seq(self) -> int:
        """Last sequence that is on the disk: in mode async, behind what was released."""

    @property
    def failed(self) -> bool:
        """Whether it was stopped by a failure."""

    @property
    def failed_errno(self) -> int:
        """The system's number of the failure: ENOSPC for a write that stopped short, 0 where there is none."""

    @property
    def ended(self) -> bool:
        """Whether the thread writes nothing any more."""

    def start(
        self,
        tip: Tip,
        heads_fd: int,
        counter: int,
        head: int,
        *,
        epoch: int,
        shard: int,
        sector_bytes: int,
        segment_bytes: int,
        ring_bytes: int,
        sync_ms: int,
        realtime: bool = False,
        ops: tuple[int, int] = (0, 0),
    ) -> None:
        """Start the thread, to follow a tip, with heads that go to this descriptor and are numbered from `counter` on.

        The newest of them is at place `head`, and on the disk.  `ring_bytes` bounds what can wait; `sync_ms` > 0 releases before the disk
        has it and syncs so often (mode async).  With `realtime` the thread goes before all ordinary ones and the ring is kept in memory,
        as far as the system permits it.
        """

    def supply(self, number: int, generation: int, size: int, fd: int, syncs: bool) -> None:
        """Hand over the next segment: zeros from end to end, open for writing, `syncs` if a write to it is durable when it returns."""

    def fail(self, why: int) -> None:
        """Say that there will be no next segment; the current one is still written to."""

    def halt(self, why: str) -> None:
        """Take and release nothing any more, for a reason that the thread cannot see."""

    def needs(self) -> tuple[bool, bool]:
        """Return (whether the next segment is to be made, whether the writer stands still for want of it)."""

    def place(self) -> tuple[int, int]:
        """Return the segment that is being written, 0 at first, and the end of its last durable frame."""

    def closed_fileno(self) -> int:
        """Return the descriptor that becomes readable when a segment was closed or is needed."""

    def join(self) -> None:
        """Let the thread write what was taken, and wait for its end."""
