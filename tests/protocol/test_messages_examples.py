"""The vocabulary of the wire: every message has its own type, every integer a range, and the core counts with the same numbers."""

import re
from enum import IntFlag
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from engine.matching import enums
from engine.protocol.messages import NUMBERED_REQUESTS, ClientMessage, VenueMessage, decode_client, decode_venue, encode
from tests.protocol.strategies import EVERY, elements, tag

TYPES = [Path(enums.__file__).with_name(name) for name in ("types.pxd", "reasons.pxd")]
PREFIXES = {
    "SIDE": enums.Side,
    "ORD": enums.OrdType,
    "TIF": enums.TimeInForce,
    "INST": enums.ExecInst,
    "SETTLE": enums.SettlePref,
    "STP": enums.StpMode,
    "EXEC": enums.ExecType,
    "STATUS": enums.OrdStatus,
    "LIQ": enums.Liquidity,
    "PHASE": enums.Phase,
    "STRIKE": enums.Strike,
    "CMD": enums.CommandKind,
    "FLAG": enums.CommandFlag,
    "REASON": enums.Reason,
}


def numbers() -> str:
    return "\n".join(path.read_text() for path in TYPES)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_core_and_python_have_the_same_numbers(prefix):
    constants = re.findall(rf"^    {prefix}_(\w+) = (\d+)", numbers(), re.MULTILINE)
    members = {member.name: int(member) for member in PREFIXES[prefix]}
    if issubclass(PREFIXES[prefix], IntFlag):
        members.pop("NONE", None)

    assert members == {name: int(value) for name, value in constants}


def test_every_constant_of_the_core_is_compared():
    names = re.findall(r"^    ([A-Z]+)_\w+ = \d+", numbers(), re.MULTILINE)

    assert set(PREFIXES) == set(names)


def test_every_message_has_a_type_of_its_own():
    assert len(EVERY) == len({tag(message) for message in EVERY})


def test_types_are_the_letters_of_fix():
    letters = {message.__name__: message.__doc__.split(", ")[0] for message in EVERY}

    assert letters == {message.__name__: letters_of(tag(message)) for message in EVERY}


def test_the_numbered_requests_are_those_that_say_so():
    said = {tag(message) for message in get_args(ClientMessage) if ", numbered" in message.__doc__}

    assert said == NUMBERED_REQUESTS


@pytest.mark.parametrize("message", EVERY)
def test_every_element_is_bounded(message):
    for field in msgspec.inspect.type_info(message).fields:
        assert field.required
        assert is_bounded(field.type), field.name


@pytest.mark.parametrize("message", EVERY)
def test_each_side_decodes_what_the_other_may_send(message):
    sent = message(*(smallest(field.type) for field in msgspec.inspect.type_info(message).fields))

    for union, decode in ((ClientMessage, decode_client), (VenueMessage, decode_venue)):
        if message in get_args(union):
            assert elements(sent) == elements(decode(encode(sent)))
        else:
            with pytest.raises(msgspec.ValidationError, match="Invalid value"):
                decode(encode(sent))


def letters_of(number):
    return number.to_bytes(1 if number < 256 else 2, "big").decode("ascii")


def is_bounded(kind):
    match kind:
        case msgspec.inspect.IntType():
            return kind.ge in {0, -kind.le} and kind.le < 2**63
        case msgspec.inspect.StrType() | msgspec.inspect.BytesType():
            return kind.max_length is not None
        case msgspec.inspect.ListType():
            return is_bounded(kind.item_type)
        case msgspec.inspect.StructType():
            return all(is_bounded(field.type) for field in kind.fields)
        case msgspec.inspect.BoolType():
            return True
    return False


def smallest(kind):
    match kind:
        case msgspec.inspect.IntType():
            return kind.ge
        case msgspec.inspect.BoolType():
            return False
        case msgspec.inspect.StrType():
            return "x" * kind.min_length if kind.min_length else ""
        case msgspec.inspect.BytesType():
            return bytes(kind.min_length or 0)
    return []
