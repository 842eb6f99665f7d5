"""`ats attest`: what an attestor signs, and his signature, made wherever he keeps his key; it speaks to no venue."""

import base64
import json
import shlex
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import fields, replace

from engine.cli.admin_options import built, flag, parameters
from engine.cli.admin_values import to_people
from engine.cli.output import wrong
from engine.client.keys import load_key
from engine.venue.acts import Attest
from engine.venue.attestation_text import attestation_text

UNSIGNED = bytes(64)
SIGNATURE = "field_signature"
AS_OF = "field_as_of_ns"
SECOND_NS = 1_000_000_000


def signed(act: Attest, key: Ed25519PrivateKey) -> Attest:
    """Return an attestation with the signature of this key."""
    return replace(act, signature=key.sign(attestation_text(act)))


def admin_line(act: Attest) -> str:
    """Return the command that brings an attestation to a venue."""
    words = ["ats", "admin", "attest"]
    for field in fields(act):
        words += [flag(field.name), shlex.quote(str(to_people(getattr(act, field.name), field.type)))]
    return " ".join([*words, "--reason", shlex.quote(f"attestation of {act.attestor}")])


def _call(*, key: Path | None, as_json: bool, **given: Any) -> None:
    """Print the text that an attestor signs; with his key sign it, and print the signature and the command that brings it to a venue.

    For example: ats attest --instrument AAPLx --attestor harris --custodian State-Trust --shares 1000 --as-of now --valid-until 2026-12-01
    --key harris.pem.  Without --key the text is printed exactly as it is to be signed, so that another tool can sign it.
    """
    act = built(Attest, {**given, SIGNATURE: base64.b64encode(UNSIGNED).decode()})
    assert isinstance(act, Attest)
    # What is typed again in the command for the venue has no more digits than a person types.
    act = replace(act, as_of_ns=act.as_of_ns // SECOND_NS * SECOND_NS if given[AS_OF] == "now" else act.as_of_ns)
    text = attestation_text(act).decode("ascii")
    if key is None:
        click.echo(json.dumps({"text": text}, separators=(",", ":")) if as_json else text, nl=as_json)
        return
    try:
        act = signed(act, load_key(key))
    except (OSError, ValueError) as error:
        wrong(str(error))
    signature = base64.b64encode(act.signature).decode()
    if as_json:
        click.echo(json.dumps({"text": text, "signature": signature, "command": admin_line(act)}, separators=(",", ":")))
    else:
        click.echo(f"{text}\nsignature: {signature}\n\n{admin_line(act)}")


command = click.command("attest", help=_call.__doc__)(_call)
command.params = [
    *(option for option in parameters(Attest) if option.name != SIGNATURE),
    click.Option(["--key"], metavar="FILE", type=click.Path(path_type=Path), help="The attestor's private key; only the text without it."),
    click.Option(["--json", "as_json"], is_flag=True, help="Print the result as one JSON object."),
]
