"""The statuses that a client follows: its subscriptions, which it makes again after a cut, and what it knows by them."""

from typing import Final

from engine.client.answers import InstrumentState
from engine.client.errors import ClientError
from engine.client.events import StatusChanged
from engine.client.live import Live
from engine.client.values import Instrument
from engine.protocol.messages import InstrumentStatus

BEGIN: Final = 1
END: Final = 2
MAX_SUBSCRIPTIONS: Final = 32


class Subscription(Live):
    """One instrument that is followed, or all (0); `missing` are those whose first picture has not come."""

    __slots__ = ("instrument", "missing", "req_id", "seen")

    def __init__(self, req_id: int, instrument: int, missing: set[int]) -> None:
        super().__init__()
        self.req_id = req_id
        self.instrument = instrument
        self.missing = missing
        self.seen: dict[str, InstrumentState] = {}

    def refused(self, error: ClientError) -> None:
        """Take a no."""
        self.fail(error)


class StatusBoard:
    """The newest status of each instrument that is followed."""

    def __init__(self) -> None:
        self.subscriptions: dict[int, Subscription] = {}
        self.statuses: dict[str, InstrumentState] = {}

    def follows(self, req_id: int) -> bool:
        """Say whether a status with this `req_id` belongs to a subscription."""
        return req_id in self.subscriptions

    def subscribe(self, req_id: int, instrument: int, missing: set[int]) -> Subscription:
        """Begin to follow an instrument, or all (0), in place of what that covers.

        ValueError for a single one beside all, or for too many single ones: each is a question of its own after every cut.
        """
        self._forget(instrument)
        if self._follows_all:
            raise ValueError("all instruments are followed already")
        if len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise ValueError(f"{MAX_SUBSCRIPTIONS} instruments are followed one by one already: follow all of them instead")
        subscription = self.subscriptions[req_id] = Subscription(req_id, instrument, missing)
        return subscription

    def unsubscribe(self, instrument: int, symbol: str | None) -> None:
        """Follow an instrument no more; 0 is all, however they were subscribed to.  ValueError for a single one of all."""
        if instrument and self._follows_all:
            raise ValueError("all instruments are followed: a single one cannot be left out")
        self._forget(instrument)
        self.statuses = {each: state for each, state in self.statuses.items() if symbol not in (None, each)}

    def drop(self, req_id: int) -> Subscription | None:
        """Give up a subscription that the venue refused."""
        return self.subscriptions.pop(req_id, None)

    def take(self, status: InstrumentStatus, instrument: Instrument) -> StatusChanged | None:
        """Follow one message of the feed; give the event, if it tells anything new."""
        state = InstrumentState.of(status, instrument)
        before = self.statuses.get(state.symbol)
        self.statuses[state.symbol] = state
        subscription = self.subscriptions[status.req_id]
        if status.instrument in subscription.missing:
            subscription.missing.discard(status.instrument)
            subscription.seen[state.symbol] = state
        if not subscription.missing:
            subscription.changed()
        return None if state == before else StatusChanged(state, before)

    @property
    def _follows_all(self) -> bool:
        return any(each.instrument == 0 for each in self.subscriptions.values())

    def _forget(self, instrument: int) -> None:
        self.subscriptions = {req_id: each for req_id, each in self.subscriptions.items() if instrument not in (0, each.instrument)}
