"""The steps of mints and redeems: each once, each with the reference of the outside world that stands for it."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import replace

from engine.venue.desk import By, already, refused
from engine.venue.issuance_registers import MintEntry, RedeemEntry, Step

E = TypeVar("E", MintEntry, RedeemEntry)


def first_step(by: By, journal: int) -> tuple[Step, ...]:
    """Return the steps of what was requested just now."""
    return (Step(state="requested", ts_ns=by.ts_ns, actor=by.actor, journal=journal),)


def stepped(entry: E, state: str, by: By, reference: str = "", journal: int = 0) -> E:
    """Return a mint or a redeem after one more step."""
    step = Step(state=state, ts_ns=by.ts_ns, actor=by.actor, reference=reference, journal=journal)
    return replace(entry, state=state, journal=journal or entry.journal, steps=(*entry.steps, step))


def at_step(entries: Mapping[str, E], external_id: str, what: str, states: tuple[str, ...], wanted: str, reference: str = "") -> E:
    """Return what stands at one of these states; answer ALREADY where the wanted step was taken, by the same reference, and refuse else."""
    entry = entries.get(external_id)
    if entry is None:
        raise refused(f"UNKNOWN_{what.upper()}", f"{what} {external_id} is not known")
    for step in entry.steps:
        if step.state == wanted and step.reference == reference:
            raise already(f"{what} {external_id} is {wanted}", **({"journal": step.journal} if step.journal else {}))
    if entry.state not in states:
        raise refused(f"{what.upper()}_STATE", f"{what} {external_id} is {entry.state}, not {' or '.join(states)}")
    return entry
