"""What the engine is to reach, P1 to P10: each a figure of one run on one machine, most of them ratios to what it could cost at least.

A bench that serves a target keeps `targets` in its result, a list of what `line` returns; `python -m bench` gathers them.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Line = dict[str, Any]


class Target(NamedTuple):
    """A part of a target: what is measured, the bound, its unit, and which side of the bound is good."""

    what: str
    target: float
    unit: str
    better: Literal["lower", "higher"] = "lower"


TARGETS = {
    "P1": Target("book, batched, clients' ids, worst shape of flow", 2.0, "x the floor"),
    "P2a": Target("venue (gates, holds, settlement, events), w1", 2.0, "x the book"),
    "P2b": Target("venue, batched, w1", 10_000_000, "commands/s", "higher"),
    "P3a": Target("one Python call a command, beyond the batched cost", 120 / 77, "x a bare Cython call of 5 ints"),
    "P3b": Target("one Python call a command", 10.0, "x as fast as the fastest PyPI binding that reports fills", "higher"),
    "P4": Target("decode an order and encode its report", 80 / 441, "x msgspec Structs"),
    "P5a": Target("TCP, pipelined, durable, one server core", 1_000_000, "orders/s", "higher"),
    "P5b": Target("TCP, pipelined, durable, one server core", 1 / 3, "of a bare echo of the same frames", "higher"),
    "P6a": Target("TCP ping-pong p50, journal off", 1.25, "x a bare echo"),
    "P6b": Target("TCP ping-pong p50, durable, beyond the echo's", 1.5, "x one group commit"),
    "P7": Target("full load, durable", 0.8, "of the journal off", "higher"),
    "P8": Target("replay of a journal", 2_000_000, "commands/s", "higher"),
    "P9": Target("a command in a grown venue, worst of four axes", 2.0, "x the floor's own growth"),
    "P10": Target("p99, durable, open loop at half of the most", 10.0, "x its p50"),
}


def line(id: str, figure: float, **beside: Any) -> Line:  # noqa: A002  # the key has this name in the results
    """Hold a figure against its target; `beside` is what a reader should see with it.  KeyError for an id that is not in TARGETS."""
    if not math.isfinite(figure):
        raise ValueError(f"{id}: {figure} is no figure")
    wanted = TARGETS[id]
    met = figure <= wanted.target if wanted.better == "lower" else figure >= wanted.target
    return {"id": id, **wanted._asdict(), "target": rounded(wanted.target), "figure": rounded(figure), "met": met, "beside": beside}


def rounded(figure: float) -> float:
    """Return a figure to four digits."""
    return float(f"{figure:.4g}")


def shown(figure: float) -> str:
    """Return a figure as a reader wants it."""
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.4g}"


def bound(wanted: Target, sign: Mapping[str, str]) -> str:
    """Return the bound of a target behind the sign for the side that is good."""
    return f"{sign[wanted.better]} {shown(wanted.target)}"
