"""ITCH files as messages, and messages as the orders of two subscribers."""

import gzip
import io
from collections import OrderedDict
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.cli.itch import CENT, Add, Delete, Execute, HiddenTrade, ItchError, Reduce, Replace, messages, open_itch
from engine.cli.itch_orders import Change, Enter, Take, Translator, Withdraw, choose_stock
from tests.cli.itch_writer import written

REF = st.integers(1, 2**64 - 1)
SHARES = st.integers(1, 2**32 - 1)
PRICE = st.integers(1, 2**32 // CENT - 1).map(lambda cents: cents * CENT)
LOCATE = st.integers(0, 2**16 - 1)
STOCK = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=8)
MESSAGE = st.one_of(
    st.builds(Add, LOCATE, REF, st.booleans(), SHARES, STOCK, PRICE),
    st.builds(Execute, LOCATE, REF, SHARES),
    st.builds(Reduce, LOCATE, REF, SHARES),
    st.builds(Delete, LOCATE, REF),
    st.builds(Replace, LOCATE, REF, REF, SHARES, PRICE),
    st.builds(HiddenTrade, LOCATE),
)
AAPL = 13


@given(st.lists(MESSAGE, max_size=20), st.booleans(), st.booleans(), st.booleans())
def test_what_is_written_is_read(sent, wide, attributed, at_other_price):
    raw = b"".join(written(message, wide=wide, attributed=attributed, at_other_price=at_other_price) for message in sent)

    assert sent == list(messages(io.BytesIO(raw)))


@given(st.binary(max_size=200))
@example(b"\x00\x00")
@example(b"\x00\x01A")
@example(b"\x00")
def test_no_bytes_crash_the_reader(raw):
    with suppress(ItchError):
        list(messages(io.BytesIO(raw)))


@given(st.lists(MESSAGE, min_size=1, max_size=5), st.data())
def test_a_file_that_was_cut_off_is_noticed(sent, data):
    frames = [written(message) for message in sent]
    keep = data.draw(st.integers(1, len(frames[-1]) - 1))

    with pytest.raises(ItchError, match="damaged or cut off"):
        list(messages(io.BytesIO(b"".join(frames[:-1]) + frames[-1][:keep])))


def test_types_that_no_book_needs_are_passed_over():
    system_event = b"\x00\x0cS" + bytes(11)

    assert [Delete(1, 2)] == list(messages(io.BytesIO(system_event + written(Delete(1, 2)))))


def test_an_odd_length_names_the_place_and_the_two_that_are_right():
    raw = written(Delete(1, 2)) + b"\x00\x14D" + bytes(19)

    with pytest.raises(ItchError, match="byte 23: message D has 20 bytes; it takes 19 with timestamps of 6 bytes and 21 with"):
        list(messages(io.BytesIO(raw)))


def test_a_side_that_is_none_is_refused():
    raw = written(Add(1, 2, True, 3, "X", 100)).replace(b"B", b"Z")

    with pytest.raises(ItchError, match="is neither B nor S"):
        list(messages(io.BytesIO(raw)))


def test_a_gzipped_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "day.gz"
    path.write_bytes(gzip.compress(written(Delete(1, 2))))

    with open_itch(path) as file:
        assert [Delete(1, 2)] == list(messages(file))


@pytest.mark.parametrize(("stock", "expected"), [(None, ("MSFT", 7)), ("AAPL", (AAPL)), ("IBM", None)])
def test_the_stock_is_the_one_named_or_the_first(stock, expected):
    feed = [Delete(1, 1), Add(7, 1, True, 1, "MSFT", 100), Add(AAPL, 2, True, 1, "AAPL", 100)]
    expected = ("AAPL", AAPL) if expected == AAPL else expected

    assert expected == choose_stock(feed, stock)


def buy(ref, shares, price):
    return Add(AAPL, ref, True, shares, "AAPL", price)


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        pytest.param([buy(1, 100, 500)], [Enter(1, True, 100, 500)], id="an order is entered"),
        pytest.param(
            [buy(1, 100, 500), Execute(AAPL, 1, 30)],
            [Enter(1, True, 100, 500), Take(1, False, 30, 500)],
            id="an execution is an order of the other side at the resting price",
        ),
        pytest.param(
            [buy(1, 100, 500), Execute(AAPL, 1, 30), Reduce(AAPL, 1, 20)],
            [Enter(1, True, 100, 500), Take(1, False, 30, 500), Change(1, 1, 500, 80)],
            id="a reduction names the new total, executions included",
        ),
        pytest.param(
            [buy(1, 100, 500), Reduce(AAPL, 1, 100), Delete(AAPL, 1)],
            [Enter(1, True, 100, 500), Withdraw(1)],
            id="a reduction to nothing is a cancel",
        ),
        pytest.param(
            [buy(1, 100, 500), Execute(AAPL, 1, 30), Replace(AAPL, 1, 2, 90, 600), Delete(AAPL, 2)],
            [Enter(1, True, 100, 500), Take(1, False, 30, 500), Change(1, 2, 600, 120), Withdraw(2)],
            id="a replaced order keeps what it executed and has a new name",
        ),
        pytest.param(
            [buy(1, 100, 500), Execute(AAPL, 1, 30), Replace(AAPL, 1, 2, 60, 500), Reduce(AAPL, 2, 10)],
            [Enter(1, True, 100, 500), Take(1, False, 30, 500), Withdraw(1), Enter(2, True, 60, 500), Change(2, 2, 500, 50)],
            id="to less at the same price would keep its place, so it leaves and comes again",
        ),
        pytest.param(
            [buy(1, 100, 500), Replace(AAPL, 1, 2, 100, 500)],
            [Enter(1, True, 100, 500), Change(1, 2, 500, 100)],
            id="a replace that changes nothing loses its place on both",
        ),
        pytest.param(
            [Delete(8, 1), buy(1, 1, 500), Add(8, 1, True, 5, "MSFT", 1)], [Enter(1, True, 1, 500)], id="other stocks are passed over"
        ),
    ],
)
def test_translation(feed, expected):
    assert expected == list(Translator(AAPL).actions(feed))


def test_what_is_unknown_is_skipped_and_counted():
    translator = Translator(AAPL)
    feed = [Execute(AAPL, 9, 1), Execute(AAPL, 9, 1), Reduce(AAPL, 9, 1), Delete(AAPL, 9), Replace(AAPL, 9, 10, 1, 1), Execute(AAPL, 10, 1)]

    assert [] == list(translator.actions([*feed, HiddenTrade(AAPL)]))
    assert {"executions": 3, "reductions": 1, "deletions": 1, "replacements": 1} == translator.tally.unknown
    assert (7, 1) == (translator.tally.messages, translator.tally.hidden_trades)


@st.composite
def feeds(draw):
    """A feed as a price-time exchange publishes it: who is executed is the oldest at the best price."""
    book = {True: {}, False: {}}
    feed, last = [], 0
    for _ in range(draw(st.integers(0, 40))):
        side = draw(st.booleans())
        levels = book[side]
        act = draw(st.sampled_from("AAAEXDU"))
        if act == "A" or not levels:
            last += 1
            price = draw(st.integers(1, 5)) if side else draw(st.integers(6, 9))
            shares = draw(st.integers(1, 9))
            levels.setdefault(price, OrderedDict())[last] = shares
            feed.append(Add(AAPL, last, side, shares, "AAPL", price))
            continue
        price = (max if side else min)(levels) if act == "E" else draw(st.sampled_from(sorted(levels)))
        ref = next(iter(levels[price])) if act == "E" else draw(st.sampled_from(list(levels[price])))
        shares = levels[price][ref]
        some = draw(st.integers(1, shares))
        if act in "EX":
            levels[price][ref] -= some
            feed.append(Execute(AAPL, ref, some) if act == "E" else Reduce(AAPL, ref, some))
        else:
            levels[price][ref] = 0
            feed.append(Delete(AAPL, ref))
        if act == "U":
            last += 1
            feed[-1] = Replace(AAPL, ref, last, draw(st.integers(1, 9)), price)
        if not levels[price][ref]:
            del levels[price][ref]
        if act == "U":
            levels[price][last] = feed[-1].shares
        if not levels[price]:
            del levels[price]
    return feed


@given(feeds())
def test_a_price_time_book_fills_each_execution_from_the_order_that_the_feed_names(feed):
    from engine.matching.book import Instrument, OrderBook
    from engine.matching.enums import ExecType, Liquidity, Side, TimeInForce

    book = OrderBook(Instrument("AAPL", tick=1, lot=1, max_price=100, protection=1), orders=100)
    ids = {}
    for action in Translator(AAPL).actions(feed):
        match action:
            case Enter():
                ids[action.ref] = book.enter(Side.BUY if action.buy else Side.SELL, action.price, action.shares, 0)
            case Change():
                assert book.replace(ids[action.ref], action.price, action.total)
                ids[action.new_ref] = ids[action.ref]
            case Withdraw():
                assert book.cancel(ids[action.ref])
            case Take():
                side = Side.BUY if action.buy else Side.SELL
                book.enter(side, action.price, action.shares, 0, tif=TimeInForce.IOC, session=2, account=2)
                made = [event for event in book.events() if event.exec_type == ExecType.TRADE and event.liquidity == Liquidity.MAKER]
                assert [(ids[action.ref], action.shares)] == [(event.order_id, event.last_qty) for event in made]
