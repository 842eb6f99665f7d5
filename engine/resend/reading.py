"""Where to start, and the replay: from the newest snapshot that is old enough, through the journal, to the last report that is wanted.

It only reads, takes no lock, and needs nothing of the venue that is running: the log has all that a report is made of.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

from engine.birth import Birth, decode
from engine.journal.reading import JournalReader
from engine.replica import Replica
from engine.resend.excerpt import Excerpt
from engine.snapshot.folder import load, snapshot_paths
from engine.snapshot.state import restore
from engine.transcript import commands_of
from engine.venue.office import Office
from engine.venue.venue import Venue

SNAPSHOTS = "snapshots"
FIRST_BYTES = 8
LOOK_S = 0.005  # between looks at the journal's heads, which are a moment behind what the venue has released
PATIENCE_S = 10.0


class Wanted(Struct, frozen=True):
    """Reports `begin` to `end` of a session, from the life in which its numbers had begun at 1 again `life` times."""

    session: int
    life: int
    begin: int
    end: int


class OutOfReach(Exception):
    """The journal does not have what is wanted, or no longer; says what is missing."""


def regenerate(folder: Path, wanted: Wanted) -> Iterator[bytes]:
    """Yield the number of the first report that can still be made, in 8 bytes, and then the frames from it to `end`, in order.

    OutOfReach where none can; JournalCorrupt, LogFault and Diverged where the log is not what it was.
    """
    replica, excerpt = _start(folder, wanted)
    first = wanted.begin if excerpt.reaches_back else excerpt.next_out
    yield first.to_bytes(FIRST_BYTES, "little")
    over, moved = excerpt.over, time.monotonic()
    with JournalReader(folder, replica.next_seq) as reader:
        while not over:
            for group in reader.poll():
                replica.replay(group)
                yield excerpt.take()
                over, moved = excerpt.over, time.monotonic()
                if over:
                    break
            else:
                if time.monotonic() > moved + PATIENCE_S:
                    raise OutOfReach(f"the journal ends with sequence {replica.next_seq - 1}, before report {wanted.end}")
                time.sleep(LOOK_S)


def _start(folder: Path, wanted: Wanted) -> tuple[Replica, Excerpt]:
    """Return a replica from which on all that is wanted is told, or as much as the journal and the snapshots still have."""
    oldest = None
    for path in snapshot_paths(folder / SNAPSHOTS):
        try:
            snapshot = load(path)
            replica, excerpt = _new(decode(snapshot.birth), wanted)
            restore(snapshot, replica)
        except ValueError:  # SnapshotFault, ImageFault, BirthFault
            continue  # an older one, or the log from its beginning, has it too
        excerpt.locate()
        if excerpt.reaches_back:
            return replica, excerpt
        oldest = replica, excerpt
    return _from_the_beginning(folder, wanted) or oldest or _nothing(wanted)


def _from_the_beginning(folder: Path, wanted: Wanted) -> tuple[Replica, Excerpt] | None:
    """Return the venue as it was born; None where the beginning of the log is gone."""
    with JournalReader(folder) as reader:
        try:
            group = next(reader.poll(), None)
        except ValueError:
            return None
    if group is None:
        return None
    _, _, payload = next(commands_of(group))
    return _new(decode(payload), wanted)


def _new(birth: Birth, wanted: Wanted) -> tuple[Replica, Excerpt]:
    venue = Venue(secret=0, **birth.limits)
    excerpt = Excerpt(venue, wanted.session, wanted.life, wanted.begin, wanted.end)
    return Replica(venue, excerpt, Office(venue)), excerpt


def _nothing(wanted: Wanted) -> NoReturn:
    raise OutOfReach(f"neither a snapshot nor the beginning of the log is there to make report {wanted.begin} from")
