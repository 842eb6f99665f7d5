"""What a session remembers, in memory and over the end of its process."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.client import store as store_module
from engine.client.store import FileStore, Sent, SessionStore
from tests.client.model_venue import ModelVenue
from tests.client.wiring import Wire

Steps = list[tuple[Any, ...]]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sent"), st.binary(min_size=1, max_size=20)),
        st.tuples(st.just("answered"), st.integers(1, 40)),
        st.tuples(st.just("received"), st.integers(1, 100)),
        st.tuples(st.just("renumber"), st.integers(1, 100), st.integers(1, 100), st.booleans()),
    ),
    max_size=40,
)


def act(store: SessionStore, steps: Steps) -> None:
    for step in steps:
        match step:
            case "sent", frame:
                store.sent(Sent(store.next_out, store.last_cl_ord_id + 1, frame))
            case "answered", cl_ord_id:
                store.answered(cl_ord_id)
            case "received", next_in:
                store.received(next_in)
            case "renumber", next_out, next_in, keep:
                store.renumber(next_out, next_in, keep_unanswered=keep)


def state(store: SessionStore) -> tuple[object, ...]:
    return store.next_out, store.next_in, store.last_cl_ord_id, store.unanswered


@given(STEPS, STEPS)
def test_a_file_remembers_what_memory_does(tmp_path_factory: pytest.TempPathFactory, before: Steps, after: Steps) -> None:
    path = tmp_path_factory.mktemp("store") / "alice"
    memory, file = SessionStore(), FileStore(path)
    for steps in (before, after):
        act(memory, steps)
        act(file, steps)
        file.close()
        file = FileStore(path)

        assert state(memory) == state(file)
    file.close()


@given(STEPS, st.integers(0, 200))
def test_a_torn_end_costs_no_more_than_the_torn_records(tmp_path_factory: pytest.TempPathFactory, steps: Steps, torn: int) -> None:
    path = tmp_path_factory.mktemp("store") / "alice"
    states = [state(SessionStore())]
    with_file = FileStore(path)
    for step in steps:
        act(with_file, [step])
        states.append((*state(with_file)[:3], dict(with_file.unanswered)))
    with_file.close()
    path.write_bytes(path.read_bytes()[: -torn or None])
    again = FileStore(path)

    assert state(again) in states
    again.close()


@given(STEPS, st.integers(0, 10_000), st.integers(1, 255))
def test_a_spoiled_byte_costs_no_more_than_what_comes_after_it(
    tmp_path_factory: pytest.TempPathFactory, steps: Steps, at: int, mask: int
) -> None:
    path = tmp_path_factory.mktemp("store") / "alice"
    store = FileStore(path)
    states = [state(SessionStore())]
    for step in steps:
        act(store, [step])
        states.append((*state(store)[:3], dict(store.unanswered)))
    store.close()
    written = bytearray(path.read_bytes())
    written[at % len(written)] ^= mask
    path.write_bytes(written)
    again = FileStore(path)

    assert state(again) in states
    again.close()


def test_a_request_is_in_the_file_before_its_bytes_leave(tmp_path: Path) -> None:
    wire = Wire(ModelVenue(), FileStore(tmp_path / "store")).settle()
    order = wire.enter()
    leaving = wire.session.output()
    (tmp_path / "copy").write_bytes((tmp_path / "store").read_bytes())
    copy = FileStore(tmp_path / "copy")

    assert leaving == copy.unanswered[order.cl_ord_id].frame
    copy.close()
    wire.session.store.close()


def test_answers_settle_all_requests_before_them() -> None:
    store = SessionStore()
    act(store, [("sent", b"1"), ("sent", b"2"), ("sent", b"3"), ("sent", b"4")])

    assert [] == store.answered(99)
    assert [Sent(0, 1, b"1"), Sent(1, 2, b"2")] == store.answered(3)
    assert [4] == list(store.unanswered)


def test_a_store_is_of_one_session(tmp_path: Path) -> None:
    first = FileStore(tmp_path / "store")
    first.bind("alice@MODEL")
    first.close()
    again = FileStore(tmp_path / "store")
    again.bind("alice@MODEL")
    with pytest.raises(ValueError, match="is the memory of alice@MODEL, not of bob@MODEL"):
        again.bind("bob@MODEL")
    again.close()


def test_a_store_is_of_one_client_at_a_time(tmp_path: Path) -> None:
    first = FileStore(tmp_path / "store")
    with pytest.raises(BlockingIOError, match="is in use by another client"):
        FileStore(tmp_path / "store")
    first.close()
    FileStore(tmp_path / "store").close()


def test_a_grown_file_is_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_FILE_BYTES", 10_000)
    store = FileStore(tmp_path / "store")
    for cl_ord_id in range(1, 1_000):
        act(store, [("sent", bytes(50)), ("answered", cl_ord_id)])
        store.flush()
    size = (tmp_path / "store").stat().st_size
    store.close()

    assert size <= 10_100
    again = FileStore(tmp_path / "store")
    assert (999, 999, {}) == (again.next_out, again.last_cl_ord_id, again.unanswered)
    again.close()
