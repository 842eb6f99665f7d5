"""What a test's venue begins with, as acts: instruments that trade, and subscribers each with a session, an account and money."""

from collections.abc import Iterable

from engine.gateway.gateway import Gateway
from engine.venue.acts import (
    FOUNDER,
    AddAsset,
    BaseAct,
    Deposit,
    ListInstrument,
    Onboard,
    OpenAccount,
    OpenSession,
    Request,
    SetStatus,
    encode,
)
from engine.venue.terms import Rights

CASH = 10**15
TOKENS = 10**14
SYMBOLS = ("AAPLx", "TSLAx")
FOREVER_NS = 2**63 - 1
RIGHTS = Rights(dividend="cash", vote="pass-through", liquidation="creditor", redeem="share")


def listing(symbol: str = "AAPLx", **terms: object) -> ListInstrument:
    """Return the listing of a token that the checklist passes, but for what is given."""
    plain: dict[str, object] = {"symbol": symbol, "base": symbol, "quote": "USDC", "tick": 100, "lot": 100, "max_qty": 10**12}
    plain |= {"track": "third-party-custodial", "issuer": "Token Issuer Ltd", "underlying": symbol[:-1]}
    return ListInstrument(**plain | {"fungibility_class": symbol, "rights": RIGHTS} | terms)


def markets(**terms: object) -> Iterable[BaseAct]:
    """Yield the acts that list every symbol and let it trade; `terms` are those of each."""
    yield AddAsset(asset="USDC", kind="cash")
    for symbol in SYMBOLS:
        yield AddAsset(asset=symbol, kind="token")
        yield listing(symbol, **terms)
        yield SetStatus(instrument=symbol, status="continuous", cause="scheduled")


def subscriber(
    name: str,
    number: int,
    public_key: bytes,
    cash: int = CASH,
    tokens: int = TOKENS,
    symbols: Iterable[str] = SYMBOLS,
    **fields: object,
) -> Iterable[BaseAct]:
    """Yield the acts that admit a subscriber with one account and one session of his name, and fund the account."""
    who: dict[str, object] = {"legal_name": f"{name} Ltd", "type": "institution", "kyc_tier": 2, "kyc_until_ns": FOREVER_NS}
    who |= {"jurisdictions": ("US",), "us_person": True, "standard_id": "FAIR-1"}
    yield Onboard(subscriber=name, **who | fields)
    yield OpenAccount(account=number, subscriber=name)
    yield OpenSession(name=name, public_key=public_key, subscriber=name, accounts=(number,))
    for asset, amount in (("USDC", cash), *((symbol, tokens) for symbol in symbols)):
        if amount:
            yield Deposit(external_id=f"{name}-{asset}", account=number, asset=asset, amount=amount)


def request(act: BaseAct, actor: str = FOUNDER) -> bytes:
    """Return an act as the sequencer takes it."""
    return encode(Request(actor=actor, reason="test", act=act))


def do(gateway: Gateway, *acts: BaseAct) -> None:
    """Have acts carried out at a running venue; each must be."""
    for act in acts:
        outcome = gateway.act(request(act))
        assert outcome.code == "DONE", outcome
