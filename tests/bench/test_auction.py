"""The bench of auctions counts what was executed by brute force, and a state of the venue changes no flow."""

from pathlib import Path

import pytest

from bench import auction, flow, statuses
from bench.floor import build, run


def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **constants: int) -> bool:
    for name, value in constants.items():
        monkeypatch.setattr(auction, name, value)
    made = auction.make(2_000, 7, 5)
    keys = tmp_path / "keys"
    keys.write_bytes(b"".join(tick.to_bytes(8, "little") + number.to_bytes(8, "little") for number, tick in enumerate(made.ticks)))
    return bool(auction.measure(made, 1, lambda: run(build("sort"), keys))["agree"])


@pytest.mark.parametrize("ticks", [1, 2, 30, 20_000])
def test_the_book_executes_what_a_brute_count_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ticks: int) -> None:
    assert measured(tmp_path, monkeypatch, TICKS=ticks)


def test_another_volume_does_not_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(made: auction.Made) -> tuple[int, int, set[int]]:
        volume, least, ticks = right(made)
        return volume + 1, least, ticks

    right = auction.brute
    monkeypatch.setattr(auction, "brute", wrong)

    assert not measured(tmp_path, monkeypatch, TICKS=30)


def test_every_state_of_the_venue_trades_the_same(tmp_path: Path) -> None:
    made = flow.make("w1", tmp_path / "flow", prefill=1_000, count=4_000)
    result = statuses.measure(made, {state: (state, statuses.ROOT) for state in statuses.STATES}, 1)

    assert result["agree"]
    assert set(statuses.STATES) == set(result["ns"])


def test_a_run_that_trades_otherwise_does_not_agree(tmp_path: Path) -> None:
    made = flow.make("w1", tmp_path / "flow", prefill=1_000, count=4_000)

    assert not statuses.measure(made._replace(trades=made.trades + 1), {"bare": ("bare", statuses.ROOT)}, 1)["agree"]
