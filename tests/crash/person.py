"""A person who acts on the venue while it is killed: deposits that must be booked once, halts that come and go."""

import asyncio
from random import Random

from engine.admin.client import AdminClient, AdminError
from engine.venue.acts import Deposit, SetStatus
from tests.crash.house import PERSON, SYMBOLS, VENUE, key_of

AMOUNT = 1_000_000
DONE = ("DONE", "ALREADY")


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
                    if self._dice.random() < 0.1:
                        for status in ("halted", "continuous"):
                            venue.act(SetStatus(instrument=self._dice.choice(SYMBOLS), status=status, cause="operational"), "a test")
        except AdminError:
            return

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
