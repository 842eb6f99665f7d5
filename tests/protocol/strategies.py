"""Messages and byte strings of the native protocol for property tests.

Ranges come from the Structs themselves, so a range that changes is tested at its new edges at once.
"""

import struct
from typing import get_args

import msgspec
from hypothesis import strategies as st

from engine.protocol.messages import Cancel, ClientMessage, MassCancel, NewOrder, Replace, VenueMessage

HOT = (NewOrder, Cancel, Replace, MassCancel)
COLD = tuple(message for message in get_args(ClientMessage) if message not in HOT)
EVERY = tuple(dict.fromkeys(get_args(ClientMessage) + get_args(VenueMessage)))
PREFIX = ("type", "seq", "ts_ns", "flags")

# Both sides of every border between two widths of a MessagePack integer.
BORDERS = sorted({border + step for bits in (0, 7, 8, 15, 16, 31, 32, 53, 63) for border in [1 << bits] for step in (-1, 0)})


def numbers(low, high):
    return st.sampled_from([low, high, *(border for border in BORDERS if low <= border <= high)]) | st.integers(low, high)


def signed_numbers(largest):
    return numbers(0, largest) | numbers(1, largest).map(lambda number: -number)


def values(kind):
    """Return a strategy for all values of a type of msgspec.inspect."""
    match kind:
        case msgspec.inspect.IntType() if kind.ge < 0:
            return signed_numbers(kind.le)
        case msgspec.inspect.IntType():
            return numbers(kind.ge, kind.le)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.BytesType():
            return st.binary(min_size=kind.min_length or 0, max_size=kind.max_length)
        case msgspec.inspect.StrType() if kind.pattern:
            return st.text("AZaz09._:-", min_size=kind.min_length, max_size=kind.max_length)
        case msgspec.inspect.StrType():
            return st.text(st.characters(codec="utf-8"), max_size=kind.max_length)
        case msgspec.inspect.ListType():
            return st.lists(values(kind.item_type), max_size=3)
        case msgspec.inspect.StructType():
            return structs(kind.cls)
    raise AssertionError(f"no strategy for {kind}")


def structs(cls):
    info = msgspec.inspect.type_info(cls)
    return st.builds(cls, **{field.name: values(field.type) for field in info.fields})


def tag(cls):
    return cls.__struct_config__.tag


def elements(message):
    """Return the array that a message is on the wire."""
    return [tag(type(message)), *msgspec.structs.astuple(message)]


def array(parts, header=None):
    """Return the payload that holds already encoded elements."""
    return (header or msgspec.msgpack.encode([None] * len(parts))[: -len(parts) or None]) + b"".join(parts)


# Every array header that can hold the count, shortest or not.
def headers(count):
    return [*([bytes([0x90 | count])] if count < 16 else []), struct.pack(">BH", 0xDC, count), struct.pack(">BI", 0xDD, count)]


def widths(value):
    """Return every MessagePack integer that means `value`, shortest or not."""
    forms = [bytes([value & 0xFF])] if -32 <= value < 128 else []
    for code, form in enumerate(">B >H >I >Q >b >h >i >q".split()):
        try:
            forms.append(bytes([0xCC + code]) + struct.pack(form, value))
        except struct.error:
            continue
    return forms


@st.composite
def loose(draw, messages):
    """Draw a payload of one of `messages` with integers and array header of any width."""
    parts = [draw(st.sampled_from(widths(element))) for element in elements(draw(messages))]
    return array(parts, draw(st.sampled_from(headers(len(parts)))))


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.binary(max_size=3) | st.integers(-(2**63), 2**64 - 1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 3), inner, max_size=2),
    max_leaves=5,
)


@st.composite
def spoiled(draw, messages):
    """Draw a payload of one of `messages` with elements replaced, added or taken away: well-formed MessagePack, seldom a message."""
    parts = elements(draw(messages))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(parts)))
        parts[at : at + draw(st.integers(0, 1))] = draw(st.lists(JUNK | st.sampled_from(BORDERS), max_size=1))
    return msgspec.msgpack.encode(parts)


def mutate(payload, random):
    """Return `payload` after a few accidents to its bytes."""
    changed = bytearray(payload)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(changed) + 1)
        accident = random.randrange(5)
        if accident == 0 and at < len(changed):
            changed[at] ^= 1 << random.randrange(8)
        elif accident == 1 and at < len(changed):
            changed[at] = random.choice(b"\x00\x7f\x80\x90\x9f\xa1\xc0\xc1\xc4\xca\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xdc\xdd\xe0\xff")
        elif accident == 2:
            changed[at:at] = random.randbytes(random.randint(1, 9))
        elif accident == 3:
            del changed[at : at + random.randint(1, 9)]
        else:
            del changed[at:]
    return bytes(changed)
