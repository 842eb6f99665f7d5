"""docs/RULEBOOK-VENUE.md is executed: every example is played on the venue and on its oracle, every clause has its tests."""

import re
from pathlib import Path

import pytest

from engine.matching.enums import Reason
from engine.testing.venue_drawing import play
from engine.venue.entries import LETS
from engine.venue.statuses import NEXT
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
FOLLOW = dict(re.findall(r"^\| ([A-Z_]+) \|(.*)\|$", CLAUSES["V1"], re.MULTILINE))
# How to get from CONTINUOUS to a status that is no single step from there, and what is entered then.
WAYS = {
    "pre-open": ("set-status status closed", "set-status status pre-open"),
    "terminated": ("wind-down cause regulatory last_trade_s 0",),
}
PROBES = (
    "alice buy #3 1@90.00",
    "alice sell #4 1@110.00",
    "alice buy #5 1@90.01 post",
    "alice sell #6 1@110.01 post",
    "bob buy #7 1@80.00",
    "alice sell #8 1@111.00 DAY",
    "alice sell #9 1@111.00 IOC",
    "alice sell #10 1@112.00 OPG",
    "alice sell #11 1@60.00 stop 70.00",
)
SECTIONS = "AGLRVSWIO"
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
    written = re.findall(r"\b([A-Z][A-Z_]+),? \(?(\d{3})\b\)?", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))

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
    begin = "given auction call:60,pause:30\n" if status != "draft" else "given status draft\n"
    begin += "given alice: 1000 USDC, 50 ACME\ngiven bob type redeemer: 1000 USDC, 50 ACME"
    lines = [f"{order}  ->  {what}" if (what := answer(entries, order)) else order for order in PROBES]
    if status != "draft":
        begin += "\n".join(
            ["", "bob sell #1 5@120.00", *(f"act {act}  ->  ..." for act in WAYS.get(status, (f"set-status status {status}",)))]
        )
        if status in ("suspended", "terminated"):
            lines += ["bob replace #1 4@120.00  ->  refuse UNKNOWN_ORDER", "bob cancel #1  ->  refuse UNKNOWN_ORDER"]
        elif reduces == "yes":
            lines += ["bob replace #1 4@120.00  ->  replaced #1 4@120.00", "bob cancel #1  ->  cancel #1 4 USER"]
        else:
            lines += ["bob replace #1 4@120.00  ->  refuse STATE_NOT_TRADABLE", "bob cancel #1  ->  cancel #1 5 USER"]
    if trades == "yes":
        lines.append("bob buy #20 1@110.00  ->  fill #4 1@110.00")
    elif entries != "none" and status != "post-only":
        lines.append("bob buy #20 1@110.00")
    if trades == "at its end":
        lines += ["time 60  ->  cross #20 #4 1@110.00, cancel #10 1 AUCTION_END", "ACME is continuous"]
    play("\n".join([begin, *lines]), make)


def answer(entries, order):
    """Return what an order is told in a status that takes such entries."""
    words = order.split()
    if entries == "none":
        return "reject STATE_NOT_TRADABLE"
    if entries == "sells, redeemers' buys" and words[0] == "alice" and words[1] == "buy":
        return "reject REDUCE_ONLY_VIOLATION"
    taken = {"post-only": {"post"}, "what a call takes (M37)": {"", "post", "DAY", "OPG", "stop"}}
    taken["limit and stop orders that are GTC or GTD"] = {"", "post", "stop"}
    kind = (words[4:] or [""])[0]
    if kind not in taken.get(entries, {"", "post", "DAY", "IOC", "stop"}):
        return "reject SESSION_ORDER_TYPE"
    return f"cancel {words[2]} 1 IOC" if kind == "IOC" else ""


def test_every_status_has_a_row():
    assert sorted(LETS) == sorted(STATUSES)


def test_table_of_what_follows_is_the_offices():
    written = {kebab(status): sorted(map(kebab, filter(None, row.strip().split(", ")))) for status, row in FOLLOW.items()}

    assert {status: sorted(following - {status}) for status, following in NEXT.items()} == written


def kebab(name):
    """Return a status as acts write it."""
    return name.strip().lower().replace("_", "-")
