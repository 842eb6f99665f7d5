"""docs/RULEBOOK.md is executed: every drawn block is played on the core and on the oracle, every clause has its tests."""

import re
from pathlib import Path

import pytest

from engine.matching.book import OrderBook
from engine.matching.enums import Reason
from engine.testing.oracle import Oracle
from engine.testing.play import play
from tests.matching.books import OF_THE_VENUE

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "RULEBOOK.md").read_text()
CLAUSES = {match[1]: match[2] for match in re.finditer(r"^### (M\d+)\. .*?\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)}
BLOCKS = [
    (clause, block) for clause, text in CLAUSES.items() for block in re.findall(r"^```book\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
]
SOURCES = "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("test_*.py")) if path != Path(__file__))


@pytest.mark.parametrize("make", [Oracle, OrderBook], ids=["oracle", "core"])
@pytest.mark.parametrize(("clause", "block"), BLOCKS, ids=[clause for clause, _ in BLOCKS])
def test_example_plays_as_drawn(clause, block, make):
    play(block, make)


def test_every_block_belongs_to_a_clause():
    assert TEXT.count("```book") == len(BLOCKS)


def test_clauses_are_numbered_without_a_gap():
    assert [f"M{number}" for number in range(1, len(CLAUSES) + 1)] == list(CLAUSES)


@pytest.mark.parametrize("clause", CLAUSES)
def test_clause_names_tests_that_exist(clause):
    named = re.findall(r"`(test_\w+)`", CLAUSES[clause])

    assert named
    assert [] == [name for name in named if f"def {name}(" not in SOURCES]


@pytest.mark.parametrize("clause", CLAUSES)
def test_clause_is_named_by_a_test(clause):
    assert re.search(rf'""".*\b{clause}\b', SOURCES), f"no test's docstring says {clause}"


def test_every_reason_to_refuse_is_in_the_table():
    refusals = {reason.name for reason in Reason if 100 < reason < 200 and reason not in OF_THE_VENUE}
    table = "\n".join(line for line in CLAUSES["M24"].splitlines() if line.startswith("| "))

    assert refusals == set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b|\b(?:SIDE|TICK|LOT|OVERFLOW)\b", table.replace("| reason |", "")))


def test_every_reason_of_a_report_is_in_the_table():
    table = re.findall(r"^\| ([A-Z_, ]+) \|", CLAUSES["M22"], re.MULTILINE)

    assert {reason.name for reason in Reason if reason > 200} == set(re.findall(r"[A-Z_]+", " ".join(table)))
