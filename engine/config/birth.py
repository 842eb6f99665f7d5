"""The acts of a venue's birth, from the seed tables of its file: carried out once, and from then on the venue's log owns what they made.

They come in the order in which each finds what it names: assets, instruments, subscribers with accounts and sessions, money, issuance,
persons.
What would be refused is refused here, with the key of the file, as far as the file alone can tell; the office judges the rest.
"""

from collections.abc import Iterator, Sequence

from engine.config.listings import listing
from engine.config.parties import accounts, admission, founding, money, roles
from engine.config.reserves import attestors, issuance
from engine.config.tables import File
from engine.config.units import ConfigError
from engine.venue.acts import Act, AddAsset, OpenSession


def birth(file: File) -> Iterator[Act]:
    """Yield the acts that make the venue of a file.  Raises ConfigError."""
    assets = _assets(file)
    cash = {table.asset: table.name for table in file.asset}
    yield from (AddAsset(asset=name, kind="cash" if kind == "cash" else "token", name=cash.get(name, "")) for name, kind in assets.items())
    _once("instrument: symbol", [table.symbol for table in file.instrument])
    for i, instrument in enumerate(file.instrument):
        yield from listing(f"instrument[{i}]", instrument)
    yield from _subscribers(file)
    for i, subscriber in enumerate(file.subscriber):
        yield from money(f"subscriber[{i}]", subscriber, assets)
    yield from _reserves(file)
    _once("person: name", [person.name for person in file.person])
    _once("person: key", [person.public_key for person in file.person])
    for i, person in enumerate(file.person):
        yield from roles(f"person[{i}]", person)
    yield from founding(file.person, file.venue.found)


def _assets(file: File) -> dict[str, str]:
    """Return every asset's kind: the cash that is named or quoted in, and a token for each instrument."""
    _once("asset: asset", [table.asset for table in file.asset])
    kinds = dict.fromkeys([*(table.asset for table in file.asset), *(table.quote for table in file.instrument)], "cash")
    for i, table in enumerate(file.instrument):
        token = table.base or table.symbol
        if token in kinds:
            cash = kinds[token] == "cash"
            raise ConfigError(
                f"instrument[{i}]: {token} is {'cash' if cash else 'traded by an instrument before'}; one token is one instrument"
            )
        kinds[token] = "token"
    _room("assets", file.limits.assets, len(kinds))
    _room("instruments", file.limits.instruments, len(file.instrument))
    return kinds


def _subscribers(file: File) -> Iterator[Act]:
    _once("subscriber: name", [table.name for table in file.subscriber])
    _once("subscriber: account", [str(account.number) for table in file.subscriber for account in accounts(table)])
    acts = [act for i, table in enumerate(file.subscriber) for act in admission(f"subscriber[{i}]", table, file.limits)]
    sessions = [act for act in acts if isinstance(act, OpenSession)]
    _once("subscriber: session", [session.name for session in sessions])
    keys: dict[bytes, str] = {}
    for session in sessions:
        if keys.setdefault(session.public_key, session.name) != session.name:
            raise ConfigError(f"subscriber: sessions {keys[session.public_key]} and {session.name} have the same public_key")
    _room("sessions", file.limits.sessions, len(sessions))
    _room("parties", file.limits.parties, len(file.subscriber))
    yield from acts


def _reserves(file: File) -> Iterator[Act]:
    _once("attestor: name", [attestor.name for attestor in file.attestor])
    _once("attestor: key", [attestor.public_key for attestor in file.attestor])
    for i, attestor in enumerate(file.attestor):
        yield from attestors(f"attestor[{i}]", attestor)
    known = {attestor.name for attestor in file.attestor}
    for i, instrument in enumerate(file.instrument):
        yield from issuance(f"instrument[{i}]", instrument, known)


def _once(path: str, values: Sequence[str]) -> None:
    """Refuse a value that is there twice; `path` is the table and what the value is."""
    table, what = path.split(": ")
    for i, value in enumerate(values):
        if value in values[:i]:
            raise ConfigError(f"{table}: {what} {value} is there twice")


def _room(limit: str, room: int, needed: int) -> None:
    if needed > room:
        raise ConfigError(f"limits.{limit}: {room} are too few for the {needed} of this file")
