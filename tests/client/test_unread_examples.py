"""What a program that is killed is told of again: what it has not done with, and nothing that it has."""

from pathlib import Path

import pytest

from engine.client.aio import AsyncEvents
from engine.client.events import LoggedOn
from engine.client.store import FileStore, SessionStore
from engine.client.sync import Events
from engine.client.unread import Unread
from tests.client.model_venue import ModelVenue
from tests.client.wiring import Wire, who


def reading(store: SessionStore, venue: ModelVenue) -> tuple[Wire, Events]:
    """Return a client whose program reads one stream of events."""
    wire = Wire(venue, store, who("all"))
    stream = Events()
    wire.core.listeners.append(stream.put)
    wire.core.unread = lambda: stream.unread.first
    return wire.settle(), stream


def read(stream: Events, count: int) -> list[int]:
    """Read events until so many reports were among them."""
    seqs: list[int] = []
    while len(seqs) < count:
        event = stream.get(0)
        assert event is not None
        seqs += [event.seq] if hasattr(event, "seq") else []
    return seqs


def killed(path: Path, copy: Path) -> FileStore:
    """Return the memory that a process leaves which is killed now."""
    copy.write_bytes(path.read_bytes())
    return FileStore(copy)


@pytest.mark.parametrize("done", [1, 2, 5])
def test_a_report_is_told_again_until_the_program_asks_for_the_next_event(tmp_path: Path, done: int) -> None:
    venue = ModelVenue()
    wire, stream = reading(FileStore(tmp_path / "store"), venue)
    for _ in range(5):
        wire.enter()
    wire.settle()
    read(stream, done)
    wire.connection.heartbeat()
    wire.down()
    wire.cut()
    _, again = reading(killed(tmp_path / "store", tmp_path / "copy"), venue)

    assert list(range(done, 6)) == read(again, 6 - done)


def test_what_the_program_has_done_with_is_noted_at_the_end_of_the_next_read(tmp_path: Path) -> None:
    venue = ModelVenue()
    wire, stream = reading(FileStore(tmp_path / "store"), venue)
    for _ in range(3):
        wire.enter()
    wire.settle()
    read(stream, 3)
    assert stream.get(0) is None
    wire.connection.heartbeat()
    wire.down()
    wire.cut()
    again, _ = reading(killed(tmp_path / "store", tmp_path / "copy"), venue)

    assert 4 == again.connection.logons[0].next_expected_seq


def test_a_program_without_a_stream_has_done_with_what_its_orders_show(tmp_path: Path) -> None:
    venue = ModelVenue()
    wire = Wire(venue, FileStore(tmp_path / "store"), who("all")).settle()
    wire.enter()
    wire.settle().cut()
    again = Wire(venue, killed(tmp_path / "store", tmp_path / "copy"), who("all")).settle()

    assert 2 == again.connection.logons[0].next_expected_seq


def test_a_reset_leaves_nothing_of_the_life_before(tmp_path: Path) -> None:
    venue = ModelVenue()
    wire, stream = reading(SessionStore(), venue)
    for _ in range(5):
        wire.enter()
    wire.settle().cut()
    fresh = Wire(venue, wire.session.store, who("all", reset=True)).settle()
    fresh.enter()
    fresh.settle()

    assert 2 == fresh.session.store.next_in
    assert [1, 2, 3, 4, 5] == read(stream, 5)


def test_events_that_are_no_reports_are_not_counted() -> None:
    unread = Unread()
    unread.put(LoggedOn("MODEL", 3))
    unread.given(LoggedOn("MODEL", 3))
    unread.asked()

    assert 0 == unread.first


def test_both_faces_count_alike() -> None:
    venue = ModelVenue()
    wire = Wire(venue).settle()
    slow, blocking = AsyncEvents(), Events()
    wire.core.listeners += [slow.put, blocking.put]
    wire.enter()
    wire.enter()
    wire.settle()
    firsts = []
    for _ in range(2):
        with pytest.raises(StopIteration):
            slow.__anext__().send(None)
        blocking.get(0)
        firsts.append((slow.unread.first, blocking.unread.first))

    assert [(1, 1), (2, 2)] == firsts
