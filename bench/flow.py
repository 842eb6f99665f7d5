"""Seeded order flow in every shape that a book must hold its speed on.

    w1      5,000 orders open on some 166 levels; half passive orders near the touch, 41% cancels, 10% aggressive
    w2      1,000 open on some 420 levels; four of five messages move an order one percent toward the last price
    w3      100,000 open on 4,200 levels, uniform depth and uniform cancels: unkind to caches on purpose
    w3m     as w3 with a million open
    still   equity-like: millisecond lifetimes, 95% canceled, 20% modified, 15% IOC, ids a random permutation, a standing tail over
            tens of thousands of ticks; the mid price does not move
    normal  the same, the mid wanders
    swings  the same, the mid swings four times over 60% of its center
    crash   the same, the mid falls by 60% in a tenth of the flow and comes half of the way back
    steady  as many open as the prefill on 120 levels, one message in ten trades, however the flow is spread over instruments

The generator is `floor/flow.c`; the same seed gives the same bytes on every machine.  Files are in the public workload format (a header,
40 bytes a message) that `ats flow` reads too.  Beside the flow it can write the canonical report text, from a naive book of its own.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from bench.floor import build, run

SHAPES = ("w1", "w2", "w3", "still", "normal", "swings", "crash")
SEED = 20240607
COUNT = 1_000_000


class Flow(NamedTuple):
    """A generated file and what the naive book says of the messages after its prefill."""

    shape: str
    seed: int
    path: Path
    prefill: int
    messages: int
    trades: int
    volume: int
    live_max: int
    levels_max: int
    mix: dict[str, int]


def make(shape: str, path: Path, *, seed: int = SEED, prefill: int = 0, count: int = COUNT, reports: Path | None = None) -> Flow:
    """Write `count` messages of a shape after a prefill (0: its own), and perhaps the canonical report text of all."""
    said = run(build("flow"), "make", shape, seed, prefill, count, path, *([reports] if reports else []))
    mix = {name: said[name] for name in ("limit", "cancel", "modify", "ioc", "rejects")}
    return Flow(shape, seed, path, said["prefill"], count, said["trades"], said["volume"], said["live_max"], said["levels_max"], mix)


def replay(path: Path, reports: Path) -> None:
    """Write the canonical report text of a flow file from elsewhere, by the naive book."""
    run(build("flow"), "replay", path, reports)


def main(arguments: list[str]) -> int:
    """Write one flow file, as `python -m bench flow`."""
    parser = argparse.ArgumentParser(prog="python -m bench flow", description="Write a flow file.", epilog=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shape", choices=(*SHAPES, "w3m", "steady"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--prefill", type=int, default=0, help="messages before those that are timed; 0 is the shape's own number")
    parser.add_argument("--count", type=int, default=COUNT, help="messages after the prefill")
    parser.add_argument("--reports", type=Path, help="write the canonical report text here")
    chosen = parser.parse_args(arguments)
    flow = make(chosen.shape, chosen.path, seed=chosen.seed, prefill=chosen.prefill, count=chosen.count, reports=chosen.reports)
    print(*(f"{name} {value}" for name, value in flow._asdict().items()), sep="\n", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
