"""The load generators: what they send is answered, and what they say of it is true."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import bench_gateway, open_loop, servers

REQUESTS = ("--clients", 2, "--batch", 5, "--requests", 200)


def started(stack: ExitStack, name: str, folder: Path) -> servers.Target:
    return servers.start_echo(stack) if name == "echo" else servers.start_venue(stack, name, folder)


@pytest.mark.parametrize("name", ["durable", "memory", "echo"])
def test_every_request_is_answered_in_every_kind_of_load(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        target = started(stack, name, tmp_path)
        full = servers.load(target, "bench.load", *REQUESTS, "--window", 2)
        due = servers.load(target, "bench.open_loop", *REQUESTS, "--rate", 10_000)
        alone = servers.load(target, "bench.load", "--ping-pong", "--requests", 20)

    assert [200, 200, 20] == [result["requests"] for result in (full, due, alone)]
    assert 0 < due["p50_us"] <= due["p99_us"] <= due["max_us"]
    assert due["per_s"] < 15_000
    assert 0 < alone["p50_us"]


def test_a_server_that_does_not_start_is_told() -> None:
    with ExitStack() as stack, pytest.raises(SystemExit, match="nobody did not start"):
        servers.start(stack, "nobody", "-c", "pass")


def test_a_latency_begins_when_its_batch_was_due() -> None:
    # Batches of 2 due at 0, 100 and 200; reports seen at 50 (1), 150 (up to the 4th) and 400 (all).
    found = list(open_loop.latencies(2, [0, 100, 200], [(50, 1), (150, 4), (400, 6)]))

    assert [(50, 1), (150, 1), (50, 2), (200, 2)] == found


def test_percentiles_are_the_least_values_that_so_many_do_not_exceed() -> None:
    found = open_loop.percentiles([(value * 1000, 1) for value in range(1000, 0, -1)])

    assert {"p50_us": 500, "p90_us": 900, "p99_us": 990, "p999_us": 999, "max_us": 1000} == found
    assert open_loop.percentiles([(1000, 1), (2000, 999)])["p50_us"] == 2


def test_a_commit_to_the_bare_disk_takes_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_gateway, "COMMITS", 5)

    assert bench_gateway.commit_us(tmp_path) > 0
