"""Operators at random: money comes in, instruments are halted and called, references and attestations given, tokens minted and redeemed.

Who asked for something and was not told what became of it asks again; the venue knows the external id of a deposit and books it once.
"""

from random import Random
from typing import TYPE_CHECKING

from engine.journal.records import JournalStopped
from engine.venue.acts import (
    Attest,
    BaseAct,
    BurnRedeem,
    ConfirmCustody,
    DeliverMint,
    Deposit,
    FailMint,
    HedgeMint,
    Mint,
    Outcome,
    ReleaseRedeem,
    RequestMint,
    RequestRedeem,
    SetReference,
    SetStatus,
)
from tests.gateway.funded import request
from tests.simulation.market import ISSUED, MID, PAUSING, SHARES, SYMBOLS, attestation

DONE = {"DONE", "ALREADY"}
# What else an act may be answered, as its time is not the operator's: something has changed since, or it was done and nobody heard.
ALSO = {
    SetStatus: {"STATUS", "RESERVE", "NO_PAUSE"},
    SetReference: {"REFERENCE_OLDER", "REFERENCE_FUTURE", "REFERENCE_STALE"},
    Attest: {"ATTESTATION_OLDER", "ATTESTATION_FUTURE", "ATTESTATION_STALE"},
}
STEPS = (RequestMint, HedgeMint, ConfirmCustody, Mint, DeliverMint, FailMint, RequestRedeem, BurnRedeem, ReleaseRedeem)
CANNOT = frozenset({"MINT_STATE", "REDEEM_STATE", "UNKNOWN_MINT", "UNKNOWN_REDEEM", "RESERVE", "RESERVE_STALE", "INSUFFICIENT"})
ROADS = (
    *(("halted", "auction-call"), ("reduce-only", "continuous"), ("suspended", "auction-call"), ("pre-open", "auction-call")),
    *(("auction-call",), ("auction-call",), ("post-only", "continuous"), ("vol-pause",), ("cancel-only", "auction-call")),
    ("closed", "auction-call"),
)

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
        again = outcome.code.endswith("_EXISTS")  # it was done, and the answer was lost
        world.expect(
            again or outcome.code in DONE | ALSO.get(type(act), CANNOT if isinstance(act, STEPS) else set()),
            f"{act} was answered {outcome}",
        )
        world.count(f"act: {outcome.code}")
        world.told(act)

    def _something(self) -> list[BaseAct]:
        random = self._random
        self._numbers += 1
        chance = random.random()
        if chance < 0.1 and len(self._world.traders) < self._world.traders_max:
            return self._world.newcomer()
        account = random.randint(1, len(self._world.traders))
        if chance < 0.3:
            return [Deposit(external_id=f"more-{self._numbers}", account=account, asset="USDC", amount=random.randint(1, 10**9))]
        if chance < 0.45:
            return [self._reference()]
        if chance < 0.6:
            return [attestation(self._now_ns, random.choice((SHARES, SHARES, SHARES, 1_000)), random.choice((1, 20, 40)))]
        if chance < 0.7:
            return self._issue(account)
        symbol = random.choice(SYMBOLS)
        return [SetStatus(instrument=symbol, status=status, cause="operational") for status in random.choice(ROADS)]

    def _reference(self) -> BaseAct:
        quality = self._random.choice(("live", "live", "live", "closed"))
        price = MID + self._random.choice((0, 0, 100, -200, 500, 2_000))
        return SetReference(instrument=PAUSING, price=price, source="feed", quality=quality, as_of_ns=self._now_ns)

    def _issue(self, account: int) -> list[BaseAct]:
        """Return the steps of a mint or of a redeem, not all of them to the end."""
        name, qty = f"issue-{self._numbers}", self._random.randint(1, 50) * 100
        if self._random.random() < 0.3:
            redeem = RequestRedeem(external_id=name, instrument=ISSUED, account=account, qty=qty)
            return [redeem, BurnRedeem(external_id=name), ReleaseRedeem(external_id=name, reference="wire")]
        steps = [
            RequestMint(external_id=name, instrument=ISSUED, account=account, qty=qty),
            HedgeMint(external_id=name, reference="broker"),
            ConfirmCustody(external_id=name, reference="vault"),
            Mint(external_id=name),
            DeliverMint(external_id=name),
        ]
        done = steps[: self._random.choice((2, 4, 5, 5, 5))]
        return [*done, FailMint(external_id=name)] if self._random.random() < 0.2 else done

    @property
    def _now_ns(self) -> int:
        """The venue's time, where it runs: what is as of later is refused."""
        gateway = self._world.gateway
        return gateway.sequencer.last_ts_ns if gateway is not None else self._world.clock.utc_ns()
