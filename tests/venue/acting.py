"""Acts of anybody, orders and time that passes, as drawn scripts, and an office with a story that plays them."""

from typing import get_args

from hypothesis import strategies as st

from engine.matching.enums import Side
from engine.venue import acts
from engine.venue.acts import BaseAct, Request
from engine.venue.records import SystemAccount
from engine.venue.terms import (
    WEEK_S,
    AuctionTerms,
    Band,
    Collar,
    Fee,
    Limits,
    SessionBands,
    SessionMask,
    StatusName,
    TickRow,
    WeeklyStart,
)
from tests.venue.issuing import PUBLIC, TOKEN, attestation, redeem, request
from tests.venue.offices import KEYS, NOW, SECOND, Office, ask, do, end_founding, enter, listing, pass_time, snapshot, subscriber, trading

# Seconds from Monday to NOW: 1970-01-01 was a Thursday.
OFFSET_S = (NOW // SECOND + 3 * 86_400) % WEEK_S
# Mostly what is there, so that acts meet and are done.
ids = st.sampled_from(["x1", "x1", "x2", "x3"])
numbers = st.sampled_from([1, 1, 1, 2, 2, 3])
assets = st.sampled_from(["USDC", "USDC", "USDC", "AAPLx", "EURC"])
symbols = st.sampled_from(["AAPLx"] * 7 + ["EURC"])
names = st.sampled_from(["acme", "acme", "acme", "beta", "beta", "gamma"])
amounts = st.sampled_from([1, 5, 999_999_999, 10**12])
times = st.sampled_from([0, NOW, NOW + 5 * SECOND, NOW + 50 * SECOND])
COLLAR = Collar(live=Band(static_bps=2000), closed=Band(static_bps=3000), max_age_ns=8 * SECOND, closed_max_age_ns=30 * SECOND)
NARROW = Collar(
    live=Band(static_bps=500, dynamic_bps=200),
    closed=Band(static_bps=900),
    max_age_ns=3 * SECOND,
    gap_bps=100,
    jump_bps=1000,
    sessions=(SessionBands(session="weekend", live=Band(static_bps=5000)),),
)
collars = st.sampled_from([None, COLLAR, NARROW])
session_names = st.sampled_from(["continuous", "rth", "weekend"])
statuses = st.sampled_from([name for name in get_args(StatusName) if name not in ("draft", "terminated")])
thens = st.sampled_from(["continuous", "continuous", "reduce-only", "post-only", "closed"])
AUCTION = AuctionTerms(call_ns=4 * SECOND, pause_ns=3 * SECOND, collar_bps=1500, extend_ns=2 * SECOND, max_extensions=2)
limits = st.builds(Limits, max_order_qty=st.sampled_from([0, 100, 900]), max_open_orders=st.integers(0, 3))
accounts = st.sampled_from([1, 2, 3, SystemAccount.SUSPENSE, SystemAccount.CUSTODY])
attestors = st.sampled_from(["harris", "harris", "irving"])


def hold_of(hold_id: str, account: int, asset: str, amount: int) -> acts.PlaceHold:
    return acts.PlaceHold(
        hold_id=hold_id, account=account, asset=asset, amount=amount, authority="court", reference="r", review_ns=NOW + 99 * SECOND
    )


one_act: st.SearchStrategy[BaseAct] = st.one_of(
    st.builds(acts.AddAsset, asset=assets, kind=st.sampled_from(["cash", "token"])),
    st.builds(lambda base: listing(symbol=base, base=base), assets),
    st.builds(acts.SetFees, instrument=symbols, rates=st.lists(st.builds(Fee, maker=st.integers(-9, 9)), max_size=2).map(tuple)),
    st.builds(acts.SetTicks, instrument=symbols, table=st.just((TickRow(from_px=0, tick=200),)), effective_ns=times),
    st.builds(acts.SetCollar, instrument=symbols, collar=collars),
    st.builds(
        acts.SetCalendar,
        instrument=symbols,
        week=st.sampled_from(
            [
                (),
                (WeeklyStart(at_s=0, session="rth"), WeeklyStart(at_s=400_000, session="weekend")),
                (WeeklyStart(at_s=OFFSET_S + 4, session="pre", status="auction-call"), WeeklyStart(at_s=OFFSET_S + 9, session="rth")),
            ]
        ),
        masks=st.sampled_from([(), (SessionMask(session="rth", order_types=("limit-gtc",)),)]),
    ),
    st.builds(acts.SetStatus, instrument=symbols, status=statuses, cause=st.just("surveillance"), expected_resume_ns=times),
    st.builds(acts.SetStatus, instrument=symbols, status=statuses, cause=st.just("surveillance")),
    st.builds(acts.SetStatus, instrument=symbols, status=st.just("auction-call"), cause=st.just("opening"), then=thens, until_ns=times),
    st.builds(acts.SetAuction, instrument=symbols, auction=st.sampled_from([None, AUCTION, AUCTION, AuctionTerms(max_extensions=1)])),
    st.builds(acts.SetMultiplier, instrument=symbols, numerator=numbers, denominator=numbers, effective_ns=times),
    st.builds(acts.WindDown, instrument=symbols, cause=st.just("issuer-notice"), reduce_ns=times, last_trade_ns=times),
    st.builds(acts.StopWindDown, instrument=symbols),
    st.builds(acts.SetCloseOut, instrument=symbols, close_out_px=st.just(1000)),
    st.builds(acts.PayClaim, external_id=ids, instrument=symbols, account=numbers),
    st.builds(acts.SetSession, instrument=st.sampled_from(["", "AAPLx"]), session=session_names),
    st.builds(
        acts.SetReference,
        instrument=symbols,
        price=st.sampled_from([0, 1000, 1040, 9000]),
        source=st.just("cta"),
        quality=st.sampled_from(["none", "live", "closed", "internal"]),
        as_of_ns=times,
        confirmed=st.sampled_from([False, False, True]),
    ),
    st.builds(subscriber, names),
    st.builds(
        acts.ChangeSubscriber,
        subscriber=names,
        standard_id=st.just("S"),
        kyc_until_ns=st.none() | times,
        us_person=st.none() | st.booleans(),
        jurisdictions=st.sampled_from([None, (), ("US",), ("DE",)]),
        limits=st.none() | limits,
    ),
    st.builds(acts.SetLimits, subscriber=names, limits=limits),
    st.builds(acts.OpenAccount, account=numbers, subscriber=names),
    st.builds(acts.ChangeAccount, account=numbers, stp_group=st.none() | st.just(0), tier=st.none() | st.just(1)),
    st.builds(acts.OpenSession, name=ids, public_key=st.just(bytes(32)), subscriber=names, accounts=st.tuples(numbers)),
    st.builds(acts.CloseSession, name=st.sampled_from(["acme-1", "x1"])),
    st.builds(acts.ApproveHolder, account=numbers, asset=assets, approved=st.booleans()),
    st.builds(acts.UpdateSanctions, list_version=numbers, hits=st.lists(names, max_size=1).map(tuple)),
    st.builds(acts.UpdateSanctions, list_version=numbers, cleared=st.lists(names, max_size=1).map(tuple)),
    st.builds(acts.KillSwitch, scope=st.just("subscriber"), target=names, on=st.booleans()),
    st.builds(acts.KillSwitch, scope=st.just("account"), target=numbers.map(str), on=st.booleans()),
    st.builds(acts.KillSwitch, scope=st.just("instrument"), target=symbols, on=st.booleans()),
    st.builds(acts.KillSwitch, scope=st.just("venue"), on=st.booleans()),
    st.builds(acts.CancelOrders, account=st.integers(0, 3), side=st.sampled_from(["", "buy", "sell"])),
    st.builds(acts.Deposit, external_id=ids, account=numbers, asset=assets, amount=amounts, pending=st.booleans()),
    st.builds(acts.CreditDeposit, external_id=ids),
    st.builds(acts.FailDeposit, external_id=ids),
    st.builds(acts.Transfer, external_id=ids, from_account=accounts, to_account=accounts, asset=assets, amount=amounts),
    st.builds(acts.RequestWithdrawal, external_id=ids, account=numbers, asset=assets, amount=amounts, destination=st.just("bank")),
    st.builds(acts.ScreenWithdrawal, external_id=ids, screening_id=ids, clear=st.booleans()),
    st.builds(acts.HoldWithdrawal, external_id=ids),
    st.builds(acts.ReleaseWithdrawal, external_id=ids),
    st.builds(acts.FailWithdrawal, external_id=ids),
    st.builds(hold_of, ids, numbers, st.sampled_from(["", "USDC", "AAPLx"]), st.sampled_from([0, 0, 5, 10**12])),
    st.builds(acts.LiftHold, hold_id=ids),
    st.builds(acts.BustTrade, match_id=numbers),
    st.builds(acts.AddAttestor, name=attestors, public_key=st.sampled_from([*PUBLIC.values()])),
    st.builds(acts.RemoveAttestor, name=attestors),
    st.builds(
        acts.SetIssuance,
        instrument=symbols,
        attestors=st.sampled_from([("harris",), ("irving", "harris")]),
        ttl_ns=st.sampled_from([9 * SECOND, 99 * SECOND]),
        breach=st.sampled_from(["reduce-only", "halted"]),
    ),
    st.builds(acts.SetAuthorised, instrument=symbols, authorised=st.sampled_from([TOKEN, 30 * TOKEN]), reference=st.just("r")),
    st.builds(attestation, shares=st.sampled_from([19, 20, 20, 30]).map(lambda shares: shares * TOKEN), as_of_ns=times, attestor=attestors),
    st.builds(request, ids, amounts, numbers),
    st.builds(acts.HedgeMint, external_id=ids, reference=st.just("r")),
    st.builds(acts.ConfirmCustody, external_id=ids, reference=st.just("r")),
    *(st.builds(act, external_id=ids) for act in (acts.Mint, acts.DeliverMint, acts.FailMint, acts.BurnRedeem, acts.FailRedeem)),
    st.builds(redeem, ids, amounts, numbers),
    st.builds(acts.ReleaseRedeem, external_id=ids, reference=st.just("r")),
    st.builds(acts.ReportSupply, instrument=symbols, supply=st.sampled_from([0, 20 * TOKEN]), in_flight=amounts, as_of_ns=times),
    st.builds(acts.GrantRole, name=st.just("paul"), public_key=st.just(bytes(32)), role=st.sampled_from(["operator", "treasury"])),
    st.builds(acts.RevokeRole, name=st.sampled_from(["paul", "olga"])),
    st.builds(acts.Approve, proposal=st.integers(1, 4)),
    st.builds(acts.Decline, proposal=st.integers(1, 4)),
)
# An act, of its first person and approved by the second or by anybody; an order (side, price, account); or time that passes.
act_steps = st.tuples(st.just("act"), one_act, st.sampled_from([None] * 21 + sorted(KEYS)))
order_steps = st.tuples(st.just("order"), st.sampled_from([Side.BUY, Side.SELL]), st.tuples(st.integers(9, 11), numbers))
time_steps = st.tuples(st.just("time"), st.integers(1, 10), st.none())
steps = st.lists(st.one_of(act_steps, act_steps, act_steps, order_steps, time_steps), min_size=8, max_size=24)
PAIRS = {"operator": ("olga", "otto"), "compliance": ("carl", "cora"), "treasury": ("tess", "tom")}


def storied() -> Office:
    """Return a founded office with a reference, a trade, open orders, a pending deposit, a screened withdrawal, a hold and attestors."""
    office = trading(collar=COLLAR, transfer_policy="free")
    do(office, acts.SetReference(instrument="AAPLx", price=1000, source="cta", quality="live", as_of_ns=NOW))
    enter(office, Side.SELL, 1000, 300, account=2)
    enter(office, Side.BUY, 1000, 100)
    enter(office, Side.BUY, 900, 100)
    do(office, acts.Deposit(external_id="x1", account=1, asset="USDC", amount=5, pending=True))
    do(office, acts.RequestWithdrawal(external_id="x2", account=1, asset="USDC", amount=5, destination="bank"))
    do(office, acts.ScreenWithdrawal(external_id="x2", screening_id="s", clear=True))
    do(office, hold_of("x1", 1, "AAPLx", 5))
    do(office, *(acts.AddAttestor(name=name, public_key=PUBLIC[name]) for name in ("harris", "irving")))
    return end_founding(office)


def requests(act: BaseAct, actor: str | None) -> tuple[str, str]:
    """Return who asks for an act and who would approve it; an actor that is given does both."""
    return (actor, actor) if actor else PAIRS[act.roles[0]]


def ask_and_look(office: Office, act: BaseAct, actor: str, ts_ns: int) -> acts.Outcome:
    """Act, and hold the laws of one act: a dry run foretells it, what is refused changes nothing, what is done again does nothing."""
    before = snapshot(office)
    foretold = office.try_out(Request(actor=actor, reason="r", act=act), ts_ns)

    assert before == snapshot(office)

    outcome = ask(office, act, actor=actor, ts_ns=ts_ns)

    assert (foretold.accepted, foretold.code) == (outcome.accepted, outcome.code), outcome
    if not outcome.accepted or outcome.code == "ALREADY":
        assert before == snapshot(office), outcome
    if outcome.code == "DONE" and hasattr(act, "external_id") and "journal" in outcome.data:
        entries = len(office.journal)
        again = ask(office, act, actor=actor, ts_ns=ts_ns)

        assert ("ALREADY", outcome.data, entries) == (again.code, again.data, len(office.journal))
    return outcome


def play(office: Office, script, look: bool = True, ts_ns: int = NOW) -> int:
    """Let an office play a script from a time on, and return the time then; with `look` hold the laws of one act."""
    for kind, what, who in script:
        if kind == "time":
            ts_ns += what * SECOND
            pass_time(office, ts_ns)
        elif kind == "order":
            price, account = who
            if account in office.accounts:
                enter(office, what, price * 100, 100, account=account, ts_ns=ts_ns)
        else:
            first, second = requests(what, who)
            outcome = ask_and_look(office, what, first, ts_ns) if look else ask(office, what, actor=first, ts_ns=ts_ns)
            if outcome.code == "PROPOSED" and first != second:
                approval = acts.Approve(proposal=outcome.proposal)
                ask_and_look(office, approval, second, ts_ns) if look else ask(office, approval, actor=second, ts_ns=ts_ns)
    return ts_ns
