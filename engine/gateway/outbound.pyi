from collections.abc import Callable
from typing import final

from engine.gateway.lane import Lane
from engine.sequencer import ReportSink

@final
class Outbound(ReportSink):
    """The way of reports from the sequencer to the sessions' lanes, given as a list by session number."""

    def __new__(cls, lanes: list[Lane | None], *, instruments: int, steady_ns: Callable[[], int]) -> Outbound: ...
    def last_price(self, instrument: int) -> int:
        """Price of the instrument's last execution, 0 before the first."""
