"""Persons and their roles, the founding, and who may ask for what."""

from msgspec.structs import replace

from engine.venue.acts import FOUNDER, BaseAct, Found, GrantRole, Outcome, RevokeRole
from engine.venue.desk import By, Desk, Do, already, done, refused
from engine.venue.registers import Person, Proposal
from engine.venue.terms import ANYONE, RoleName

# The actors of what falls due, and of what a book does by itself.
TIME = "time"
BOOK = "book"
RESERVED = (FOUNDER, TIME, BOOK)


def check_actor(desk: Desk, actor: str, act: BaseAct) -> None:
    """Refuse an act of somebody who is not known, or whose roles do not reach."""
    if actor == FOUNDER and not desk.founded:
        return
    person = desk.roles.get(actor)
    if person is None:
        raise refused("UNKNOWN_ACTOR", f"{actor} has no role" + (", and the venue is founded" if actor == FOUNDER else ""))
    roles = ANYONE if isinstance(act, GrantRole) and not desk.founded else act.roles
    if not set(person.roles) & set(roles):
        raise refused("NOT_PERMITTED", f"{actor} is {', '.join(person.roles)}; it takes {' or '.join(roles)}")


def grant_role(desk: Desk, act: GrantRole, _by: By) -> Do:
    """Give a person a role."""
    if act.name in RESERVED:
        raise refused("NAME_RESERVED", f"name {act.name} is not a person's")
    before = desk.roles.get(act.name)
    if before and before.public_key != act.public_key:
        raise refused("KEY_DIFFERS", f"{act.name} is known by another key; revoke his roles first")
    if before and act.role in before.roles:
        raise already(f"{act.name} is {act.role}")
    for person in desk.roles.values():
        if person.name != act.name and person.public_key == act.public_key:
            raise refused("KEY_USED", f"the key is that of {person.name}")
    for attestor in desk.attestors.values():
        if attestor.public_key == act.public_key:
            raise refused("KEY_USED", f"the key is that of {attestor.name}, who attests from outside")

    def do() -> Outcome:
        roles = (*(before.roles if before else ()), act.role)
        desk.roles[act.name] = Person(name=act.name, public_key=act.public_key, roles=roles)
        return done(f"{act.name} is {', '.join(roles)}")

    return do


def revoke_role(desk: Desk, act: RevokeRole, by: By) -> Do:
    """Take all roles from a person, unless nobody could then agree to another's acts."""
    person = desk.roles.get(act.name)
    if person is None:
        raise refused("UNKNOWN_PERSON", f"{act.name} has no role")
    for role in person.roles:
        if desk.founded and role in ANYONE and len(_having(desk, role)) <= 2:
            raise refused("LAST_TWO", f"{act.name} is one of the last two with role {role}; grant it to another first")

    def do() -> Outcome:
        del desk.roles[act.name]
        for proposal in list(desk.proposals.values()):
            if proposal.actor == act.name and proposal.state == "open":
                desk.proposals[proposal.number] = replace(proposal, state="declined", decided_by=by.actor, decided_ns=by.ts_ns)
        return done(f"{act.name} has no role")

    return do


def found(desk: Desk, _act: Found, _by: By) -> Do:
    """End the founding."""
    if desk.founded:
        raise already("the venue is founded")
    for role in ANYONE:
        if len(_having(desk, role)) < 2:
            raise refused("TOO_FEW_PERSONS", f"{len(_having(desk, role))} persons have role {role}; a second person needs two")

    def do() -> Outcome:
        desk.founded = True
        return done("the venue is founded")

    return do


def _having(desk: Desk, role: RoleName) -> list[Person]:
    return [person for person in desk.roles.values() if role in person.roles]


def open_proposal(desk: Desk, number: int) -> Proposal:
    """Return a proposal that waits."""
    proposal = desk.proposals.get(number)
    if proposal is None:
        raise refused("UNKNOWN_PROPOSAL", f"proposal {number} is not known")
    if proposal.state != "open":
        raise refused("PROPOSAL_STATE", f"proposal {number} is {proposal.state}")
    return proposal
