"""A frame as docs/PROTOCOL.md draws it: the bytes of each element beside its name and value, one element a line.

Drawing and reading are inverse; a test decodes each drawing of the document and draws it again.
"""

import json

import msgspec

from engine.protocol.framing import frame
from engine.protocol.messages import encode
from tests.protocol.strategies import array, elements

COLUMN = 16


def dump(message):
    """Return the frame of a message, drawn."""
    payload = encode(message)
    names = ("type", *message.__struct_fields__)
    parts = elements(message)
    rows = [(frame(payload)[:4], f"length {len(payload)}"), (head(parts), f"array of {len(parts)}")]
    for name, value in zip(names, parts, strict=True):
        rows += draw(name, value)
    return "".join(map(line, rows))


def undump(text):
    """Return the bytes of a drawn frame."""
    return bytes.fromhex("".join(row[: 3 * COLUMN] for row in text.splitlines()))


def draw(name, value):
    if isinstance(value, list):
        rows = [(head(value), f"{name}: array of {len(value)}")]
        for at, item in enumerate(value):
            rows.append((head(msgspec.structs.astuple(item)), f"{name}[{at}]: array of {len(item.__struct_fields__)}"))
            for inner, part in msgspec.structs.asdict(item).items():
                rows += draw(f"{name}[{at}].{inner}", part)
        return rows
    shown = f"of {len(value)} bytes" if isinstance(value, bytes) else json.dumps(value)
    return [(encode(value), f"{name} {shown}")]


def head(parts):
    return array([b""] * len(parts))


def line(row):
    """Return a row as lines of at most COLUMN bytes, the words beside the first."""
    raw, words = row
    cuts = [raw[at : at + COLUMN].hex(" ") for at in range(0, len(raw), COLUMN)]
    return "".join([f"{cuts[0]:<{3 * COLUMN}} {words}\n", *(f"{cut}\n" for cut in cuts[1:])])
