"""The C programs of the benches, compiled by the system's compiler when they are asked for.

`flow.c` makes order flow, `floor.c` is the least work that a price-time book can do.  Both are programs and no library: what they time,
they time inside their own process, so nothing of Python is in their figures.
"""

import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FLAGS = ("-O3", "-march=native")


def compiler() -> str:
    """Return the C compiler's command."""
    return os.environ.get("CC", "cc")


@functools.cache
def build(source: str, *defines: str, flags: tuple[str, ...] = FLAGS) -> Path:
    """Compile one program, once in a process, and return its path."""
    program = _directory() / "".join([source, *defines, *flags])
    given = [f"-D{define}" for define in defines]
    subprocess.run([compiler(), *flags, *given, "-o", str(program), str(HERE / f"{source}.c")], check=True)
    return program


def run(program: Path, *arguments: str | int | Path) -> dict[str, Any]:
    """Run a program and return the one JSON object that it prints."""
    told = subprocess.run([str(program), *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(told)
    return result


@functools.cache
def _directory() -> Path:
    # The object is cached, so the directory lives as long as the process and is removed with it.
    return Path(_kept().name)


@functools.cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ats-bench-")
