from asyncio import BaseTransport, Protocol, Transport
from collections.abc import Callable, Iterable, Sequence
from typing import Any, final
from typing import Protocol as Interface

from engine.gateway.effects import Effect, Send
from engine.gateway.lane import Lane
from engine.gateway.outbound import Outbound
from engine.gateway.session import Session
from engine.sequencer import Sequencer

class _Owner(Interface):
    """Who performs the effects of a connection's session."""

    def connected(self, connection: Connection, now_ns: int) -> None: ...
    def disconnected(self, connection: Connection) -> None: ...
    def broken(self, connection: Connection, error: Exception) -> None: ...
    def perform(self, connection: Connection, effects: Sequence[Effect]) -> None: ...
    def crowd(self) -> None: ...

@final
class Connection(Protocol):
    """One TCP connection, an asyncio protocol."""

    def __new__(
        cls,
        gateway: _Owner,
        session: Session,
        sequencer: Sequencer,
        outbound: Outbound,
        nonce: bytes,
        limits: object,
        steady_ns: Callable[[], int],
    ) -> Connection: ...
    @property
    def session(self) -> Session: ...
    @property
    def transport(self) -> Transport: ...
    @property
    def lane(self) -> Lane | None:
        """The lane of the session that is logged on here."""

    @property
    def peer(self) -> Any: ...
    @property
    def nonce(self) -> bytes: ...
    @property
    def heard_ns(self) -> int:
        """When the last valid message came."""

    @property
    def paused_ns(self) -> int:
        """Since when the client does not read; 0 while it does."""

    @property
    def held(self) -> bool:
        """Whether nothing is read from it for now."""

    def connection_made(self, transport: BaseTransport) -> None: ...
    def connection_lost(self, exc: Exception | None) -> None: ...
    def eof_received(self) -> bool: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...
    def data_received(self, data: bytes) -> None: ...
    def attach(self, lane: Lane) -> None:
        """Let the requests of a session that is logged on go straight to the venue, and its reports come here."""

    def detach(self) -> None:
        """Let nothing reach the venue any more; the reports that there are now still come here."""

    def deafen(self) -> None:
        """Ignore what still comes."""

    def hold(self) -> None:
        """Read nothing for now."""

    def go_on(self) -> None:
        """Read again."""

    def send(self, sends: Iterable[Send], utc_ns: int, now_ns: int) -> None:
        """Send messages that are not numbered with one write, behind every report that there is now.

        `sends` are all of what waits at the gate or all of what does not.
        """
