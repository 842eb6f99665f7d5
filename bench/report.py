"""The whole suite: every bench in a process of its own, one after the other, and one report of all.

    python -m bench [--quick] [--only NAME ...] [--folder FOLDER] [--save | --json FILE] [--compare OLD.json [--fail]]

At the top what a reader must know to compare a figure with his own, then the targets P1 to P10, each with its figure, its bound and a
verdict, then the table of each bench as it printed it.  A bench that fails, or that finds a wrong answer, is reported as failed, the others
go on, and the exit code is 1; a target that is missed is no failure.  `--save` keeps everything in results/<date>-<machine>-report.json.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import compare, flow, machine
from bench.results import ROOT, Found, parts, read
from bench.targets import TARGETS, Line, bound, shown

PARTS = {
    "book": "the book's batch call beside the floor",
    "venue": "the venue core with everything on, beside the book and a floor with a ledger",
    "codec": "an order decoded and its report encoded, beside msgspec",
    "peers": "one Python call a command, beside order books from PyPI",
    "counts": "instructions a message, by function",
    "rejects": "refusals beside an order that rests",
    "growth": "a command as the venue grows, beside the growth of the floor",
    "journal": "making a group durable, beside the bare disk",
    "replay": "a journal read and replayed",
    "gateway": "TCP: pipelined, and ping-pong, beside a bare echo",
    "durability": "what a durable journal takes from full load",
    "million": "durable orders a second over TCP on one server core",
    "curve": "latency over TCP, open loop, at shares of the most",
    "connections": "TCP as sessions grow",
}
COMMAND = (sys.executable, "-m", "bench")
LIMIT_S = 900
WIDTH = 120
SIGNS = {"lower": "<=", "higher": ">="}
SHOWN = 30  # lines of what a failed bench said

Printer = Callable[[str], None]


class Part(NamedTuple):
    """What became of one bench."""

    name: str
    seconds: float
    code: int | None  # None: stopped after LIMIT_S
    output: str
    errors: str
    result: dict[str, Any] | None

    @property
    def failed(self) -> str:
        """Why it failed, or nothing."""
        if self.code is None:
            return f"not done after {LIMIT_S} s"
        if self.code:
            return f"exit code {self.code}"
        return "" if self.result else "it saved no result"


def run(name: str, *, quick: bool, folder: Path) -> Part:
    """Run one bench in a process of its own, which saves its result in `folder`; never raises for what the bench does."""
    command = [*COMMAND, name, "--save", *(["--quick"] if quick else [])]
    environment = {**os.environ, machine.ELSEWHERE: str(folder)}
    begin = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            output, errors = process.communicate(timeout=LIMIT_S)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)  # with it the servers that it started, if they are still there
        if code is None:
            output, errors = process.communicate()
    saved = sorted(folder.glob(f"*-{name}.json"))
    result = json.loads(saved[-1].read_text(encoding="utf-8")) if saved else None
    return Part(name, time.perf_counter() - begin, code, output, errors, result)


def gather(names: Sequence[str], *, quick: bool, say: Printer) -> dict[str, Any]:
    """Run the named benches and return the report: the machine, the targets' lines, and of each part its table and its result."""
    about = machine.describe()
    begin = time.perf_counter()
    parts: dict[str, Any] = {}
    for number, name in enumerate(names, 1):
        say(f"{number}/{len(names)} {name}: {PARTS.get(name, '')} ... ")
        with tempfile.TemporaryDirectory(prefix="ats-report-") as folder:
            part = run(name, quick=quick, folder=Path(folder))
        say(f"{part.seconds:.0f} s{', FAILED: ' + part.failed if part.failed else ''}\n")
        parts[name] = {
            "seconds": round(part.seconds, 1),
            "failed": part.failed,
            "output": _table(part.output),
            "errors": "\n".join(part.errors.splitlines()[-SHOWN:]) if part.failed else "",
            "result": part.result,
        }
    seconds = round(time.perf_counter() - begin, 1)
    return {"machine": about, "quick": quick, "seed": flow.SEED, "seconds": seconds, "targets": targets(parts), "parts": parts}


def targets(parts: dict[str, Any]) -> list[Line]:
    """Return the lines of the targets in their order; of several for one target the worst, which says what the others found.

    A bench that failed has reached nothing.
    """
    right = {name: part["result"] for name, part in parts.items() if part["result"] and not part["failed"]}
    lines = [line | {"bench": name} for name, result in right.items() for line in result.get("targets", ())]
    found = []
    for key, wanted in TARGETS.items():
        of_it = sorted((line for line in lines if line["id"] == key), key=lambda line: line["figure"], reverse=wanted.better == "lower")
        if of_it:
            found.append(of_it[0] | {"also": {line["bench"]: line["figure"] for line in of_it[1:]}})
    return found


def text(report: dict[str, Any]) -> str:
    """Return the report as it is printed."""
    return "\n".join([*_head(report), "", *_targets(report["targets"]), "", *_parts(report["parts"])])


def _head(report: dict[str, Any]) -> Iterator[str]:
    about = report["machine"]
    build = {True: "native", False: "portable", None: "native or not unknown"}[about["native"]]
    yield f"ats-engine, benches: {'a quick run, for a look only, ' if report['quick'] else ''}{about['when']}, {report['seconds']:.0f} s"
    yield f"machine   {about['cpu']}, {about['cores']} cores, load {about['load']} before"
    yield f"          virtual: {about['virtual']}, governor: {about['governor']}, journals on {about['disk']}"
    yield f"system    {about['system']}, kernel {about['kernel']}, CPython {about['python']}, Cython {about['cython']}"
    yield f"compiler  {about['compiler']}"
    yield f"          engine: {about['flags']} ({build}); floor: {about['floor_flags']}"
    yield f"commit    {about['commit'] or 'none'}, seed {report['seed']}"


def _targets(lines: Sequence[Line]) -> Iterator[str]:
    yield f"{'':5}{'target':56}{'bound':>13}{'figure':>12}{'of bound':>10}  verdict"
    by_id = {line["id"]: line for line in lines}
    for key, wanted in TARGETS.items():
        line = by_id.get(key)
        start = f"{key:5}{wanted.what:56}{bound(wanted, SIGNS):>13}"
        if line is None:
            yield f"{start}{'-':>12}{'-':>10}  not measured"
            continue
        yield f"{start}{shown(line['figure']):>12}{line['figure'] / line['target']:>9.2f}x  {'met' if line['met'] else 'MISSED'}"
        also = {f"in_{bench}": figure for bench, figure in line["also"].items()}
        beside = f"{wanted.unit} ({line['bench']})" + "".join(f", {name}={_told(value)}" for name, value in (also | line["beside"]).items())
        yield textwrap.fill(beside, WIDTH, initial_indent=" " * 5, subsequent_indent=" " * 7, break_on_hyphens=False)


def _parts(parts: dict[str, Any]) -> Iterator[str]:
    for name, part in parts.items():
        yield f"== {name}: {PARTS.get(name, '')} ({part['seconds']:.0f} s)"
        if part["failed"]:
            yield f"FAILED: {part['failed']}"
            yield part["errors"]
        yield part["output"]
        yield ""


def _table(output: str) -> str:
    """Leave out of what a bench printed the lines on the machine, which stand at the top of the report."""
    lines = output.strip("\n").split("\n")
    where = next((number for number, line in enumerate(lines[:5]) if line.startswith("CPython ")), -1)
    return "\n".join(lines[where + 1 :]).strip("\n")


def _told(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key}={_told(inner)}" for key, inner in value.items()) + ")"
    return shown(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _aside(said: str) -> None:
    sys.stderr.write(said)
    sys.stderr.flush()


def main(arguments: list[str]) -> int:
    """Print the report, as `python -m bench`."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds, under 5 minutes: a look, no figures to quote")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="NAME", help=f"of {', '.join(PARTS)}")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--save", action="store_true", help="keep the run in bench/results")
    kept.add_argument("--json", type=Path, metavar="FILE", help="keep the run in this file")
    parser.add_argument("--folder", type=Path, help="whose disk has the journals; the temporary folder without it")
    parser.add_argument("--compare", type=Path, metavar="OLD", help="say what changed beyond noise since this report or result")
    parser.add_argument("--fail", action="store_true", help="with --compare: exit code 1 where something got worse")
    chosen = parser.parse_args(arguments)
    if chosen.folder:
        os.environ["TMPDIR"] = tempfile.tempdir = str(chosen.folder.resolve())  # where every bench goes that is not told otherwise
    names = chosen.only or list(PARTS)
    old = read(chosen.compare) if chosen.compare else None  # before the run, which may write a file of the same name
    if old and not parts(old).keys() & names:
        parser.error(f"{old.name} has {', '.join(parts(old)) or 'nothing'}, and none of it is to run")
    report = gather(names, quick=chosen.quick, say=_aside)
    print(text(report))
    if chosen.save:
        _aside(f"saved {machine.save('report', report)}\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    worse = old is not None and _compared(old, report)
    return 1 if any(part["failed"] for part in report["parts"].values()) or (worse and chosen.fail) else 0


def _compared(old: Found, report: dict[str, Any]) -> bool:
    """Print what changed since an older run, and say whether something got worse; a bench that failed now has nothing to compare."""
    try:
        said, worse = compare.compare(old, Found(Path("this run"), report))
    except ValueError as error:
        said, worse = str(error), True
    print(f"== since {old.name}\n{said}")
    return worse


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
