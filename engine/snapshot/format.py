"""The file of a snapshot.  All numbers are little-endian.

    file    | Header | Section | its bytes | Section | its bytes | ... | SHA-256 of all before it |

    Header, 64 bytes                                  Section, 64 bytes
     0  magic       8  ATSSNAP and a zero              0  name     40  ASCII, zeros behind it
     8  version     4  1                              40  length    8  of its bytes
    12  check       4  CRC32C of bytes 0 to 11        48  hash      8  XXH64 of its bytes, seeded
    16  length      8  of the whole file              56  number    4  0 for the first
    24  seq         8  last command in it             60  check     4  CRC32C of bytes 0 to 59, continued
    32  last_ts_ns  8  its time, signed                                from the header's second check
    40  history     8  the venue's
    48  frame_hash  8  of the journal's frame
    56  sections    4  how many
    60  check       4  CRC32C of bytes 0 to 59

Sections stand in the order of their names; `birth` is one of them.  The seed of a section's hash is the XXH64 of the header, so that no
section of another snapshot passes for one of this.  The first 16 bytes mean the same in every version there will be: a file of
another version is told from a damaged one.  Every byte is under a checksum that names its place; the digest behind all of them vouches
for the whole.
"""

import struct
from collections.abc import Iterator
from hashlib import sha256

from engine.journal.hashes import crc32c, xxh64
from engine.journal.records import Bytes
from engine.snapshot.records import Snapshot, SnapshotFault

MAGIC = b"ATSSNAP\0"
VERSION = 1
BIRTH = "birth"
OPENING = struct.Struct("<8sI")
HEADER = struct.Struct("<8sIIQQqQQI")
SECTION = struct.Struct("<40sQQI")
CHECK = struct.Struct("<I")
OPENING_BYTES, HEADER_BYTES, SECTION_BYTES, NAME_BYTES, DIGEST_BYTES = 16, 64, 64, 40, 32


def write(snapshot: Snapshot) -> bytes:
    """Return the file of a snapshot.  ValueError for a section whose name cannot be written."""
    return b"".join(pieces(snapshot))


def pieces(snapshot: Snapshot) -> list[bytes]:
    """Return the file of a snapshot in pieces, the sections as they are: there is no second copy of them."""
    if BIRTH in snapshot.sections:
        raise ValueError(f"a section cannot be called {BIRTH}: it is the birth's name")
    sections = sorted({**snapshot.sections, BIRTH: snapshot.birth}.items())
    length = HEADER_BYTES + sum(SECTION_BYTES + len(section) for _, section in sections) + DIGEST_BYTES
    opening = OPENING.pack(MAGIC, VERSION)
    place = (snapshot.seq, snapshot.last_ts_ns, snapshot.history, snapshot.frame_hash)
    header = _checked(HEADER.pack(MAGIC, VERSION, crc32c(opening), length, *place, len(sections)))
    found = [header]
    for number, (name, section) in enumerate(sections):
        found += (_section_header(header, number, name, section), section)
    digest = sha256()
    for piece in found:
        digest.update(piece)
    return [*found, digest.digest()]


def read(data: Bytes, file: str = "") -> Snapshot:
    """Return the snapshot that a file holds.  SnapshotFault if it is not what was written, or of another version."""
    header = _header(memoryview(data), file)
    _, _, _, _, seq, last_ts_ns, history, frame_hash, _ = HEADER.unpack_from(header)
    sections = {name: bytes(section) for name, section in _sections(memoryview(data), header, file)}
    birth = sections.pop(BIRTH, None)
    if birth is None:
        raise SnapshotFault("there is no section birth", HEADER_BYTES, file=file)
    return Snapshot(seq, last_ts_ns, history, frame_hash, birth, sections)


def verify(data: Bytes, file: str = "") -> None:
    """Check every byte of a file, and copy none.  SnapshotFault as `read`."""
    for _ in _sections(memoryview(data), _header(memoryview(data), file), file):
        pass


def _header(data: memoryview, file: str) -> bytes:
    """Return the header of a file, which is as long as it says and of this version."""
    header = bytes(data[:HEADER_BYTES])
    if header[: len(MAGIC)] != MAGIC[: len(header)]:
        raise SnapshotFault("this is no snapshot", 0, file=file)
    if len(header) < OPENING_BYTES:
        raise SnapshotFault("the file ends within its header", len(header), file=file)
    _, version = OPENING.unpack_from(header)
    if CHECK.unpack_from(header, OPENING.size)[0] != crc32c(header[: OPENING.size]):
        raise SnapshotFault("the checksum of the format version is wrong", len(MAGIC), file=file)
    if version != VERSION:
        raise SnapshotFault(
            f"format version {version}, and this program reads version {VERSION}: start the venue with the program that wrote it, or move "
            "the file elsewhere, and the venue starts from an older snapshot or from the journal alone",
            len(MAGIC),
            file=file,
        )
    if len(header) < HEADER_BYTES:
        raise SnapshotFault("the file ends within its header", len(header), file=file)
    if CHECK.unpack_from(header, HEADER.size)[0] != crc32c(header[: HEADER.size]):
        raise SnapshotFault("the checksum of the header is wrong", 0, file=file)
    length = HEADER.unpack_from(header)[3]
    if length != len(data):
        raise SnapshotFault(f"the file has {len(data)} bytes, and its header says {length}", min(length, len(data)), file=file)
    return header


def _sections(data: memoryview, header: bytes, file: str) -> Iterator[tuple[str, memoryview]]:
    """Yield the sections by name, each once it is known to be good; the digest is looked at behind the last."""
    *_, count = HEADER.unpack_from(header)
    at, end, before = HEADER_BYTES, len(data) - DIGEST_BYTES, ""
    for number in range(count):
        start = at + SECTION_BYTES
        if start > end:
            raise SnapshotFault(f"section {number} of {count} is not there", at, file=file)
        name, section = _section(data[at:end], header, number, at, file)
        if name <= before:
            raise SnapshotFault(f"it stands behind section {before}", at, name, file)
        yield name, section
        at, before = start + len(section), name
    if at != end:
        raise SnapshotFault(f"the sections end here, and the digest stands at byte {end}", at, file=file)
    if sha256(data[:end]).digest() != data[end:]:
        raise SnapshotFault("the digest of the whole file is wrong", end, file=file)


def _section(data: memoryview, header: bytes, number: int, at: int, file: str) -> tuple[str, memoryview]:
    """Return the section that stands at the beginning of the bytes, which is byte `at` of the file."""
    padded, length, content_hash, told = SECTION.unpack_from(data)
    if CHECK.unpack_from(data, SECTION.size)[0] != crc32c(data[: SECTION.size], _check_of(header)):
        raise SnapshotFault(f"the checksum of the header of section {number} is wrong", at, file=file)
    name = padded.rstrip(b"\0").decode("ascii", "replace")
    if told != number:
        raise SnapshotFault(f"this is section {told}, and section {number} should be here", at, name, file)
    section = data[SECTION_BYTES : SECTION_BYTES + length]
    if len(section) != length:
        raise SnapshotFault(f"the section has {length} bytes, and the file has {len(section)} of them", at, name, file)
    if content_hash != xxh64(section, xxh64(header)):
        raise SnapshotFault("the hash of the section is wrong", at + SECTION_BYTES, name, file)
    return name, section


def _section_header(header: bytes, number: int, name: str, section: bytes) -> bytes:
    if not (name.isascii() and name.isprintable() and 0 < len(name) <= NAME_BYTES):
        raise ValueError(f"section name {name!r} is not 1 to {NAME_BYTES} printable ASCII characters")
    return _checked(SECTION.pack(name.encode(), len(section), xxh64(section, xxh64(header)), number), _check_of(header))


def _checked(data: bytes, seed: int = 0) -> bytes:
    return data + CHECK.pack(crc32c(data, seed))


def _check_of(header: bytes) -> int:
    (check,) = CHECK.unpack_from(header, HEADER.size)
    return int(check)
