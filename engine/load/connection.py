"""The connection of one session of a load: its plan's frames out, in as few writes as can be, and what comes back into its reader."""

import socket
import ssl
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, Protocol

from engine.load.faults import LoadRefused
from engine.load.plan import Plan

RECEIVE_BYTES: Final = 262_144
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Hearing(Protocol):
    """What takes the bytes that come back: a Reader, or an EchoReader."""

    room: bytearray
    kept: int
    sent: int
    answered: int
    last_ns: int
    others: list[bytes]

    def send(self, upto: int, due_ns: int) -> None:
        """Note what is sent."""

    def take(self, received: int, now_ns: int) -> None:
        """Read what has come into `room`."""

    def waits(self) -> bytes:
        """Return how long each answered request waited."""


class Connection:
    """A socket that does not block, a plan to send and a reader to hear.

    `attend` is given each message that is no report and returns bytes to send when the frame under way is out; it raises LoadRefused where
    the message ends the load.
    """

    def __init__(
        self, name: str, wire: socket.socket, plan: Plan, reader: Hearing, *, batch: int, attend: Callable[[bytes], bytes] | None = None
    ) -> None:
        self.name = name
        self.socket = wire
        self.plan = plan
        self.reader = reader
        self.batch = batch
        self.count = len(plan)
        self._attend = attend
        self._frames = memoryview(plan.frames)
        self._room = memoryview(reader.room)[:RECEIVE_BYTES]
        self._secured = wire if isinstance(wire, ssl.SSLSocket) else None
        self._sent_bytes = 0
        self._goal_bytes = 0
        self.is_watched = False
        self._aside = b""

    @property
    def is_stuck(self) -> bool:
        """Say whether the kernel did not take all that was to be sent."""
        return self._sent_bytes < self._goal_bytes or bool(self._aside)

    @property
    def is_done(self) -> bool:
        """Say whether every request is answered."""
        return self.reader.answered == self.count

    def send(self, upto: int, due_ns: int) -> None:
        """Send the requests below `upto`, which were due at `due_ns`, as far as the kernel takes them."""
        self.reader.send(upto, due_ns)
        self._goal_bytes = self.plan.end_of(upto)
        self.push()

    def push(self) -> None:
        """Send what is left of what was to be sent."""
        try:
            if self._sent_bytes < self._goal_bytes:
                self._sent_bytes += self.socket.send(self._frames[self._sent_bytes : self._goal_bytes])
            if self._aside and self._sent_bytes == self._goal_bytes:
                self._aside = self._aside[self.socket.send(self._aside) :]
        except _LATER:
            return
        except OSError:
            self.receive()  # its farewell may be there, and says more

    def say(self, frame: bytes) -> None:
        """Send a frame beside those of the plan, behind the one that is under way."""
        self._aside += frame
        self.push()

    def receive(self) -> None:
        """Read what has come.  LoadFault for a wrong report, LoadRefused where the connection is over."""
        reader = self.reader
        try:
            received = self.socket.recv_into(self._room[reader.kept :] if reader.kept else self._room)
            while self._secured is not None and received and self._secured.pending():
                reader.take(received, perf_counter_ns())
                received = self.socket.recv_into(self._room[reader.kept :])
        except _LATER:
            return
        except OSError as error:
            raise LoadRefused(f"{self.name}: the connection broke after {reader.answered:,} answers: {error}") from error
        if not received:
            raise LoadRefused(f"{self.name}: the connection was closed after {reader.answered:,} answers")
        reader.take(received, perf_counter_ns())
        if reader.others:
            others = reader.others[:]
            reader.others.clear()
            for payload in others:
                if self._attend is not None:
                    self._aside += self._attend(payload)
            self.push()
