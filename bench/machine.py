"""Where and when a figure was taken, and the file that keeps it."""

import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.floor import FLAGS, compiler

RESULTS = Path(__file__).parent / "results"


def pin() -> None:
    """Keep this process and its children on one core, where the system allows: the last one, since interrupts prefer the first."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def describe() -> dict[str, Any]:
    """Say what a reader must know to compare a figure with his own."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _told("git", "-C", str(RESULTS), "describe", "--always", "--dirty"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cython": _version("cython"),
        "compiler": _told(compiler(), "--version").split("\n")[0],
        "floor_flags": " ".join(FLAGS),
        "command": " ".join(["python -m bench", Path(sys.argv[0]).stem, *sys.argv[1:]]),
    }


def heading(about: dict[str, Any]) -> str:
    """The same in two lines."""
    return (
        f"{about['cpu']}, {about['cores']} cores, load {about['load']}, {about['system']}\n"
        f"CPython {about['python']}, {about['compiler']}, commit {about['commit'] or 'none'}, {about['when']}"
    )


def save(name: str, result: dict[str, Any]) -> Path:
    """Write a result to results/<date>-<machine>-<name>.json and return its path."""
    about = result["machine"]
    cpu = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)|processor|cpu", "", about["cpu"].lower())).strip("-")
    path = RESULTS / f"{about['when'][:10]}-{cpu}-{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def _told(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
