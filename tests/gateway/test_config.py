"""The configuration: what it makes of a file, what it refuses, and in which words."""

import base64
from typing import Any

import pytest

from engine.config import Config, ConfigError, example, parse, seed
from engine.config.reading import LASTING
from engine.config.template import empty
from engine.venue.acts import (
    FOUNDER,
    AddAsset,
    ApproveHolder,
    Deposit,
    Found,
    GrantRole,
    ListInstrument,
    Onboard,
    OpenAccount,
    OpenSession,
    SetReference,
    SetStatus,
    decode,
)
from engine.venue.terms import Band, Collar, DatedSession, Fee, Limits, Rights, SessionMask, TickRow, WeeklyStart

KEYS = [base64.b64encode(bytes([i]) * 32).decode() for i in range(8)]
GOOD = f"""
[venue]
name = "ATS"

[gateway]
port = 7001

[[instrument]]
symbol = "AAPLx"
tick = "0.01"
lot = "0.0001"

[[subscriber]]
name = "alice"
public_key = "{KEYS[0]}"
accounts = [1, 2]
stp_group = 7
"""
INSTRUMENT = '[[instrument]]\nsymbol = "AAPLx"\ntick = "0.01"\nlot = "0.0001"\n'
SUBSCRIBER = '[[subscriber]]\nname = "alice"\naccounts = [1]\n'
PERSONS = f'[[person]]\nname = "ada"\npublic_key = "{KEYS[1]}"\n[[person]]\nname = "otto"\npublic_key = "{KEYS[2]}"\n'


def acts_of(text: str, kind: type) -> list[Any]:
    return [act for act in parse(text).acts if isinstance(act, kind)]


def listing(keys: str) -> ListInstrument:
    (act,) = acts_of(INSTRUMENT + keys, ListInstrument)
    assert isinstance(act, ListInstrument)
    return act


def test_example_is_a_venue_that_starts() -> None:
    config = parse(example("ATS-DEMO", [("alice", KEYS[0]), ("bob", KEYS[1])], [("ada", KEYS[2]), ("otto", KEYS[3])]))

    assert config.venue.name == "ATS-DEMO"
    assert [act.symbol for act in config.acts if isinstance(act, ListInstrument)] == ["AAPLx", "TSLAx", "SPYx"]
    assert [(act.name, act.accounts) for act in config.acts if isinstance(act, OpenSession)] == [("alice", (1,)), ("bob", (2,))]
    assert [act.name for act in config.acts if isinstance(act, GrantRole) and act.role == "operator"] == ["ada", "otto"]
    assert config.acts[-1] == Found()


def test_commented_keys_of_the_example_show_the_defaults() -> None:
    text = example("ATS", [("alice", KEYS[0])])
    head = text[: text.index("[[asset]]")]
    lines = (line.removeprefix("# ") if " = " in line and "venue." not in line else line for line in head.splitlines())
    unset = ("day_end_utc", "found", "loop_core", "writer_")  # left out, they have no value that could be shown
    config = parse("\n".join(line for line in lines if not line.startswith(unset)))
    given, default = parse(text), Config()

    tables = [name for name in LASTING if name != "venue"]
    assert [getattr(config, name) for name in tables] == [getattr(given, name) for name in tables]
    names = (name for table in tables for name in getattr(default, table).__struct_fields__)
    assert all(name in head for name in names)


def test_empty_example_has_nothing_but_persons() -> None:
    config = parse(empty("ATS", [("ada", KEYS[0]), ("otto", KEYS[1])]))

    assert {type(act) for act in config.acts} == {GrantRole, Found}


def test_a_small_file_trades() -> None:
    added, token, listed, opened, onboarded, *_ = parse(GOOD).acts

    assert (added, token) == (AddAsset(asset="USDC", kind="cash"), AddAsset(asset="AAPLx", kind="token"))
    assert isinstance(listed, ListInstrument)
    assert (listed.tick, listed.lot, listed.rates, listed.collar) == (100, 100, (), None)
    assert None not in (listed.rights.dividend, listed.rights.vote, listed.rights.liquidation, listed.rights.redeem)
    assert opened == SetStatus(instrument="AAPLx", status="continuous", cause="scheduled")
    assert isinstance(onboarded, Onboard)
    assert (onboarded.subscriber, onboarded.kyc_until_ns) == ("alice", 2**63 - 1)


def test_nobody_has_money_that_the_file_does_not_name() -> None:
    assert acts_of(GOOD, Deposit) == []


def test_seed_asks_for_every_act_in_order_as_the_founder() -> None:
    config = parse(GOOD)
    requests = [decode(payload) for payload in seed(config)]

    assert [request.act for request in requests] == list(config.acts)
    assert {(request.actor, request.reason) for request in requests} == {(FOUNDER, "venue.toml")}


def test_decimal_texts_become_integers() -> None:
    act = listing('min_qty = "0.5"\nmax_qty = "10"\nmax_price = "99.99"\nprotection = "1"\nmin_notional = "1.5"\nday_cap = "1000"')

    assert (act.min_qty, act.max_qty, act.max_price, act.protection) == (500_000, 10_000_000, 999_900, 10_000)
    assert (act.min_notional, act.day_cap) == (1_500_000, 1_000_000_000)


def test_fees_are_basis_points() -> None:
    act = listing('fees = [{ maker = "-0.2", taker = "1" }, { taker = "0.55" }]')

    assert act.rates == (Fee(maker=-20, taker=100), Fee(maker=0, taker=55))


def test_a_collar_of_one_width_is_that_of_every_quality() -> None:
    band = Band(static_bps=1000, dynamic_bps=500)

    assert listing("collar = { static_bps = 1000, dynamic_bps = 500 }").collar == Collar(
        live=band, extended=band, internal=band, closed=band, max_age_ns=60_000_000_000
    )


def test_a_collar_may_name_its_qualities() -> None:
    collar = "collar = { max_age_s = 5, live = { static_bps = 500, away_bps = 3000 }, closed = { static_bps = 2000 }, hard_cap_bps = 4000 }"

    assert listing(collar).collar == Collar(
        live=Band(static_bps=500, away_bps=3000), closed=Band(static_bps=2000), max_age_ns=5_000_000_000, hard_cap_bps=4000
    )


def test_a_starting_price_is_a_closed_one_of_no_known_age() -> None:
    acts = acts_of(INSTRUMENT + 'collar = { static_bps = 500, sources = ["desk"] }\nreference = "176.43"', SetReference)

    assert acts == [SetReference(instrument="AAPLx", price=1_764_300, source="desk", quality="closed", as_of_ns=0)]


def test_a_starting_price_may_be_told_in_full() -> None:
    reference = 'reference = { price = "176.43", as_of = 2026-11-20T21:00:00Z, quality = "live", source = "sip" }'

    assert acts_of(INSTRUMENT + f"collar = {{ static_bps = 500 }}\n{reference}", SetReference) == [
        SetReference(instrument="AAPLx", price=1_764_300, source="sip", quality="live", as_of_ns=1_795_208_400_000_000_000)
    ]


def test_ticks_calendar_and_order_types() -> None:
    act = listing(
        'ticks = [{ from = "0", tick = "0.01" }, { from = "1000", tick = "0.05" }]\n'
        'week = ["Mon 00:00 overnight", "Sun 13:30 rth"]\n'
        'exceptions = [{ from = 2026-12-25T00:00:00Z, until = "2026-12-26T00:00:00Z", session = "weekend" }]\n'
        'order_types = { rth = ["limit-day", "market-ioc"], weekend = [] }'
    )

    assert act.ticks == (TickRow(from_px=0, tick=100), TickRow(from_px=10_000_000, tick=500))
    assert act.week == (WeeklyStart(at_s=0, session="overnight"), WeeklyStart(at_s=567_000, session="rth"))
    assert act.exceptions == (DatedSession(from_ns=1_798_156_800_000_000_000, until_ns=1_798_243_200_000_000_000, session="weekend"),)
    assert act.masks == (
        SessionMask(session="rth", order_types=("limit-day", "market-ioc")),
        SessionMask(session="weekend", order_types=()),
    )


def test_what_needs_no_conversion_is_taken_as_it_is() -> None:
    act = listing('isin = "US0378331005"\nrights = { vote = "direct" }\ndenied = ["CN"]\ntypes = ["mm"]\nbase = "dAAPL"\nstatus = "draft"')

    assert (act.isin, act.rights, act.denied, act.types, act.base) == ("US0378331005", Rights(vote="direct"), ("CN",), ("mm",), "dAAPL")
    assert acts_of(INSTRUMENT + 'status = "draft"', SetStatus) == []


def test_accounts_groups_and_sessions_of_a_subscriber() -> None:
    text = SUBSCRIBER.replace("[1]", '[1, { number = 5, tier = 2, stp_group = 9, stp_mode = "decrement" }]')
    text += f'stp_group = 7\npublic_key = "{KEYS[0]}"\nsessions = [{{ name = "alice-2", public_key = "{KEYS[1]}", accounts = [5] }}]'

    assert acts_of(text, OpenAccount) == [
        OpenAccount(account=1, subscriber="alice", stp_group=7),
        OpenAccount(account=5, subscriber="alice", tier=2, stp_group=9, stp_mode="decrement"),
    ]
    assert acts_of(text, OpenSession) == [
        OpenSession(name="alice", public_key=bytes(32), subscriber="alice", accounts=(1, 5)),
        OpenSession(name="alice-2", public_key=bytes([1]) * 32, subscriber="alice", accounts=(5,)),
    ]


def test_opening_balances() -> None:
    text = INSTRUMENT + SUBSCRIBER.replace("[1]", '[1, { number = 2, balances = { AAPLx = "0.5" } }]')
    text += 'balances = { USDC = "100000", AAPLx = "0" }'

    assert acts_of(text, Deposit) == [
        Deposit(external_id="opening:1:USDC", account=1, asset="USDC", amount=100_000_000_000),
        Deposit(external_id="opening:2:AAPLx", account=2, asset="AAPLx", amount=500_000),
    ]


def test_limits_and_approvals_of_a_subscriber() -> None:
    text = INSTRUMENT + SUBSCRIBER
    text += 'limits = { max_order_qty = "10", max_gross_day = "2.5", duplicates_max = 3, duplicates_ms = 500 }\napproved = ["AAPLx"]'
    (onboard,) = acts_of(text, Onboard)

    assert onboard.limits == Limits(max_order_qty=10_000_000, max_gross_day=2_500_000, duplicates_max=3, duplicates_ns=500_000_000)
    assert acts_of(text, ApproveHolder) == [ApproveHolder(account=1, asset="AAPLx", approved=True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PERSONS, True),
        ("[venue]\nfound = true\n" + PERSONS, True),
        ("[venue]\nfound = false\n" + PERSONS, False),
        (PERSONS[: PERSONS.rindex("[[")], False),
        (PERSONS + 'roles = ["examiner"]', False),
        ("", False),
    ],
)
def test_the_founding_ends_when_two_persons_can_act_unless_the_file_says_otherwise(text: str, *, found: bool) -> None:
    assert (Found() in parse(text).acts) == found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "ATS"', 'nme = "ATS"', "venue.nme: unknown key; did you mean name?"),
        ("[gateway]", "[gatway]", "gatway: unknown key; did you mean gateway?"),
        ('name = "ATS"', 'name = "A B"', "venue.name: expected letters, digits"),
        ('name = "ATS"', 'name = "ATS"\nday_end_utc = "24:00"', "venue.day_end_utc: expected a time such as 22:00"),
        ('name = "ATS"', 'name = "ATS"\nfound = true', "venue.found: it takes two persons of each role; operator, compliance, treasury"),
        ("port = 7001", "port = 70000", "gateway.port: expected `int` <= 65535"),
        ("port = 7001", 'port = "x"', "gateway.port: expected `int`, got `str`"),
        ("port = 7001", 'host = "0.0.0.0"', "gateway.host: 0.0.0.0 is not loopback and there is no TLS"),
        ("[gateway]", '[admin]\nhost = "::"\n[gateway]', "admin.host: :: is not loopback and there is no TLS"),
        ("port = 7001", "port = 7002", "admin.port: 7002 is the gateway's"),
        ("[gateway]", '[journal]\nmode = "fast"\n[gateway]', "journal.mode: invalid enum value 'fast'"),
        ("[gateway]", "[journal]\nsegment_mb = 0\n[gateway]", "journal.segment_mb: expected `int` >= 1"),
        ("[gateway]", '[journal]\nfolder = ""\n[gateway]', "journal.folder: expected `str` of length >= 1"),
        ("[gateway]", "[journal]\nsnapshots = 9\n[gateway]", "journal.snapshots: unknown key; did you mean snapshot_every?"),
        ("port = 7001", 'tls_cert = "a"', "gateway: tls_cert and tls_key come together"),
        ("port = 7001", "cancels_per_s = 10", "gateway.cancels_per_s: 10 is below messages_per_s, 10000"),
        ('tick = "0.01"', 'tick = "0.00015"', "instrument[0].tick: 0.00015 is finer than 0.0001; nearest: 0.0002"),
        ('tick = "0.01"', 'tick = "ten"', "instrument[0].tick: 'ten' is not a decimal number"),
        ('tick = "0.01"', 'tick = "-1"', "instrument[0].tick: -1 is not between 0.0001 and"),
        ('tick = "0.01"', 'tick = "0"', "instrument[0].tick: 0 is not between 0.0001 and"),
        ('tick = "0.01"', 'tick = "inf"', "instrument[0].tick: 'inf' is not a decimal number"),
        ('tick = "0.01"', "tick = 0.01", "instrument[0].tick: expected `str`, got `float`"),
        (
            'lot = "0.0001"',
            'lot = "0.00005"',
            "instrument[0].lot: 0.00005 at tick 0.01 makes amounts finer than 0.000001 USDC; nearest: 0.0001",
        ),
        ('lot = "0.0001"', 'lot = "1"\nmin_qty = "1.5"', "instrument[0].min_qty: 1.5 is not a multiple of 1; nearest: 2"),
        ('lot = "0.0001"', 'lot = "1"\nmin_qty = "3"\nmax_qty = "2"', "instrument[0].min_qty: 3 is above max_qty, 2"),
        ('lot = "0.0001"', 'lot = "1"\nmax_price = "671088.65"', "instrument[0].max_price: 671088.65 is more than 2**26 ticks"),
        ('lot = "0.0001"', 'lot = "1"\nmax_notional = "-1"', "instrument[0].max_notional: -1 is not between 0 and"),
        ('lot = "0.0001"', 'lot = "1"\nfees = [{ maker = "0.001" }]', "instrument[0].fees[0].maker: 0.001 is finer than 0.01; nearest: 0"),
        ('lot = "0.0001"', 'lot = "1"\nfees = [{ taker = "1001" }]', "instrument[0].fees[0].taker: 1001 is not between -1000 and 1000"),
        (
            'lot = "0.0001"',
            'lot = "1"\nfees = [{ maker = "-2", taker = "3" }, { taker = "1" }]',
            "instrument[0].fees[0].maker: a rebate of 2 is more than 1, which the taker of fees[1] pays",
        ),
        ('lot = "0.0001"', 'lot = "1"\ncollar = {}', "instrument[0].collar: no band: give static_bps, or one of live"),
        (
            'lot = "0.0001"',
            'lot = "1"\ncollar = { statc_bps = 1 }',
            "instrument[0].collar.statc_bps: unknown key; did you mean static_bps?",
        ),
        ('lot = "0.0001"', 'lot = "1"\nreference = "1"', "instrument[0].reference: without a collar no reference is needed"),
        (
            'lot = "0.0001"',
            'lot = "1"\nreference = "1"\ncollar = { static_bps = 1, closed_max_age_s = 9 }',
            "instrument[0].reference: a price without a time is a closed one of no known age, and closed_max_age_s is 9",
        ),
        (
            'lot = "0.0001"',
            'lot = "1"\nreference = "1.005"\ncollar = { static_bps = 1 }',
            "instrument[0].reference: 1.005 is not a multiple of 0.01; nearest: 1",
        ),
        ('lot = "0.0001"', 'lot = "1"\nweek = ["Mon 9:30 rth"]', "instrument[0].week[0]: expected a start such as 'Mon 09:30 rth'"),
        ('lot = "0.0001"', 'lot = "1"\nisin = "US"', "instrument[0].isin: expected ISIN, or empty"),
        ('lot = "0.0001"', 'lot = "1"\norder_types = { noon = [] }', "instrument[0].order_types: invalid enum value 'noon'"),
        ('lot = "0.0001"', 'lot = "1"\nrights = { votes = "none" }', "instrument[0].rights.votes: unknown key; did you mean vote?"),
        ('lot = "0.0001"', 'lot = "1"\nquote = "AAPLx"', "instrument[0]: AAPLx is cash; one token is one instrument"),
        (f'"{KEYS[0]}"', '"abc"', "subscriber[0].public_key: 'abc' is not base64"),
        (f'"{KEYS[0]}"', '"abcd"', "subscriber[0].public_key: a raw Ed25519 key has 32 bytes, this one 3"),
        ("[1, 2]", "[1, 1]", "subscriber: account 1 is there twice"),
        ("[1, 2]", "[70000]", "subscriber[0].accounts: 70000 is above limits.accounts, 65536"),
        ("[1, 2]", "[0]", "subscriber[0].accounts[0]: expected `int` >= 1"),
        ("[1, 2]", "[]", "subscriber[0].accounts: expected `array` of length >= 1"),
        ("[1, 2]", "[{ number = 1, teir = 1 }]", "subscriber[0].accounts[0].teir: unknown key; did you mean tier?"),
        ("stp_group = 7", 'role = "admin"', "subscriber[0].role: unknown key"),
        ("stp_group = 7", 'balances = { USDT = "1" }', "subscriber[0].balances: there is no asset USDT; did you mean USDC?"),
        ("stp_group = 7", 'balances = { USDC = "0.0000001" }', "subscriber[0].balances.USDC: 0.0000001 is finer than 0.000001; nearest: 0"),
        (
            "[1, 2]",
            '[1, { number = 2, balances = { USDT = "1" } }]\nbalances = { USDC = "1" }',
            "subscriber[0].accounts[1].balances: there is no asset USDT; did you mean USDC?",
        ),
        ("stp_group = 7", 'approved = ["USDC"]', "subscriber[0].approved: USDC is no token"),
        ("stp_group = 7", "kyc_until = 2030-01-01T00:00:00", "subscriber[0].kyc_until: expected `datetime` with a timezone component"),
        ("stp_group = 7", 'type = "broker"', "subscriber[0].type: invalid enum value 'broker'"),
        (
            "stp_group = 7",
            f'sessions = [{{ name = "b", public_key = "{KEYS[1]}", accounts = [9] }}]',
            "subscriber[0].sessions[0].accounts: 9 is not an account of alice",
        ),
        (
            "stp_group = 7",
            f'sessions = [{{ name = "b", public_key = "{KEYS[0]}" }}]',
            "subscriber: sessions alice and b have the same public_key",
        ),
        (
            "[venue]",
            f'[[subscriber]]\nname = "b"\npublic_key = "{KEYS[1]}"\naccounts = [2]\n[venue]',
            "subscriber: account 2 is there twice",
        ),
        (
            "[venue]",
            f'[limits]\nsessions = 1\n[[subscriber]]\nname = "a"\npublic_key = "{KEYS[1]}"\naccounts = [3]\n[venue]',
            "limits.sessions: 1 are too few for the 2 of this file",
        ),
        ("[venue]", "[limits]\nassets = 1\n[venue]", "limits.assets: 1 are too few for the 2 of this file"),
        ("[venue]", '[[asset]]\nasset = "USDC"\n[[asset]]\nasset = "USDC"\n[venue]', "asset: asset USDC is there twice"),
        (
            "[venue]",
            "[[instrument]]\nsymbol = 'AAPL'\nbase = 'AAPLx'\ntick = '1'\nlot = '1'\n[venue]",
            "instrument[1]: AAPLx is traded by an instrument before; one token is one instrument",
        ),
        ("[venue]", PERSONS.replace("otto", "ada") + "[venue]", "person: name ada is there twice"),
        ("[venue]", PERSONS.replace(KEYS[2], KEYS[1]) + "[venue]", f"person: key {KEYS[1]} is there twice"),
        ("[venue]", "[venue", "not TOML"),
    ],
)
def test_error_names_key_value_rule_and_remedy(old: str, new: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(GOOD.replace(old, new))

    assert words in str(caught.value)
