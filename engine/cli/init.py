"""`ats init`: a folder with a commented venue.toml and the keys of its first subscribers."""

import re
from pathlib import Path

import click

from engine.cli.output import fail, json_option, show, wrong
from engine.cli.venue_folder import CONFIG, KEYS, make_keys

SUBSCRIBERS = ("alice", "bob", "carol")
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,32}")


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="ATS-DEMO", show_default=True, help="The venue's name.")
@click.option("--subscriber", "subscribers", metavar="NAME", multiple=True, help=f"Repeat for more; {', '.join(SUBSCRIBERS)} without it.")
@json_option
def command(folder: Path, name: str, subscribers: tuple[str, ...], *, as_json: bool) -> None:
    """Write venue.toml and the keys of a few subscribers into DIR.

    Every setting stands in venue.toml with its default and what it does.  A private key is made for each subscriber in DIR/keys,
    readable by you alone; keys that are already there are kept.  An existing venue.toml is never overwritten.
    """
    from engine.config import example

    names = subscribers or SUBSCRIBERS
    for word in (name, *names):
        if not _NAME.fullmatch(word):
            wrong(f"name {word!r}: 1 to 32 letters, digits and . _ : - are allowed")
    config = folder / CONFIG
    if config.exists():
        fail(f"{config} is already there: choose another folder, or move it away")
    try:
        keys = make_keys(folder, dict.fromkeys(names))
        config.write_text(example(name, keys), encoding="utf-8")
    except (OSError, ValueError) as error:
        fail(str(error))
    show(
        {"config": str(config), "keys": {who: str(folder / KEYS / f"{who}.pem") for who, _ in keys}},
        f"{config}\n" + "\n".join(f"{folder / KEYS / who}.pem" for who, _ in keys) + f"\n\nNext: ats serve --venue {folder}",
        as_json=as_json,
    )
