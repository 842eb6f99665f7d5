"""docs/CLIENT.md is true of `ats load`: its commands, from an empty folder, print what stands there."""

import re

import pytest

from engine.load import MIXES
from tests.admin.transcript import Terminal, agrees, steps
from tests.checkout import ROOT

TEXT = (ROOT / "docs" / "CLIENT.md").read_text(encoding="utf-8")
SECTION = TEXT[TEXT.index("\n## Under load\n") :]


def test_every_command_prints_what_the_document_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(tmp_path)
    wrong = []
    try:
        for command, printed in steps(SECTION):
            done = terminal.run(command.replace("127.0.0.1:7001", "127.0.0.1:" + port_of(terminal)), process=False)
            if not agrees(printed, done.printed):
                wrong.append(f"$ {command}\n{printed}--- but\n{done.printed}")
    finally:
        ended = terminal.end()

    assert [] == wrong, "\n".join(wrong)
    assert (0, "") == ended


def port_of(terminal):
    return next((port for port, usual in terminal._ports.items() if usual == "7001"), "7001")


def test_every_mix_is_in_the_table():
    assert list(MIXES) == re.findall(r"^\| `(\w+)` \| .* \|$", SECTION, re.MULTILINE)


@pytest.mark.parametrize("words", ["10 to 59 ticks", "within 20 ticks", "up to 50 buys", "more than 200 orders", "one to\nten times"])
def test_the_bounds_of_the_plans_are_told(words):
    assert words in SECTION
