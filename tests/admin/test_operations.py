"""docs/OPERATIONS.md is true: its commands, from an empty folder and against a venue in a process of its own, print what stands there."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.admin.messages import MAX_ANSWER, MAX_REQUEST, ActRequest, Answer, ShowRequest
from engine.admin.views import ENTRIES_MAX
from engine.cli.admin import BY_NAME
from engine.venue.acts import Approve, Decline
from engine.venue.terms import ANYONE
from tests.admin.transcript import Done, Step, Terminal, agrees, steps
from tests.checkout import ROOT

TEXT = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
PROGRAM = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MESSAGE = re.compile(r"^\| (\w+) \| (\d+) \| (?:in|out) \| (.+) \|$", re.MULTILINE)
STORY, RUNBOOKS = TEXT.split("\n## The market\n")
KEEPING = RUNBOOKS[RUNBOOKS.index("\n## What is durable when\n") : RUNBOOKS.index("\n## When it does not work\n")]
RUNBOOKS = RUNBOOKS.replace(KEEPING, "")  # tests/cli/test_journal_operations.py has that part
STORY_STEPS, RUNBOOK_STEPS = steps(STORY), steps(RUNBOOKS)
RUNBOOK = re.compile(r"^### ([a-z-]+)\n\n(.+?)\n\n```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BY_ACT = {name: (" ".join(prose.split()), commands) for name, prose, commands in RUNBOOK.findall(RUNBOOKS)}


@pytest.fixture(scope="module")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Step, Done]]]:
    """Run the story command by command in processes, and the runbooks after it in this one; the venue must end as it should."""
    folder = tmp_path_factory.mktemp("operations")
    terminal = Terminal(folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        try:
            told = [(step, terminal.run(step.command, process=True)) for step in STORY_STEPS]
            told += [(step, terminal.run(step.command, process=False)) for step in RUNBOOK_STEPS]
            told += [(Step(program, printed), terminal.execute(program)) for program, printed in PROGRAM.findall(TEXT)]
        finally:
            ended = terminal.end()
    yield told
    assert (0, "") == ended


def test_every_command_prints_what_the_document_says(transcript: list[tuple[Step, Done]]) -> None:
    wrong = [
        f"$ {step.command}\n{step.printed}--- but\n{done.printed}" for step, done in transcript if not agrees(step.printed, done.printed)
    ]

    assert [] == wrong, "\n".join(wrong)


def test_exit_codes_are_those_of_the_table(transcript: list[tuple[Step, Done]]) -> None:
    def code_of(step: Step) -> int:
        if "waits for a second person: " in step.printed:
            return 4
        if "Error: 127.0.0.1" in step.printed:
            return 3
        if "Error: refused" in step.printed or "\nrejected: " in step.printed:
            return 1
        return 2 if "Error: " in step.printed else 0

    assert [(step.command, code_of(step)) for step, _ in transcript] == [(step.command, done.exit_code) for step, done in transcript]
    assert {0, 1, 2, 3, 4} == {done.exit_code for _, done in transcript}


def test_the_story_ends_with_a_trade_and_nothing_missing(transcript: list[tuple[Step, Done]]) -> None:
    printed = {step.command: done.printed for step, done in transcript}
    trade = next(text for command, text in printed.items() if command.startswith("ats buy"))
    (assets,) = {text for command, text in printed.items() if command == "ats admin show conservation"}

    assert "FILLED" in trade
    assert ["0", "0"] == [line.split()[-1] for line in assets.splitlines()[1:]]


def test_every_act_has_a_runbook_that_runs_it() -> None:
    assert set(BY_NAME) == set(BY_ACT)
    for name, (_, commands) in BY_ACT.items():
        assert f"$ ats admin {name}" in commands


@pytest.mark.parametrize("name", BY_NAME)
def test_a_runbook_says_who_may_who_must_agree_and_how_to_undo_it(name: str) -> None:
    act = BY_NAME[name]
    prose, commands = BY_ACT[name]
    who, second = re.search(r"Who: (.+?)\. Second person: (.+?)\. Undo: .+\.$", prose).groups()  # type: ignore[union-attr]

    if act.roles == ANYONE:
        assert who.startswith("anybody with a role that")
    else:
        assert " or ".join(act.roles) == who
    if act.second_person:
        assert "always" == second
        assert "ats admin approve" in commands
    elif act.second_person_if:
        assert f"if {act.second_person_if}" == second
    else:
        assert act in (Approve, Decline) or "no" == second


def test_the_messages_are_those_of_the_table() -> None:
    kinds = {kind.__name__: kind for kind in (ActRequest, ShowRequest, Answer)}
    told = {name: (int(tag), re.findall(r"`(\w+)`", names)) for name, tag, names in MESSAGE.findall(TEXT)}

    assert {name: (kind.__struct_config__.tag, [*kind.__struct_fields__]) for name, kind in kinds.items()} == told
    assert all(f"{limit:,}" in TEXT for limit in (MAX_REQUEST, MAX_ANSWER))
    assert f"looks at {ENTRIES_MAX} entries" in TEXT


def test_links_of_the_document_lead_to_its_headings() -> None:
    headings = {re.sub(r"[^a-z -]", "", line.lower()).strip().replace(" ", "-") for line in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}

    assert set() == set(re.findall(r"\]\(#([^)]+)\)", TEXT)) - headings


@pytest.mark.parametrize(
    ("expected", "printed", "agreed"),
    [
        ("a …  b\n", "a 2026 b\n", True),
        ("a\nb\n", "a b\n", True),
        ("a …\n", "a\n", False),
        ("a\n", "a b\n", False),
        ("", "", True),
        ("", "a", False),
        ("a.b\n", "axb\n", False),
        ("[…]\nb\n", "a\n1 2\nb\n", True),
        ("a […]\n", "a\n", False),
        ("[…]\nb\n", "a\n", False),
    ],
)
def test_agreement_is_strict_but_for_widths(expected: str, printed: str, *, agreed: bool) -> None:
    assert agreed == agrees(expected, printed)


def test_an_operators_client_loads_neither_the_core_nor_the_server() -> None:
    code = """if True:
        import json, sys
        import engine.admin.client
        core = [name for name in sys.modules if name.startswith(("engine.matching.book", "engine.venue.venue", "engine.gateway"))]
        print(json.dumps(core))
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert [] == json.loads(done.stdout)
    assert Path(ROOT, "engine", "admin", "client.py").exists()
