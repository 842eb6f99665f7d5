"""Listing while the book lives (M35): the new instrument is as good as one that was there from the start."""

import pytest

from engine.matching.book import OrderBook
from engine.matching.enums import Reason
from engine.matching.records import Instrument
from engine.testing.commands import Enter, ListInstrument, apply


def test_listed_while_orders_rest(played):
    """M35: with its own tick and lot, and none of the others' orders."""
    played("""
        given listings 2
        10#1  | 10.00 |
        buy #2 10@10.00 instrument 2  ->  reject UNKNOWN_INSTRUMENT
        list tick 0.05 lot 10
        buy #3 10@10.02 instrument 2  ->  reject TICK
        buy #4 15@10.00 instrument 2  ->  reject LOT
        buy #5 20@10.00 instrument 2
        10#1  | 10.00 |
        instrument 2:
        20#5  | 10.00 |
    """)


def test_instruments_are_numbered_in_the_order_of_their_listing(make):
    """M35, M25."""
    book = make([Instrument("A"), Instrument("B")], listings=4)

    assert [3, 4] == [book.list_instrument(Instrument("C")), book.list_instrument(Instrument("D", tick=50))]


def test_listing_has_a_limit(make):
    """M35, M25: it is an error of the caller, and changes nothing."""
    book = make([Instrument("A")], listings=2)
    book.list_instrument(Instrument("B"))

    with pytest.raises(ValueError, match="C: 2 instruments are listed, which is the limit"):
        book.list_instrument(Instrument("C"))
    assert Reason.UNKNOWN_INSTRUMENT == apply(book, Enter(1, 100, 5, 1, instrument=3))[0].reason


def test_as_many_as_are_given_fit(make):
    """M35, M25: listings are at least those given at the start."""
    book = make([Instrument("A"), Instrument("B")], listings=1)

    with pytest.raises(ValueError, match="2 instruments are listed"):
        book.list_instrument(Instrument("C"))


def test_listing_causes_no_event(make):
    """M35: and the events of the command before are not told again."""
    book = make(listings=2)
    book.enter(1, 100, 5, 1)

    assert [] == apply(book, ListInstrument(Instrument("B")))


def test_instrument_that_cannot_be_is_not_listed():
    """M35: its number is still free."""
    book = OrderBook(listings=2)

    with pytest.raises(ValueError, match="B: tick 0 is not between"):
        book.list_instrument(Instrument("B", tick=0))
    assert 2 == book.list_instrument(Instrument("C"))
    book.check()


def test_book_may_begin_without_instruments():
    """M35: where there is room to list them."""
    book = OrderBook([], listings=1)

    assert Reason.UNKNOWN_INSTRUMENT == apply(book, Enter(1, 100, 5, 1))[0].reason
    assert 1 == book.list_instrument(Instrument("A"))
    assert Reason.NONE == apply(book, Enter(1, 100, 5, 2))[0].reason


def test_cancel_of_the_venues_own_names_its_reason(played):
    """M33: by the filters of a mass cancel, oldest first, and nothing is told at the end."""
    played("""
        buy  #1 10@10.01 account 1
        sell #2 10@10.05 account 1 session 2
        buy  #3 10@10.02 account 2
        cancel all account 1 side 2 KILL  ->  cancel #2 10 KILL
        cancel all account 1 side 2
        cancel all                        ->  cancel #1 10 ADMIN, cancel #3 10 ADMIN
        empty
    """)
