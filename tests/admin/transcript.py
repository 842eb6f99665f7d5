"""The commands of a document, run one after the other as a person at a terminal would."""

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from engine.cli import main
from tests.checkout import ROOT

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LISTENS = re.compile(r"listens on 127\.0\.0\.1:(\d+), for operators on 127\.0\.0\.1:(\d+)")
LINES = 3  # that a venue prints at its start
TIMEOUT_S = 60


class Step(NamedTuple):
    """A command and what the document says that it prints."""

    command: str
    printed: str


class Done(NamedTuple):
    """What a command printed, and its exit code."""

    printed: str
    exit_code: int


def steps(text: str) -> list[Step]:
    """Return the commands of a document's console blocks, each with the lines under it."""
    found = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = re.sub(r"\\\n\s*", "", part).partition("\n")
            found.append(Step(command, printed))
    return found


class Terminal:
    """A shell in a folder of its own, with `ats` and `ats serve &`; `$!` is the venue.

    The venue is a real process on free ports; where `process` is true, so is every other command.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environ: dict[str, str] = {}
        self._ports: dict[str, str] = {}
        self._venue: subprocess.Popen[str] | None = None

    def run(self, command: str, *, process: bool) -> Done:
        """Run one command in the folder."""
        words = shlex.split(command)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self._environ[name] = value
            return Done("", 0)
        if words[-1] == "&":
            return self._serve(words[1:-1])
        if command == "wait $!; echo $?":
            code, complaints = self._wait()
            return Done(f"{complaints}{code}\n", 0)
        if words[0] != "ats" or set(words) & {"|", ">"}:
            return self._shell(command)
        if process:
            call = [sys.executable, "-m", "engine", *words[1:]]
            done = subprocess.run(call, cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
            return Done(self._told(done.stdout + done.stderr), done.returncode)
        result = CliRunner().invoke(main, words[1:], env=self._environ, prog_name="ats")
        return Done(self._told(result.output), result.exit_code)

    def execute(self, program: str) -> Done:
        """Run a Python program in this process, which is in the folder."""
        for port, usual in self._ports.items():
            program = program.replace(f":{usual}", f":{port}")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(program, "OPERATIONS.md", "exec"), {"__name__": "__main__"})
        return Done(out.getvalue(), 0)

    def end(self) -> tuple[int, str]:
        """End the venue as Ctrl-C would, and return its exit code and its complaints."""
        assert self._venue is not None, "no venue was served"
        self._venue.send_signal(signal.SIGINT)
        return self._wait()

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), **self._environ}

    def _wait(self) -> tuple[int, str]:
        assert self._venue is not None, "no venue was served"
        _, complaints = self._venue.communicate(timeout=TIMEOUT_S)
        return self._venue.returncode, self._told(complaints)

    def _shell(self, command: str) -> Done:
        """Run what is not `ats`, with `ats` at hand; a venue that is killed has ended when this returns, quietly."""
        pid = str(self._venue.pid) if self._venue else ""
        script = f'ats() {{ "{sys.executable}" -m engine "$@"; }}\n{command.replace("$!", pid)}'
        done = subprocess.run(
            ["bash", "-c", script], cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        told = done.stdout + done.stderr
        if command.startswith("kill "):
            code, complaints = self._wait()
            told += complaints if code in (0, -signal.SIGKILL) else f"exit code {code}: {complaints}"
        return Done(self._told(told), done.returncode)

    def _serve(self, words: list[str]) -> Done:
        quiet = ["--check", "--log-level", "error", "--port", "0"]
        self._venue = subprocess.Popen(
            [sys.executable, "-m", "engine", *words, *quiet],
            cwd=self._folder,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._venue.stdout is not None
        printed = "".join(self._venue.stdout.readline() for _ in range(LINES))
        found = LISTENS.search(printed)
        assert found, printed + self._venue.communicate(timeout=TIMEOUT_S)[1]
        self._ports = {found[1]: "7001", found[2]: "7002"}
        self._environ |= {"ENGINE_GATEWAY__PORT": found[1], "ENGINE_ADMIN__PORT": found[2]}
        return Done(self._told(printed), 0)

    def _told(self, printed: str) -> str:
        for port, usual in self._ports.items():
            printed = printed.replace(f":{port}", f":{usual}")
        return printed


def agrees(expected: str, printed: str) -> bool:
    """Return whether what was printed is what the document says; widths and ends of lines do not matter.

    `…` stands for a word, `[…]` for as many as there are.
    """
    pattern = r"\s+".join(r"\S.*" if word == "[…]" else re.escape(word).replace("…", r"\S+") for word in expected.split())
    return re.fullmatch(rf"\s*{pattern}\s*", printed, re.DOTALL) is not None
