"""`ats serve` as a process that a test starts, kills and starts again on the same folder."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.checkout import ROOT

START_S = 120.0
END_S = 60.0
MARK = "ATS_CRASH_FOLDER"  # in the environment of a venue and of whatever it starts


class Gone(Exception):
    """The venue ended where it should have listened."""


class Process:
    """One life of a venue: `prefix` is put before the command (a tracer), `env` added to its environment."""

    def __init__(self, folder: Path, port: int, *, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = port
        self.told: dict[str, Any] = {}
        self.spawned = self.listening = 0.0
        self._prefix = prefix
        self._env = os.environ | {MARK: str(folder)} | dict(env or {})
        self._process: asyncio.subprocess.Process | None = None
        self._log = folder / "serve.log"
        self._log_from = self._log.stat().st_size if self._log.exists() else 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    @property
    def said(self) -> str:
        """What this life wrote to stderr."""
        return self._log.read_text()[self._log_from :]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.said.splitlines() if line.startswith("{")]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def admin_address(self) -> str:
        return f"127.0.0.1:{self.port + 1}"

    async def spawn(self) -> None:
        """Start it, and wait for nothing."""
        call = [*self._prefix, sys.executable, "-m", "engine", "serve", "--venue", str(self.folder), "--json", "--check"]
        call += ["--port", str(self.port), "--admin-port", str(self.port + 1)]
        self.spawned = time.monotonic()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *call, cwd=ROOT, env=self._env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log
            )

    async def listen(self) -> None:
        """Wait until it listens.  Gone with what it said where it ends instead."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            line = await self._process.stdout.readline()
        if not line:
            code = await self.wait()
            raise Gone(f"exit code {code}: {self.said[-2_000:]}")
        self.listening = time.monotonic()
        self.told = json.loads(line)

    async def start(self) -> "Process":
        """Start it and wait until it listens."""
        await self.spawn()
        await self.listen()
        return self

    def signal(self, number: int) -> None:
        """Send a signal to the venue alone: what it has forked lives on, as it would after the kernel's own kill."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.wait()

    async def stop(self) -> int:
        """End it in good order and return its exit code."""
        self.signal(signal.SIGTERM)
        return await self.wait()

    async def wait(self) -> int:
        """Wait for its end and return its exit code."""
        assert self._process is not None
        async with asyncio.timeout(END_S):
            return await self._process.wait()


def orphans(folder: Path, living: int) -> list[int]:
    """Find processes that venues of a folder have left behind; `living` is the venue that runs, and what it started is its own."""
    mark = f"{MARK}={folder}".encode()
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and mark in (entry / "environ").read_bytes().split(b"\0"):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return [pid for pid in parents if living not in _line(pid, parents)]


def _line(pid: int, parents: Mapping[int, int]) -> list[int]:
    found = [pid]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found
