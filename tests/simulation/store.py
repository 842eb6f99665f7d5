"""Where the simulated venue is kept: the journal and the snapshots on the fake disk, in the manner of `engine.store.FolderStore`.

A snapshot is the real bytes of the venue as it stood when it was begun.  Who writes it (a child of the process) goes on beside the venue,
dies with it, is slow, fails, and gives the file its name only when the journal's heads say that the place is durable.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from msgspec import structs

from engine.journal.frames import Chain, Opened, read_heads, read_segment_header
from engine.journal.records import JournalCorrupt, Mode
from engine.replica import Replica
from engine.snapshot.format import read, write
from engine.snapshot.records import Snapshot, SnapshotFault, Taken
from engine.snapshot.state import of
from tests.simulation.disk import Disk
from tests.simulation.journal import HEADS, Habits, SimJournal
from tests.simulation.loop import MS, Scope

FOLDER = "snapshots/"
KEPT = 2


@dataclass(frozen=True)
class Camera:
    """How snapshots are taken: how long a step of it takes, and how often one fails."""

    step_ns: int = 20 * MS
    fails: float = 0.05


def snapshot_name(seq: int) -> str:
    return f"{FOLDER}{seq:020d}.snap"


def snapshot_names(disk: Disk) -> list[str]:
    """Return the names of the snapshots, oldest first."""
    return [name for name in disk.names(FOLDER) if name.endswith(".snap")]


class SimStore:
    """A store of one process of the venue.  JournalCorrupt as SimJournal."""

    def __init__(self, disk: Disk, scope: Scope, random: Random, habits: Habits, camera: Camera, wake) -> None:
        self._disk, self._scope, self._random, self._camera = disk, scope, random, camera
        self.journal = SimJournal(disk, scope, random, habits, wake)
        self.mode = Mode.DURABLE
        self.folder: Path | None = None
        self.warning: str | None = None
        self.faults: list[str] = []
        self.busy = False
        self._taken: Taken | None = None
        for name in disk.names(FOLDER):
            if name.endswith(".part"):
                disk.remove(name)

    @property
    def torn_bytes(self) -> int:
        return self.journal.recovered.torn

    def newest(self) -> Snapshot | None:
        self.faults = []
        for name in reversed(snapshot_names(self._disk)):
            try:
                found = read(self._disk.reread(name), name)
            except SnapshotFault as fault:
                self.faults.append(str(fault))
                continue
            if found.seq > self.journal.last_seq:
                raise JournalCorrupt(name, 0, f"the snapshot stands behind the journal's end, {self.journal.last_seq}")
            if self._frame_hash(found.seq) != found.frame_hash:
                raise JournalCorrupt(name, 0, "the snapshot is of another journal")
            return found
        return None

    def take(self, replica: Replica, birth: bytes) -> None:
        self.busy = True
        self._step(self._write, of(replica, birth))

    def take_now(self, replica: Replica, birth: bytes) -> Taken:
        snapshot = of(replica, birth)
        self._disk.sync(HEADS)
        data = write(structs.replace(snapshot, frame_hash=self._frame_hash(snapshot.seq)))
        part = f"{FOLDER}{snapshot.seq}.part"
        self._disk.create(part, data)
        self._publish(snapshot.seq, part)
        self.busy, self._taken = False, None
        return Taken(snapshot.seq, 0.0, len(data))

    def poll(self) -> Taken | None:
        taken, self._taken = self._taken, None
        return taken

    def close(self) -> None:
        self.journal.close()

    def calm(self) -> None:
        """Let nothing fail any more."""
        self._camera = Camera()
        self.journal.calm()

    def _step(self, step, *arguments: object) -> None:
        delay_ns = int(self._random.expovariate(1 / self._camera.step_ns))
        if self._random.random() < self._camera.fails:
            self._scope.after(delay_ns, self._end, Taken(0, 0.0, error="the child ended"))
        else:
            self._scope.after(delay_ns, step, *arguments)

    def _write(self, snapshot: Snapshot) -> None:
        if read_heads(self._disk.read(HEADS)).seq < snapshot.seq:
            self._step(self._write, snapshot)
            return
        data = write(structs.replace(snapshot, frame_hash=self._frame_hash(snapshot.seq)))
        part = f"{FOLDER}{snapshot.seq}.part"
        half = self._random.randint(0, len(data))
        self._disk.create(part, data[:half])
        self._step(self._write_rest, snapshot.seq, part, half, data)

    def _write_rest(self, seq: int, part: str, half: int, data: bytes) -> None:
        self._disk.write(part, half, data[half:])
        self._step(self._publish, seq, part)

    def _publish(self, seq: int, part: str) -> None:
        self._disk.sync(part)
        self._disk.rename(part, snapshot_name(seq))
        self._disk.sync_folder(FOLDER)
        for name in snapshot_names(self._disk)[:-KEPT]:
            self._disk.remove(name)
        self._end(Taken(seq, 0.0, self._disk.size(snapshot_name(seq))))

    def _end(self, taken: Taken) -> None:
        self.busy, self._taken = False, taken

    def _frame_hash(self, seq: int) -> int:
        """Return the hash of the frame that ends with a sequence, 0 where there is none."""
        tip = None
        for name in self._disk.names("journal/"):
            if name.endswith(".segment"):
                data = self._disk.read(name)
                header = read_segment_header(data)
                if not isinstance(header, Opened):
                    break
                chain = Chain(header, tip)
                chain.walk(data, 0, seq + 1)
                if chain.next_seq == seq + 1:
                    return chain.tip.prev_hash
                tip = chain.tip
        return 0
