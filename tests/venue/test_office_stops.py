"""Sanctions, kill switches, statuses and operators' cancels: the block and the cancels come in one act."""

from itertools import product

import pytest

from engine.matching.enums import ExecInst, Reason, Side
from engine.testing.commands import Replace, pack
from engine.venue.acts import (
    AddAsset,
    CancelOrders,
    KillSwitch,
    RequestWithdrawal,
    ScreenWithdrawal,
    SetStatus,
    UpdateSanctions,
)
from engine.venue.statuses import NEXT
from tests.venue.offices import NOW, ask, canceled, do, enter, listing, snapshot, trading


def status(status: str, cause: str = "surveillance", **fields: int) -> SetStatus:
    return SetStatus(instrument="AAPLx", status=status, cause=cause, **fields)


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
        ("UNKNOWN_INSTRUMENT", SetStatus(instrument="TSLAx", status="halted", cause="surveillance")),
        ("STATUS", status("draft")),
        ("EXPECTED_RESUME", status("halted", expected_resume_ns=NOW)),
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


@pytest.mark.parametrize(("now", "wanted"), list(product(NEXT, NEXT)))
def test_a_status_follows_another_only_as_the_table_says(now: str, wanted: str):
    office = trading()
    do(office, AddAsset(asset="TSLAx", kind="token"), listing(symbol="TSLAx", base="TSLAx", fungibility_class="TSLAx"))
    for step in () if now == "draft" else ("continuous", now):
        do(office, SetStatus(instrument="TSLAx", status=step, cause="surveillance"))

    assert ("DONE" if wanted in NEXT[now] else "STATUS") == ask(
        office, SetStatus(instrument="TSLAx", status=wanted, cause="surveillance")
    ).code
    assert (wanted if wanted in NEXT[now] else now) == office.instruments["TSLAx"].status


def test_a_suspension_does_not_end_in_continuous_trading_and_nothing_becomes_a_draft_again():
    assert NEXT["suspended"] == frozenset(NEXT) - {"draft", "continuous"}
    assert [] == [now for now, following in NEXT.items() if "draft" in following and now != "draft"]


@pytest.mark.parametrize(
    ("name", "plain", "post_only", "reduction"),
    [
        ("continuous", Reason.NONE, Reason.NONE, True),
        ("post-only", Reason.SESSION_ORDER_TYPE, Reason.NONE, True),
        ("halted", Reason.STATE_NOT_TRADABLE, Reason.STATE_NOT_TRADABLE, True),
        ("cancel-only", Reason.STATE_NOT_TRADABLE, Reason.STATE_NOT_TRADABLE, False),
        ("reduce-only", Reason.REDUCE_ONLY_VIOLATION, Reason.REDUCE_ONLY_VIOLATION, True),
        ("closed", Reason.STATE_NOT_TRADABLE, Reason.STATE_NOT_TRADABLE, True),
    ],
)
def test_a_status_lets_in_what_it_says(name: str, plain: Reason, post_only: Reason, reduction: bool):
    office = trading()
    resting = enter(office, Side.SELL, 2000, 200, account=2)
    do(office, status(name))
    office.venue.apply_packed(
        pack(Replace(order_id=resting.order_id, price=2000, qty=100, cl_ord_id=99, display_qty=0, session=2, ts_ns=NOW))
    )

    assert (Reason.NONE if reduction else Reason.STATE_NOT_TRADABLE) == office.venue.book.events()[0].reason
    assert plain == enter(office, Side.BUY, 900, 100).reason
    assert post_only == enter(office, Side.BUY, 900, 100, exec_inst=ExecInst.POST_ONLY).reason


def test_a_suspension_cancels_everything_and_reduce_only_the_bids():
    office = crowded()
    do(office, status("reduce-only", cause="reserve-breach"))

    assert [(1, Reason.REDUCE_ONLY), (2, Reason.REDUCE_ONLY)] == canceled(office)
    assert Reason.NONE == enter(office, Side.SELL, 2000, 100).reason

    do(office, status("suspended"))

    assert [(account, Reason.HALT_POLICY) for account in (1, 2, 1)] == canceled(office)


def test_a_status_tells_its_cause_since_when_and_until_when():
    office = trading()
    do(office, status("halted", cause="news-pending", expected_resume_ns=NOW + 9), ts_ns=NOW + 1)
    do(office, status("halted", cause="news-released", expected_resume_ns=NOW + 7), ts_ns=NOW + 2)
    listed = office.instruments["AAPLx"]

    assert ("halted", "news-released", NOW + 1, NOW + 7) == (listed.status, listed.cause, listed.since_ns, listed.expected_resume_ns)
