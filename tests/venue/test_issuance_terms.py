"""Tokens under issuance: what was out is adopted, nothing comes from anywhere but a mint, and a trade issues none."""

import pytest
from msgspec.structs import replace

from engine.matching.enums import Side
from engine.venue import acts
from engine.venue.records import SystemAccount
from tests.venue.issuing import ISSUANCE, TOKEN, attestation, issuing, redeem, request, reserve, tokens, where, withdrawn
from tests.venue.offices import NOW, ask, do, enter, trading

ISSUED = 100 * TOKEN


def test_without_issuance_nothing_is_minted():
    office = trading()

    for act in (request("m", 5), redeem("r", 5), attestation(5), acts.SetAuthorised(instrument="AAPLx", authorised=5, reference="r")):
        assert "NO_ISSUANCE" == ask(office, act).code
    assert "NO_ISSUANCE" == ask(office, acts.ReportSupply(instrument="AAPLx", supply=5, as_of_ns=NOW)).code


def test_a_token_comes_from_outside_only_as_far_as_it_went_there():
    office = issuing(transfer_policy="free")
    for act in (
        acts.RequestWithdrawal(external_id="w", account=1, asset="AAPLx", amount=7, destination="solana:9xQe"),
        acts.ScreenWithdrawal(external_id="w", screening_id="s", clear=True),
        acts.ReleaseWithdrawal(external_id="w"),
    ):
        do(office, act)

    assert (7, ISSUED) == (withdrawn(office), reserve(office).issued)
    assert "NOT_ISSUED" == ask(office, acts.Deposit(external_id="d", account=2, asset="AAPLx", amount=8)).code

    do(office, acts.Deposit(external_id="d", account=2, asset="AAPLx", amount=7))

    assert (0, 50 * TOKEN + 7, ISSUED) == (withdrawn(office), tokens(office, 2).available, reserve(office).issued)
    assert "NOT_ISSUED" == ask(office, acts.Deposit(external_id="e", account=2, asset="AAPLx", amount=1, pending=True)).code


@pytest.mark.parametrize(
    ("code", "source", "target"),
    [
        ("ISSUANCE", SystemAccount.ISSUANCE, 1),
        ("ISSUANCE", 1, SystemAccount.ISSUANCE),
        ("NOT_ISSUED", SystemAccount.SUSPENSE, 1),
        ("NOT_ISSUED", SystemAccount.CUSTODY, 1),
        ("DONE", 1, SystemAccount.SUSPENSE),
        ("DONE", 1, SystemAccount.CUSTODY),
    ],
)
def test_a_transfer_makes_no_token(code: str, source: int, target: int):
    office = issuing()
    transfer = acts.Transfer(external_id="t", from_account=source, to_account=target, asset="AAPLx", amount=5)

    assert code == ask(office, transfer).code
    assert ISSUED == reserve(office).issued


def test_tokens_that_are_out_when_issuance_begins_are_adopted():
    office = trading()
    do(office, acts.AddAttestor(name="harris", public_key=bytes(32)), replace(ISSUANCE, attestors=("harris",)))

    assert (20 * TOKEN, 0, "stale") == (reserve(office).issued, withdrawn(office), reserve(office).state)
    assert (20 * TOKEN, ("reduce-only", "reserve-stale")) == (office.issuances["AAPLx"].adopted, where(office))
    assert ("set-issuance", "AAPLx") == (office.journal[-1].cause, office.journal[-1].external_id)
    entries = len(office.journal)
    do(office, replace(ISSUANCE, attestors=("harris",), ttl_ns=5))

    assert (entries, 20 * TOKEN) == (len(office.journal), office.issuances["AAPLx"].adopted)


def test_a_token_that_somebody_owes_is_not_put_under_issuance():
    office = trading()
    do(office, acts.AddAttestor(name="harris", public_key=bytes(32)))
    do(office, acts.Transfer(external_id="t", from_account=SystemAccount.SUSPENSE, to_account=1, asset="AAPLx", amount=5))

    assert "NOT_ISSUED" == ask(office, replace(ISSUANCE, attestors=("harris",))).code


@pytest.mark.parametrize(
    ("code", "terms"),
    [
        ("UNKNOWN_INSTRUMENT", {"instrument": "NONE"}),
        ("TTL", {"ttl_ns": 0}),
        ("NO_ATTESTOR", {"attestors": ()}),
        ("UNKNOWN_ATTESTOR", {"attestors": ("mallory",)}),
        ("ATTESTOR_TWICE", {"attestors": ("harris", "harris")}),
    ],
)
def test_terms_that_cannot_be_are_refused(code: str, terms: dict[str, object]):
    assert code == ask(issuing(), replace(ISSUANCE, **terms)).code


def test_a_trade_moves_tokens_and_issues_none():
    office = issuing()
    enter(office, Side.SELL, 1000, TOKEN, account=2)
    enter(office, Side.BUY, 1000, TOKEN)

    assert (51 * TOKEN, 49 * TOKEN, ISSUED) == (tokens(office).available, tokens(office, 2).available, reserve(office).issued)
