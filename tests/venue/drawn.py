"""The two venues, with an office before each, that the drawn examples are played on."""

from typing import Any

from engine.testing.venue_oracle import VenueOracle
from engine.venue.office import Office
from engine.venue.venue import Venue

ROOM = {"sessions": 8, "instruments": 4, "accounts": 16, "parties": 8, "assets": 4, "balances": 128, "profiles": 8, "orders": 64}
ROOM["levels"] = 4_096


def core(**capacities: int) -> tuple[Any, Any]:
    """Open the venue and its office."""
    venue = Venue(**{**ROOM, "batch": 64} | capacities)
    return venue, Office(venue)


def oracle(**capacities: int) -> tuple[Any, Any]:
    """Open the oracle, told how much room it has, and an office before it."""
    room = ROOM | capacities
    venue = VenueOracle(**room)
    for plural in ("instruments", "accounts", "assets", "profiles"):
        setattr(venue, f"{plural[:-1]}_count", room[plural])
    venue.party_count = room["parties"]
    return venue, Office(venue)


MAKERS = {"oracle": oracle, "core": core}
