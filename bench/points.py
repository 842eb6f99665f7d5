"""What the pictures of docs/ show, as points: taken from results by arithmetic alone, so that a test can hold a picture against them."""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import log10
from pathlib import Path
from typing import NamedTuple

from bench.results import ROOT, Found, Result, parts, read

Points = list[tuple[float, float]]

STEPS = 8  # points of a percentile curve in a decade of 1 / (1 - p)
HALF = 0.5
LEAST_US = 1  # where the axis begins
TARGETS = {"echo": "bare echo", "memory": "journal off", "durable": "durable"}
PERCENTILES = {"p50": "p50_us", "p99": "p99_us", "p99.9": "p999_us"}


class Panel(NamedTuple):
    """One field of a picture: its series, in the order in which they are drawn, and which axes are logarithmic."""

    series: dict[str, Points]
    logarithmic: tuple[bool, bool] = (True, True)


Picture = dict[str, Panel]


def latency(results: Mapping[str, Result]) -> Picture:
    """Latency in microseconds by 1 / (1 - percentile): all at half of the most, and the durable venue at every load."""
    measured = results["curve"]["points"]
    half: dict[str, Points] = {TARGETS[point["target"]]: by_percentile(point["histogram"]) for point in measured if point["share"] == HALF}
    last = max(points[-1][0] for points in half.values())
    jitter = by_percentile(results["curve"]["jitter"]["histogram"])
    half["jitter"] = [(x, us) for x, us in jitter if us >= LEAST_US and x <= last]  # it was looked at more often than requests were sent
    durable = {f"{point['share']:.0%}": by_percentile(point["histogram"]) for point in measured if point["target"] == "durable"}
    return {"half": Panel(half), "durable": Panel(durable)}


def throughput(results: Mapping[str, Result]) -> Picture:
    """Latency in microseconds by requests a second, of the venue with its journal off and durable, and the echo's beside both."""
    measured = results["curve"]["points"]

    def of(target: str, key: str) -> Points:
        return sorted((point["per_s"], point[key]) for point in measured if point["target"] == target)

    echo = {"echo p50": of("echo", "p50_us"), "echo p99": of("echo", "p99_us")}
    return {
        target: Panel({**echo, **{name: of(target, key) for name, key in PERCENTILES.items()}}, (False, True))
        for target in ("memory", "durable")
    }


def growth(results: Mapping[str, Result]) -> Picture:
    """Cost of a command by size, as a multiple of that at the smallest size, of the venue and of the floor."""
    return {
        kind: Panel({name: [(row[kind], row["ns"][name] / rows[0]["ns"][name]) for row in rows] for name in ("floor", "venue")})
        for kind, rows in results["growth"]["growth"].items()
    }


def book(results: Mapping[str, Result]) -> Picture:
    """Nanoseconds a message of the book and of the floor by shape, and a Python call of books from PyPI; a row each, the first on top."""
    shapes = results["book"]["shapes"]
    books = {name: row["ns"] for name, row in results["peers"]["books"].items() if row["ns"] is not None}
    return {
        "shapes": Panel({who: [(row["ns"][who], -place) for place, row in enumerate(shapes)] for who in ("floor", "book")}, (False, False)),
        "peers": Panel({"books": [(ns, -place) for place, ns in enumerate(books.values())]}, (True, False)),
    }


class Drawn(NamedTuple):
    """A picture: the benches whose results it needs, and what it shows of them."""

    benches: tuple[str, ...]
    points: Callable[[Mapping[str, Result]], Picture]


PICTURES = {
    "latency": Drawn(("curve",), latency),
    "throughput": Drawn(("curve",), throughput),
    "growth": Drawn(("growth",), growth),
    "book": Drawn(("book", "peers"), book),
}


def drawn_from(name: str, found: Mapping[str, Found]) -> tuple[str, Mapping[str, Result]] | None:
    """Return the files that a picture is drawn from and their results; None where one is missing."""
    benches = PICTURES[name].benches
    if any(bench not in found for bench in benches):
        return None
    names = dict.fromkeys(found[bench].name for bench in benches)
    return ", ".join(names), {bench: found[bench].result for bench in benches}


def read_again(name: str, files: str) -> Mapping[str, Result]:
    """Return the results of a picture from the files that it names."""
    inside: dict[str, Result] = {}
    for file in files.split(", "):
        inside |= parts(read(ROOT / Path(file)))
    return {bench: inside[bench] for bench in PICTURES[name].benches}


def digest(picture: Picture) -> str:
    """Return the SHA-256 of all that a picture shows."""
    told = {name: [panel.series, panel.logarithmic] for name, panel in picture.items()}
    return hashlib.sha256(json.dumps(told, sort_keys=False).encode()).hexdigest()


def by_percentile(histogram: Sequence[Sequence[float]]) -> Points:
    """Return (1 / (1 - p), value) from a histogram of [value, count], up to the one that only a single measurement exceeded."""
    values, counts = zip(*sorted(map(tuple, histogram)), strict=True)
    upto = list(accumulate(counts))
    total = upto[-1]
    nines = [10 ** (step / STEPS) for step in range(int(log10(total) * STEPS) + 1)]
    return [(round(x, 6), values[bisect_left(upto, total * (1 - 1 / x) - 1e-6)]) for x in nines]
