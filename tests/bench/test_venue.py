"""A venue with everything on changes no flow, the floor with a ledger loses nothing, and every refusal is the one it is timed as."""

from pathlib import Path

import pytest

from bench import commands, flow, growth, market, rejects, venue
from bench.floor import build, run
from engine.matching.enums import ExecType, Reason
from engine.matching.records import COMMAND_SIZE

SIZE = {"prefill": 1000, "count": 4000}
SHAPES = (*flow.SHAPES, "steady")


def made_of(shape: str, directory: Path) -> flow.Flow:
    return flow.make(shape, directory / "flow", **SIZE)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_venue_reports_what_the_book_alone_reports(shape: str, tmp_path: Path) -> None:
    made = made_of(shape, tmp_path)

    assert venue.agree(market.load(made, market.Spread(accounts=7)))


def test_a_venue_that_refuses_an_order_does_not_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_of("w1", tmp_path)
    monkeypatch.setattr(market, "GRANT", 7 * 100_000_000_000)

    assert not venue.agree(market.load(made, market.Spread(accounts=7)))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_floor_with_a_ledger_trades_the_same_and_conserves(shape: str, tmp_path: Path) -> None:
    made = made_of(shape, tmp_path)
    said = run(build("floor", "LEDGER"), made.path, made.prefill, 1, 7)

    assert (made.trades, made.volume, 1) == (said["trades"], said["volume"], said["conserved"])


def test_a_steady_flow_trades_the_same_however_it_is_spread(tmp_path: Path) -> None:
    made = made_of("steady", tmp_path)
    said = run(build("floor", "LEDGER", "INSTRUMENTS=7"), made.path, made.prefill, 1, 3)
    loaded = market.load(made, market.Spread(accounts=3, instruments=7, sessions=5))

    assert (made.trades, made.volume, 1) == (said["trades"], said["volume"], said["conserved"])
    assert venue.agree(loaded)
    assert {instrument for _, instrument in loaded.pairs} == set(range(1, 8))


def test_orders_are_spread_over_every_account_as_the_floor_spreads_them(tmp_path: Path) -> None:
    loaded = market.load(made_of("w1", tmp_path), market.Spread(accounts=7))

    assert {account for account, _ in loaded.pairs} == set(range(1, 8))


@pytest.mark.parametrize("case", rejects.CASES, ids=rejects.label)
def test_every_request_of_a_case_ends_as_its_name_says(case: rejects.Case) -> None:
    ready = rejects.prepare(case)
    kinds, reasons = rejects.ended(ready)
    ready.venue.check()

    assert {case.reason} == reasons
    assert (case.reason == Reason.NONE) == (kinds == {ExecType.NEW})
    assert rejects.COUNT * COMMAND_SIZE == sum(map(len, ready.batches))


def test_every_refusal_of_an_order_has_its_price() -> None:
    # A venue whose balances are full has none for the accounts of this bench either.
    refusals = {reason for reason in Reason if reason < Reason.WALLET_INELIGIBLE} - {Reason.BALANCES_FULL}

    assert refusals == {case.reason for case in rejects.CASES}


@pytest.mark.parametrize("kind", growth.STEPS)
def test_a_small_case_of_each_growth_agrees(kind: str, tmp_path: Path) -> None:
    case = growth.case_of(kind, 10)._replace(resting=100)

    assert growth.measure(case, 500, 2, tmp_path / "flow")["agree"]


def test_a_packed_command_has_the_fields_that_were_named() -> None:
    assert COMMAND_SIZE == len(commands.pack())
    assert commands.pack(ts_ns=1) != commands.pack(in_seq=1)
