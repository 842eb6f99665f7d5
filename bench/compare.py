"""What changed between two results, beyond what their rounds explain.

    python -m bench compare OLD.json NEW.json [--fail]

A figure with five rounds or more on either side has changed when its median moved by more than 3% and the rounds of the two are told apart
by their ranks (Mann-Whitney, exact, two-sided) with less than 1% of chance.  With three or four, or where only their ends were kept, it has
when it moved by more than 10% and the two lie further apart than either is wide: with three rounds, that is less than 1% of chance, too.
With fewer nothing is said of it.  So of a hundred figures that are the same about one is told all the same.

Where a yardstick was measured in turn with a figure (the floor, an echo, msgspec ...), the ratios to it are compared, round by round, so
that a machine that was slower on the day is not taken for a change; the yardsticks themselves are not judged.  Instruction counts have no
noise but that of addresses: they have changed beyond 0.5% and the last digit.  A target that was met and is missed is worse, whatever its
figure did.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import ceil, comb
from pathlib import Path
from typing import NamedTuple

from bench.figures import Figure, figures
from bench.results import Found, Result, parts, read
from bench.targets import shown

COUNTS = 0.005
COUNTED = 0.11  # instructions: a count is written with one digit behind the point
ENOUGH, FEWEST = 5, 3  # rounds
LEAST, LEAST_OF_FEW = 0.03, 0.10
CHANCE = 0.01
TOLD_ALIKE = ("cpu", "cores", "kernel", "python", "cython", "compiler", "flags", "native")


class Change(NamedTuple):
    """A figure that moved beyond noise; `share` is by how much of the old one."""

    key: str
    old: float
    new: float
    share: float
    worse: bool
    why: str


def changes(old: Mapping[str, Result], new: Mapping[str, Result]) -> list[Change]:
    """Hold two sets of results by bench against each other; return what changed, the worst first."""
    found = [change for name in old if name in new for change in _of_bench(name, old[name], new[name])]
    return sorted(found, key=lambda change: (not change.worse, -abs(change.share)))


def show(found: Sequence[Change], compared: int, unknown: int) -> str:
    """Return the changes as a table; of so many figures compared, and so many of which too little is known."""
    worse = sum(change.worse for change in found)
    lines = [f"{compared:,} figures compared, {worse} worse, {len(found) - worse} better; of {unknown:,} more too few rounds are known"]
    for change in found:
        word = "WORSE" if change.worse else "better"
        lines.append(f"{word:7}{change.key:72}{shown(change.old):>12} -> {shown(change.new):<12}{change.share:>+8.1%}  {change.why}")
    return "\n".join(lines)


def compare(old: Found, new: Found) -> tuple[str, bool]:
    """Compare two files; return the text, and whether something got worse.  ValueError where they have no bench in common."""
    before, after = parts(old), parts(new)
    both = [name for name in before if name in after]
    if not both:
        raise ValueError(f"{old.name} has {', '.join(before) or 'nothing'}, {new.name} {', '.join(after) or 'nothing'}: no bench in common")
    found = changes(before, after)
    pairs = [(was, figures(after[name]).get(key)) for name in both for key, was in figures(before[name]).items()]
    known = [can_be_judged(was, now) for was, now in pairs if now is not None and not was.is_yardstick]
    notes = [*_machines(old.result, new.result), *_left_out(before, after)]
    return "\n".join([*notes, show(found, sum(known), len(known) - sum(known))]), any(change.worse for change in found)


def _of_bench(name: str, old: Result, new: Result) -> Iterator[Change]:
    before, after = figures(old), figures(new)
    for key, was in before.items():
        if key in after:
            change = judged(was, after[key], before.get(was.yardstick), after.get(was.yardstick))
            if change is not None:
                yield change._replace(key=f"{name}: {key}")
    verdicts = {line["id"]: line for line in old.get("targets", ())}
    for line in new.get("targets", ()):
        past = verdicts.get(line["id"])
        if past is not None and past["met"] != line["met"]:
            why = "the target was met and is missed" if past["met"] else "the target was missed and is met"
            yield Change(f"{name}: {line['id']}", past["figure"], line["figure"], line["figure"] / past["figure"] - 1, past["met"], why)


def judged(old: Figure, new: Figure, old_yardstick: Figure | None = None, new_yardstick: Figure | None = None) -> Change | None:
    """Return how a figure changed, or None where its rounds explain it, or are too few."""
    if old.is_yardstick or not old.value:
        return None
    share = new.value / old.value - 1
    if old.measure == "instructions":
        beyond = abs(new.value - old.value) > max(COUNTS * old.value, COUNTED)
        return _change(old, new, share, "instructions") if beyond else None
    before, after, against = old.rounds, new.rounds, ""
    if old_yardstick and new_yardstick and _paired(old, old_yardstick) and _paired(new, new_yardstick):
        before = tuple(a / b for a, b in zip(before, old_yardstick.rounds, strict=True))
        after = tuple(a / b for a, b in zip(after, new_yardstick.rounds, strict=True))
        was, now = statistics.median(before), statistics.median(after)
        share, against = now / was - 1, f", to the yardstick {was:.3g} -> {now:.3g}"
    if min(len(before), len(after)) >= ENOUGH:
        chance = by_chance(before, after)
        return _change(old, new, share, f"by chance {chance:.2%}{against}") if abs(share) > LEAST and chance < CHANCE else None
    past, present = _ends(before, old), _ends(after, new)
    if past is None or present is None:
        return None
    apart = max(past[0] - present[1], present[0] - past[1]) > max(past[1] - past[0], present[1] - present[0])
    return _change(old, new, share, f"rounds far apart{against}") if apart and abs(share) > LEAST_OF_FEW else None


def can_be_judged(old: Figure, new: Figure) -> bool:
    """Say whether enough is known of both."""
    return old.measure == "instructions" or None not in {_ends(old.rounds, old), _ends(new.rounds, new)}


def by_chance(old: Sequence[float], new: Sequence[float]) -> float:
    """Return how likely ranks lie at least so far apart when both are drawn from one source: the exact two-sided Mann-Whitney test."""
    above = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a in old for b in new)
    least = ceil(min(above, len(old) * len(new) - above))  # a tie is no evidence
    ways = sum(_ways(len(old), len(new), count) for count in range(least + 1))
    return min(1.0, 2 * ways / comb(len(old) + len(new), len(old)))


@cache
def _ways(ours: int, theirs: int, above: int) -> int:
    """Count the orders of so many of ours and theirs in which ours is above theirs in `above` pairs."""
    if above < 0:
        return 0
    if not ours or not theirs:
        return above == 0
    return _ways(ours - 1, theirs, above - theirs) + _ways(ours, theirs - 1, above)  # who is last: ours, above all of theirs, or theirs


def _change(old: Figure, new: Figure, share: float, why: str) -> Change:
    return Change(old.key, old.value, new.value, share, (share > 0) == (old.better == "lower"), why)


def _paired(figure: Figure, yardstick: Figure) -> bool:
    return bool(figure.rounds) and len(figure.rounds) == len(yardstick.rounds)


def _ends(rounds: Sequence[float], figure: Figure) -> tuple[float, float] | None:
    return (min(rounds), max(rounds)) if len(rounds) >= FEWEST else None if rounds else figure.range


def _machines(old: Result, new: Result) -> Iterator[str]:
    for fact in TOLD_ALIKE:
        was, now = (result["machine"].get(fact) for result in (old, new))
        if was != now:
            yield f"not the same {fact}: {was} and {now}"
    if old.get("quick", False) != new.get("quick", False):
        yield "one of the two is a quick run: sizes differ, and so may figures"


def _left_out(old: Mapping[str, Result], new: Mapping[str, Result]) -> Iterator[str]:
    if len(old) > 1 and len(new) > 1:
        for name in sorted(old.keys() ^ new.keys()):
            yield f"{name} is only in the {'old' if name in old else 'new'} one"


def main(arguments: list[str]) -> int:
    """Print what changed, as `python -m bench compare`."""
    parser = argparse.ArgumentParser(prog="python -m bench compare", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--fail", action="store_true", help="end with exit code 1 where something got worse")
    chosen = parser.parse_args(arguments)
    try:
        text, worse = compare(read(chosen.old), read(chosen.new))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(text)
    return 1 if worse and chosen.fail else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
