"""Every table of figures in the documents is what the results say, and what is written between the marks can be written anew."""

import re
from pathlib import Path

import pytest

from bench import report, tables
from bench.__main__ import BENCHMARKS, MODULES
from bench.results import ROOT, Found, newest
from bench.targets import line


@pytest.mark.parametrize("document", tables.DOCUMENTS)
def test_the_tables_of_a_document_are_those_of_the_results(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")

    assert text == tables.written(text, newest())
    assert tables.PLACE.search(text)


@pytest.mark.parametrize("document", tables.DOCUMENTS)
def test_a_figure_that_no_result_has_is_found(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    place = next(found for found in tables.PLACE.finditer(text) if re.search(r"\| \d", found[3]))
    at = re.compile(r"\| (\d)").search(text, place.start(3))
    assert at is not None
    forged = text[: at.start(1)] + str((int(at[1]) + 1) % 10) + text[at.end(1) :]

    assert text == tables.written(forged, newest())
    assert text != forged


def test_every_table_stands_in_one_document() -> None:
    named = [found[1] for document in tables.DOCUMENTS for found in tables.PLACE.finditer((ROOT / document).read_text(encoding="utf-8"))]

    assert sorted([*tables.TABLES, *tables.WHOLE, *(f"picture-{name}" for name in tables.PICTURES)]) == sorted(named)


def test_a_mark_without_an_end_or_a_table_is_found() -> None:
    for document in tables.DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")

        assert text.count("<!-- bench ") == 2 * text.count("<!-- bench end -->") == 2 * len(tables.PLACE.findall(text))
    with pytest.raises(KeyError):
        tables.written("<!-- bench nobody -->\n<!-- bench end -->\n", {})


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "bench" / "README.md"]), ids=lambda path: path.name
)
def test_the_benches_that_a_document_names_exist(path: Path) -> None:
    named = set(re.findall(r"python -m bench ([a-z][a-z-]*)", path.read_text(encoding="utf-8")))

    assert set() == named - {*MODULES, *BENCHMARKS}


def test_the_benches_of_the_report_and_of_the_tables_exist() -> None:
    named = {*report.PARTS, *(table.bench for table in tables.TABLES.values())}

    assert set() == named - MODULES.keys()
    assert [] == [name for name, module in MODULES.items() if not (ROOT / f"{module.replace('.', '/')}.py").exists()]


def test_cells_are_shown_as_a_reader_wants_them() -> None:
    rows = {"a": [{"n": 1234, "x": {"y": 0.9659794}}, {"n": None, "x": {"y": 3400.2}}], "b": {"n": 7, "x": {}}}
    table = tables.Table("some", "rows", {"name": "name", "n": "n", "x ": "x.y"})

    assert ["| name | n | x |", "|---|--:|--:|", "| a | 1,234 | 0.966 |", "| a | - | 3,400 |", "| b | 7 | - |"] == list(
        tables._lines(table, {"rows": rows})
    )


def test_of_a_long_table_the_dearest_are_shown() -> None:
    table = tables.Table("some", "rows", {"n": "n"}, by="n")
    lines = list(tables._lines(table, {"rows": [{"n": number * 7 % 20} for number in range(20)]}))

    assert [f"| {number} |" for number in range(19, 9, -1)] == lines[2:]


def test_targets_are_shown_with_their_verdicts() -> None:
    """Whichever results are the newest: of two lines for a target, the worse."""
    about = {
        "when": "x",
        "cpu": "a CPU",
        "cores": 2,
        "system": "Linux",
        "python": "3",
        "compiler": "cc",
        "floor_flags": "-O3",
        "commit": "abc",
    }
    book = {"machine": about, "targets": [line("P1", 2.5)]}
    million = {"machine": about | {"when": "y", "cpu": "another"}, "targets": [line("P5a", 1_234_567)]}
    gateway = {"machine": about, "targets": [line("P5a", 1_300_000)]}
    found = {
        "book": Found(Path("a.json"), book),
        "million": Found(Path("b.json"), million),
        "gateway": Found(Path("b.json"), gateway),
        "report": Found(Path("b.json"), {"machine": about, "targets": [line("P1", 9.0)]}),
    }
    told = tables.written("<!-- bench targets -->\n<!-- bench end -->\n<!-- bench machine -->\n<!-- bench end -->\n", found)

    assert "From `a.json` (commit abc), `b.json` (commit abc):" in told
    assert "| P1 | book, batched, clients' ids, worst shape of flow | ≤ 2 x the floor | 2.5 | **missed** | `book` |" in told
    assert "| ≥ 1,000,000 orders/s | 1,235,000 | met | `million` |" in told
    assert told.count("not measured") == len(tables.TARGETS) - 2
    assert "another, 2 cores" in told


def test_what_was_not_measured_says_how_it_would_be() -> None:
    told = tables.written("<!-- bench replay -->\n<!-- bench end -->\n", {})

    assert "`python -m bench replay --save`" in told


def test_a_part_that_a_result_does_not_have_is_told() -> None:
    found = {"gateway": Found(Path("a.json"), {"machine": {}, "quickfix": None})}

    assert "Not a part of `a.json`." in tables.written("<!-- bench quickfix -->\n<!-- bench end -->\n", found)


def test_the_table_of_commands_names_every_bench() -> None:
    text = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"bench ([a-z-]+)", "".join(line for line in text.splitlines() if line.startswith("| `"))))

    assert set() == {*MODULES, *BENCHMARKS} - named - {"report"}
