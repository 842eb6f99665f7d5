"""docs/OPERATIONS.md is true of how a venue is kept: each command, from an empty folder, prints what stands there."""

import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from engine.cli.serve import command as serve_command
from engine.config import Journal
from engine.journal.records import Mode
from tests.admin.transcript import Done, Step, Terminal, agrees, steps
from tests.checkout import ROOT

TEXT = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
KEEPING = TEXT[TEXT.index("\n## What is durable when\n") : TEXT.index("\n## When it does not work\n")]
DAMAGED = ("Error: my-venue/journal: 00000003", "Error: damaged: 0", "Error: moved/journal: another")


@pytest.fixture(scope="module")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Step, Done]]]:
    """Run every command in a process; the venue that is left at the end must end as it should."""
    folder = tmp_path_factory.mktemp("keeping")
    terminal = Terminal(folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        try:
            told = [(step, terminal.run(step.command, process=True)) for step in steps(KEEPING)]
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
        if step.printed.startswith(DAMAGED):
            return 70
        return 2 if step.printed.startswith("Error: ") else 0

    told = re.findall(r"^\| (\d+) \| .* \| .* \|$", KEEPING, re.MULTILINE)

    assert [(step.command, code_of(step)) for step, _ in transcript] == [(step.command, done.exit_code) for step, done in transcript]
    assert ["0", "1", "2", "70"] == told


def test_every_mode_is_in_the_table() -> None:
    assert [mode.value for mode in Mode] == re.findall(r"^\| `(\w+)` \| .* \| .* \| .* \|$", KEEPING, re.MULTILINE)
    assert f"`sync_ms` ({Journal().sync_ms})" in KEEPING
    assert f"`reserve` ({Journal().reserve_mb} MB)" in KEEPING


def test_the_unit_calls_a_command_that_exists() -> None:
    (text,) = re.findall(r"^```ini\n(.*?)^```$", KEEPING, re.DOTALL | re.MULTILINE)
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    service = unit["Service"]
    program, name, *options = service["ExecStart"].split()
    parsed = serve_command.make_context("serve", options)

    assert ("ats", "serve", Path(service["ReadWritePaths"])) == (Path(program).name, name, parsed.params["venue"])
    assert ("always", "2") == (service["Restart"], service["RestartPreventExitStatus"])
    assert isinstance(parsed, click.Context)
