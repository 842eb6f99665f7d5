"""Subscribers, accounts, sessions and holders: who has access, why not, and that each decision is written down."""

from typing import Any

import pytest

from engine.matching.enums import Reason, Side
from engine.venue.acts import (
    AddAsset,
    ApproveHolder,
    ChangeAccount,
    ChangeSubscriber,
    CloseSession,
    Onboard,
    OpenAccount,
    OpenSession,
    RefuseAccess,
    SetLimits,
    SetStatus,
    UpdateSanctions,
)
from engine.venue.entries import group_of
from engine.venue.terms import Limits
from tests.venue.offices import DAY, NOW, ask, canceled, do, empty, enter, listing, pass_time, snapshot, subscriber, trading

KEY = bytes(32)


def change(**fields: Any) -> ChangeSubscriber:
    return ChangeSubscriber(subscriber="acme", standard_id="FAIR-2", **fields)


def last_decision(office) -> tuple[str, str, str]:
    last = office.decisions[-1]
    return last.subject, last.decision, last.standard_id


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("SUBSCRIBER_EXISTS", subscriber("acme")),
        ("KYC_EXPIRED", subscriber("gamma", kyc_until_ns=NOW)),
        ("NO_JURISDICTION", subscriber("gamma", jurisdictions=())),
        ("CHAINS_FULL", subscriber("gamma", wallets=tuple(f"c{i}:0x1" for i in range(33)))),
        ("UNKNOWN_SUBSCRIBER", SetLimits(subscriber="gamma", limits=Limits())),
        ("UNKNOWN_SUBSCRIBER", ChangeSubscriber(subscriber="gamma", standard_id="S", us_person=False)),
        ("NO_CHANGE", change()),
        ("NO_JURISDICTION", change(jurisdictions=())),
        ("CHAINS_FULL", change(wallets=tuple(f"c{i}:0x1" for i in range(33)))),
        ("UNKNOWN_SUBSCRIBER", OpenAccount(account=3, subscriber="gamma")),
        ("ACCOUNT_EXISTS", OpenAccount(account=2, subscriber="acme")),
        ("ACCOUNT_RANGE", OpenAccount(account=17, subscriber="acme")),
        ("UNKNOWN_ACCOUNT", ChangeAccount(account=3, tier=1)),
        ("NO_CHANGE", ChangeAccount(account=1)),
        ("SESSION_EXISTS", OpenSession(name="acme-1", public_key=KEY, subscriber="acme", accounts=(1,))),
        ("KEY_USED", OpenSession(name="acme-2", public_key=b"\1" * 32, subscriber="acme", accounts=(1,))),
        ("NOT_OWNER", OpenSession(name="acme-2", public_key=KEY, subscriber="acme", accounts=(1, 2))),
        ("ACCOUNT_TWICE", OpenSession(name="acme-2", public_key=KEY, subscriber="acme", accounts=(1, 1))),
        ("UNKNOWN_ACCOUNT", OpenSession(name="acme-2", public_key=KEY, subscriber="acme", accounts=(3,))),
        ("UNKNOWN_SESSION", CloseSession(name="acme-2")),
        ("UNKNOWN_ACCOUNT", ApproveHolder(account=3, asset="AAPLx", approved=True)),
        ("UNKNOWN_ASSET", ApproveHolder(account=1, asset="TSLAx", approved=True)),
        ("ASSET_KIND", ApproveHolder(account=1, asset="USDC", approved=True)),
        ("ALREADY", ApproveHolder(account=1, asset="AAPLx", approved=False)),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act):
    office = trading()
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)


def test_every_grant_and_refusal_is_one_access_decision():
    office = empty()
    do(office, subscriber("acme"), OpenAccount(account=1, subscriber="acme"))
    do(office, OpenSession(name="acme-1", public_key=KEY, subscriber="acme", accounts=(1,)))
    do(office, RefuseAccess(name="Gamma Ltd", standard_id="FAIR-3"), CloseSession(name="acme-1"))

    assert [
        (1, "acme", "grant", "FAIR-1"),
        (2, "account 1 of acme", "grant", "ACCOUNT"),
        (3, "session acme-1 of acme", "grant", "SESSION"),
        (4, "Gamma Ltd", "refuse", "FAIR-3"),
        (5, "session acme-1 of acme", "revoke", "SESSION"),
    ] == [(entry.seq, entry.subject, entry.decision, entry.standard_id) for entry in office.decisions]
    assert {("test", "founder", NOW)} == {(entry.reason, entry.actor, entry.ts_ns) for entry in office.decisions}


def test_kyc_that_ends_cancels_the_orders_and_refuses_new_ones():
    office = trading()
    do(office, change(kyc_until_ns=NOW + DAY))
    enter(office, Side.BUY, 1000, 100)

    assert NOW + DAY == office.next_due_ns
    assert [] == pass_time(office, NOW + DAY - 1)
    assert [(1, Reason.KYC_LAPSED)] == pass_time(office, NOW + DAY)
    assert ("acme", "limit", "KYC") == last_decision(office)
    assert Reason.KYC_EXPIRED == enter(office, Side.BUY, 1000, 100, ts_ns=NOW + DAY).reason
    assert "KYC_EXPIRED" == ask(office, OpenAccount(account=3, subscriber="acme"), ts_ns=NOW + DAY).code


def test_kyc_that_is_ended_cancels_the_orders_in_the_same_act():
    office = trading()
    enter(office, Side.BUY, 1000, 100)
    enter(office, Side.BUY, 1000, 100, account=2)

    assert {"canceled": 1} == do(office, change(kyc_until_ns=NOW)).data
    assert [(1, Reason.KYC_LAPSED)] == canceled(office)
    assert ("acme", "limit", "FAIR-2") == last_decision(office)

    do(office, change(kyc_until_ns=NOW + 9 * DAY))

    assert Reason.NONE == enter(office, Side.BUY, 1000, 100).reason
    assert NOW + 9 * DAY == office.next_due_ns


@pytest.mark.parametrize(
    ("reason", "terms", "fields"),
    [
        (Reason.NONE, {}, {}),
        (Reason.NONE, {"jurisdictions": ("US", "DE")}, {}),
        (Reason.JURISDICTION, {"jurisdictions": ("DE",)}, {}),
        (Reason.JURISDICTION, {"jurisdictions": ("US",)}, {"jurisdictions": ("US", "DE")}),
        (Reason.JURISDICTION, {"denied": ("DE",)}, {"jurisdictions": ("US", "DE")}),
        (Reason.JURISDICTION, {"us_persons": False}, {}),
        (Reason.NONE, {"us_persons": False}, {"us_person": False, "jurisdictions": ("DE",)}),
        (Reason.NOT_ENTITLED, {"entitlements": ("QIB",)}, {}),
        (Reason.NOT_ENTITLED, {"entitlements": ("QIB", "PRO")}, {"entitlements": ("PRO",)}),
        (Reason.NONE, {"entitlements": ("QIB", "PRO")}, {"entitlements": ("PRO", "QIB")}),
        (Reason.NOT_ENTITLED, {"types": ("bd", "mm")}, {}),
        (Reason.NONE, {"types": ("bd", "mm")}, {"type": "mm"}),
    ],
)
def test_access_follows_from_the_terms_and_the_subscriber_whoever_came_first(reason: Reason, terms: dict, fields: dict):
    office = trading(**terms)
    if fields:
        do(office, change(**fields))

    assert reason == enter(office, Side.BUY, 1000, 100).reason

    office = trading()
    do(office, AddAsset(asset="TSLAx", kind="token"))
    if fields:
        do(office, change(**fields))
    do(office, listing(symbol="TSLAx", base="TSLAx", fungibility_class="TSLAx", **terms))
    do(office, SetStatus(instrument="TSLAx", status="continuous", cause="scheduled"))

    assert reason == enter(office, Side.BUY, 1000, 100, instrument=2).reason


def test_lost_access_cancels_the_orders_that_it_was_for():
    office = trading(denied=("DE",))
    enter(office, Side.BUY, 1000, 100)
    enter(office, Side.SELL, 2000, 100, account=2)
    do(office, change(jurisdictions=("US", "DE")))

    assert [(1, Reason.RESTRICTED)] == canceled(office)
    assert ("acme", "limit", "FAIR-2") == last_decision(office)


def test_profiles_are_given_again_when_nobody_has_them():
    office = trading()
    do(office, *(change(entitlements=(f"E{i}",)) for i in range(12)))

    assert 4 == len(office.profiles)

    do(office, subscriber("gamma", entitlements=("G",)), subscriber("delta", entitlements=("D",)))
    before = snapshot(office)

    assert "PROFILES_FULL" == ask(office, change(entitlements=("E99",))).code
    assert before == snapshot(office)


@pytest.mark.parametrize(
    ("decision", "before", "after"),
    [
        ("limit", Limits(), Limits(max_gross_open=5)),
        ("limit", Limits(max_order_qty=5), Limits(max_order_qty=4)),
        ("lift", Limits(max_order_qty=5), Limits(max_order_qty=6)),
        ("lift", Limits(max_order_qty=5), Limits(max_order_notional=1)),
        ("lift", Limits(duplicates_max=2, duplicates_ns=5), Limits(duplicates_max=2, duplicates_ns=4)),
        ("lift", Limits(duplicates_max=2, duplicates_ns=5), Limits(duplicates_max=3, duplicates_ns=5)),
        ("limit", Limits(duplicates_max=2, duplicates_ns=5), Limits(duplicates_max=2, duplicates_ns=6)),
    ],
)
def test_a_limit_that_lets_more_through_is_loosened(decision: str, before: Limits, after: Limits):
    office = trading()
    do(office, SetLimits(subscriber="acme", limits=before), SetLimits(subscriber="acme", limits=after))

    assert ("acme", decision, "LIMITS") == last_decision(office)


def test_limits_bind_the_next_order():
    office = trading()
    do(office, SetLimits(subscriber="acme", limits=Limits(max_order_qty=100, max_open_orders=1)))

    assert Reason.MAX_QTY == enter(office, Side.BUY, 1000, 200).reason
    assert Reason.NONE == enter(office, Side.BUY, 1000, 100).reason
    assert Reason.OPEN_ORDERS == enter(office, Side.BUY, 1100, 100).reason


def test_accounts_of_a_control_group_do_not_trade_with_each_other():
    office = empty()
    do(office, subscriber("a", control_group="g"), subscriber("b", control_group="g"), subscriber("c"), subscriber("d", type="bd"))
    for account, name in enumerate(("a", "b", "c", "c", "d", "d"), 1):
        do(office, OpenAccount(account=account, subscriber=name))
    do(office, OpenAccount(account=7, subscriber="c", stp_group=0, stp_mode="none"), OpenAccount(account=8, subscriber="c", stp_group=9))
    groups = [group_of(office, account) for account in office.accounts.values()]

    assert groups[0] == groups[1]
    assert groups[2] == groups[3]
    assert [0, 9] == groups[6:]
    assert 6 == len({groups[0], groups[2], groups[4], groups[5], groups[6], groups[7]})


def test_own_orders_of_an_account_do_not_trade():
    office = trading()
    enter(office, Side.SELL, 1000, 100)
    enter(office, Side.BUY, 1000, 100)

    assert [(1, Reason.STP)] == canceled(office)

    do(office, ChangeAccount(account=1, stp_group=0, stp_mode="none"))
    enter(office, Side.BUY, 1000, 100)

    assert [] == canceled(office)
    assert 1 == office.venue.last_match_id


def test_a_closed_session_opens_again_under_its_number():
    office = trading()
    enter(office, Side.BUY, 1000, 100)

    assert {"canceled": 1} == do(office, CloseSession(name="acme-1")).data
    assert [(1, Reason.ADMIN)] == canceled(office)
    assert "ALREADY" == ask(office, CloseSession(name="acme-1")).code
    assert "SESSION_EXISTS" == ask(office, OpenSession(name="acme-1", public_key=KEY, subscriber="beta", accounts=(2,))).code
    assert {"number": 1} == do(office, OpenSession(name="acme-1", public_key=KEY, subscriber="acme", accounts=(1,))).data


def test_sessions_run_out_by_name():
    office = trading()
    names = ("s3", "s4")
    do(office, *(OpenSession(name=name, public_key=name.encode() * 16, subscriber="acme", accounts=(1,)) for name in names))

    assert "SESSIONS_FULL" == ask(office, OpenSession(name="s5", public_key=KEY, subscriber="acme", accounts=(1,))).code


def test_the_sanctioned_get_no_accounts_and_no_sessions():
    office = trading()
    do(office, UpdateSanctions(list_version=1, hits=("acme",)))

    assert "SANCTIONS" == ask(office, OpenAccount(account=3, subscriber="acme")).code
    assert "SANCTIONS" == ask(office, OpenSession(name="acme-2", public_key=KEY, subscriber="acme", accounts=(1,))).code


def test_only_approved_holders_buy_where_that_is_asked():
    office = trading()
    do(office, AddAsset(asset="TSLAx", kind="token"))
    do(office, listing(symbol="TSLAx", base="TSLAx", fungibility_class="TSLAx", whitelist=True))
    do(office, SetStatus(instrument="TSLAx", status="continuous", cause="scheduled"))

    assert Reason.NOT_WHITELISTED == enter(office, Side.BUY, 1000, 100, instrument=2).reason

    do(office, ApproveHolder(account=1, asset="TSLAx", approved=True))

    assert ("account 1 as a holder of TSLAx", "grant", "HOLDER") == last_decision(office)
    assert Reason.NONE == enter(office, Side.BUY, 1000, 100, instrument=2).reason

    do(office, ApproveHolder(account=1, asset="TSLAx", approved=False))

    assert [(1, Reason.RESTRICTED)] == canceled(office)
    assert Reason.NOT_WHITELISTED == enter(office, Side.BUY, 1000, 100, instrument=2).reason


def test_holders_and_assets_need_room_for_their_balances():
    office = empty(balances=13)
    do(office, AddAsset(asset="USDC", kind="cash"), AddAsset(asset="AAPLx", kind="token"), subscriber("acme"))
    do(office, OpenAccount(account=1, subscriber="acme"), OpenAccount(account=2, subscriber="acme"))
    do(office, ApproveHolder(account=1, asset="AAPLx", approved=True))

    assert "BALANCES_FULL" == ask(office, ApproveHolder(account=2, asset="AAPLx", approved=True)).code
    assert "BALANCES_FULL" == ask(office, AddAsset(asset="TSLAx", kind="token")).code


def test_onboarded_is_what_was_asked():
    office = empty()
    act: Onboard = subscriber("acme", wallets=("solana:9xQe", "ethereum:0xA"), entitlements=("QIB",), control_group="g")
    do(office, act)
    entry = office.subscribers["acme"]

    assert {"solana": 0, "ethereum": 1} == office.chains
    assert (1, "acme Ltd", ("QIB",), "g", act.wallets) == (
        entry.number,
        entry.legal_name,
        entry.entitlements,
        entry.control_group,
        entry.wallets,
    )
