"""The load generator as the benches call it: what it sends is answered, and what it says of it is true."""

import json
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from socket import create_server

import pytest

from bench import servers
from bench.servers import Shape
from engine.load import MIXES

SHAPE = Shape(2, 5, 2)
FIGURES = {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"}


@pytest.mark.parametrize("name", ["durable", "echo"])
def test_every_request_is_answered_in_every_kind_of_load(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        target = servers.start_echo(stack) if name == "echo" else servers.start_venue(stack, name, tmp_path)
        call = (target, "engine.load", *(["--echo", "frames"] if name == "echo" else ["--keys", "bench.keys"]))
        full = servers.loaded(*call, *SHAPE.options, "--requests", 200)
        due = servers.loaded(*call, *SHAPE.options, "--requests", 200, "--rate", 10_000)
        alone = servers.loaded(*call, "--ping-pong", "--requests", 20)

    assert [200, 200, 20] == [result["requests"] for result in (full, due, alone)]
    assert ["flat out", "at a rate", "one at a time"] == [result["way"] for result in (full, due, alone)]
    for result in (full, due, alone):
        wait = result["latency"]
        assert FIGURES == wait.keys()
        assert 0 < wait["p50_us"] <= wait["p90_us"] <= wait["p99_us"] <= wait["p999_us"] <= wait["max_us"]
        assert result["requests"] == sum(count for _, count in result["histogram"])
        assert wait["max_us"] == result["histogram"][-1][0]
        assert result["per_s"] == pytest.approx(result["requests"] / result["seconds"])
    assert due["per_s"] < 15_000
    assert {"p50_us", "p99_us", "max_us"} == due["late"].keys()
    assert FIGURES | {"histogram"} == due["jitter"].keys() == alone["jitter"].keys()


@pytest.mark.parametrize("mix", MIXES)
def test_every_mix_is_right_at_a_venue(mix: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        target = servers.start_venue(stack, "memory", tmp_path)
        found = servers.load(target, *Shape(4, 10, 2).options, "--requests", 4_000, "--mix", mix)
        again = servers.load(target, *Shape(4, 10, 2).options, "--requests", 4_000, "--mix", mix)

    assert 4_000 == sum(found["answers"].values())
    assert found["checked"]
    assert {"rest", "replace"}.isdisjoint({mix}) == (found["trades"] > 0)
    assert 0 == found["trades_with_others"]
    assert found["answers"].get("NEW") == again["answers"].get("NEW")


def test_the_cpu_of_a_server_is_measured(tmp_path: Path) -> None:
    with ExitStack() as stack:
        target = servers.start_venue(stack, "memory", tmp_path)
        before = target.cpu()
        found = servers.load(target, *SHAPE.options, "--requests", 2_000)
        after = target.cpu()

    assert 0 < found["server_cpu_s"] < after - before


def test_an_echo_that_changes_a_byte_is_found() -> None:
    with create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lie, args=(listener,))
        thread.start()
        call = [
            sys.executable,
            "-m",
            "engine.load",
            str(listener.getsockname()[1]),
            "--echo",
            "frames",
            "--requests",
            "100",
            "--batch",
            "10",
        ]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        thread.join()

    assert (1, "") == (done.returncode, done.stdout)
    assert "came back with other bytes" in done.stderr


def lie(listener: object) -> None:
    connection, _ = listener.accept()  # type: ignore[attr-defined]
    with connection:
        while data := connection.recv(65_536):
            spoiled = bytearray(data)
            spoiled[len(spoiled) // 2] ^= 1
            connection.send(spoiled)


def test_a_port_where_nobody_listens_is_told() -> None:
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-m", "engine.load", str(port), "--keys", "bench.keys"], capture_output=True, text=True, check=False
    )

    assert (2, "") == (done.returncode, done.stdout)
    assert f"cannot connect to 127.0.0.1:{port}" in done.stderr


def test_an_hdr_file_is_written(tmp_path: Path) -> None:
    with ExitStack() as stack:
        echo = servers.start_echo(stack)
        call = [
            sys.executable,
            "-m",
            "engine.load",
            str(echo.port),
            "--echo",
            "frames",
            "--requests",
            "100",
            "--hdr",
            str(tmp_path / "x.hgrm"),
        ]
        told = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)

    assert told["requests"] == 100
    assert "#[Max" in (tmp_path / "x.hgrm").read_text(encoding="utf-8")
