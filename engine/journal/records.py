"""The plain records of a journal, what is wrong with one, and why one stops."""

import enum

from msgspec import Struct

Bytes = bytes | bytearray | memoryview


class Mode(enum.StrEnum):
    """What a journal promises of a group that it has released."""

    DURABLE = "durable"  # it is on the disk
    ASYNC = "async"  # the system has it: a crash of the process loses nothing, a loss of power the last `sync_ms`
    MEMORY = "memory"  # nothing: for tests and benches


class Fault(enum.IntEnum):
    """Why the bytes at some place are not the next frame."""

    NONE = 0
    NO_FRAME = 1  # no magic number: nothing was written here, or it is gone
    HEADER = 2  # the header's checksum is wrong, or it was written for another file
    LENGTH = 3  # the frame is longer than may be, or than what is there
    SEQUENCE = 4  # its first sequence is not the next one
    CHAIN = 5  # it follows another frame than the one before it
    EPOCH = 6  # its epoch is older than that of the frame before it, or its shard is another
    BODY = 7  # the body's hash is wrong
    PADDING = 8  # the bytes after the body are not zero

    @property
    def text(self) -> str:
        return _FAULT_TEXTS[self]


_FAULT_TEXTS = {
    Fault.NONE: "the segment ends",
    Fault.NO_FRAME: "there is no frame",
    Fault.HEADER: "the frame's header has a wrong checksum",
    Fault.LENGTH: "the frame is longer than may be",
    Fault.SEQUENCE: "the frame has another sequence than the next",
    Fault.CHAIN: "the frame does not follow the one before",
    Fault.EPOCH: "the frame is of an older epoch or of another shard",
    Fault.BODY: "the frame's body has a wrong hash",
    Fault.PADDING: "the bytes after the frame's body are not zero",
}


class Group(Struct, frozen=True, gc=False):
    """What was appended together: `count` sequences from `first_seq` on, and bytes of which the journal knows nothing."""

    first_seq: int
    count: int
    ts_ns: int
    body: bytes
    epoch: int = 1  # how often the journal had been opened: who was told of a later one believes no group of an earlier one
    shard: int = 0


class Foreign(str):
    """Why a header that is whole cannot be read: it is of another format."""

    __slots__ = ()


class Tip(Struct, frozen=True, gc=False):
    """Where a chain of frames ends: the sequence that comes next, the hash of the last frame, its epoch."""

    next_seq: int = 1
    prev_hash: int = 0
    epoch: int = 0


class Heads(Struct, frozen=True, order=True, gc=False):
    """What the heads say: up to `end` of a segment, up to `seq`, all is durable."""

    counter: int = 0
    segment: int = 0
    end: int = 0
    seq: int = 0
    frame_hash: int = 0


class JournalCorrupt(Exception):
    """Something that was durable is not there any more; says in which file, at which byte, and by what it is known."""

    def __init__(self, file: str, offset: int, why: str) -> None:
        super().__init__(f"{file}, byte {offset}: {why}")
        self.file = file
        self.offset = offset


class JournalStopped(Exception):
    """The journal takes nothing any more: it was closed, or its disk failed; says how."""
