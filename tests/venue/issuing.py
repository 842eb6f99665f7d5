"""Offices with a token under issuance, attestations as their attestor signs them, and each act of a mint and a redeem by its id."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from engine.venue import acts
from engine.venue.acts import AddAsset, Attest, BaseAct, OpenAccount, OpenSession, Outcome
from engine.venue.attestation_text import attestation_text
from engine.venue.office import Office
from engine.venue.records import Balance, SystemAccount
from engine.venue.reserves import Reserve, reserve_of
from engine.venue.terms import AuctionTerms
from tests.venue.offices import AAPLX, DAY, NOW, SECOND, ask, do, empty, listing, subscriber

TOKEN = 1_000_000
TTL = 60 * SECOND
CALL = 10 * SECOND
PRIVATE = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number, name in enumerate(("harris", "irving", "mallory"), 1)
}
PUBLIC = {name: key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for name, key in PRIVATE.items()}
ISSUANCE = acts.SetIssuance(instrument="AAPLx", attestors=("harris", "irving"), ttl_ns=TTL)


def signed(act: Attest, by: str = "") -> Attest:
    """Return an attestation signed by its attestor, or by somebody else."""
    return replace(act, signature=PRIVATE[by or act.attestor].sign(attestation_text(act)))


def attestation(shares: int, as_of_ns: int = NOW, by: str = "", **fields: Any) -> Attest:
    """Return an attestation of AAPLx by harris, but for what is given."""
    plain: dict[str, Any] = {
        "instrument": "AAPLx",
        "attestor": "harris",
        "custodian": "State-Trust",
        "shares": shares,
        "as_of_ns": as_of_ns,
        "valid_until_ns": NOW + DAY,
        "signature": bytes(64),
    }
    return signed(Attest(**plain | fields), by)


def request(external_id: str, qty: int, account: int = 1) -> acts.RequestMint:
    return acts.RequestMint(external_id=external_id, instrument="AAPLx", account=account, qty=qty)


def until_confirmed(external_id: str, qty: int, account: int = 1) -> list[BaseAct]:
    """Return the acts of a mint up to its custody."""
    hedged = acts.HedgeMint(external_id=external_id, reference=f"broker-{external_id}")
    return [request(external_id, qty, account), hedged, acts.ConfirmCustody(external_id=external_id, reference=f"custody-{external_id}")]


def minted(office: Office, external_id: str, qty: int, account: int = 1, ts_ns: int = NOW) -> Outcome:
    """Carry a mint to its end and return the outcome of the minting itself."""
    do(office, *until_confirmed(external_id, qty, account), ts_ns=ts_ns)
    outcome = ask(office, acts.Mint(external_id=external_id), ts_ns=ts_ns)
    if outcome.code == "DONE":
        do(office, acts.DeliverMint(external_id=external_id), ts_ns=ts_ns)
    return outcome


def redeem(external_id: str, qty: int, account: int = 1) -> acts.RequestRedeem:
    return acts.RequestRedeem(external_id=external_id, instrument="AAPLx", account=account, qty=qty)


def issuing(status: str = "continuous", issuance: acts.SetIssuance = ISSUANCE, **terms: Any) -> Office:
    """Return an office where AAPLx is under issuance: 1,000 authorised, 100 shares attested at NOW, 50 tokens each of `acme` and `beta`.

    Its auctions are called for 10 seconds.
    """
    office = empty()
    terms.setdefault("auction", AuctionTerms(call_ns=CALL))
    do(office, AddAsset(asset="USDC", kind="cash"), AddAsset(asset="AAPLx", kind="token"), listing(**terms))
    for name in ("harris", "irving"):
        do(office, acts.AddAttestor(name=name, public_key=PUBLIC[name]))
    do(office, issuance, acts.SetAuthorised(instrument="AAPLx", authorised=1_000 * TOKEN, reference="resolution-1"))
    do(office, attestation(100 * TOKEN))
    for number, name in enumerate(("acme", "beta"), 1):
        do(office, subscriber(name), OpenAccount(account=number, subscriber=name))
        do(office, OpenSession(name=f"{name}-1", public_key=bytes([number]) * 32, subscriber=name, accounts=(number,)))
        do(office, acts.Deposit(external_id=f"cash-{name}", account=number, asset="USDC", amount=1_000_000_000))
        assert "DONE" == minted(office, f"birth-{name}", 50 * TOKEN, number).code
    if status != "draft":
        do(office, acts.SetStatus(instrument="AAPLx", status=status, cause="scheduled"))
    return office


def where(office: Office) -> tuple[str, str]:
    """Return the status of AAPLx and its cause."""
    return office.instruments["AAPLx"].status, office.instruments["AAPLx"].cause


def reserve(office: Office) -> Reserve:
    return reserve_of(office, "AAPLx")


def tokens(office: Office, account: int = 1) -> Balance:
    return office.venue.balance(account, AAPLX)


def withdrawn(office: Office) -> int:
    """Return how many tokens are outside of the venue."""
    return tokens(office, SystemAccount.CUSTODY).available
