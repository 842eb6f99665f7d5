"""README.md is true: its code runs, its drawn book plays, its console answers as shown, its commands and links exist."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.matching.book import OrderBook
from engine.testing.oracle import Oracle
from engine.testing.play import play

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
PORT = re.compile(r"^port = (\d+)", re.MULTILINE)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", blocks("python"))
def test_code_runs(code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.parametrize("make", [OrderBook, Oracle])
@pytest.mark.parametrize("script", blocks("book"))
def test_drawn_book_plays(script: str, make: type) -> None:
    play(script, make).check()


def test_the_venue_of_your_own_answers_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the console block against a venue on free ports; `...` stands for any lines, or for the beginning of one."""
    monkeypatch.chdir(tmp_path)
    (script,) = blocks("console")
    with ExitStack() as stack:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", script, re.MULTILINE):
            told = ""
            if command.startswith("export "):
                monkeypatch.setenv(*command.removeprefix("export ").split("="))
            elif command == "ats serve &":
                process, told = stack.enter_context(served(tmp_path / "my-venue"))
            elif command == "kill -9 $!":
                process.kill()
                process.wait()
            else:
                told = CliRunner().invoke(main, shlex.split(command)[1:]).output

            assert_shown(expected, told)


def assert_shown(expected: str, told: str) -> None:
    pattern = re.escape(expected).replace(re.escape("...\n"), "(?:.*\n)*?").replace(re.escape("..."), ".*?")

    assert not expected or re.fullmatch(re.sub(r"(?<=\.\*\?)(?:\\ )+", " +", pattern), told), told


@contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a venue on free ports, which take the place of its own in its file; give what it says with the usual ones."""
    call = [sys.executable, "-m", "engine", "serve", "--venue", folder.name, "--port", "0", "--log-level", "error"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(call, cwd=folder.parent, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = "".join(process.stdout.readline() for _ in range(3))
            config = (folder / "venue.toml").read_text()
            for own, usual, taken in zip(PORT.findall(config), ("7001", "7002"), re.findall(r"127\.0\.0\.1:(\d+)", told), strict=True):
                config, told = config.replace(f"port = {own}", f"port = {taken}"), told.replace(taken, usual)
            (folder / "venue.toml").write_text(config)
            yield process, told
        finally:
            process.terminate()


def test_commands_of_ats_exist() -> None:
    named = set(re.findall(r"\bats ([a-z][a-z-]+) ", TEXT)) - {"engine"}
    listed = subprocess.run([sys.executable, "-m", "engine", "--help"], capture_output=True, text=True, check=True).stdout

    assert named
    assert set() == {name for name in named if not re.search(rf"^  {name} ", listed, re.MULTILINE)}


def test_words_of_make_exist() -> None:
    words = set(re.findall(r"\bmake ([a-z]+)", TEXT))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert words
    assert set() == words - targets


def test_links_and_paths_exist() -> None:
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", TEXT)}
    named = {path.rstrip("/") for path in re.findall(r"`((?:engine|bench|docs|tests)/[\w./]*)`", TEXT)}

    assert linked
    assert set() == {path for path in linked | named if not (ROOT / path).exists()}
