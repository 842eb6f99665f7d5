"""Who attests the shares behind tokens, and what he attests: believed for his signature, while it is fresh, the newest alone."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import asdict, replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.attestation_text import attestation_text
from engine.venue.desk import By, Desk, Do, already, done, refused
from engine.venue.issuance import follow
from engine.venue.issuance_acts import AddAttestor, Attest, RemoveAttestor
from engine.venue.issuance_registers import Attestation, Attestor, Issuance
from engine.venue.registers import Person
from engine.venue.reserves import reserve_of, under_issuance


def add_attestor(desk: Desk, act: AddAttestor, _by: By) -> Do:
    """Know an attestor by his key, which is nobody else's: he is to speak from outside."""
    before = desk.attestors.get(act.name)
    if before and before.public_key == act.public_key:
        raise already(f"{act.name} is an attestor")
    if before:
        raise refused("KEY_DIFFERS", f"{act.name} is known by another key; remove him first")
    others: list[Attestor | Person] = [*desk.attestors.values(), *desk.roles.values()]
    for known in others:
        if known.public_key == act.public_key:
            raise refused("KEY_USED", f"the key is that of {known.name}")

    def do() -> Outcome:
        desk.attestors[act.name] = Attestor(name=act.name, public_key=act.public_key)
        return done(f"{act.name} is an attestor")

    return do


def remove_attestor(desk: Desk, act: RemoveAttestor, by: By) -> Do:
    """Forget an attestor and what he attests."""
    if act.name not in desk.attestors:
        raise refused("UNKNOWN_ATTESTOR", f"attestor {act.name} is not known")

    def do() -> Outcome:
        del desk.attestors[act.name]
        believed = [issuance for issuance in desk.issuances.values() if act.name in issuance.terms.attestors]
        for issuance in believed:
            symbol = issuance.terms.instrument
            desk.issuances[symbol] = _without(issuance, act.name)
            follow(desk, symbol, by)
        return done(f"{act.name} is no attestor any more", instruments=len(believed))

    return do


def attest(desk: Desk, act: Attest, by: By) -> Do:
    """Take an attestation, if it is the attestor's, newer than the last one and fresh; enough or not."""
    _, issuance = under_issuance(desk, act.instrument)
    if act.attestor not in issuance.terms.attestors:
        raise refused("ATTESTOR", f"attestor {act.attestor} is not one of {', '.join(issuance.terms.attestors) or 'none'}")
    if not _is_signed(desk.attestors[act.attestor], act):
        raise refused("SIGNATURE", f"the signature is not that of {act.attestor} over this attestation")
    _check_new(issuance, act, by)
    seq = len(desk.attestations) + 1
    entry = Attestation(seq=seq, ts_ns=by.ts_ns, actor=by.actor, **asdict(act))

    def do() -> Outcome:
        desk.attestations.append(entry)
        releases = tuple((ts_ns, shares) for ts_ns, shares in issuance.releases if ts_ns > act.as_of_ns)
        desk.issuances[act.instrument] = replace(issuance, attestation=entry, newest_ns=act.as_of_ns, releases=releases)
        follow(desk, act.instrument, by)
        reserve = reserve_of(desk, act.instrument)
        told = f"{texts.amount(reserve.attested)} shares count, {texts.amount(reserve.issued)} tokens are issued"
        return done(f"the reserve of {act.instrument} is {reserve.state}: {told}", attestation=seq)

    return do


def _check_new(issuance: Issuance, act: Attest, by: By) -> None:
    before = issuance.attestation
    if before is not None and all(value == getattr(before, name) for name, value in asdict(act).items()):
        raise already(f"it is attestation {before.seq}", attestation=before.seq)
    if act.as_of_ns > by.ts_ns:
        raise refused("ATTESTATION_FUTURE", f"as of {texts.utc(act.as_of_ns)} is after now, {texts.utc(by.ts_ns)}")
    if act.as_of_ns <= issuance.newest_ns:
        raise refused("ATTESTATION_OLDER", f"as of {texts.utc(act.as_of_ns)} is not after {texts.utc(issuance.newest_ns)}, the last one")
    if by.ts_ns > act.valid_until_ns:
        raise refused("ATTESTATION_STALE", f"it was valid until {texts.utc(act.valid_until_ns)}, now is {texts.utc(by.ts_ns)}")
    if by.ts_ns - act.as_of_ns > issuance.terms.ttl_ns:
        age_ns = by.ts_ns - act.as_of_ns
        raise refused("ATTESTATION_STALE", f"it is {texts.seconds(age_ns)} old; the limit is {texts.seconds(issuance.terms.ttl_ns)}")


def _is_signed(attestor: Attestor, act: Attest) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(attestor.public_key).verify(act.signature, attestation_text(act))
    except (InvalidSignature, ValueError):
        return False
    return True


def _without(issuance: Issuance, name: str) -> Issuance:
    """Return an issuance that an attestor has nothing to do with any more; what he attested cannot come again."""
    attestors = tuple(other for other in issuance.terms.attestors if other != name)
    attestation = issuance.attestation if issuance.attestation and issuance.attestation.attestor != name else None
    return replace(issuance, terms=replace(issuance.terms, attestors=attestors), attestation=attestation)
