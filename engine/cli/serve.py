"""`ats serve`: a venue in the foreground, until Ctrl-C."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.access import venue_option
from engine.cli.output import fail, json_option, show, wrong
from engine.cli.venue_folder import CONFIG

if TYPE_CHECKING:
    from engine.gateway.server import Server


@click.command("serve")
@click.option("--config", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Configuration; DIR/venue.toml without it.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of where the configuration says; 0 takes a free port.")
@click.option("--log-level", type=click.Choice(["info", "warning", "error"]), default="info", show_default=True, help="What is logged.")
@venue_option
@json_option
def command(config: Path | None, port: int | None, venue: Path, log_level: str, *, as_json: bool) -> None:
    """Run a venue: book, sessions and gateway in one process.

    Says on stdout where it listens, once it does, and logs to stderr.  Ctrl-C logs everybody off and ends it.
    """
    from engine.config import ConfigError, load
    from engine.gateway.server import serve
    from engine.telemetry import configure

    path = config or venue / CONFIG
    overrides = dict(os.environ) if port is None else {**os.environ, "ENGINE_GATEWAY__PORT": str(port)}
    try:
        settings = load(path, overrides)
    except FileNotFoundError:
        wrong(f"{path} is not there: `ats init DIR` makes a venue, and --venue DIR names it")
    except (ConfigError, OSError) as error:
        wrong(f"{path}: {error}")
    configure(log_level)

    def ready(server: "Server") -> None:
        host, port = server.address
        show(
            {"venue": settings.venue.name, "host": host, "port": port},
            f"{settings.venue.name} listens on {host}:{port}: {len(settings.instruments)} instruments, "
            f"{len(settings.subscribers)} subscribers.  Ctrl-C stops it.",
            as_json=as_json,
        )

    try:
        serve(settings, ready)
    except OSError as error:
        fail(f"cannot listen on {settings.gateway.host}:{settings.gateway.port}: {error.strerror or error}")
