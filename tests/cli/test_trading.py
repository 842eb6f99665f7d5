"""The trading commands against a venue that runs: what they print, and what they exit with."""

import json

import pytest

from tests.cli.venues import ats, made_venue, serving


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    folder = made_venue(tmp_path_factory.mktemp("venue"), "alice", "bob")
    with serving(folder) as address:
        yield folder, address


@pytest.fixture
def call(venue):
    """Run a command as one of the venue's subscribers, and leave no orders behind."""
    folder, address = venue

    def run(name, *words):
        return ats(*words, "--as", name, "--connect", address, "--venue", folder)

    yield run
    for name in ("alice", "bob"):
        run(name, "cancel", "--all")


def figures(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_status_lists_what_trades(call):
    told = figures(call("alice", "status", "--json"))
    text = call("alice", "status").stdout

    assert ("ATS-DEMO", "alice", 0) == (told["venue"], told["subscriber"], told["open_orders"])
    aapl, tsla, _ = told["instruments"]
    assert ("AAPLx", "USDC", True, "0.01", "0.0001", None, None, "-0.2", "1") == tuple(
        aapl[name] for name in ("symbol", "quote", "is_trading", "tick", "lot", "bid", "ask", "maker_bps", "taker_bps")
    )
    assert ("339.20", "CLOSED", "305.28", "373.12") == tuple(tsla[name] for name in ("reference", "quality", "low", "high"))
    assert "AAPLx/USDC  trading  0.01  0.0001" in text
    assert "339.20 closed  305.28 to 373.12" in text


@pytest.mark.parametrize("terms", [("10", "@", "167.52"), ("10@167.52",), ("10", "167.52")])
def test_an_order_is_written_as_people_say_it(call, terms):
    result = call("alice", "buy", "AAPLx", *terms, "--tif", "gtc")

    assert 0 == result.exit_code
    assert ["BUY 10 AAPLx @ 167.52 GTC", "status  NEW", "open    10"] == [
        line for line in result.stdout.splitlines() if not line.startswith("order")
    ]


def test_an_order_outlives_the_command_that_entered_it(call):
    entered = figures(call("alice", "buy", "AAPLx", "10", "@", "167.52", "--json"))

    (order,) = figures(call("alice", "orders", "--json"))["orders"]

    assert (entered["order_id"], "167.52", "10") == (order["order_id"], order["price"], order["leaves_qty"])
    assert str(order["order_id"]) in call("alice", "orders").stdout


def test_a_trade_names_its_price_and_what_is_left(call):
    call("alice", "buy", "AAPLx", "10", "@", "167.52")

    told = figures(call("bob", "sell", "AAPLx", "4", "@", "167.50", "--json"))
    (order,) = figures(call("alice", "orders", "--json"))["orders"]

    assert ("FILLED", [("167.52", "4")]) == (told["status"], [(fill["price"], fill["qty"]) for fill in told["fills"]])
    assert ("PARTIALLY_FILLED", "6", "4") == (order["status"], order["leaves_qty"], order["cum_qty"])


def test_the_fills_of_an_order_that_rests_afterwards_are_shown(call):
    call("alice", "buy", "AAPLx", "4", "@", "167.52")

    result = call("bob", "sell", "AAPLx", "10", "@", "167.50")

    assert "filled  4 at 167.52 on average" in result.stdout
    assert "open    6" in result.stdout


def test_a_market_order_without_a_counterpart_says_why_it_ended(call):
    result = call("alice", "buy", "AAPLx", "1")

    assert "BUY 1 AAPLx at the market IOC" in result.stdout
    assert "reason  207 nothing more was there within the protection of a market order" in result.stdout


def test_the_book_stands_asks_over_bids_with_own_prices_marked(call):
    for side, price in (("buy", "99.00"), ("buy", "99.50"), ("sell", "100.50")):
        call("alice", side, "SPYx", "2", "@", price)
    call("bob", "sell", "SPYx", "1", "@", "101.00")

    lines = call("alice", "book", "SPYx").stdout.splitlines()
    told = figures(call("alice", "book", "SPYx", "--json"))

    assert [" 101.00", "*100.50", "* 99.50", "* 99.00"] == [line[0] + line[2:8] for line in lines if "█" in line]
    assert "spread 1.00" in lines[0]
    assert [{"price": "99.50", "qty": "2", "orders": 1}, {"price": "99.00", "qty": "2", "orders": 1}] == told["bids"]


def test_an_iceberg_shows_a_part(call):
    call("alice", "sell", "SPYx", "10", "@", "500", "--display", "2")

    assert "2" == figures(call("bob", "book", "SPYx", "--json"))["asks"][0]["qty"]


def test_orders_are_canceled_by_id_once(call):
    entered = figures(call("alice", "buy", "AAPLx", "1", "@", "1.00", "--json"))

    first = call("alice", "cancel", entered["order_id"])
    again = call("alice", "cancel", entered["order_id"])

    assert (0, "1 canceled\n") == (first.exit_code, first.stdout)
    assert (1, f"0 canceled\norder {entered['order_id']} is not open\n") == (again.exit_code, again.stdout)


def test_all_orders_of_a_side_are_canceled_together(call):
    for side, price in (("buy", "1.00"), ("buy", "2.00"), ("sell", "3.00")):
        call("alice", side, "AAPLx", "1", "@", price)

    assert 2 == figures(call("alice", "cancel", "--all", "--side", "buy", "--symbol", "AAPLx", "--json"))["canceled"]
    assert ["SELL"] == [order["side"] for order in figures(call("alice", "orders", "--json"))["orders"]]


def test_the_venues_no_is_exit_code_1(call):
    call("alice", "buy", "AAPLx", "1", "@", "100")

    result = call("bob", "sell", "AAPLx", "1", "@", "99", "--post-only")

    assert (1, True) == (result.exit_code, "rejected: 170 post-only SELL at 99.00 would have traded at once" in result.stdout), (
        result.stdout
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("buy", "AAPLx", "1", "@", "167.523"), "price 167.523 is not a multiple of tick 0.01: nearest are 167.52 and 167.53"),
        (("buy", "AAPLy", "1", "@", "167.52"), "symbol 'AAPLy' is not listed at ATS-DEMO: nearest are AAPLx"),
        (("buy", "AAPLx", "0.00001", "@", "1"), "qty 0.00001 is not a multiple of lot 0.0001"),
        (("buy", "AAPLx", "ten", "@", "1"), "qty 'ten' is not a number"),
        (("buy", "AAPLx", "1", "2", "3"), "'1 2 3' is not QTY [@ PRICE]: ats buy AAPLx 10 @ 167.52"),
        (("buy", "AAPLx", "1", "--post-only"), "--post-only does not go with a market order, which never rests"),
        (("buy", "AAPLx"), "'' is not QTY [@ PRICE]"),
        (("buy", "AAPLx", "1", "@", "5", "--cash", "5"), "'1 @ 5' with --cash: the amount decides how many"),
        (("buy", "AAPLx", "--cash", "5", "--min-qty", "1"), "--min-qty does not go with --cash"),
        (("sell", "AAPLx", "--cash", "5"), "--cash is for buys: a sell is sized in tokens"),
        (("buy", "AAPLx", "1", "@", "5", "--reduce-only"), "reduce_only on a BUY"),
        (("buy", "AAPLx", "2", "@", "5", "--min-qty", "3"), "min_qty 3 is above the order's qty 2"),
        (("book", "NVDAx"), "symbol 'NVDAx' is not listed"),
        (("orders", "--symbol", "NVDAx"), "symbol 'NVDAx' is not listed"),
        (("cancel",), "give ORDER_IDs, or --all"),
        (("cancel", "5", "--side", "buy"), "--symbol and --side narrow --all"),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_teaches(call, words, says):
    result = call("alice", *words)

    assert (2, "", True) == (result.exit_code, result.stdout, says in result.stderr)


def test_a_stranger_is_told_what_to_look_at(venue, tmp_path):
    _, address = venue
    stranger = made_venue(tmp_path / "other", "mallory")

    result = ats("orders", "--connect", address, "--venue", stranger)

    assert 2 == result.exit_code
    assert "Is mallory a session there with the key" in result.stderr
