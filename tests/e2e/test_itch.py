"""`ats replay-itch` against a venue that runs, over TCP."""

import json
import os
from pathlib import Path

import pytest

from engine.cli.itch import Add, Delete, Execute, HiddenTrade, Reduce, Replace
from tests.cli.itch_writer import written
from tests.cli.venues import ats, made_venue, serving

AAPL = 13


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    folder = made_venue(tmp_path_factory.mktemp("venue"), "maker", "taker")
    with serving(folder) as address:
        yield folder, address


@pytest.fixture
def replay(venue, tmp_path):
    folder, address = venue

    def run(feed, *options, wide=True):
        path = tmp_path / "feed.itch"
        path.write_bytes(b"".join(written(message, wide=wide) for message in feed))
        return ats("replay-itch", path, "--connect", address, "--venue", folder, *options)

    return run


def add(ref, side, shares, price):
    return Add(AAPL, ref, side == "B", shares, "AAPL", price)


FEED = [
    Execute(AAPL, 999, 10),
    add(1, "S", 100, 2_000_000),
    add(2, "S", 50, 2_000_000),
    add(3, "B", 10, 1_999_900),
    Execute(AAPL, 1, 30),
    Reduce(AAPL, 1, 20),
    Execute(AAPL, 1, 10),
    Replace(AAPL, 1, 4, 30, 2_000_000),
    Execute(AAPL, 2, 50),
    Execute(AAPL, 4, 30),
    HiddenTrade(AAPL),
    Replace(AAPL, 3, 5, 30, 1_999_800),
    Execute(AAPL, 5, 5),
    Delete(AAPL, 5),
]


@pytest.mark.parametrize("wide", [True, False], ids=["8-byte timestamps", "6-byte timestamps"])
def test_every_known_execution_is_at_the_order_that_the_feed_names(replay, wide):
    result = replay(FEED, "--json", wide=wide)

    told = json.loads(result.stdout)
    assert 0 == result.exit_code
    assert (5, 5, 5, 1) == tuple(told[name] for name in ("fills", "executions_known", "executions_at_named_maker", "executions_unknown"))
    assert {"orders": 4, "immediate orders": 5, "replaces": 2, "cancels": 2} == told["sent"]
    assert (0, 13, 1) == (told["rejected"], told["messages_sent"], told["skipped_hidden_trades"])
    assert 0 < told["round_trip_us"]["p50"] <= told["round_trip_us"]["max"]


def test_an_execution_out_of_turn_is_exit_code_1_and_names_who_was_filled(replay):
    result = replay([add(1, "S", 10, 2_000_000), add(2, "S", 10, 2_000_000), Execute(AAPL, 2, 10)])

    assert 1 == result.exit_code
    assert "0 of 1 known executions" in result.stdout
    assert "stray: order 2 at 200: filled 10 by 1" in result.stdout


def test_an_execution_that_meets_nobody_is_exit_code_1(replay):
    feed = [add(1, "S", 10, 2_000_000), Execute(AAPL, 1, 10), add(1, "S", 10, 2_000_000), Execute(AAPL, 1, 20)]

    result = replay(feed)

    assert (1, True) == (result.exit_code, "1 of 2 known executions" in result.stdout)


def test_nothing_is_left_behind(replay, venue):
    folder, address = venue
    replay([add(1, "S", 10, 2_000_000)])

    told = ats("orders", "--as", "maker", "--connect", address, "--venue", folder, "--json")

    assert {"orders": []} == json.loads(told.stdout)


@pytest.mark.parametrize(
    ("feed", "options", "says"),
    [
        ([Delete(AAPL, 1)], (), "no order of any stock in it"),
        ([add(1, "S", 1, 100)], ("--stock", "IBM"), "no order of IBM in it"),
        ([add(1, "S", 1, 100)], ("--symbol", "NOPE"), "symbol 'NOPE' is not listed"),
    ],
)
def test_what_cannot_be_replayed_is_said(replay, feed, options, says):
    result = replay(feed, *options)

    assert (2, True) == (result.exit_code, says in result.stderr), result.stderr


def test_the_real_day_fills_1626_of_1626(venue):
    folder, address = venue
    path = Path(os.environ.get("ATS_FLOW_DATA", "no-such-folder")) / "itch-aapl-20191230.bin"
    if not path.exists():
        pytest.skip("ATS_FLOW_DATA names no folder with itch-aapl-20191230.bin")

    result = ats("replay-itch", path, "--connect", address, "--venue", folder, "--json")

    told = json.loads(result.stdout)
    assert (1626, 1626, 540) == tuple(told[name] for name in ("executions_at_named_maker", "executions_known", "executions_unknown"))
