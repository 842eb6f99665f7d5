"""Sanctions, kill switches and operators' cancels: the block and the cancels come in one act."""

import pytest

from engine.matching.enums import Reason, Side
from engine.venue.acts import (
    CancelOrders,
    KillSwitch,
    RequestWithdrawal,
    ScreenWithdrawal,
    UpdateSanctions,
)
from tests.venue.offices import ask, canceled, do, enter, snapshot, trading


def crowded():
    """Return an office where both accounts have a bid and an ask."""
    office = trading()
    for account in (1, 2):
        enter(office, Side.BUY, 1000, 100, account=account)
        enter(office, Side.SELL, 2000, 100, account=account)
    return office


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_SUBSCRIBER", UpdateSanctions(list_version=1, hits=("acme", "gamma"))),
        ("MIXED", UpdateSanctions(list_version=1, hits=("acme",), cleared=("beta",))),
        ("UNKNOWN_SUBSCRIBER", KillSwitch(scope="subscriber", target="gamma", on=True)),
        ("UNKNOWN_ACCOUNT", KillSwitch(scope="account", target="acme", on=True)),
        ("UNKNOWN_ACCOUNT", KillSwitch(scope="account", target="0", on=True)),
        ("UNKNOWN_ACCOUNT", KillSwitch(scope="account", target="3", on=True)),
        ("UNKNOWN_INSTRUMENT", KillSwitch(scope="instrument", target="TSLAx", on=True)),
        ("TARGET", KillSwitch(scope="venue", target="acme", on=True)),
        ("ALREADY", KillSwitch(scope="venue", on=False)),
        ("NO_FILTER", CancelOrders()),
        ("UNKNOWN_SESSION", CancelOrders(session="gamma-1")),
        ("UNKNOWN_SUBSCRIBER", CancelOrders(subscriber="gamma")),
        ("UNKNOWN_ACCOUNT", CancelOrders(account=3)),
        ("UNKNOWN_INSTRUMENT", CancelOrders(instrument="TSLAx")),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act):
    office = crowded()
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)


def test_a_sanctions_hit_blocks_first_and_cancels_in_the_same_act():
    office = crowded()
    do(office, RequestWithdrawal(external_id="w", account=1, asset="USDC", amount=5, destination="bank"))
    hit = do(office, UpdateSanctions(list_version=20261122, hits=("acme",)))

    assert {"canceled": 2} == hit.data
    assert [(1, Reason.SANCTIONS_HIT)] * 2 == canceled(office)
    assert "held" == office.withdrawals["w"].state
    assert ("acme", "limit", "SANCTIONS") == (office.decisions[-1].subject, office.decisions[-1].decision, office.decisions[-1].standard_id)
    assert (True, 20261122) == (office.subscribers["acme"].sanctioned, office.subscribers["acme"].list_version)
    assert Reason.SANCTIONS == enter(office, Side.BUY, 1000, 100).reason
    assert Reason.NONE == enter(office, Side.BUY, 1000, 100, account=2).reason

    for act in (
        RequestWithdrawal(external_id="x", account=1, asset="USDC", amount=5, destination="bank"),
        ScreenWithdrawal(external_id="w", screening_id="s", clear=True),
    ):
        assert "SANCTIONS" == ask(office, act).code


def test_who_is_cleared_may_go_on_and_the_list_never_goes_back():
    office = crowded()
    do(office, UpdateSanctions(list_version=7, hits=("acme",)))

    assert "LIST_VERSION" == ask(office, UpdateSanctions(list_version=6, cleared=("acme",))).code

    do(office, UpdateSanctions(list_version=7, cleared=("acme",)))

    assert Reason.NONE == enter(office, Side.BUY, 1000, 100).reason
    assert "lift" == office.decisions[-1].decision


@pytest.mark.parametrize(
    ("scope", "target", "stopped", "subject"),
    [
        ("subscriber", "acme", {1}, "acme"),
        ("account", "2", {2}, "account 2"),
        ("instrument", "AAPLx", {1, 2}, "instrument AAPLx"),
        ("venue", "", {1, 2}, "the venue"),
    ],
)
def test_a_kill_switch_cancels_and_refuses_until_it_is_off(scope: str, target: str, stopped: set[int], subject: str):
    office = crowded()
    on = do(office, KillSwitch(scope=scope, target=target, on=True))

    assert {"canceled": 2 * len(stopped)} == on.data
    assert sorted((account, Reason.KILL) for account in stopped for _ in range(2)) == sorted(canceled(office))
    assert (subject, "limit", "KILL_SWITCH") == (
        office.decisions[-1].subject,
        office.decisions[-1].decision,
        office.decisions[-1].standard_id,
    )
    assert "ALREADY" == ask(office, KillSwitch(scope=scope, target=target, on=True)).code

    for account in (1, 2):
        refusal = Reason.KILL_SWITCH if account in stopped else Reason.NONE
        assert refusal == enter(office, Side.BUY, 900, 100, account=account).reason

    do(office, KillSwitch(scope=scope, target=target, on=False))

    assert {Reason.NONE} == {enter(office, Side.BUY, 900, 100, account=account).reason for account in (1, 2)}


def test_one_stop_does_not_lift_another():
    office = crowded()
    do(office, KillSwitch(scope="subscriber", target="acme", on=True), UpdateSanctions(list_version=1, hits=("acme",)))
    do(office, UpdateSanctions(list_version=1, cleared=("acme",)))

    assert Reason.KILL_SWITCH == enter(office, Side.BUY, 900, 100).reason


@pytest.mark.parametrize(
    ("act", "gone"),
    [
        (CancelOrders(session="acme-1"), [(1, Side.BUY), (1, Side.SELL)]),
        (CancelOrders(subscriber="beta"), [(2, Side.BUY), (2, Side.SELL)]),
        (CancelOrders(account=2, side="sell"), [(2, Side.SELL)]),
        (CancelOrders(side="buy"), [(1, Side.BUY), (2, Side.BUY)]),
        (CancelOrders(instrument="AAPLx"), [(1, Side.BUY), (1, Side.SELL), (2, Side.BUY), (2, Side.SELL)]),
        (CancelOrders(subscriber="acme", account=2), []),
        (CancelOrders(subscriber="acme", account=1), [(1, Side.BUY), (1, Side.SELL)]),
        (CancelOrders(session="acme-1", subscriber="beta"), []),
    ],
)
def test_an_operator_cancels_what_matches_every_filter(act: CancelOrders, gone: list[tuple[int, int]]):
    office = crowded()

    assert {"canceled": len(gone)} == do(office, act).data
    assert gone == [(event.account, event.side) for event in office.venue.book.events()]
    assert {Reason.ADMIN} >= {event.reason for event in office.venue.book.events()}
