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
        self._heard: int | None = None
        self._changed: dict[str, None] = {}
        self.by_name: dict[str, Lane] = {}
        self.by_number: list[Lane | None] = [None] * (venue.session_count + 1)

    def closed(self) -> list[str]:
        """Return the names of the lanes whose sessions the office has closed."""
        self._hear()
        return [name for name in self._changed if name in self.by_name and not self._office.sessions[name].open]

    def drop(self, name: str) -> None:
        """Take a lane away: reports to its session are numbered by the venue and kept by nobody."""
        self.by_number[self.by_name.pop(name).number] = None

    def follow(self) -> None:
        """Give each open session its lane and its accounts."""
        self._hear()
        changed, self._changed = self._changed, {}
        for name in changed:
            session = self._office.sessions[name]
            if self._seen.get(name) is session or not session.open:
                continue
            self._seen[name] = session
            lane = self.by_name.get(name)
            if lane is None:
                self.by_name[name] = self.by_number[session.number] = self._make(session.number, session.accounts)
            else:
                lane.set_accounts(session.accounts)

    def _hear(self) -> None:
        """Note which sessions changed; all of them at first, because a snapshot brings its own."""
        news = self._office.session_news
        self._changed |= dict.fromkeys(self._office.sessions if self._heard is None else news[self._heard :])
        self._heard = len(news)
