"""Who attests reserves, and the tokens under issuance, as acts: after the money, so that what accounts open with counts as issued."""

from collections.abc import Iterator

from engine.config.parties import key
from engine.config.tables import AttestorTable, InstrumentTable
from engine.config.units import QTY_SCALE, ConfigError, units
from engine.venue.acts import Act, AddAttestor, SetAuthorised, SetIssuance

SECOND_NS = 1_000_000_000


def attestors(path: str, table: AttestorTable) -> Iterator[Act]:
    """Yield the act that makes an attestor known.  Raises ConfigError."""
    yield AddAttestor(name=table.name, public_key=key(f"{path}.public_key", table.public_key))


def issuance(path: str, table: InstrumentTable, known: set[str]) -> Iterator[Act]:
    """Yield the acts that put an instrument's token under issuance; `known` attestors are in the file.  Raises ConfigError."""
    terms = table.issuance
    if terms is None:
        if table.authorised is not None:
            raise ConfigError(f"{path}.authorised: {table.authorised} without issuance; give issuance = {{ attestors = … }}, or neither")
        return
    strange = [name for name in terms.attestors if name not in known]
    if strange:
        raise ConfigError(f"{path}.issuance.attestors: there is no attestor {strange[0]}; there are {', '.join(sorted(known)) or 'none'}")
    yield SetIssuance(
        instrument=table.symbol,
        attestors=terms.attestors,
        ttl_ns=terms.ttl_s * SECOND_NS,
        transit_bps=terms.transit_bps,
        breach=terms.breach,
    )
    if table.authorised is not None:
        authorised = units(f"{path}.authorised", table.authorised, QTY_SCALE)
        yield SetAuthorised(instrument=table.symbol, authorised=authorised, reference="venue.toml")
