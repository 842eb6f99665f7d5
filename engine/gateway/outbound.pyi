from asyncio import WriteTransport
from collections.abc import Callable
from typing import Any, final

from engine.gateway.lane import Lane
from engine.replica import ReportSink

@final
class Outbound(ReportSink):
    """The way of reports from the sequencer to the sessions' lanes, given as a list by session number."""

    def __new__(cls, lanes: list[Lane | None], *, steady_ns: Callable[[], int]) -> Outbound: ...
    def follow(self, news: list[str], tell: Callable[[], object]) -> None:
        """Call `tell` behind the reports of each batch in which `news` has grown."""

    def send(self, transport: WriteTransport | None, frames: bytes) -> None:
        """Write to a transport behind everything that it may see; what waits for a lane's client goes through the lane."""

    def send_to(self, lane: Lane, frames: bytes) -> None:
        """Write something that is no report to a lane's client, behind every report that there is now."""

    def after(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call when the journal has released all that is carried out now: at once if it has."""

    def cut_lane(self, lane: Lane) -> None:
        """Let the reports of a lane wait for the client that is there now, whoever is when they may be seen."""

    def pass_on(self, lane: Lane, transport: WriteTransport, frames: bytes) -> None:
        """Write what waited for a lane's client: to the connection that it was meant for."""

    def deliver(self, lane: Lane, chunk: tuple[int, int, bytes, int, WriteTransport | None]) -> None:
        """Let the reports of a lane be seen."""

def write(transport: WriteTransport | None, frames: bytes) -> None:
    """Write to a transport that may be gone."""
