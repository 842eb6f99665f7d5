"""What the compiled decoder did not take: a message for the session, a fault that a Reject tells, or the end of the connection."""

from typing import cast

from engine.gateway.session import Fault, Message
from engine.protocol.explain import explain
from engine.protocol.messages import DECODE_ERRORS, NUMBERED_REQUESTS, decode_client


class MalformedError(ValueError):
    """Bytes that are no message at all: the connection can't go on."""


def read_message(payload: bytes) -> Message | Fault:
    """Return the message in `payload`, or what is wrong with it.  Raises MalformedError."""
    try:
        return cast(Message, decode_client(payload))
    except DECODE_ERRORS:
        reason, field, kind, seq, text = explain(payload)
    if reason is None:
        raise MalformedError(text)
    return Fault(seq, kind, field, reason, text, kind in NUMBERED_REQUESTS)
