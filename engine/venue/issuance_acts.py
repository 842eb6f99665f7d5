"""The acts on tokens that shares are kept for: who attests the shares, how many tokens may be, and how they come and go.

    mint     requested --hedge--> hedged --confirm--> confirmed --mint--> minted --deliver--> delivered       failed from each but the last
    redeem   requested --burn--> burned --release--> released                                                failed from requested only

Shares are bought and kept before tokens are minted for them, and tokens are burned before shares are released.
"""

from typing import Annotated, Literal

from msgspec import Meta

from engine.venue.terms import (
    ANYONE,
    COMPLIANCE,
    MAX_AMOUNT,
    OPERATOR,
    TREASURY,
    Account,
    BaseAct,
    Duration,
    ExternalId,
    Name,
    Nanoseconds,
    PublicKey,
    Qty,
    QtyOrNone,
    Said,
    Symbol,
)

Shares = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="in 1e-6 of a share; 0 for none")]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64, description="Ed25519 signature, 64 bytes; base64 in texts")]
BreachName = Literal["reduce-only", "halted"]


class AddAttestor(BaseAct, frozen=True, kw_only=True):
    """Know somebody by his key who attests, from outside of the venue, how many shares are kept."""

    roles = COMPLIANCE
    second_person = True
    name: Name
    public_key: PublicKey


class RemoveAttestor(BaseAct, frozen=True, kw_only=True):
    """Believe an attestor no more: where his attestation is in force the reserve is stale at once."""

    roles = COMPLIANCE
    name: Name


class SetIssuance(BaseAct, frozen=True, kw_only=True):
    """Put an instrument's token under issuance, for ever, or change how: from now on a token comes by a mint and goes by a redeem.

    Tokens that are out already count as issued.  One of `attestors` must attest the shares; what he says is good for `ttl_ns`.  Of shares
    in transit `transit_bps` count.  Without enough attested shares, or with old ones, the instrument becomes `breach` until they are there.
    """

    roles = OPERATOR
    second_person = True
    instrument: Symbol
    attestors: Annotated[tuple[Name, ...], Meta(max_length=16, description="who may attest")]
    ttl_ns: Duration
    transit_bps: Annotated[int, Meta(ge=0, le=10_000, description="in basis points of what is in transit")] = 0
    breach: BreachName = "reduce-only"


class SetAuthorised(BaseAct, frozen=True, kw_only=True):
    """Write into the control book how many tokens the issuer has authorised, and by which paper."""

    roles = TREASURY
    second_person = True
    instrument: Symbol
    authorised: QtyOrNone
    reference: Said


class Attest(BaseAct, frozen=True, kw_only=True):
    """Bring an attestation: so many shares are kept, and so many in transit, as of a time; the attestor has signed it.

    It replaces the one before it, so it tells all shares.  As of the future, or not newer than the last one, it is refused.
    """

    roles = ANYONE
    instrument: Symbol
    attestor: Name
    custodian: Name
    shares: Shares
    in_transit: Shares = 0
    as_of_ns: Nanoseconds
    valid_until_ns: Nanoseconds
    signature: Signature


class RequestMint(BaseAct, frozen=True, kw_only=True):
    """Note that an account asks for new tokens."""

    roles = TREASURY
    external_id: ExternalId
    instrument: Symbol
    account: Account
    qty: Qty


class HedgeMint(BaseAct, frozen=True, kw_only=True):
    """Note that the shares of a mint are bought, by the broker's reference."""

    roles = TREASURY
    external_id: ExternalId
    reference: Said


class ConfirmCustody(BaseAct, frozen=True, kw_only=True):
    """Note that the custodian has the shares of a mint, by his reference."""

    roles = TREASURY
    external_id: ExternalId
    reference: Said


class Mint(BaseAct, frozen=True, kw_only=True):
    """Issue the tokens of a mint whose custody is confirmed: as many as fresh attested shares and the control book leave room for."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId


class DeliverMint(BaseAct, frozen=True, kw_only=True):
    """Make minted tokens available."""

    roles = TREASURY
    external_id: ExternalId


class FailMint(BaseAct, frozen=True, kw_only=True):
    """End a mint that is not delivered; tokens that it had issued are burned."""

    roles = TREASURY
    second_person_if = "it was minted"
    external_id: ExternalId


class RequestRedeem(BaseAct, frozen=True, kw_only=True):
    """Set an account's tokens aside that are to be exchanged for what is behind them."""

    roles = TREASURY
    external_id: ExternalId
    instrument: Symbol
    account: Account
    qty: Qty


class BurnRedeem(BaseAct, frozen=True, kw_only=True):
    """Burn the tokens of a redeem; from then on it cannot fail."""

    roles = TREASURY
    second_person = True
    external_id: ExternalId


class ReleaseRedeem(BaseAct, frozen=True, kw_only=True):
    """Note that what was behind burned tokens has left, by the custodian's reference; those shares are no longer reserve."""

    roles = TREASURY
    external_id: ExternalId
    reference: Said


class FailRedeem(BaseAct, frozen=True, kw_only=True):
    """Make tokens available again that were set aside and not burned."""

    roles = TREASURY
    external_id: ExternalId


class ReportSupply(BaseAct, frozen=True, kw_only=True):
    """Report how many tokens the chain knew as of a time, and how many of the difference to those issued were on their way.

    A difference that is not all on its way is a breach until a later report explains it.
    """

    roles = ANYONE
    instrument: Symbol
    supply: QtyOrNone
    in_flight: QtyOrNone = 0
    as_of_ns: Nanoseconds
