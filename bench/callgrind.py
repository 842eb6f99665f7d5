"""Instructions by function, counted by valgrind: the emulated processor counts alike whatever the neighbours do.

Names of the engine's compiled functions are told as they are written (`matching.match.admit`), what a method costs its caller in Python as
`... (called from Python)`; everything else goes by its C name.
"""

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from bench.floor import compiler
from engine.matching import book as compiled_book
from engine.venue import venue as compiled_venue

ROOT = Path(__file__).parents[1]
MARKS = "BENCH_MARKS"  # of the environment: the library that tells valgrind where counting begins and ends
RECORDED = re.compile(r"^\s*([\d,]+) \([^)]*\)\s+(?:\?\?\?|\S+):(.+?)(?: \[(\S+)\])?$")
MANGLED = re.compile(r"^__pyx_(f|pw|pf|fuse_\d+)_(?:\d+[a-z]+?_)?(\d+engine_.+)$")
CLONE = re.compile(r"\.(?:isra|constprop|part|cold|lto_priv)\b.*$")


def found() -> bool:
    """Say whether valgrind is installed."""
    return shutil.which("valgrind") is not None


def counted(command: list[str], directory: Path, *, tree: Path = ROOT, collect: str = "", since: str = "") -> Counter[str]:
    """Run a command under callgrind, with the engine of a tree, and return instructions by C function.

    Counts what the command puts between its own marks (`marked`); or, where `collect` names a C function, what happens inside calls of it,
    but for what was before a call of the function `since`, if one is named.
    """
    out = directory / "callgrind.out"
    out.unlink(missing_ok=True)
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    tool += ["--collect-atstart=no", f"--toggle-collect={collect}"] if collect else ["--instr-atstart=no"]
    tool += [f"--zero-before={since}"] if since else []
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", MARKS: str(_marks(directory))}
    told = subprocess.run([*tool, *command], check=False, capture_output=True, text=True, env=environment)
    if told.returncode:
        raise SystemExit(f"valgrind failed: {told.stderr[-500:]}")
    return _figures(out)


@contextlib.contextmanager
def marked() -> Iterator[None]:
    """Count what happens inside, where this process runs under `counted`."""
    marks = ctypes.CDLL(os.environ[MARKS]) if MARKS in os.environ else None
    if marks is not None:
        marks.begin()
    yield
    if marks is not None:
        marks.end()


def _marks(directory: Path) -> Path:
    library = directory / "marks.so"
    if not library.exists():
        source = Path(__file__).with_name("marks.c")
        subprocess.run([compiler(), "-O2", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return library


def _figures(out: Path) -> Counter[str]:
    text = subprocess.run(["callgrind_annotate", "--threshold=100", str(out)], check=True, capture_output=True, text=True).stdout
    found: Counter[str] = Counter()
    for line in text.splitlines():
        match = RECORDED.match(line)
        if match and "PROGRAM TOTALS" not in line:
            found[match[2].split("'")[0]] += int(match[1].replace(",", ""))
    return found


def batch_call(what: str, tree: Path = ROOT) -> str:
    """Return the name of the C function behind `OrderBook.apply` or `Venue.apply_packed` in a tree's build."""
    return (
        name_of(compiled_venue, r"Venue_\d+apply_packed", tree) if what == "venue" else name_of(compiled_book, r"OrderBook_\d+apply", tree)
    )


def name_of(module: ModuleType, name: str, tree: Path = ROOT) -> str:
    """Return the name of the C function behind a method in a tree's build of a compiled module."""
    library = tree / Path(module.__file__ or "").relative_to(ROOT)
    return next(symbol for symbol in symbols(library) if re.search(rf"^__pyx_pw_.*{name}$", symbol))


def symbols(library: Path) -> Iterator[str]:
    """Yield the names that a compiled module defines or uses."""
    told = subprocess.run(["nm", str(library)], check=True, capture_output=True, text=True).stdout
    return (line.split()[-1] for line in told.splitlines())


def engine_functions(tree: Path = ROOT) -> set[str]:
    """Return the written names of all functions in the engine's compiled modules."""
    names = (readable(symbol) for library in sorted((tree / "engine").rglob("*.so")) for symbol in symbols(library))
    return {name for name in names if name is not None}


def readable(symbol: str) -> str | None:
    """Return the name of an engine's function as it is written, or None where it is none of them."""
    match = MANGLED.match(CLONE.sub("", symbol))
    if match is None:
        return None
    parts, rest = [], match[2]
    while rest:
        # Cython writes a module's or class's length before its name, and a method's place in its class before the method's.
        length = re.match(r"(\d+)([A-Za-z_].*)", rest)
        special = re.fullmatch(r"\d*(__\w+__)", rest)
        if special is not None:
            parts.append(special[1])
            break
        if length is None or int(length[1]) > len(length[2]) or (len(length[2]) > int(length[1]) and length[2][int(length[1])] != "_"):
            parts.append(re.sub(r"^\d+(?=[A-Za-z_])", "", rest))
            break
        parts.append(length[2][: int(length[1])])
        rest = length[2][int(length[1]) + 1 :]
    return ".".join(parts[1:]) + ("" if match[1] == "f" else " (called from Python)")
