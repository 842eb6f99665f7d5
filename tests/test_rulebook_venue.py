"""docs/RULEBOOK-VENUE.md is executed: every example is played on the venue and on its oracle, every clause has its tests."""

import re
from pathlib import Path

import pytest

from engine.matching.enums import Reason
from engine.testing.venue_drawing import play
from engine.venue.entries import MAY
from tests.matching.books import OF_THE_VENUE
from tests.venue.drawn import MAKERS
from tests.venue.faults import FAULTS, neighbours, script

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "RULEBOOK-VENUE.md").read_text()
CLAUSES = {match[1]: match[2] for match in re.finditer(r"^### ([A-Z]\d+)\. .*?\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)}
BLOCKS = [
    (clause, block) for clause, text in CLAUSES.items() for block in re.findall(r"^```venue\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
]
SOURCES = "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("test_*.py")))
STEPS = {int(row[1]): row[2] for row in re.finditer(r"^\| (\d+) \| (.*?) \|", CLAUSES["G1"], re.MULTILINE)}
STATUSES = {
    status.strip().lower().replace("_", "-"): (row[2], row[3], row[4])
    for row in re.finditer(r"^\| ([A-Z_, ]+) \| (.*?) \| (.*?) \| (.*?) \|", CLAUSES["G3"], re.MULTILINE)
    for status in row[1].split(",")
}
SECTIONS = "AGLRSO"
# Reasons of answers that are no refusal of a new order, and of what no client can send.
ELSEWHERE = {"UNKNOWN_ORDER", "TOO_LATE", "ORDER_MISMATCH", "UNKNOWN_COMMAND", "WALLET_INELIGIBLE", "FORM_UNSUPPORTED", "NONE"}
both_venues = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@both_venues
@pytest.mark.parametrize(("clause", "block"), BLOCKS, ids=[clause for clause, _ in BLOCKS])
def test_example_plays_as_drawn(clause, block, make):
    play(block, make)


def test_every_block_belongs_to_a_clause_and_every_clause_has_one():
    assert TEXT.count("```venue") == len(BLOCKS)
    assert list(CLAUSES) == list(dict.fromkeys(clause for clause, _ in BLOCKS))


def test_clauses_are_numbered_without_a_gap():
    numbers = {section: sum(clause[0] == section for clause in CLAUSES) for section in SECTIONS}

    assert [f"{section}{n}" for section in SECTIONS for n in range(1, numbers[section] + 1)] == list(CLAUSES)


@pytest.mark.parametrize("clause", CLAUSES)
def test_clause_names_tests_that_exist(clause):
    named = re.findall(r"`(test_\w+)`", CLAUSES[clause])

    assert named
    assert [] == [name for name in named if f"def {name}(" not in SOURCES]


@pytest.mark.parametrize("clause", CLAUSES)
def test_clause_names_clauses_that_exist(clause):
    books = (ROOT / "docs" / "RULEBOOK.md").read_text()
    named = re.findall(rf"\b([{SECTIONS}M]\d+)\b", re.sub(r"```.*?```", "", CLAUSES[clause], flags=re.DOTALL))

    assert [] == [name for name in named if name not in CLAUSES and f"### {name}. " not in books]


def test_reasons_have_the_numbers_that_are_written():
    written = re.findall(r"\b([A-Z][A-Z_]+),? \(?(\d{3})\)?", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))

    assert written
    assert [] == [(name, number) for name, number in written if Reason[name] != int(number)]


# The table of checks.


def test_every_reason_to_refuse_an_order_is_in_the_table():
    refusals = {reason.name for reason in Reason if reason < 200}

    assert refusals - ELSEWHERE == set(re.findall(r"[A-Z][A-Z_]+", " ".join(STEPS.values())))


def test_every_reason_of_the_venue_is_explained():
    assert [] == [reason.name for reason in OF_THE_VENUE if reason != Reason.UNKNOWN_COMMAND and reason.name not in TEXT]


@pytest.mark.parametrize("step", STEPS)
def test_check_has_a_fault_for_each_of_its_reasons(step):
    reasons = re.findall(r"[A-Z][A-Z_]+", STEPS[step])

    assert sorted(reasons) == sorted({fault.told.split()[0] for fault in FAULTS[step]})


@both_venues
@pytest.mark.parametrize("step", STEPS)
def test_check_finds_its_faults(step, make):
    for fault in FAULTS[step]:
        play(script(fault), make)


@both_venues
@pytest.mark.parametrize(("first", "second"), neighbours(), ids=lambda fault: fault.told.split()[0])
def test_check_comes_before_its_successors(first, second, make):
    play(script(first, second), make)


# The table of statuses.


@both_venues
@pytest.mark.parametrize("status", STATUSES)
def test_status_takes_what_its_row_says(status, make):
    entries, reduces, trades = STATUSES[status]
    refused = "STATE_NOT_TRADABLE" if entries == "none" else "SESSION_ORDER_TYPE"
    only_sells = entries.startswith("sells")
    answers = {
        "alice buy #3 1@90.00": "REDUCE_ONLY_VIOLATION" if only_sells else "" if entries == "all" else refused,
        "alice sell #4 1@110.00": "" if only_sells or entries == "all" else refused,
        "alice buy #5 1@90.01 post": "REDUCE_ONLY_VIOLATION" if only_sells else refused if entries == "none" else "",
        "alice sell #6 1@110.01 post": refused if entries == "none" else "",
        "bob buy #7 1@80.00": "" if "redeemers' buys" in entries or entries == "all" else refused,
    }
    lines = [f"{order}  ->  reject {reason}" if reason else order for order, reason in answers.items()]
    said = {"yes": "replaced #1 4@120.00", "no": "refuse STATE_NOT_TRADABLE"}[reduces] if status != "suspended" else "..."
    begin = "given status draft\ngiven alice: 1000 USDC, 50 ACME\ngiven bob type redeemer: 1000 USDC, 50 ACME"
    if status != "draft":
        begin += f"\nact set-status status continuous\nbob sell #1 5@120.00\nact set-status status {status}  ->  ..."
        lines += [f"bob replace #1 4@120.00  ->  {said}"]
    if trades == "yes":
        lines += ["bob buy #8 1@110.00  ->  fill #4 1@110.00"]
    play("\n".join([begin, *lines]), make)


def test_every_status_has_a_row():
    assert sorted(MAY) == sorted(STATUSES)
