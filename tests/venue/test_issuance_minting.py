"""Mints and redeems: each step once and in its order, no token without a share, nothing released that is not burned."""

import pytest
from msgspec.structs import replace

from engine.venue import acts
from engine.venue.acts import BaseAct
from engine.venue.records import SystemAccount
from engine.venue.terms import Rights
from tests.venue.issuing import (
    TOKEN,
    TTL,
    attestation,
    issuing,
    minted,
    redeem,
    request,
    reserve,
    tokens,
    until_confirmed,
)
from tests.venue.offices import AAPLX, DAY, NOW, SECOND, ask, do, end_founding, pass_time, snapshot

LATER = NOW + SECOND
ISSUED = 100 * TOKEN


def test_a_mint_goes_through_its_steps_and_each_has_its_reference():
    office = issuing()
    do(office, attestation(ISSUED + 7, LATER), ts_ns=LATER)
    do(office, *until_confirmed("m", 7), ts_ns=LATER)

    assert ("confirmed", 0) == (office.mints["m"].state, office.mints["m"].journal)

    seq = do(office, acts.Mint(external_id="m"), ts_ns=LATER + 1).data["journal"]

    assert (50 * TOKEN, 7, ISSUED + 7) == (tokens(office).available, tokens(office).pending_in, reserve(office).issued)
    assert ("mint", "m", ((SystemAccount.ISSUANCE, AAPLX, 0, -7), (1, AAPLX, 3, 7))) == (
        office.journal[seq - 1].cause,
        office.journal[seq - 1].external_id,
        office.journal[seq - 1].lines,
    )

    do(office, acts.DeliverMint(external_id="m"), ts_ns=LATER + 2)

    assert (50 * TOKEN + 7, 0) == (tokens(office).available, tokens(office).pending_in)
    assert [
        ("requested", LATER, "", 0),
        ("hedged", LATER, "broker-m", 0),
        ("confirmed", LATER, "custody-m", 0),
        ("minted", LATER + 1, "", seq),
        ("delivered", LATER + 2, "", seq + 1),
    ] == [(step.state, step.ts_ns, step.reference, step.journal) for step in office.mints["m"].steps]


MINT_STEPS: list[BaseAct] = [
    *until_confirmed("m", 7),
    acts.Mint(external_id="m"),
    acts.DeliverMint(external_id="m"),
]
REDEEM_STEPS: list[BaseAct] = [
    redeem("m", 7),
    acts.BurnRedeem(external_id="m"),
    acts.ReleaseRedeem(external_id="m", reference="wire-1"),
]


@pytest.mark.parametrize("steps", [MINT_STEPS, REDEEM_STEPS], ids=["mint", "redeem"])
def test_only_the_next_step_is_taken_and_one_that_was_is_answered(steps: list[BaseAct]):
    office = issuing()
    do(office, attestation(ISSUED + 7, LATER), ts_ns=LATER)
    for taken, step in enumerate(steps):
        for other in steps[taken + 1 :]:
            before = snapshot(office)

            assert ask(office, other, ts_ns=LATER).code in ("MINT_STATE", "REDEEM_STATE", "UNKNOWN_MINT", "UNKNOWN_REDEEM")
            assert before == snapshot(office)
        do(office, step, ts_ns=LATER)
        before = snapshot(office)
        for again in steps[: taken + 1]:
            assert "ALREADY" == ask(office, again, ts_ns=LATER).code
        assert before == snapshot(office)


def test_a_step_with_another_reference_is_another_step():
    office = issuing()
    do(office, *until_confirmed("m", 7))

    assert "MINT_STATE" == ask(office, acts.HedgeMint(external_id="m", reference="broker-2")).code
    assert "MINT_STATE" == ask(office, acts.ConfirmCustody(external_id="m", reference="custody-2")).code

    do(office, redeem("r", 7), acts.BurnRedeem(external_id="r"), acts.ReleaseRedeem(external_id="r", reference="wire-1"))

    assert "REDEEM_STATE" == ask(office, acts.ReleaseRedeem(external_id="r", reference="wire-2")).code


def test_an_external_id_is_used_once_whatever_for():
    office = issuing()
    do(office, request("m", 7), redeem("r", 7))
    before = snapshot(office)

    assert ("ALREADY", "ALREADY") == (ask(office, request("m", 7)).code, ask(office, redeem("r", 7)).code)
    for other in (request("m", 8), redeem("m", 7), request("r", 7), redeem("r", 8), request("cash-acme", 7)):
        assert "EXTERNAL_ID_USED" == ask(office, other).code
    deposit = acts.Deposit(external_id="m", account=1, asset="USDC", amount=5)

    assert "EXTERNAL_ID_USED" == ask(office, deposit).code
    assert before == snapshot(office)


def test_exactly_what_is_attested_is_minted_and_not_one_unit_more():
    office = issuing()

    assert ("RESERVE", ISSUED) == (minted(office, "over", 1).code, reserve(office).issued)

    do(office, attestation(ISSUED + 7, LATER), ts_ns=LATER)
    do(office, *until_confirmed("eight", 8), *until_confirmed("seven", 7), ts_ns=LATER)
    before = snapshot(office)

    assert "RESERVE" == ask(office, acts.Mint(external_id="eight"), ts_ns=LATER).code
    assert before == snapshot(office)
    assert "DONE" == ask(office, acts.Mint(external_id="seven"), ts_ns=LATER).code
    assert ("good", ISSUED + 7) == (reserve(office).state, reserve(office).issued)


def test_exactly_what_is_authorised_is_minted_and_not_one_unit_more():
    office = issuing()
    do(office, attestation(ISSUED + TOKEN, LATER), ts_ns=LATER)
    book = acts.SetAuthorised(instrument="AAPLx", authorised=ISSUED + 7, reference="resolution-2")
    do(office, book, ts_ns=LATER)

    assert "AUTHORISED" == minted(office, "eight", 8, ts_ns=LATER).code
    assert "DONE" == minted(office, "seven", 7, ts_ns=LATER).code
    assert "AUTHORISED" == ask(office, replace(book, authorised=ISSUED + 6), ts_ns=LATER).code
    assert (ISSUED + 7, "resolution-2") == (office.issuances["AAPLx"].authorised, office.issuances["AAPLx"].authority)


def test_nothing_is_minted_after_the_last_nanosecond_of_an_attestation():
    office = issuing()
    do(office, attestation(ISSUED + 7, LATER), *until_confirmed("one", 1), *until_confirmed("two", 1), ts_ns=LATER)

    assert "DONE" == ask(office, acts.Mint(external_id="one"), ts_ns=LATER + TTL).code
    assert "RESERVE_STALE" == ask(office, acts.Mint(external_id="two"), ts_ns=LATER + TTL + 1).code

    do(office, attestation(ISSUED + 7, LATER + TTL + 1, valid_until_ns=LATER + TTL + 3), ts_ns=LATER + TTL + 1)

    assert "RESERVE_STALE" == ask(office, acts.Mint(external_id="two"), ts_ns=LATER + TTL + 4).code
    assert "DONE" == ask(office, acts.Mint(external_id="two"), ts_ns=LATER + TTL + 3).code


def test_an_approval_is_judged_by_what_is_attested_then():
    office = end_founding(issuing())
    approve = acts.SetAuthorised(instrument="AAPLx", authorised=1_000 * TOKEN, reference="r")
    ask(office, attestation(ISSUED + 7, LATER), actor="tess", ts_ns=LATER)
    for step in until_confirmed("m", 7):
        assert "DONE" == ask(office, step, actor="tess", ts_ns=LATER).code
    outcome = ask(office, acts.Mint(external_id="m"), actor="tess", ts_ns=LATER)

    assert ("PROPOSED", ISSUED) == (outcome.code, reserve(office).issued)

    ask(office, attestation(ISSUED + 6, LATER + 1), actor="tess", ts_ns=LATER + 1)

    assert "RESERVE" == ask(office, acts.Approve(proposal=outcome.proposal), actor="tom", ts_ns=LATER + 1).code

    ask(office, attestation(ISSUED + 7, LATER + 2), actor="tess", ts_ns=LATER + 2)

    assert "DONE" == ask(office, acts.Approve(proposal=outcome.proposal), actor="tom", ts_ns=LATER + 2).code
    assert "PROPOSED" == ask(office, approve, actor="tess", ts_ns=LATER + 2).code


def test_a_mint_fails_before_its_delivery_and_what_was_issued_is_burned_by_two_persons():
    office = end_founding(issuing())
    ask(office, attestation(ISSUED + 7, LATER), actor="tess", ts_ns=LATER)
    for external_id in ("early", "late"):
        for step in until_confirmed(external_id, 3):
            ask(office, step, actor="tess", ts_ns=LATER)

    assert "DONE" == ask(office, acts.FailMint(external_id="early"), actor="tess", ts_ns=LATER).code
    assert "ALREADY" == ask(office, acts.FailMint(external_id="early"), actor="tess", ts_ns=LATER).code
    assert "MINT_STATE" == ask(office, acts.Mint(external_id="early"), actor="tess", ts_ns=LATER).code

    proposal = ask(office, acts.Mint(external_id="late"), actor="tess", ts_ns=LATER).proposal
    ask(office, acts.Approve(proposal=proposal), actor="tom", ts_ns=LATER)
    outcome = ask(office, acts.FailMint(external_id="late"), actor="tess", ts_ns=LATER)

    assert ("PROPOSED", 3) == (outcome.code, tokens(office).pending_in)
    assert "DONE" == ask(office, acts.Approve(proposal=outcome.proposal), actor="tom", ts_ns=LATER).code
    assert (0, ISSUED, "failed") == (tokens(office).pending_in, reserve(office).issued, office.mints["late"].state)
    assert "MINT_STATE" == ask(office, acts.FailMint(external_id="birth-acme"), actor="tess", ts_ns=LATER).code


def test_a_redeem_burns_before_it_releases_and_what_is_burned_cannot_fail():
    office = issuing()
    do(office, redeem("r", 7))

    assert (50 * TOKEN - 7, 7, ISSUED) == (tokens(office).available, tokens(office).pending_out, reserve(office).issued)
    assert "REDEEM_STATE" == ask(office, acts.ReleaseRedeem(external_id="r", reference="wire-1")).code

    do(office, acts.BurnRedeem(external_id="r"))

    assert (0, ISSUED - 7, ISSUED) == (tokens(office).pending_out, reserve(office).issued, reserve(office).attested)
    assert "REDEEM_STATE" == ask(office, acts.FailRedeem(external_id="r")).code

    do(office, acts.ReleaseRedeem(external_id="r", reference="wire-1"))

    assert (ISSUED - 7, ISSUED - 7) == (reserve(office).issued, reserve(office).attested)


def test_shares_that_are_released_are_rounded_up():
    office = issuing()
    do(office, acts.SetMultiplier(instrument="AAPLx", numerator=3, denominator=2, effective_ns=LATER))
    pass_time(office, LATER)
    do(office, attestation(2 * ISSUED, LATER), redeem("r", 1), acts.BurnRedeem(external_id="r"), ts_ns=LATER)
    do(office, acts.ReleaseRedeem(external_id="r", reference="wire-1"), ts_ns=LATER)

    assert 2 * ISSUED - 2 == reserve(office).attested


def test_a_redeem_that_fails_is_available_again():
    office = issuing()
    do(office, redeem("r", 7), acts.FailRedeem(external_id="r"))

    assert (50 * TOKEN, 0, "failed") == (tokens(office).available, tokens(office).pending_out, office.redeems["r"].state)
    assert "REDEEM_STATE" == ask(office, acts.BurnRedeem(external_id="r")).code


def test_shares_that_were_released_are_minted_against_only_when_they_are_attested_anew():
    office = issuing()
    do(office, redeem("r", 7), acts.BurnRedeem(external_id="r"), *until_confirmed("m", 7))
    do(office, acts.ReleaseRedeem(external_id="r", reference="wire-1"), ts_ns=NOW + 5)

    assert "RESERVE" == ask(office, acts.Mint(external_id="m"), ts_ns=NOW + 5).code

    do(office, attestation(ISSUED, NOW + 4), ts_ns=NOW + 6)

    assert ("RESERVE", ISSUED - 7) == (ask(office, acts.Mint(external_id="m"), ts_ns=NOW + 6).code, reserve(office).attested)

    do(office, attestation(ISSUED, NOW + 5), ts_ns=NOW + 6)

    assert ("DONE", ISSUED) == (ask(office, acts.Mint(external_id="m"), ts_ns=NOW + 6).code, reserve(office).attested)


def test_an_attestation_knows_nothing_of_what_is_released_after_it_was_taken():
    office = issuing()
    do(office, redeem("r", 7), acts.BurnRedeem(external_id="r"), attestation(ISSUED, LATER), ts_ns=LATER)
    do(office, acts.ReleaseRedeem(external_id="r", reference="wire-1"), ts_ns=LATER)

    assert ISSUED - 7 == reserve(office).attested


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_INSTRUMENT", replace(request("m", 5), instrument="NONE")),
        ("UNKNOWN_ACCOUNT", request("m", 5, account=9)),
        ("SANCTIONS", request("m", 5, account=2)),
        ("UNKNOWN_MINT", acts.HedgeMint(external_id="m", reference="b")),
        ("UNKNOWN_MINT", acts.ConfirmCustody(external_id="m", reference="b")),
        ("UNKNOWN_MINT", acts.Mint(external_id="m")),
        ("UNKNOWN_MINT", acts.DeliverMint(external_id="m")),
        ("UNKNOWN_MINT", acts.FailMint(external_id="m")),
        ("UNKNOWN_REDEEM", acts.BurnRedeem(external_id="m")),
        ("UNKNOWN_REDEEM", acts.ReleaseRedeem(external_id="m", reference="w")),
        ("UNKNOWN_REDEEM", acts.FailRedeem(external_id="m")),
        ("INSUFFICIENT", redeem("m", 50 * TOKEN + 1)),
        ("SANCTIONS", redeem("m", 5, account=2)),
        ("SANCTIONS", acts.Mint(external_id="of-beta")),
        ("SANCTIONS", acts.DeliverMint(external_id="minted-of-beta")),
        ("SANCTIONS", acts.BurnRedeem(external_id="redeem-of-beta")),
        ("SANCTIONS", acts.ReleaseRedeem(external_id="burned-of-beta", reference="w")),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act: BaseAct):
    office = issuing()
    do(office, attestation(ISSUED + TOKEN, LATER), *until_confirmed("minted-of-beta", 5, 2), ts_ns=LATER)
    do(office, acts.Mint(external_id="minted-of-beta"), *until_confirmed("of-beta", 5, 2), redeem("redeem-of-beta", 5, 2), ts_ns=LATER)
    do(office, redeem("burned-of-beta", 5, 2), acts.BurnRedeem(external_id="burned-of-beta"), ts_ns=LATER)
    do(office, acts.UpdateSanctions(list_version=1, hits=("beta",)), ts_ns=LATER)
    before = snapshot(office)

    assert code == ask(office, act, ts_ns=LATER).code
    assert before == snapshot(office)


def test_nothing_is_burned_or_released_of_an_account_under_a_hold():
    office = issuing()
    do(office, redeem("r", 5), redeem("burned", 5), acts.BurnRedeem(external_id="burned"))
    do(office, acts.PlaceHold(hold_id="h", account=1, authority="court", reference="1", review_ns=NOW + DAY))

    assert "LEGAL_HOLD" == ask(office, acts.BurnRedeem(external_id="r")).code
    assert "ACCOUNT_RESTRICTED" == ask(office, acts.ReleaseRedeem(external_id="burned", reference="w")).code
    assert "ACCOUNT_RESTRICTED" == ask(office, redeem("other", 5)).code


def test_only_an_approved_holder_is_minted_for_where_that_is_asked():
    office = issuing("draft")
    do(office, attestation(ISSUED + 7, LATER), *until_confirmed("m", 7), acts.Mint(external_id="m"), ts_ns=LATER)
    terms = replace(office.instruments["AAPLx"].terms, whitelist=True)
    office.instruments["AAPLx"] = replace(office.instruments["AAPLx"], terms=terms)

    assert "NOT_WHITELISTED" == ask(office, request("n", 5), ts_ns=LATER).code
    assert "NOT_WHITELISTED" == ask(office, acts.DeliverMint(external_id="m"), ts_ns=LATER).code

    do(office, acts.ApproveHolder(account=1, asset="AAPLx", approved=True), acts.DeliverMint(external_id="m"), ts_ns=LATER)


def test_who_has_no_right_to_redeem_does_not():
    office = issuing(rights=Rights(dividend="cash", vote="none", liquidation="creditor", redeem="none"))

    assert "NOT_REDEEMABLE" == ask(office, redeem("r", 5)).code
