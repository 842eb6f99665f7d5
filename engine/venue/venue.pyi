from typing import final

from engine.matching.book import Instrument, OrderBook

@final
class Venue:
    """The venue's state: books and sessions.  `apply` is the only way to change it."""

    def __new__(
        cls,
        instruments: list[Instrument],
        *,
        sessions: int,
        orders: int = ...,
        levels: int = ...,
        accounts: int = ...,
        batch: int = ...,
        secret: int = ...,
    ) -> Venue: ...
    @property
    def book(self) -> OrderBook: ...
    @property
    def session_count(self) -> int: ...
    def next_in(self, session: int) -> int:
        """Number that the session's next request must have."""

    def next_out(self, session: int) -> int:
        """Number that the session's next report will have."""

    def last_cl_ord_id(self, session: int) -> int: ...
