"""The desk: the registers that every rule of the office reads and writes, the venue under them, and what a rule gives back.

A rule takes (desk, act, by) and returns a Do, a function of no arguments that carries the act out and cannot fail, or raises Answered,
having changed nothing.  So a dry run is the rule without its Do, and nothing is ever half applied.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple, TypeVar

from engine.matching.enums import Reason
from engine.venue.acts import BaseAct, Outcome
from engine.venue.agenda import Agenda
from engine.venue.issuance_registers import Attestation, Attestor, Issuance, MintEntry, RedeemEntry, ReserveChange
from engine.venue.records import Bucket
from engine.venue.registers import (
    AccessDecision,
    Account,
    Asset,
    AuctionResult,
    Claim,
    Decision,
    DepositEntry,
    Hold,
    JournalEntry,
    Line,
    Listing,
    Person,
    Profile,
    Proposal,
    Session,
    StatusChange,
    Subscriber,
    Withdrawal,
)
from engine.venue.venue import Venue

T = TypeVar("T")
Do = Callable[[], Outcome]


class Answered(Exception):
    """The answer is known and there is nothing to do: a refusal, or something that had been done before."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class By(NamedTuple):
    """Who acts, why and when; `actor` names both persons where two were needed."""

    actor: str
    reason: str
    ts_ns: int


class External(NamedTuple):
    """What an external id was used for, and the journal entry that it caused first."""

    act: BaseAct
    journal: int


def refused(code: str, text: str) -> Answered:
    """Return the refusal of an act, by the word of the rule and a text that names the value and the rule."""
    return Answered(Outcome(accepted=False, code=code, text=text))


def already(text: str, **data: int) -> Answered:
    """Return the answer to what had been done before."""
    return Answered(Outcome(accepted=True, code="ALREADY", text=text, data=data))


def done(text: str = "", **data: int) -> Outcome:
    """Return the answer to what was done now."""
    return Outcome(accepted=True, code="DONE", text=text, data=data)


class Desk:
    """The registers, in the order in which their entries came; the office alone changes them."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.assets: dict[str, Asset] = {}
        self.instruments: dict[str, Listing] = {}
        self.subscribers: dict[str, Subscriber] = {}
        self.accounts: dict[int, Account] = {}
        self.sessions: dict[str, Session] = {}
        self.session_news: list[str] = []  # names that changed, for who follows; no part of the state
        self.status_news: list[str] = []  # symbols that changed, likewise
        self.changes: list[StatusChange] = []
        self.auctions: list[AuctionResult] = []
        self.attestors: dict[str, Attestor] = {}
        self.issuances: dict[str, Issuance] = {}
        self.attestations: list[Attestation] = []
        self.reserves: list[ReserveChange] = []
        self.mints: dict[str, MintEntry] = {}
        self.redeems: dict[str, RedeemEntry] = {}
        self.claims: dict[tuple[str, int], Claim] = {}
        self.deposits: dict[str, DepositEntry] = {}
        self.withdrawals: dict[str, Withdrawal] = {}
        self.holds: dict[str, Hold] = {}
        self.proposals: dict[int, Proposal] = {}
        self.roles: dict[str, Person] = {}
        self.decisions: list[AccessDecision] = []
        self.journal: list[JournalEntry] = []
        self.external: dict[str, External] = {}
        self.profiles: dict[Profile, int] = {}
        self.chains: dict[str, int] = {}
        self.groups: dict[str, int] = {}
        self.rates: dict[tuple[int, int, int], None] = {}
        self.owned: dict[str, list[int]] = {}
        self.held: dict[int, list[str]] = {}
        self.agenda = Agenda()
        self.list_version = 0
        self.killed = False
        self.founded = False

    def asset(self, name: str) -> Asset:
        return _found(self.assets.get(name), "UNKNOWN_ASSET", f"asset {name} is not known")

    def listing(self, symbol: str) -> Listing:
        return _found(self.instruments.get(symbol), "UNKNOWN_INSTRUMENT", f"instrument {symbol} is not listed")

    def listed(self, number: int) -> Listing:
        """Return the instrument of a number: they are numbered from 1 in their order."""
        return next(islice(self.instruments.values(), number - 1, None))

    def living(self, symbol: str) -> Listing:
        """Return an instrument that has not ended."""
        listing = self.listing(symbol)
        if listing.status == "terminated":
            raise refused("STATUS", f"{symbol} is terminated")
        return listing

    def subscriber(self, name: str) -> Subscriber:
        return _found(self.subscribers.get(name), "UNKNOWN_SUBSCRIBER", f"subscriber {name} is not known")

    def account(self, number: int) -> Account:
        return _found(self.accounts.get(number), "UNKNOWN_ACCOUNT", f"account {number} is not open")

    def owner(self, account: Account) -> Subscriber:
        return self.subscribers[account.subscriber]

    def accounts_of(self, subscriber: str) -> list[Account]:
        return [self.accounts[number] for number in self.owned.get(subscriber, [])]

    def holds_on(self, account: int) -> list[Hold]:
        """Return the legal holds in force on an account."""
        return [self.holds[hold_id] for hold_id in self.held.get(account, [])]

    def available(self, account: int, asset: Asset) -> int:
        return self.venue.balance(account, asset.number).available

    def note_session(self, session: Session) -> None:
        """Open, change or close a session."""
        self.sessions[session.name] = session
        self.session_news.append(session.name)

    def decide(self, by: By, subject: str, decision: Decision, standard_id: str) -> None:
        """Write down an access decision."""
        seq = len(self.decisions) + 1
        entry = AccessDecision(
            seq=seq, ts_ns=by.ts_ns, subject=subject, decision=decision, standard_id=standard_id, reason=by.reason, actor=by.actor
        )
        self.decisions.append(entry)

    def post(self, by: By, cause: str, external_id: str, lines: Iterable[Line]) -> int:
        """Move balances and write down the double entry; return its number."""
        lines = tuple(lines)
        self.venue.move(list(lines))
        return self.note(by, cause, external_id, lines)

    def note(self, by: By, cause: str, external_id: str, lines: tuple[Line, ...]) -> int:
        """Write down a double entry that the venue has made; return its number."""
        seq = len(self.journal) + 1
        self.journal.append(JournalEntry(seq=seq, ts_ns=by.ts_ns, cause=cause, external_id=external_id, lines=lines))
        return seq

    def movable(self, lines: Iterable[Line]) -> None:
        """Refuse what the venue could not move, for want of room or because an amount would not fit."""
        fault = self.venue.why_not(list(lines))
        if fault:
            raise refused("CANNOT_MOVE", fault)

    def room_for(self, asset: int, accounts: Iterable[int]) -> None:
        """Refuse to open balances that there is no room for."""
        fault = self.venue.why_not([(account, asset, Bucket.AVAILABLE, 0) for account in accounts])
        if fault:
            raise refused("BALANCES_FULL", fault)

    def unused(self, external_id: str, act: BaseAct) -> None:
        """Answer ALREADY for an external id that was used for the same, and refuse one that was used for something else."""
        before = self.external.get(external_id)
        if before is None:
            return
        if before.act == act and not before.journal:
            raise already(f"{external_id} is known already")
        if before.act == act:
            raise already(f"{external_id} is journal entry {before.journal}", journal=before.journal)
        where = f", in journal entry {before.journal}" if before.journal else ""
        raise refused("EXTERNAL_ID_USED", f"external id {external_id} was used with other content{where}")

    def cancel(
        self, reason: Reason, *, accounts: Iterable[Account] | None = None, instrument: int = 0, side: int = 0, session: int = 0
    ) -> int:
        """Cancel open orders, of these accounts or of all, and return their number."""
        if accounts is None:
            return self.venue.cancel_all(session=session, instrument=instrument, side=side, reason=reason)
        return sum(
            self.venue.cancel_all(session=session, account=account.number, instrument=instrument, side=side, reason=reason)
            for account in accounts
        )


def _found(entry: T | None, code: str, text: str) -> T:
    if entry is None:
        raise refused(code, text)
    return entry
