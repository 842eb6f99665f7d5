"""`ats journal`: what an operator or an auditor can ask of a journal, of a venue that runs as of one that does not."""

import base64
from typing import Any

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.cli.admin_values import public_key
from engine.cli.journal_copy import copy
from engine.cli.journal_folder import Place, place_options, telling_damage
from engine.cli.journal_lines import export, tail
from engine.cli.journal_replay import replay
from engine.cli.journal_snapshots import Kept, birth_of, kept_in, must_be_good
from engine.cli.output import columns, json_option, show, table, wrong
from engine.config.units import ConfigError
from engine.journal import audit
from engine.journal.reading import durable_seq


@click.group("journal")
def command() -> None:
    """Verify, inspect, copy, follow, export and replay the journal of a venue: all that it was ever told, in order.

    Each command takes the journal's folder, or a venue's, or --venue DIR, and changes nothing; the venue may run.  Exit code 70: something
    is not what was written.
    """


@command.command("verify")
@click.option("--key", metavar="FILE", help="The node's public key: a file, or its base64; the venue's own key without it.")
@place_options
@json_option
def verify(key: str | None, *, place: Place, as_json: bool) -> None:
    """Check every byte of the journal, every seal, every signature, and every snapshot against the journal.

    Says what was covered.  Exit code 70 and the exact place where something is not what was written.
    """
    signer = _signer(key) if key else place.key
    with telling_damage(place, as_json=as_json):
        snapshots = list(kept_in(place))
        found = audit.verify(place.folder, signer)
        for kept in snapshots:
            must_be_good(place, kept, found.first_seq, found.last_seq)
    sealed = len(list(place.folder.glob("*.seal")))
    told = {
        "good": True,
        "folder": str(place.folder),
        **msgspec.to_builtins(found),
        "sealed": sealed,
        "node_key": _base64(signer),
        "snapshots": [kept.seq for kept in snapshots],
    }
    signatures = f"every signature, of {told['node_key']}" if signer else "no signature: the node's key is not here; --key FILE gives it"
    rows = [
        ("journal", str(place.folder)),
        ("segments", f"{found.segments}, {sealed} of them sealed"),
        ("sequences", f"{found.first_seq:,} to {found.last_seq:,}, in {found.frames:,} groups"),
        ("snapshots", ", ".join(f"{kept.seq:,}" for kept in snapshots) or "none"),
        ("covered", f"every byte up to sequence {found.last_seq:,}, every seal, {signatures}"),
    ]
    show(told, table(rows), as_json=as_json)


@command.command("inspect")
@place_options
@json_option
def inspect(*, place: Place, as_json: bool) -> None:
    """Show what is there, damaged or not: segments, sequences, snapshots, the limits of the venue's birth.

    FOLDER is a journal's folder or a venue's.
    """
    with telling_damage(place, as_json=as_json):
        snapshots = list(kept_in(place))
        segments = audit.inspect(place.folder)
        durable = durable_seq(place.folder)
    oldest = min((kept.seq for kept in snapshots if not kept.fault), default=0)
    told = {
        "folder": str(place.folder),
        "durable_seq": durable,
        "node_key": _base64(place.key),
        "birth": birth_of(place, snapshots),
        "segments": [msgspec.to_builtins(each) | {"needed": each.state != "sealed" or each.last_seq >= oldest} for each in segments],
        "snapshots": [kept.told for kept in snapshots],
    }
    show(told, _inspected(place, told, snapshots), as_json=as_json)


command.add_command(copy)
command.add_command(tail)
command.add_command(export)
command.add_command(replay)


def _inspected(place: Place, told: dict[str, Any], snapshots: list[Kept]) -> str:
    birth = told["birth"] or {}
    rows = [
        ("journal", str(place.folder)),
        ("durable", f"up to sequence {told['durable_seq']:,}"),
        ("node key", told["node_key"] or "not here"),
        ("venue", birth.get("venue", "not known: its birth is not kept here")),
        ("limits", ", ".join(f"{name} {value:,}" for name, value in birth.get("limits", {}).items()) or "not known"),
    ]
    parts = [table(rows)]
    lines = [
        (
            f"{each['number']}",
            each["state"],
            *(f"{each[name]:,}" for name in ("first_seq", "last_seq", "frames", "bytes")),
            each["fault"] or ("" if each["needed"] else "no start needs it"),
        )
        for each in told["segments"]
    ]
    parts.append(columns((">segment", "<state", ">first", ">last", ">groups", ">bytes", "<"), lines))
    if snapshots:
        taken = [(f"{each.seq:,}", f"{each.size:,}", str(each.fault or each.state_hash)) for each in snapshots]
        parts.append(columns((">snapshot", ">bytes", "<state hash"), taken))
    return "\n\n".join(parts)


def _signer(key: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(public_key("--key", key))
    except (ConfigError, ValueError) as error:
        wrong(str(error))


def _base64(key: Ed25519PublicKey | None) -> str | None:
    return None if key is None else base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
