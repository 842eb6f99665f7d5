"""The benches of the journal run, on logs that are what they say, and an answer that is wrong is not timed."""

from pathlib import Path

import pytest

from bench import durability, flow, logged, market, recovery, replay, snapshot
from engine.journal.reading import JournalReader
from engine.matching.enums import CommandKind
from engine.transcript import commands_of

MESSAGES = 3000


def made_of(directory: Path, shape: str = "w1") -> market.Load:
    return market.load(flow.make(shape, directory / "flow", prefill=1000, count=MESSAGES), market.Spread(accounts=7))


def test_a_log_holds_the_birth_the_flow_and_its_acts(tmp_path: Path) -> None:
    made = made_of(tmp_path)
    places = logged.written(logged.settle_in(tmp_path / "venue", made), made)
    with JournalReader(tmp_path / "venue" / "journal") as reader:
        kinds = {seq: command.kind for group in reader.poll() for seq, command, _ in commands_of(group)}
    in_flow = [kind for seq, kind in kinds.items() if seq >= places.flow]

    assert (1, places.last) == (min(kinds), max(kinds))
    assert kinds[1] == CommandKind.BIRTH
    assert [CommandKind.MARK] * 2 == [kinds[places.prefill - 1], kinds[places.flow - 1]]
    assert MESSAGES == sum(kind >= CommandKind.ENTER for kind in in_flow)
    assert CommandKind.ACT in in_flow


@pytest.mark.parametrize("shape", replay.SHAPES)
def test_a_replay_trades_what_the_flow_trades(shape: str, tmp_path: Path) -> None:
    made = made_of(tmp_path, shape)

    assert replay.measure(made, 1, tmp_path)["agree"]


def test_a_replay_with_other_trades_does_not_agree(tmp_path: Path) -> None:
    made = made_of(tmp_path)
    other = made._replace(flow=made.flow._replace(trades=made.flow.trades + 1))

    assert not replay.measure(other, 1, tmp_path)["agree"]


@pytest.mark.parametrize("kind", recovery.KINDS)
def test_every_start_comes_to_where_the_log_ends(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recovery.KINDS, "half", 1000)
    found = recovery.measure(MESSAGES, kind, 1, "w1", tmp_path)

    assert found["agree"]
    assert {"log": 0, "half": found["snapshot_seq"], "stop": found["log"]}[kind] == found["snapshot_seq"]
    assert found["log"] == found["snapshot_seq"] + found["commands"]
    assert found["ready_s"] < found["report_s"]


def test_a_venue_goes_on_beside_its_snapshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "LEAST", 5)
    monkeypatch.setattr(snapshot, "BATCH", 4)
    found = snapshot.measure(resting=100, rounds=2, messages=40_000, folder=tmp_path)

    assert found["copy_bytes"] > 0
    assert 0 < found["pause_us"] <= found["pause_us_max"]
    assert 0 < found["beside"]["p50_us"] <= found["beside"]["max_us"]


@pytest.mark.parametrize("mode", durability.MODES)
def test_a_sequencer_in_process_sees_every_report_released(mode: str, tmp_path: Path) -> None:
    made = made_of(tmp_path)

    assert durability.sequenced(logged.settle_in(tmp_path / "venue", made, mode), made) > 0


def test_modes_are_compared_turn_by_turn() -> None:
    found = durability.compared({"memory": [100.0, 50.0, 80.0], "durable": [90.0, 40.0, 80.0]})

    assert {"memory": 80, "durable": 80} == found["per_s"]
    assert {"memory": 1.0, "durable": 0.9} == found["ratio"]
    assert {"memory": 1.0, "durable": 0.9} == found["best"]
