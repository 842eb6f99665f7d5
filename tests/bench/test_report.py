"""The report runs every bench in a process of its own, goes on when one fails, and keeps all that they found."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import machine, report, results
from bench.targets import line

GOOD = {
    "machine": {"when": "2026-01-01T00:00:00+00:00"},
    "seed": 3,
    "mix": "rest",
    "targets": [line("P1", 1.9, shape="w3"), line("P9", 1.2)],
}
ALSO = {"machine": {}, "targets": [line("P9", 2.4, axis="sessions")]}
FAKE = """
import json, os, pathlib, subprocess, sys, time

name, folder = sys.argv[1], pathlib.Path(os.environ["BENCH_RESULTS"])
print("Some CPU, 2 cores\\nCPython 3, cc, commit none, today\\nns a message\\n\\n{} 1.0".format(" ".join(sys.argv[1:])))
if name in ("good", "also", "differs"):
    (folder / f"2026-01-01-cpu-{name}.json").write_text(RESULTS[name])
if name == "differs":
    sys.exit(1)
if name == "broken":
    raise ValueError("no such flow")
if name == "stuck":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # has our stdout, too
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = {"good": json.dumps(GOOD), "also": json.dumps(ALSO), "differs": json.dumps(ALSO)}
    program = tmp_path / "fake.py"
    program.write_text(f"RESULTS = {results!r}\n{FAKE}", encoding="utf-8")
    monkeypatch.setattr(report, "COMMAND", (sys.executable, str(program)))
    monkeypatch.setattr(report, "PARTS", {name: f"the {name} one" for name in ("good", "also", "differs", "broken", "silent")})


def kept(result: dict[str, Any]) -> dict[str, Any]:
    return {"result": result, "failed": ""}


def gathered(*names: str, quick: bool = False) -> dict[str, Any]:
    said: list[str] = []
    found = report.gather(names, quick=quick, say=said.append)

    assert all(name in "".join(said) for name in names)
    return found


def test_a_report_keeps_each_part_with_its_table_and_its_result() -> None:
    found = gathered("good", "also")

    assert GOOD == found["parts"]["good"]["result"]
    assert "ns a message\n\ngood --save 1.0" == found["parts"]["good"]["output"]
    assert ["", ""] == [part["failed"] for part in found["parts"].values()]
    assert {"commit", "kernel", "flags", "native", "virtual"} <= found["machine"].keys()


def test_quick_is_handed_on() -> None:
    assert "also --save --quick" in gathered("also", quick=True)["parts"]["also"]["output"]


def test_the_worse_of_two_lines_of_a_target_counts() -> None:
    for names in (("good", "also"), ("also", "good")):
        lines = gathered(*names)["targets"]

        assert [("P1", 1.9, "good"), ("P9", 2.4, "also")] == [(line["id"], line["figure"], line["bench"]) for line in lines]


@pytest.mark.parametrize(
    ("name", "why"), [("differs", "exit code 1"), ("broken", "exit code 1"), ("silent", "it saved no result"), ("good", "")]
)
def test_a_bench_that_fails_is_called_failed_and_the_others_go_on(
    name: str, why: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "kept.json"
    code = report.main(["--only", name, "also", "--json", str(path)])
    told = capsys.readouterr().out
    found = json.loads(path.read_text())

    assert code == bool(why)
    assert [why, ""] == [part["failed"] for part in found["parts"].values()]
    assert ("FAILED: " + why in told) == bool(why)
    assert ("ValueError: no such flow" in told) == (name == "broken")
    assert found["parts"]["also"]["result"] == ALSO


def test_a_bench_that_failed_reaches_no_target() -> None:
    assert [] == gathered("differs")["targets"]
    assert [2.4] == [line["figure"] for line in gathered("differs", "also")["targets"]]


def test_a_bench_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said is read to its end, which comes when nobody who could write is left."""
    monkeypatch.setattr(report, "LIMIT_S", 2)
    part = report.run("stuck", quick=True, folder=tmp_path)

    assert part.failed == "not done after 2 s"
    assert part.code is None


def test_the_printed_report_has_every_target_and_its_verdict() -> None:
    told = report.text(gathered("good", "also", "broken"))

    assert "P1   book, batched, clients' ids, worst shape of flow                 <= 2         1.9     0.95x  met" in told
    assert "x the floor (good), shape=w3" in told
    assert "2.4     1.20x  MISSED" in told
    assert told.count("not measured") == len(report.TARGETS) - 2
    assert "== also: the also one" in told


def test_a_report_is_compared_with_an_older_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old.json"
    older = GOOD | {"targets": [line("P1", 2.1), line("P9", 1.1)]}
    path.write_text(json.dumps({"machine": {}, "parts": {"good": kept(older), "also": kept(ALSO | {"targets": [line("P9", 1.9)]})}}))

    assert report.main(["--only", "good", "also", "--compare", str(path)]) == 0
    assert report.main(["--only", "good", "also", "--compare", str(path), "--fail"]) == 1
    told = capsys.readouterr().out
    assert "the target was missed and is met" in told
    assert "WORSE  also: P9" in told


def test_an_older_report_is_read_before_the_new_one_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(machine.ELSEWHERE, str(tmp_path / "results"))
    older = {"machine": machine.describe(), "parts": {"good": kept(GOOD | {"targets": [line("P1", 2.1)]})}}
    path = machine.save("report", older)

    assert report.main(["--only", "good", "--save", "--compare", str(path)]) == 0
    assert json.loads(path.read_text())["parts"]["good"]["result"] == GOOD
    assert "the target was missed and is met" in capsys.readouterr().out


def test_what_cannot_be_compared_is_told_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "2026-01-01-cpu-book.json"
    path.write_text(json.dumps({"machine": {}}))
    with pytest.raises(SystemExit):
        report.main(["--only", "good", "--compare", str(path)])

    told = capsys.readouterr()
    assert "has book, and none of it is to run" in told.err
    assert told.out == ""


def test_saved_results_go_where_the_report_wants_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.ELSEWHERE, str(tmp_path))
    about = {"cpu": "Some(R) Xeon(R) Processor", "when": "2026-01-02T03:04:05+00:00"}

    assert tmp_path / "2026-01-02-some-xeon-book.json" == machine.save("book", {"machine": about})


def test_the_machine_says_what_it_can() -> None:
    about = machine.describe()

    assert os.uname().release == about["kernel"]
    assert about["flags"].endswith("-O3")
    assert about["native"] in {True, False, None}
    assert all(isinstance(about[fact], str) and about[fact] for fact in ("governor", "virtual"))


def test_the_newest_result_of_a_bench_counts_wherever_it_is_and_no_quick_one(tmp_path: Path) -> None:
    def told(name: str, when: str, **more: Any) -> dict[str, Any]:
        result = {"machine": {"when": when, "command": f"python -m bench {more.pop('command', '')}"}, **more}
        if name:
            (tmp_path / f"{when}-cpu-{name}.json").write_text(json.dumps(result))
        return result

    book = told("book", "2026-01-02")
    told("book", "2026-01-01")
    told("venue", "2026-01-01")
    parts = {
        "book": {"result": told("", "2026-01-01"), "failed": ""},
        "venue": {"result": told("", "2026-01-03"), "failed": ""},
        "peers": {"result": told("", "2026-01-03"), "failed": "exit code 1"},
        "curve": {"result": None, "failed": ""},
    }
    whole = told("report", "2026-01-03", parts=parts)
    told("book", "2026-01-04", command="book --quick")
    found = results.newest(tmp_path)

    assert {"book": book, "venue": parts["venue"]["result"], "report": whole} == {name: one.result for name, one in found.items()}
    assert found["venue"].path.name == "2026-01-03-cpu-report.json"


@pytest.mark.parametrize("name", ["rejects"])
def test_a_real_bench_runs_and_saves(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "COMMAND", (sys.executable, "-m", "bench"))
    part = report.run(name, quick=True, folder=tmp_path)

    assert part.failed == "", part.errors
    assert part.result is not None
    assert part.result["machine"]["command"] == f"python -m bench {name} --save --quick"
