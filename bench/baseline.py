"""The committed instruction counts, `results/counts.json`: what the hot functions cost when somebody last said why.

Only the engine's own functions are held one by one: what libc and CPython do beside them depends on the machine (a copy is one instruction
a byte, or one for 32), so it is shown and not compared.  Counts of another compiler, Cython or Python are of other code: those are told and
not compared.
"""

import json
from pathlib import Path
from typing import Any

from bench.machine import RESULTS

PATH = RESULTS / "counts.json"
ENGINE = {path.name.partition(".")[0] for path in (Path(__file__).parents[1] / "engine").iterdir()}  # what a name of ours begins with
FUNCTION_MIN = 0.5  # instructions a message below which a function is not kept
RELATIVE = 0.005
ABSOLUTE = 2.0
ROUNDED = 0.1  # a figure is written with one digit behind the point

Figures = dict[str, dict[str, float]]


def accept(found: Figures, why: str, about: dict[str, Any], path: Path = PATH) -> Path:
    """Write what was counted as the new baseline, with the reason, and return its path."""
    if not why.strip():
        raise SystemExit("a baseline needs a reason")
    kept = {"why": why, "when": about["when"], "commit": about["commit"], "tools": tools(about), "counts": _kept(found)}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return path


def check(found: Figures, about: dict[str, Any], path: Path = PATH) -> int:
    """Print what has moved against the baseline; return 1 where something has, or where there is nothing to compare with."""
    if not path.exists():
        print(f"\nthere is no {path.name}: python -m bench counts --accept WHY")
        return 1
    kept = json.loads(path.read_text(encoding="utf-8"))
    now = tools(about)
    others = [name for name in now if kept["tools"].get(name) != now[name]]
    for name in others:
        print(
            f"\nnothing is compared: the counts in {path.name} were made with {name} {kept['tools'].get(name)!r}, these with {now[name]!r}"
        )
    if others:
        return 1
    moved = moves(kept["counts"], found)
    print(f"\nagainst {kept['commit']} of {kept['when'][:10]} ({kept['why']}):", "" if moved else "nothing has moved")
    for case, function, before, after in moved:
        print(f"  {case:22}{before:9.1f} -> {after:7.1f}  {function}")
    if moved:
        print("\na change explains itself: python -m bench counts --accept WHY, and commit results/counts.json")
    return 1 if moved else 0


def tools(about: dict[str, Any]) -> dict[str, str]:
    """Return what makes the machine code: counts made by others are no baseline."""
    names = ["compiler", "cython", "python", "flags", "native", "system", *(["cpu"] if about["native"] else [])]
    return {name: str(about[name]) for name in names}


def moves(then: Figures, now: Figures) -> list[tuple[str, str, float, float]]:
    """Return case, function and both figures of all that moved: by more than 0.5%, or more than 2 instructions a message."""
    found = []
    for case in sorted(then.keys() | now.keys()):
        before, after = then.get(case, {}), now.get(case, {})
        new = {name for name, figure in after.items() if is_held(name) and figure >= FUNCTION_MIN + ROUNDED}
        for name in sorted(before.keys() | new):
            a, b = before.get(name, 0.0), after.get(name, 0.0)
            if abs(b - a) > max(ROUNDED, min(RELATIVE * a, ABSOLUTE)):
                found.append((case, name, a, b))
    return sorted(found, key=lambda move: -abs(move[3] - move[2]))


def is_held(name: str) -> bool:
    """Say whether a function is held: one of the engine, and not of the journal's thread, which sleeps and wakes as the disk lets it."""
    return name.partition(".")[0] in ENGINE and not name.startswith("journal.core.")


def _kept(found: Figures) -> Figures:
    """Keep what is worth it, in the order of names."""
    return {
        case: {name: round(figures[name], 1) for name in sorted(figures) if is_held(name) and figures[name] >= FUNCTION_MIN}
        for case, figures in found.items()
    }
