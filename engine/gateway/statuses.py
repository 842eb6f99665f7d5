"""An instrument's status as a client sees it."""

from collections.abc import Callable
from itertools import islice

from engine.protocol.messages import TradingStatus
from engine.venue.office import Office
from engine.venue.records import Quality
from engine.venue.registers import Listing, StatusChange
from engine.venue.reserves import reserve_of
from engine.venue.venue import Venue

CALLS = frozenset({"pre-open", "vol-pause", "auction-call"})  # what is collected in them is executed by an auction
SECOND_NS = 1_000_000_000

Picture = tuple[object, ...]
Indicative = tuple[int, int, int]
NOTHING: Indicative = (0, 0, 0)


class Statuses:
    """Makes the pictures of instruments that InstrumentStatus shows.

    What an auction would do is worked out at most once a second for each instrument, however many ask: it takes a walk over the book.
    """

    def __init__(self, venue: Venue, office: Office, steady_ns: Callable[[], int]) -> None:
        self._venue = venue
        self._office = office
        self._steady_ns = steady_ns
        self._indicated: dict[int, tuple[int, int, Indicative]] = {}
        self._newest: dict[str, StatusChange] = {}
        self._read = 0
        self._symbols: list[str] = []

    def listed(self, number: int) -> Listing | None:
        """Return an instrument by its number: they are numbered from 1 in the order of their listing."""
        instruments = self._office.instruments
        if number > len(self._symbols):
            self._symbols = list(instruments)
        return instruments[self._symbols[number - 1]] if 0 < number <= len(self._symbols) else None

    def status(self, listed: Listing) -> TradingStatus:
        """Return the status that a client trades by: behind a kill switch he can only cancel."""
        return TradingStatus.CANCEL_ONLY if self._is_killed(listed) else _number_of(listed.status)

    def picture(self, listed: Listing, change: StatusChange | None = None) -> Picture:
        """Return the elements of an InstrumentStatus behind its `req_id`.

        With a `change` that others have followed already it shows the status that this one brought, and all else as it is now.
        """
        newest = self.newest(listed.terms.symbol)
        if change is None or change is newest:
            seq, status, why = newest.seq if newest is not None else 0, listed.status, listed.cause
            since_ns, resume_ns = listed.since_ns, listed.expected_resume_ns
            until_ns, then = (listed.call.until_ns, listed.call.then) if listed.call else (0, "")
        else:
            seq, status, why = change.seq, change.status, change.cause
            since_ns, resume_ns = change.ts_ns, change.expected_resume_ns
            until_ns, then = change.until_ns, change.then
        killed = self._is_killed(listed)
        number, cause = (TradingStatus.CANCEL_ONLY, "kill-switch") if killed else (_number_of(status), why)
        reserve = reserve_of(self._office, listed.terms.symbol)
        return (
            *(listed.number, number, since_ns, cause, resume_ns, listed.session, *self._reference(listed), seq, until_ns, then),
            *(*self.indicative(listed), reserve.issued, reserve.attested, reserve.attested_ns, reserve.state),
        )

    def newest(self, symbol: str) -> StatusChange | None:
        """Return the last change of an instrument's status, None before the first."""
        changes = self._office.changes
        for change in islice(changes, self._read, None):
            self._newest[change.instrument] = change
        self._read = len(changes)
        return self._newest.get(symbol)

    def indicative(self, listed: Listing) -> Indicative:
        """Return price, quantity and imbalance of what an auction would do, at most a second old; zeros outside of calls."""
        if listed.status not in CALLS:
            self._indicated.pop(listed.number, None)
            return NOTHING
        now_ns = self._steady_ns()
        since_ns, at_ns, known = self._indicated.get(listed.number, (0, 0, NOTHING))
        if since_ns == listed.since_ns and now_ns - at_ns < SECOND_NS:
            return known
        found = self._venue.indicative(listed.number, reference=self._reference(listed)[0])
        told = (found.price, found.qty, found.imbalance)
        self._indicated[listed.number] = (listed.since_ns, now_ns, told)
        return told

    def _is_killed(self, listed: Listing) -> bool:
        return listed.killed or self._office.killed

    def _reference(self, listed: Listing) -> tuple[int, Quality, int, int]:
        """Return the reference in force, its quality and the collar around it, or zeros."""
        reference = self._venue.reference(listed.number)
        if reference.quality == Quality.NONE:
            return 0, Quality.NONE, 0, 0
        return reference.price, reference.quality, reference.low, min(reference.high, listed.terms.max_price)


def _number_of(status: str) -> TradingStatus:
    return TradingStatus.READY if status == "continuous" else TradingStatus[status.upper().replace("-", "_")]
