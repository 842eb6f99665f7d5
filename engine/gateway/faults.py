"""Why a payload from a client is not a message, in the words of a Reject.

Only what the compiled decoder did not take comes here, and payloads are short, so a payload that breaks its definition is decoded once more
without types, to tell the value that is wrong.  The throttle of its sender bounds what that costs.
"""

import re
from typing import Any, cast

import msgspec

from engine.gateway.session import Fault, Message
from engine.protocol.messages import (
    MAX_INT,
    Cancel,
    ClientMessage,
    MassCancel,
    NewOrder,
    RejectReason,
    Replace,
    VenueMessage,
    decode_client,
)

_PATH = re.compile(r" - at `\$\[(\d+)\]")
_KINDS = {kind.__struct_config__.tag: kind for kind in (*ClientMessage.__args__, *VenueMessage.__args__)}
_CLIENT_TAGS = frozenset(kind.__struct_config__.tag for kind in ClientMessage.__args__)
_NUMBERED_TAGS = frozenset(kind.__struct_config__.tag for kind in (NewOrder, Cancel, Replace, MassCancel))
_MAX_TYPE = 2**32 - 1
_VALUE_CHARACTERS = 40


class MalformedError(ValueError):
    """Bytes that are no MessagePack array with a type: the connection can't go on."""


def read_message(payload: bytes) -> Message | Fault:
    """Return the message in `payload`, or what is wrong with it.  Raises MalformedError."""
    try:
        return cast(Message, decode_client(payload))
    except msgspec.ValidationError as error:
        rule = str(error)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedError("not a MessagePack array") from error
    return _fault(_array(payload), rule)


def _array(payload: bytes) -> list[Any]:
    """Return a payload as the array that it must at least be."""
    try:
        array = msgspec.msgpack.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, TypeError, ValueError, OverflowError) as error:
        raise MalformedError("not a MessagePack array") from error
    if not isinstance(array, list) or not array or type(array[0]) is not int:
        raise MalformedError("not an array that starts with a message type")
    return array


def _fault(array: list[Any], rule: str) -> Fault:
    kind = array[0] if 0 <= array[0] <= _MAX_TYPE else 0
    seq = array[1] if len(array) > 1 and type(array[1]) is int and 0 <= array[1] <= MAX_INT else 0
    if kind not in _CLIENT_TAGS:
        known = _KINDS.get(kind)
        text = f"{known.__name__} is not for a client to send" if known else f"message type {array[0]} is unknown"
        return Fault(seq, kind, 0, RejectReason.UNKNOWN_TYPE, text)
    numbered = kind in _NUMBERED_TAGS
    names = ("type", *_KINDS[kind].__struct_fields__)
    name = _KINDS[kind].__name__
    path = _PATH.search(rule)
    if path is None:
        missing = len(array) < len(names)
        reason = RejectReason.MISSING_ELEMENT if missing else RejectReason.EXTRA_ELEMENT
        field = min(len(array), len(names))
        return Fault(seq, kind, field, reason, f"{name} has {len(names)} elements, not {len(array)}", numbered)
    field = int(path[1])
    rule = rule[: path.start()]
    wrong_type = ", got " in rule or "matching regex" in rule
    reason = RejectReason.WRONG_FORMAT if wrong_type else RejectReason.OUT_OF_RANGE
    value = repr(array[field])[:_VALUE_CHARACTERS]
    return Fault(seq, kind, field, reason, f"{name}.{names[field]} is {value}: {rule[:1].lower()}{rule[1:]}", numbered)
