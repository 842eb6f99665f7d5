from typing import final

from engine.replica import ReportSink
from engine.venue.venue import Venue

@final
class Excerpt(ReportSink):
    """The reports `begin` to `end` of a session as frames, from the life in which its numbers had begun at 1 again `life` times."""

    def __new__(cls, venue: Venue, session: int, life: int, begin: int, end: int) -> Excerpt: ...
    @property
    def session(self) -> int: ...
    @property
    def life(self) -> int: ...
    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def next_out(self) -> int:
        """Number of the session's next report where the replay stands."""

    @property
    def reaches_back(self) -> bool:
        """Whether nothing that is wanted came before the place where the replay stands."""

    @property
    def over(self) -> bool:
        """Whether nothing that is wanted comes behind it."""

    def locate(self) -> None:
        """Take the session's numbers from the venue, which a snapshot has filled."""

    def take(self) -> bytes:
        """Return the frames that were cut out since the last call."""
