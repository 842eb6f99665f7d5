"""A journal on the simulated disk: what `engine.journal.directory` does with threads and system calls, done with planned calls.

The bytes are the real ones (`make_frame`, `make_segment_header`, `make_head`), and what is left after a crash is judged by the real
`judge`.  Groups gather while a write is under way; a write reaches the disk in two parts, its sectors in any order; it is released when
both are synced.  The heads are written then and synced when nothing was written for 2 ms.  A full segment is cut and sealed later, so
that a crash can come before.  The first failure of any kind stops it for good.

    append -> queue -> [frames -> half of the sectors -> the other half, sync] -> released -> heads
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random

from engine.journal.closing import Listed
from engine.journal.frames import (
    HEAD_STRIDE_BYTES,
    MAX_BODY_BYTES,
    Chain,
    Opened,
    make_frame,
    make_head,
    make_segment_header,
    read_heads,
    read_segment_header,
)
from engine.journal.journal import Journal
from engine.journal.records import Bytes, Group, JournalCorrupt, JournalStopped
from engine.journal.recovery import Image
from engine.journal.seals import Seal, digest, read_seal, write_seal
from tests.simulation.disk import PIECE, Disk, broken, full
from tests.simulation.loop import MS, Scope

HEADS = "heads"
HEADS_BYTES = 2 * HEAD_STRIDE_BYTES
IDLE_NS = 2 * MS


@dataclass(frozen=True)
class Habits:
    """How a disk behaves: how long a write takes, and how often one fails, in a million."""

    sector_bytes: int = 512
    segment_bytes: int = 256 << 10
    ring_bytes: int = 64 << 10
    write_ns: int = 200_000
    slow: float = 0.01
    write_faults: float = 0.0


def segment_name(number: int) -> str:
    return f"journal/{number:08}.segment"


def seal_name(number: int) -> str:
    return f"journal/{number:08}.seal"


class SimJournal(Journal):
    """The journal of one process; `wake` is called when its descriptor would become readable.

    JournalCorrupt if something that was durable is missing.
    """

    def __init__(self, disk: Disk, scope: Scope, random: Random, habits: Habits, wake: Callable[[], None]) -> None:
        self._disk, self._scope, self._random, self._habits, self._wake = disk, scope, random, habits, wake
        self._queue: deque[Group] = deque()
        self._queued_bytes = 0
        self._under_way: list[Callable[[], None]] = []
        self._stopped: str | None = None
        self._seals: dict[int, Seal] = {}
        self.released_ts_ns = 0  # of the last command that is durable, as far as this process wrote it
        self.recovered = self._recover()
        self._tip = self.recovered.tip
        self._epoch = self._tip.epoch + 1
        self._number = self._closed = self.recovered.number
        self._generation = 0
        self._offset = 0
        self._last_seq = self._released_seq = self._tip.next_seq - 1
        self._make(self._number + 1)

    def append(self, body: Bytes, first_seq: int, count: int, ts_ns: int) -> bool:
        if self._stopped:
            raise JournalStopped(self._stopped)
        if first_seq != self._last_seq + 1 or count == 0:
            raise ValueError(f"a group of {count} from sequence {first_seq} on does not follow sequence {self._last_seq}")
        if len(body) > self.max_body:
            raise ValueError(f"a group of {len(body)} bytes is longer than {self.max_body}")
        if self._queue and self._queued_bytes + len(body) > self._habits.ring_bytes:
            return False
        self._queue.append(Group(first_seq, count, ts_ns, bytes(body), self._epoch))
        self._queued_bytes += len(body)
        self._last_seq += count
        self._go_on()
        return True

    @property
    def max_body(self) -> int:
        return min(MAX_BODY_BYTES, self._habits.segment_bytes - 3 * self._habits.sector_bytes)

    @property
    def last_seq(self) -> int:
        return self._last_seq

    @property
    def released_seq(self) -> int:
        return self._released_seq

    @property
    def stopped(self) -> str | None:
        return self._stopped

    def fileno(self) -> int:
        return -1

    def settle(self) -> int:
        return self._released_seq

    def wait(self, seq: int, timeout_ms: int = -1) -> bool:
        """Let the disk go on until a sequence is released; time stands still meanwhile."""
        while self._released_seq < seq:
            if self._stopped or not self._under_way:
                raise JournalStopped(self._stopped or f"sequence {seq} was not taken")
            self._under_way.pop(0)()
        return True

    def read(self, seq: int = 1) -> Iterator[Group]:
        durable_seq = read_heads(self._disk.read(HEADS)).seq
        for number in range(1, self._number + 1):
            seal = self._seals.get(number)
            if seal is not None and seal.last_seq < seq:
                continue
            data = self._disk.read(segment_name(number))
            header = read_segment_header(data)
            if not isinstance(header, Opened):
                return  # begun, and the header is on its way to the disk
            chain = Chain(header)
            chain.walk(data, 0, seq)
            while chain.next_seq <= durable_seq and (group := chain.take(data)):
                yield group

    def verify(self) -> None:
        """Everything is read again at the end of a simulation."""

    def close(self) -> None:
        """Write what was taken, seal the last segment, and take nothing any more."""
        if self._stopped:
            return
        if self._last_seq > self._released_seq:
            self.wait(self._last_seq)
        self._sync_heads()
        self._stopped = "the journal was closed"
        for number in range(self._closed + 1, self._number + 1):
            self._close_segment(number)

    def fail(self, why: str) -> None:
        """Stop for good."""
        self._stopped = why
        self._under_way.clear()
        self._wake()

    def calm(self) -> None:
        """Let nothing fail any more."""
        self._habits = replace(self._habits, write_faults=0.0, slow=0.0)

    def _go_on(self) -> None:
        """Begin the next write, if there is something to write and nothing under way."""
        if self._stopped or self._under_way or not self._queue:
            return
        size = len(self._frame(self._queue[0], self._tip)[0])
        if not self._offset or self._offset + size > self._habits.segment_bytes:
            self._turn_over()
            return
        tip, frames, taken = self._tip, b"", 0
        for group in self._queue:
            frame, after = self._frame(group, tip)
            if frames and self._offset + len(frames) + len(frame) > self._habits.segment_bytes:
                break
            frames, tip, taken = frames + frame, after, taken + 1
        self._write(frames, lambda: self._release(taken))
        self._tip = tip

    def _frame(self, group: Group, tip):
        return make_frame(group, tip, self._generation, self._habits.sector_bytes, self._released_seq)

    def _turn_over(self) -> None:
        """Go on in the next segment, which was made ahead of need."""
        number = self._number + 1
        if self._fails():
            self.fail(f"segment {number} could not be made: {full(segment_name(number))}")
            return
        self._make(number)  # if whoever makes segments was too slow
        self._generation = self._random.getrandbits(64)
        self._number, self._offset = number, 0

        def begun() -> None:
            self._scope.after(self._latency(), self._keep_up)

        self._write(make_segment_header(number, self._generation, self._tip, self._habits.sector_bytes), begun)

    def _write(self, data: bytes, done: Callable[[], None]) -> None:
        """Write behind what is there: half of the pieces first, the rest and the sync later, then `done`."""
        name, offset = segment_name(self._number), self._offset
        pieces = [(offset + at, data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
        self._random.shuffle(pieces)
        half = self._random.randint(0, len(pieces))
        fault = self._random.choice(("write", "short", "sync")) if self._fails() else None

        def reach_first() -> None:
            for piece in pieces[:half]:
                self._disk.write(name, *piece)
            if fault == "write":
                self.fail(f"a write to {name} at byte {offset} failed: {broken(name)}")
            elif fault == "short":
                self.fail(f"a write to {name} at byte {offset} stopped after {half * PIECE} bytes")

        def reach_all() -> None:
            for piece in pieces[half:]:
                self._disk.write(name, *piece)
            if fault == "sync":
                self._disk.fail_sync(name)
                self.fail(f"a sync of {name} up to byte {offset + len(data)} failed: {broken(name)}")
                return
            self._disk.sync(name)
            self._offset += len(data)
            done()
            self._go_on()

        self._plan(reach_first, reach_all)

    def _plan(self, *calls: Callable[[], None]) -> None:
        """Plan calls one after another, which `wait` can make sooner."""
        self._under_way.extend(calls)
        delay_ns = 0
        for call in calls:
            delay_ns += self._latency()

            def due(call: Callable[[], None] = call) -> None:
                if call in self._under_way:
                    self._under_way.remove(call)
                    call()

            self._scope.after(delay_ns, due)

    def _release(self, taken: int) -> None:
        for _ in range(taken):
            group = self._queue.popleft()
            self._queued_bytes -= len(group.body)
            self._released_seq += group.count
            self.released_ts_ns = group.ts_ns
        self._write_head(self._number, self._offset, self._released_seq, self._tip.prev_hash)
        self._scope.after(IDLE_NS, self._rest, self._released_seq)
        self._wake()

    def _rest(self, seq: int) -> None:
        if self._released_seq == seq and not self._under_way and not self._stopped:
            self._sync_heads()

    def _write_head(self, segment: int, end: int, seq: int, frame_hash: int) -> None:
        """Write a head; over the older of two that are synced, or over one that is not, so that a crash spoils one at most."""
        counter = read_heads(self._disk.read(HEADS)).counter + 1
        self._disk.write(HEADS, self._slot * HEAD_STRIDE_BYTES, make_head(counter, segment, end, seq, frame_hash))

    def _sync_heads(self) -> None:
        self._disk.sync(HEADS)
        self._slot = _older_slot(self._disk.read(HEADS))

    def _keep_up(self) -> None:
        """Do what a second thread does: make the next segment, seal those that are full."""
        if self._stopped:
            return
        self._make(self._number + 1)
        for number in range(self._closed + 1, self._number):
            self._close_segment(number)

    def _make(self, number: int) -> None:
        name = segment_name(number)
        if self._disk.exists(name):
            return
        part = name.replace(".segment", ".part")
        self._disk.create_zeros(part, self._habits.segment_bytes)
        self._disk.rename(part, name)
        self._disk.sync_folder("journal/")

    def _close_segment(self, number: int) -> None:
        """Cut a segment to its last frame and seal it."""
        name = segment_name(number)
        data = self._disk.reread(name)
        header = read_segment_header(data)
        if not isinstance(header, Opened):
            raise JournalCorrupt(name, 0, header or "there is no header")
        before = self._seals.get(number - 1)
        chain = Chain(header, before.tip if before else None)
        chain.walk(data)
        self._disk.cut(name, chain.offset)
        seal = Seal(
            segment=number,
            first_seq=header.first_seq,
            last_seq=chain.next_seq - 1,
            frames=chain.frames,
            bytes=chain.offset,
            epoch=chain.tip.epoch,
            frame_hash=chain.tip.prev_hash,
            sha256=sha256(data[: chain.offset]).hexdigest(),
            previous=digest(self._disk.read(seal_name(number - 1))) if before else "",
        )
        part = seal_name(number).replace(".seal", ".part")
        self._disk.create(part, write_seal(seal, None))
        self._disk.sync(part)
        self._disk.rename(part, seal_name(number))
        self._disk.sync_folder("journal/")
        self._seals[number] = seal
        self._closed = number

    def _recover(self):
        """Bring what was found into order, as `engine.journal.closing.recover` does."""
        disk = self._disk
        for name in disk.names("journal/"):
            if name.endswith(".part"):
                disk.remove(name)
        if not disk.exists(HEADS):
            disk.create(HEADS + ".part", bytes(HEADS_BYTES))
            disk.sync(HEADS + ".part")
            disk.rename(HEADS + ".part", HEADS)
            disk.sync_folder()
        images: list[Image] = []
        for name in disk.names("journal/"):
            if name.endswith(".segment"):
                number = int(name[8:16])
                if disk.exists(seal_name(number)):
                    self._seals[number] = read_seal(name, disk.read(seal_name(number)))
                else:
                    images.append(Image(number, name, disk.reread(name)))
        self._slot = _older_slot(disk.reread(HEADS))
        verdict = Listed(self._seals, images, disk.read(HEADS)).judge()
        if verdict.spoiled:
            disk.remove(segment_name(verdict.spoiled))
        for image in images:
            if image.number <= verdict.number:
                self._close_segment(image.number)
        if self._seals:
            last = self._seals[max(self._seals)]
            self._write_head(last.segment, last.bytes, last.last_seq, last.frame_hash)
            self._sync_heads()
        return verdict

    def _latency(self) -> int:
        mean = self._habits.write_ns * (50 if self._random.random() < self._habits.slow else 1)
        return 1 + int(self._random.expovariate(1 / mean))

    def _fails(self) -> bool:
        return self._random.random() < self._habits.write_faults


def _older_slot(heads: bytes) -> int:
    """Return which of the two heads is the older one, or spoiled."""
    first, second = read_heads(heads[:HEAD_STRIDE_BYTES]), read_heads(heads[HEAD_STRIDE_BYTES:])
    return 0 if first.counter <= second.counter else 1
