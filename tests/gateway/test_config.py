"""The configuration: what it refuses, and in which words."""

import base64
from pathlib import Path

import pytest

from engine.config import Config, ConfigError, Instrument, example, load, parse

KEY = base64.b64encode(bytes(range(32))).decode()
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
public_key = "{KEY}"
accounts = [1, 2]
stp_group = 7
"""


def test_example_is_a_venue_that_starts() -> None:
    config = parse(example("ATS-DEMO", [("alice", KEY), ("bob", KEY)]))

    assert config.venue.name == "ATS-DEMO"
    assert [instrument.symbol for instrument in config.instruments] == ["AAPLx", "TSLAx", "SPYx"]
    assert [(who.name, who.accounts) for who in config.subscribers] == [("alice", (1,)), ("bob", (2,))]


def test_commented_keys_of_the_example_show_the_defaults() -> None:
    text = example("ATS", [("alice", KEY)])
    uncommented = "\n".join(line.removeprefix("# ") if " = " in line and "venue." not in line else line for line in text.splitlines())
    config = parse(uncommented.replace('day_end_utc = "22:00"', ""))

    assert (config.gateway, config.limits) == (parse(text).gateway, parse(text).limits)
    assert all(name in text for name in (*Config().gateway.__struct_fields__, *Config().limits.__struct_fields__))


def test_decimal_texts_become_integers() -> None:
    config = parse(GOOD.replace('lot = "0.0001"', 'lot = "0.5"\nmin_qty = "1.5"\nmax_qty = "10"\nmax_price = "99.99"\nprotection = "1"'))

    assert config.instruments == (Instrument("AAPLx", "USDC", 100, 500_000, 1_500_000, 10_000_000, 999_900, 10_000),)


def test_numbers_and_keys_of_subscribers() -> None:
    (alice,) = parse(GOOD).subscribers

    assert (alice.name, alice.public_key, alice.accounts, alice.stp_group) == ("alice", bytes(range(32)), (1, 2), 7)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "ATS"', 'nme = "ATS"', "venue.nme: unknown key; did you mean name?"),
        ("[gateway]", "[gatway]", "gatway: unknown key; did you mean gateway?"),
        ('name = "ATS"', 'name = "A B"', "venue.name: only letters, digits"),
        ('name = "ATS"', 'name = "ATS"\nday_end_utc = "24:00"', "venue.day_end_utc: expected a time such as 22:00"),
        ("port = 7001", "port = 70000", "gateway.port: expected `int` <= 65535"),
        ("port = 7001", 'port = "x"', "gateway.port: expected `int`, got `str`"),
        ("port = 7001", 'host = "0.0.0.0"', "gateway.host: 0.0.0.0 is not loopback and there is no TLS"),
        ("port = 7001", 'tls_cert = "a"', "gateway: tls_cert and tls_key come together"),
        ("port = 7001", "cancels_per_s = 10", "gateway.cancels_per_s: 10 is below messages_per_s, 10000"),
        ('tick = "0.01"', 'tick = "0.00015"', "instrument[0].tick: 0.00015 is finer than 0.0001; nearest: 0.0002"),
        ('tick = "0.01"', 'tick = "ten"', "instrument[0].tick: 'ten' is not a decimal number"),
        ('tick = "0.01"', 'tick = "-1"', "instrument[0].tick: -1 is not between 0.0001 and"),
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
        (f'"{KEY}"', '"abc"', "subscriber[0].public_key: 'abc' is not base64"),
        (f'"{KEY}"', '"abcd"', "subscriber[0].public_key: a raw Ed25519 key has 32 bytes, this one 3"),
        ("[1, 2]", "[1, 1]", "subscriber[0].accounts: account 1 is there twice"),
        ("[1, 2]", "[70000]", "subscriber[0].accounts: 70000 is above limits.accounts, 65536"),
        ("[1, 2]", "[0]", "subscriber[0].accounts[0]: expected `int` >= 1"),
        ("stp_group = 7", 'role = "admin"', "subscriber[0].role: invalid enum value 'admin'"),
        (
            "[venue]",
            "[limits]\nsessions = 1\n[[subscriber]]\nname = 'a'\npublic_key = '" + KEY + "'\naccounts = [1]\n[venue]",
            "limits.sessions: 1",
        ),
        ("[venue]", "[[instrument]]\nsymbol = 'AAPLx'\ntick = '1'\nlot = '1'\n[venue]", "instrument: symbol AAPLx is there twice"),
        ("[venue]", "[venue", "not TOML"),
    ],
)
def test_error_names_key_value_rule_and_remedy(old: str, new: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(GOOD.replace(old, new))

    assert words in str(caught.value)


def test_environment_overrides_tables_that_exist_once() -> None:
    environ = {"ENGINE_GATEWAY__PORT": "0", "ENGINE_VENUE__NAME": "OTHER", "ENGINE_DEBUG": "1", "PATH": "x__y"}
    config = parse(GOOD, environ)

    assert (config.gateway.port, config.venue.name) == (0, "OTHER")


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("ENGINE_INSTRUMENT__TICK", "there is no table [instrument] to override"),
        ("ENGINE_GATEWAY__PROT", "gateway.prot: unknown key; did you mean port?"),
    ],
)
def test_environment_is_checked_like_the_file(variable: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(GOOD, {variable: "1"})

    assert words in str(caught.value)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "venue.toml"
    file.write_text(GOOD.replace("port = 7001", 'tls_cert = "venue.crt"\ntls_key = "keys/venue.key"'))
    gateway = load(file, {}).gateway

    assert (gateway.tls_cert, gateway.tls_key) == (str(tmp_path / "venue.crt"), str(tmp_path / "keys" / "venue.key"))
