"""The options of `ats admin`'s acts, made from the fields of their Structs.

A field is an option of its name, a list an option that may be repeated, a table an option that takes `key=value,…`, JSON or `@FILE`; an act
with a single field takes it as an argument.  What an option means is the annotation of its type; what the act does is its docstring.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import click
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

from engine.cli.admin_values import KINDS, bare, description, element, from_people, is_table, parsed_table, plain_type, spoken
from engine.cli.output import wrong
from engine.config.units import ConfigError
from engine.venue.acts import Act, BaseAct
from engine.venue.issuance_acts import Signature
from engine.venue.terms import ANYONE

PREFIX = "field_"
# A longer choice of words stands in the help and not in the name of the option.
CHOICES_SHOWN = 6


def parameters(act: type[BaseAct]) -> list[click.Parameter]:
    """Return the options of an act, or its argument."""
    told = fields(act)
    if len(told) == 1 and plain_type(told[0].type) is not bool:
        return [click.Argument([PREFIX + told[0].name], metavar=spoken(told[0].name).upper())]
    return [_option(field) for field in sorted(told, key=lambda field: not field.required)]


def built(act: type[BaseAct], given: Mapping[str, Any]) -> Act:
    """Return the act that options describe; ends the program naming the option, its value and the rule where one is wrong."""
    values: dict[str, Any] = {}
    for field in fields(act):
        value = given[PREFIX + field.name]
        if value is None or value == ():
            continue
        path = flag(field.name) if len(fields(act)) > 1 else spoken(field.name).upper()
        try:
            values[field.name] = from_people(path, _gathered(path, value, field.type), field.type)
        except ConfigError as error:
            wrong(str(error))
    return act(**values)  # type: ignore[return-value]


def told(act: type[BaseAct]) -> str:
    """Return an act's help: what it does, in the words of its options, who may ask it and who must agree."""
    names = {field.name for field in fields(act)}
    text = re.sub(r"`(\w+)`", lambda match: flag(match[1]) if match[1] in names else spoken(match[1]), act.__doc__ or "")
    may = "Anybody with a role that acts" if act.roles == ANYONE else " or ".join(role.capitalize() for role in act.roles)
    second = "  A second person must approve it." if act.second_person else ""
    second = f"  A second person must approve it if {act.second_person_if}." if act.second_person_if else second
    return "\n\n".join([*(re.sub(r"\s+", " ", part.strip()) for part in text.split("\n\n")), f"{may} may ask for it.{second}"])


def flag(name: str) -> str:
    """Return a field's option."""
    return "--" + spoken(name).replace("_", "-")


def _option(field: FieldInfo) -> click.Option:
    hint = bare(field.type)
    name = flag(field.name)
    inner = plain_type(hint)
    # A default, even None, would be a value to click, and a flag without one is False: a field that was not given must stay so.
    more: dict[str, Any] = {"help": _help(field)} | ({"required": True} if field.required else {"default": None})
    if inner is bool:
        off = "--off" if name == "--on" else f"--no-{name[2:]}"
        return click.Option([f"{name}/{off}", PREFIX + field.name], **more)
    listed = element(hint)
    if listed is not None:
        more["multiple"] = True
    return click.Option([name, PREFIX + field.name], type=_type(listed or hint), metavar=_metavar(listed or hint), **more)


def _type(hint: Any) -> Any:
    return click.Choice(_choices(hint)) if _choices(hint) else str


def _metavar(hint: Any) -> str | None:
    if hint in KINDS:
        return KINDS[hint].metavar
    if is_table(hint):
        return "TABLE"
    inner = plain_type(hint)
    if get_origin(inner) is Literal:
        return "WORD" if len(_choices(hint)) > CHOICES_SHOWN else None
    if inner is bytes:
        return "SIGNATURE" if hint == Signature else "KEY"
    return "N" if inner is int else "TEXT"


def _help(field: FieldInfo) -> str:
    hint = bare(field.type)
    listed = element(hint)
    inner = hint if listed is None else listed
    if inner in KINDS:
        text = KINDS[inner].told
    elif is_table(inner):
        text = ", ".join(_key(each) for each in _ordered(inner))
    elif len(_choices(inner)) > CHOICES_SHOWN:
        text = ", ".join(_choices(inner))
    elif inner == Signature:
        text = "base64"
    elif plain_type(inner) is bytes:
        text = "base64, or the file of the key"
    else:
        text = description(inner)
    repeat = "may be repeated" if listed is not None else ""
    return "; ".join(filter(None, (text, repeat, _default(field))))


def _key(field: FieldInfo) -> str:
    """Return a key of a table and how its value is typed, in brackets where it may be left out."""
    told = f"{spoken(field.name)}={_value(field.type)}"
    return told if field.required else f"[{told}]"


def _value(hint: Any) -> str:
    """Return how a value inside a table is typed."""
    inner = bare(hint)
    choices = _choices(inner)
    if choices:
        return "|".join(choices) if len(choices) <= CHOICES_SHOWN else "WORD"
    return "JSON" if element(inner) is not None else _metavar(inner) or "TEXT"


def _choices(hint: Any) -> list[str]:
    """Return the words that a type allows, or none where it is not such a type."""
    inner = plain_type(hint)
    return [choice for choice in get_args(inner) if choice] if get_origin(inner) is Literal else []


def _ordered(hint: Any) -> list[FieldInfo]:
    """Return the fields of a table, those first that must be given."""
    return sorted(fields(plain_type(hint)), key=lambda each: not each.required)


def _default(field: FieldInfo) -> str:
    if field.default is NODEFAULT or field.default in (None, "", "none", 0, (), False) or isinstance(field.default, Struct):
        return ""
    if field.default is True:
        return f"{flag(field.name)} without it"
    return f"{', '.join(field.default) if isinstance(field.default, tuple) else field.default} without it"


def _gathered(path: str, value: Any, hint: Any) -> Any:
    """Put the occurrences of a repeated option together; a table option's text may hold several, an empty one none."""
    listed = element(hint)
    if listed is None:
        return value
    if not is_table(listed):
        return [each for each in value if each]
    tables: list[Any] = []
    for text in value:
        parsed = parsed_table(path, text) if text else []
        tables += parsed if isinstance(parsed, list) else [parsed]
    return tables
