"""How a person reaches the operators' listener and proves who he is, and what becomes of the program where he can't."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.admin.client import AdminClient, AnswerLost, CannotConnect
from engine.cli.access import Access, find_access, read_config, with_access
from engine.cli.output import wrong
from engine.cli.venue_folder import CONFIG, KEYS, key_names
from engine.venue.acts import GrantRole

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_ADDRESS = "127.0.0.1:7002"


class Unreachable(click.ClickException):
    """Nobody was reached, or the connection ended before the answer."""

    exit_code = 3


def admin_options(function: F) -> F:
    """Add the options that say where and who to a command, passed as `access`."""
    return with_access(
        _find_operator,
        who="Person to act as; the only one of venue.toml without it.",
        where="Where operators are listened for; as venue.toml says without it.",
    )(function)


@contextmanager
def operating(access: Access) -> Iterator[AdminClient]:
    """Give a client that is logged on; ends the program with exit code 3 where there is none or its answer is lost, 2 for a wrong value."""
    try:
        with AdminClient(access.address, name=access.name, key=access.key, tls=access.certificate) as client:
            yield client
    except CannotConnect as error:
        raise Unreachable(
            f"{error}.  Does `ats serve` run there, listening for operators, and has {access.name} a role with the key {access.key}?"
        ) from error
    except AnswerLost as error:
        raise Unreachable(f"{error}: it is not known whether it was done; ask again, nothing is done twice") from error
    except (ValueError, OSError) as error:
        wrong(str(error))


def _person(folder: Path, key: Path | None) -> str:
    if key is not None:
        return key.stem
    acts = read_config(folder / CONFIG).acts if (folder / CONFIG).exists() else ()
    persons = {act.name for act in acts if isinstance(act, GrantRole)} & {*key_names(folder)}
    if len(persons) == 1:
        return persons.pop()
    if not persons:
        wrong(f"no person's key in {folder / KEYS}: give --venue DIR or ATS_VENUE, or --as and --key")
    return wrong(f"--as is needed: there are keys of {', '.join(sorted(persons))}")


def _find_operator(folder: Path, *, connect: str | None, name: str | None, key: Path | None, ca: Path | None) -> Access:
    return find_access(folder, connect=connect or _address(folder), name=name or _person(folder, key), key=key, ca=ca)


def _address(folder: Path) -> str:
    if not (folder / CONFIG).exists():
        return DEFAULT_ADDRESS
    admin = read_config(folder / CONFIG).admin
    if admin.port == 0:
        wrong("venue.toml lets the operators' listener take a free port: say which with --connect HOST:PORT, as `ats serve` told it")
    shown = "127.0.0.1" if admin.host in ("0.0.0.0", "::", "") else admin.host  # noqa: S104 - what to call, not what to bind
    return f"[{shown}]:{admin.port}" if ":" in shown else f"{shown}:{admin.port}"
