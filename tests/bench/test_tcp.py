"""Each bench over TCP, small: real servers, a real load, and the result that it keeps."""

import json
import resource
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench import bench_gateway, connections, durability, keys, latency, machine, million, servers
from bench.servers import Shape
from engine.config import parse

SMALL = Shape(2, 5, 2)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let results go to a folder of the test's."""
    monkeypatch.setenv(machine.ELSEWHERE, str(tmp_path / "results"))
    return tmp_path / "results"


def result_in(folder: Path) -> Any:
    (path,) = folder.iterdir()
    return json.loads(path.read_text(encoding="utf-8"))


def ids(result: Any) -> list[str]:
    return [line["id"] for line in result["targets"]]


def test_a_server_that_does_not_start_is_told() -> None:
    with ExitStack() as stack, pytest.raises(SystemExit, match="nobody did not start"):
        servers.start(stack, "nobody", "-c", "pass")


def test_a_load_that_fails_ends_the_bench() -> None:
    with ExitStack() as stack:
        echo = servers.start_echo(stack)

        with pytest.raises(SystemExit, match="the load on echo failed"):
            servers.load(echo, "--mix", "nothing")


def test_more_connections_than_the_system_permits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 500))
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))

    servers.allow_descriptors(436)
    with pytest.raises(SystemExit, match="437 connections need 501 files, and the system permits 500: ulimit"):
        servers.allow_descriptors(437)
    assert [(500, 500)] * 2 == asked


@pytest.mark.parametrize("name", [*servers.MODES, *servers.ECHOES])
def test_every_request_is_answered_by_every_kind_of_server(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        target = servers.start_echo(stack, name) if name in servers.ECHOES else servers.start_venue(stack, name, tmp_path)
        found = servers.load(target, *SMALL.options, "--requests", 200)

    assert (200, name != "raw") == (found["requests"], found["checked"])
    assert found["server_us"] > 0


@pytest.mark.parametrize("sessions", [1, 200])
def test_a_venue_has_keys_for_every_session(sessions: int) -> None:
    config = parse(keys.venue_toml(accounts=sessions, sessions=sessions))
    names = [act.name for act in config.acts if type(act).__name__ == "OpenSession"]

    assert [keys.name_of(number) for number in range(1, sessions + 1)] == names
    assert config.gateway.unauthenticated_max >= sessions


def test_gateway(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_gateway, "FULL", [SMALL])
    monkeypatch.setattr(bench_gateway, "SHAPES", [Shape(1, 1, 1), SMALL])
    monkeypatch.setattr(bench_gateway, "COMMITS", 5)

    assert bench_gateway.main(["--rounds", "1", "--requests", "400", "--folder", str(tmp_path), "--save"]) == 0
    result = result_in(kept)
    assert ["P5a", "P5b", "P6a", "P6b"] == ids(result)
    assert [400, 400] == [row["runs"]["durable"][0]["requests"] for row in result["pipelined"]]
    assert result["ping_pong"]["commit_us"] > 0


def test_latency(kept: Path, tmp_path: Path) -> None:
    arguments = [
        "--clients",
        "2",
        "--batch",
        "5",
        "--rounds",
        "1",
        "--requests",
        "400",
        "--seconds",
        "0.02",
        "--folder",
        str(tmp_path),
        "--save",
    ]

    assert latency.run("curve", (0.1, 0.5), arguments) == 0
    result = result_in(kept)
    assert ["P10"] == ids(result)
    points = result["points"]
    assert [(share, name) for share in (0.1, 0.5) for name in latency.NAMES] == [(each["share"], each["target"]) for each in points]
    for each in points:
        assert 0 < each["p50_us"] <= each["p99_us"] <= each["max_us"] <= each["histogram"][-1][0] * 1.001


def test_durability(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durability, "SHAPES", [SMALL])

    assert durability.main(["--rounds", "1", "--requests", "2000", "--folder", str(tmp_path), "--save"]) == 0
    result = result_in(kept)
    assert ["P7"] == ids(result)
    assert ["one core", "free"] == [row["place"] for row in result["tcp"]]


def test_connections(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SECONDS", 0.05)

    assert connections.main(["1", "7", "--rounds", "1", "--rate", "4000", "--folder", str(tmp_path), "--save"]) == 0
    result = result_in(kept)
    assert ["P9"] == ids(result)
    assert [1, 7] == [row["sessions"] for row in result["rows"]]


def test_a_million_in_small(kept: Path, tmp_path: Path) -> None:
    assert million.main(["--orders", "400", "--rounds", "1", "--folder", str(tmp_path), "--save"]) == 0
    result = result_in(kept)
    rows = {row["mix"]: row for row in result["rows"]}
    trade = rows["trade"]

    assert ["P5a"] == ids(result)
    assert all(row["orders"] >= 400 for row in rows.values())
    assert trade["trades"] > 100
    assert trade["reports"] >= trade["requests"] + 2 * trade["trades"]
    assert result["trades"] == sum(row["trades"] for row in rows.values())
    assert result["replay"]["running_hash"] == result["hash"]
    assert result["conserved"]["USDC"]["venue"] > 0


def test_a_million_fails_where_the_replay_comes_to_another_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ats = million.ats

    def other(*words: str) -> Any:
        told = ats(*words)
        return told | {"state_hash": "0" * 64} if words[1] == "replay" else told

    monkeypatch.setattr(million, "ats", other)
    monkeypatch.setattr(million, "MIXES", {"rest": 2})

    assert million.main(["--orders", "40", "--rounds", "1", "--folder", str(tmp_path)]) == 1
    assert "DIFFERS: the venue had state" in capsys.readouterr().out
