"""How instruments stand, what comes by itself, and what backs the tokens: rows made from the office's registers, and words for them."""

from collections.abc import Callable

from msgspec.structs import asdict

from engine.admin.standing import AttestationRow, BoardRow, CalendarRow, MintRow, RedeemRow, ReserveChangeRow, ReserveRow, StepRow
from engine.matching.records import Uncross
from engine.venue.issuance_registers import Attestation, Issuance, MintEntry, RedeemEntry, ReserveChange
from engine.venue.office import Office
from engine.venue.registers import Listing
from engine.venue.reserves import good_until_ns, reserve_of
from engine.venue.terms import StatusName
from engine.venue.timetables import row_at

# Where a book collects for an auction that will come.
CALLING: frozenset[StatusName] = frozenset({"pre-open", "auction-call", "vol-pause"})
NOTHING = Uncross(0, 0, 0, True)


def board_row(office: Office, listing: Listing) -> BoardRow:
    """Return an instrument's row of the status board."""
    symbol, call = listing.terms.symbol, listing.call
    reference, reserve = office.venue.reference(listing.number), reserve_of(office, symbol)
    auction = office.venue.indicative(listing.number, reference.price) if listing.status in CALLING else NOTHING
    numerator, denominator = listing.multiplier
    return BoardRow(
        symbol=symbol,
        status=listing.status,
        cause=listing.cause,
        since_ns=listing.since_ns,
        until_ns=call.until_ns if call else 0,
        then=call.then if call else "",
        expected_resume_ns=listing.expected_resume_ns,
        session=listing.session,
        indicative_px=auction.price if auction.qty else 0,
        indicative_qty=auction.qty,
        imbalance=auction.imbalance if auction.qty else 0,
        reference=reference.price,
        quality=reference.quality.name.lower(),
        low=reference.low,
        high=reference.high,
        reserve=reserve.state,
        issued=reserve.issued,
        attested=reserve.attested,
        as_of_ns=reserve.attested_ns,
        multiplier=str(numerator) if denominator == 1 else f"{numerator}/{denominator}",
        last_trade_ns=listing.wind_down.last_trade_ns if listing.wind_down else 0,
        killed=listing.killed,
    )


def calendar_row(office: Office, due: tuple[int, str, str]) -> CalendarRow:
    """Return what falls due at a time as a row."""
    due_ns, what, whom = due
    listing = office.instruments.get(whom)
    told = TOLD[what](listing, due_ns) if listing is not None and what in TOLD else WORDS.get(what, "")
    return CalendarRow(ts_ns=due_ns, what=what, of=whom, told=told)


def reserve_row(office: Office, symbol: str, issuance: Issuance) -> ReserveRow:
    """Return a token under issuance as a row."""
    reserve = reserve_of(office, symbol)
    return ReserveRow(
        instrument=symbol,
        state=issuance.state,
        issued=reserve.issued,
        attested=reserve.attested,
        as_of_ns=reserve.attested_ns,
        valid_until_ns=max(good_until_ns(issuance), 0),
        authorised=issuance.authorised,
        authority=issuance.authority,
        breach=issuance.terms.breach,
        attestors=issuance.terms.attestors,
    )


def attestation_row(attestation: Attestation) -> AttestationRow:
    """Return an attestation as a row; its signature stays in the log."""
    fields = asdict(attestation)
    return AttestationRow(**{name: fields[name] for name in AttestationRow.__struct_fields__})


def reserve_change_row(change: ReserveChange) -> ReserveChangeRow:
    """Return a change of a reserve as a row."""
    fields = asdict(change)
    return ReserveChangeRow(as_of_ns=fields.pop("attested_ns"), **fields)


def mint_row(entry: MintEntry | RedeemEntry) -> MintRow:
    """Return a mint or a redeem as a row."""
    kind = MintRow if isinstance(entry, MintEntry) else RedeemRow
    return kind(**{**asdict(entry), "steps": tuple(StepRow(**asdict(step)) for step in entry.steps)})


def _start_told(listing: Listing, due_ns: int) -> str:
    """Say what the calendar brings at a time."""
    start, _ = row_at(listing.terms.week, listing.terms.exceptions, due_ns)
    if start is None:
        return "the calendar is followed again"
    call = f", then {start.then}" if start.status == "auction-call" else ""
    return f"session {start.session}" + (f", {start.status}{call}" if start.status else "")


def _call_told(listing: Listing, _due_ns: int) -> str:
    call = listing.call
    if listing.status == "vol-pause":
        return "the pause ends in a call"
    extended = f" after {call.extensions} extensions" if call and call.extensions else ""
    return f"the call ends in an auction{extended}" + (f", then {call.then}" if call else "")


def _reference_told(listing: Listing, _due_ns: int) -> str:
    mark = listing.mark
    if mark is None:
        return "the reference ends"
    return f"the {mark.quality} reference of {mark.source} " + ("ends" if mark.quality == "closed" else "becomes a closed one")


def _wind_told(listing: Listing, _due_ns: int) -> str:
    wind_down = listing.wind_down
    return "last trade: terminated, positions become claims" if wind_down is None or wind_down.reducing else "reduce-only before the end"


def _multiplier_told(listing: Listing, due_ns: int) -> str:
    coming = next((each for each in listing.pending_multipliers if each.effective_ns == due_ns), None)
    if coming is None:
        return "another multiplier: halted"
    tokens = "a token stands" if coming.denominator == 1 else f"{coming.denominator} tokens stand"
    return f"{tokens} for {coming.numerator} shares: halted"


TOLD: dict[str, Callable[[Listing, int], str]] = {
    "session": _start_told,
    "call": _call_told,
    "reference": _reference_told,
    "wind-down": _wind_told,
    "multiplier": _multiplier_told,
}
WORDS = {
    "kyc": "the identity check (KYC) ends",
    "ticks": "another tick table",
    "reserve": "the attestation ends: the reserve is stale",
}
