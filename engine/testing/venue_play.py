"""Steps of a venue's life as plain tuples, hot and cold, and the functions that let any venue take them and show what it is then.

A venue here is whatever has the face of `engine.venue.venue.Venue`: the core, or `VenueOracle`.
"""

from typing import Any, NamedTuple

from engine.matching.records import Event
from engine.testing.commands import Command, Note, pack
from engine.venue.records import Detail


class Asked(NamedTuple):
    """A command of the order path: with a number of its session, or 0 for the venue's own."""

    command: Command | Note
    in_seq: int = 0
    flags: int = 0

    @property
    def packed(self) -> bytes:
        """Return the command's record."""
        return pack(self.command, in_seq=self.in_seq, flags=self.flags)


class Act(NamedTuple):
    """A call of the narrow face: the name of the method and its arguments."""

    ts_ns: int
    verb: str
    words: dict[str, Any]


Step = Asked | Act
BOOK_VIEWS = ("orders", "depth", "top", "last_px", "phase", "indicative")


class Answer(NamedTuple):
    """What a step caused; an act that cannot be causes nothing."""

    events: list[Event]
    details: list[Detail]
    could: bool = True


def take(venue: Any, step: Step) -> Answer:
    """Let a venue take a step and return its answer."""
    if isinstance(step, Asked):
        venue.apply_packed(step.packed)
        return answer(venue)
    venue.begin_act(step.ts_ns)
    try:
        getattr(venue, step.verb)(**step.words)
    except ValueError:
        return Answer([], [], could=False)
    venue.end_act()
    return answer(venue)


def take_all(venue: Any, steps: list[Step]) -> list[Answer]:
    """Let a venue take steps and return its answers."""
    return [take(venue, step) for step in steps]


def answer(venue: Any) -> Answer:
    """Return the events of a venue's last call, and their details."""
    return Answer(venue.book.events(), venue.details())


def seen(venue: Any, *, sessions: int = 0, parties: int = 0, instruments: int = 0, trades: int = 0) -> dict[str, Any]:
    """Return everything that can be read of a venue, but the number of its last event; without `sessions` not what it said either."""
    listed = range(1, instruments + 1)
    return {
        "balances": venue.balances(),
        "parties": [venue.party(party) for party in range(1, parties + 1)],
        "orders": venue.book.orders(),
        "books": [tuple(getattr(venue.book, view)(number) for view in BOOK_VIEWS) for number in listed],
        "references": [(venue.reference(number), venue.traded_day(number)) for number in listed],
        "trades": [venue.trade(match_id) for match_id in range(max(1, venue.last_match_id - trades + 1), venue.last_match_id + 1)],
        "last trade": (venue.first_match_id, venue.last_match_id),
        "totals": [venue.total(asset) for asset in range(1, instruments + 2)],
        "sessions": [(venue.next_in(n), venue.next_out(n), venue.last_cl_ord_id(n), venue.lives(n)) for n in range(1, sessions + 1)],
        "connections": venue.ends_with_connection() if sessions else [],
        "history": venue.history if sessions else 0,
        "day": venue.day_began_ns,
    }
