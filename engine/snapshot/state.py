"""Between a replica and its snapshot."""

from engine.replica import Replica
from engine.snapshot.records import OFFICE, Snapshot, SnapshotFault


def of(replica: Replica, birth: bytes, frame_hash: int = 0) -> Snapshot:
    """Return the snapshot of a replica as it stands, behind a whole command."""
    sections = dict(replica.venue.image())
    if replica.office is not None:
        sections[OFFICE] = replica.office.image()
    return Snapshot(replica.next_seq - 1, replica.last_ts_ns, replica.venue.history, frame_hash, birth, sections)


def restore(snapshot: Snapshot, replica: Replica) -> None:
    """Bring a new replica, whose venue has the limits of the birth, to where the snapshot stands.

    SnapshotFault where one has an office and the other has none, or where the venue comes to another history; ImageFault for a section
    that the venue cannot have written.  A replica that was refused something is of no use.
    """
    sections = dict(snapshot.sections)
    office = sections.pop(OFFICE, None)
    if (office is None) != (replica.office is None):
        raise SnapshotFault("it is of a venue without an office" if office is None else "it is of a venue with an office", section=OFFICE)
    replica.venue.restore(sections)
    if office is not None and replica.office is not None:
        replica.office.restore(office)
    if replica.venue.history != snapshot.history:
        raise SnapshotFault(f"the venue has history {replica.venue.history:016x}, and the snapshot says {snapshot.history:016x}")
    replica.restore_place(snapshot.seq + 1, snapshot.last_ts_ns)
