"""The program as a whole: help, names, exit codes."""

import subprocess
import sys

import pytest

import engine
from engine.cli.program import COMMANDS
from tests.checkout import ROOT
from tests.cli.venues import ats

SCREEN = 40


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)], ids=lambda words: " ".join(words) or "ats")
def test_help_fits_a_screen(words):
    result = ats(*words, "--help", terminal_width=100)

    assert 0 == result.exit_code
    assert len(result.stdout.splitlines()) <= SCREEN
    assert max(len(line) for line in result.stdout.splitlines()) <= 100


def test_every_command_is_in_the_help():
    told = ats("--help").stdout

    assert [] == [name for name in COMMANDS if f"  {name} " not in told]


def test_an_unknown_command_is_exit_code_2():
    assert 2 == ats("fly").exit_code


def test_the_version_is_the_packages():
    assert f"ats, version {engine.__version__}\n" == ats("--version").stdout


def test_help_loads_neither_the_core_nor_a_loop():
    code = """if True:
        import sys
        from engine.cli import main
        main(["--help"], standalone_mode=False)
        print([name for name in sys.modules if name in ("asyncio", "msgspec", "rich") or name.startswith("engine.matching.")])
    """

    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == told.stdout.splitlines()[-1]
