"""How a trading command finds its venue and proves who it is: options, the environment, or a venue's folder."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.cli.output import wrong
from engine.cli.venue_folder import CONFIG, KEYS, key_names, key_path
from engine.client.options import Options
from engine.config import Config, ConfigError, load
from engine.venue.acts import AddAttestor, GrantRole, OpenSession

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_ADDRESS = "127.0.0.1:7001"
venue_option = click.option(
    "--venue", metavar="DIR", envvar="ATS_VENUE", default=".", show_envvar=True,
    type=click.Path(file_okay=False, path_type=Path), help="Folder with venue.toml and keys; the current one without it.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """Where a venue is and who speaks to it."""

    address: str
    name: str
    key: Path
    account: int
    certificate: Path | None

    def options(self) -> Options:
        """Return what a one-shot client is told: no orders of the session end when it leaves, and one try must do."""
        options = self.flow()
        options["cancel_on_disconnect"] = False
        options["takeover"] = True
        return options

    def flow(self) -> Options:
        """Return what a client is told that sends a flow of orders and takes them with it when it goes."""
        return Options(
            name=self.name,
            key=self.key,
            account=self.account,
            cancel_on_disconnect=True,
            retry=None,
            tls=self.certificate,
        )


def with_access(find: Callable[..., Access], *, who: str, where: str) -> Callable[[F], F]:
    """Return a decorator that adds the options which say where and who, and passes what `find` makes of them as `access`."""
    options = (
        click.option("--as", "name", metavar="NAME", help=who),
        click.option("--connect", metavar="HOST:PORT", help=where),
        click.option("--key", metavar="FILE", type=click.Path(path_type=Path), help="Private key; keys/NAME.pem without it."),
        click.option("--ca", metavar="FILE", type=click.Path(path_type=Path), help="Certificate to trust; venue.toml's without it."),
        venue_option,
    )

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapped(
            connect: str | None, name: str | None, key: Path | None, venue: Path, ca: Path | None, *args: Any, **kwargs: Any
        ) -> Any:
            return function(*args, access=find(venue, connect=connect, name=name, key=key, ca=ca), **kwargs)

        decorated: Any = wrapped
        for option in reversed(options):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


def access_options(function: F) -> F:
    """Add the options that say where and who to a command, passed as `access`."""
    return with_access(
        find_access,
        who="Session to speak as; the only one of the folder's keys without it.",
        where="Where the venue listens; as venue.toml says without it.",
    )(function)


def find_access(
    folder: Path, *, connect: str | None = None, name: str | None = None, key: Path | None = None, ca: Path | None = None
) -> Access:
    """Work out where and who from what was given and what the folder holds; ends the program, teaching, where that is not enough."""
    config = read_config(folder / CONFIG) if (folder / CONFIG).exists() else None
    name = name or _only_name(folder, key)
    key = key or key_path(folder, name)
    if not key.is_file():
        known = ", ".join(key_names(folder))
        better = f"--as one of the keys in {folder}: {known}" if known else "--venue DIR or ATS_VENUE, a folder that `ats init DIR` made"
        wrong(f"{key} is not there: give --key FILE, or {better}")
    if ca is None and config is not None and config.gateway.tls_cert is not None:
        ca = Path(config.gateway.tls_cert)
    return Access(connect or _address(config), name, key, _account(config, name), ca)


def read_config(path: Path) -> Config:
    """Read a venue's configuration; ends the program where it is not right."""
    try:
        return load(path)
    except (ConfigError, OSError) as error:
        wrong(f"{path}: {error}" if isinstance(error, ConfigError) else str(error))


def trading_names(folder: Path) -> list[str]:
    """Name the sessions whose keys are in the folder: everybody's but the node's and those of who acts on the venue or attests to it."""
    config = read_config(folder / CONFIG) if (folder / CONFIG).exists() else Config()
    others = {act.name for act in config.acts if isinstance(act, (GrantRole, AddAttestor))} | {Path(config.journal.key).stem}
    return [name for name in key_names(folder) if name not in others]


def _only_name(folder: Path, key: Path | None) -> str:
    if key is not None:
        return key.stem
    names = trading_names(folder)
    if len(names) == 1:
        return names[0]
    if not names:
        wrong(f"no keys in {folder / KEYS}: give --venue DIR or ATS_VENUE (`ats init DIR` makes one), or --as and --key")
    return wrong(f"--as is needed: there are keys of {', '.join(names)}")


def _address(config: Config | None) -> str:
    if config is None:
        return DEFAULT_ADDRESS
    if config.gateway.port == 0:
        wrong("venue.toml lets the venue take a free port: say which with --connect HOST:PORT, as `ats serve` told it")
    host = config.gateway.host
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - what to call, not what to bind
    return f"[{shown}]:{config.gateway.port}" if ":" in shown else f"{shown}:{config.gateway.port}"


def _account(config: Config | None, name: str) -> int:
    for act in config.acts if config is not None else ():
        if isinstance(act, OpenSession) and act.name == name:
            return act.accounts[0]
    return 1
