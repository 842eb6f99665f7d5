"""A million durable orders over TCP on one server core, every report checked, the ledger conserved, the journal replayed to the same state.

    python -m bench million [--orders 1000000] [--rounds 5] [--quick] [--save]

The venue is `ats serve` with a durable journal, all its threads on the first core; the load comes pipelined from several clients.  In each
round and mix at least `--orders` new orders go in: half of the requests of `rest`, where the others cancel them; a little more of `market`,
where one request in ten crosses; and all of `trade`, where buyers and sellers meet.  The load generator reads every report of every
session: numbers without a gap, each request answered once and rightly, both sides of each trade equal.  An examiner looks at the ledger
through the operators' listener before the first order and behind the last: what customers and the venue have of each asset adds up to what
is in custody, and custody is what it was.  The venue counts as many trades as its clients.  Then the venue is stopped (it walks its whole
state at the end), and from the journal alone:

    ats journal verify      every byte, seal and signature
    ats journal replay      the venue made again from its birth: every mark and snapshot that it passes, and at its end the state hash,
                            which must be that of the last snapshot that the running venue took

Anything that differs ends the bench with exit code 1 and says what it was.  The bare echoes take turns with the venue.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import keys
from bench.machine import describe, heading, save
from bench.options import parsed, parser, place
from bench.servers import BUSY, Figures, Shape, Target, in_turns, median_of, ratio_of, start_echo, start_venue
from bench.targets import Line, line
from engine.admin.client import AdminClient
from engine.venue.records import SystemAccount

SHAPE = Shape(16, 100, 4)
MIXES = {"rest": 2, "market": 2, "trade": 1}  # so many requests have at least one new order each
HEADLINE = "rest"
SEED = 1
NAMES = ("durable", "echo", "raw")
CUSTOMERS = ("available", "held", "frozen", "pending_in", "pending_out")
OWN = ("issuance", "fees", "rounding", "ca_payable", "suspense")  # the venue's accounts besides custody

SYSTEM = frozenset(SystemAccount)
Ledger = dict[str, dict[str, int]]


class Differs(Exception):
    """Something is not what it should be."""


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Differs(what)


def look(venue: Target) -> tuple[Ledger, int]:
    """Return all of each asset by whose it is, and how many trades there were, as the venue shows them to an examiner."""
    with AdminClient(f"127.0.0.1:{venue.admin_port}", name=keys.EXAMINER, key=keys.key_of(keys.EXAMINERS_NUMBER)) as admin:
        rows: list[Any] = admin.show("conservation")
        balances: list[Any] = admin.show("balances")
        (whole,) = admin.show("venue")
    ledger: Ledger = {row.asset: {name: getattr(row, name) for name in (*CUSTOMERS, *OWN, "custody", "total")} for row in rows}
    for asset, found in ledger.items():
        for name in CUSTOMERS:
            summed = sum(getattr(row, name) for row in balances if row.asset == asset and row.account not in SYSTEM)
            must(summed == found[name], f"all accounts together have {summed} of {asset} {name}, and the venue says {found[name]}")
    return ledger, whole.trades  # type: ignore[attr-defined]


def conserved(before: Ledger, after: Ledger) -> dict[str, dict[str, int]]:
    """Return what everybody has of each asset and what is in custody, in smallest units.  Differs where these are not what they were."""
    must(before.keys() == after.keys(), f"there were the assets {sorted(before)}, and there are {sorted(after)}")
    sums = {}
    for asset, found in after.items():
        owned = sum(found[name] for name in (*CUSTOMERS, *OWN))
        must(found["total"] == 0 == owned + found["custody"], f"{asset}: {owned} is owned, and {-found['custody']} is in custody")
        custody = before[asset]["custody"]
        must(found["custody"] == custody, f"{asset}: {-custody} was in custody, and {-found['custody']} is")
        customers, venue = (sum(found[name] for name in names) for names in (CUSTOMERS, OWN))
        sums[asset] = {"customers": customers, "venue": venue, "custody": -found["custody"]}
    return sums


def ats(*words: str) -> Any:
    """Run a command of `ats` and return what it tells.  Differs where it fails."""
    done = subprocess.run([sys.executable, "-m", "engine", *words, "--json"], check=False, capture_output=True, text=True)
    must(done.returncode == 0, f"ats {' '.join(words)}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def replayed(journal: Path) -> Figures:
    """Verify a stopped venue's journal and make the venue again.  Differs where that is not the venue that was stopped."""
    verified = ats("journal", "verify", str(journal))
    newest = ats("journal", "inspect", str(journal))["snapshots"][-1]
    again = ats("journal", "replay", str(journal))
    ends = [verified["last_seq"], newest["seq"], again["last_seq"]]
    must(len(set(ends)) == 1, "the log ends with {}, the last snapshot with {}, the replay with {}".format(*ends))
    must(newest["state_hash"] == again["state_hash"], f"the venue had state {newest['state_hash']}, its replay has {again['state_hash']}")
    names = ("commands", "per_s", "marks", "snapshots", "history", "state_hash")
    return {"last_seq": verified["last_seq"], "running_hash": newest["state_hash"], **{name: again[name] for name in names}}


def measure(venue: Target, echoes: list[Target], mix: str, rounds: int, orders: int) -> Figures:
    """Measure one mix, and count what was asked and answered."""
    pairs = -(-orders * MIXES[mix] // (2 * SHAPE.clients))  # of requests from each client, so that none is dropped
    requests = 2 * SHAPE.clients * pairs
    runs = in_turns([venue, *echoes], rounds, *SHAPE.options, "--requests", requests, "--mix", mix, "--seed", SEED)
    for run in runs["durable"]:
        must(run["checked"] is True, "a report was not checked")
        must(orders_in(run) >= orders, f"{orders_in(run):,} orders went in, not {orders:,}")
    per_s = {name: median_of(runs[name], "per_s") for name in NAMES}
    return {
        "mix": mix,
        **SHAPE._asdict(),
        "depth": SHAPE.depth,
        "durability": NAMES[0],
        "requests": sum(run["requests"] for run in runs["durable"]),
        "orders": sum(orders_in(run) for run in runs["durable"]),
        "reports": sum(run["reports"] for run in runs["durable"]),
        "trades": sum(run["trades"] for run in runs["durable"]),
        "per_s": {name: round(value) for name, value in per_s.items()},
        "ratio": {name: round(ratio_of(runs["durable"], runs[name]), 3) for name in NAMES[1:]},
        "us": {name: round(median_of(runs[name], "server_us"), 3) for name in NAMES},
        "load_cpu": round(median_of(runs["durable"], "load_cpu"), 3),
        "runs": runs,
    }


def orders_in(run: Figures) -> int:
    """Return how many new orders a load had answered: every one that was taken, whatever became of it."""
    return int(run["answers"].get("NEW", 0))


def shown(row: Figures) -> None:
    """Print one line of the table."""
    rates = "".join(f"{row['per_s'][name]:>12,}" for name in NAMES)
    counts = "".join(f"{row[name]:>12,}" for name in ("requests", "orders", "reports", "trades"))
    rest = f"{row['ratio']['echo']:>7.2f}{row['us']['durable']:>8.2f}{row['load_cpu']:>7.2f}{' !' if row['load_cpu'] > BUSY else '':2}"
    print(f"{row['mix']:<8}{rates}{rest}{counts}", flush=True)


def targets_of(rows: list[Figures]) -> list[Line]:
    """Hold the rate of the mix HEADLINE against P5, those of the others beside it."""
    row = next(row for row in rows if row["mix"] == HEADLINE)
    beside = {name: row[name] for name in ("mix", "clients", "batch", "window", "load_cpu")}
    every = {f"{each['mix']}_per_s": each["per_s"]["durable"] for each in rows}
    best = max(run["per_s"] for run in row["runs"]["durable"])
    return [line("P5a", row["per_s"]["durable"], **beside, **every, best_round=round(best), cpu_us=row["us"]["durable"])]


def all_of(folder: Path, echoes: list[Target], venue: Target, rounds: int, orders: int) -> Figures:
    """Measure, stop the venue, and hold everything against everything."""
    before, trades_before = look(venue)
    rows = []
    for mix in MIXES:
        rows.append(measure(venue, echoes, mix, rounds, orders))
        shown(rows[-1])
    after, trades_after = look(venue)
    sums = conserved(before, after)
    trades = sum(row["trades"] for row in rows)
    must(trades_after - trades_before == trades, f"clients saw {trades:,} trades, and the venue had {trades_after - trades_before:,}")
    venue.process.terminate()
    must(venue.process.wait() == 0, "the venue did not end well")
    again = replayed(folder / "durable" / "journal")
    must(again["last_seq"] > sum(row["requests"] for row in rows), f"the journal has {again['last_seq']:,} commands, fewer than answers")
    return {"rows": rows, "conserved": sums, "trades": trades, "replay": again, "checked": True, "hash": again["state_hash"]}


def told(result: Figures) -> None:
    """Say what held."""
    for asset, sums in result["conserved"].items():
        print(f"{asset}: customers {sums['customers']:,} + the venue {sums['venue']:,} = custody {sums['custody']:,}, as before")
    again = result["replay"]
    print(f"{result['trades']:,} trades, seen by both sides and counted by the venue")
    print(f"journal: {again['last_seq']:,} commands verified, replayed at {again['per_s']:,}/s, {again['marks']:,} marks passed")
    print(f"state of the venue when it stopped {again['running_hash']}\nstate of its replay                {again['state_hash']}")


def main(arguments: list[str]) -> int:
    """Print the table and what held, as `python -m bench million`."""
    made = parser("million", __doc__, rounds=5, requests=0, quick=20_000)
    made.add_argument("--orders", type=int, default=1_000_000, help="new orders of each round and mix")
    chosen = parsed(made, arguments)
    orders = chosen.quick or chosen.orders
    about = describe()
    print(heading(about))
    print(f"{SHAPE.clients} clients, {SHAPE.batch} requests a send, {SHAPE.window} sends under way; median of {chosen.rounds} rounds\n")
    print(f"{'mix':<8}{'durable/s':>12}{'echo/s':>12}{'raw/s':>12}{'echo':>7}{'us':>8}{'load':>7}{'':2}", end="")
    print("".join(f"{name:>12}" for name in ("requests", "orders", "reports", "trades")))
    with place("million", chosen.folder) as (stack, folder):
        echoes = [start_echo(stack, name) for name in NAMES[1:]]
        try:
            result = all_of(folder, echoes, start_venue(stack, NAMES[0], folder), chosen.rounds, orders)
        except Differs as differs:
            print(f"\nDIFFERS: {differs}")
            return 1
    told(result)
    lines = targets_of(result["rows"])
    for each in lines:
        print(f"{each['id']}: {each['figure']:,.0f} requests/s of {each['target']:,.0f}: {'met' if each['met'] else 'MISSED'}")
    if chosen.save:
        print(f"saved {save('million', {'machine': about, 'seed': SEED, 'targets': lines, **result})}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
