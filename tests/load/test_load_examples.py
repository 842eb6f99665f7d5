"""A load around its traffic: what it refuses to begin, and what its balances must show in the end."""

from dataclasses import dataclass

import pytest

from engine.load import load as loading
from engine.load.faults import LoadFault, LoadRefused
from engine.load.load import Load
from engine.load.market import shown_middle
from engine.matching.enums import Side
from engine.protocol.messages import BookLevel, BookSnapshot, InstrumentStatus
from tests.load.model import MARKET, planned


@dataclass
class Heard:
    base: int
    cash: int
    next_seq: int = 8


class Seated:
    """A session as the money sees it."""

    def __init__(self, account, base=0, cash=0, has=(0, 0)):
        self.name = f"session of {account}"
        self.account = account
        self.reader = Heard(base, cash)
        self.has = dict(zip(("TOKEN", "CASH"), has, strict=True))

    def balances(self):
        return {asset: (units, units) for asset, units in self.has.items()}


BEFORE = {1: {"TOKEN": (100, 100), "CASH": (900, 900)}}


def test_balances_that_moved_as_the_reports_say_are_right():
    loading._balance([Seated(1, 5, -51, (107, 830)), Seated(1, 2, -19, (107, 830))], MARKET, BEFORE)


@pytest.mark.parametrize("has", [(106, 830), (107, 831), (107, 829), (100, 900)])
def test_money_that_was_made_or_lost_is_found(has):
    with pytest.raises(LoadFault, match=r"account 1 has .* than its reports say"):
        loading._balance([Seated(1, 5, -51, has), Seated(1, 2, -19, has)], MARKET, BEFORE)


def test_an_asset_that_nobody_traded_must_stay():
    seat = Seated(1, 0, 0, (100, 900))
    seat.has["OTHER"] = 7
    with pytest.raises(LoadFault, match="OTHER"):
        loading._balance([seat], MARKET, BEFORE)


def test_an_account_with_too_little_is_told_what_it_takes():
    plans = planned("trade", 1, 2, 1000)
    sold, _ = plans[0].sums(side=Side.SELL)
    needed = sold + sold // 20
    rich = [Seated(1, has=(needed, 0)), Seated(2, has=(0, 10**9))]
    poor = [Seated(1, has=(needed - 1, 0)), Seated(2, has=(0, 10**9))]

    assert {1, 2} == loading._look(rich, plans, "trade", MARKET).keys()
    with pytest.raises(LoadRefused, match=r"account 1 has [\d.,]+ TOKEN, and this load can need"):
        loading._look(poor, plans, "trade", MARKET)


@pytest.mark.parametrize(
    ("asked", "sessions", "words"),
    [
        ({"mix": "all"}, 1, "none of rest, trade"),
        ({"mix": "trade"}, 3, "in pairs"),
        ({"batch": 0}, 1, "at least 1"),
        ({"rate": 0.0}, 1, "at least 1"),
        ({"rate": 1.0, "ping_pong": True}, 1, "leave --rate out"),
        ({"requests": 3}, 4, "fewer than 4 sessions"),
    ],
)
def test_what_cannot_be_sent_is_refused(asked, sessions, words):
    with pytest.raises(LoadRefused, match=words):
        Load(**asked).check(sessions)


@pytest.mark.parametrize(
    ("bids", "asks", "last", "reference", "expected"),
    [
        ([100], [104], 90, 80, 102),
        ([100], [], 90, 80, 90),
        ([], [], 0, 80, 80),
        ([100], [], 0, 0, 100),
        ([], [104], 0, 0, 104),
        ([], [], 0, 0, 0),
    ],
)
def test_the_middle_is_what_the_venue_shows(bids, asks, last, reference, expected):
    sides = ([BookLevel(price, 1, 1) for price in side] for side in (bids, asks))
    book = BookSnapshot(1, 1, 0, 1, 1, 1, last, *sides)
    status = InstrumentStatus(1, 1, 0, 1, 1, 17, 0, "", 0, "", reference, 0, 0, 0, 0, 0, "", 0, 0, 0, 0, 0, 0, "")

    assert expected == shown_middle(book, status)
