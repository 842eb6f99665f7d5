from collections.abc import Callable
from typing import final

from engine.gateway.lane import Lane
from engine.sequencer import ReportSink

@final
class Outbound(ReportSink):
    """The way of reports from the sequencer to the sessions' lanes, given as a list by session number."""

    def __new__(cls, lanes: list[Lane | None], *, steady_ns: Callable[[], int]) -> Outbound: ...
