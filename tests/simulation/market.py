"""What the simulated venue trades: a share with auctions by hand, one with a collar, a calendar and pauses, and one under issuance.

The rounds of a simulated day begin six hours after each other, and the calendar of the second share is cut to them: it opens by auction in
the first, closes by auction in the second, collects before it opens in the third, and closes in the last.
"""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.cli.attest import signed
from engine.venue.acts import AddAsset, AddAttestor, Attest, BaseAct, SetAuthorised, SetCalendar, SetIssuance, SetReference, SetStatus
from engine.venue.terms import AuctionTerms, Band, Collar, WeeklyStart
from tests.gateway.funded import TOKENS, listing, subscriber
from tests.simulation.loop import SECOND

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
MID = 10_000
PLAIN, PAUSING, ISSUED = SYMBOLS = ("AAPLx", "TSLAx", "MSFTx")
ATTESTOR = "harris"
KEY = Ed25519PrivateKey.from_private_bytes(b"attestor".ljust(32))
SHARES = 2 * 10**15
COLLAR = Collar(
    live=Band(static_bps=800, dynamic_bps=300),
    closed=Band(static_bps=800),
    max_age_ns=30 * HOUR_S * SECOND,
    closed_max_age_ns=60 * HOUR_S * SECOND,
    gap_bps=400,
    jump_bps=1_500,
)
TERMS = {
    PLAIN: {"auction": AuctionTerms(call_ns=2 * SECOND)},
    PAUSING: {
        "collar": COLLAR,
        "auction": AuctionTerms(call_ns=2 * SECOND, pause_ns=SECOND, collar_bps=500, extend_ns=SECOND, max_extensions=2),
    },
    ISSUED: {},
}


def markets(now_ns: int) -> Iterable[BaseAct]:
    """Yield the acts that list every share and open it; the first opens by an auction."""
    yield AddAsset(asset="USDC", kind="cash")
    for symbol in SYMBOLS:
        yield AddAsset(asset=symbol, kind="token")
        yield listing(symbol, **TERMS[symbol])
    yield SetReference(instrument=PAUSING, price=MID, source="feed", quality="live", as_of_ns=now_ns)
    yield SetCalendar(instrument=PAUSING, week=tuple(_week()))
    yield SetStatus(instrument=PLAIN, status="auction-call", cause="scheduled")
    for symbol in (PAUSING, ISSUED):
        yield SetStatus(instrument=symbol, status="continuous", cause="scheduled")


def issuance(now_ns: int) -> Iterable[BaseAct]:
    """Yield the acts that put the last share under issuance, whoever has some by then."""
    yield AddAttestor(name=ATTESTOR, public_key=KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    yield SetIssuance(instrument=ISSUED, attestors=(ATTESTOR,), ttl_ns=40 * HOUR_S * SECOND)
    yield SetAuthorised(instrument=ISSUED, authorised=10**15, reference="resolution 1")
    yield attestation(now_ns, SHARES, 40)


def attestation(as_of_ns: int, shares: int, hours: int) -> Attest:
    """Return a signed attestation that is good for some hours."""
    until_ns = as_of_ns + hours * HOUR_S * SECOND
    said = Attest(
        instrument=ISSUED,
        attestor=ATTESTOR,
        custodian="vault",
        shares=shares,
        as_of_ns=as_of_ns,
        valid_until_ns=until_ns,
        signature=bytes(64),
    )
    return signed(said, KEY)


def founder(name: str, number: int, public_key: bytes) -> Iterable[BaseAct]:
    """Yield the acts that admit a subscriber who has some of every share, while that may still be deposited."""
    return subscriber(name, number, public_key, tokens=TOKENS, symbols=SYMBOLS)


def newcomer(name: str, number: int, public_key: bytes) -> Iterable[BaseAct]:
    """Yield the acts that admit a subscriber later."""
    return subscriber(name, number, public_key)


def _week() -> Iterable[WeeklyStart]:
    for day in range(7):
        at_s = day * DAY_S
        yield WeeklyStart(at_s=at_s + 4 * HOUR_S + 2, session="rth", status="auction-call")
        yield WeeklyStart(at_s=at_s + 10 * HOUR_S + 4, session="rth", status="auction-call", then="closed")
        yield WeeklyStart(at_s=at_s + 16 * HOUR_S + 2, session="pre", status="pre-open")
        yield WeeklyStart(at_s=at_s + 16 * HOUR_S + 4, session="rth", status="auction-call")
        yield WeeklyStart(at_s=at_s + 22 * HOUR_S + 4, session="post", status="auction-call", then="closed")
