"""The frames of a plan as they come back from an echo: the floor under a venue, which answers with more than it was asked."""

from typing import final

from engine.load.plan import Plan

@final
class EchoReader:
    """What comes back on one connection; with `compares` it must be what was sent, byte for byte, else only its length counts."""

    room: bytearray
    kept: int
    sent: int
    answered: int
    last_ns: int
    others: list[bytes]

    def __new__(cls, plan: Plan, number: int, batch: int, *, compares: bool) -> EchoReader: ...
    def send(self, upto: int, due_ns: int) -> None:
        """Note that the requests below `upto` are sent, and that those which were not before were due at `due_ns`."""

    def take(self, received: int, now_ns: int) -> None:
        """Count what has come into `room` at `now_ns`.  Raises LoadFault for bytes that were not sent."""

    def waits(self) -> bytes:
        """Return how long each frame was away, in ns, as 8-byte integers."""
