"""What a snapshot is, what is wrong with one, and what became of taking one."""

import struct
from hashlib import sha256

from msgspec import Struct

OFFICE = "office"  # the office's section; the others are the compiled venue's
PLACE = struct.Struct("<QqQ")


class Snapshot(Struct, frozen=True, gc=False):
    """The venue behind command `seq` of its log, and nothing else: the same commands give the same sections.

    `history` is the venue's hash of all that it ever said, `frame_hash` that of the journal's frame which ends with `seq` (0 where there
    is no journal), `birth` the payload of the log's first command.
    """

    seq: int
    last_ts_ns: int
    history: int
    frame_hash: int
    birth: bytes
    sections: dict[str, bytes]

    @property
    def state_hash(self) -> str:
        """SHA-256 of the state in hex: equal where two venues are equal, journal or not.

        It runs over seq, last_ts_ns and history (8 bytes each, little-endian), then for each section, by name: the name, a zero byte, the
        length in 8 bytes, the bytes.
        """
        digest = sha256(PLACE.pack(self.seq, self.last_ts_ns, self.history))
        for name, section in sorted(self.sections.items()):
            digest.update(name.encode() + b"\0" + len(section).to_bytes(8, "little"))
            digest.update(section)
        return digest.hexdigest()


class SnapshotFault(ValueError):
    """A file is not the snapshot that was written; says which, at which byte, in which section, and how it is known."""

    def __init__(self, why: str, offset: int = 0, section: str = "", file: str = "") -> None:
        place = f"byte {offset}, section {section}" if section else f"byte {offset}"
        super().__init__(f"{file or 'snapshot'}, {place}: {why}")
        self.why = why
        self.offset = offset
        self.section = section
        self.file = file


class Taken(Struct, frozen=True):
    """What became of a snapshot: written if there is no `error`.

    `seconds` is how long it took, `bytes` how long its file is.  `broken` says that the venue's own invariants do not hold: its state is
    not to be trusted, nor what it says.
    """

    seq: int
    seconds: float
    bytes: int = 0
    error: str | None = None
    broken: bool = False
