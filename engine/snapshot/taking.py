"""Taking snapshots of a venue that goes on: a forked copy writes what the venue was at that moment.

The two share all memory that the venue does not change meanwhile.  The venue stands still for as long as the fork takes, which grows with
its memory, and then pays a page fault for each page that it is the first to change.  A snapshot gets its name only when the log is known to
hold, durable, the very command that the snapshot ends with: a mark with the same history and the same time.
"""

import os
import signal
import time
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec
from msgspec import structs

from engine.journal.reading import JournalReader, durable_seq
from engine.matching.enums import CommandKind
from engine.replica import Replica
from engine.snapshot.child import fork, is_orphan, leave_venue
from engine.snapshot.folder import open_folder, prune, publish, write_part
from engine.snapshot.records import Snapshot, Taken
from engine.snapshot.state import of
from engine.transcript import commands_of

WAIT_MS = 60_000
LOOK_EVERY_MS = 2  # the heads follow a group within 2 ms
TOLD_BYTES = 4096  # a pipe takes so much at once
TEXT_CHARACTERS = 900


class NotDurable(Exception):
    """The log does not hold what the snapshot ends with."""


class Orphaned(Exception):
    """The venue is gone, and with it whoever could say what its log holds."""


class Snapshotter:
    """Whoever takes the snapshots of one venue, one at a time, into a folder of its own beside the journal.

    To be used by one thread, which must live as long as the venue: a copy ends with the thread that made it.  Nothing but misuse raises
    here; what goes wrong is told by `poll`.  A copy waits for the journal at most `wait_ms`, and runs on `cores`, where some are named.
    """

    def __init__(
        self, folder: Path | str, journal_folder: Path | str, *, wait_ms: int = WAIT_MS, cores: AbstractSet[int] = frozenset()
    ) -> None:
        self.folder = Path(folder)
        self.pause_ns = 0  # for which the venue stood still at the last `take`
        self._log = Path(journal_folder)
        self._wait_ms = wait_ms
        self._cores = cores
        self._child = self._told = -1
        self._seq = 0
        self._failed: Taken | None = None
        open_folder(self.folder)

    @property
    def busy(self) -> bool:
        """Whether a snapshot is under way, or one has ended and nobody has asked."""
        return self._child > 0 or self._failed is not None

    def take(self, replica: Replica, birth: bytes) -> None:
        """Begin to write what the replica is now: its last command is a mark, which ends its group of the log.

        RuntimeError while another is under way.
        """
        if self.busy:
            raise RuntimeError(f"the snapshot of sequence {self._seq} is still under way")
        began_ns = time.perf_counter_ns()
        self._seq = replica.next_seq - 1
        try:
            self._fork(replica, birth)
        except OSError as error:  # no memory, too many processes, too many descriptors
            self._failed = Taken(self._seq, 0, error=f"no process could be made to write it: {error}")
        self.pause_ns = time.perf_counter_ns() - began_ns

    def poll(self) -> Taken | None:
        """Return what became of the snapshot that was begun, once; None while it is under way and when there is none."""
        if self._failed is not None:
            failed, self._failed = self._failed, None
            return failed
        return self._ended(os.WNOHANG) if self._child > 0 else None

    def take_now(self, replica: Replica, birth: bytes) -> Taken:
        """Write what the replica is now and return when that is done: for a stop, or a test.  One that is under way is given up."""
        self.close()
        return _taken(replica, birth, self.folder, self._log, self._wait_ms, 0)

    def close(self) -> None:
        """Give up what is under way."""
        if self._child > 0:
            os.kill(self._child, signal.SIGKILL)
            self._ended(0)
            open_folder(self.folder)
        self._failed = None

    def _fork(self, replica: Replica, birth: bytes) -> None:
        parent = os.getpid()
        told, tell = os.pipe()
        try:
            self._child = fork()
            if self._child == 0:
                self._be_the_copy(replica, birth, parent, tell)
        except OSError:
            os.close(told)
            raise
        finally:
            os.close(tell)
        self._told = told

    def _ended(self, options: int) -> Taken | None:
        try:
            ended, status = os.waitpid(self._child, options)
        except ChildProcessError:  # where SIGCHLD is ignored the system forgets a process that ends
            ended, status = self._child, 0
        if not ended:
            return None
        self._child = -1
        told = os.read(self._told, TOLD_BYTES)
        os.close(self._told)
        if told:
            return msgspec.msgpack.decode(told, type=Taken)
        return Taken(self._seq, 0, error=f"the process that wrote it was ended: status {os.waitstatus_to_exitcode(status)}")

    def _be_the_copy(self, replica: Replica, birth: bytes, parent: int, tell: int) -> None:
        """Do the copy's work and end; nothing that is raised may reach the venue's code."""
        status = 1
        try:
            try:
                tell = leave_venue(parent, tell, self._cores)
            except Exception as problem:  # noqa: BLE001 as below
                taken = Taken(self._seq, 0, error=repr(problem))
            else:
                taken = _taken(replica, birth, self.folder, self._log, self._wait_ms, parent)
            os.write(tell, msgspec.msgpack.encode(taken))
            status = 0
        finally:
            os._exit(status)


def _taken(replica: Replica, birth: bytes, folder: Path, log: Path, wait_ms: int, parent: int) -> Taken:
    """Check, write and name a snapshot, in the venue's process or in a copy that has a `parent`."""
    began = time.perf_counter()
    seq = replica.next_seq - 1
    size, error, broken = 0, None, True
    try:
        replica.venue.check()
        broken = False
        size = _write(of(replica, birth), folder, log, wait_ms, parent)
    except Exception as problem:  # noqa: BLE001 whatever it is, the venue must hear of it and go on
        error = f"{'an invariant of the venue does not hold: ' * broken}{type(problem).__name__}: {problem}"[:TEXT_CHARACTERS]
    return Taken(seq, time.perf_counter() - began, size, error, broken)


def _write(snapshot: Snapshot, folder: Path, log: Path, wait_ms: int, parent: int) -> int:
    """Write a snapshot when the log holds its last command; return its length."""
    deadline = time.monotonic() + wait_ms / 1000
    while durable_seq(log) < snapshot.seq:
        if time.monotonic() > deadline:
            raise NotDurable(f"sequence {snapshot.seq} was not durable after {wait_ms} ms")
        time.sleep(LOOK_EVERY_MS / 1000)
    _stop_if_orphan(parent)
    part, size = write_part(folder, structs.replace(snapshot, frame_hash=_frame_hash(snapshot, log)))
    _stop_if_orphan(parent)
    publish(part, snapshot.seq)
    prune(folder)
    return size


def _frame_hash(snapshot: Snapshot, log: Path) -> int:
    """Return the hash of the frame that ends with the snapshot's last command, which is a mark and says that the history was the same."""
    with JournalReader(log, snapshot.seq) as reader:
        group = next(reader.poll())
        *_, (seq, last, _) = commands_of(group)
        found = (seq, last.kind, last.order_id, last.ts_ns)
        if found != (snapshot.seq, CommandKind.MARK, snapshot.history, snapshot.last_ts_ns):
            raise NotDurable(f"the log's group with sequence {snapshot.seq} does not end with the mark that the venue carried out")
        return reader.last_hash


def _stop_if_orphan(parent: int) -> None:
    if parent and is_orphan(parent):
        raise Orphaned("the venue is gone")
