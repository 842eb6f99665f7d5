from typing import final

from engine.journal.records import Bytes, Fault, Group, Heads, Tip

MAX_BODY_BYTES: int
HEAD_STRIDE_BYTES: int
HEADS_BYTES: int

@final
class Opened:
    """What the header of a segment says."""

    @property
    def number(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def first_seq(self) -> int: ...
    @property
    def prev_hash(self) -> int: ...
    @property
    def sector_bytes(self) -> int: ...
    @property
    def shard(self) -> int: ...

@final
class Chain:
    """A walk along the frames of one segment.  `offset` is where it stands in the file, `fault` why it did not go on."""

    def __new__(cls, opened: Opened, tip: Tip | None = None) -> Chain: ...
    @property
    def offset(self) -> int: ...
    @property
    def frames(self) -> int: ...
    @property
    def tip(self) -> Tip: ...
    @property
    def next_seq(self) -> int: ...
    @property
    def fault(self) -> Fault: ...
    def walk(self, data: Bytes, start: int = 0, until: int = ...) -> int:
        """Go past the good frames in bytes that begin at `start` of the file, up to that with sequence `until`; return how many."""

    def take(self, data: Bytes, start: int = 0) -> Group | None:
        """Go past the next frame, if it is a good one, and return its group; None if it is not."""

    def proof(self, data: Bytes) -> tuple[int, int]:
        """Return (durable_seq, offset) of the header, from here to the end of the whole segment, that proves most to have been durable.

        (0, 0) where none is left.  A header counts if it is of this file, whatever became of its body.
        """

    def torn(self, data: Bytes) -> int:
        """Return how many bytes behind the last good frame, of a whole segment, are not zero up to the last of them."""

def all_zero(data: Bytes, start: int = 0) -> bool:
    """Return whether there is nothing in bytes from a place on."""

def read_segment_header(data: Bytes) -> Opened | str | None:
    """Return what the header of a segment says: an Opened, None where there are only zeros, or a text that says what is wrong.

    The text is a Foreign where a crash cannot be the reason, because the header is whole.
    """

def make_segment_header(number: int, generation: int, tip: Tip, sector_bytes: int, shard: int = 0) -> bytes:
    """Return the first sector of a segment, as the writer writes it."""

def make_frame(group: Group, tip: Tip, generation: int, sector_bytes: int, durable_seq: int) -> tuple[bytes, Tip]:
    """Return the frame of a group that follows a tip, as the writer writes it, and the tip after it."""

def make_head(counter: int, segment: int, end: int, seq: int, frame_hash: int) -> bytes:
    """Return a head, as the writer writes it."""

def newest_head(data: Bytes) -> int:
    """Return which of the heads is the newest that is valid; the last where none is."""

def read_heads(data: Bytes) -> Heads:
    """Return the newest of the heads that are valid, all zero where none is."""
