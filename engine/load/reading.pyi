"""The reports of one session of a load: read in place, checked one by one, counted, and timed."""

from typing import final

from engine.load.executions import Executions
from engine.load.plan import Plan

@final
class Reader:
    """What one session hears.  `plan` must be encoded; executions go to `executions`, under the session's place `number`.

    Reports are expected from number `next_seq` on.  Bytes are put into `room` from place `kept` on and then taken.
    """

    room: bytearray
    kept: int
    next_seq: int
    sent: int
    answered: int
    open_orders: int
    reports: int
    last_ns: int
    others: list[bytes]
    base: int
    cash: int
    fees: int
    swept: bool

    def __new__(cls, plan: Plan, executions: Executions, number: int, batch: int, next_seq: int) -> Reader: ...
    @property
    def answers(self) -> dict[int, int]:
        """How many requests were answered, by the ExecType of the answer."""

    @property
    def refusals(self) -> dict[int, int]:
        """How many requests were refused, by Reason."""

    @property
    def endings(self) -> dict[int, int]:
        """How many orders ended otherwise than by executions or requests, by Reason."""

    def send(self, upto: int, due_ns: int) -> None:
        """Note that the requests below `upto` are sent, and that those which were not before were due at `due_ns`."""

    def take(self, received: int, now_ns: int) -> None:
        """Read what has come into `room` at `now_ns`, behind what was kept.  Raises LoadFault for the first report that is wrong."""

    def waits(self) -> bytes:
        """Return how long each answered request waited, in ns, as 8-byte integers."""
