"""What a session must remember: its numbers in both directions, and what was sent and not yet answered.

`SessionStore` remembers as long as the object lives, which is enough to come back after a dropped connection.  `FileStore` also remembers
over the end of the process: each change is appended to a file before its bytes may leave (`flush`), a torn end is cut off when the file is
read again, and the file is rewritten when it has grown.  It is not synced to disk: it outlives the process, not the machine's power.

A report is noted at the end of the next read when the program has done with it: it has when it asks its stream for another event.  So a
process that dies is told of its last few reports once more when it comes back, and `seq` says which; a cut connection never does that.
"""

import fcntl
import os
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

MAX_FILE_BYTES = 8 * 1024 * 1024


class Sent(Struct, frozen=True):
    """A numbered request as it went out: the bytes are kept so that a resend is the same to the bit."""

    seq: int
    cl_ord_id: int
    frame: bytes


class SessionStore:
    """A session's memory.  0 for `next_out` or `next_in` means not known yet: the venue's Logon answer will tell."""

    def __init__(self) -> None:
        self.next_out = 0
        self.next_in = 0
        self.last_cl_ord_id = 0
        self.unanswered: OrderedDict[int, Sent] = OrderedDict()

    def bind(self, session: str) -> None:
        """Say whose memory this is, e.g. "alice@ATS-DEMO".  ValueError where it is another's."""

    def sent(self, request: Sent) -> None:
        """Remember a numbered request; the next one takes the number after it."""
        self.unanswered[request.cl_ord_id] = request
        self.next_out = request.seq + 1
        self.last_cl_ord_id = request.cl_ord_id

    def answered(self, cl_ord_id: int) -> list[Sent]:
        """Forget the request that a report names and all before it; give those before it, which no report ever named."""
        if cl_ord_id not in self.unanswered:
            return []
        passed: list[Sent] = []
        while (request := self.unanswered.popitem(last=False)[1]).cl_ord_id != cl_ord_id:
            passed.append(request)
        return passed

    def received(self, next_in: int) -> None:
        """Remember that all reports before number `next_in` were handed to the program."""
        self.next_in = next_in

    def renumber(self, next_out: int, next_in: int, keep_unanswered: bool) -> None:
        """Take both numbers from the venue; what is unanswered is forgotten unless kept."""
        self.next_out, self.next_in = next_out, next_in
        if not keep_unanswered:
            self.unanswered.clear()

    def flush(self) -> None:
        """Make everything noted so far outlive this object, where the store can."""

    def close(self) -> None:
        """Flush and let go of what is held open."""


class FileStore(SessionStore):
    """A session's memory in a file.  One client at a time: a second one on the same file gets BlockingIOError."""

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self._path = Path(path)
        self._owner = ""
        self._pending: list[bytes] = []
        self._encode: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
        self._lock = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise BlockingIOError(f"session store {self._path} is in use by another client") from None
        if self._path.exists():
            self._read()
        self._rewrite()

    def bind(self, session: str) -> None:
        if self._owner and self._owner != session:
            raise ValueError(f"session store {self._path} is the memory of {self._owner}, not of {session}")
        if not self._owner:
            self._owner = session
            self._note("owner", session)
            self.flush()

    def sent(self, request: Sent) -> None:
        super().sent(request)
        self._note("sent", request.seq, request.cl_ord_id, request.frame)

    def answered(self, cl_ord_id: int) -> list[Sent]:
        if cl_ord_id not in self.unanswered:
            return []
        self._note("answered", cl_ord_id)
        return super().answered(cl_ord_id)

    def received(self, next_in: int) -> None:
        super().received(next_in)
        self._note("received", next_in)

    def renumber(self, next_out: int, next_in: int, keep_unanswered: bool) -> None:
        super().renumber(next_out, next_in, keep_unanswered)
        self._note("renumber", next_out, next_in, keep_unanswered)

    def flush(self) -> None:
        if not self._pending:
            return
        block = b"".join(self._pending)
        self._pending.clear()
        _write_all(self._file, block)
        self._size += len(block)
        if self._size > MAX_FILE_BYTES:
            os.close(self._file)
            self._rewrite()

    def close(self) -> None:
        if self._lock < 0:
            return
        self.flush()
        os.close(self._file)
        os.close(self._lock)
        self._lock = -1

    def _note(self, *record: object) -> None:
        self._pending.append(_sealed(self._encode(record)))

    def _read(self) -> None:
        rest = memoryview(self._path.read_bytes())
        decode = msgspec.msgpack.Decoder().decode
        while len(rest) >= 8:
            length, checksum = int.from_bytes(rest[:4], "little"), int.from_bytes(rest[4:8], "little")
            payload = bytes(rest[8 : 8 + length])
            if len(payload) < length or zlib.crc32(payload) != checksum:
                return
            self._redo(decode(payload))
            rest = rest[8 + length :]

    def _redo(self, record: list[Any]) -> None:
        match record:
            case ["owner", session]:
                self._owner = session
            case ["ids", last_cl_ord_id]:
                self.last_cl_ord_id = last_cl_ord_id
            case ["sent", seq, cl_ord_id, frame]:
                super().sent(Sent(seq, cl_ord_id, frame))
            case ["answered", cl_ord_id]:
                super().answered(cl_ord_id)
            case ["received", next_in]:
                super().received(next_in)
            case ["renumber", next_out, next_in, keep]:
                super().renumber(next_out, next_in, keep)

    def _rewrite(self) -> None:
        """Write the present state as a new file and put it in the old one's place in one step."""
        records: list[tuple[object, ...]] = [("owner", self._owner)]
        records += [("sent", request.seq, request.cl_ord_id, request.frame) for request in self.unanswered.values()]
        records += [("renumber", self.next_out, self.next_in, True), ("ids", self.last_cl_ord_id)]
        block = b"".join(_sealed(self._encode(record)) for record in records)
        fresh = self._path.with_name(self._path.name + ".new")
        self._file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        _write_all(self._file, block)
        fresh.replace(self._path)
        self._size = len(block)


def _sealed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload


def _write_all(file: int, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(file, rest) :]
