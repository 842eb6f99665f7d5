"""What a command costs as the venue grows: instruments, accounts, sessions and resting orders, beside the same growth of the floor.

The flow is `steady` (floor/flow.c): so many orders rest, cancels are drawn from all of them, one message in ten trades, and however it is
spread the trades are the same.  One number grows at a time, the others stay at 1 instrument, 1,000 accounts, 1 session and 20,000 resting
orders.  The floor is that with a ledger.  A cost may grow by what the floor's cache misses make it grow; `beyond` is how much more it did
grow, against the first line of its kind.  The venue is filled once and timed over as many parts of the flow as there are rounds, each
between two runs of the floor.  Memory is what the process grew by, and for the floor the bytes of its tables.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from bench import flow, machine, market, targets
from bench.floor import build, run
from bench.venue import CHUNK, apply_all, chunks

RESTING = 20_000
STEPS = {
    "instruments": (1, 10, 100, 1_000, 10_000),
    "accounts": (1, 1_000, 100_000, 1_000_000),
    "sessions": (1, 1_000),
    "resting": (1, 1_000, 20_000, 100_000, 1_000_000),
}


class Case(NamedTuple):
    """One size of the venue, everything spelt out."""

    resting: int
    spread: market.Spread


def case_of(kind: str, size: int) -> Case:
    """Return the case in which one number is as said and the others are the usual ones."""
    if kind == "resting":
        return Case(size, market.Spread())
    return Case(RESTING, market.Spread()._replace(**{kind: size}))


def resident() -> int:
    """Return the bytes of memory that this process uses now, or 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * 4096


def measure(case: Case, count: int, rounds: int, path: Path, seed: int = flow.SEED) -> dict[str, Any]:
    """Fill a venue of this size, then time it part by part, a run of the floor before each."""
    made = flow.make("steady", path, seed=seed, prefill=case.resting, count=count * rounds)
    floor = build("floor", "LEDGER", f"INSTRUMENTS={case.spread.instruments}")
    loaded = market.load(made, case.spread)
    least = resident()
    venue = market.new_venue(loaded)
    trades = volume = 0
    for batch in chunks(loaded, 0, case.resting):
        market.reports_of(venue, batch)
    times: dict[str, list[float]] = {"floor": [], "venue": []}
    said: dict[str, Any] = {}
    for part in range(rounds):
        said = run(floor, path, case.resting, 1, case.spread.accounts)
        times["floor"].append(said["ns"])
        begin = case.resting + part * count
        times["venue"].append(apply_all(venue, chunks(loaded, begin, begin + count)) / count)
    grown = resident() - least
    trades = venue.last_match_id
    venue.check()
    volume = sum(venue.traded_day(number) for number in range(1, case.spread.instruments + 1))
    return {
        "resting": case.resting,
        "mix": made.mix,
        **case.spread._asdict(),
        "agree": (trades, volume) == (made.trades, made.volume * market.LOT) and (said["trades"], said["conserved"]) == (trades, 1),
        "runs": {name: [round(ns, 1) for ns in taken] for name, taken in times.items()},
        "ns": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ns_min": {name: round(min(taken), 1) for name, taken in times.items()},
        "bytes": {"floor": said["bytes"], "venue": grown},
    }


def row(kind: str, size: int, result: dict[str, Any], first: dict[str, Any]) -> str:
    """One line of the table; `first` is the smallest case of its kind."""
    ns = result["ns"]
    floor, venue = (ns[name] / first["ns"][name] for name in ("floor", "venue"))
    megabytes = (result["bytes"][name] / 1e6 for name in ("floor", "venue"))
    result["growth"] = {"floor": round(floor, 2), "venue": round(venue, 2), "beyond": round(venue / floor, 2)}
    return (
        f"{kind:12}{size:10,}  |{ns['floor']:8.1f}{ns['venue']:8.1f}  |{floor:7.2f}{venue:8.2f}{venue / floor:9.2f}  |"
        + "".join(f"{number:9,.1f}" for number in megabytes)
        + f"  {'yes' if result['agree'] else 'NO'}"
    )


def lines(results: dict[str, list[dict[str, Any]]]) -> list[targets.Line]:
    """Hold the worst growth against P9, where every number grew."""
    if set(results) != set(STEPS):
        return []
    worst = {kind: max((size["growth"]["beyond"], size[kind]) for size in sizes) for kind, sizes in results.items()}
    kind = max(worst, key=lambda kind: worst[kind])
    beside = {kind: {"beyond": beyond, "at": size} for kind, (beyond, size) in worst.items()}
    agree = all(result["agree"] for sizes in results.values() for result in sizes)
    return [targets.line("P9", worst[kind][0], axis=kind, at=worst[kind][1], axes=beside, agree=agree)]


COLUMNS = (
    f"{'':22}  |{'ns a message':^16}  |{'growth':^24}  |{'memory, MB':^18}\n"
    f"{'':12}{'':10}  |{'floor':>8}{'venue':>8}  |{'floor':>7}{'venue':>8}{'beyond':>9}  |{'floor':>9}{'venue':>9}  agree"
)


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench growth`."""
    parser = argparse.ArgumentParser(prog="python -m bench growth", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("kinds", nargs="*", default=tuple(STEPS), help=f"of {', '.join(STEPS)}; all when none is given")
    parser.add_argument("--count", type=int, default=200_000, help="messages of each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--most", type=int, default=10**9, help="leave out larger sizes")
    parser.add_argument("--quick", action="store_true", help="small sizes, short flows, few rounds: a look, no result")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.count, chosen.rounds, chosen.most = 20_000, 2, 10_000
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    print(f"median of {chosen.rounds} rounds of {chosen.count:,} messages of `steady`, seed {chosen.seed}; batches of {CHUNK:,}\n")
    print(COLUMNS)
    results: dict[str, list[dict[str, Any]]] = {}
    for kind in chosen.kinds:
        results[kind] = []
        for size in (size for size in STEPS[kind] if size <= chosen.most):
            with tempfile.TemporaryDirectory(prefix="ats-flow-") as directory:
                results[kind].append(measure(case_of(kind, size), chosen.count, chosen.rounds, Path(directory) / "flow", chosen.seed))
            print(row(kind, size, results[kind][-1], results[kind][0]), flush=True)
    if chosen.save:
        sizes = {"messages": chosen.count, "rounds": chosen.rounds, "seed": chosen.seed, "quick": chosen.quick, "durability": "none"}
        kept = {"machine": about, "shape": "steady", "chunk": CHUNK, **sizes, "growth": results, "targets": lines(results)}
        print(f"\nsaved {machine.save('growth', kept)}", file=sys.stderr)
    return 0 if all(result["agree"] for sizes in results.values() for result in sizes) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
