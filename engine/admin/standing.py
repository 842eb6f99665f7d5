"""Rows of how instruments stand and what comes: the status board, the calendar, auctions, claims, and what backs the tokens."""

from engine.admin.kinds import Px, Row, Time, Units


class BoardRow(Row, frozen=True, kw_only=True):
    """An instrument on the status board: where it stands, what it waits for, what an auction would do now, and what backs its token.

    `until_ns` ends a call or a pause, and `then` follows the auction; `imbalance` is what would be bought more, below 0 sold more.
    """

    symbol: str
    status: str
    cause: str
    since_ns: Time
    until_ns: Time
    then: str
    expected_resume_ns: Time
    session: str
    indicative_px: Px
    indicative_qty: Units
    imbalance: Units
    reference: Px
    quality: str
    low: Px
    high: Px
    reserve: str
    issued: Units
    attested: Units
    as_of_ns: Time
    multiplier: str
    last_trade_ns: Time
    killed: bool


class CalendarRow(Row, frozen=True, kw_only=True):
    """Something that will happen by itself, of an instrument or a subscriber, in words."""

    ts_ns: Time
    what: str
    of: str
    told: str


class ChangeRow(Row, frozen=True, kw_only=True):
    """A change of an instrument's status, or of what is told about it."""

    seq: int
    ts_ns: Time
    instrument: str
    before: str
    status: str
    cause: str
    actor: str
    expected_resume_ns: Time
    until_ns: Time
    then: str


class AuctionRow(Row, frozen=True, kw_only=True):
    """How a call ended."""

    seq: int
    ts_ns: Time
    instrument: str
    price: Px
    qty: Units
    imbalance: Units
    outcome: str
    extensions: int


class ClaimRow(Row, frozen=True, kw_only=True):
    """What an account had when its instrument was terminated; `price` 0 is not known yet, `paid_ns` 0 not paid yet."""

    instrument: str
    account: int
    qty: Units
    price: Px
    ts_ns: Time
    journal: int
    paid_ns: Time


class AttestorRow(Row, frozen=True, kw_only=True):
    """Somebody whose signature on an attestation is believed."""

    name: str
    public_key: bytes


class AttestationRow(Row, frozen=True, kw_only=True):
    """An attestation that was taken."""

    seq: int
    ts_ns: Time
    actor: str
    instrument: str
    attestor: str
    custodian: str
    shares: Units
    in_transit: Units
    as_of_ns: Time
    valid_until_ns: Time


class ReserveRow(Row, frozen=True, kw_only=True):
    """A token under issuance: its reserve and its control book; `attested` are the shares that count."""

    instrument: str
    state: str
    issued: Units
    attested: Units
    as_of_ns: Time
    valid_until_ns: Time
    authorised: Units
    authority: str
    breach: str
    attestors: tuple[str, ...]


class ReserveChangeRow(Row, frozen=True, kw_only=True):
    """A change of a reserve's state, and the figures that made it."""

    seq: int
    ts_ns: Time
    instrument: str
    state: str
    issued: Units
    attested: Units
    as_of_ns: Time


class StepRow(Row, frozen=True, kw_only=True):
    """A step of a mint or a redeem."""

    state: str
    ts_ns: Time
    actor: str
    reference: str
    journal: int


class MintRow(Row, frozen=True, kw_only=True):
    """A mint; `journal` is the entry that last moved it."""

    external_id: str
    instrument: str
    account: int
    qty: Units
    state: str
    ts_ns: Time
    journal: int
    steps: tuple[StepRow, ...]


class RedeemRow(MintRow, frozen=True, kw_only=True):
    """A redeem; `journal` is the entry that last moved it."""
