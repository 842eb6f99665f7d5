"""Money at the terminal: balances agree with fills, amounts of cash are not exceeded, and refusals say which limit was broken."""

import json
from decimal import Decimal

import pytest

from tests.cli.venues import ats, made_venue, serving

NAMES = ("alice", "bob", "carol")
OPENING = {"USDC": Decimal(100_000_000), "AAPLx": Decimal(1_000_000), "TSLAx": Decimal(1_000_000), "SPYx": Decimal(1_000_000)}


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    folder = made_venue(tmp_path_factory.mktemp("venue"), *NAMES)
    with serving(folder) as address:
        yield folder, address


@pytest.fixture
def call(venue):
    folder, address = venue

    def run(name, *words):
        return ats(*words, "--as", name, "--connect", address, "--venue", folder)

    yield run
    for name in NAMES:
        run(name, "cancel", "--all")


@pytest.fixture
def told(call):
    def run(name, *words):
        return json.loads(call(name, *words, "--json").stdout)

    return run


def owned(told, name):
    return {each["asset"]: sum(Decimal(each[bucket]) for bucket in ("available", "held")) for each in told(name, "balances")["balances"]}


def test_a_new_account_has_what_the_file_says(told, call):
    assert OPENING == owned(told, "carol")
    assert ["asset", "available", "held", "frozen", "pending", "in", "pending", "out"] == call("carol", "balances").stdout.split()[:8]


def test_balances_are_what_fills_have_made_of_the_opening(call, told):
    call("alice", "buy", "AAPLx", "10", "@", "167.52")
    call("alice", "sell", "AAPLx", "7", "@", "168.01")
    call("bob", "sell", "AAPLx", "4.0003", "@", "167.50")
    call("bob", "buy", "AAPLx", "9", "@", "168.01")
    call("alice", "sell", "SPYx", "0.3333", "@", "590.07")
    call("bob", "buy", "SPYx", "0.1", "@", "600")
    call("bob", "buy", "SPYx", "--cash", "50")

    for name in ("alice", "bob"):
        changes = {asset: Decimal(amount) for asset, amount in told(name, "fills")["changes"].items()}
        assert changes
        assert owned(told, name) == {asset: amount + changes.get(asset, 0) for asset, amount in OPENING.items()}


def test_what_an_order_holds_is_not_available(told, call):
    before = told("carol", "balances")["balances"][0]
    call("carol", "buy", "AAPLx", "10", "@", "100.00")
    usdc = told("carol", "balances")["balances"][0]

    assert Decimal("1000.1") == Decimal(usdc["held"])
    assert Decimal(before["available"]) - Decimal("1000.1") == Decimal(usdc["available"])


def test_fills_tell_both_sides_fees_and_form(call, told):
    call("alice", "sell", "AAPLx", "2", "@", "170.00", "--settle", "traditional")
    call("bob", "buy", "AAPLx", "2", "@", "170.00")

    made, taken = (told(name, "fills", "--symbol", "AAPLx")["fills"][-1] for name in ("alice", "bob"))
    assert made["match_id"] == taken["match_id"]
    assert ("SELL", "170.00", "2", "-0.0068", "MAKER", "TRADITIONAL") == tuple(
        made[name] for name in ("side", "price", "qty", "fee", "liquidity", "settlement")
    )
    assert ("BUY", "0.034", "TAKER") == tuple(taken[name] for name in ("side", "fee", "liquidity"))
    assert "maker  traditional" in call("alice", "fills").stdout


def test_nobody_without_a_trade_has_fills(call, told):
    assert "no executions" in call("carol", "fills").stdout
    assert ([], {}, 0) == tuple(told("carol", "fills")[name] for name in ("fills", "changes", "missing_reports"))


def test_an_amount_of_cash_is_not_exceeded(call, told):
    call("alice", "sell", "AAPLx", "10", "@", "167.52")
    before = owned(told, "bob")

    order = told("bob", "buy", "AAPLx", "--cash", "500")

    spent = before["USDC"] - owned(told, "bob")["USDC"]
    assert "FILLED" == order["status"]
    assert Decimal("499.98") < spent <= 500
    assert "BUY 500 USDC of AAPLx at the market IOC" in call("bob", "buy", "AAPLx", "--cash", "500").stdout


def test_a_minimum_that_is_not_there_trades_nothing(call, told):
    call("alice", "sell", "AAPLx", "1", "@", "167.52")

    order = told("bob", "buy", "AAPLx", "4", "@", "167.52", "--min-qty", "2")

    assert ("CANCELED", [], "MIN_QTY_UNMET") == tuple(order[name] for name in ("status", "fills", "reason"))


def test_a_reduce_only_sell_is_a_sell(told):
    assert "NEW" == told("alice", "sell", "AAPLx", "1", "@", "900", "--reduce-only")["status"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("buy", "TSLAx", "1", "@", "400"), "rejected: 150 price 400.00 is above the collar 373.12 (reference 339.20 CLOSED +10.00%)"),
        (("sell", "SPYx", "1000001", "@", "590"), "1,000,000"),
        (("buy", "SPYx", "1000000", "@", "590"), "100,000,000"),
    ],
)
def test_a_refusal_says_which_limit_was_broken(call, words, says):
    result = call("carol", *words)

    assert (1, True) == (result.exit_code, says in result.stdout), result.stdout


def test_reports_that_are_not_kept_any_more_are_counted(tmp_path):
    folder = made_venue(tmp_path, "ann")
    config = (folder / "venue.toml").read_text()
    config = config.replace("# kept_bytes_max = 16777216", "kept_bytes_max = 300")
    (folder / "venue.toml").write_text(config.replace('# mode = "durable"', 'mode = "memory"'))
    with serving(folder) as address:
        for _ in range(4):
            ats("buy", "AAPLx", "1", "@", "1", "--connect", address, "--venue", folder)
        result = ats("fills", "--connect", address, "--venue", folder)

    assert 0 == result.exit_code
    assert "reports are not kept any more" in result.stderr
