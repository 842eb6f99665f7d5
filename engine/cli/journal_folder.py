"""Where a journal is and who signs it: in the folder of a venue, or in one that was copied elsewhere."""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.cli.access import read_config, venue_option
from engine.cli.output import damaged, wrong
from engine.cli.venue_folder import CONFIG
from engine.client.keys import load_key
from engine.journal.files import HEADS, segment_numbers, segment_path
from engine.journal.frames import Opened, read_segment_header
from engine.journal.records import JournalCorrupt

F = TypeVar("F", bound=Callable[..., Any])

DAMAGED = 70
HEADER_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Place:
    """A journal's folder, and the key of the node that seals it where that is at hand."""

    folder: Path
    key: Ed25519PublicKey | None

    @property
    def first_seq(self) -> int:
        """First sequence that is kept: 1, or that of the oldest segment which was not moved elsewhere."""
        for number in segment_numbers(self.folder):
            with segment_path(self.folder, number).open("rb") as file:
                header = read_segment_header(file.read(HEADER_BYTES))
            if isinstance(header, Opened):
                return header.first_seq
        return 1


def place_options(function: F) -> F:
    """Add the argument and the option that say which journal is meant, passed as `place`."""

    @functools.wraps(function)
    def wrapped(folder: Path | None, venue: Path, *args: Any, **kwargs: Any) -> Any:
        return function(*args, place=find_place(folder or venue), **kwargs)

    argument = click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(file_okay=False, path_type=Path))
    decorated: Any = argument(venue_option(wrapped))
    return decorated  # type: ignore[no-any-return]


def find_place(home: Path) -> Place:
    """Find the journal of a venue's folder, or in a folder; ends the program, teaching, where none is."""
    folder, key = home, None
    if (home / CONFIG).exists():
        settings = read_config(home / CONFIG).journal
        folder, key = home / settings.folder, _public_half(home / settings.key)
    if not (folder / HEADS).is_file():
        wrong(f"{folder}: there is no journal; give its folder or --venue DIR (`ats serve` makes one at its first start)")
    return Place(folder, key)


@contextmanager
def telling_damage(place: Place, *, as_json: bool = False) -> Iterator[None]:
    """End the program with exit code 70 and the place of the damage, and with 2 for what cannot be read."""
    try:
        yield
    except JournalCorrupt as error:
        tell_damage(place, error, as_json=as_json)
    except (OSError, ValueError) as error:
        wrong(f"{place.folder}: {error}")


def tell_damage(place: Place, error: Exception, *, as_json: bool) -> NoReturn:
    """End the program with exit code 70 and what is wrong with a journal."""
    if not as_json:
        damaged(f"{place.folder}: {error}")
    where = {"file": error.file, "offset": error.offset} if isinstance(error, JournalCorrupt) else {}
    click.echo(json.dumps({"good": False, "folder": str(place.folder), **where, "text": str(error)}, separators=(",", ":")))
    raise SystemExit(DAMAGED)


def _public_half(path: Path) -> Ed25519PublicKey | None:
    """Return the public half of a key that may not be there, or not be ours to read."""
    try:
        return load_key(path).public_key()
    except OSError:
        return None
    except ValueError as error:
        wrong(str(error))
