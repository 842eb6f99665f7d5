"""The demo's live view, rendered from a floor made by hand."""

import io
import re

import pytest
from rich.console import Console

from engine.cli.demo import can_draw
from engine.cli.demo_report import conservation_line, news_line, status_line, summary, summary_text
from engine.cli.demo_state import Auction, Change, Floor, Holding, Quotes, Row, Seat, Trade
from engine.cli.demo_view import draw, price_text, qty_text
from engine.matching.enums import Side

SECOND = 1_000_000_000


def floor():
    """A floor one minute into its day."""
    quotes = {"AAPLx": Quotes("AAPLx", 100), "SPYx": Quotes("SPYx", 100)}
    quotes["AAPLx"].asks = [Row(1_675_300, 4_000_000, 2), Row(1_675_400, 8_000_000, 3)]
    quotes["AAPLx"].bids = [Row(1_675_100, 2_000_000, 1)]
    seats = {"ann": Seat("ann", "market maker", orders=7, fills=2, online=True), "bob": Seat("bob", "taker", rejects=1)}
    made = Floor("ATS-DEMO", "127.0.0.1:7001", 7, quotes, seats, started_ns=0, now_ns=61 * SECOND, focus="AAPLx")
    made.traded(Trade(3_723_004_000_000, "AAPLx", Side.BUY, 1_675_200, 1_500_000, "ann", "bob"))
    made.traded(Trade(3_724_000_000_000, "AAPLx", Side.SELL, 1_675_300, 250_000, "ann", "bob"))
    made.holdings = [Holding("USDC", 2_999_987_654_321, 12_345_670, 9, 0, 3_000_000_000_000), Holding("AAPLx", 5, 0, 0, 0, 5)]
    made.orders.total = 1234
    made.round_trips_ns.extend([100_000, 200_000, 900_000])
    made.mark(60 * SECOND)
    made.orders.total += 50
    made.mark(61 * SECOND)
    return made


def lines_of(drawn, width=130, height=40):
    console = Console(width=width, height=height, file=io.StringIO(), record=True, force_terminal=True)
    console.print(drawn)
    return console.export_text().splitlines()


def test_asks_stand_over_bids_and_the_last_price_between_them():
    drawn = "\n".join(lines_of(draw(floor())))
    ladder = [drawn.index(text) for text in ("167.54 ", "167.53 █", "167.53 spread 0.02", "167.51 ")]

    assert sorted(ladder) == ladder


def test_bars_grow_with_size():
    bars = {price: len(bar) for price, bar in re.findall(r"(167\.5\d) (█+)", "\n".join(lines_of(draw(floor()))))}

    assert {"167.54": 18, "167.53": 9, "167.51": 4} == bars


def test_the_newest_trade_is_on_top_and_says_who_struck_whom():
    tape = [line for line in lines_of(draw(floor())) if "from ann" in line or "to ann" in line]

    assert ["▼  AAPLx", "▲  AAPLx"] == [re.search(r"[▲▼]  \w+", line)[0] for line in tape]
    assert "bob sells to ann" in tape[0]
    assert "01:02:03.004" in tape[1]


def test_rates_latencies_and_subscribers_are_there():
    drawn = "\n".join(lines_of(draw(floor())))

    for text in ("50 orders/s", "200 µs p50", "900 µs p99", "1 online", "● ann", "market maker", "1:01", "1,284 orders", "seed 7"):
        assert text in drawn


def test_trouble_takes_the_last_line():
    made = floor()
    made.trouble = "the venue ended by itself"

    assert "the venue ended by itself" in lines_of(draw(made))[-1]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (130, 40), (200, 60)])
def test_the_view_fills_the_terminal_and_no_more(width, height):
    made = floor()
    made.quotes["SPYx"].status = "auction-call"
    made.tell("AAPLx: pre-open -> auction-call, opening for 2 s, then continuous, by ada and otto, and so on and so forth " * 2, SECOND)
    drawn = lines_of(draw(made, width, height), width, height)

    assert height == len(drawn)
    assert max(len(line) for line in drawn) <= width
    assert not [line for line in drawn if "…" in line]


def test_without_rich_there_is_no_view_and_the_user_is_told(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert can_draw()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    assert not can_draw()
    assert "pip install 'ats-engine[ui]'" in capsys.readouterr().err


def test_the_conservation_line_adds_up_in_the_view_and_at_the_end():
    made = floor()
    line = "USDC: customers 2,999,987.654321 + fees 12.345670 + rounding 0.000009 = custody 3,000,000.000000; 1 of 1 tokens exact"

    assert line == conservation_line(made)
    assert line in "\n".join(lines_of(draw(made)))
    assert {"customers": 5, "fees": 0, "rounding": 0, "others": 0, "custody": 5, "exact": True} == summary(made)["conservation"]["AAPLx"]
    assert "2,999,987.654321  12.345670  0.000009  0.000000  3,000,000.000000  exact" in summary_text(made)


@pytest.mark.parametrize(("width", "line"), [(110, "custody 3,000,000.000000 "), (80, "USDC exact, fees 12.345670; 1 of 1 tokens exact ")])
def test_a_narrow_terminal_gets_a_shorter_line(width, line):
    assert line in "\n".join(lines_of(draw(floor(), width), width))


def test_what_does_not_add_up_is_said():
    made = floor()
    made.holdings = [Holding("USDC", 10, 0, 0, 3, 12), Holding("AAPLx", 5, 0, 0, 0, 6)]

    assert not made.is_exact
    assert "others 0.000003 IS NOT custody 0.000012; 0 of 1 tokens exact" in conservation_line(made)
    assert "0 of 2 assets exact" in status_line(made)
    assert "NOT EXACT" in summary_text(made)


def change(status, ts_ns, cause="opening", actor="time", until_ns=0, then=""):
    return Change(ts_ns, "AAPLx", "pre-open", status, cause, actor, until_ns, then)


def test_what_happens_to_an_instrument_is_told_as_it_happens():
    made, said = floor(), []
    made.say = lambda at_s, text: said.append(news_line(at_s, text))
    made.changed(change("auction-call", 3 * SECOND, until_ns=5 * SECOND, then="continuous"))
    made.uncrossed(Auction(5 * SECOND, "AAPLx", "crossed", 1_675_300, 4_250_000, -1_000_000))
    made.uncrossed(Auction(5 * SECOND, "SPYx", "nothing", 0, 0, 0))
    made.changed(change("halted", 12 * SECOND + SECOND // 2, "news-pending", "ada+otto"))

    assert [
        "  3.0 s  AAPLx: pre-open -> auction-call, opening for 2 s, then continuous",
        "  5.0 s  AAPLx: auction crossed, 4.25 at 167.53, 1.00 more sold",
        "  5.0 s  SPYx: auction nothing",
        " 12.5 s  AAPLx: pre-open -> halted, news-pending, by ada and otto",
    ] == said
    assert [{"symbol": "AAPLx", "outcome": "crossed", "price": "167.53", "qty": "4.250000"}] == summary(made)["auctions"][:1]
    assert "1, and 2 changes of status" in summary_text(made)


@pytest.mark.parametrize(("height", "told"), [(40, ["second", "third", "fourth"]), (30, ["fourth"])])
def test_the_last_news_stand_at_the_foot_as_many_as_there_is_room_for(height, told):
    made = floor()
    for word in ("first", "second", "third", "fourth"):
        made.tell(word, made.started_ns + SECOND)
    lines = lines_of(draw(made, 130, height), 130, height)

    assert told == [words[-1] for line in lines[-5:] if (words := line.split()) and words[-1] in ("first", "second", "third", "fourth")]


def test_an_instrument_that_does_not_trade_says_how_it_stands():
    made = floor()
    made.quotes["SPYx"].status = "reduce-only"
    (line,) = (line for line in lines_of(draw(made)) if "SPYx" in line)

    assert "reduce-only" in line


def test_a_crossed_book_says_what_it_collects_for():
    made = floor()
    made.quotes["AAPLx"].bids = [Row(1_675_400, 2_000_000, 1)]

    assert "167.53 for an auction" in "\n".join(lines_of(draw(made)))


def test_an_empty_floor_can_be_drawn():
    quotes = {"AAPLx": Quotes("AAPLx", 100)}
    drawn = "\n".join(lines_of(draw(Floor("V", "a:1", 1, quotes, {}, focus="AAPLx"))))

    assert "one side is empty" in drawn
    assert "no trade yet" in drawn


@pytest.mark.parametrize(("price", "tick", "expected"), [(1_675_200, 100, "167.52"), (1_675_205, 1, "167.5205"), (20_000, 10_000, "2")])
def test_prices_have_the_decimals_of_their_tick(price, tick, expected):
    assert expected == price_text(price, tick)


def test_quantities_have_two_decimals():
    assert "1,234.50" == qty_text(1_234_500_000)


def test_headless_lines_say_the_same():
    made = floor()

    assert "50 orders/s" in status_line(made)
    assert "AAPLx 167.53" in status_line(made)
    assert "fees 12.35, 2 of 2 assets exact" in status_line(made)
    assert (1284, 2, 1) == tuple(summary(made)[name] for name in ("orders", "trades", "rejected"))
    assert "1,284  (21 a second, 1 rejected)" in summary_text(made)
