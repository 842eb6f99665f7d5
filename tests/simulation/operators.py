"""Operators at random: money comes in, instruments are halted and resumed, sessions are opened.

Who asked for something and was not told what became of it asks again; the venue knows the external id of a deposit and books it once.
"""

from random import Random
from typing import TYPE_CHECKING

from engine.journal.records import JournalStopped
from engine.venue.acts import BaseAct, Deposit, Outcome, SetStatus
from tests.gateway.funded import SYMBOLS, request, subscriber

if TYPE_CHECKING:
    from tests.simulation.world import World


class Operators:
    """All operators of a venue; `deposited` is what was confirmed to them, `joining` who may trade from then on."""

    def __init__(self, world: "World", random: Random) -> None:
        self._world, self._random = world, random
        self._unanswered: list[BaseAct] = []
        self._numbers = 0
        self.deposited: dict[str, tuple[str, int]] = {}
        self.told: list[bytes] = []

    @property
    def is_at_rest(self) -> bool:
        return not self._unanswered

    def act(self) -> None:
        """Ask for something, or again for what was not answered."""
        if not self._unanswered:
            self._unanswered.extend(self._something())
        self._ask()

    def insist(self) -> None:
        """Ask again for what was not answered, if anything."""
        if self._unanswered:
            self._ask()

    def _ask(self) -> None:
        gateway = self._world.gateway
        if gateway is None or gateway.failure is not None:
            return
        act = self._unanswered[0]
        payload = request(act)
        try:
            outcome = gateway.act(payload)
        except JournalStopped:
            return
        gateway.outbound.after(self._told, act, payload, outcome, gateway.sequencer.last_ts_ns)

    def _told(self, act: BaseAct, payload: bytes, outcome: Outcome, ts_ns: int) -> None:
        world = self._world
        world.expect(ts_ns <= world.durable_ns, f"an operator was told of {act}, which is not durable")
        world.trace("operator", repr(outcome).encode())
        self.told.append(payload)
        if act in self._unanswered:
            self._unanswered.remove(act)
        if isinstance(act, Deposit) and outcome.code in ("DONE", "ALREADY"):
            self.deposited[act.external_id] = (act.asset, act.amount)
        allowed = ("DONE", "ALREADY") if isinstance(act, Deposit) else ("DONE", "ALREADY", "STATUS")
        again = outcome.code.endswith("_EXISTS")  # it was done, and the answer was lost
        world.expect(again or outcome.code in allowed, f"{act} was answered {outcome}")
        world.count(f"act: {outcome.code}")
        world.told(act)

    def _something(self) -> list[BaseAct]:
        random = self._random
        self._numbers += 1
        chance = random.random()
        if chance < 0.1 and len(self._world.traders) < self._world.traders_max:
            return self._world.newcomer()
        if chance < 0.6:
            account = random.randint(1, len(self._world.traders))
            return [Deposit(external_id=f"more-{self._numbers}", account=account, asset="USDC", amount=random.randint(1, 10**9))]
        symbol = random.choice(SYMBOLS)
        statuses = random.choice((("halted", "continuous"), ("reduce-only", "continuous"), ("suspended", "post-only", "continuous")))
        return [SetStatus(instrument=symbol, status=status, cause="operational") for status in statuses]


__all__ = ["Operators", "subscriber"]
