"""README.md is true: its code runs, its drawn book plays, its console answers as shown, its commands and links exist."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

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


@pytest.mark.parametrize(
    ("bench", "rows", "columns"),
    [
        ("ladders", "shapes", ["shape", "levels_max", "ns.flat", "ns.paged", "ns.sorted", "ns.tree", "ns.list"]),
        ("book", "shapes", ["shape", "ns.floor", "ns.book", "ratio"]),
        ("venue", "shapes", ["shape", "ns.floor_ledger", "ns.book", "ns.venue", "ratio_book"]),
        (
            "durability",
            "tcp",
            [
                "place",
                "clients",
                "batch",
                "per_s.memory",
                "per_s.async",
                "per_s.durable",
                "ratio.async",
                "ratio.durable",
                "us.memory",
                "us.durable",
            ],
        ),
        ("statuses", "states", ["shape", *(f"instructions.{state}" for state in ("before", "bare", "collar", "pauses", "stops", "all"))]),
        ("auction", "auctions", ["orders", "executions", "ms.sort", "ms.book", "ms.venue", "ratio_book", "ratio_venue"]),
        ("replay", "shapes", ["shape", "ns.read", "ns.core", "ns.replay", "ratio", "millions"]),
        ("recovery", "starts", ["kind", "log", "commands", "open_s", "replay_s", "ready_s", "report_s"]),
        (
            "snapshot",
            "states",
            [
                "resting",
                "pause_us",
                "pause_us_max",
                "copy_s",
                "copy_bytes",
                "alone.p50_us",
                "alone.p999_us",
                "beside.p50_us",
                "beside.p999_us",
                "beside.max_us",
            ],
        ),
    ],
)
def test_figures_of_the_architecture_are_those_of_the_results(bench: str, rows: str, columns: list[str]) -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    ((path, table),) = re.findall(rf"from\s+`(bench/results/\S+-{bench}\.json)`:\n\n((?:\|.*\n)+)", text)
    found = json.loads((ROOT / path).read_text())[rows]
    measured = [[shown(figure(row, column)) for column in columns] for row in found]
    quoted = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()[2:]]

    assert measured == quoted


def shown(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def figure(row: dict[str, Any], column: str) -> str | float:
    value: Any = row
    for key in column.split("."):
        value = value[key]
    return cast("str | float", value)
