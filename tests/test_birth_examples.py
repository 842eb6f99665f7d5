"""A log of another format is refused by name: its records have another form, and would be read as nonsense."""

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

OLDER_RECORDS = {1: "<qQQQQqqqqIIIIBBBBBBBBq", 2: "<qQQQQqqqqIIIIBBBBBBBBqq"}  # 104 bytes, and 112 with a stop price; all of it, zeros too
TEXT = "the log has format {}, and this program follows format 3: use the program that wrote it"
older = pytest.mark.parametrize("form", OLDER_RECORDS)


def older_group(form, limits=None, enters=0):
    """The first group of a log of an older format, made by hand: a birth, and perhaps orders behind it."""
    payload = msgspec.msgpack.encode(Birth("ATS", limits or {"orders": 4096}, 3, "0" * 64, format=form))
    body = older_record(form, CommandKind.BIRTH, len(payload)) + payload.ljust(-(-len(payload) // 8) * 8, b"\0")
    return Group(1, 1 + enters, 10**18, body + older_record(form, CommandKind.ENTER, 100) * enters)


def older_record(form, kind, qty):
    return struct.pack(OLDER_RECORDS[form], 10**18, *(0,) * 5, qty, *(0,) * 6, kind, *(0,) * (7 + form))


def test_the_birth_of_this_program_has_format_3_and_comes_back():
    was = birth.of("ATS", {"orders": 10}, [b"act"])

    assert 3 == was.format == birth.FORMAT
    assert was == birth.decode(birth.encode(was))


@pytest.mark.parametrize("limits", [{}, {"orders": 4096}, {"a": 1, "bc": 2}, {"longer than a record": 2**60, "x" * 40: 5}])
@pytest.mark.parametrize("enters", [0, 1, 5])
@older
def test_a_log_of_an_older_format_is_refused_before_anything_of_it_is_read(form, limits, enters):
    with pytest.raises(BirthFault, match=TEXT.format(form)):
        next(commands_of(older_group(form, limits, enters)))


@older
def test_a_venue_does_not_start_with_a_log_of_an_older_format(form):
    journal = HeldJournal([older_group(form)])
    with pytest.raises(ConfigError, match=TEXT.format(form)):
        Slow(journal)

    assert [older_group(form)] == journal.groups


@older
def test_a_venue_does_not_start_with_a_snapshot_of_an_older_format(monkeypatch, form):
    """What is before the snapshot may be gone; the snapshot tells of the birth, too."""
    payload = msgspec.msgpack.encode(Birth("ATS", {"orders": 4096}, format=form))
    monkeypatch.setattr(HeldStore, "newest", lambda _: Snapshot(7, 10**18, 0, 0, payload, {}))
    with pytest.raises(ConfigError, match=TEXT.format(form)):
        Slow(HeldJournal([Group(7, 1, 10**18, b"")]))


@pytest.mark.parametrize("form", [0, 4])
def test_a_log_of_a_format_that_is_not_known_is_refused_by_its_number(form):
    with pytest.raises(BirthFault, match=f"the log has format {form}, and this program follows format 3"):
        birth.decode(msgspec.msgpack.encode(Birth("ATS", {}, format=form)))


@pytest.mark.parametrize("stop_px", [0, 5, 2**62])
def test_a_log_of_today_is_read_whatever_its_first_command_is(stop_px):
    """Even where the bytes at which an older payload began are not 0."""
    payload = birth.encode(birth.of("ATS", {"orders": 10}, []))
    for command in (Command(1, kind=CommandKind.BIRTH, stop_px=stop_px), Command(1, kind=CommandKind.ENTER, stop_px=stop_px)):
        wanted = payload if command.kind == CommandKind.BIRTH else b""
        ((_, found, carried),) = commands_of(Group(1, 1, 1, record(command, wanted)))

        assert (stop_px, wanted) == (found.stop_px, carried)
