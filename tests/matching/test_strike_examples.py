"""Drawn examples of strikes: a match that the collar stops makes a book collect that was told to pause."""

import pytest

from engine.matching.enums import ExecType, Phase, Reason, Strike
from engine.matching.records import Instrument
from engine.testing.commands import Enter, SetPhase, apply

TEN = 100_000


def test_strike_stops_the_match_for_everybody(played):
    """M49: also of a replace; what is left rests at its own limit, at most at the edge of the two prices."""
    played("""
        given collar 9.00 11.00 dynamic 1% anchor 10.00
              | 10.50 | 10#1
        phase CONTINUOUS pauses
        buy #3 10@9.50
        replace #3 10@12.00  ->  replaced #3 10@12.00, slide #3 11.00, strike COLLAR
        10#3  | 11.00 |
              | 10.50 | 10#1
    """)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("20@market IOC", "cancel #3 10 COLLAR_DYNAMIC"),
        ("20@market DAY", "cancel #3 10 COLLAR_DYNAMIC"),
        ("20@10.50 IOC", "cancel #3 10 COLLAR_DYNAMIC"),
        ("20@10.50 DAY", ""),
        ("20@10.50 GTD 9", ""),
    ],
)
def test_strike_cancels_what_cannot_rest(played, order, told):
    """M49: with the reason that it has where the book does not pause."""
    played(f"""
        given collar 9.00 11.00 dynamic 1% anchor 10.00
              | 10.50 | 10#1
              | 10.10 | 10#2
        phase CONTINUOUS pauses
        buy #3 {order}  ->  {", ".join(filter(None, ["fill #2 10@10.10", told, "strike COLLAR"]))}
    """)


@pytest.mark.parametrize("order", ["buy #3 20@10.50 FOK", "buy #3 20@10.50 min 11"])
def test_order_that_never_began_to_match_makes_no_book_strike(played, order):
    """M49, M6, M28: it was canceled before it touched anything."""
    reason = "FOK_UNFILLABLE" if "FOK" in order else "MIN_QTY_UNMET"
    played(f"""
        given collar 9.00 11.00 dynamic 1% anchor 10.00
              | 10.50 | 10#1
              | 10.10 | 10#2
        phase CONTINUOUS pauses
        {order}  ->  cancel #3 20 {reason}
    """)


def test_post_only_order_makes_no_book_strike(played):
    """M49: it would not have matched."""
    played("""
        given collar 9.00 10.03
              | 10.05 | 10#1
        phase CONTINUOUS pauses
        buy #2 10@10.06 post  ->  slide #2 10.03
        buy #3 10@10.04       ->  slide #3 10.03
    """)


def test_order_whose_limit_is_at_the_edge_makes_no_book_strike(played):
    """M49: nobody that it would have met rests beyond."""
    played("""
        given collar 9.00 10.03
              | 10.05 | 10#1
        phase CONTINUOUS pauses
        buy #2 10@10.03
        buy #3 10@10.04       ->  slide #3 10.03
        buy #4 10@10.05       ->  slide #4 10.03, strike COLLAR
    """)


def test_strikes_are_taken_one_book_after_the_other(make):
    """M49: the one that struck last comes first, each once."""
    book = make([Instrument("ONE"), Instrument("TWO")])
    for number in (1, 2):
        book.set_collar(number, 90_000, TEN)
        book.set_phase(number, Phase.CONTINUOUS, True)
        book.enter(2, TEN + 100, 10, number, instrument=number)
    for number in (1, 2):
        book.enter(1, TEN + 100, 10, 10 + number, instrument=number)

    assert [(2, Strike.COLLAR), (1, Strike.COLLAR), None] == [book.take_strike() for _ in range(3)]
    assert (Phase.CALL, Phase.CALL) == (book.phase(1), book.phase(2))


def test_rest_of_a_strike_needs_a_place(make):
    """M49, M24: a page for the edge was there, none is for the order's own limit."""
    book = make(levels=192)
    book.set_collar(1, 100, 10 * TEN, 100, TEN)
    book.set_phase(1, Phase.CONTINUOUS, True)
    book.enter(2, TEN + 1_500, 10, 1)
    book.enter(1, 1_000, 10, 2)
    book.enter(1, TEN + 500, 10, 3)
    new, canceled = apply(book, Enter(1, 2 * TEN, 10, 4))

    assert (ExecType.NEW, ExecType.CANCELED, Reason.NO_PLACE) == (new.exec_type, canceled.exec_type, canceled.reason)
    assert (1, Strike.COLLAR) == book.take_strike()


def test_same_phase_again_changes_nothing_but_whether_it_pauses(make):
    """M36, M49."""
    book = make()
    book.set_collar(1, 90_000, TEN)
    book.enter(2, TEN + 100, 10, 1)
    apply(book, SetPhase(1, Phase.CONTINUOUS, pauses=True))
    apply(book, SetPhase(1, Phase.CONTINUOUS, pauses=False))
    book.enter(1, TEN + 100, 10, 2)

    assert (None, Phase.CONTINUOUS) == (book.take_strike(), book.phase(1))
