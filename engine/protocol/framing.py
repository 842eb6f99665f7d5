"""Frames: the length of a payload as u32 little-endian, then the payload, one message.

TCP hands over bytes in pieces of its own choosing; a `Splitter` puts the frames together again.  A length is judged as soon as its four
bytes are there, so a peer can't make us hold more than one frame of the largest allowed size beside what it sent in one piece.
"""

from struct import Struct
from typing import Final

MAX_REQUEST: Final = 4096
"""Largest payload from a client to the venue."""
MAX_ANSWER: Final = 1 << 20
"""Largest payload from the venue to a client: lists and snapshots are longer than any request."""

_LENGTH = Struct("<I")


class FramingError(ValueError):
    """A length that no frame may have: the stream can't be followed any more and the connection must end."""


def frame(payload: bytes) -> bytes:
    """Return the frame that carries `payload`."""
    return _LENGTH.pack(len(payload)) + payload


class Splitter:
    """Cut a stream of bytes into the payloads of its frames.

    `max_payload` is the longest payload to accept: `MAX_REQUEST` for the venue, `MAX_ANSWER` for a client.
    """

    __slots__ = ("_buffer", "_max_payload")

    def __init__(self, max_payload: int) -> None:
        self._buffer = bytearray()
        self._max_payload = max_payload

    def feed(self, received: bytes) -> list[bytes]:
        """Take the next bytes of the stream and return the payloads that they complete, in order.

        Raises FramingError on a length of 0 or above the limit, and again on every later call; payloads completed by the same bytes are
        dropped with the connection, as if it had been cut before them.  Linear in the bytes received.
        """
        buffer = self._buffer
        buffer += received
        payloads = []
        at = 0
        while len(buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, at)
            if not 0 < length <= self._max_payload:
                raise FramingError(f"frame of {length} bytes: a payload has 1 to {self._max_payload}")
            start = at + _LENGTH.size
            if start + length > len(buffer):
                break
            at = start + length
            payloads.append(bytes(buffer[start:at]))
        del buffer[:at]
        return payloads

    @property
    def pending(self) -> int:
        """Number of bytes held of a frame that is not complete."""
        return len(self._buffer)
