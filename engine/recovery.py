"""How a venue comes back: the newest snapshot that is whole, and behind it the rest of the log."""

from collections.abc import Callable

from msgspec import Struct

from engine import birth
from engine.birth import Birth, BirthFault
from engine.journal.journal import Journal
from engine.journal.records import JournalCorrupt, Mode
from engine.matching.enums import CommandKind
from engine.replica import Replica
from engine.snapshot.state import of, restore
from engine.store import Store
from engine.transcript import commands_of


class Recovered(Struct, frozen=True):
    """What was found at a start: `commands` were replayed in `seconds`, `snapshot_seq` is 0 where there was no snapshot.

    `born` says that the log was empty; `state_hash` is that of the venue as it stands then.
    """

    born: bool
    mode: Mode
    last_seq: int = 0
    snapshot_seq: int = 0
    commands: int = 0
    seconds: float = 0.0
    torn_bytes: int = 0
    state_hash: str = ""
    passed_over: tuple[str, ...] = ()


def recover(
    replica: Replica, store: Store, born_with: Birth, restored: Callable[[], object], steady_ns: Callable[[], int]
) -> tuple[Recovered, bytes]:
    """Bring a new replica to where the log ends; return what was found, and the payload of the log's first command, empty for a new log.

    `restored` is called behind the snapshot.  JournalCorrupt, Diverged, LogFault, SnapshotFault, ImageFault if the log or the snapshot is
    not what it should be; BirthFault where it is of a venue with another name or other limits, or one that was not born to the end.
    """
    began_ns = steady_ns()
    found = store.newest()
    if found is None and store.journal.last_seq == 0:
        return Recovered(born=True, mode=store.mode), b""
    payload = found.birth if found is not None else first_payload(store.journal)
    was = birth.decode(payload)
    _same(was, born_with)
    if store.journal.last_seq <= was.acts and was.acts_hash != born_with.acts_hash:
        raise BirthFault(
            f"the venue's birth was cut short after {store.journal.last_seq - 1} of {was.acts} acts, and what it begins with has changed "
            "since: give it the file of before, or remove the journal, in which nothing else is"
        )
    if found is not None:
        restore(found, replica)
    restored()
    for group in store.journal.read(replica.next_seq):
        replica.replay(group)
    seq = found.seq if found is not None else 0
    if replica.next_seq != store.journal.last_seq + 1:
        raise JournalCorrupt("heads", 0, f"the journal ends with {store.journal.last_seq}, and could be read up to {replica.next_seq - 1}")
    recovered = Recovered(
        born=False,
        mode=store.mode,
        last_seq=replica.next_seq - 1,
        snapshot_seq=seq,
        commands=replica.next_seq - 1 - seq,
        seconds=(steady_ns() - began_ns) / 1e9,
        torn_bytes=store.torn_bytes,
        state_hash=of(replica, payload).state_hash,
        passed_over=tuple(store.faults),
    )
    return recovered, payload


def first_payload(journal: Journal) -> bytes:
    """Return the payload of the log's first command.  BirthFault if the log does not begin with a birth."""
    for group in journal.read(1):
        _, command, payload = next(commands_of(group))
        if command.kind != CommandKind.BIRTH:
            break
        return payload
    raise BirthFault("the log does not begin with a venue's birth, and no snapshot tells of it")


def _same(was: Birth, now: Birth) -> None:
    """Refuse a venue that is another than the one whose log it is."""
    if was.venue != now.venue:
        raise BirthFault(f"venue.name: {now.venue} is not {was.venue}, whose journal this is")
    for name, limit in now.limits.items():
        if was.limits.get(name) != limit:
            raise BirthFault(
                f"limits.{name}: {limit} is not {was.limits.get(name)}, with which the venue was born; its log can only be followed with "
                "the same limits, so write what they were"
            )
