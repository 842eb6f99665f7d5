"""The bench of Python calls: rows are the flow's, right trades earn a speed, wrong ones, faults and hangs are told."""

import json
from pathlib import Path

import pytest

from bench import book as batched
from bench import compiled, flow, machine, peer_engine, peers
from bench.peer_engine import Peer

COUNT = 2_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> flow.Flow:
    return flow.make("w1", tmp_path_factory.mktemp("flow") / "flow", prefill=500, count=COUNT)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(peer_engine.BARE, str(compiled.build("bare_call", tmp_path)))


@pytest.mark.parametrize("start", [peer_engine.engine_reports, peer_engine.engine_events])
def test_a_call_per_command_finds_the_flows_trades(made: flow.Flow, start: peers.Starter) -> None:
    loaded = batched.load(made)

    _, found = peers.timed(start, loaded, peers.rows_of(loaded))

    assert (made.trades, made.volume) == found


def test_the_bare_call_takes_the_rows_and_tells_nothing(made: flow.Flow, bare: None) -> None:
    loaded = batched.load(made)

    ns, found = peers.timed(peer_engine.bare_call, loaded, peers.rows_of(loaded))

    assert ns > 0
    assert found is None


def test_a_run_in_a_process_of_its_own_says_the_same(made: flow.Flow) -> None:
    books = peers.in_turns(made, [peers.BATCH, "engine_reports"], 1, 60)

    assert ["yes", "yes"] == [book["trades_agree"] for book in books.values()]
    assert all(book["ns"] == book["runs"][0] > 0 for book in books.values())


def test_a_book_that_does_not_end_is_cut_and_not_tried_again(made: flow.Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "CHILD", "{write}; import time; time.sleep(600)")

    assert {"slow": {"ns": None, "runs": [], "trades_agree": "no end within 0 s"}} == peers.in_turns(made, ["slow"], 3, 0.2)


def test_a_book_that_fails_is_told_with_its_last_word(made: flow.Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "CHILD", "{write}; raise ValueError('out of ids')")

    assert "failed: ValueError: out of ids" == peers.in_turns(made, ["broken"], 1, 60)["broken"]["trades_agree"]


def test_wrong_trades_have_no_speed() -> None:
    right, wrong, silent = ({"ns": 10.0, "found": found} for found in ([3, 30], [3, 31], None))

    assert (10.0, "yes") == said([right, right])
    assert (None, "NO: 3 trades, volume 31") == said([right, wrong])
    assert (10.0, peers.NOT_TOLD) == said([silent])


def said(runs: list[peers.Result]) -> tuple[float | None, str]:
    book = peers.told(runs, (3, 30))
    return book["ns"], book["trades_agree"]


def test_the_targets_are_beyond_the_batch_and_beside_the_fastest_book_whose_fills_are_right() -> None:
    ours = {"engine_batch": 50.0, "bare_call": 80.0, "engine_call": 150.0, "engine_reports": 200.0, "engine_events": 400.0}
    books = {name: {"ns": ns, "trades_agree": "yes"} for name, ns in ours.items()}
    books |= {
        "told": {"ns": 1_800.0, "trades_agree": "yes"},
        "slower": {"ns": 9_000.0, "trades_agree": "yes"},
        "silent": {"ns": 300.0, "trades_agree": peers.NOT_TOLD},
        "wrong": {"ns": None, "trades_agree": "NO: 1 trades, volume 1"},
    }
    beyond, beside = peers.lines(books)

    assert ("P3a", 1.25, True) == (beyond["id"], beyond["figure"], beyond["met"])
    assert ("P3b", 9.0, False) == (beside["id"], beside["figure"], beside["met"])
    assert "told" == beside["beside"]["binding"]
    assert 12.0 == beside["beside"]["fills_unread"]


def test_a_run_is_saved_with_its_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "NATIVE", ())
    monkeypatch.setattr(peers, "PYTHON", ())
    monkeypatch.setattr(machine, "pin", lambda: None)
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))

    assert peers.main(["--count", "500", "--rounds", "1", "--save"]) == 0
    (path,) = tmp_path.glob("*-peers.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert ["P3a"] == [line["id"] for line in kept["targets"]]
    assert {"shape", "mix", "open_max", "batch", "accounts", "seed", "durability"} <= set(kept)


def test_a_peer_is_a_book_that_runs_rows_and_tells_its_trades() -> None:
    assert ("run", "trades") == Peer._fields
