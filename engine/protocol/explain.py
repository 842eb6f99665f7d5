"""Why a payload from a client was refused, in the terms of a Reject.

The cold side of decoding: it runs only for messages that a decoder has refused, and takes its time to name the element, its value and the
rule.  It never raises, whatever the bytes.
"""

import re
from itertools import chain
from typing import NamedTuple, get_args

import msgspec

from engine.protocol.messages import DECODE_ERRORS, ClientMessage, RejectReason, VenueMessage, decode_client
from engine.protocol.ranges import U63


class Explanation(NamedTuple):
    """What is wrong with a payload: the fields of a Reject.

    `reason` is None where the bytes are not a message at all, which ends the connection instead: not one whole MessagePack array, a type
    that is not an integer, a text that is not UTF-8.  `field` is the index of the element, 0 for the type; `ref_type` and `ref_seq` are 0
    where they can't be read or told.
    """

    reason: RejectReason | None
    field: int
    ref_type: int
    ref_seq: int
    text: str


def explain(payload: bytes) -> Explanation:
    """Return the first rule of a client's messages that `payload` breaks."""
    try:
        elements = _decode_elements(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        return _malformed(f"not one MessagePack array: {error}")
    try:
        kind = _decode_int(elements[0])
    except (IndexError, msgspec.DecodeError):
        return _malformed("an array that does not begin with a message type")
    ref_type = kind if 0 <= kind < 2**32 else 0
    ref_seq = _seq(elements)
    try:
        decode_client(payload)
    except msgspec.ValidationError as error:
        reason, field, text = _judge(str(error), kind, elements)
        return Explanation(reason, field, ref_type, ref_seq, text[:256])
    except DECODE_ERRORS as error:
        return _malformed(f"a text that is not UTF-8: {error}")
    return Explanation(RejectReason.OTHER, 0, ref_type, ref_seq, "nothing is wrong with the form of this message")


def _malformed(text: str) -> Explanation:
    return Explanation(None, 0, 0, 0, text)


def _judge(rule: str, kind: int, elements: list[msgspec.Raw]) -> tuple[RejectReason, int, str]:
    if kind not in _SENT_BY_CLIENTS:
        known = _MESSAGES.get(kind)
        text = f"{known.__name__} is not for a client to send" if known else f"message type {kind} is unknown"
        return RejectReason.UNKNOWN_TYPE, 0, text
    name = _MESSAGES[kind].__name__
    fields = ("type", *_MESSAGES[kind].__struct_fields__)
    if len(elements) != len(fields):
        text = f"{name} has {len(fields)} elements, not {len(elements)}"
        if len(elements) < len(fields):
            return RejectReason.MISSING_ELEMENT, len(elements), text
        return RejectReason.EXTRA_ELEMENT, len(fields), text
    place = _PLACE.search(rule)
    field = int(place[1]) if place else 0
    rule = _PLACE.sub("", rule)
    reason = RejectReason.OUT_OF_RANGE if _RANGE.search(rule) else RejectReason.WRONG_FORMAT
    return reason, field, f"{name}.{fields[field]} is {_show(elements[field])}: {rule[:1].lower()}{rule[1:]}"


def _seq(elements: list[msgspec.Raw]) -> int:
    try:
        return _decode_seq(elements[1])
    except (IndexError, msgspec.DecodeError):
        return 0


def _show(element: msgspec.Raw) -> str:
    """Return the value of an element in a few characters: nothing of a client's is worth more room in a Reject."""
    for decode in (_decode_scalar, _decode_bytes):
        try:
            shown = repr(decode(element))
        except DECODE_ERRORS:
            continue
        return shown if len(shown) <= 40 else f"{shown[:40]}..."
    return "not readable"


_PLACE = re.compile(r" - at `\$\[(\d+)\].*`")
_RANGE = re.compile(r"<=|>=|of length")
_SENT_BY_CLIENTS = frozenset(message.__struct_config__.tag for message in get_args(ClientMessage))
_MESSAGES = {message.__struct_config__.tag: message for message in chain(get_args(VenueMessage), get_args(ClientMessage))}

_decode_elements = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_int = msgspec.msgpack.Decoder(int).decode
_decode_seq = msgspec.msgpack.Decoder(U63).decode
_decode_bytes = msgspec.msgpack.Decoder(bytes).decode
_decode_scalar = msgspec.msgpack.Decoder(int | float | bool | str | None).decode
