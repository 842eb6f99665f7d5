"""The instruction counts: the committed baseline is whole and of functions that there are, and whatever moves is told."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bench import baseline, callgrind, counts

ABOUT = {
    "when": "2026-11-22T00:00:00+00:00",
    "commit": "0000000",
    **dict.fromkeys(("compiler", "cython", "python", "flags", "system", "cpu"), "x"),
    "native": False,
}
BEFORE = {"book w1": {"matching.match.admit": 100.0, "matching.match.cancel": 1000.0, "__memset": 40.0, "matching.index.find": 0.4}}
KEPT = {"book w1": {"matching.match.admit": 100.0, "matching.match.cancel": 1000.0}}


@pytest.fixture(scope="module")
def committed() -> dict:
    return json.loads(baseline.PATH.read_text(encoding="utf-8"))


def test_the_committed_counts_have_a_reason_a_commit_and_the_tools_that_made_them(committed: dict) -> None:
    assert {"why", "when", "commit", "tools", "counts"} == set(committed)
    assert all(committed[key].strip() for key in ("why", "when", "commit"))
    assert set(baseline.tools(ABOUT)) <= set(committed["tools"]) | {"cpu"}


def test_the_committed_counts_are_of_every_case(committed: dict) -> None:
    assert set(counts.CASES) == set(committed["counts"])
    for figures in committed["counts"].values():
        assert figures
        assert all(figure >= baseline.FUNCTION_MIN and figure == round(figure, 1) for figure in figures.values())


def test_each_function_of_the_committed_counts_is_in_the_modules_that_are_built(committed: dict) -> None:
    named = {function for figures in committed["counts"].values() for function in figures}

    assert set() == named - callgrind.engine_functions()


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("__pyx_f_6engine_8matching_5match_admit", "matching.match.admit"),
        ("__pyx_f_6engine_8matching_5match_admit.isra.0", "matching.match.admit"),
        ("__pyx_f_6engine_7gateway_4lane_4Lane_add", "gateway.lane.Lane.add"),
        (
            "__pyx_pw_6engine_7gateway_10connection_10Connection_13data_received",
            "gateway.connection.Connection.data_received (called from Python)",
        ),
        ("__pyx_pw_6engine_5venue_5venue_5Venue_1__cinit__", "venue.venue.Venue.__cinit__ (called from Python)"),
        ("_PyEval_EvalFrameDefault", None),
    ],
)
def test_a_compiled_function_goes_by_the_name_that_was_written(symbol: str, name: str | None) -> None:
    assert name == callgrind.readable(symbol)


@pytest.mark.parametrize(
    ("figure", "moved"),
    [(100.0, False), (100.4, False), (99.6, False), (100.6, True), (99.3, True), (103.0, True)],
)
def test_a_function_has_moved_by_more_than_half_a_percent(figure: float, moved: bool) -> None:
    now = {"book w1": {**BEFORE["book w1"], "matching.match.admit": figure}}

    assert moved == bool(baseline.moves(KEPT, now))


def test_a_function_has_moved_by_more_than_two_instructions_however_much_it_had() -> None:
    now = {"book w1": {**BEFORE["book w1"], "matching.match.cancel": 1002.5}}

    assert [("book w1", "matching.match.cancel", 1000.0, 1002.5)] == baseline.moves(KEPT, now)


def test_a_function_or_a_case_that_comes_or_goes_has_moved() -> None:
    assert [("book w1", "venue.new.one", 0.0, 3.0)] == baseline.moves(KEPT, {"book w1": {**BEFORE["book w1"], "venue.new.one": 3.0}})
    assert {"matching.match.admit", "matching.match.cancel"} == {function for _, function, _, _ in baseline.moves(KEPT, {})}
    assert {"matching.match.admit", "matching.match.cancel"} == {function for _, function, _, _ in baseline.moves({}, BEFORE)}


def test_what_is_not_the_engines_or_hangs_on_the_disk_is_not_held() -> None:
    others = {"__memset": 400.0, "pthread_cond_signal@@GLIBC_2.3.2": 9.0, "__Pyx_Call.constprop.0": 9.0, "journal.core.run": 90.0}

    assert [] == baseline.moves(KEPT, {"book w1": KEPT["book w1"] | others})


def test_what_was_accepted_holds_until_something_moves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = baseline.accept(BEFORE, "a reason", ABOUT, tmp_path / "counts.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    worse = {"book w1": {**BEFORE["book w1"], "matching.match.admit": 110.0, "__memset": 400.0}}

    assert kept["counts"] == KEPT
    assert baseline.check(BEFORE, ABOUT, path) == 0
    assert baseline.check(worse, ABOUT, path) == 1
    assert "100.0 ->   110.0  matching.match.admit" in capsys.readouterr().out


def test_counts_of_another_compiler_are_told_and_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = baseline.accept(BEFORE, "a reason", ABOUT, tmp_path / "counts.json")

    assert baseline.check(BEFORE, {**ABOUT, "compiler": "y"}, path) == 1
    said = capsys.readouterr().out
    assert "compiler 'x', these with 'y'" in said
    assert "nothing has moved" not in said


def test_a_baseline_needs_a_reason(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="reason"):
        baseline.accept(BEFORE, " ", ABOUT, tmp_path / "counts.json")


def test_a_count_is_by_message_and_by_written_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Counter({"__pyx_f_6engine_8matching_5match_admit": 30, "__pyx_f_6engine_8matching_5match_admit.isra.0": 10, "memset": 5})
    case = counts.Case("a message", lambda *_: (found, 10))

    assert {"matching.match.admit": 4.0, "memset": 0.5} == counts.counted(case, 10, 1)


def test_without_valgrind_nothing_is_counted_and_it_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(callgrind, "found", lambda: False)

    assert counts.main([]) == 0
    assert "not installed" in capsys.readouterr().err
