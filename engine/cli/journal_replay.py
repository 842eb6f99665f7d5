"""`ats journal replay`: the venue of a journal, made again in this process and compared with what was written."""

import secrets
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from engine.cli.journal_folder import Place, place_options, tell_damage, telling_damage
from engine.cli.journal_snapshots import SNAPSHOTS, birth_payload, kept_in, snapshot_at
from engine.cli.output import Progress, fail, json_option, show, table, wrong
from engine.journal.reading import JournalReader
from engine.journal.records import JournalCorrupt
from engine.snapshot.folder import snapshot_paths

if TYPE_CHECKING:
    from engine.replica import Replica


@click.command("replay")
@click.option("--from", "start", metavar="SEQ", type=click.IntRange(min=1), help="Begin with the snapshot of this sequence.")
@place_options
@json_option
def replay(start: int | None, *, place: Place, as_json: bool) -> None:
    """Make the venue again from its birth, or from a snapshot, and compare: each mark of the log, each snapshot that is passed.

    Walks the whole state at the end and says its hash, which is that of every venue that was told the same.  Exit code 70: the journal
    tells another story than it did when it was written; 1: an invariant does not hold.
    """
    if place.first_seq > (start or 0) + 1:
        wrong(f"{place.folder} begins with sequence {place.first_seq}: give --from SEQ, a later snapshot of those that `inspect` shows")
    kept = [int(path.stem) for path in snapshot_paths(place.folder / SNAPSHOTS)]
    if start is not None and start not in kept:
        wrong(f"{place.folder}: there is no snapshot of sequence {start}; there are {', '.join(map(str, kept)) or 'none'}")
    told = _replayed_or_told(place, start, as_json=as_json)
    rows = [
        ("replayed", f"{told['commands']:,} commands in {told['seconds']:.1f} s, {told['per_s']:,} a second"),
        ("from", f"snapshot {start:,}" if start else "the venue's birth"),
        ("to", f"sequence {told['last_seq']:,}"),
        ("marks", f"{told['marks']:,}, each with the history that was written"),
        ("snapshots", ", ".join(f"{seq:,}" for seq in told["snapshots"]) + ": the same state" if told["snapshots"] else "none was passed"),
        ("faults", f"{told['faults']:,} acts that met a fault, then as now" if told["faults"] else "none"),
        ("state", told["state_hash"]),
    ]
    show(told, table(rows), as_json=as_json)


def _replayed_or_told(place: Place, start: int | None, *, as_json: bool) -> dict[str, Any]:
    """Return what became of the replay; ends the program where the log is damaged, cannot be followed or tells another history."""
    from engine.replica import Diverged

    with telling_damage(place, as_json=as_json):
        try:
            return _replayed(place, start)
        except (Diverged, ValueError) as error:
            tell_damage(place, error, as_json=as_json)


def _replayed(place: Place, start: int | None) -> dict[str, Any]:
    from engine.snapshot.state import of

    hashes = {kept.seq: kept.state_hash for kept in kept_in(place) if not kept.fault}
    began = perf_counter()
    replica, birth = _beginning(place, start)
    first, marks, marked, same = replica.next_seq, 0, replica.marked_seq, []
    with JournalReader(place.folder, first) as reader, Progress(reader.durable_seq - first + 1, "commands") as advance:
        for group in reader.poll():
            replica.replay(group)
            last = replica.next_seq - 1
            marks, marked = marks + (replica.marked_seq != marked), replica.marked_seq
            if last in hashes:
                found = of(replica, birth).state_hash
                if found != hashes[last]:
                    raise JournalCorrupt(f"snapshots/{last:020}.snap", 0, f"it has state {hashes[last]}, and the journal leads to {found}")
                same.append(last)
            advance(group.count)
    seconds = perf_counter() - began
    try:
        replica.venue.check()
    except AssertionError as error:
        fail(f"an invariant does not hold: {error}")
    commands = replica.next_seq - first
    return {
        "good": True,
        "folder": str(place.folder),
        "from": start,
        "commands": commands,
        "seconds": round(seconds, 3),
        "per_s": round(commands / max(seconds, 1e-9)),
        "last_seq": replica.next_seq - 1,
        "marks": marks,
        "snapshots": same,
        "faults": len(replica.faults),
        "history": f"{replica.venue.history:016x}",
        "state_hash": of(replica, birth).state_hash,
    }


def _beginning(place: Place, start: int | None) -> "tuple[Replica, bytes]":
    """Return a replica at the venue's birth or behind a snapshot, and the payload of the birth."""
    from engine.birth import decode
    from engine.replica import Replica
    from engine.snapshot.state import restore
    from engine.venue.office import Office
    from engine.venue.venue import Venue

    snapshot = None if start is None else snapshot_at(place, start)
    payload = birth_payload(place) if snapshot is None else snapshot.birth
    venue = Venue(secret=secrets.randbits(64), **decode(payload).limits)
    replica = Replica(venue, None, Office(venue))
    if snapshot is not None:
        restore(snapshot, replica)
    return replica, payload
