"""The entries of the registers of issuance, as frozen Structs: who attests, what is attested, what is issued, and each mint and redeem."""

from typing import Literal

from msgspec import Struct

from engine.venue.issuance_acts import SetIssuance
from engine.venue.terms import ThenName

ReserveState = Literal["good", "stale", "breach"]
MintState = Literal["requested", "hedged", "confirmed", "minted", "delivered", "failed"]
RedeemState = Literal["requested", "burned", "released", "failed"]


class Attestor(Struct, frozen=True, kw_only=True):
    """Somebody outside of the venue whose signature is believed."""

    name: str
    public_key: bytes


class Attestation(Struct, frozen=True, kw_only=True):
    """An attestation that was taken, at `ts_ns`, from whoever brought it; shares in 1e-6."""

    seq: int
    ts_ns: int
    actor: str
    instrument: str
    attestor: str
    custodian: str
    shares: int
    in_transit: int
    as_of_ns: int
    valid_until_ns: int
    signature: bytes


class Supply(Struct, frozen=True, kw_only=True):
    """What the chain was told to know as of a time, beside what was issued then; in 1e-6 of a token."""

    ts_ns: int
    as_of_ns: int
    supply: int
    in_flight: int
    issued: int

    @property
    def explained(self) -> bool:
        """Whether the difference is what was on its way."""
        return abs(self.supply - self.issued) == self.in_flight


class Issuance(Struct, frozen=True, kw_only=True):
    """A token under issuance: its terms, its control book, and what is known of its reserve.  What is issued is in the ledger alone.

    `authorised` by the paper `authority`; `adopted` were out when the issuance began.  `attestation` is the one in force; `newest_ns` is as
    of when the newest was that was ever taken, -1 before the first.  `releases` are (ts_ns, shares) that left after the attestation's time.
    `resumes` is where a reserve that is good again leads an instrument that it had stopped.
    """

    terms: SetIssuance
    authorised: int = 0
    authority: str = ""
    adopted: int = 0
    attestation: Attestation | None = None
    newest_ns: int = -1
    releases: tuple[tuple[int, int], ...] = ()
    supply: Supply | None = None
    state: ReserveState = "stale"
    resumes: ThenName = "continuous"


class ReserveChange(Struct, frozen=True, kw_only=True):
    """A change of a reserve's state, and the figures that made it: tokens issued, shares that count, as of when they were attested."""

    seq: int
    ts_ns: int
    instrument: str
    state: ReserveState
    issued: int
    attested: int
    attested_ns: int


class Step(Struct, frozen=True, kw_only=True):
    """A step of a mint or a redeem: who took it, by which reference of the outside world, in which journal entry (0: none)."""

    state: str
    ts_ns: int
    actor: str
    reference: str = ""
    journal: int = 0


class MintEntry(Struct, frozen=True, kw_only=True):
    """A mint; `journal` is the entry that last moved it."""

    external_id: str
    instrument: str
    account: int
    qty: int
    state: MintState
    ts_ns: int
    journal: int
    steps: tuple[Step, ...]


class RedeemEntry(Struct, frozen=True, kw_only=True):
    """A redeem; `journal` is the entry that last moved it."""

    external_id: str
    instrument: str
    account: int
    qty: int
    state: RedeemState
    ts_ns: int
    journal: int
    steps: tuple[Step, ...]
