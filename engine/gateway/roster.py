"""The lanes of the sessions that the office has opened, as they come, change and go."""

from collections.abc import Callable

from engine.gateway.lane import Lane
from engine.venue.office import Office
from engine.venue.registers import Session
from engine.venue.venue import Venue


class Roster:
    """Lanes by the name and by the number of their session; `make` gives a new one for a number and the accounts that it trades for."""

    def __init__(self, venue: Venue, office: Office, make: Callable[[int, tuple[int, ...]], Lane]) -> None:
        self._office = office
        self._make = make
        self._seen: dict[str, Session] = {}
        self.by_name: dict[str, Lane] = {}
        self.by_number: list[Lane | None] = [None] * (venue.session_count + 1)

    def closed(self) -> list[str]:
        """Return the names of the lanes whose sessions the office has closed."""
        sessions = self._office.sessions
        return [name for name in self.by_name if not sessions[name].open]

    def drop(self, name: str) -> None:
        """Take a lane away: reports to its session are numbered by the venue and kept by nobody."""
        self.by_number[self.by_name.pop(name).number] = None

    def follow(self) -> None:
        """Give each open session its lane and its accounts."""
        for name, session in self._office.sessions.items():
            if self._seen.get(name) is session or not session.open:
                continue
            self._seen[name] = session
            lane = self.by_name.get(name)
            if lane is None:
                self.by_name[name] = self.by_number[session.number] = self._make(session.number, session.accounts)
            else:
                lane.set_accounts(session.accounts)
