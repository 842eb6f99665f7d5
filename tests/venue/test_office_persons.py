"""Who may act, the founding, and the second person."""

import pytest

from engine.venue.acts import (
    FOUNDER,
    Approve,
    CancelOrders,
    Decline,
    Deposit,
    Found,
    GrantRole,
    KillSwitch,
    Request,
    RevokeRole,
    SetLimits,
    SetStatus,
    UpdateSanctions,
)
from engine.venue.terms import Limits
from tests.venue.offices import KEYS, NOW, ask, do, empty, founded, snapshot, trading

DEPOSIT = Deposit(external_id="d1", account=1, asset="USDC", amount=5)


def test_the_founder_acts_at_once_until_the_venue_is_founded():
    office = trading()

    assert ask(office, DEPOSIT).code == "DONE"

    office = founded()

    assert ask(office, DEPOSIT).code == "UNKNOWN_ACTOR"


def test_the_first_person_acts_at_once_and_may_grant_roles_while_founding():
    office = trading()
    do(office, GrantRole(name="olga", public_key=KEYS["olga"], role="operator"))

    assert ask(office, GrantRole(name="olga", public_key=KEYS["olga"], role="treasury"), actor="olga").code == "DONE"
    assert ask(office, DEPOSIT, actor="olga").code == "DONE"
    assert office.roles["olga"].roles == ("operator", "treasury")


def test_a_venue_is_founded_with_two_persons_of_each_role():
    office = empty()
    do(office, GrantRole(name="olga", public_key=KEYS["olga"], role="operator"))

    refusal = ask(office, Found())

    assert refusal.code == "TOO_FEW_PERSONS"
    assert refusal.text == "1 persons have role operator; a second person needs two"
    assert ask(founded(), Found(), actor="olga").code == "ALREADY"


@pytest.mark.parametrize(
    ("actor", "act", "code"),
    [
        ("nobody", CancelOrders(side="buy"), "UNKNOWN_ACTOR"),
        (FOUNDER, CancelOrders(side="buy"), "UNKNOWN_ACTOR"),
        ("eve", CancelOrders(side="buy"), "NOT_PERMITTED"),
        ("tess", CancelOrders(side="buy"), "NOT_PERMITTED"),
        ("olga", DEPOSIT, "NOT_PERMITTED"),
        ("eve", Approve(proposal=1), "NOT_PERMITTED"),
        ("olga", GrantRole(name="paul", public_key=bytes(32), role="operator"), "NOT_PERMITTED"),
        ("carl", GrantRole(name=FOUNDER, public_key=bytes(32), role="operator"), "NAME_RESERVED"),
        ("carl", GrantRole(name="time", public_key=bytes(32), role="operator"), "NAME_RESERVED"),
        ("carl", GrantRole(name="eve", public_key=bytes(32), role="operator"), "KEY_DIFFERS"),
        ("carl", GrantRole(name="paul", public_key=KEYS["eve"], role="operator"), "KEY_USED"),
        ("carl", GrantRole(name="eve", public_key=KEYS["eve"], role="examiner"), "ALREADY"),
        ("carl", RevokeRole(name="paul"), "UNKNOWN_PERSON"),
        ("carl", RevokeRole(name="tess"), "LAST_TWO"),
        ("tom", Approve(proposal=9), "UNKNOWN_PROPOSAL"),
        ("tom", Decline(proposal=9), "UNKNOWN_PROPOSAL"),
    ],
)
def test_what_somebody_may_not_is_refused_and_changes_nothing(actor: str, act, code: str):
    office = founded()
    before = snapshot(office)

    assert ask(office, act, actor=actor).code == code
    assert before == snapshot(office)


def test_a_proposal_waits_for_another_person_with_the_role():
    office = founded()
    before = office.venue.balances(1)
    proposed = ask(office, DEPOSIT, actor="tess", reason="wire 17")

    assert (True, "PROPOSED", 1) == (proposed.accepted, proposed.code, proposed.proposal)
    assert before == office.venue.balances(1)
    assert ask(office, Approve(proposal=1), actor="tess").code == "SAME_PERSON"
    assert ask(office, Approve(proposal=1), actor="olga").code == "NOT_PERMITTED"

    approved = ask(office, Approve(proposal=1), actor="tom", ts_ns=NOW + 1)

    assert (True, "DONE", 1, {"journal": 5}) == (approved.accepted, approved.code, approved.proposal, approved.data)
    assert before[0].available + 5 == office.venue.balances(1)[0].available
    assert ("approved", "tom", NOW + 1) == (office.proposals[1].state, office.proposals[1].decided_by, office.proposals[1].decided_ns)
    assert ask(office, Approve(proposal=1), actor="tom").code == "PROPOSAL_STATE"


def test_the_same_proposal_of_the_same_person_is_one():
    office = founded()
    ask(office, DEPOSIT, actor="tess")

    assert ask(office, DEPOSIT, actor="tess").proposal == 1
    assert ask(office, DEPOSIT, actor="tom").proposal == 2


def test_two_approved_proposals_of_one_deposit_are_one_journal_entry():
    office = founded()
    ask(office, DEPOSIT, actor="tess")
    ask(office, DEPOSIT, actor="tom")
    ask(office, Approve(proposal=1), actor="tom")

    assert ask(office, Approve(proposal=2), actor="tess").code == "ALREADY"
    assert len([entry for entry in office.journal if entry.external_id == "d1"]) == 1


def test_a_declined_proposal_is_over():
    office = founded()
    ask(office, DEPOSIT, actor="tess")

    assert ask(office, Decline(proposal=1), actor="olga").code == "NOT_PERMITTED"
    assert ask(office, Decline(proposal=1), actor="tess").code == "DONE"
    assert ask(office, Approve(proposal=1), actor="tom").code == "PROPOSAL_STATE"


def test_the_decision_names_both_persons():
    office = founded()
    ask(office, SetLimits(subscriber="acme", limits=Limits(max_open_orders=1)), actor="carl")
    ask(office, SetLimits(subscriber="acme", limits=Limits()), actor="carl", reason="asked for")
    ask(office, Approve(proposal=1), actor="cora")
    last = office.decisions[-1]

    assert ("acme", "lift", "LIMITS", "asked for", "carl+cora") == (last.subject, last.decision, last.standard_id, last.reason, last.actor)


def test_what_a_revoked_person_had_proposed_lapses():
    office = founded()
    do_as_compliance(office, GrantRole(name="paul", public_key=bytes(32), role="treasury"))
    ask(office, DEPOSIT, actor="tess")
    waiting = max(office.proposals)

    assert ask(office, RevokeRole(name="tess"), actor="carl").code == "DONE"
    assert ask(office, Approve(proposal=waiting), actor="tom").code == "PROPOSAL_STATE"
    assert ask(office, DEPOSIT, actor="tess").code == "UNKNOWN_ACTOR"


@pytest.mark.parametrize(
    ("actor", "act", "code"),
    [
        ("olga", SetStatus(instrument="AAPLx", status="halted", cause="news-pending"), "DONE"),
        ("carl", KillSwitch(scope="subscriber", target="acme", on=True), "DONE"),
        ("olga", KillSwitch(scope="venue", on=True), "DONE"),
        ("carl", UpdateSanctions(list_version=1, hits=("acme",)), "DONE"),
        ("carl", UpdateSanctions(list_version=1), "DONE"),
        ("carl", UpdateSanctions(list_version=1, cleared=("acme",)), "PROPOSED"),
        ("carl", SetLimits(subscriber="acme", limits=Limits(max_order_qty=1)), "DONE"),
    ],
)
def test_what_stops_needs_one_person_and_what_lets_go_on_two(actor: str, act, code: str):
    assert ask(founded(), act, actor=actor).code == code


def test_a_resumption_and_a_kill_switch_off_need_two():
    office = founded()
    ask(office, SetStatus(instrument="AAPLx", status="halted", cause="news-pending"), actor="olga")
    ask(office, KillSwitch(scope="account", target="1", on=True), actor="olga")

    assert ask(office, SetStatus(instrument="AAPLx", status="cancel-only", cause="surveillance"), actor="olga").code == "DONE"
    assert ask(office, SetStatus(instrument="AAPLx", status="auction-call", cause="scheduled"), actor="olga").code == "PROPOSED"
    assert ask(office, KillSwitch(scope="account", target="1", on=False), actor="olga").code == "PROPOSED"


@pytest.mark.parametrize("status", ["post-only", "reduce-only"])
def test_letting_orders_match_or_buyers_in_again_needs_two(status: str):
    office = founded()
    ask(office, SetStatus(instrument="AAPLx", status=status, cause="surveillance"), actor="olga")

    assert ask(office, SetStatus(instrument="AAPLx", status="continuous", cause="scheduled"), actor="olga").code == "PROPOSED"


def test_a_dry_run_answers_the_same_and_changes_nothing():
    office = founded()
    before = snapshot(office)

    assert office.try_out(Request(actor="tess", reason="x", act=DEPOSIT), NOW).code == "PROPOSED"
    assert office.try_out(Request(actor="olga", reason="x", act=DEPOSIT), NOW).code == "NOT_PERMITTED"
    assert office.try_out(Request(actor="olga", reason="x", act=KillSwitch(scope="venue", on=True)), NOW).code == "DONE"
    assert before == snapshot(office)


def test_what_is_no_request_is_refused_as_malformed():
    office = founded()

    assert office.apply(b"", NOW).code == "MALFORMED"
    assert office.apply(b"\xc1", NOW).code == "MALFORMED"
    assert office.apply(b"\x81\xa5actor\xa3a\xffb", NOW).code == "MALFORMED"


def do_as_compliance(office, act) -> None:
    number = ask(office, act, actor="carl").proposal

    assert ask(office, Approve(proposal=number), actor="cora").code == "DONE"
