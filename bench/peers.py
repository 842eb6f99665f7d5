"""One Python call per command: the engine's own cost of a call, and order books from PyPI where they are installed.

Every book gets the same rows of w1 (new limit orders and cancels), as plain integers known before the clock starts; what a book needs
in their place (its own order objects, a table from our ids to its ids, floats) is made inside the clock, since its user would have to.
Each run is a process of its own, cut after --timeout seconds, and rounds go through all books in turn.  A book whose trades differ from
ours is shown with what it found and no speed.  Missing ones are named and skipped:

    pip install --group bench        (or the names of that group in pyproject.toml)

Beside them stand the batch call, and a call of five integers that does nothing: what no book behind Python can go below.
"""

import argparse
import contextlib
import gc
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from bench import book as batched
from bench import compiled, flow, machine, targets
from bench import peer_engine as ours
from bench import peer_native as native
from bench import peer_python as python
from bench.peer_engine import Peer, Row

Starter = Callable[[batched.Load], Peer]
Result = dict[str, Any]

OURS: tuple[Starter, ...] = (ours.bare_call, ours.engine_call, ours.engine_reports, ours.engine_events)
NATIVE: tuple[Starter, ...] = (
    native.limit_order_book,
    native.litebook,
    native.orderly_chaos,
    native.cython_orderbook,
    native.nanobook,
    native.obook,
)
PYTHON: tuple[Starter, ...] = (
    python.akhil4n_orderbook,
    python.lightmatchingengine,
    python.pyorderbook,
    python.manticore_orderbook,
    python.fastlob,
)
IMPORTED = {"akhil4n_orderbook": "orderbook"}  # where a package is imported by another name than its own
BATCH = "engine_batch"
NOT_TOLD = "fills not told"


def rows_of(made: batched.Load) -> list[Row]:
    """Unpack the commands of a flow of new orders and cancels."""
    words = memoryview(made.commands).cast("q")
    size = batched.COMMAND // 8
    columns = (words[at::size].tolist() for at in (5, 6, 3))
    is_new = [kind == 68 for kind in made.commands[88 :: batched.COMMAND]]
    buys = [side == 1 for side in made.commands[89 :: batched.COMMAND]]
    return list(zip(is_new, buys, *columns, strict=True))


def timed(start: Starter, made: batched.Load, rows: list[Row]) -> tuple[float, tuple[int, int] | None]:
    """Run the rows through a fresh book; nanoseconds a call after the prefill, and the trades and volume of that part."""
    peer = start(made)
    peer.run(rows[: made.flow.prefill])
    rest = rows[made.flow.prefill :]
    before = peer.trades()
    with no_garbage_collection():
        began = perf_counter_ns()
        peer.run(rest)
        spent = perf_counter_ns() - began
    after = peer.trades()
    found = None if before is None or after is None else (after[0] - before[0], after[1] - before[1])
    return spent / len(rest), found


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Keep the collector's pauses out of everybody's figures."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def child(arguments: list[str]) -> int:
    """Print what one run of one book gave: a process of `in_turns`."""
    name, path, prefill, messages, live_max = arguments
    made = batched.load(flow.Flow("w1", 0, Path(path), int(prefill), int(messages), 0, 0, int(live_max), 0, {}))
    if name == BATCH:
        ns, found = batched.timed(made), batched.answer(made)
    else:
        (start,) = (starter for starter in (*OURS, *NATIVE, *PYTHON) if starter.__name__ == name)
        ns, found = timed(start, made, rows_of(made))
    sys.stdout.flush()
    os.write(3, json.dumps({"ns": ns, "found": found}).encode())
    os._exit(0)  # threads of a book that does not end are none of ours


def run(name: str, made: flow.Flow, timeout: float) -> Result:
    """Run one book in a process of its own; `fault` in what it returns says why there is nothing else."""
    read, write = os.pipe()
    command = [sys.executable, "-c", CHILD.format(write=write), name, str(made.path), str(made.prefill), str(made.messages)]
    with os.fdopen(read, "rb") as told:
        with subprocess.Popen(
            [*command, str(made.live_max)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[write], text=True
        ) as process:
            os.close(write)
            try:
                _, errors = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                return {"fault": f"no end within {timeout:.0f} s"}
        answer = told.read()
    if not answer:
        return {"fault": f"failed: {(errors.strip().splitlines() or ['no word'])[-1]}"}
    result: Result = json.loads(answer)
    return result


# Books print and log as they like: a child says what it has to say on a descriptor of its own.
CHILD = "import os, sys; os.dup2({write}, 3); from bench import peers; sys.exit(peers.child(sys.argv[1:]))"


def in_turns(made: flow.Flow, names: list[str], rounds: int, timeout: float) -> dict[str, Result]:
    """Run all books in turn, and return what is to be said of each; one that failed or hung is not tried again."""
    runs: dict[str, list[Result]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, done in runs.items():
            if not done or "fault" not in done[-1]:
                done.append(run(name, made, timeout))
    return {name: told(done, (made.trades, made.volume)) for name, done in runs.items()}


def told(runs: list[Result], expected: tuple[int, int]) -> Result:
    """Say of a book's runs its speed, where its trades are right or it does not tell them, and what it found."""
    faults = [result["fault"] for result in runs if "fault" in result]
    if faults:
        return {"ns": None, "runs": [], "trades_agree": faults[0]}
    said = [verdict(result["found"], expected) for result in runs]
    wrong = next((word for word in said if word.startswith("NO")), None)
    times = [round(result["ns"], 1) for result in runs]
    return {"ns": None if wrong else round(statistics.median(times), 1), "runs": times, "trades_agree": wrong or said[0]}


def verdict(found: list[int] | None, expected: tuple[int, int]) -> str:
    """What to say of a book's trades."""
    if found is None:
        return NOT_TOLD
    return "yes" if tuple(found) == expected else f"NO: {found[0]:,} trades, volume {found[1]:,}"


def installed(peer: Starter) -> bool:
    """Say whether the package of a peer is there."""
    return importlib.util.find_spec(IMPORTED.get(peer.__name__, peer.__name__)) is not None


def lines(books: dict[str, Result]) -> list[targets.Line]:
    """Hold the engine's calls against P3: beyond the batch's cost, and, fills read on both sides, beside the fastest binding."""
    bare, call, reports, batch = (books[name]["ns"] for name in ("bare_call", "engine_call", "engine_reports", BATCH))
    found = [targets.line("P3a", (call - batch) / bare, call_ns=call, batched_ns=batch, bare_ns=bare, beyond_ns=round(call - batch, 1))]
    telling = {name: book["ns"] for name, book in books.items() if book["trades_agree"] == "yes" and not is_ours(name)}
    if telling:
        fastest = min(telling, key=lambda name: float(telling[name]))
        beside = {"binding": fastest, "binding_ns": telling[fastest], "ns": reports, "fills_unread": round(telling[fastest] / call, 2)}
        found.append(targets.line("P3b", telling[fastest] / reports, **beside))
    return found


def is_ours(name: str) -> bool:
    """Say whether a row is the engine's, or the bare call's."""
    return name == BATCH or name in {start.__name__ for start in OURS}


def show(books: dict[str, Result]) -> None:
    """Print one line a book."""
    one_call = books["engine_call"]["ns"]
    print(f"{'book':22}{'ns':>10}{'x one call':>12}  trades agree")
    for name, figures in books.items():
        ns = figures["ns"]
        speed = f"{ns:10,.1f}{ns / one_call:12.1f}" if ns is not None else f"{'-':>10}{'-':>12}"
        print(f"{name:22}{speed}  {figures['trades_agree']}")


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench peers`."""
    parser = argparse.ArgumentParser(prog="python -m bench peers", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds that a run may take")
    parser.add_argument("--quick", action="store_true", help="a short flow, two rounds: a look, no result")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.count, chosen.rounds = 10_000, 2
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    print(f"ns a call from Python, w1, {chosen.count:,} messages, seed {chosen.seed}, median of {chosen.rounds} rounds\n")
    missing = [peer.__name__ for peer in (*NATIVE, *PYTHON) if not installed(peer)]
    names = [BATCH, *(peer.__name__ for peer in (*OURS, *NATIVE, *PYTHON) if peer.__name__ not in missing)]
    with tempfile.TemporaryDirectory(prefix="ats-peers-") as directory:
        os.environ[ours.BARE] = str(compiled.build("bare_call", Path(directory)))
        made = flow.make("w1", Path(directory) / "w1.flow", seed=chosen.seed, count=chosen.count)
        books = in_turns(made, names, chosen.rounds, chosen.timeout)
    failed = [name for name in names if is_ours(name) and books[name]["ns"] is None]
    if failed:
        raise SystemExit(f"the engine's own run has failed: {failed[0]}: {books[failed[0]]['trades_agree']}")
    show(books)
    if missing:
        print(f"\nnot installed: {', '.join(missing)}", file=sys.stderr)
    if chosen.save:
        sizes = {"shape": "w1", "messages": chosen.count, "prefill": made.prefill, "mix": made.mix, "open_max": made.live_max}
        sizes |= {"rounds": chosen.rounds, "seed": chosen.seed, "quick": chosen.quick, "batch": batched.CHUNK, "accounts": 1}
        kept = {"machine": about, **sizes, "durability": "none", "books": books, "missing": missing, "targets": lines(books)}
        print(f"\nsaved {machine.save('peers', kept)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
