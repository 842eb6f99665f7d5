"""What `ats serve` says of a venue's journal: what came back at the start, what the mode promises, and what to do when it has stopped."""

from typing import TYPE_CHECKING, Any

from msgspec import structs

from engine.journal.records import JournalCorrupt, JournalStopped, Mode

if TYPE_CHECKING:
    from engine.config import Config
    from engine.recovery import Recovered

GUIDE = "docs/OPERATIONS.md"


def journal_told(settings: "Config", recovered: "Recovered") -> dict[str, Any]:
    """Return what a program is told of the journal, nothing but the mode where the venue lives in memory."""
    if recovered.mode == Mode.MEMORY:
        return {"mode": recovered.mode.value}
    return structs.asdict(recovered) | {
        "mode": recovered.mode.value,
        "folder": _folder(settings),
        "seconds": round(recovered.seconds, 3),
        "passed_over": list(recovered.passed_over),
        "sync_ms": settings.journal.sync_ms,
    }


def journal_text(told: dict[str, Any]) -> str:
    """Return what a person is told of the journal."""
    if told["mode"] == Mode.MEMORY:
        return "memory: nothing outlives this process."
    if told["born"]:
        said = f"New journal at {told['folder']}."
    else:
        start = f"snapshot {told['snapshot_seq']:,}" if told["snapshot_seq"] else "the venue's birth"
        said = f"Recovered {told['commands']:,} commands in {told['seconds']:.1f} s from {start}; state {told['state_hash']}."
    if told["torn_bytes"]:
        said += f"\n{told['torn_bytes']:,} bytes behind the journal's last whole group were cut off: nobody had been told of them."
    for fault in told["passed_over"]:
        said += f"\nA damaged snapshot was passed over: {fault}."
    if told["mode"] == Mode.ASYNC:
        said += f"\nasync: a loss of power can cost the last {told['sync_ms']} ms."
    return said


def corrupt(settings: "Config", error: Exception) -> str:
    """Return what to say when the journal is not what was written, and the venue does not start."""
    known = isinstance(error, JournalCorrupt)
    why = "something that was durable is missing or changed" if known else "this program does not do again what the journal says was done"
    return (
        f"{_folder(settings)}: {error}.  The venue does not start: {why}.  Nothing was thrown away: keep the folder as it is, and see "
        f"{GUIDE}, “A corrupt journal”."
    )


def stopped(settings: "Config", error: JournalStopped, *, running: bool) -> str:
    """Return what to say when the journal takes nothing any more, or could not be opened."""
    if running:
        said = f"{_folder(settings)}: the journal has stopped: {error}.  What anybody was told is on the disk; the rest nobody was told."
    else:
        said = f"{error}.  The venue does not start."
    return f"{said}  See {GUIDE}, “When the journal stops”."


def _folder(settings: "Config") -> str:
    return str(settings.home / settings.journal.folder) if settings.home else settings.journal.folder
