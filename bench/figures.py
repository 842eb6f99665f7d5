"""The figures of a result, each with the rounds that it was taken from.

A result is rows of plain JSON.  In a row a measure (`ns`, `per_s`, `p50_us` ...) is one number, or a number for each of those measured
side by side; what the single rounds gave lies in `runs` beside it.  Whatever is in a row as a text or a size tells it from the others.
"""

import math
import re
import statistics
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

LOWER = {"ns", "us", "ms", "instructions", "server_us", "p50_us", "p90_us", "p99_us", "p999_us"}
HIGHER = {"per_s", "millions", "most"}
SECONDS = {"open_s", "replay_s", "ready_s", "report_s", "copy_s", "pause_us"}
IDENTITY = tuple(
    "shape case kind place what target mix flow messages clients batch window share sessions instruments accounts resting".split()
)
YARDSTICKS = ("floor", "floor_ledger", "floor_slots", "echo", "raw", "bare", "bare_call", "msgspec", "sort")
ASIDE = {"machine", "targets", "runs", "beside", "mix", "histogram", "late", "jitter", "most_runs"}
OWN = re.compile(r"[a-z]\w*\.")  # how `counts` names the engine's functions, by their modules
IN_RUNS = {"us": ("us", "server_us"), "most": ("per_s",)}


class Figure(NamedTuple):
    """One number of a result.  `rounds` is empty where the result does not keep them, but perhaps the least and the most of them."""

    key: str
    value: float
    measure: str
    rounds: tuple[float, ...] = ()
    range: tuple[float, float] | None = None
    yardstick: str = ""  # of those measured in turn with it: what the machine gave, to hold the figure against
    is_yardstick: bool = False

    @property
    def better(self) -> str:
        return "higher" if self.measure in HIGHER else "lower"


def figures(result: Any, place: str = "") -> dict[str, Figure]:
    """Return the figures of a result by their keys, such as `shapes[w1].ns.book`."""
    return {found.key: found for found in _walked(result, place)}


def _walked(value: Any, place: str) -> Iterator[Figure]:
    if isinstance(value, list):
        yield from _rows([row for row in value if isinstance(row, dict)], place)
    elif isinstance(value, dict):
        for key, inner in value.items():
            at = f"{place}.{key}" if place else key
            if key in LOWER | HIGHER | SECONDS:
                yield from _measured(value, key, at)
            elif key == "counts" and isinstance(inner, dict):
                yield from _counts(inner, at)
            elif key == "medians" and isinstance(value.get("runs"), dict):
                yield from _medians(inner, value["runs"], at)
            elif key not in ASIDE and isinstance(inner, dict | list):
                yield from _walked(inner, at)


def _rows(rows: list[dict[str, Any]], place: str) -> Iterator[Figure]:
    """Walk rows; one that is of a yardstick stands beside those that are told from it by their `target` only."""
    taken: dict[str, int] = {}
    for row in rows:
        label = _label(row)
        taken[label] = taken.get(label, 0) + 1
        again = f"#{taken[label]}" if taken[label] > 1 else ""
        found = _walked(row, f"{place}[{label}{again}]")
        target = row.get("target")
        beside = next((name for name in YARDSTICKS if any(other.get("target") == name for other in rows)), "")
        if isinstance(target, str) and beside:
            found = _beside(found, f"[{label}", f"[{_label(row | {'target': beside})}", is_yardstick=target in YARDSTICKS)
        yield from found


def _medians(medians: dict[str, Any], runs: dict[str, Any], place: str) -> Iterator[Figure]:
    """Walk the medians of those measured side by side; the rounds of each are in `runs`."""
    beside = next((name for name in YARDSTICKS if name in medians), "")
    for name, row in medians.items():
        rounds = [run.get("latency", run) for run in runs.get(name, ())]
        found = _walked({**row, "runs": rounds}, f"{place}.{name}")
        yield from _beside(found, f".{name}.", f".{beside}.", is_yardstick=name in YARDSTICKS)


def _counts(cases: dict[str, Any], place: str) -> Iterator[Figure]:
    """Walk instructions by case and function, of the engine's own functions: those of libc and CPython follow the machine."""
    for case, row in cases.items():
        own = {name: count for name, count in row["instructions"].items() if OWN.match(name)}
        for name, count in {**own, "the engine": sum(own.values())}.items():
            yield Figure(f"{place}[{case}].{name}", count, "instructions")


def _beside(found: Iterable[Figure], ours: str, theirs: str, *, is_yardstick: bool) -> Iterator[Figure]:
    for figure in found:
        yield figure._replace(yardstick=figure.key.replace(ours, theirs), is_yardstick=is_yardstick)


def _measured(row: dict[str, Any], measure: str, place: str) -> Iterator[Figure]:
    value, runs = row[measure], row.get(f"{measure}_runs", row.get("runs", {}))
    if _is_number(value):
        yield Figure(place, value, measure, _rounds(runs, measure, value), _range(row, measure, None))
    elif isinstance(value, dict):
        beside = next((name for name in YARDSTICKS if name in value), "")
        for name, number in value.items():
            if _is_number(number):
                taken = _rounds(runs.get(name, ()) if isinstance(runs, dict) else (), measure, number)
                yardstick = f"{place}.{beside}" if beside and beside != name else ""
                yield Figure(f"{place}.{name}", number, measure, taken, _range(row, measure, name), yardstick, name in YARDSTICKS)


def _rounds(runs: Any, measure: str, value: float) -> tuple[float, ...]:
    """Return what the rounds gave for a measure, if that is what lies there: their median, or the best of them, is the value."""
    if not isinstance(runs, list):
        return ()
    names = IN_RUNS.get(measure, (measure,))
    taken = [_numbers([run[name] for name in names if name in run][:1] if isinstance(run, dict) else [run]) for run in runs]
    if not taken or not all(taken):
        return ()
    rounds = tuple(one[0] for one in taken)
    like = (statistics.median(rounds), min(rounds), max(rounds))
    return rounds if any(math.isclose(value, one, rel_tol=0.02, abs_tol=0.06) for one in like) else ()


def _range(row: dict[str, Any], measure: str, name: str | None) -> tuple[float, float] | None:
    ends = [row.get(f"{measure}_{end}") for end in ("min", "max")]
    if name is not None:
        ends = [end.get(name) if isinstance(end, dict) else None for end in ends]
    found = _numbers(ends)
    return (found[0], found[1]) if len(found) == 2 else None


def _numbers(values: Iterable[Any]) -> list[float]:
    return [value for value in values if _is_number(value)]


def _label(row: dict[str, Any]) -> str:
    known = [(key, row[key]) for key in IDENTITY if isinstance(row.get(key), str | int | float)]
    return ",".join(value if isinstance(value, str) else f"{key}={value}" for key, value in known)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
