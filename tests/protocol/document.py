"""docs/PROTOCOL.md as data: its sections, tables and code blocks, and the words that it has for our types."""

import re
from itertools import dropwhile, takewhile
from pathlib import Path

import msgspec

PATH = Path(__file__).parents[2] / "docs" / "PROTOCOL.md"


def sections():
    """Return the text under each heading, up to the next heading of any level, in the document's order."""
    found = {}
    title = ""
    fenced = False
    for line in PATH.read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            title = line.lstrip("# ")
            assert title not in found, f"two sections {title}"
            found[title] = ""
        else:
            found[title] += line + "\n"
    return found


def table(text):
    """Return the first table of a section as rows of cells, without its head."""
    lines = dropwhile(lambda line: not line.startswith("|"), text.splitlines())
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in takewhile(lambda line: line.startswith("|"), lines)]
    assert len(rows) > 2, "no table"
    return rows[2:]


def block(text, language):
    """Return the one code block of a language in a section."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return found


def links():
    """Return the places within the document that it points at, and those that it has."""
    text = PATH.read_text(encoding="utf-8")
    return set(re.findall(r"\]\(#([^)]*)\)", text)), {title.lower().replace(" ", "-") for title in sections()}


def type_of(kind):
    """Return the document's word for a type of msgspec.inspect."""
    match kind:
        case msgspec.inspect.IntType():
            return "int"
        case msgspec.inspect.BoolType():
            return "bool"
        case msgspec.inspect.StrType():
            return "str"
        case msgspec.inspect.BytesType():
            return "bin"
    return f"array of {kind.item_type.cls.__name__}"


def range_of(kind):
    """Return the document's words for the values of a type of msgspec.inspect."""
    match kind:
        case msgspec.inspect.IntType():
            power = f"2^{(kind.le + 1).bit_length() - 1}"
            return f"{f'-{power}+1' if kind.ge else 0}..{power}-1"
        case msgspec.inspect.BoolType():
            return "true, false"
        case msgspec.inspect.StrType() if kind.pattern:
            return f"name of {size_of(kind)}"
        case msgspec.inspect.StrType():
            return f"{size_of(kind)} characters"
        case msgspec.inspect.BytesType():
            return f"{size_of(kind)} bytes"
    return "–"


def size_of(kind):
    low = kind.min_length or 0
    return f"{low}" if low == kind.max_length else f"{low}..{kind.max_length}"
