"""`ats init`: a folder with a commented venue.toml and the keys of its first subscribers and persons."""

import re
from pathlib import Path

import click

from engine.cli.output import fail, json_option, show, wrong
from engine.cli.venue_folder import CONFIG, KEYS, make_keys

SUBSCRIBERS = ("alice", "bob", "carol")
PERSONS = ("ada", "otto")
NODE = "node"
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,32}")


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="ATS-DEMO", show_default=True, help="The venue's name.")
@click.option("--subscriber", "subscribers", metavar="NAME", multiple=True, help=f"Repeat for more; {', '.join(SUBSCRIBERS)} without it.")
@click.option("--person", "persons", metavar="NAME", multiple=True, help=f"Who acts on the venue; {' and '.join(PERSONS)} without it.")
@click.option("--empty", is_flag=True, help="No instruments and no subscribers: a venue that is built with `ats admin` alone.")
@json_option
def command(folder: Path, name: str, subscribers: tuple[str, ...], persons: tuple[str, ...], *, empty: bool, as_json: bool) -> None:
    """Write venue.toml and the keys of a few subscribers and persons into DIR.

    Every setting stands in venue.toml with its default and what it does.  A private key is made for each name in DIR/keys, readable by you
    alone; keys that are already there are kept.  An existing venue.toml is never overwritten.
    """
    from engine.config import template

    if empty and subscribers:
        wrong("--empty makes a venue without subscribers; leave --subscriber out")
    trading = () if empty else tuple(dict.fromkeys(subscribers or SUBSCRIBERS))
    acting = tuple(dict.fromkeys(persons or PERSONS))
    for word in (name, *trading, *acting):
        if not _NAME.fullmatch(word):
            wrong(f"name {word!r}: 1 to 32 letters, digits and . _ : - are allowed")
    both = sorted({*trading} & {*acting})
    if both:
        wrong(f"{both[0]} is both a subscriber and a person; each has a key, and so a name, of its own")
    if NODE in (*trading, *acting):
        wrong(f"{NODE} is the venue itself, whose key signs the journal; it needs a key of its own")
    config = folder / CONFIG
    if config.exists():
        fail(f"{config} is already there: choose another folder, or move it away")
    try:
        keys = make_keys(folder, [*trading, *acting])
        split = len(trading)
        text = template.empty(name, keys) if empty else template.example(name, keys[:split], keys[split:])
        config.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        fail(str(error))
    show(
        {
            "config": str(config),
            "keys": {who: str(folder / KEYS / f"{who}.pem") for who, _ in keys},
            "subscribers": list(trading),
            "persons": list(acting),
        },
        f"{config}\n" + "\n".join(f"{folder / KEYS / who}.pem" for who, _ in keys) + f"\n\nNext: ats serve --venue {folder}",
        as_json=as_json,
    )
