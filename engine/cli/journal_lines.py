"""`ats journal tail` and `export`: commands of the log in lines of text or JSON."""

import json
from collections.abc import Iterator
from time import sleep
from typing import Any, BinaryIO

import click

from engine.cli.admin_values import shown_time, spoken
from engine.cli.journal_folder import Place, place_options, telling_damage
from engine.cli.output import talk, wrong
from engine.config.units import AMOUNT_SCALE, PRICE_SCALE, plain
from engine.journal import audit
from engine.journal.reading import JournalReader
from engine.transcript import commands_of, described

LOOK_S = 0.1
LAST = 2**64 - 1
SCALES = {"price": PRICE_SCALE, "qty": AMOUNT_SCALE, "display_qty": AMOUNT_SCALE, "min_qty": AMOUNT_SCALE}

sequence = click.IntRange(min=1)


@click.command("tail")
@click.option("-n", "--lines", "count", metavar="N", type=click.IntRange(min=0), default=10, show_default=True, help="How many commands.")
@click.option("-f", "--follow", is_flag=True, help="Go on with each command that becomes durable, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print each command as a JSON object, in units: prices in 1e-4, quantities in 1e-6.")
@place_options
def tail(count: int, *, place: Place, follow: bool, as_json: bool) -> None:
    """Print the last commands of a journal, oldest first: those that are durable, of a venue that runs as of one that does not.

    FOLDER is a journal's folder or a venue's.
    """
    with telling_damage(place), JournalReader(place.folder) as reader:
        reader.next_seq = first = max(place.first_seq, reader.durable_seq - count + 1)
        try:
            _print(reader, first, as_json=as_json)
            while follow:
                sleep(LOOK_S)
                _print(reader, first, as_json=as_json)
        except KeyboardInterrupt:
            return


@click.command("export")
@click.option("--from", "first", metavar="SEQ", type=sequence, help="First sequence; the first that is kept without it.")
@click.option("--to", "last", metavar="SEQ", type=sequence, default=LAST, help="Last sequence; the last that is durable without it.")
@click.option("--raw", is_flag=True, help="Whole groups as they were appended, their bodies in base64, undecoded.")
@click.option("--out", metavar="FILE", type=click.File("wb"), default="-", help="Write here instead of to stdout.")
@place_options
def export(first: int | None, last: int, out: BinaryIO, *, place: Place, raw: bool) -> None:
    """Write commands of a journal as lines of JSON: prices in 1e-4, quantities in 1e-6, times in nanoseconds since 1970.

    FOLDER is a journal's folder or a venue's.  Says on stderr how many lines there were.
    """
    first = first or place.first_seq
    if first > last:
        wrong(f"--from {first} is after --to {last}")
    with telling_damage(place):
        if raw:
            count = audit.export(place.folder, out, first, last)
        else:
            count = 0
            with JournalReader(place.folder, first) as reader:
                for told in told_from(reader, first, last):
                    out.write(_packed(told).encode() + b"\n")
                    count += 1
    out.flush()
    talk(f"{count:,} {'groups' if raw else 'commands'}")


def told_from(reader: JournalReader, first: int, last: int = LAST) -> Iterator[dict[str, Any]]:
    """Yield the commands of a range that the reader did not give yet, each as `described`."""
    for group in reader.poll():
        if group.first_seq > last:
            return
        for seq, command, payload in commands_of(group):
            if first <= seq <= last:
                yield described(seq, command, payload)


def sentence(told: dict[str, Any]) -> str:
    """Return a command in one line for people: decimals, times with their zone, and what stands beside it as it is."""
    words = [f"{spoken(name)}={_shown(name, value)}" for name, value in told.items() if name not in ("seq", "ts_ns", "kind")]
    return f"{told['seq']:>10}  {shown_time(told['ts_ns']):<30}  {told['kind']:<12}  {' '.join(words)}".rstrip()


def _print(reader: JournalReader, first: int, *, as_json: bool) -> None:
    for told in told_from(reader, first):
        click.echo(_packed(told) if as_json else sentence(told))


def _packed(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def _shown(name: str, value: Any) -> str:
    if name in SCALES:
        return plain(value, SCALES[name])
    if name.endswith("_ns"):
        return shown_time(value)
    if isinstance(value, list):
        return "+".join(map(str, value))
    return _packed(value) if isinstance(value, dict) or (isinstance(value, str) and " " in value) else str(value)
