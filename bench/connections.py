"""What a request costs as connections grow: the same load over TCP from 1, 10, 100 and 1,000 of them, beside a bare echo's growth.

    python -m bench connections [1 10 100 1000] [--rounds 5] [--rate 100000] [--quick] [--save]

The load is the same requests at the same rate in the same sends of 10, open loop, and its sessions take turns; so what grows is how many
sockets, sessions, accounts and books of sent reports the same work is spread over, and nothing else.  Each venue and the echo have all
connections of the row open, and only these.  In microseconds of the server's CPU a request, all its threads together, from the first
send to the last report, logons left out; `growth` is to the first row, `beyond` the venue's growth over the echo's, which is that of the
kernel's sockets and of the loop.
"""

import statistics
import sys
from collections.abc import Sequence
from typing import Any

from bench.machine import describe, heading, save
from bench.options import parser, place
from bench.servers import Figures, Target, allow_descriptors, load, start_echo, start_venue
from bench.targets import Line, line

NAMES = ("memory", "durable", "echo")
NUMBERS = (1, 10, 100, 1000)
BATCH = 10
RATE = 100_000
QUICK_RATE = 20_000
SECONDS = 2.0  # of each round
MIX = "rest"
SEED = 1


def measure(targets: Sequence[Target], numbers: Sequence[int], rounds: int, rate: int, seconds: float) -> list[Figures]:
    """Measure every number of connections on each server, round by round."""
    runs: dict[int, dict[str, list[Figures]]] = {number: {target.name: [] for target in targets} for number in numbers}
    for _ in range(rounds):
        for number in numbers:
            requests = max(round(rate * seconds), 2 * BATCH * number)
            options = ["--sessions", number, "--batch", BATCH, "--rate", rate, "--requests", requests, "--mix", MIX, "--seed", SEED]
            for target in targets:
                runs[number][target.name].append(load(target, *options))
    return rows_of(runs)


def rows_of(runs: dict[int, dict[str, list[Figures]]]) -> list[Figures]:
    """Return the rows of the table: medians, growth to the first row, and the venue's growth over the echo's."""
    rows: list[Figures] = []
    for number, found in runs.items():
        us = {name: statistics.median(run["server_us"] for run in each) for name, each in found.items()}
        first = rows[0]["us"] if rows else us
        growth = {name: us[name] / first[name] for name in us}
        p50 = {name: statistics.median(run["latency"]["p50_us"] for run in each) for name, each in found.items()}
        rows.append(
            {
                "sessions": number,
                "batch": BATCH,
                "mix": MIX,
                "per_s": {name: round(statistics.median(run["per_s"] for run in each)) for name, each in found.items()},
                "us": us,
                "p50_us": p50,
                "growth": growth,
                "beyond": {name: growth[name] / growth["echo"] for name in NAMES[:2]},
                "runs": {name: [run["server_us"] for run in each] for name, each in found.items()},
            }
        )
    return rows


def targets_of(rows: list[Figures]) -> list[Line]:
    """Hold the venue's worst growth beyond the echo's against P9."""
    worst = max(rows, key=lambda row: max(row["beyond"].values()))
    name = max(worst["beyond"], key=worst["beyond"].__getitem__)
    beside = {"axis": "connections over TCP", "journal": name, "connections": worst["sessions"]}
    growth = {f"{each}_growth": round(worst["growth"][each], 2) for each in (name, "echo")}
    return [line("P9", worst["beyond"][name], **beside, **growth)]


def shown(row: Figures) -> None:
    """Print one line of the table."""
    cells = "".join(f"{row['us'][name]:>9.2f}{row['growth'][name]:>8.2f}" for name in NAMES)
    beyond = "".join(f"{row['beyond'][name]:>9.2f}" for name in NAMES[:2])
    p50 = "".join(f"{row['p50_us'][name]:>9.1f}" for name in NAMES)
    print(f"{row['sessions']:>11,}{cells}  |{beyond}  |{p50}", flush=True)


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench connections`."""
    made = parser("connections", __doc__, rounds=5, requests=0, quick=QUICK_RATE)
    made.add_argument("numbers", nargs="*", type=int, default=NUMBERS, help="of connections")
    made.add_argument("--rate", type=int, default=RATE, help=f"requests a second, {RATE:,} without it")
    chosen = made.parse_args(arguments)
    rounds, rate, seconds = (1, chosen.quick, 0.5) if chosen.quick else (chosen.rounds, chosen.rate, SECONDS)
    allow_descriptors(max(chosen.numbers))
    about = describe()
    print(heading(about))
    print(f"{rate:,} requests/s in sends of {BATCH}, mix {MIX}, median of {rounds} rounds; us of the server's CPU a request\n")
    heads = "".join(f"{name:>9}{'growth':>8}" for name in NAMES)
    print(f"{'':62}  |{'beyond the echo':^18}  |{'p50 us of the answer':^27}")
    print(f"{'connections':>11}{heads}  |" + "".join(f"{name:>9}" for name in NAMES[:2]) + "  |" + "".join(f"{name:>9}" for name in NAMES))
    with place("connections", chosen.folder) as (stack, folder):
        sessions = max(chosen.numbers)
        venues = [start_venue(stack, mode, folder, sessions=sessions) for mode in NAMES[:2]]
        rows = measure([*venues, start_echo(stack)], chosen.numbers, rounds, rate, seconds)
    for row in rows:
        shown(row)
    lines = targets_of(rows)
    if chosen.save:
        result: dict[str, Any] = {"machine": about, "seed": SEED, "mix": MIX, "batch": BATCH, "rate": rate, "targets": lines, "rows": rows}
        print(f"\nsaved {save('connections', result)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
