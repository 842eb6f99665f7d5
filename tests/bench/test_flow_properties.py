"""The generated flow is what its seed says, and every book that runs it gives the naive book's answer."""

from pathlib import Path

import pytest

from bench import book as batched
from bench import flow
from bench.floor import build, run
from bench.ladders import LADDERS
from engine.cli.workload import read_workload

SIZE = {"prefill": 1000, "count": 4000}


@pytest.fixture(scope="module", params=flow.SHAPES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> flow.Flow:
    directory = tmp_path_factory.mktemp("flow")
    return flow.make(request.param, directory / "flow", **SIZE, reports=directory / "reports")


def test_the_same_seed_gives_the_same_bytes(made: flow.Flow, tmp_path: Path) -> None:
    again = flow.make(made.shape, tmp_path / "again", **SIZE)
    other = flow.make(made.shape, tmp_path / "other", **SIZE, seed=made.seed + 1)

    assert made.path.read_bytes() == again.path.read_bytes()
    assert made.path.read_bytes() != other.path.read_bytes()


def test_a_replay_of_the_file_gives_the_report_text_of_its_making(made: flow.Flow, tmp_path: Path) -> None:
    flow.replay(made.path, tmp_path / "reports")

    assert made.path.with_name("reports").read_bytes() == (tmp_path / "reports").read_bytes()


def test_the_book_tells_what_the_naive_book_tells(made: flow.Flow) -> None:
    workload = read_workload(made.path)
    loaded = batched.load(made)
    book = batched.new_book(loaded)
    lines: list[str] = []
    at = 0
    while at < workload.count:
        done = book.apply(loaded.commands, at)
        lines += workload.reports(at, done, book.ends, book.reports)
        at = done
    book.check()

    assert made.path.with_name("reports").read_text() == "\n".join(lines)


def test_the_book_agrees_by_the_clients_ids_and_by_the_venues(made: flow.Flow) -> None:
    loaded = batched.load(made)

    assert (made.trades, made.volume) == batched.answer(loaded)
    assert (made.trades, made.volume) == batched.answer(batched.by_order_ids(loaded))


@pytest.mark.parametrize("variant", [*(f"LADDER_{name.upper()}" for name in LADDERS), "SLOT_IDS"])
def test_every_floor_agrees(made: flow.Flow, variant: str) -> None:
    said = run(build("floor", variant), made.path, made.prefill, 1)

    assert (made.trades, made.volume) == (said["trades"], said["volume"])


def test_every_shape_trades_and_cancels_and_the_equity_shapes_do_it_all(made: flow.Flow) -> None:
    kinds = {kind for kind, number in made.mix.items() if number}

    assert made.trades > 0
    assert {"limit", "cancel"} <= kinds
    if made.shape in {"still", "normal", "swings", "crash"}:
        assert kinds == {"limit", "cancel", "modify", "ioc", "rejects"}
