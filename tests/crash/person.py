"""A person who acts on the venue while it is killed: deposits that must be booked once, halts and calls that come and go, attestations."""

import asyncio
import time
from random import Random

from engine.admin.client import AdminClient, AdminError
from engine.cli.attest import signed
from engine.venue.acts import (
    Attest,
    BaseAct,
    ConfirmCustody,
    DeliverMint,
    Deposit,
    HedgeMint,
    Mint,
    RequestMint,
    SetReference,
    SetStatus,
)
from tests.crash.house import ATTESTOR, ISSUED, PERSON, SYMBOLS, VENUE, key_of

AMOUNT = 1_000_000
SECOND = 1_000_000_000
MID = 10_000
DONE = ("DONE", "ALREADY")
ROADS = (
    *(("halted", "auction-call"), ("pre-open", "auction-call"), ("auction-call",), ("post-only", "continuous")),
    *(("vol-pause",), ("closed", "auction-call"), ("reduce-only", "continuous")),
)


class Person:
    """Books deposits of one amount under ids of his own, and asks again where an answer was lost."""

    def __init__(self, port: int, dice: Random, accounts: int) -> None:
        self.booked = 0
        self.asked = 0
        self.asked_again = 0
        self.faults: list[str] = []
        self.acting = False
        self._where, self._dice, self._accounts = f"127.0.0.1:{port + 1}", dice, accounts
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        """Act, whenever there is a venue, until canceled."""
        while True:
            await asyncio.sleep(0.02 + 0.1 * self._dice.random())
            if self.acting:
                self._idle.clear()
                try:
                    await asyncio.to_thread(self._act)
                finally:
                    self._idle.set()

    async def rest(self) -> None:
        """Stop acting, and wait until nothing is under way."""
        self.acting = False
        await self._idle.wait()

    @property
    def settled(self) -> bool:
        return self.booked == self.asked

    def settle(self) -> None:
        """Ask again for what may have been lost."""
        if not self.settled:
            try:
                with self._client() as venue:
                    self._deposit(venue)
            except AdminError as error:
                self.faults.append(f"deposit {self.asked} cannot be asked for again: {error}")

    def _act(self) -> None:
        try:
            with self._client() as venue:
                for _ in range(self._dice.randint(1, 20)):
                    self._deposit(venue)
                    if self._dice.random() < 0.2:
                        for act in self._something():
                            venue.act(act, "a test")
        except AdminError:
            return

    def _something(self) -> list[BaseAct]:
        """Draw acts that may be refused, for what the venue has become since."""
        dice = self._dice
        kind = dice.randrange(4)
        if kind == 0:
            return [self._attestation()]
        if kind == 1:
            price, as_of_ns = MID + 100 * dice.randint(-3, 3), time.time_ns() - SECOND
            return [SetReference(instrument="TSLAx", price=price, source="feed", quality="live", as_of_ns=as_of_ns)]
        if kind == 2:
            return self._mint()
        symbol = dice.choice((*SYMBOLS, ISSUED))
        return [SetStatus(instrument=symbol, status=status, cause="operational") for status in dice.choice(ROADS)]

    def _attestation(self) -> BaseAct:
        """Attest many shares, or few for a moment: then the instrument halts."""
        as_of_ns = time.time_ns() - SECOND
        shares, valid_ns = self._dice.choice(((10**12, 600 * SECOND), (10**12, 600 * SECOND), (1, 600 * SECOND), (10**12, 2 * SECOND)))
        said = Attest(
            instrument=ISSUED,
            attestor=ATTESTOR,
            custodian="vault",
            shares=shares,
            as_of_ns=as_of_ns,
            valid_until_ns=as_of_ns + valid_ns,
            signature=bytes(64),
        )
        return signed(said, key_of(ATTESTOR))

    def _mint(self) -> list[BaseAct]:
        name = f"mint-{self._dice.getrandbits(64):x}"
        request = RequestMint(external_id=name, instrument=ISSUED, account=self._dice.randint(1, self._accounts), qty=10**6)
        hedge, custody = HedgeMint(external_id=name, reference="broker"), ConfirmCustody(external_id=name, reference="vault")
        return [request, hedge, custody, Mint(external_id=name), DeliverMint(external_id=name)]

    def _deposit(self, venue: AdminClient) -> None:
        """Ask for the deposit whose answer is missing, or for the next."""
        again = not self.settled
        self.asked += not again
        self.asked_again += again
        account = self.asked % self._accounts + 1
        answer = venue.act(Deposit(external_id=f"wire:{self.asked}", account=account, asset="USDC", amount=AMOUNT), "a wire came")
        if answer.code not in DONE or (answer.code == "ALREADY" and not again):
            self.faults.append(f"deposit {self.asked}: {answer.code}: {answer.text}")
        self.booked = self.asked

    def _client(self) -> AdminClient:
        return AdminClient(self._where, name=PERSON, key=key_of(PERSON), venue=VENUE, timeout=30)
