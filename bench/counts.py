"""Instructions a message by function, counted by valgrind: figures that do not move with the neighbours.

    python -m bench counts                       every case: book, venue, codec, and a whole gateway in process (`in_process.py`)
    python -m bench counts SHAPE [--venue]       the book's or the venue's batch call on a flow; the floor's count beside it
    python -m bench counts --codec               an order decoded and its report encoded
    python -m bench counts --gateway             bytes received to bytes written, journal off and durable
    python -m bench counts --check               every case, held against `results/counts.json`; 1 where one has moved, with both figures
    python -m bench counts --accept WHY          every case becomes what `--check` holds the next ones against

Only what happens between two marks is counted: the messages behind a prefill, set-up and clients left out.  The flow, its seed and the
clocks are fixed, so a count that moves was moved by the code, its compiler or its flags.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench import baseline, book, callgrind, codec, compiled, flow, in_process, machine, market, venue
from bench.floor import build

Counts = Counter[str]

COUNT = 20_000  # messages that are counted, where the command does not say
ACCOUNTS = {"book": 1, "venue": market.Spread().accounts, "gateway": in_process.SESSIONS}
BATCHES = {"book": book.CHUNK, "venue": venue.CHUNK, "gateway": in_process.BATCH}


class Case(NamedTuple):
    """Something that is counted: what a message is, and how to count so many of them in a directory."""

    unit: str
    count: Callable[[Path, int, int], tuple[Counts, int]]


def of_flow(what: str, shape: str) -> Case:
    """Return the case of the book's or the venue's batch call on a shape of flow."""

    def count(directory: Path, messages: int, seed: int) -> tuple[Counts, int]:
        made = flow.make(shape, directory / "flow", seed=seed, count=messages)
        return _child(directory, what, str(made.path), str(made.prefill), str(made.messages), str(made.live_max)), messages

    return Case("a message", count)


def of_codec() -> Case:
    """Return the case of the codec alone."""

    def count(directory: Path, messages: int, seed: int) -> tuple[Counts, int]:
        (directory / "frames").write_bytes(codec.stream(messages, seed))
        return _child(directory, "codec", str(compiled.build("codec_loop", directory)), str(directory / "frames"), str(messages)), messages

    return Case("an order", count)


def of_gateway(mode: str, mix: str) -> Case:
    """Return the case of a whole gateway."""

    def count(directory: Path, messages: int, seed: int) -> tuple[Counts, int]:
        if mix == in_process.REST:
            made, turns, begin = None, in_process.resting_turns(messages + in_process.TURN), 1  # the first touches fresh memory
        else:
            made = flow.make(mix, directory / "flow", seed=seed, count=messages)
            turns, begin = in_process.turns_of(made), -(-made.prefill // in_process.TURN)
        in_process.settle_in(directory / "venue", made, mode)
        (directory / "turns").write_bytes(msgspec.msgpack.encode(turns))
        found = _child(directory, "gateway", str(directory / "turns"), str(directory / "venue"), str(begin))
        return found, in_process.requests_in(turns[begin:])

    return Case("a request", count)


CASES = {
    "book w1": of_flow("book", "w1"),
    "book normal": of_flow("book", "normal"),
    "venue w1": of_flow("venue", "w1"),
    "venue normal": of_flow("venue", "normal"),
    "codec": of_codec(),
    "gateway memory rest": of_gateway("memory", "rest"),
    "gateway memory w1": of_gateway("memory", "w1"),
    "gateway durable rest": of_gateway("durable", "rest"),
}


def counted(case: Case, messages: int, seed: int) -> dict[str, float]:
    """Return the instructions of a case by function as it is written, a message; those of libc, CPython and others as one."""
    with tempfile.TemporaryDirectory(prefix="ats-counts-") as name:
        found, done = case.count(Path(name), messages, seed)
    by_name: Counter[str] = Counter()
    for symbol, instructions in found.items():
        by_name[callgrind.readable(symbol) or symbol] += instructions
    return {function: instructions / done for function, instructions in by_name.most_common()}


def show(name: str, case: Case, figures: dict[str, float], *, whole: bool) -> None:
    """Print what a case costs, and where `whole` is wanted, how its functions share in that."""
    print(f"{sum(figures.values()):8.1f}  {name}, {case.unit}", flush=True)
    for function, figure in figures.items() if whole else ():
        if figure >= baseline.FUNCTION_MIN:
            print(f"{figure:12.1f}  {function}")


def count_floor(shape: str, messages: int, seed: int, *, ledger: bool) -> float:
    """Return the floor's instructions a message."""
    with tempfile.TemporaryDirectory(prefix="ats-counts-") as name:
        directory = Path(name)
        made = flow.make(shape, directory / "flow", seed=seed, count=messages)
        floor = build("floor", *(["LEDGER"] if ledger else []), flags=("-O3",))  # valgrind does not know the newest instructions
        command = [str(floor), str(made.path), str(made.prefill), "1", "1000"]
        return sum(callgrind.counted(command, directory, collect="timed").values()) / messages


def _child(directory: Path, *arguments: str) -> Counts:
    return callgrind.counted([sys.executable, "-m", "bench.counted", *arguments], directory)


def _chosen(chosen: argparse.Namespace) -> dict[str, Case]:
    if chosen.gateway:
        return {name: case for name, case in CASES.items() if name.startswith("gateway")}
    if chosen.codec:
        return {"codec": CASES["codec"]}
    if chosen.shape or chosen.venue:
        what, shape = "venue" if chosen.venue else "book", chosen.shape or "w1"
        return {f"{what} {shape}": of_flow(what, shape)}
    return CASES


def main(arguments: list[str]) -> int:
    """Print the counts, as `python -m bench counts`."""
    parser = argparse.ArgumentParser(prog="python -m bench counts", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shape", nargs="?", help="count the book on this shape of flow alone")
    parser.add_argument("--venue", action="store_true", help="count the venue in place of the book")
    parser.add_argument("--codec", action="store_true", help="count the codec alone")
    parser.add_argument("--gateway", action="store_true", help="count the whole gateway alone, journal off and durable")
    parser.add_argument("--check", action="store_true", help="hold every case against the committed counts")
    parser.add_argument("--accept", metavar="WHY", help="commit every case, for a reason")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--quick", action="store_true", help="few messages: a look, no result")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    held = chosen.check or chosen.accept is not None
    count, seed = (COUNT, flow.SEED) if held else (2_000 if chosen.quick else chosen.count, chosen.seed)
    about = machine.describe()
    print(machine.heading(about))
    if not callgrind.found():
        print("valgrind is not installed: nothing counted", file=sys.stderr)
        return _saved(chosen.save, about, count, seed, {})
    print(f"\ninstructions; {count:,} messages, seed {seed}\n")
    cases = CASES if held else _chosen(chosen)
    found = {}
    for name, case in cases.items():
        found[name] = counted(case, count, seed)
        show(name, case, found[name], whole=not held and len(cases) < len(CASES))
    if chosen.accept is not None:
        print(f"\nwrote {baseline.accept(found, chosen.accept, about)}")
        return 0
    if chosen.check:
        return baseline.check(found, about)
    if chosen.shape or chosen.venue:
        least = count_floor(chosen.shape or "w1", count, seed, ledger=chosen.venue)
        print(f"{least:8.1f}  floor{' with a ledger' if chosen.venue else ''}")
    return _saved(chosen.save, about, count, seed, found)


def _saved(wanted: bool, about: dict[str, Any], count: int, seed: int, found: baseline.Figures) -> int:
    """Keep the result where that is wanted, functions below half an instruction in the sum alone."""
    if wanted:
        rows = {}
        for name, figures in found.items():
            named = {function: round(figure, 1) for function, figure in figures.items() if figure >= baseline.FUNCTION_MIN}
            rows[name] = {"instructions": {"all": round(sum(figures.values()), 1), **named}}
        facts = {"messages": count, "seed": seed, "accounts": ACCOUNTS, "batch": BATCHES}
        print(f"\nsaved {machine.save('counts', {'machine': about, **facts, 'counts': rows})}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
