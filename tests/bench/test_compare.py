"""A change beyond noise is found, and noise is not; what is worse depends on the measure."""

import json
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench import compare
from bench.figures import figures
from bench.targets import line

MACHINE = {"cpu": "a", "cores": 2, "command": "python -m bench book --save", "when": "2026-01-01T00:00:00+00:00"}
NOISE = 0.04
Result = dict[str, Any]


def taken(random: Random, factor: float, rounds: int = 9, machine: float = 1.0) -> Result:
    """A result of a book whose figures are `factor` times the usual, on a machine that is so much slower today."""
    shapes = []
    for shape, floor in (("w1", 40.0), ("w2", 50.0), ("w3", 90.0)):
        slow = [machine * random.gauss(1, NOISE) for _ in range(rounds)]
        runs = {"floor": [floor * s for s in slow], "book": [2 * floor * s * factor * random.gauss(1, NOISE) for s in slow]}
        shapes.append({"shape": shape, "trades": 7, "ns": {name: sorted(run)[rounds // 2] for name, run in runs.items()}, "runs": runs})
    return {"machine": MACHINE, "shapes": shapes}


def changed(old: Result, new: Result) -> list[tuple[str, bool]]:
    return [(change.key, change.worse) for change in compare.changes({"book": old}, {"book": new})]


@pytest.mark.parametrize(("factor", "worse"), [(1.15, True), (0.85, False)])
def test_a_planted_change_is_found(factor: float, worse: bool) -> None:
    found = changed(taken(Random(1), 1.0), taken(Random(2), factor))

    assert {(f"book: shapes[{shape}].ns.book", worse) for shape in ("w1", "w2", "w3")} == set(found)


def test_noise_is_not() -> None:
    runs = [taken(Random(seed), 1.0) for seed in range(30)]
    told = sum(len(changed(old, new)) for old, new in pairwise(runs))

    assert told <= 0.02 * 3 * len(runs)


def test_a_slower_machine_is_not_where_a_yardstick_was_measured_in_turn() -> None:
    assert not changed(taken(Random(1), 1.0), taken(Random(2), 1.0, machine=1.5))


def test_few_rounds_tell_only_what_they_can() -> None:
    old = taken(Random(1), 1.0, rounds=3)

    assert not changed(old, taken(Random(2), 1.04, rounds=3))
    assert [True] * 3 == [worse for _, worse in changed(old, taken(Random(2), 1.8, rounds=3))]
    assert not changed(taken(Random(1), 1.0, rounds=2), taken(Random(2), 9.0, rounds=2))


def test_ends_of_the_rounds_serve_where_the_rounds_were_not_kept() -> None:
    def row(value: float, spread: float) -> Result:
        return {
            "machine": MACHINE,
            "shapes": [{"ns": {"book": value}, "ns_min": {"book": value - spread}, "ns_max": {"book": value + spread}}],
        }

    assert [("book: shapes[].ns.book", True)] == changed(row(100, 3), row(115, 3))
    assert [] == changed(row(100, 5), row(115, 5))
    assert [] == changed(row(100, 1), row(108, 1))


def test_nothing_is_said_of_a_figure_with_fewer_rounds() -> None:
    two = [{"ns": {"book": ns}, "runs": {"book": [ns, ns]}, "ns_min": {"book": ns}, "ns_max": {"book": ns}} for ns in (100.0, 900.0)]

    assert [] == changed(*({"machine": MACHINE, "row": {"ns": ns}} for ns in (100.0, 900.0)))
    assert [] == changed(*({"machine": MACHINE, "row": row} for row in two))


@pytest.mark.parametrize(
    ("measure", "old", "new", "worse"),
    [
        ("per_s", 100.0, 70.0, True),
        ("per_s", 100.0, 130.0, False),
        ("p99_us", 100.0, 130.0, True),
        ("ns", 100.0, 102.0, None),
        ("instructions", 1000.0, 1006.0, True),
        ("instructions", 1000.0, 994.0, False),
        ("instructions", 1000.0, 1004.0, None),
    ],
)
def test_which_way_is_worse_depends_on_the_measure(measure: str, old: float, new: float, worse: bool | None) -> None:
    rows = [{measure: value, "runs": [value + 0.1 * number for number in range(-2, 3)]} for value in (old, new)]
    found = changed(*({"machine": MACHINE, "row": row} for row in rows))

    assert ([] if worse is None else [(f"book: row.{measure}", worse)]) == found


def test_instructions_of_the_engines_own_functions_are_compared() -> None:
    old = {"venue.gates.check": 200.0, "venue.small": 3.0, "memcpy": 10.0, "lock@@GLIBC_2.2": 3.0, "all": 216.0}
    new = {"venue.gates.check": 202.0, "venue.small": 3.1, "memcpy": 50.0, "lock@@GLIBC_2.2": 9.0, "all": 264.1}
    results = [{"machine": MACHINE, "counts": {"w1": {"instructions": counts}}} for counts in (old, new)]

    assert [("book: counts[w1].the engine", True), ("book: counts[w1].venue.gates.check", True)] == sorted(changed(*results))


def test_a_verdict_that_changed_is_told_whatever_the_figure_did() -> None:
    old, new = ({"machine": MACHINE, "targets": [line("P1", figure)]} for figure in (1.999, 2.001))

    assert [("book: P1", True)] == changed(old, new)
    assert [("book: P1", False)] == changed(new, old)


@pytest.mark.parametrize(("ours", "theirs"), [(3, 3), (2, 4), (5, 4)])
def test_chance_is_the_share_of_orders_that_lie_so_far_apart(ours: int, theirs: int) -> None:
    def above(places: tuple[int, ...]) -> int:
        return sum(1 for a in places for b in range(ours + theirs) if b not in places and a > b)

    orders = list(combinations(range(ours + theirs), ours))
    for places in orders:
        least = min(above(places), ours * theirs - above(places))
        expected = min(1.0, 2 * sum(above(other) <= least for other in orders) / len(orders))

        assert expected == pytest.approx(compare.by_chance(places, [b for b in range(ours + theirs) if b not in places]))


def test_a_tie_is_no_evidence() -> None:
    assert compare.by_chance([1.0] * 5, [1.0] * 5) == 1.0


def test_rounds_are_taken_only_where_they_are_those_of_the_figure() -> None:
    row = {"per_s": {"off": 100}, "us": {"off": 10}, "runs": {"off": [{"per_s": 99, "server_us": 9}, {"per_s": 100, "server_us": 10}] * 2}}
    other = {"us": {"off": 10}, "runs": {"off": [100_000, 100_001]}}
    most = {"most": {"off": 7.0}, "most_runs": {"off": [{"per_s": 7.0}]}, "runs": {"off": [{"per_s": 6.0}]}}

    assert [(99, 100, 99, 100), (9, 10, 9, 10)] == [figure.rounds for figure in figures(row).values()]
    assert [()] == [figure.rounds for figure in figures(other).values()]
    assert [(7.0,)] == [figure.rounds for figure in figures(most).values()]


def point(target: str, p50: float, share: float = 0.5) -> Result:
    runs = [{"p50_us": p50 + 0.01 * number} for number in range(-3, 4)]
    return {"target": target, "share": share, "p50_us": p50, "runs": runs}


def ping_pong(venue: float, echo: float) -> Result:
    p50 = {"memory": venue, "echo": echo}
    runs = {name: [{"latency": {"p50_us": us + 0.01 * number}} for number in range(-3, 4)] for name, us in p50.items()}
    return {"medians": {name: {"p50_us": us} for name, us in p50.items()}, "runs": runs}


@pytest.mark.parametrize(("venue", "worse"), [(120.0, 0), (100.0, -1), (140.0, 1)])
def test_rows_and_medians_of_an_echo_are_yardsticks_of_those_beside_them(venue: float, worse: int) -> None:
    """The machine is 1.2 times slower today."""
    old = {"machine": MACHINE, "points": [point("memory", 100.0), point("echo", 50.0)], "ping_pong": ping_pong(100.0, 50.0)}
    new = {"machine": MACHINE, "points": [point("memory", venue), point("echo", 60.0)], "ping_pong": ping_pong(venue, 60.0)}
    keys = ["points[memory,share=0.5].p50_us", "ping_pong.medians.memory.p50_us"]

    assert [(f"book: {key}", worse > 0) for key in keys if worse] == changed(old, new)


def kept(path: Path, result: Result) -> Path:
    path.write_text(json.dumps(result), encoding="utf-8")
    return path


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--fail"], 1)])
def test_the_command_compares_a_report_with_a_single_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    old = kept(tmp_path / "2026-01-01-a-book.json", taken(Random(1), 1.0))
    parts = {"book": {"result": taken(Random(2), 1.3), "failed": ""}, "venue": {"result": None, "failed": ""}}
    new = kept(tmp_path / "new.json", {"machine": MACHINE | {"cpu": "b"}, "parts": parts})

    assert code == compare.main([str(old), str(new), *arguments])
    told = capsys.readouterr().out
    assert "not the same cpu: a and b" in told
    assert "3 figures compared, 3 worse, 0 better; of 0 more too few rounds are known" in told
    assert "WORSE  book: shapes[w1].ns.book" in told


def test_files_without_a_bench_in_common_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (kept(tmp_path / f"2026-01-01-a-{name}.json", taken(Random(1), 1.0)) for name in ("book", "venue"))
    with pytest.raises(SystemExit):
        compare.main([str(old), str(new)])

    assert "no bench in common" in capsys.readouterr().err


def test_what_is_no_result_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = kept(tmp_path / "x.json", {"a": 1})
    with pytest.raises(SystemExit):
        compare.main([str(path), str(path)])

    assert "is no result of a bench" in capsys.readouterr().err
