"""The tables of figures in the documents, written from the newest results: `python -m bench docs`.

A table stands between `<!-- bench NAME -->` and `<!-- bench end -->`; what it shows is said here, once.  A test asks that the documents
are what this would write, so that no figure is quoted that no result has.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import report
from bench.machine import RESULTS
from bench.results import ROOT, Found, newest
from bench.targets import TARGETS, bound

DOCUMENTS = ("docs/BENCHMARKS.md", "docs/ARCHITECTURE.md")
DEAREST = 10
SIGNS = {"lower": "≤", "higher": "≥"}
PLACE = re.compile(r"(?<=<!-- bench )(?!end )([\w-]+)( -->\n)(.*?)(?=<!-- bench end -->)", re.DOTALL)


class Table(NamedTuple):
    """A line for each row of a result, or for the DEAREST `by` a column: `columns` says where in a row a heading's cell is, by dots."""

    bench: str
    rows: str
    columns: dict[str, str]
    by: str = ""


TABLES = {
    "book": Table(
        "book",
        "shapes",
        {"shape": "shape", "open": "open_max", "levels": "levels_max", "floor": "ns.floor", "book": "ns.book", "book / floor": "ratio"}
        | {"by venue's ids: floor": "ns.floor_slots", "book ": "ns.book_order_ids", "book / floor ": "ratio_order_ids"},
    ),
    "venue": Table(
        "venue",
        "shapes",
        {"shape": "shape", "floor": "ns.floor", "floor with ledger": "ns.floor_ledger", "book": "ns.book", "venue": "ns.venue"}
        | {"venue / book": "ratio_book", "venue / floor with ledger": "ratio_ledger"},
    ),
    "codec": Table(
        "codec",
        "codec",
        {
            "orders": "orders",
            "decode": "ns.decode",
            "decode and report": "ns.compiled",
            "msgspec, both": "ns.msgspec",
            "of msgspec": "ratio",
        },
    ),
    "peers": Table("peers", "books", {"book": "name", "ns a call": "ns", "trades agree": "trades_agree"}),
    "growth": Table(
        "growth",
        "growth",
        {"grows": "name", "instruments": "instruments", "accounts": "accounts", "sessions": "sessions", "resting": "resting"}
        | {
            "floor": "ns.floor",
            "venue": "ns.venue",
            "floor grows": "growth.floor",
            "venue grows": "growth.venue",
            "beyond": "growth.beyond",
        },
    ),
    "million": Table(
        "million",
        "rows",
        {"mix": "mix", "clients": "clients", "batch": "batch", "window": "window"}
        | {"durable/s": "per_s.durable", "echo/s": "per_s.echo", "durable / echo": "ratio.echo", "us": "us.durable", "load cpu": "load_cpu"}
        | {"requests": "requests", "orders": "orders", "reports": "reports", "trades": "trades"},
    ),
    "gateway": Table(
        "gateway",
        "pipelined",
        {"clients": "clients", "batch": "batch", "window": "window"}
        | {"durable/s": "per_s.durable", "off/s": "per_s.memory", "echo/s": "per_s.echo", "raw echo/s": "per_s.raw"}
        | {"durable / echo": "ratio.echo", "us durable": "us.durable", "us off": "us.memory", "us echo": "us.echo", "load cpu": "load_cpu"},
    ),
    "ping-pong": Table(
        "gateway",
        "ping_pong.medians",
        {"server": "name", "p50": "p50_us", "p90": "p90_us", "p99": "p99_us", "p99.9": "p999_us", "worst": "max_us"},
    ),
    "quickfix": Table(
        "gateway",
        "quickfix",
        {"clients": "clients", "batch": "batch", "window": "window", "orders/s": "per_s", "us an order": "us"},
    ),
    "curve": Table(
        "curve",
        "points",
        {"load": "share", "server": "target", "asked/s": "rate", "got/s": "per_s"}
        | {"p50": "p50_us", "p90": "p90_us", "p99": "p99_us", "p99.9": "p999_us", "worst": "max_us"}
        | {"sends late, p99": "late.p99_us", "load cpu": "load_cpu"},
    ),
    "connections": Table(
        "connections",
        "rows",
        {"connections": "sessions", "us off": "us.memory", "us durable": "us.durable", "us echo": "us.echo"}
        | {"off grows": "growth.memory", "durable grows": "growth.durable", "echo grows": "growth.echo"}
        | {"off beyond": "beyond.memory", "durable beyond": "beyond.durable"},
    ),
    "counts": Table("counts", "counts", {"what": "name", "instructions": "instructions.all"}),
    "rejects": Table("rejects", "cases", {"request": "case", "ns": "ns", "of an order that rests": "ratio"}, by="ratio"),
    "ladders": Table(
        "ladders",
        "shapes",
        {"shape": "shape", "levels": "levels_max"} | {name: f"ns.{name}" for name in ("flat", "paged", "sorted", "tree", "list")},
    ),
    "durability": Table(
        "durability",
        "tcp",
        {"threads": "place", "clients": "clients", "batch": "batch"}
        | {f"{said}/s": f"per_s.{mode}" for said, mode in (("off", "memory"), ("async", "async"), ("durable", "durable"))}
        | {"async / off": "ratio.async", "durable / off": "ratio.durable", "us off": "us.memory", "us durable": "us.durable"},
    ),
    "journal": Table(
        "journal",
        "rows",
        {"commands": "batch", "bytes": "bytes", "bare disk": "us.bare", "durable": "us.journal", "async": "us.async"}
        | {"kept full, groups/s": "filled_groups_per_s"},
    ),
    "replay": Table(
        "replay",
        "shapes",
        {"shape": "shape", "read": "ns.read", "venue core": "ns.core", "replay": "ns.replay", "replay / core": "ratio", "M/s": "millions"},
    ),
    "recovery": Table(
        "recovery",
        "starts",
        {"end": "kind", "log": "log", "replayed": "commands", "open": "open_s", "replay": "replay_s"}
        | {"program ready": "ready_s", "first report": "report_s"},
    ),
    "snapshot": Table(
        "snapshot",
        "states",
        {"resting": "resting", "pause": "pause_us", "worst pause": "pause_us_max", "copy, s": "copy_s", "copy, bytes": "copy_bytes"}
        | {"batch p50": "alone.p50_us", "p99.9": "alone.p999_us"}
        | {"beside p50": "beside.p50_us", "beside p99.9": "beside.p999_us", "beside worst": "beside.max_us"},
    ),
    "statuses": Table(
        "statuses",
        "states",
        {"shape": "shape"} | {state: f"instructions.{state}" for state in ("before", "bare", "collar", "pauses", "stops", "all")},
    ),
    "auction": Table(
        "auction",
        "auctions",
        {"orders": "orders", "executions": "executions", "sorted twice": "ms.sort", "book": "ms.book", "venue": "ms.venue"}
        | {"book / sorts": "ratio_book", "venue / sorts": "ratio_venue"},
    ),
}


PICTURES = {
    "latency": "latency by percentile, of the venue, a bare echo and the machine itself",
    "throughput": "latency as load grows, journal off and durable, beside a bare echo",
    "growth": "the cost of a command as instruments, accounts, sessions and resting orders grow",
    "book": "the matching core by shape of flow beside the floor, and order books from PyPI",
}


def written(text: str, found: Mapping[str, Found]) -> str:
    """Return a document with its tables as the results have them.  KeyError for a table that is not said here."""
    return PLACE.sub(lambda place: f"{place[1]}{place[2]}\n{between(place[1], found)}\n", text)


def between(name: str, found: Mapping[str, Found]) -> str:
    """Return what stands between the marks of a table."""
    if name.startswith("picture-"):
        return _picture(name.removeprefix("picture-"))
    if name in WHOLE:
        return WHOLE[name](found) if found else "Not measured yet: `python -m bench --save`.\n"
    table = TABLES[name]
    if table.bench not in found:
        return f"Not measured yet: `python -m bench {table.bench} --save`.\n"
    if _at(found[table.bench].result, table.rows) is None:
        return f"Not a part of `{found[table.bench].name}`.\n"
    return "\n".join([_source([found[table.bench]]), "", *_lines(table, found[table.bench].result), ""])


def _picture(name: str) -> str:
    drawn = (ROOT / "docs" / f"{name}.svg").exists()
    return f"![{PICTURES[name]}]({name}.svg)\n" if drawn else "Not drawn yet: `python -m bench pictures`.\n"


def _lines(table: Table, result: Mapping[str, Any]) -> Iterator[str]:
    found = list(_rows(_at(result, table.rows)))
    if table.by:
        found = sorted(found, key=lambda row: -float(_at(row, table.by)))[:DEAREST]
    rows = [[_shown(_at(row, path)) for path in table.columns.values()] for row in found]
    yield from markdown([name.strip() for name in table.columns], rows)


def _targets(found: Mapping[str, Found]) -> str:
    """Show every target with the line of the newest result of the bench that measures it."""
    lines = {
        line["id"]: line
        for line in report.targets({name: {"result": one.result, "failed": ""} for name, one in found.items() if name != "report"})
    }
    rows = []
    for key, wanted in TARGETS.items():
        line = lines.get(key)
        verdict = "not measured" if line is None else "met" if line["met"] else "**missed**"
        figure, bench = ("-", "") if line is None else (_shown(line["figure"]), f"`{line['bench']}`")
        rows.append([key, wanted.what, f"{bound(wanted, SIGNS)} {wanted.unit}", figure, verdict, bench])
    sources = [_source([found[name] for name in dict.fromkeys(line["bench"] for line in lines.values())]), ""] if lines else []
    return "\n".join([*sources, *markdown(["#", "target", "bound", "figure", "verdict", "bench"], rows), ""])


def _machine(found: Mapping[str, Found]) -> str:
    """Say where the newest result was taken."""
    about = max((one.result["machine"] for one in found.values()), key=lambda machine: str(machine["when"]))
    build = {True: "native", False: "portable", None: ""}[about.get("native")]
    lines = [
        f"{about['cpu']}, {about['cores']} cores ({about.get('virtual', 'unknown')}), {about['system']} {about.get('kernel', '')},",
        f"CPython {about['python']}, {about['compiler']}, engine compiled {build} (`{about.get('flags', '')}`),",
        f"floor `{about['floor_flags']}`. Each table says which file it is from and of which commit.",
    ]
    return "\n".join([*lines, ""])


WHOLE: dict[str, Callable[[Mapping[str, Found]], str]] = {"targets": _targets, "machine": _machine}


def _source(found: Sequence[Found]) -> str:
    files = dict.fromkeys((one.name, one.result["machine"]["commit"]) for one in found)
    return f"From {', '.join(f'`{name}` (commit {commit})' for name, commit in files)}:"


def markdown(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield a table; columns whose cells are numbers stand on the right."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(heads)
    numeric = [any(column) and all(cell[:1].isdigit() or cell in {"", "-"} for cell in column) for column in columns]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('--:' if number else '---' for number in numeric)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _rows(rows: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a list, or of a dict of rows or of lists of them, whose keys are the rows' names."""
    if isinstance(rows, list) or not all(isinstance(inner, dict | list) for inner in rows.values()):
        yield from rows if isinstance(rows, list) else [rows]
        return
    for name, inner in rows.items():
        for row in inner if isinstance(inner, list) else [inner]:
            yield {**row, "name": name}


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    """Return a cell: thousands apart, a fraction in four digits, nothing measured as a dash."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{float(f'{value:.4g}'):,}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main(arguments: list[str]) -> int:
    """Write the tables of the documents anew, as `python -m bench docs`."""
    parser = argparse.ArgumentParser(prog="python -m bench docs", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="where the results are (bench/results)")
    chosen = parser.parse_args(arguments)
    found = newest(chosen.results)
    for name in DOCUMENTS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        now = written(text, found)
        path.write_text(now, encoding="utf-8")
        print(f"{name}: {'as it was' if now == text else 'written anew'}, {len(PLACE.findall(text))} tables")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
