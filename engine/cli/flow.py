"""`ats flow`: a workload file through the book's batch call, and the canonical report text of what the book did."""

import hashlib
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter_ns
from typing import IO, TYPE_CHECKING

import click

from engine.cli.output import Progress, fail, json_option, show, table, talk, wrong
from engine.cli.workload import Workload, WorkloadError, in_canonical_order, read_workload
from engine.matching.enums import ExecType

if TYPE_CHECKING:
    from engine.matching.book import OrderBook

CHUNK = 65_536
BATCH = 65_536


class Run:
    """One pass of a workload through a book: figures, and the report text as it grows."""

    def __init__(self, workload: Workload, out: IO[bytes] | None) -> None:
        self.workload = workload
        self.trades = 0
        self.lines = 0
        self.book_ns = 0
        self.total_ns = 0
        self._out = out
        self._digest = hashlib.sha256()
        self._unsorted: list[str] | None = None if workload.in_order else []

    @property
    def sha256(self) -> str:
        """Hash of the canonical report text."""
        return self._digest.hexdigest()

    def through(self, book: "OrderBook", progress: "Progress") -> None:
        """Apply every record and write its reports; timed without the packing of commands."""
        count = self.workload.count
        with progress as advance:
            for start in range(0, count, CHUNK):
                stop = min(start + CHUNK, count)
                self._apply(book, start, stop)
                advance(stop - start)
        if self._unsorted is not None:
            began = perf_counter_ns()
            self._write(in_canonical_order(self._unsorted))
            self.total_ns += perf_counter_ns() - began

    def _apply(self, book: "OrderBook", start: int, stop: int) -> None:
        commands = self.workload.commands(start, stop)
        done = 0
        while done < stop - start:
            began = perf_counter_ns()
            upto = book.apply(commands, done)
            applied = perf_counter_ns()
            assert upto > done, "the book's event buffer is too small for one command"
            events = book.reports
            lines = list(self.workload.reports(start + done, start + upto, book.ends, events))
            if self._unsorted is None:
                self._write(lines)
            else:
                self._unsorted += lines
            self.total_ns += perf_counter_ns() - began
            self.book_ns += applied - began
            # Every execution has exactly two events, the maker's and the taker's.
            self.trades += bytes(events)[92::96].count(ExecType.TRADE) // 2
            done = upto

    def _write(self, lines: list[str]) -> None:
        if not lines:
            return
        text = ("\n" if self.lines else "") + "\n".join(lines)
        raw = text.encode("ascii")
        self.lines += len(lines)
        self._digest.update(raw)
        if self._out is not None:
            self._out.write(raw)


@click.command("flow")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--reports", metavar="OUT", type=click.Path(dir_okay=False, writable=True, allow_dash=True), help="Report text (- is stdout)."
)
@json_option
def command(file: Path, reports: str | None, *, as_json: bool) -> None:
    """Run a workload FILE (plain or .xz) through the order book.

    Prints the messages, the trades, the SHA-256 of the canonical report text, and messages a second of the book alone and with
    the reports written as text.
    """
    talk(f"reading {file}")
    try:
        workload = read_workload(file)
    except WorkloadError as error:
        wrong(f"{file}: {error}")
    with click.open_file(reports, "wb") if reports else nullcontext() as out:
        run = Run(workload, out)
        try:
            run.through(_book(workload), Progress(workload.count, "matching"))
        except WorkloadError as error:
            fail(f"{file}: {error}")
    _show(run, as_json=as_json, to_stderr=reports == "-")


def _book(workload: Workload) -> "OrderBook":
    """Return a book that holds every order of the workload at once, in the worst case each on a page of its own."""
    from engine.matching.book import Instrument, OrderBook

    pages = min((workload.high - workload.low) // 64 + 2, workload.news + 1)
    instrument = Instrument("FLOW", tick=1, lot=1, max_price=workload.top, protection=1)
    return OrderBook(instrument, orders=workload.news + 1, levels=2 * 64 * pages, batch=BATCH)


def _show(run: Run, *, as_json: bool, to_stderr: bool) -> None:
    count = run.workload.count
    book_rate = _rate(count, run.book_ns)
    rate = _rate(count, run.total_ns)
    result = {
        "messages": count,
        "trades": run.trades,
        "reports": run.lines,
        "sha256": run.sha256,
        "book_messages_per_s": book_rate,
        "messages_per_s": rate,
    }
    text = table(
        [
            ("messages", f"{count:,}"),
            ("trades", f"{run.trades:,}"),
            ("reports", f"{run.lines:,}"),
            ("SHA-256", run.sha256),
            ("book alone", f"{book_rate:,} messages/s"),
            ("with reports", f"{rate:,} messages/s"),
        ]
    )
    if to_stderr:
        talk(text)
    else:
        show(result, text, as_json=as_json)


def _rate(count: int, elapsed_ns: int) -> int:
    return count * 1_000_000_000 // max(1, elapsed_ns)
