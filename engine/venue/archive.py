"""The office's registers as bytes, and back: one message with the entries of every register in their order, which is state.

Equal registers give equal bytes.  A name or number by which a register finds an entry stands in the entry and is not repeated; what falls
due is in the order of its times.  Bytes that no office can have made are refused: each field is held against its type, each entry against
the ones that it names, and the whole against the bytes that it would give.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

import msgspec
from msgspec import Struct

from engine.matching.image import ImageFault
from engine.venue.acts import Act
from engine.venue.agenda import Agenda
from engine.venue.desk import Desk, External
from engine.venue.issuance_registers import Attestation, Attestor, Issuance, MintEntry, RedeemEntry, ReserveChange
from engine.venue.registers import (
    AccessDecision,
    Account,
    Asset,
    AuctionResult,
    Claim,
    DepositEntry,
    Hold,
    JournalEntry,
    Listing,
    Person,
    Profile,
    Proposal,
    Session,
    StatusChange,
    Subscriber,
    Withdrawal,
)

SECTION = "office"

K = TypeVar("K")
E = TypeVar("E")


class Archive(Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True):
    """All registers of a desk; `owned` and `held` are (of whom, what), `agenda` is (due_ns, what, whom)."""

    assets: tuple[Asset, ...]
    instruments: tuple[Listing, ...]
    subscribers: tuple[Subscriber, ...]
    accounts: tuple[Account, ...]
    sessions: tuple[Session, ...]
    deposits: tuple[DepositEntry, ...]
    withdrawals: tuple[Withdrawal, ...]
    holds: tuple[Hold, ...]
    proposals: tuple[Proposal, ...]
    roles: tuple[Person, ...]
    decisions: tuple[AccessDecision, ...]
    journal: tuple[JournalEntry, ...]
    changes: tuple[StatusChange, ...]
    auctions: tuple[AuctionResult, ...]
    attestors: tuple[Attestor, ...]
    issuances: tuple[Issuance, ...]
    attestations: tuple[Attestation, ...]
    reserves: tuple[ReserveChange, ...]
    mints: tuple[MintEntry, ...]
    redeems: tuple[RedeemEntry, ...]
    claims: tuple[Claim, ...]
    external: tuple[tuple[str, Act, int], ...]
    profiles: tuple[tuple[Profile, int], ...]
    chains: tuple[tuple[str, int], ...]
    groups: tuple[tuple[str, int], ...]
    rates: tuple[tuple[int, int, int], ...]
    owned: tuple[tuple[str, tuple[int, ...]], ...]
    held: tuple[tuple[int, tuple[str, ...]], ...]
    agenda: tuple[tuple[int, str, str], ...]
    list_version: int
    killed: bool
    founded: bool


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Archive)


def desk_image(desk: Desk) -> bytes:
    """Return the registers as bytes."""
    archive = Archive(
        assets=tuple(desk.assets.values()),
        instruments=tuple(desk.instruments.values()),
        subscribers=tuple(desk.subscribers.values()),
        accounts=tuple(desk.accounts.values()),
        sessions=tuple(desk.sessions.values()),
        deposits=tuple(desk.deposits.values()),
        withdrawals=tuple(desk.withdrawals.values()),
        holds=tuple(desk.holds.values()),
        proposals=tuple(desk.proposals.values()),
        roles=tuple(desk.roles.values()),
        decisions=tuple(desk.decisions),
        journal=tuple(desk.journal),
        changes=tuple(desk.changes),
        auctions=tuple(desk.auctions),
        attestors=tuple(desk.attestors.values()),
        issuances=tuple(desk.issuances.values()),
        attestations=tuple(desk.attestations),
        reserves=tuple(desk.reserves),
        mints=tuple(desk.mints.values()),
        redeems=tuple(desk.redeems.values()),
        claims=tuple(desk.claims.values()),
        external=tuple((name, use.act, use.journal) for name, use in desk.external.items()),  # type: ignore[misc]  # each BaseAct is an Act
        profiles=tuple(desk.profiles.items()),
        chains=tuple(desk.chains.items()),
        groups=tuple(desk.groups.items()),
        rates=tuple(desk.rates),
        owned=tuple((name, tuple(numbers)) for name, numbers in desk.owned.items()),
        held=tuple((account, tuple(holds)) for account, holds in desk.held.items()),
        agenda=desk.agenda.entries,
        list_version=desk.list_version,
        killed=desk.killed,
        founded=desk.founded,
    )
    return _ENCODER.encode(archive)


def restore_desk(desk: Desk, image: bytes) -> None:
    """Fill the registers of an empty desk, whose venue is restored.  Raises ImageFault, having filled nothing or only a part."""
    if desk.assets or desk.journal or desk.decisions or desk.roles:
        raise ValueError("an image is restored into an empty office only")
    try:
        archive = _DECODER.decode(image)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ImageFault(SECTION, str(error)) from None
    _fill(desk, archive)
    _check_references(desk)
    _check_numbers(desk)
    if desk_image(desk) != image:
        raise ImageFault(SECTION, "it is not in the form that every office gives it")


def _fill(desk: Desk, archive: Archive) -> None:
    desk.assets = _by("asset", archive.assets, lambda entry: entry.asset)
    desk.instruments = _by("instrument", archive.instruments, lambda entry: entry.terms.symbol)
    desk.subscribers = _by("subscriber", archive.subscribers, lambda entry: entry.name)
    desk.accounts = _by("account", archive.accounts, lambda entry: entry.number)
    desk.sessions = _by("session", archive.sessions, lambda entry: entry.name)
    desk.deposits = _by("deposit", archive.deposits, lambda entry: entry.external_id)
    desk.withdrawals = _by("withdrawal", archive.withdrawals, lambda entry: entry.external_id)
    desk.holds = _by("hold", archive.holds, lambda entry: entry.hold_id)
    desk.proposals = _by("proposal", archive.proposals, lambda entry: entry.number)
    desk.roles = _by("person", archive.roles, lambda entry: entry.name)
    desk.decisions = list(archive.decisions)
    desk.journal = list(archive.journal)
    desk.changes = list(archive.changes)
    desk.auctions = list(archive.auctions)
    desk.attestors = _by("attestor", archive.attestors, lambda entry: entry.name)
    desk.issuances = _by("issuance", archive.issuances, lambda entry: entry.terms.instrument)
    desk.attestations = list(archive.attestations)
    desk.reserves = list(archive.reserves)
    desk.mints = _by("mint", archive.mints, lambda entry: entry.external_id)
    desk.redeems = _by("redeem", archive.redeems, lambda entry: entry.external_id)
    desk.claims = _by("claim", archive.claims, lambda entry: (entry.instrument, entry.account))
    desk.external = {name: External(act, journal) for name, act, journal in archive.external}
    desk.profiles = dict(archive.profiles)
    desk.chains = dict(archive.chains)
    desk.groups = dict(archive.groups)
    desk.rates = dict.fromkeys(archive.rates)
    desk.owned = {name: list(numbers) for name, numbers in archive.owned}
    desk.held = {account: list(holds) for account, holds in archive.held}
    desk.agenda = Agenda()
    for due_ns, what, whom in archive.agenda:
        desk.agenda.set(what, whom, due_ns)
    desk.list_version, desk.killed, desk.founded = archive.list_version, archive.killed, archive.founded


def _by(what: str, entries: Iterable[E], key: Callable[[E], K]) -> dict[K, E]:
    """Return entries by what names them; a name stands for one entry."""
    found: dict[K, E] = {}
    for entry in entries:
        if found.setdefault(key(entry), entry) is not entry:
            raise ImageFault(SECTION, f"{what} {key(entry)} is there twice")
    return found


def _check_references(desk: Desk) -> None:
    """Refuse an entry that names another which is not there."""
    symbols, assets = desk.instruments, desk.assets
    numbers = {entry.number for entry in assets.values()}
    of_profiles = set(desk.profiles.values())
    _known("asset", assets, [terms for entry in symbols.values() for terms in (entry.terms.base, entry.terms.quote)])
    _known("instrument", symbols, [entry.listed for entry in assets.values() if entry.listed])
    _known("profile", of_profiles, [entry.profile for entry in desk.subscribers.values()])
    _known("subscriber", desk.subscribers, [entry.subscriber for entry in desk.accounts.values()])
    _known("subscriber", desk.subscribers, [entry.subscriber for entry in desk.sessions.values()])
    _known("account", desk.accounts, [number for entry in desk.sessions.values() for number in entry.accounts])
    moved: list[DepositEntry | Withdrawal] = [*desk.deposits.values(), *desk.withdrawals.values()]
    _known("account", desk.accounts, [entry.account for entry in moved])
    _known("asset", assets, [entry.asset for entry in moved])
    _known("account", desk.accounts, [entry.account for entry in desk.holds.values()])
    _known("asset", numbers, [asset for entry in desk.holds.values() for asset, _ in entry.frozen])
    _known("subscriber", desk.subscribers, desk.owned)
    _known("account", desk.accounts, [number for owned in desk.owned.values() for number in owned])
    _known("account", desk.accounts, desk.held)
    _known("hold", desk.holds, [hold_id for held in desk.held.values() for hold_id in held])
    _known("instrument", symbols, [entry.instrument for entry in desk.changes])
    _known("instrument", symbols, [entry.instrument for entry in desk.auctions])
    _known("instrument", symbols, [entry.instrument for entry in desk.claims.values()])
    _known("account", desk.accounts, [entry.account for entry in desk.claims.values()])
    requests: list[MintEntry | RedeemEntry] = [*desk.mints.values(), *desk.redeems.values()]
    _known("instrument", symbols, desk.issuances)
    _known("attestor", desk.attestors, [name for entry in desk.issuances.values() for name in entry.terms.attestors])
    _known("issuance", desk.issuances, [entry.instrument for entry in (*desk.attestations, *desk.reserves, *requests)])
    _known("account", desk.accounts, [entry.account for entry in requests])
    whose: dict[str, Collection[str]] = {"kyc": desk.subscribers, "reserve": desk.issuances}
    whose |= dict.fromkeys(("call", "multiplier", "reference", "session", "ticks", "wind-down"), symbols)
    for _, what, whom in desk.agenda.entries:
        _known("kind of due time", whose, [what])
        _known(what, whose[what], [whom])


def _check_numbers(desk: Desk) -> None:
    """Refuse numbers that were not given one after another, or of which the venue has none."""
    for what, found, limit in (
        ("asset", [entry.number for entry in desk.assets.values()], desk.venue.asset_count),
        ("instrument", [entry.number for entry in desk.instruments.values()], len(desk.venue.book.instruments)),
        ("subscriber", [entry.number for entry in desk.subscribers.values()], desk.venue.party_count),
        ("session", [entry.number for entry in desk.sessions.values()], desk.venue.session_count),
        ("proposal", list(desk.proposals), len(desk.proposals)),
        ("decision", [entry.seq for entry in desk.decisions], len(desk.decisions)),
        ("journal entry", [entry.seq for entry in desk.journal], len(desk.journal)),
        ("status change", [entry.seq for entry in desk.changes], len(desk.changes)),
        ("auction", [entry.seq for entry in desk.auctions], len(desk.auctions)),
        ("attestation", [entry.seq for entry in desk.attestations], len(desk.attestations)),
        ("change of a reserve", [entry.seq for entry in desk.reserves], len(desk.reserves)),
        ("group", list(desk.groups.values()), len(desk.groups)),
    ):
        if found != list(range(1, len(found) + 1)) or len(found) > limit:
            raise ImageFault(SECTION, f"the numbers of each {what} are not 1 to {len(found)}, or more than {limit}")
    if sorted(desk.profiles.values()) != list(range(len(desk.profiles))) or len(desk.profiles) > desk.venue.profile_count:
        raise ImageFault(SECTION, f"the profiles are not numbered from 0, or more than {desk.venue.profile_count}")


def _known(what: str, register: Collection[object], named: Iterable[object]) -> None:
    for name in named:
        if name not in register:
            raise ImageFault(SECTION, f"{what} {name} is not there")
