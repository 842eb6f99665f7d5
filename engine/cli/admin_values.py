"""What people type and read for the values of acts and rows: decimals, basis points, ISO 8601 times, tables, names.

The types of the fields say which is which, so acts and rows that are new need nothing here.  A name loses its unit on the way to people:
`at_s` is `at`.  Worst case: an integer of a type that `KINDS` does not know is typed as it is; a test says that no time is.
"""

import base64
import binascii
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, Union, get_args, get_origin

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from msgspec import Meta, Struct
from msgspec.structs import fields

from engine.admin import kinds
from engine.client.keys import load_key
from engine.clock import SystemClock
from engine.config.units import AMOUNT_SCALE, EPOCH, PRICE_SCALE, RATE_SCALE, ConfigError, nanoseconds, plain, rate, units, units_or_none
from engine.venue import issuance_acts, terms
from engine.venue.acts import PlaceHold
from engine.venue.records import MAX_RATE

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FOREVER_NS = 2**63 - 1
DURATIONS = {"d": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "ns": 1}
WORDS = {"true": True, "yes": True, "false": False, "no": False}


class Kind(NamedTuple):
    """How people write an integer: `parse(path, text)` raises ConfigError naming both and the rule."""

    metavar: str
    told: str
    parse: Callable[[str, str], int]
    show: Callable[[int], str]


def type_of(struct: type[Struct], name: str) -> Any:
    """Return the type of a Struct's field, with its annotations."""
    return next(field.type for field in fields(struct) if field.name == name)


def time_ns(path: str, text: str) -> int:
    """Read an ISO 8601 time, `now`, `now+5m`, `never` or `none`."""
    known = {"never": FOREVER_NS, "none": 0}
    if text in known:
        return known[text]
    if text == "now" or text.startswith("now+"):
        return SystemClock.utc_ns() + (duration_ns(path, text[4:]) if text != "now" else 0)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{path}: {text!r} is not a time such as 2026-11-22T14:30:00Z, now, now+5m, never or none") from error
    if time.tzinfo is None and "T" in text.upper():
        raise ConfigError(f"{path}: {text} has no time zone; add Z for UTC")
    since_ns = nanoseconds(time if time.tzinfo else time.replace(tzinfo=UTC))
    return since_ns if since_ns >= 0 else _not(path, text, "after 1970")


def duration_ns(path: str, text: str) -> int:
    """Read a duration such as 500ms, 60s, 5m, 24h or 7d; 0 and `none` for none."""
    if text in ("0", "none"):
        return 0
    number = text.rstrip("dhmns")
    if not number.isdecimal() or text[len(number) :] not in DURATIONS:
        raise ConfigError(f"{path}: {text!r} is not a duration such as 500ms, 60s, 5m, 24h or 7d")
    return int(number) * DURATIONS[text[len(number) :]]


def shown_time(ns: int) -> str:
    """Write a time as people and `time_ns` read it."""
    if ns in (0, FOREVER_NS):
        return "never" if ns else "none"
    seconds, below = divmod(ns, 1_000_000_000)
    whole = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{below:09d}".rstrip("0").rstrip(".") + "Z"


def shown_duration(ns: int) -> str:
    """Write a duration in the largest unit that keeps it whole."""
    unit = next(unit for unit, size in DURATIONS.items() if ns % size == 0)
    return f"{ns // DURATIONS[unit]}{unit}" if ns else "none"


def weekly_s(path: str, text: str) -> int:
    """Read a time of the week such as `Mon 13:30`, in UTC."""
    day, _, clock = text.partition(" ")
    try:
        time = datetime.strptime(clock, "%H:%M")  # noqa: DTZ007  a time of day has no zone
        return DAYS.index(day) * 86_400 + time.hour * 3_600 + time.minute * 60
    except ValueError as error:
        raise ConfigError(f"{path}: {text!r} is not a time of the week such as 'Mon 13:30', in UTC") from error


def shown_weekly(seconds: int) -> str:
    """Write a time of the week as `weekly_s` reads it."""
    minutes = seconds // 60
    return f"{DAYS[minutes // 1_440]} {minutes // 60 % 24:02}:{minutes % 60:02}"


def _decimal(parse: Callable[[str, str, int], int], scale: int, told: str) -> Kind:
    return Kind("DECIMAL", told, lambda path, text: parse(path, text, scale), lambda value: plain(value, scale))


PRICE = _decimal(units, PRICE_SCALE, "a price")
AMOUNT = _decimal(units, AMOUNT_SCALE, "an amount")
TIME = Kind("TIME", "such as 2026-11-22T14:30:00Z, a date, now, now+5m, never or none", time_ns, shown_time)
DURATION = Kind("DURATION", "such as 500ms, 60s, 24h or 7d", duration_ns, shown_duration)
# Annotated types are told from each other by all of their annotation.
KINDS: dict[Any, Kind] = {
    terms.Price: PRICE,
    terms.PriceOrNone: _decimal(units_or_none, PRICE_SCALE, "a price; 0 for none"),
    terms.Qty: _decimal(units, AMOUNT_SCALE, "in tokens"),
    terms.QtyOrNone: _decimal(units_or_none, AMOUNT_SCALE, "in tokens; 0 for none"),
    terms.Amount: AMOUNT,
    terms.AmountOrAll: _decimal(units_or_none, AMOUNT_SCALE, "an amount; 0 for all that is available"),
    terms.Limit: _decimal(units_or_none, AMOUNT_SCALE, "0 for no limit"),
    terms.Rate: Kind(
        "BPS",
        "basis points; below 0 a rebate",
        lambda path, text: rate(path, text, MAX_RATE),
        lambda value: plain(value, RATE_SCALE),
    ),
    terms.AuctionRate: Kind(
        "BPS",
        "basis points, of both sides of an auction",
        lambda path, text: rate(path, text, MAX_RATE),
        lambda value: plain(value, RATE_SCALE),
    ),
    issuance_acts.Shares: _decimal(units_or_none, AMOUNT_SCALE, "in shares; 0 for none"),
    terms.Nanoseconds: TIME,
    type_of(PlaceHold, "review_ns"): TIME,
    terms.Duration: DURATION,
    type_of(terms.Collar, "max_age_ns"): DURATION,
    type_of(terms.WeeklyStart, "at_s"): Kind("TIME", "such as Mon 13:30, in UTC", weekly_s, shown_weekly),
    kinds.Px: PRICE,
    kinds.Units: AMOUNT,
    kinds.Time: TIME,
}


def spoken(name: str) -> str:
    """Return a field's name as people know it."""
    return name.removesuffix("_ns").removesuffix("_s")


def bare(hint: Any) -> Any:
    """Return a type without its `None`."""
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    return hint


def plain_type(hint: Any) -> Any:
    """Return a type without its `None` and its annotations."""
    hint = bare(hint)
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def description(hint: Any) -> str:
    """Return what a type's annotation says of it."""
    for each in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        if isinstance(each, Meta) and each.description:
            return each.description
    return ""


def element(hint: Any) -> Any:
    """Return the type of a list's elements, or None where the type is no list."""
    listed = plain_type(hint)
    return get_args(listed)[0] if get_origin(listed) is tuple else None


def is_table(hint: Any) -> bool:
    """Return whether a type is a table."""
    kind = plain_type(hint)
    return isinstance(kind, type) and issubclass(kind, Struct)


def from_people(path: str, value: Any, hint: Any) -> Any:
    """Turn what was typed, a text or a parsed table, into a value of the type.  Raises ConfigError naming path, value and rule."""
    inner = bare(hint)
    if value is None or (value == "none" and inner is not hint and is_table(inner)):
        return None
    inside = element(inner)
    if inside is not None:
        built: Any = tuple(from_people(f"{path}[{i}]", each, inside) for i, each in enumerate(value))
    elif is_table(inner):
        built = _table(path, value, plain_type(inner))
    else:
        built = _scalar(path, value, inner)
    try:
        return msgspec.convert(built, hint)
    except msgspec.ValidationError as error:
        rule = description(inner) if "matching regex" in str(error) else str(error)
        raise ConfigError(f"{path}: {value!r}: {rule or error}") from error


def to_people(value: Any, hint: Any) -> Any:
    """Turn a value into what `from_people` would take for it, in JSON's terms."""
    inner = bare(hint)
    if value is None:
        return None
    if inner in KINDS:
        return KINDS[inner].show(value)
    if isinstance(value, Struct):
        tag = value.__struct_config__.tag
        named = {spoken(field.name): to_people(getattr(value, field.name), field.type) for field in fields(value)}
        return {"act": tag, **named} if tag else named
    if isinstance(value, tuple):
        return [to_people(each, element(inner)) for each in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def parsed_table(path: str, text: str) -> Any:
    """Read a table: `key=value,outer.inner=value`, JSON, or `@` and the name of a JSON or TOML file.  Raises ConfigError."""
    try:
        if text.startswith("@"):
            content = Path(text[1:]).read_text(encoding="utf-8")
            return tomllib.loads(content) if text.endswith(".toml") else json.loads(content, parse_float=str)
        if text.startswith(("{", "[")):
            return json.loads(text, parse_float=str)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {text}: {error}") from error
    table: dict[str, Any] = {}
    for pair in filter(None, text.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"{path}: {pair!r} is not key=value")
        *outer, last = key.strip().split(".")
        at = table
        for name in outer:
            at = at.setdefault(name, {})
        at[last] = value.strip()
    return table


def _table(path: str, value: Any, struct: type[Struct]) -> Struct:
    if isinstance(value, str):
        value = parsed_table(path, value)
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {value!r} is not a table")
    known = {name: field for field in fields(struct) for name in (spoken(field.name), field.name)}
    for key in value:
        if key not in known:
            raise ConfigError(f"{path}.{key}: unknown key; there are {', '.join(spoken(field.name) for field in fields(struct))}")
    given = {known[key].name: from_people(f"{path}.{key}", each, known[key].type) for key, each in value.items()}
    missing = [spoken(field.name) for field in fields(struct) if field.required and field.name not in given]
    if missing:
        raise ConfigError(f"{path}: {', '.join(missing)} must be given")
    return struct(**given)


def _scalar(path: str, value: Any, hint: Any) -> Any:
    if hint in KINDS:
        return KINDS[hint].parse(path, str(value))
    kind = plain_type(hint)
    if get_origin(kind) is Literal and value not in get_args(kind):
        raise ConfigError(f"{path}: {value!r} is not one of {', '.join(map(str, get_args(kind)))}")
    if kind is bytes:
        return signature(path, str(value)) if hint == issuance_acts.Signature else public_key(path, str(value))
    if kind is bool and not isinstance(value, bool):
        return WORDS[value] if value in WORDS else _not(path, value, "yes or no")
    if kind is int and isinstance(value, str):
        return int(value) if value.removeprefix("-").isdecimal() else _not(path, value, "a whole number")
    return value


def _not(path: str, value: Any, rule: str) -> NoReturn:
    raise ConfigError(f"{path}: {value!r} is not {rule}")


def signature(path: str, text: str) -> bytes:
    """Read a signature in base64.  Raises ConfigError."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ConfigError(f"{path}: {text!r} is not base64") from error


def public_key(path: str, text: str) -> bytes:
    """Read a public Ed25519 key: its base64, or a file with it or with the private key.  Raises ConfigError."""
    try:
        file = Path(text)
        if not file.is_file():
            return base64.b64decode(text, validate=True)
        content = file.read_bytes()
        key = load_pem_public_key(content) if b"PUBLIC KEY" in content else load_key(content).public_key()
    except (binascii.Error, OSError, ValueError) as error:
        raise ConfigError(f"{path}: {text} is neither base64 nor the file of a key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{path}: {text} is not an Ed25519 key")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
