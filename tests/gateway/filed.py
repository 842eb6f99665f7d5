"""A gateway whose journal is in a real folder, that can be killed and started again, and whose old reports come back from there."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.clock import ManualClock
from engine.config import Config, Journal
from engine.gateway.backlog import Backlog
from engine.gateway.gateway import Gateway
from engine.journal.records import Mode
from engine.protocol.codec import with_poss_dup
from engine.protocol.framing import MAX_ANSWER, Splitter, frame
from engine.protocol.messages import ExecutionReport, SequenceReset, decode_venue
from engine.resend.reading import Wanted, regenerate
from engine.store import FolderStore
from engine.telemetry import log
from tests.gateway.raw import config
from tests.gateway.turning import Turning
from tests.gateway.wires import Floor, Peer

WAIT_MS = 20_000


class Filed(Floor):
    """A gateway in `home`, its journal written by the system; `backlog` makes what fetches old reports, a process where it is not given.

    A client is heard when what it caused is durable: `catch_up` waits for that.
    """

    def __init__(
        self,
        home: Path,
        *,
        clock: ManualClock | None = None,
        backlog: Callable[["Filed"], object] | None = None,
        **settings: object,
    ) -> None:
        self.home = home
        self.loop = Turning()
        self.clock = clock or ManualClock()
        self.peers: list[Peer] = []
        self.settings = settings
        self.config: Config = msgspec.structs.replace(
            config(**settings), home=home, journal=Journal(mode=Mode.ASYNC, segment_mb=1, reserve_mb=1, sync_ms=1)
        )
        self.store = FolderStore(self.config)
        self.make_backlog = backlog
        self.backlog = backlog(self) if backlog else self.processes()
        self.gateway = Gateway(self.config, self.clock, self.loop.call_soon, store=self.store, backlog=self.backlog)
        self.catch_up()

    @property
    def folder(self) -> Path:
        """Where the journal is."""
        return self.home / "journal"

    def processes(self) -> Backlog:
        """Return the backlog of a real venue."""
        command = [sys.executable, "-m", "engine.resend", str(self.folder)]
        return Backlog(command, self.loop, self.clock.steady_ns, log())

    def catch_up(self) -> None:
        """Wait until all is durable, and let it be seen."""
        sequencer = self.gateway.sequencer
        while sequencer.released_seq < sequencer.next_seq - 1:
            self.store.journal.wait(self.store.journal.last_seq)
            self.gateway.settle()

    def in_session(self, name: str, seq: int = 1, **wishes: object) -> Peer:
        """Log on; what the venue says stays to be heard."""
        peer = self.log_on(name, seq, **wishes)
        self.catch_up()
        return peer

    def turn(self, wait_ms: int = 0) -> bool:
        turned = self.loop.turn(wait_ms)
        for peer in self.peers:
            peer.settle()
        self.catch_up()
        return turned

    def settle(self) -> None:
        """Turn until nobody waits for anything, a process included."""
        while self.turn(WAIT_MS if self.loop.readers else 0):
            pass
        assert not self.loop.readers, "a process says nothing"

    def snapshot(self) -> None:
        """Take a snapshot, and wait until it is there."""
        self.gateway.sequencer.mark()
        self.catch_up()
        taken = self.store.take_now(self.gateway.replica, self.gateway._birth)
        assert taken.error is None, taken

    def killed(self) -> Path:
        """End in the midst of things, and return a copy of the files as they were."""
        home = self.home.with_name(f"{self.home.name}+")
        shutil.copytree(self.home, home, ignore=shutil.ignore_patterns("*.part"))
        self.end()
        return home

    def crash(self, **settings: object) -> "Filed":
        """Return a venue that starts from the files as they are now; this one is never heard of again."""
        home = self.killed()
        return Filed(home, clock=self.clock, backlog=self.make_backlog, **(self.settings | settings))

    def restart(self, **settings: object) -> "Filed":
        """Return a venue that starts where this one ended as it should."""
        self.gateway.shut_down(lambda: None)
        self.gateway.abandon()
        self.catch_up()
        self.gateway.finish()
        return Filed(self.home, clock=self.clock, backlog=self.make_backlog, **(self.settings | settings))

    def end(self) -> None:
        """Let go of files and processes."""
        if isinstance(self.backlog, Backlog):
            self.backlog.close()
        self.store.close()


class Inside:
    """A backlog without processes, for many tries: what it makes comes in pieces of `piece` bytes, now and then only in the next turn."""

    def __init__(self, floor: Filed, piece: int = 1 << 16) -> None:
        self.floor = floor
        self.piece = piece
        self.asked: list[Wanted] = []

    def ask(self, session: int, life: int, begin: int, end: int, wake: Callable[["InsideErrand", int], object]) -> "InsideErrand":
        self.asked.append(Wanted(session, life, begin, end))
        return InsideErrand(self, self.asked[-1], wake)

    def tick(self) -> None:
        pass

    def close(self) -> None:
        pass


class InsideErrand:
    """What a lane sees of an errand."""

    def __init__(self, backlog: Inside, wanted: Wanted, wake: Callable[["InsideErrand", int], object]) -> None:
        self.fault: str | None = None
        made = b"".join(regenerate(backlog.floor.folder, wanted))
        self.first, self._rest = int.from_bytes(made[:8], "little"), made[8:]
        self._backlog, self._wake = backlog, wake
        self._takes = 0

    def take(self) -> bytes:
        self._takes += 1
        if self._takes % 3 == 1:
            floor = self._backlog.floor
            floor.loop.call_soon(lambda: self._wake(self, floor.clock.steady_ns()))
            return b""
        piece, self._rest = self._rest[: self._backlog.piece], self._rest[self._backlog.piece :]
        if not piece:
            self.fault = "it has no more"
        return piece

    def stop(self) -> None:
        self._rest = b""

    def fail(self, cause: str) -> None:
        self.fault = cause


def reports_of(peer: Peer) -> list[bytes]:
    """Return the frames of the reports that came since the last call, as they came."""
    written = bytes(peer.transport.written[peer.at :])
    peer.at = len(peer.transport.written)
    frames = [frame(payload) for payload in Splitter(MAX_ANSWER).feed(written)]
    return [each for each in frames if is_report(each)]


def is_report(framed: bytes) -> bool:
    """Say whether a frame is a numbered report."""
    message = decode_venue(framed[4:])
    return type(message).__name__ in ("CancelReject", "MassCancelReport") or isinstance(message, ExecutionReport)


def number_of(framed: bytes) -> int:
    return decode_venue(framed[4:]).seq


def again(reports: list[bytes]) -> list[bytes]:
    """Return reports as they are sent again."""
    return [with_poss_dup(report) for report in reports]


def gaps(peer: Peer) -> list[int]:
    """Return where SequenceResets that came since the last call lead to, and pass the rest by."""
    return [message.new_seq for message in peer.hear() if isinstance(message, SequenceReset)]
