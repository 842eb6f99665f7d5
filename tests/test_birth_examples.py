"""A log of another format is refused by name: its records are of another length, and would be read as nonsense."""

import struct

import msgspec
import pytest

from engine import birth
from engine.birth import Birth, BirthFault
from engine.config import ConfigError
from engine.journal.records import Group
from engine.matching.enums import CommandKind
from engine.matching.records import Command
from engine.snapshot.records import Snapshot
from engine.transcript import commands_of, record
from tests.gateway.held import HeldJournal, HeldStore
from tests.gateway.slow import Slow

OLDER_RECORD = "<qQQQQqqqqIIIIBBBBBBBBq"  # of format 1: 104 bytes, without a stop price
TEXT = r"the log has format 1, and this program follows format 2: use the program that wrote it"


def older_group(limits=None, enters=0):
    """The first group of a log of format 1, made by hand: a birth, and perhaps orders behind it."""
    payload = msgspec.msgpack.encode(Birth("ATS", limits or {"orders": 4096}, 3, "0" * 64, format=1))
    body = older_record(CommandKind.BIRTH, len(payload)) + payload.ljust(-(-len(payload) // 8) * 8, b"\0")
    return Group(1, 1 + enters, 10**18, body + older_record(CommandKind.ENTER, 100) * enters)


def older_record(kind, qty):
    return struct.pack(OLDER_RECORD, 10**18, *(0,) * 5, qty, *(0,) * 6, kind, *(0,) * 8)


def test_the_birth_of_this_program_has_format_2_and_comes_back():
    was = birth.of("ATS", {"orders": 10}, [b"act"])

    assert 2 == was.format == birth.FORMAT
    assert was == birth.decode(birth.encode(was))


@pytest.mark.parametrize("limits", [{}, {"orders": 4096}, {"a": 1, "bc": 2}, {"longer than a record": 2**60, "x" * 40: 5}])
@pytest.mark.parametrize("enters", [0, 1, 5])
def test_a_log_of_format_1_is_refused_before_anything_of_it_is_read(limits, enters):
    with pytest.raises(BirthFault, match=TEXT):
        next(commands_of(older_group(limits, enters)))


def test_a_venue_does_not_start_with_a_log_of_format_1():
    journal = HeldJournal([older_group()])
    with pytest.raises(ConfigError, match=TEXT):
        Slow(journal)

    assert [older_group()] == journal.groups


def test_a_venue_does_not_start_with_a_snapshot_of_format_1(monkeypatch):
    """What is before the snapshot may be gone; the snapshot tells of the birth, too."""
    payload = msgspec.msgpack.encode(Birth("ATS", {"orders": 4096}, format=1))
    monkeypatch.setattr(HeldStore, "newest", lambda _: Snapshot(7, 10**18, 0, 0, payload, {}))
    with pytest.raises(ConfigError, match=TEXT):
        Slow(HeldJournal([Group(7, 1, 10**18, b"")]))


@pytest.mark.parametrize("form", [0, 3])
def test_a_log_of_a_format_that_is_not_known_is_refused_by_its_number(form):
    with pytest.raises(BirthFault, match=f"the log has format {form}, and this program follows format 2"):
        birth.decode(msgspec.msgpack.encode(Birth("ATS", {}, format=form)))


@pytest.mark.parametrize("stop_px", [0, 5, 2**62])
def test_a_log_of_today_is_read_whatever_its_first_command_is(stop_px):
    """Even where the bytes at which an older payload began are not 0."""
    payload = birth.encode(birth.of("ATS", {"orders": 10}, []))
    for command in (Command(1, kind=CommandKind.BIRTH, stop_px=stop_px), Command(1, kind=CommandKind.ENTER, stop_px=stop_px)):
        wanted = payload if command.kind == CommandKind.BIRTH else b""
        ((_, found, carried),) = commands_of(Group(1, 1, 1, record(command, wanted)))

        assert (stop_px, wanted) == (found.stop_px, carried)
