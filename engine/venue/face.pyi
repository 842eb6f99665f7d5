from collections.abc import Iterable, Sequence
from typing import TypeAlias

from engine.matching.book import Instrument, OrderBook
from engine.matching.enums import Strike
from engine.matching.records import Uncross
from engine.venue.records import Balance, PartyState, Reference, Trade

_Line: TypeAlias = tuple[int, int, int, int]

class Face:
    """The office's view of the venue's state."""

    @property
    def book(self) -> OrderBook: ...
    @property
    def account_count(self) -> int:
        """Largest number that an account can have."""

    @property
    def party_count(self) -> int:
        """Largest number that a party can have."""

    @property
    def asset_count(self) -> int:
        """Largest number that an asset can have."""

    @property
    def instrument_count(self) -> int:
        """How many instruments can be listed."""

    @property
    def profile_count(self) -> int:
        """How many access profiles there can be; they are numbered from 0."""

    def open_asset(self, asset: int) -> None:
        """Open the system accounts of an asset.  ValueError when there is no room."""

    def list_instrument(self, instrument: Instrument) -> int:
        """List an instrument of the book and return its number; nobody can trade it before `set_gate`."""

    def set_gate(
        self,
        instrument: int,
        *,
        base: int,
        quote: int,
        may: int,
        order_types: int,
        min_notional: int = 0,
        max_notional: int = 0,
        ticks: Sequence[tuple[int, int]] = (),
        rates: Sequence[tuple[int, int, int]] = (),
        day_cap: int = 0,
        whitelist: bool = False,
        forms: int = 3,
        chains: int = 0,
        blocked: int = 0,
        phase: int = 0,
        pauses: bool = False,
    ) -> None:
        """Set what an instrument's orders are checked against; 0 is no limit.

        `base` and `quote` are assets that are open; `may` are the status's Capability bits, `order_types` bits ord_type * 8 + tif;
        `ticks` are (from_px, tick), ascending; `rates` are (maker, taker, auction) by tier; `phase` and `pauses` are as in
        `OrderBook.set_phase`; where nobody takes, or the reference has lapsed, stop orders wait on.  ValueError for what cannot be.
        """

    def set_reference(
        self,
        instrument: int,
        *,
        price: int,
        quality: int,
        low: int,
        high: int,
        away_low: int = 0,
        away_high: int = 0,
        dynamic_bps: int = 0,
        until_ns: int = 9223372036854775807,
    ) -> int:
        """Set the reference price and the collar around it; return how many resting orders that canceled.

        Buys above `high` or below `away_low` and sells below `low` or above `away_high` (0: no limit) are refused, and nothing executes
        outside `low` to `high` nor farther than `dynamic_bps` from the last price.  With quality NONE nothing can be entered at all, and
        nothing after `until_ns`.
        """

    def clear_collar(self, instrument: int) -> None:
        """Let an instrument trade without a reference and a collar."""

    def indicative(self, instrument: int, reference: int = 0) -> Uncross:
        """Return what an auction of an instrument would do now, as `OrderBook.indicative`."""

    def uncross(self, instrument: int, reference: int = 0, low: int = 0, high: int = 0) -> Uncross:
        """Hold an auction, as `OrderBook.uncross`, and settle it; its phase stays."""

    def take_strike(self) -> tuple[int, Strike] | None:
        """Take note of an instrument whose book began to collect by itself: return its number and why, or None."""

    def set_party(
        self,
        party: int,
        *,
        blocked: int = 0,
        profile: int = 0,
        kyc_until_ns: int = 9223372036854775807,
        chains: int = 0,
        max_order_qty: int = 0,
        max_order_notional: int = 0,
        max_open_orders: int = 0,
        max_gross_open: int = 0,
        max_gross_day: int = 0,
        duplicates_max: int = 0,
        duplicates_ns: int = 0,
        redeemer: bool = False,
    ) -> None:
        """Set a subscriber's limits (0: none) and what keeps it from trading; its counters stay.

        A redeemer buys where an instrument's status lets nobody else, so that holders find somebody to sell to.
        """

    def set_account(self, account: int, *, party: int, tier: int = 0, stp_group: int = 0, stp_mode: int = 0, blocked: int = 0) -> None:
        """Open an account of a party, or change it; it never changes hands."""

    def set_access(self, profile: int, instrument: int, reason: int) -> None:
        """Say why parties of a profile cannot trade an instrument; 0: they can."""

    def set_holder(self, account: int, asset: int, approved: bool) -> None:
        """Approve an account as a holder of an asset whose holders are listed, or end that.  ValueError when there is no room."""

    def set_blocked(self, reason: int) -> None:
        """Refuse every order of everybody for this reason; 0 ends that."""

    def cancel_all(self, session: int = 0, account: int = 0, instrument: int = 0, side: int = 0, reason: int = 216) -> int:
        """Cancel the open orders that match each filter that is not 0, oldest first, and return how many there were."""

    def move(self, lines: Iterable[_Line]) -> None:
        """Carry out a journal of (account, asset, bucket, delta).  Raises ValueError, and moves nothing, for one that cannot be."""

    def why_not(self, lines: Iterable[_Line]) -> str:
        """Return why a journal cannot be carried out, or an empty text."""

    def reverse(self, match_id: int) -> list[_Line]:
        """Undo a trade by a journal and return its lines.  Raises ValueError, and moves nothing, where that cannot be."""

    def why_not_reverse(self, match_id: int) -> str:
        """Return why a trade cannot be undone, or an empty text."""

    def trade(self, match_id: int) -> Trade | None:
        """Return an execution, or None where it is not among those kept."""

    def total(self, asset: int) -> Balance:
        """Return the sums of the customers' buckets of an asset, as the balance of account 0."""

    @property
    def first_match_id(self) -> int:
        """Number of the oldest execution that is kept."""

    @property
    def last_match_id(self) -> int:
        """Number of the last execution, 0 before the first."""

    def balance(self, account: int, asset: int) -> Balance:
        """Return what an account has of an asset; nothing where it never had any."""

    def balances(self, account: int = 0) -> list[Balance]:
        """Return the balances of an account, in the order in which they were opened; 0 means every account, the system's too."""

    def party(self, party: int) -> PartyState:
        """Return what a party has open and has done today."""

    def reference(self, instrument: int) -> Reference:
        """Return the reference and the collar in force; quality NONE where there is none."""

    def traded_day(self, instrument: int) -> int:
        """Return the quantity that was traded since the last end of day."""
