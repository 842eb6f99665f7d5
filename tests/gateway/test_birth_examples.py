"""A venue's birth: the seed of its file carried out by the office, once."""

import base64
import re
from pathlib import Path

import pytest

from engine.config import Config, parse, seed, tables
from engine.config.template import empty, example
from engine.venue.acts import decode
from engine.venue.office import Office
from engine.venue.venue import Venue

NOW = 1_700_000_000_000_000_000
KEYS = [base64.b64encode(bytes([i]) * 32).decode() for i in range(8)]
FULL = f"""
[[asset]]
asset = "EURC"
name = "Euro Coin"

[[instrument]]
symbol = "AAPLx-EUR"
base = "AAPLx"
quote = "EURC"
tick = "0.005"
lot = "0.0002"
min_notional = "1"
max_notional = "1000000"
day_cap = "5000"
ticks = [{{ from = "0", tick = "0.005" }}, {{ from = "1000", tick = "0.05" }}]
fees = [{{ maker = "-0.2", taker = "1" }}, {{ maker = "-0.5", taker = "0.5" }}]
collar = {{ live = {{ static_bps = 500, dynamic_bps = 300 }}, closed = {{ static_bps = 2000 }}, hard_cap_bps = 4000 }}
reference = "176.43"
week = ["Mon 00:00 overnight", "Mon 13:30 rth", "Mon 20:00 post"]
exceptions = [{{ from = 2026-12-25T00:00:00Z, until = 2026-12-26T00:00:00Z, session = "weekend" }}]
order_types = {{ overnight = ["limit-day", "limit-gtc"] }}
issuer = "Example Issuer Ltd"
underlying_isin = "US0378331005"
whitelist = true
denied = ["CN"]
entitlements = ["tokens"]
types = ["institution", "mm"]
chains = ["solana"]

[[subscriber]]
name = "desk"
public_key = "{KEYS[0]}"
accounts = [1, {{ number = 7, tier = 1, stp_group = 0, balances = {{ AAPLx = "2.5" }} }}]
balances = {{ EURC = "1000" }}
approved = ["AAPLx"]
sessions = [{{ name = "desk-2", public_key = "{KEYS[1]}", accounts = [7] }}]
type = "mm"
kyc_until = 2030-01-01T00:00:00Z
jurisdictions = ["US", "DE"]
entitlements = ["tokens"]
control_group = "desks"
wallets = ["solana:abc"]
limits = {{ max_order_qty = "100", max_open_orders = 50, duplicates_max = 3, duplicates_ms = 500 }}

[[person]]
name = "ada"
public_key = "{KEYS[2]}"

[[person]]
name = "otto"
public_key = "{KEYS[3]}"
"""


def born(config: Config) -> Office:
    """Return the office of a new venue after its seed."""
    limits = config.limits
    room = {name: min(getattr(limits, name), 64) for name in ("sessions", "instruments", "accounts", "parties", "assets", "balances")}
    office = Office(Venue(**room, orders=64, levels=4096, profiles=4, batch=64))
    for payload in seed(config):
        outcome = office.apply(payload, NOW)

        assert outcome.code == "DONE", f"{decode(payload).act}: {outcome.text}"
    office.venue.check()
    return office


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        example("ATS", list(zip(("alice", "bob"), KEYS, strict=False)), list(zip(("ada", "otto"), KEYS[2:], strict=False))),
        empty("ATS", [("ada", KEYS[0]), ("otto", KEYS[1])]),
        "",
    ],
    ids=["full", "example", "empty", "nothing"],
)
def test_the_office_carries_out_every_act_of_a_seed(text: str) -> None:
    config = parse(text)
    office = born(config)

    assert office.founded == bool(office.roles)


def test_a_venue_has_what_its_file_says() -> None:
    office = born(parse(FULL))
    listing, desk = office.instruments["AAPLx-EUR"], office.subscribers["desk"]

    assert list(office.assets) == ["EURC", "AAPLx"]
    assert (listing.status, listing.mark and listing.mark.price, desk.limits.max_open_orders) == ("continuous", 1_764_300, 50)
    assert [(session.number, session.accounts) for session in office.sessions.values()] == [(1, (1, 7)), (2, (7,))]
    assert [office.venue.balance(account, asset).available for account, asset in ((1, 1), (7, 2))] == [1_000_000_000, 2_500_000]


def test_a_seed_makes_a_venue_only_once() -> None:
    config = parse(FULL)
    office = born(config)
    journal, decisions = list(office.journal), list(office.decisions)
    outcomes = [office.apply(payload, NOW) for payload in seed(config)]

    assert not any(outcome.accepted for outcome in outcomes)
    assert (office.journal, office.decisions) == (journal, decisions)


def test_the_document_names_every_key_and_its_venues_are_born() -> None:
    text = (Path(__file__).parents[2] / "docs" / "CONFIGURATION.md").read_text()
    venue, day = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    seeds = [table for name, table in vars(tables).items() if name.endswith("Table") and table is not tables.Table]
    keys = {key for table in [*seeds, tables.Journal] for key in table.__struct_encode_fields__}
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", text))))

    assert born(parse(venue)).venue.balance(1, 2).available == 50_000_000
    assert [start.status for start in born(parse(day)).instruments["AAPLx"].terms.week] == ["pre-open", "auction-call", "auction-call", ""]
    assert keys - named == set()
