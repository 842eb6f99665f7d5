"""Drawings and scripts: what is drawn is read back, and a script that is wrong says where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.book import OrderBook
from engine.testing.commands import apply
from engine.testing.drawing import Quote, Row, draw, draw_price, draw_rows, parse, parse_price, rows
from engine.testing.oracle import Oracle
from engine.testing.play import play
from engine.testing.strategies import streams

QUEUES = st.lists(st.builds(Quote, st.integers(1, 2**53), st.integers(0, 2**53), st.integers(0, 2**63)), min_size=1, max_size=4).map(tuple)
SIDES = st.sampled_from(["bids", "asks"])
ROWS = st.dictionaries(st.integers(1, 2**44), st.tuples(SIDES, QUEUES), max_size=6).map(
    lambda drawn: [Row(price, **{side: queue}) for price, (side, queue) in drawn.items()]
)


@given(ROWS)
def test_drawing_is_read_back(levels):
    assert levels == parse(draw_rows(levels))


@given(streams())
def test_every_book_is_drawn_and_read_back(stream):
    world, commands = stream
    book = world.open(OrderBook)
    for command in commands:
        apply(book, command)

    assert rows(book) == parse(draw(book))


@given(st.integers(0, 2**63 - 1))
def test_price_is_read_back(price):
    assert price == parse_price(draw_price(price))


@pytest.mark.parametrize(("price", "text"), [(100_000, "10.00"), (100_500, "10.05"), (100_501, "10.0501"), (1, "0.0001"), (120, "0.012")])
def test_price_has_as_many_decimals_as_it_needs(price, text):
    assert text == draw_price(price)


def test_price_finer_than_its_unit_is_an_error():
    with pytest.raises(ValueError, match=r"price 1\.00001 has more than four decimals"):
        parse_price("1.00001")


def test_book_is_drawn_like_a_ladder():
    book = Oracle()
    book.enter(2, 100_300, 200, 1)
    book.enter(2, 100_200, 100, 7, display_qty=20)
    book.enter(1, 100_100, 100, 3)
    book.enter(1, 100_100, 300, 4)
    book.enter(1, 99_900, 5, 5)

    assert (
        """\
              | 10.03 | 200#1
              | 10.02 | 20+80#7
100#3 300#4 | 10.01 |
        5#5 |  9.99 |""".replace("              |", "            |")
        == draw(book)
    )


def test_empty_book_is_drawn_by_a_word():
    assert "empty" == draw(Oracle())


def test_wrong_event_shows_both_books():
    with pytest.raises(AssertionError) as failure:
        play("""
                  | 10.03 | 80#1
            buy #2 100@10.03  ->  fill #1 70@10.03
        """)

    said = str(failure.value)

    assert "should cause  fill #1 70@10.03\nbut it causes fill #1 80@10.03\n" in said
    assert "book before:\n | 10.03 | 80#1\nbook after:\n20#2 | 10.03 |" in said


def test_wrong_drawing_shows_both_books():
    with pytest.raises(AssertionError) as failure:
        play("""
                  | 10.03 | 80#1
            buy #2 100@10.03  ->  fill #1 80@10.03
            30#2  | 10.03 |
        """)

    assert "the book should be\n30#2 | 10.03 |\nand is\n20#2 | 10.03 |" in str(failure.value)


WRONG_LINES = [
    *("buy #1 100", "buy 1 100@1.00", "buy #1 100@1.00 tomorrow", "sell #1 x@1.00", "hold #1", "buy #1 100@1.00 settle GOLD"),
    *("collar 9.00", "collar 9.00 11.00 dynamic 0.001% anchor 1.00", "collar 9.00 11.00 width 3", "collar 11.00 9.00", "cancel all LATER"),
    *("list tick 0", "list ticks 1.00"),
]


@pytest.mark.parametrize("line", WRONG_LINES)
def test_action_that_cannot_be_read_is_named(line):
    with pytest.raises(ValueError, match=f"cannot read '{line}'"):
        play(line)


def test_comments_and_blank_lines_say_nothing():
    book = play("""
        -- a bid and nothing else
        buy #1 100@1.00     -- rests

        100#1 | 1.00 |      -- here it is
    """)

    assert 1 == book.open_orders


def test_script_plays_on_any_instrument():
    play("""
        given instruments 2 tick 0.05 lot 10
        buy #1 100@1.00 instrument 2
        buy #2 100@1.02 instrument 2  ->  reject TICK
        buy #3 15@1.05                ->  reject LOT
        empty
        instrument 2:
        100#1 | 1.00 |
    """)


def test_script_knows_the_venues_own_commands():
    play("""
        given listings 2 collar 9.00 11.00 dynamic 1.5% anchor 10.00
        buy #1 100@12.00 reduce          ->  slide #1 10.15
        sell #2 10@10.15 settle TOKEN    ->  fill #1 10@10.15
        sell #3 10@10.15 min 20          ->  reject MIN_QTY
        list tick 0.05
        collar 8.00 9.00 instrument 2
        buy #4 10@10.00 instrument 2     ->  slide #4 9.00
        collar off instrument 2
        cancel all instrument 2 side 1 SANCTIONS_HIT  ->  cancel #4 10 SANCTIONS_HIT
        90#1 | 10.15 |
    """)
