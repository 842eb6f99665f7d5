"""The file of a snapshot: what goes in comes out, and what is wrong is said."""

import hashlib
import struct

import google_crc32c
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.journal.hashes import crc32c
from engine.snapshot.format import pieces, read, verify, write
from engine.snapshot.records import Snapshot, SnapshotFault
from tests.snapshot.small import a_snapshot

U64 = st.integers(0, 2**64 - 1)
NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40).filter(lambda name: name != "birth")
SNAPSHOTS = st.builds(Snapshot, U64, st.integers(-(2**63), 2**63 - 1), U64, U64, st.binary(), st.dictionaries(NAMES, st.binary()))


@given(SNAPSHOTS)
def test_what_is_written_is_read(snapshot):
    data = write(snapshot)
    verify(data)

    assert snapshot == read(data)


@given(SNAPSHOTS)
def test_the_order_in_which_sections_were_given_makes_no_difference(snapshot):
    turned = structs.replace(snapshot, sections=dict(reversed(snapshot.sections.items())))

    assert write(snapshot) == write(turned)
    assert snapshot.state_hash == turned.state_hash


@given(st.binary(max_size=300))
def test_no_other_bytes_are_a_snapshot(data):
    with pytest.raises(SnapshotFault):
        read(data)


def test_sections_are_written_as_they_are():
    """A state of gigabytes is not copied to be written."""
    snapshot = a_snapshot()
    found = pieces(snapshot)

    assert all(any(piece is section for piece in found) for section in snapshot.sections.values())


def test_the_file_is_laid_out_as_its_module_says():
    """Put together with other libraries than ours."""

    def checked(data: bytes, seed: int = 0) -> bytes:
        return data + struct.pack("<I", google_crc32c.extend(seed, data))

    def section(number: int, name: bytes, content: bytes) -> bytes:
        place = struct.pack("<QQI", len(content), xxhash.xxh64_intdigest(content, xxhash.xxh64_intdigest(header)), number)
        return checked(name.ljust(40, b"\0") + place, struct.unpack("<I", header[60:])[0]) + content

    header = checked(checked(b"ATSSNAP\0" + struct.pack("<I", 1)) + struct.pack("<QQqQQI", 227, 1, -2, 3, 4, 2))
    body = header + section(0, b"birth", b"b") + section(1, b"x", b"yz")

    assert body + hashlib.sha256(body).digest() == write(Snapshot(1, -2, 3, 4, b"b", {"x": b"yz"}))


@pytest.mark.parametrize("version", [0, 2, 900])
def test_another_version_is_refused_and_says_what_to_do(version):
    """Its first 16 bytes are right; all behind them may mean something else."""
    opening = b"ATSSNAP\0" + struct.pack("<I", version)
    other = opening + struct.pack("<I", crc32c(opening)) + b"whatever"

    with pytest.raises(SnapshotFault) as fault:
        read(other, "7.snap")
    assert (
        f"7.snap, byte 8: format version {version}, and this program reads version 1: start the venue with the program that wrote it, or "
        "move the file elsewhere, and the venue starts from an older snapshot or from the journal alone"
    ) == str(fault.value)


@pytest.mark.parametrize(
    ("damage", "place", "why"),
    [
        (lambda data: data[:0], "byte 0", "the file ends within its header"),
        (lambda data: b"#!/bin/sh" + data, "byte 0", "this is no snapshot"),
        (lambda data: data[:10], "byte 10", "the file ends within its header"),
        (lambda data: data[:40], "byte 40", "the file ends within its header"),
        (lambda data: data[:300], "byte 300", "the file has 300 bytes, and its header says 383"),
        (lambda data: data + b"\n", "byte 383", "the file has 384 bytes, and its header says 383"),
        (lambda data: _flipped(data, 9), "byte 8", "the checksum of the format version is wrong"),
        (lambda data: _flipped(data, 30), "byte 0", "the checksum of the header is wrong"),
        (
            lambda data: data[:64] + data[132:214] + data[64:132] + data[214:],
            "byte 64, section book",
            "this is section 1, and section 0 should be here",
        ),
        (lambda data: _flipped(data, 70), "byte 64", "the checksum of the header of section 0 is wrong"),
        (lambda data: _flipped(data, 200), "byte 196, section book", "the hash of the section is wrong"),
        (lambda data: _flipped(data, 382), "byte 351", "the digest of the whole file is wrong"),
    ],
)
def test_a_fault_says_where_and_how_it_is_known(damage, place, why):
    data = write(a_snapshot())
    with pytest.raises(SnapshotFault) as fault:
        read(damage(data), "3.snap")

    assert f"3.snap, {place}: {why}" == str(fault.value)


@pytest.mark.parametrize("name", ["", "a" * 41, "Ä", "a\n"])
def test_a_section_whose_name_cannot_be_written_is_refused(name):
    with pytest.raises(ValueError, match="is not 1 to 40 printable ASCII characters"):
        write(a_snapshot(sections={name: b""}))


def test_sections_out_of_order_are_refused(monkeypatch):
    """Or one state would have many files."""
    monkeypatch.setattr("engine.snapshot.format.sorted", list, raising=False)
    data = write(a_snapshot(sections={"zebra": b"", "book": b""}))

    with pytest.raises(SnapshotFault, match="section book: it stands behind section zebra"):
        read(data)


def test_no_section_takes_the_place_of_the_birth():
    with pytest.raises(ValueError, match="a section cannot be called birth"):
        write(a_snapshot(sections={"birth": b""}))


def test_the_state_hash_is_over_the_state_alone():
    snapshot = a_snapshot()
    same = structs.replace(snapshot, frame_hash=0, birth=b"")
    others = [
        structs.replace(snapshot, seq=4),
        structs.replace(snapshot, last_ts_ns=0),
        structs.replace(snapshot, history=0),
        structs.replace(snapshot, sections={**snapshot.sections, "book": b""}),
        structs.replace(snapshot, sections={**snapshot.sections, "more": b""}),
        structs.replace(snapshot, sections={"book": b"orders" * 3 + b"x", "ledger": b"", "office": b"registers"}),
    ]

    assert snapshot.state_hash == same.state_hash
    assert 7 == len({snapshot.state_hash, *(other.state_hash for other in others)})


def test_the_state_hash_is_as_its_docstring_says():
    state = struct.pack("<QqQ", 1, -1, 2) + b"a\0" + bytes(8) + b"b\0" + struct.pack("<Q", 2) + b"xy"

    assert hashlib.sha256(state).hexdigest() == Snapshot(1, -1, 2, 9, b"", {"b": b"xy", "a": b""}).state_hash


def _flipped(data: bytes, byte: int) -> bytes:
    return data[:byte] + bytes([data[byte] ^ 16]) + data[byte + 1 :]
