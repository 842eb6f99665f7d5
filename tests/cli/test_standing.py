"""How instruments stand, as subscribers see it and trade by it: stop orders, orders for an auction, `ats status`, and its changes."""

import json
import subprocess
import sys
import time

import pytest

from tests.checkout import ROOT
from tests.cli.venues import ats, made_venue, serving

CALL_S = 1


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    folder = made_venue(tmp_path_factory.mktemp("venue"), "alice", "bob", "carol")
    config = folder / "venue.toml"
    config.write_text(config.read_text().replace('max_price = "10000.00"', f'auction = {{ call_s = {CALL_S} }}\nmax_price = "10000.00"'))
    with serving(folder, admin=True) as addresses:
        yield folder, *addresses


@pytest.fixture
def call(venue):
    """Run a command as one of the venue's subscribers or persons, and leave no orders behind."""
    folder, address, admin_address = venue

    def run(name, *words):
        return ats(*words, "--as", name, "--connect", admin_address if words[0] == "admin" else address, "--venue", folder)

    yield run
    for name in ("alice", "bob", "carol"):
        run(name, "cancel", "--all")


def figures(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def set_status(call, status, cause="operational", symbol="AAPLx"):
    """Bring an instrument to a status, by two persons where it takes two."""
    words = ("admin", "set-status", "--instrument", symbol, "--status", status, "--cause", cause, "--reason", "test", "--json")
    proposed = json.loads(call("ada", *words).stdout)
    if proposed["code"] == "PROPOSED":
        assert 0 == call("otto", "admin", "approve", proposed["proposal"]).exit_code


def test_a_stop_order_waits_and_trades_when_its_price_is_reached(call):
    waiting = figures(call("alice", "buy", "SPYx", "2", "--stop", "170", "--json"))
    listed = call("alice", "orders").stdout.splitlines()
    call("bob", "sell", "SPYx", "5", "@", "170")
    call("carol", "buy", "SPYx", "1", "@", "170")

    assert ("STOP", "NEW", "170.00", "2") == tuple(waiting[name] for name in ("type", "status", "stop_px", "leaves_qty"))
    assert ["order", "symbol", "side", "price", "stop", "quantity", "filled", "open"] == listed[0].split()
    assert ["SPYx", "BUY", "175.00", "170.00", "2", "0", "2"] == listed[1].split()[1:]
    assert [] == figures(call("alice", "orders", "--json"))["orders"]
    assert "2" == figures(call("bob", "orders", "--json"))["orders"][0]["leaves_qty"]


def test_a_stop_limit_order_has_both_prices(call):
    text = call("alice", "sell", "SPYx", "1", "@", "99", "--stop", "100").stdout

    assert "SELL 1 SPYx @ 99.00 stop 100.00 DAY" == text.splitlines()[0]


def test_a_stop_that_is_reached_already_is_refused(call):
    call("bob", "sell", "SPYx", "1", "@", "120")
    call("carol", "buy", "SPYx", "1", "@", "120")
    refused = call("alice", "buy", "SPYx", "1", "--stop", "110")

    assert (1, True) == (refused.exit_code, "rejected: 138 " in refused.stdout), refused.stdout


def test_orders_for_the_opening_trade_in_the_auction_and_nothing_of_them_is_left(call):
    early = call("bob", "sell", "AAPLx", "1", "@", "150", "--at-open")
    set_status(call, "halted")
    set_status(call, "auction-call")
    sold = figures(call("bob", "sell", "AAPLx", "5", "@", "150", "--at-open", "--json"))
    bought = figures(call("carol", "buy", "AAPLx", "3", "@", "151", "--at-open", "--json"))
    during = call("alice", "status", "AAPLx").stdout
    seen = figures(call("alice", "status", "AAPLx", "--json"))
    wait_until_continuous(call)
    after = call("alice", "status", "AAPLx").stdout

    assert (1, True) == (early.exit_code, "rejected: 122 AAPLx takes no LIMIT OPG order now" in early.stdout)
    assert ("OPG", "NEW", "OPG", "NEW") == (sold["tif"], sold["status"], bought["tif"], bought["status"])
    assert ("auction-call", "continuous", "150.00", "3", "-2") == tuple(
        seen[name] for name in ("status", "then", "indicative_px", "indicative_qty", "imbalance")
    )
    assert "indicative  150.00 for 3, 2 sold more" in during
    assert "status      auction-call, operational" in during
    assert ("status     continuous, operational" in after, "last       150.00" in after) == (True, True)
    assert [] == figures(call("bob", "orders", "--json"))["orders"]


def wait_until_continuous(call, symbol="AAPLx"):
    deadline = time.monotonic() + 20
    while figures(call("alice", "status", symbol, "--json"))["status"] != "continuous":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_order_for_the_close_waits_for_the_closing_call(call):
    waiting = figures(call("alice", "buy", "SPYx", "1", "@", "100", "--at-close", "--json"))

    assert ("CLS", "NEW", "1") == (waiting["tif"], waiting["status"], waiting["leaves_qty"])
    assert [] == figures(call("bob", "book", "SPYx", "--json"))["bids"]


@pytest.mark.parametrize("as_json", [False, True])
def test_changes_are_followed_as_they_come(venue, call, as_json):
    folder, address, _ = venue
    words = ["status", "AAPLx", "--follow", "--as", "carol", "--connect", address, "--venue", str(folder), *(["--json"] if as_json else [])]
    with subprocess.Popen([sys.executable, "-u", "-m", "engine", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline()]
        set_status(call, "halted", "news-pending")
        lines.append(process.stdout.readline())
        set_status(call, "auction-call", "news-released")
        lines += [process.stdout.readline(), process.stdout.readline()]
        process.send_signal(2)
        code = process.wait(30)

    assert 0 == code
    if as_json:
        told = [json.loads(line) for line in lines]
        assert [("continuous", None), ("halted", None), ("auction-call", "continuous"), ("continuous", None)] == [
            (each["status"], each["then"] or None) for each in told
        ]
    else:
        assert [True] * 4 == [
            word in line
            for word, line in zip(
                ("AAPLx continuous", "AAPLx halted, news-pending", "AAPLx auction-call, news-released; until", "AAPLx continuous"),
                lines,
                strict=True,
            )
        ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("buy", "AAPLx", "1", "--stop", "170", "--post-only"), "--post-only does not go with a stop order"),
        (("buy", "AAPLx", "1", "--stop", "170", "--display", "1"), "--display does not go with a stop order"),
        (("buy", "AAPLx", "1", "@", "171", "--stop", "170", "--min-qty", "1"), "--min-qty does not go with a stop order"),
        (("buy", "AAPLx", "--cash", "500", "--stop", "170"), "--stop does not go with --cash"),
        (("buy", "AAPLx", "1", "@", "170", "--at-open", "--display", "1"), "--display does not go with an order for an auction"),
        (("buy", "AAPLx", "1", "--at-close", "--stop", "170"), "--stop does not go with an order for an auction"),
        (("buy", "AAPLx", "1", "--at-open", "--tif", "gtc"), "--tif GTC with --at-open or --at-close"),
        (("buy", "AAPLx", "1", "--stop", "170.005"), "170.005 is not a multiple of tick 0.01"),
        (("status", "NVDAx"), "symbol 'NVDAx' is not listed"),
        (("status", "NVDAx", "--follow"), "symbol 'NVDAx' is not listed"),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_teaches(call, words, says):
    result = call("alice", *words)

    assert (2, "", True) == (result.exit_code, result.stdout, says in result.stderr), result.stderr
