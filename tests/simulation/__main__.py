"""Simulated days of a venue: `python -m tests.simulation DAYS [SEED]`.

Each seed is a venue of its own and lives for a few days; SEED is the first.  On a failure its options are printed, what went wrong, and
the same made simpler: with faults left out, and then with as few steps as it takes.
"""

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from tests.simulation.options import FAULTS, Options, options_of
from tests.simulation.world import World

DAYS_A_SEED = 3


def simulate(seed: int, days: int, options: Options | None = None, steps_max: int | None = None) -> World:
    """Live through some days; the exception of a failure bears the world as `world`."""
    with silence():
        world = World(seed, options or options_of(seed))
        try:
            world.run(days, steps_max)
        except Exception as failure:
            failure.world = world  # type: ignore[attr-defined]
            raise
    return world


@contextmanager
def silence() -> Iterator[None]:
    """Keep the venue from speaking to its operators: what it would say has times of this machine in it."""
    before = structlog.get_config()
    structlog.configure(
        processors=[_drop], wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def _drop(*_: object) -> str:
    raise structlog.DropEvent


def shrink(seed: int, days: int, options: Options) -> tuple[Options, int]:
    """Leave out what a failure does not need, and then find how few steps of trouble it takes."""
    for fault in FAULTS:
        simpler = options.without(fault)
        if _fails(seed, days, simpler) is not None:
            options = simpler
    most = _fails(seed, days, options) or 1
    least = 0
    while most - least > 1:
        middle = (least + most) // 2
        if _fails(seed, days, options, middle) is None:
            least = middle
        else:
            most = middle
    return options, most


def _fails(seed: int, days: int, options: Options, steps_max: int | None = None) -> int | None:
    """Return in which step a simulation fails, None where it does not."""
    try:
        simulate(seed, days, options, steps_max)
    except Exception as failure:  # noqa: BLE001  whatever goes wrong is a failure
        return failure.world.loop.steps  # type: ignore[attr-defined, no-any-return]
    return None


def main(arguments: list[str]) -> int:
    """Simulate, and print what there was."""
    days = int(arguments[0]) if arguments else 30
    first = int(arguments[1]) if len(arguments) > 1 else 1
    total: Counter[str] = Counter()
    began = time.perf_counter()
    for seed in range(first, first + -(-days // DAYS_A_SEED)):
        lived = min(DAYS_A_SEED, days - (seed - first) * DAYS_A_SEED)
        options = options_of(seed)
        try:
            world = simulate(seed, lived, options)
        except Exception as failure:  # noqa: BLE001  whatever goes wrong is a failure
            _tell(seed, lived, options, failure)
            return 1
        total += world.counts
        print(f"seed {seed}: {lived} days, {world.loop.steps} steps, {world.counts['commands']} commands, trace {world.digest}", flush=True)
    seconds = time.perf_counter() - began
    print(f"{days} days in {seconds:.1f} s")
    for name, count in sorted(total.items()):
        print(f"  {count:>10,} {name}")
    return 0


def _tell(seed: int, days: int, options: Options, failure: Exception) -> None:
    world: World = failure.world  # type: ignore[attr-defined]
    print(f"seed {seed} fails: {type(failure).__name__}: {failure}\n{options.told()}\n" + "\n".join(world.lines))
    simpler, steps = shrink(seed, days, options)
    print(f"it still fails within {steps} steps with:\n{simpler.told()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
