"""What the benches over TCP make of what they measured: medians, ratios of neighbouring turns, marks, and the targets' figures."""

from typing import Any

import pytest

from bench import bench_gateway, connections, durability, latency, million
from bench.servers import Shape


def run(per_s: float, us: float = 1.0, load_cpu: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"per_s": per_s, "server_us": us, "load_cpu": load_cpu, "requests": 100, **more}


def rounds(**per_s: list[float]) -> dict[str, list[dict[str, Any]]]:
    return {name: [run(value) for value in values] for name, values in per_s.items()}


FULL = Shape(16, 100, 4)
QUIET = {"durable": [500.0, 400.0, 900.0], "memory": [1000.0, 500.0, 1500.0], "echo": [1000.0, 1000.0, 1000.0], "raw": [4000.0] * 3}


def test_a_row_compares_turns_that_followed_each_other() -> None:
    row = bench_gateway.row_of(FULL, rounds(**QUIET))

    assert {"durable": 500, "memory": 1000, "echo": 1000, "raw": 4000} == row["per_s"]
    assert {"memory": 0.6, "echo": 0.5, "raw": 0.125} == row["ratio"]
    assert (16, 100, 4, 3200, 900) == (row["clients"], row["batch"], row["window"], row["depth"], row["best"]["durable"])
    assert not row["limited"]


@pytest.mark.parametrize("change", [{"raw": [590.0] * 3}, {"load_cpu": 0.91}])
def test_a_row_is_marked_where_the_load_may_be_what_was_measured(change: dict[str, Any]) -> None:
    found = rounds(**{**QUIET, **{name: each for name, each in change.items() if name in QUIET}})
    for each in found["memory"]:
        each["load_cpu"] = change.get("load_cpu", 0.5)

    assert bench_gateway.row_of(FULL, found)["limited"]


def test_the_pipelined_targets_are_the_most_orders_and_the_least_share() -> None:
    fast = bench_gateway.row_of(FULL, rounds(durable=[1200e3], memory=[2e6], echo=[2400e3], raw=[9e6]))
    fair = bench_gateway.row_of(Shape(4, 1000, 4), rounds(durable=[800e3], memory=[2e6], echo=[4e6], raw=[9e6]))
    alone = bench_gateway.row_of(Shape(1, 1000, 4), rounds(durable=[9e6], memory=[9e6], echo=[9e9], raw=[9e9]))
    most, share = bench_gateway.pipelined_targets([fast, fair, alone])

    assert ("P5a", 1.2e6, True, 16) == (most["id"], most["figure"], most["met"], most["beside"]["clients"])
    assert ("P5b", 0.2, False, 4) == (share["id"], share["figure"], share["met"], share["beside"]["clients"])
    assert [] == bench_gateway.pipelined_targets([alone])


def test_round_trips_are_held_against_the_raw_echo_and_the_bare_disk() -> None:
    p50 = {"durable": 100.0, "memory": 24.0, "echo": 21.0, "raw": 20.0}
    answer = {
        "medians": {name: {"p50_us": value} for name, value in p50.items()},
        "ratio": 1.2,
        "beyond_echo_in_commits": 1.6,
        "commit_us": 50.0,
    }
    memory, durable = bench_gateway.ping_pong_targets(answer)

    assert ("P6a", 1.2, True) == (memory["id"], memory["figure"], memory["met"])
    assert ("P6b", 1.6, False) == (durable["id"], durable["figure"], durable["met"])


def spread(p50: float, p99: float) -> dict[str, float]:
    return {"p50_us": p50, "p90_us": p50, "p99_us": p99, "p999_us": p99, "max_us": p99}


def waited(p50: float, p99: float, late_p50: float = 0.1) -> dict[str, Any]:
    late = {"p50_us": late_p50, "p99_us": late_p50, "max_us": late_p50}
    return run(100.0, latency=spread(p50, p99), histogram=[[p50, 99], [p99, 1]], late=late, jitter=spread(0.1, 9.0))


def test_a_point_is_the_median_of_its_rounds_and_all_of_their_waits() -> None:
    point = latency.point([waited(10, 50), waited(20, 90), waited(15, 70)])

    assert (15, 70, 300) == (point["p50_us"], point["p99_us"], sum(count for _, count in point["histogram"]))
    assert [50, 90, 70] == [each["p99_us"] for each in point["runs"]]


@pytest.mark.parametrize(("late", "limited"), [(5.0, False), (5.1, True)])
def test_a_point_is_marked_where_half_of_the_wait_is_the_generators(late: float, limited: bool) -> None:
    assert limited == latency.point([waited(10, 50, late)])["limited"]


def test_the_tail_is_held_against_p50_at_half_of_the_most_only() -> None:
    def at(share: float, name: str, p50: float, p99: float) -> dict[str, Any]:
        return {"share": share, "target": name, "rate": 10, **latency.point([waited(p50, p99)])}

    points = [at(0.5, "durable", 100, 1100), at(0.5, "memory", 50, 100), at(0.9, "durable", 1, 1)]
    jitter = latency.jitter([waited(1, 1)])
    (line,) = latency.targets_of({"points": points, "jitter": jitter, "clients": 16, "batch": 100})

    assert ("P10", 11.0, False) == (line["id"], line["figure"], line["met"])
    assert (2.0, 9.0) == (line["beside"]["journal_off"], line["beside"]["jitter_p99_us"])
    assert [] == latency.targets_of({"points": points[2:], "jitter": jitter})


def test_growth_is_to_the_first_row_and_beyond_the_echos() -> None:
    def at(memory: float, durable: float, echo: float) -> dict[str, list[dict[str, Any]]]:
        us = {"memory": memory, "durable": durable, "echo": echo}
        return {name: [run(10.0, us=value, latency={"p50_us": 5.0})] for name, value in us.items()}

    rows = connections.rows_of({1: at(2, 4, 1), 1000: at(5, 18, 2)})
    (line,) = connections.targets_of(rows)

    assert {"memory": 2.5, "durable": 4.5, "echo": 2.0} == rows[1]["growth"]
    assert {"memory": 1.25, "durable": 2.25} == rows[1]["beyond"]
    assert ("P9", 2.25, "durable", 1000) == (line["id"], line["figure"], line["beside"]["journal"], line["beside"]["connections"])


def test_the_price_of_durability_is_that_where_most_goes_through() -> None:
    def row(place: str, durable: float, ratio: float) -> dict[str, Any]:
        shape = Shape(16, 100, 4)._asdict()
        return {"place": place, **shape, "load_cpu": 0.5, "per_s": {"durable": durable}, "ratio": {"durable": ratio}}

    tcp = [row("one core", 5, 0.4), row("one core", 9, 0.5), row("free", 20, 0.7), row("free", 10, 0.9)]
    (line,) = durability.targets_of(tcp, {"ratio": {"durable": 0.85}})

    assert ("P7", 0.7, False) == (line["id"], line["figure"], line["met"])
    assert (0.5, 0.85) == (line["beside"]["all_on_one_core"], line["beside"]["without_sockets"])


BUCKETS = dict.fromkeys((*million.CUSTOMERS, *million.OWN), 0)


def ledger(available: int, fees: int, custody: int) -> million.Ledger:
    found = BUCKETS | {"available": available, "fees": fees, "custody": custody}
    return {"USDC": found | {"total": sum(found.values())}}


def test_a_ledger_is_conserved_when_only_its_owners_change() -> None:
    sums = million.conserved(ledger(100, 0, -100), ledger(93, 7, -100))

    assert {"USDC": {"customers": 93, "venue": 7, "custody": 100}} == sums


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (ledger(101, 0, -100), "101 is owned, and 100 is in custody"),
        (ledger(101, 0, -101), "100 was in custody, and 101 is"),
        ({}, "there were the assets"),
    ],
)
def test_what_was_made_or_lost_is_told(after: million.Ledger, why: str) -> None:
    with pytest.raises(million.Differs, match=why):
        million.conserved(ledger(100, 0, -100), after)
