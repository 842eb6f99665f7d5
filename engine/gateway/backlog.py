"""Reports that no lane keeps any more, made again from the journal by a process beside the venue.

    lane --ask--> errands, first come first served --> one process at a time --pipe--> lane, a slice a turn of the loop

The process is started, never forked: it has nothing of the venue but the journal's folder.  What it makes waits in the pipe until the lane
takes it, so a client that reads slowly slows the process and nobody else.  Whatever goes wrong with it is told to the lane as the errand's
fault, and to the operator in the log.
"""

import os
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import IO, Protocol

from structlog.typing import FilteringBoundLogger

SLICE_BYTES = 1 << 16
FIRST_BYTES = 8
WORDS_BYTES = 4096
MILLISECOND_NS = 1_000_000


class Loop(Protocol):
    """What calls back: an event loop."""

    def call_soon(self, callback: Callable[..., object], /, *arguments: object) -> object:
        """Call in the next turn."""

    def add_reader(self, fd: int, callback: Callable[..., object], /, *arguments: object) -> object:
        """Call whenever there is something to read."""

    def remove_reader(self, fd: int, /) -> object:
        """Call no more."""


Wake = Callable[["Errand", int], object]


class Errand:
    """Reports of a session on their way to its lane, from number `begin` to `end` of a life.

    `first` is the number of the first that comes, 0 until that is known; `fault` says why no more will come.  `wake` is called, with the
    errand and the steady time, when there is more or a fault.
    """

    def __init__(self, backlog: "Backlog", session: int, life: int, begin: int, end: int, wake: Wake) -> None:
        self.session, self.life, self.begin, self.end = session, life, begin, end
        self.first = 0
        self.fault: str | None = None
        self.wake = wake
        self.process: subprocess.Popen[bytes] | None = None
        self.since_ns = 0
        self.watched = False
        self._backlog = backlog
        self._head = b""

    def take(self) -> bytes:
        """Return what is there, at most 64 KiB and cut anywhere; nothing means that `wake` will be called, or that there is a fault."""
        if self.process is None or self.fault is not None:
            return b""
        try:
            taken = os.read(_fd(self.process.stdout), SLICE_BYTES)
        except BlockingIOError:
            self._backlog.watch(self)
            return b""
        if not taken:
            self.fail(_last_words(self.process))
        return taken if self.first else self._behind_first(taken)

    def stop(self) -> None:
        """Need no more."""
        self._backlog.end(self)

    def fail(self, cause: str) -> None:
        """Note why no more will come, and tell the operator."""
        self.fault = cause
        self._backlog.failed(self)

    def _behind_first(self, taken: bytes) -> bytes:
        self._head += taken
        if len(self._head) < FIRST_BYTES:
            return self.take()
        self.first = int.from_bytes(self._head[:FIRST_BYTES], "little")
        return self._head[FIRST_BYTES:] or self.take()


class Backlog:
    """What runs the errands: `command` gets the session, its life, and the first and last number behind it.

    `patience_ms` is how long a process may be silent while a client waits for it; it runs on `cores`, where some are named.
    """

    def __init__(
        self,
        command: Sequence[str],
        loop: Loop,
        steady_ns: Callable[[], int],
        log: FilteringBoundLogger,
        patience_ms: int = 600_000,
        cores: AbstractSet[int] = frozenset(),
    ) -> None:
        self._command = command
        self._loop = loop
        self._steady_ns = steady_ns
        self._log = log
        self._patience_ms = patience_ms
        self._cores = cores
        self._waiting: deque[Errand] = deque()
        self._current: Errand | None = None
        self._ended: list[subprocess.Popen[bytes]] = []

    def ask(self, session: int, life: int, begin: int, end: int, wake: Wake) -> Errand:
        """Have reports made again, when what was asked for before is done."""
        errand = Errand(self, session, life, begin, end, wake)
        self._waiting.append(errand)
        self._go_on()
        return errand

    def tick(self) -> None:
        """End a process that has been silent for too long, and bury those that have ended."""
        self._ended = [process for process in self._ended if process.poll() is None]
        errand = self._current
        if errand is not None and errand.watched and self._steady_ns() - errand.since_ns > self._patience_ms * MILLISECOND_NS:
            errand.fail(f"the process that reads the journal said nothing for {self._patience_ms // 1000} s")
            errand.wake(errand, self._steady_ns())

    def close(self) -> None:
        """End everything, and wait until it has."""
        self._waiting.clear()
        if self._current is not None:
            self.end(self._current)
        for process in self._ended:
            process.wait()
        self._ended.clear()

    def watch(self, errand: Errand) -> None:
        """Wake an errand's lane when there is something to read."""
        if not errand.watched and errand.process is not None:
            errand.watched = True
            errand.since_ns = self._steady_ns()
            self._loop.add_reader(_fd(errand.process.stdout), self._readable, errand)

    def end(self, errand: Errand) -> None:
        """Let an errand be over, and the next one begin."""
        if errand is not self._current:
            if errand in self._waiting:
                self._waiting.remove(errand)
            return
        self._current = None
        if errand.process is not None:
            self._bury(errand, errand.process)
        self._go_on()

    def failed(self, errand: Errand) -> None:
        """Tell the operator why an errand failed, and let the next one begin."""
        self._log.error("resend_failed", session=errand.session, begin=errand.begin, end=errand.end, cause=errand.fault)
        self.end(errand)

    def _go_on(self) -> None:
        if self._current is not None or not self._waiting:
            return
        errand = self._current = self._waiting.popleft()
        self._log.info("resend_from_journal", session=errand.session, begin=errand.begin, end=errand.end)
        arguments = [*self._command, *map(str, (errand.session, errand.life, errand.begin, errand.end))]
        try:
            errand.process = subprocess.Popen(  # noqa: S603  nothing of it comes from a client but numbers
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
            )
        except OSError as error:
            self._loop.call_soon(self._refused, errand, f"no process could be started to read the journal: {error}")
            return
        if self._cores:
            with suppress(OSError):  # it has ended
                os.sched_setaffinity(errand.process.pid, self._cores)  # or it would stay where the loop's thread is pinned
        os.set_blocking(_fd(errand.process.stdout), False)
        self.watch(errand)

    def _refused(self, errand: Errand, cause: str) -> None:
        if errand is self._current:
            errand.fail(cause)
            errand.wake(errand, self._steady_ns())

    def _readable(self, errand: Errand) -> None:
        self._let_be(errand)
        errand.wake(errand, self._steady_ns())

    def _let_be(self, errand: Errand) -> None:
        if errand.watched and errand.process is not None:
            errand.watched = False
            self._loop.remove_reader(_fd(errand.process.stdout))

    def _bury(self, errand: Errand, process: "subprocess.Popen[bytes]") -> None:
        """Kill a process and let go of its pipes; how long it takes to end is looked at in `tick`."""
        self._let_be(errand)
        process.kill()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
        self._ended.append(process)


def _fd(pipe: IO[bytes] | None) -> int:
    assert pipe is not None
    return pipe.fileno()


def _last_words(process: "subprocess.Popen[bytes]") -> str:
    """Return what a process whose output has ended says about it."""
    os.set_blocking(_fd(process.stderr), False)
    try:
        said = os.read(_fd(process.stderr), WORDS_BYTES).decode(errors="replace").strip()
    except BlockingIOError:
        said = ""
    code = process.poll()
    return said.splitlines()[-1] if said else f"the process that reads the journal ended{'' if code is None else f' with code {code}'}"
