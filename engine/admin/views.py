"""Pages of the venue's registers, as rows.

A page looks at a bounded number of entries and has a bounded size, whatever the filter, because it is made between two commands of the
venue: what is left is the next page's.  Registers only grow at their end or keep their order, so no entry is missed between two pages.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, TypeVar

import msgspec
from msgspec.structs import asdict

from engine.admin.board import attestation_row, board_row, calendar_row, mint_row, reserve_change_row, reserve_row
from engine.admin.kinds import Row
from engine.admin.messages import What
from engine.admin.rows import (
    ROWS,
    AccountRow,
    AssetRow,
    BalanceRow,
    ConservationRow,
    DecisionRow,
    DepositRow,
    Frozen,
    HoldRow,
    InstrumentRow,
    JournalLine,
    JournalRow,
    ProposalRow,
    RoleRow,
    SessionRow,
    SubscriberRow,
    TradeRow,
    VenueRow,
    WithdrawalRow,
)
from engine.admin.standing import AttestorRow, AuctionRow, ChangeRow, ClaimRow
from engine.venue.office import Office
from engine.venue.records import Bucket, SettleForm, SystemAccount
from engine.venue.registers import Hold, JournalEntry, Listing, Session, Subscriber
from engine.venue.venue import Venue

# Some two milliseconds between two commands; what a page costs is mostly making its rows.
ENTRIES_MAX = 250
PAGE_BYTES = 1 << 18
SYSTEM = {int(account): account.name for account in SystemAccount}
BUCKETS = {int(bucket): bucket.name.lower() for bucket in Bucket}

T = TypeVar("T")
Entries = Iterator[Row | None]


class UnknownField(ValueError):
    """A filter that no row can match."""


class Views:
    """The registers of a venue.

    `live` and `operators` say how many connections a session's or a person's name has, `commands` how many commands the log holds.
    """

    def __init__(
        self, name: str, office: Office, *, live: Callable[[str], int], operators: Callable[[str], int], commands: Callable[[], int]
    ) -> None:
        self._name = name
        self._office = office
        self._venue: Venue = office.venue
        self._live = live
        self._operators = operators
        self._commands = commands
        self._assets: dict[int, str] = {}
        self._entries: dict[What, Callable[[int], Entries]] = {
            "venue": self._venue_row,
            "board": lambda after: (board_row(office, listing) for listing in values(office.instruments, after)),
            "calendar": lambda after: (calendar_row(office, due) for due in part(office.agenda.entries, after)),
            "changes": lambda after: (ChangeRow(**asdict(change)) for change in office.changes[after : after + ENTRIES_MAX]),
            "auctions": lambda after: (AuctionRow(**asdict(result)) for result in office.auctions[after : after + ENTRIES_MAX]),
            "claims": lambda after: (ClaimRow(**asdict(claim)) for claim in values(office.claims, after)),
            "attestors": lambda after: (AttestorRow(**asdict(attestor)) for attestor in values(office.attestors, after)),
            "attestations": lambda after: (attestation_row(each) for each in office.attestations[after : after + ENTRIES_MAX]),
            "reserves": lambda after: (reserve_row(office, *entry) for entry in part(office.issuances.items(), after)),
            "reserve-changes": lambda after: (reserve_change_row(each) for each in office.reserves[after : after + ENTRIES_MAX]),
            "mints": lambda after: (mint_row(entry) for entry in values(office.mints, after)),
            "redeems": lambda after: (mint_row(entry) for entry in values(office.redeems, after)),
            "assets": lambda after: (AssetRow(**asdict(asset)) for asset in values(office.assets, after)),
            "instruments": lambda after: (self._instrument(listing) for listing in values(office.instruments, after)),
            "subscribers": lambda after: (self._subscriber(subscriber) for subscriber in values(office.subscribers, after)),
            "accounts": self._account_rows,
            "balances": self._balance_rows,
            "sessions": lambda after: (self._session(session) for session in values(office.sessions, after)),
            "deposits": lambda after: (DepositRow(**asdict(deposit)) for deposit in values(office.deposits, after)),
            "withdrawals": lambda after: (WithdrawalRow(**asdict(withdrawal)) for withdrawal in values(office.withdrawals, after)),
            "holds": lambda after: (self._hold(hold) for hold in values(office.holds, after)),
            "proposals": self._proposal_rows,
            "decisions": lambda after: (DecisionRow(**asdict(entry)) for entry in office.decisions[after : after + ENTRIES_MAX]),
            "trades": self._trade_rows,
            "journal": lambda after: (self._journal(entry) for entry in office.journal[after : after + ENTRIES_MAX]),
            "roles": self._role_rows,
            "conservation": self._conservation_rows,
        }

    def page(self, what: What, wanted: dict[str, str], after: int) -> tuple[list[msgspec.Raw], int]:
        """Return the next rows that have the wanted texts in their fields, and where to go on, 0 at the end.  Raises UnknownField."""
        fields = ROWS[what].__struct_fields__
        for name in wanted:
            if name not in fields:
                raise UnknownField(f"{what} have no field {name}: there are {', '.join(fields)}")
        self._assets = {asset.number: name for name, asset in self._office.assets.items()}
        if what == "trades":
            after = max(after, self._venue.first_match_id - 1)
        rows, size, seen = [], 0, after
        for row in self._entries[what](after):
            seen += 1
            if row is None or not all(said(getattr(row, name), text) for name, text in wanted.items()):
                continue
            packed = msgspec.msgpack.encode(row)
            rows.append(msgspec.Raw(packed))
            size += len(packed)
            if size >= PAGE_BYTES:
                break
        return rows, seen if seen < self._count(what) else 0

    def _count(self, what: What) -> int:
        office = self._office
        match what:
            case "venue":
                return 1
            case "trades":
                return self._venue.last_match_id
            case "balances":
                return (len(SystemAccount) + len(office.accounts)) * len(office.assets)
            case "conservation":
                return len(office.assets)
            case "board":
                return len(office.instruments)
            case "calendar":
                return len(office.agenda.entries)
            case "reserves":
                return len(office.issuances)
            case "reserve-changes":
                return len(office.reserves)
            case _:
                return len(getattr(office, what))

    def _venue_row(self, after: int) -> Entries:
        office = self._office
        if after:
            return
        yield VenueRow(
            venue=self._name,
            founded=office.founded,
            killed=office.killed,
            list_version=office.list_version,
            commands=self._commands(),
            trades=self._venue.last_match_id,
            assets=len(office.assets),
            instruments=len(office.instruments),
            subscribers=len(office.subscribers),
            accounts=len(office.accounts),
            sessions=len(office.sessions),
            connected=sum(self._live(name) for name in office.sessions),
            proposals_open=sum(proposal.state == "open" for proposal in office.proposals.values()),
        )

    def _instrument(self, listing: Listing) -> InstrumentRow:
        reference = self._venue.reference(listing.number)
        return InstrumentRow(
            number=listing.number,
            symbol=listing.terms.symbol,
            status=listing.status,
            cause=listing.cause,
            since_ns=listing.since_ns,
            expected_resume_ns=listing.expected_resume_ns,
            session=listing.session,
            killed=listing.killed,
            reference=reference.price,
            source=listing.mark.source if listing.mark else "",
            quality=reference.quality.name.lower(),
            low=reference.low,
            high=reference.high,
            traded_day=self._venue.traded_day(listing.number),
            terms=listing.terms,
        )

    def _subscriber(self, subscriber: Subscriber) -> SubscriberRow:
        fields = asdict(subscriber)
        del fields["profile"]
        return SubscriberRow(**fields, **self._venue.party(subscriber.number)._asdict())

    def _account_rows(self, after: int) -> Entries:
        holds: dict[int, list[str]] = {}
        for hold in self._office.holds.values():
            if not hold.lifted_ns:
                holds.setdefault(hold.account, []).append(hold.hold_id)
        for account in values(self._office.accounts, after):
            yield AccountRow(**asdict(account), holds=tuple(holds.get(account.number, ())))

    def _balance_rows(self, after: int) -> Entries:
        """Yield a place for each account and asset, empty where the account never had any."""
        assets = list(self._office.assets.values())
        if not assets:
            return
        first, skipped = divmod(after, len(assets))
        customers = ((account.number, account.subscriber) for account in self._office.accounts.values())
        owners = islice(chain(SYSTEM.items(), customers), first, first + ENTRIES_MAX)
        places = ((number, owner, asset) for number, owner in owners for asset in assets)
        for number, owner, asset in part(places, skipped):
            balance = self._venue.balance(number, asset.number)
            yield BalanceRow(**{**balance._asdict(), "asset": asset.asset, "owner": owner}) if any(balance[2:]) else None

    def _session(self, session: Session) -> SessionRow:
        numbers = self._venue.next_in(session.number), self._venue.next_out(session.number)
        return SessionRow(**asdict(session), connected=bool(self._live(session.name)), next_in=numbers[0], next_out=numbers[1])

    def _hold(self, hold: Hold) -> HoldRow:
        frozen = tuple(Frozen(asset=self._assets[asset], amount=amount) for asset, amount in hold.frozen)
        return HoldRow(**{**asdict(hold), "frozen": frozen})

    def _proposal_rows(self, after: int) -> Entries:
        for proposal in values(self._office.proposals, after):
            yield ProposalRow(**asdict(proposal), what=str(proposal.act.__struct_config__.tag))

    def _trade_rows(self, after: int) -> Entries:
        symbols = {listing.number: symbol for symbol, listing in self._office.instruments.items()}
        for match_id in range(after + 1, min(after + ENTRIES_MAX, self._venue.last_match_id) + 1):
            trade = self._venue.trade(match_id)
            if trade is None:
                yield None
                continue
            fields = trade._asdict() | {
                "instrument": symbols[trade.instrument],
                "maker_side": "buy" if trade.maker_side == 1 else "sell",
                "maker_form": form(trade.maker_form),
                "taker_form": form(trade.taker_form),
                "quality": trade.quality.name.lower(),
            }
            yield TradeRow(**{name: fields[name] for name in TradeRow.__struct_fields__})

    def _journal(self, entry: JournalEntry) -> JournalRow:
        lines = tuple(
            JournalLine(account=SYSTEM.get(account) or str(account), asset=self._assets[asset], bucket=BUCKETS[bucket], delta=delta)
            for account, asset, bucket, delta in entry.lines
        )
        return JournalRow(seq=entry.seq, ts_ns=entry.ts_ns, cause=entry.cause, external_id=entry.external_id, lines=lines)

    def _role_rows(self, after: int) -> Entries:
        for person in values(self._office.roles, after):
            yield RoleRow(**asdict(person), connections=self._operators(person.name))

    def _conservation_rows(self, after: int) -> Entries:
        for asset in values(self._office.assets, after):
            customers = self._venue.total(asset.number)._asdict()
            own = {name.lower(): sum(self._venue.balance(number, asset.number)[2:]) for number, name in SYSTEM.items()}
            buckets = {bucket: customers[bucket] for bucket in BUCKETS.values()}
            yield ConservationRow(asset=asset.asset, **buckets, **own, total=sum(buckets.values()) + sum(own.values()))


def part(entries: Iterable[T], after: int) -> Iterator[T]:
    """Return the entries that one page looks at."""
    return islice(entries, after, after + ENTRIES_MAX)


def values(register: dict[Any, T], after: int) -> Iterator[T]:
    """Return the entries of a register that one page looks at."""
    return part(register.values(), after)


def said(value: object, text: str) -> bool:
    """Return whether a field has this text, or has it among its elements."""
    if isinstance(value, tuple):
        return any(said(element, text) for element in value)
    if isinstance(value, bool):
        return text == ("yes" if value else "no")
    return text == str(value)


def form(settled: SettleForm) -> str:
    """Return how an execution was settled, in a word."""
    return (settled.name or "none").lower()
