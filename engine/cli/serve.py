"""`ats serve`: a venue in the foreground, until Ctrl-C."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.access import venue_option
from engine.cli.durability import corrupt, journal_text, journal_told, stopped
from engine.cli.output import damaged, fail, json_option, show, wrong
from engine.cli.venue_folder import CONFIG

if TYPE_CHECKING:
    from engine.admin.server import OperatedServer
    from engine.config import Config

# What a venue's first acts make, in the words of its file.
SEEDED = {
    "add-asset": "assets",
    "list-instrument": "instruments",
    "onboard": "subscribers",
    "open-account": "accounts",
    "open-session": "sessions",
    "deposit": "deposits",
}


@click.command("serve")
@click.option("--config", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Configuration; DIR/venue.toml without it.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of where the configuration says; 0 takes a free port.")
@click.option("--admin-port", type=click.IntRange(0, 65535), help="Listen for operators here; a free port where --port takes one.")
@click.option("--log-level", type=click.Choice(["info", "warning", "error"]), default="info", show_default=True, help="What is logged.")
@click.option("--check", is_flag=True, help="Walk the whole state at the end; exit code 1: an invariant does not hold.")
@venue_option
@json_option
def command(
    config: Path | None, port: int | None, admin_port: int | None, venue: Path, log_level: str, *, check: bool, as_json: bool
) -> None:
    """Run a venue: books, ledger, sessions and both listeners in one process.

    A new venue is made of what its configuration says, once; one that has a journal comes back as it was.  Says on stdout what was made or
    recovered and where it listens, once it does, and logs to stderr.  Ctrl-C logs everybody off and ends it.  Exit code 70: the journal is
    corrupt, or has stopped.
    """
    from engine.admin.server import serve
    from engine.config import ConfigError, load
    from engine.journal.records import JournalCorrupt, JournalStopped
    from engine.replica import Diverged, LogFault
    from engine.snapshot.records import SnapshotFault
    from engine.telemetry import configure
    from engine.venue.image import ImageFault

    path = config or venue / CONFIG
    ports = {"ENGINE_GATEWAY__PORT": port, "ENGINE_ADMIN__PORT": 0 if port == 0 and admin_port is None else admin_port}
    configure(log_level)
    servers: list[OperatedServer] = []

    def ready(server: "OperatedServer") -> None:
        servers.append(server)
        told = _told(settings, server)
        show(told, _text(told), as_json=as_json)

    try:
        settings = load(path, os.environ | {name: str(given) for name, given in ports.items() if given is not None})
        serve(settings, ready)
    except FileNotFoundError as error:
        wrong(f"{path} is not there: `ats init DIR` makes a venue, and --venue DIR names it" if error.filename == str(path) else str(error))
    except ConfigError as error:
        wrong(f"{path}: {error}")
    except (JournalCorrupt, Diverged, LogFault, SnapshotFault, ImageFault) as error:
        damaged(corrupt(settings, error))
    except JournalStopped as error:
        damaged(stopped(settings, error, running=bool(servers)))
    except OSError as error:
        fail(f"cannot listen on {settings.gateway.host}:{settings.gateway.port} and {settings.admin.host}:{settings.admin.port}: {error}")
    if check:
        _check(servers[0])


def _told(settings: "Config", server: "OperatedServer") -> dict[str, Any]:
    host, port = server.address
    admin_host, admin_port = server.admin_address
    made = Counter(str(act.__struct_config__.tag) for act in settings.acts)
    recovered = server.gateway.recovered
    return {
        "venue": settings.venue.name,
        "host": host,
        "port": port,
        "admin_host": admin_host,
        "admin_port": admin_port,
        "journal": journal_told(settings, recovered),
        "seeded": {what: made[tag] for tag, what in SEEDED.items()} if recovered.born else None,
        "persons": len(server.gateway.office.roles),
        "founded": server.gateway.office.founded,
    }


def _text(told: dict[str, Any]) -> str:
    made = ", ".join(f"{count} {what}" for what, count in (told["seeded"] or {}).items())
    alone = "what moves money waits for a second person" if told["founded"] else "not founded: one person is enough for every act"
    return (
        f"{told['venue']} listens on {told['host']}:{told['port']}, for operators on {told['admin_host']}:{told['admin_port']}.  "
        f"Ctrl-C stops it.\n{journal_text(told['journal'])}\n{f'Seeded: {made}; ' if made else ''}{told['persons']} persons, {alone}."
    )


def _check(server: "OperatedServer") -> None:
    try:
        server.gateway.venue.check()
    except AssertionError as error:
        fail(f"an invariant does not hold: {error}")
