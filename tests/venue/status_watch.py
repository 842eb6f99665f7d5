"""The laws of statuses, auctions and references (INV-S1 to S6, X1 to X4), held against every command of an office with one instrument.

The tables are the rulebook's, written down again: nothing here asks the office what is allowed.
"""

from typing import Any

from engine.matching.enums import ExecType, Liquidity, Side
from engine.matching.records import Event
from engine.venue.office import Office
from engine.venue.records import Quality
from engine.venue.registers import Listing, Mark
from tests.venue.offices import AAPLX

# d p a c o v h n r s l t: draft, pre-open, auction-call, continuous, post-only, vol-pause, halted, cancel-only, reduce-only, suspended,
# closed, terminated.  What may follow what without an auction, besides itself and, by a wind-down, terminated.
NAMES = [
    "draft",
    "pre-open",
    "auction-call",
    "continuous",
    "post-only",
    "vol-pause",
    "halted",
    "cancel-only",
    "reduce-only",
    "suspended",
    "closed",
    "terminated",
]
LETTERS = dict(zip("dpacovhnrslt", NAMES, strict=True))
TABLE = {
    "draft": "dpacol",
    "pre-open": "pahnsl",
    "auction-call": "pahnsl",
    "continuous": "acovhnrsl",
    "post-only": "acohnrsl",
    "vol-pause": "avhnsl",
    "halted": "pahnsl",
    "cancel-only": "pahnsl",
    "reduce-only": "achnrsl",
    "suspended": "pahnsl",
    "closed": "pahnsl",
    "terminated": "",
}
MATCHES = {"continuous", "reduce-only"}
MATCHING = MATCHES | {"post-only"}
STOPPED = {"draft", "halted", "suspended", "terminated"}
CANNOT_WAIT = {"regulatory", "sec-suspension", "sanctions", "reserve-breach", "custodian-outage"}
RANKS = {"none": 0, "closed": 1, "internal": 2, "extended": 3, "live": 4}


def is_fill(event: Event) -> bool:
    return event.exec_type == ExecType.TRADE


class Overseer:
    """Stands between an office and its venue, and holds what is executed within an act against the collar in force at that moment."""

    def __init__(self, venue: Any) -> None:
        self.venue = venue
        self.now_ns = 0
        self.fills: list[Event] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.venue, name)
        return self._overseen(found) if name in ("uncross", "set_gate", "set_reference", "clear_collar") else found

    def _overseen(self, call: Any) -> Any:
        def overseen(*args: Any, **words: Any) -> Any:
            before, seen = self.venue.reference(1), len(self.venue.book.events())
            answer = call(*args, **words)
            self.oversee(self.venue.book.events()[seen:], before)
            return answer

        return overseen

    def oversee(self, events: list[Event], reference: Any) -> None:
        """Hold X1 and X2: no fill outside the collar in force, nor an auction's outside its own, none without a reference."""
        for event in filter(is_fill, events):
            self.fills.append(event)
            if self.collared:
                assert reference.quality != Quality.NONE
                assert self.now_ns < reference.until_ns
                assert reference.low <= event.last_px <= reference.high
                if self.auction_bps and event.liquidity == Liquidity.AUCTION:
                    assert abs(event.last_px - reference.price) * 10_000 <= self.auction_bps * reference.price

    collared = True
    auction_bps = 0


class Watch:
    """What an office knew before a command, and what must be true of what it knows behind it."""

    def __init__(self, office: Office, overseer: Overseer, *, now_ns: int, hot: bool = False, confirmed: bool = False) -> None:
        self.office, self.overseer, self.now_ns, self.hot, self.confirmed = office, overseer, now_ns, hot, confirmed
        self.before: Listing = office.instruments["AAPLx"]
        self.changes, self.auctions = len(office.changes), len(office.auctions)
        self.mark = self._usable_mark()
        self.tokens = sum(office.venue.total(AAPLX)[2:])
        self.reference = overseer.venue.reference(1)
        overseer.now_ns, overseer.fills = now_ns, []
        overseer.collared = self.before.terms.collar is not None
        overseer.auction_bps = self.before.terms.auction.collar_bps if self.before.terms.auction else 0

    def look(self) -> None:
        """Hold every law."""
        if self.hot:
            self.overseer.oversee(self.overseer.venue.book.events(), self.reference)
            self.overseer.venue.begin_act(self.now_ns)
            self.office.answer_strikes(self.now_ns)
            self.overseer.venue.end_act()
        self.now = self.office.instruments["AAPLx"]
        self.told = self.office.changes[self.changes :]
        self.results = self.office.auctions[self.auctions :]
        self._transitions()
        self._fills()
        self._auctions()
        self._feed()
        self._references()
        self._end()

    def _transitions(self) -> None:
        """S1: each transition is in the table, with its cause, its actor and its time."""
        status = self.before.status
        for number, change in enumerate(self.told, self.changes + 1):
            assert (number, self.now_ns, status, "AAPLx") == (change.seq, change.ts_ns, change.before, change.instrument)
            assert change.cause
            assert change.actor
            by_auction = status == "auction-call" and change.status in MATCHING
            assert by_auction or change.status in {LETTERS[letter] for letter in TABLE[status]} | {"terminated", status}
            assert status != "terminated"
            status = change.status
        assert status == self.now.status

    def _fills(self) -> None:
        """S2: nothing is executed while the status does not match, but by an auction that is told of."""
        fills = self.overseer.fills
        passed = {self.before.status} if self.hot else {self.before.status, *(change.status for change in self.told)}
        if any(event.liquidity != Liquidity.AUCTION for event in fills):
            assert passed & MATCHES
        crossed = [event for event in fills if event.liquidity == Liquidity.AUCTION]
        assert not (crossed and self.hot)
        told = {result.price: result.qty for result in self.results if result.outcome == "crossed"}
        assert {event.last_px for event in crossed} == set(told)
        assert 2 * sum(told.values()) == sum(event.last_qty for event in crossed)

    def _auctions(self) -> None:
        """S4: what collected matches again by an auction alone, each by one of its own."""
        done = [result for result in self.results if result.outcome in ("crossed", "nothing")]
        resumed = [change for change in self.told if change.status in MATCHING and change.before not in MATCHING | {"draft"}]
        assert len(resumed) <= len(done)
        assert {"auction-call"} >= {change.before for change in resumed}
        auction = self.now.terms.auction
        for result in self.results:
            assert result.extensions <= (auction.max_extensions if auction else 0) or result.extensions <= (
                self.before.call.extensions if self.before.call else 0
            )

    def _feed(self) -> None:
        """S6: who replays the changes knows the status."""
        if self.office.changes:
            last, call = self.office.changes[-1], self.now.call
            expected = (last.status, last.cause, last.expected_resume_ns, last.until_ns, last.then)
            now = self.now
            actual = (now.status, now.cause, now.expected_resume_ns, call.until_ns if call else 0, call.then if call else "")

            assert expected == actual
        assert (self.now.call is not None) == (self.now.status in ("auction-call", "vol-pause"))

    def _references(self) -> None:
        """X3: a jump is taken only where somebody vouches for it, and halts.  X4: a gap is met by an auction.

        And what matches has the reference that it needs.
        """
        collar, before_px, px = self.before.terms.collar, self.before.live_px, self.now.live_px
        statuses = {self.before.status, *(change.status for change in self.told)}
        if collar and collar.jump_bps and before_px and abs(px - before_px) * 10_000 > collar.jump_bps * before_px:
            assert self.confirmed
            assert self.now.status in STOPPED
        mark = self.now.mark
        if self.before.guarded and mark and mark.quality != "none":
            assert mark.quality == "live"
            assert mark.as_of_ns >= self.before.multipliers[-1].effective_ns
        if collar and collar.gap_bps and self.mark and self.mark.quality == "closed" and mark and self.before.status in MATCHING:
            fresher = RANKS[mark.quality] > RANKS["closed"]
            if fresher and abs(mark.price - self.mark.price) * 10_000 > collar.gap_bps * self.mark.price:
                assert statuses & {"auction-call", "halted", "terminated"}
        if self.now.status in MATCHING and self.now.terms.collar:
            reference = self.overseer.venue.reference(1)

            assert reference.quality != Quality.NONE
            assert reference.until_ns > self.now_ns

    def _end(self) -> None:
        """S5: what is terminated has no order, no hold and no position, but claims; and the notice was kept."""
        winding, orders = self.now.wind_down, self.overseer.venue.book.orders()
        if winding and winding.reducing:
            assert not [order for order in orders if order.side == Side.BUY]
        if self.now.status != "terminated":
            assert not self.office.claims
            return
        assert orders == []
        assert (0,) * 5 == self.overseer.venue.total(AAPLX)[2:]
        assert winding is not None
        assert winding.cause in CANNOT_WAIT or winding.last_trade_ns - winding.announced_ns >= self.now.terms.notice_ns
        assert self.now_ns >= winding.last_trade_ns
        if self.before.status != "terminated":
            assert self.tokens == sum(claim.qty for claim in self.office.claims.values())

    def _usable_mark(self) -> Mark | None:
        """Return the reference in force as its age has left it now, where an order could still be held against it."""
        collar, mark = self.before.terms.collar, self.before.mark
        if collar is None or mark is None:
            return None
        if mark.quality in ("live", "extended", "internal") and self.now_ns >= mark.as_of_ns + collar.max_age_ns:
            mark = Mark(price=mark.price, source=mark.source, quality="closed", as_of_ns=mark.as_of_ns)
        if mark.quality == "closed" and collar.closed_max_age_ns and self.now_ns >= mark.as_of_ns + collar.closed_max_age_ns:
            return None
        own = next((bands for bands in collar.sessions if bands.session == self.before.session), collar)
        return mark if getattr(own, mark.quality, None) else None
