"""Connections that split, delay, stall and lose bytes, between real protocols at the venue and simulated programs.

Bytes of one direction arrive in order or not at all, as TCP has it, but cut anywhere and whenever it pleases.  When a connection breaks,
of what is under way in each direction some arrives and the rest is lost, and each end notices soon, late, or never.

    client end  --- up ---->  venue end (an asyncio transport)
                <-- down ---
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.simulation.loop import MS, Scope


@dataclass(frozen=True)
class Weather:
    """How a network behaves."""

    delay_ns: int = 300_000
    slow: float = 0.01
    split: float = 0.3
    buffer_bytes: int = 64 << 10  # what an end writes before it is asked to pause


class Pipe:
    """One direction: what was written and not yet received."""

    def __init__(self, scope: Scope, random: Random, weather: Weather, receive: Callable[[bytes], None]) -> None:
        self._scope, self._random, self._weather, self._receive = scope, random, weather, receive
        self.flight = bytearray()
        self.is_stalled = False
        self._ended: Callable[[], None] | None = None
        self._is_planned = False
        self._is_cut = False

    def write(self, data: bytes) -> None:
        if not self._is_cut and not self._ended:
            self.flight += data
            self._plan()

    def end(self, ended: Callable[[], None]) -> None:
        """Say that nothing more comes; `ended` is called once all has arrived."""
        if not self._ended:
            self._ended = ended
            self._plan()

    def cut(self) -> int:
        """Lose some of what is under way, and all that comes; return how many bytes are lost."""
        if self._is_cut:
            return 0
        self._is_cut = True
        keeps = self._random.choice((0, len(self.flight), self._random.randint(0, len(self.flight))))
        lost = len(self.flight) - keeps
        del self.flight[keeps:]
        return lost

    def stall(self, stalled: bool) -> None:
        self.is_stalled = stalled
        self._plan()

    def _plan(self) -> None:
        if self._is_planned or self.is_stalled or not (self.flight or self._ended):
            return
        self._is_planned = True
        mean = self._weather.delay_ns * (100 if self._random.random() < self._weather.slow else 1)
        self._scope.after(1 + int(self._random.expovariate(1 / mean)), self._arrive)

    def _arrive(self) -> None:
        self._is_planned = False
        if self.is_stalled:
            return
        if self.flight:
            size = len(self.flight)
            if self._random.random() < self._weather.split:
                size = self._random.randint(1, size)
            data = bytes(self.flight[:size])
            del self.flight[:size]
            self._receive(data)
        if not self.flight and self._ended:
            ended, self._ended = self._ended, None
            self._is_cut = True
            ended()
        self._plan()


class VenueEnd:
    """What a protocol of the venue takes for its asyncio transport."""

    def __init__(self, wire: "Wire", address: str) -> None:
        self._wire = wire
        self._address = address
        self._is_closing = False
        self._is_paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._address, 1) if name == "peername" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return len(self._wire.down.flight)

    def write(self, data: bytes) -> None:
        assert type(data) is bytes, "a loop may keep a view of what it is given"
        if self._is_closing:
            return
        self._wire.sent(data)
        self._wire.down.write(data)
        if not self._is_paused and len(self._wire.down.flight) > self._wire.weather.buffer_bytes:
            self._is_paused = True
            self._wire.pauses += 1
            self._wire.protocol.pause_writing()

    def drained(self) -> None:
        if self._is_paused and not self._is_closing and 4 * len(self._wire.down.flight) <= self._wire.weather.buffer_bytes:
            self._is_paused = False
            self._wire.protocol.resume_writing()

    def pause_reading(self) -> None:
        self._wire.up.stall(stalled=True)

    def resume_reading(self) -> None:
        self._wire.up.stall(stalled=False)

    def is_closing(self) -> bool:
        return self._is_closing

    def gone(self) -> None:
        self._is_closing = True

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._wire.down.end(self._wire.client_notices)
            self._wire.venue_scope.soon(self._wire.venue_notices)

    def abort(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._wire.break_off()
            self._wire.venue_scope.soon(self._wire.venue_notices)


class Wire:
    """One connection: `protocol` at the venue, `receive` and `lost` at the client, who is shown by `sent` what the venue writes to him.

    `scope` is the network's, `venue_scope` that of the venue's process.
    """

    def __init__(
        self,
        scope: Scope,
        venue_scope: Scope,
        random: Random,
        weather: Weather,
        address: str,
        receive: Callable[[bytes], None],
        lost: Callable[[], None],
        sent: Callable[[bytes], None],
    ) -> None:
        self.scope, self.venue_scope, self.random, self.weather = scope, venue_scope, random, weather
        self.protocol: Any = None
        self._receive, self._lost, self.sent = receive, lost, sent
        self._venue_gone = self._client_gone = False
        self.pauses = 0
        self.bytes_lost = 0
        self.up = Pipe(scope, random, weather, self._arrives_at_venue)
        self.down = Pipe(scope, random, weather, self._arrives_at_client)
        self.end = VenueEnd(self, address)

    def made(self, protocol: Any) -> None:
        """Let the venue have the connection."""
        self.protocol = protocol
        protocol.connection_made(self.end)

    def write(self, data: bytes) -> None:
        """Write as the client."""
        self.up.write(data)

    def close(self) -> None:
        """Close as the client: what was written arrives, what comes is not read any more."""
        self._client_gone = True
        self.down.cut()
        self.up.end(self.venue_notices)

    def break_off(self, venue_notices: bool = False, client_notices: bool = True) -> None:
        """Let the network break; an end that does not notice takes silence for peace."""
        self.bytes_lost += self.up.cut() + self.down.cut()
        if client_notices:
            self.scope.after(int(self.random.expovariate(1 / (20 * MS))), self.client_notices)
        if venue_notices:
            self.scope.after(int(self.random.expovariate(1 / (20 * MS))), self.venue_notices)

    @property
    def is_over(self) -> bool:
        """Say whether both ends know that the connection is gone."""
        return self._venue_gone and self._client_gone

    def venue_dies(self, client_notices: bool) -> int:
        """Let the process at the venue's end die; return how many bytes are lost."""
        self._venue_gone = True
        lost = self.up.cut() + self.down.cut()
        if client_notices:
            self.down.end(self.client_notices)
        return lost

    def venue_notices(self) -> None:
        if not self._venue_gone and self.venue_scope.alive:
            self._venue_gone = True
            self.up.cut()
            self.end.gone()
            self.protocol.connection_lost(None)

    def client_notices(self) -> None:
        if not self._client_gone:
            self._client_gone = True
            self._lost()

    def _arrives_at_venue(self, data: bytes) -> None:
        if not self._venue_gone and self.venue_scope.alive and not self.end.is_closing():
            self.protocol.data_received(data)

    def _arrives_at_client(self, data: bytes) -> None:
        if self.venue_scope.alive:
            self.end.drained()
        if not self._client_gone:
            self._receive(data)
