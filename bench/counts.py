"""Instructions a message of the book's batch call, by function, counted by valgrind: figures that do not move with the neighbours.

The flow is run twice, with and without the messages after the prefill; the difference is what they cost.  The floor is counted beside it.
With --venue it is the batch call of a venue with everything on (`bench venue`), and the floor has a ledger.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import ModuleType

from bench import flow, machine
from bench.floor import build
from engine.matching import book as compiled_book
from engine.venue import venue as compiled_venue

ROOT = Path(__file__).parents[1]
RECORDED = re.compile(r"^\s*([\d,]+) \([^)]*\)\s+(?:\?\?\?|\S+):(\S+)")


def counted(command: list[str], collect: str, directory: Path, tree: Path = ROOT, since: str = "") -> Counter[str]:
    """Run a command under callgrind, with the engine of a tree, collecting inside one function; return instructions by function.

    What was before a call of the function `since`, if one is named, does not count.
    """
    out = directory / "callgrind.out"
    out.unlink(missing_ok=True)
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--collect-atstart=no", f"--toggle-collect={collect}"]
    tool += [f"--zero-before={since}"] if since else []
    told = subprocess.run([*tool, *command], check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tree)})
    if told.returncode:
        raise SystemExit(f"valgrind failed: {told.stderr[-500:]}")
    text = subprocess.run(["callgrind_annotate", "--threshold=100", str(out)], check=True, capture_output=True, text=True).stdout
    found: Counter[str] = Counter()
    for line in text.splitlines():
        match = RECORDED.match(line)
        if match and "PROGRAM TOTALS" not in line:
            found[match[2]] += int(match[1].replace(",", ""))
    return found


def batch_call(what: str, tree: Path = ROOT) -> str:
    """Return the name of the C function behind `OrderBook.apply` or `Venue.apply_packed` in a tree's build."""
    return (
        name_of(compiled_venue, r"Venue_\d+apply_packed", tree) if what == "venue" else name_of(compiled_book, r"OrderBook_\d+apply", tree)
    )


def name_of(module: ModuleType, name: str, tree: Path = ROOT) -> str:
    """Return the name of the C function behind a method in a tree's build of a compiled module."""
    library = tree / Path(module.__file__ or "").relative_to(ROOT)
    told = subprocess.run(["nm", str(library)], check=True, capture_output=True, text=True).stdout
    return next(line.split()[-1] for line in told.splitlines() if re.search(rf"__pyx_pw_.*{name}$", line))


def child(arguments: list[str]) -> int:
    """Run a flow file through the book or the venue: what is counted."""
    from bench import book, market, venue

    made = flow.Flow("counts", 0, Path(arguments[1]), int(arguments[2]), int(arguments[3]), 0, 0, int(arguments[4]), 0, {})
    if arguments[0] == "venue":
        spread = market.load(made, market.Spread())
        venue.apply_all(market.new_venue(spread), venue.chunks(spread, 0, made.prefill + made.messages))
    else:
        loaded = book.load(made)
        book.apply_all(book.new_book(loaded), list(book.chunks(loaded, 0, made.prefill + made.messages)))
    return 0


def short(name: str) -> str:
    """Strip Cython's mangling from a function's name."""
    return re.sub(r"^__pyx_(?:f|pw|pf)_(?:\d+[a-z]+?_)?6engine_\d+(?:matching|venue)_\d+", "", name).split("'")[0]


def main(arguments: list[str]) -> int:
    """Print the counts, as `python -m bench counts`."""
    if arguments[:1] == ["--child"]:
        return child(arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m bench counts", description=__doc__)
    parser.add_argument("shape", nargs="?", default="w1")
    parser.add_argument("--venue", action="store_true", help="count the venue in place of the book")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=flow.SEED)
    chosen = parser.parse_args(arguments)
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: nothing counted", file=sys.stderr)
        return 0
    what, defines = ("venue", ("LEDGER",)) if chosen.venue else ("book", ())
    print(machine.heading(machine.describe()))
    with tempfile.TemporaryDirectory(prefix="ats-counts-") as name:
        directory = Path(name)
        made = flow.make(chosen.shape, directory / "flow", seed=chosen.seed, count=chosen.count)
        run = [sys.executable, "-m", "bench", "counts", "--child", what, str(made.path), str(made.prefill)]
        whole = counted([*run, str(made.messages), str(made.live_max)], batch_call(what), directory)
        before = counted([*run, "0", str(made.live_max)], batch_call(what), directory)
        floor = build("floor", *defines, flags=("-O3",))  # valgrind does not know the newest instructions
        least = counted([str(floor), str(made.path), str(made.prefill), "1", "1000"], "timed", directory)
    whole.subtract(before)
    print(f"\ninstructions a message, {chosen.shape}, {chosen.count:,} messages after the prefill, seed {chosen.seed}\n")
    print(f"{sum(whole.values()) / chosen.count:8.1f}  {what}")
    for function, instructions in whole.most_common():
        if instructions >= chosen.count / 2:
            print(f"{instructions / chosen.count:12.1f}  {short(function)}")
    print(f"{sum(least.values()) / chosen.count:8.1f}  floor{' with a ledger' if chosen.venue else ''}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
