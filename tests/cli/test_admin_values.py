"""What people type for the values of acts: it comes back as it is shown, and what is wrong is named."""

import base64
import re
import typing
from time import time_ns
from types import NoneType

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from engine.admin.rows import ROWS
from engine.cli.admin_values import (
    AMOUNT,
    DURATION,
    FOREVER_NS,
    KINDS,
    PRICE,
    TIME,
    bare,
    element,
    from_people,
    is_table,
    plain_type,
    public_key,
    to_people,
    type_of,
)
from engine.config.units import ConfigError
from engine.venue.acts import ACTS, ListInstrument, PlaceHold, SetCalendar, SetCollar, SetReference
from engine.venue.terms import Collar, Fee, Limits, Rights, SideName, WeeklyStart

WORDS = ("", "A", "acme", "none", "a.b_c:d-1", "US", "US-NY", "US0378331005", "037833100", "ethereum:0xacme", "base")


def values(hint):
    """Draw values of an annotated type, from its annotation alone."""
    inner = bare(hint)
    drawn = _drawn(inner)
    return st.none() | drawn if inner is not hint else drawn


def _drawn(hint):
    kind = plain_type(hint)
    metas = typing.get_args(hint)[1:] if typing.get_origin(hint) is typing.Annotated else ()
    limits = {name: getattr(meta, name) for meta in metas for name in ("ge", "le", "lt", "pattern", "max_length", "min_length")}
    if element(hint) is not None:
        return st.lists(values(element(hint)), min_size=limits.get("min_length") or 0, max_size=3).map(tuple)
    if is_table(hint):
        return st.builds(kind, **{field.name: values(field.type) for field in fields(kind)})
    if typing.get_origin(kind) is typing.Literal:
        return st.sampled_from(typing.get_args(kind))
    if kind is bool:
        return st.booleans()
    if kind is int:
        high = limits["le"] if limits["le"] is not None else limits["lt"] - 1
        if hint == type_of(WeeklyStart, "at_s"):
            return st.integers(0, high // 60).map(lambda minutes: minutes * 60)
        if KINDS.get(hint) is TIME:
            return st.integers(1, 2**52).map(lambda us: us * 1_000) | st.just(FOREVER_NS)
        return st.integers(limits["ge"], min(high, 2**53 - 1))
    if kind is bytes:
        return st.binary(min_size=limits["min_length"], max_size=limits["max_length"])
    if limits["pattern"]:
        return st.sampled_from([word for word in WORDS if re.match(limits["pattern"], word) and len(word) >= (limits["min_length"] or 0)])
    return st.text(min_size=limits["min_length"] or 0, max_size=9)


@given(st.sampled_from(ACTS).flatmap(_drawn))
def test_an_act_typed_as_it_is_shown_is_the_same_act(drawn):
    act = type(drawn)
    shown = msgspec.json.decode(msgspec.json.encode(to_people(drawn, act)))
    del shown["act"]

    assert drawn == from_people("act", shown, act)


@pytest.mark.parametrize("struct", [*ACTS, *ROWS.values(), Collar, Limits, Fee, WeeklyStart], ids=lambda struct: struct.__name__)
def test_no_integer_that_ends_in_a_unit_is_typed_raw(struct):
    raw = [field.name for field in fields(struct) if field.name.endswith(("_ns", "_s", "_px", "amount")) and bare(field.type) not in KINDS]

    assert [] == raw


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (PRICE, "176.43", 1_764_300),
        (PRICE, "0.0001", 1),
        (AMOUNT, "1000.50", 1_000_500_000),
        (AMOUNT, "1e3", 1_000_000_000),
        (TIME, "2026-11-22", 1_795_305_600_000_000_000),
        (TIME, "2026-11-22T14:30:00.000001+01:00", 1_795_354_200_000_001_000),
        (TIME, "never", FOREVER_NS),
        (TIME, "none", 0),
        (DURATION, "500ms", 500_000_000),
        (DURATION, "24h", 86_400_000_000_000),
        (DURATION, "0", 0),
        (KINDS[type_of(WeeklyStart, "at_s")], "Mon 13:30", 48_600),
        (KINDS[type_of(WeeklyStart, "at_s")], "Sun 00:00", 518_400),
        (KINDS[type_of(Fee, "maker")], "-0.2", -20),
    ],
)
def test_units_are_those_that_people_use(kind, text, value):
    assert value == kind.parse("--it", text)
    assert value == kind.parse("--it", kind.show(value))


@pytest.mark.parametrize(
    ("struct", "name", "text", "says"),
    [
        (SetReference, "price", "176.43001", "--it: 176.43001 is finer than 0.0001; nearest: 176.43"),
        (SetReference, "price", "-1", "--it: -1 is not between 0 and"),
        (SetReference, "price", "much", "--it: 'much' is not a decimal number"),
        (SetReference, "as_of_ns", "yesterday", "'yesterday' is not a time such as 2026-11-22T14:30:00Z"),
        (SetReference, "as_of_ns", "2026-11-22T14:30", "has no time zone; add Z for UTC"),
        (SetReference, "as_of_ns", "1969-01-01", "'1969-01-01' is not after 1970"),
        (SetReference, "quality", "good", "'good' is not one of none, live, extended, internal, closed"),
        (SetReference, "instrument", "no blanks", "'no blanks': an instrument's symbol"),
        (PlaceHold, "amount", "0.0000001", "is finer than 0.000001"),
        (PlaceHold, "account", "0", "'0': Expected `int` >= 1"),
        (PlaceHold, "account", "one", "'one' is not a whole number"),
        (SetCollar, "collar", "live.static_bps=5", "--it: max_age must be given"),
        (SetCollar, "collar", "max_age=60,live.static_bps=5", "--it.max_age: '60' is not a duration such as 500ms"),
        (SetCollar, "collar", "max_age=60s,live.width=5", "--it.live.width: unknown key; there are static_bps"),
        (SetCollar, "collar", "max_age", "'max_age' is not key=value"),
        (SetCollar, "collar", "{", "--it: {: Expecting property name"),
        (SetCollar, "collar", "[1]", "[1] is not a table"),
        (SetCollar, "collar", "@nowhere.json", "No such file"),
        (ListInstrument, "derivative", "perhaps", "'perhaps' is not yes or no"),
    ],
)
def test_what_is_wrong_is_named_with_its_rule(struct, name, text, says):
    with pytest.raises(ConfigError) as caught:
        from_people("--it", text, type_of(struct, name))

    assert says in str(caught.value)


COLLAR = Collar(live=type_of(Collar, "live").__args__[0](static_bps=500), max_age_ns=60_000_000_000, sources=("desk", "feed"))


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_a_table_is_typed_or_read_from_a_file(tmp_path, suffix):
    written = {
        "json": '{"live": {"static_bps": 500}, "max_age": "60s", "sources": ["desk", "feed"]}',
        "toml": 'max_age = "60s"\nsources = ["desk", "feed"]\n[live]\nstatic_bps = 500\n',
    }
    (tmp_path / f"collar.{suffix}").write_text(written[suffix])
    hint = type_of(SetCollar, "collar")

    assert COLLAR == from_people("--it", f"@{tmp_path}/collar.{suffix}", hint)
    assert COLLAR == from_people("--it", written["json"], hint)


def test_a_table_in_short_has_dots_for_tables_inside():
    assert Rights(dividend="cash", vote="none") == from_people("--it", "dividend=cash, vote=none", Rights)
    assert None is from_people("--it", "none", type_of(SetCollar, "collar"))


def test_a_time_may_be_so_long_from_now():
    before = time_ns()
    told = [TIME.parse("--it", text) for text in ("now", "now+5m", "now+90d")]
    after = time_ns()

    for value, ahead_s in zip(told, (0, 300, 7_776_000), strict=True):
        assert before <= value - ahead_s * 1_000_000_000 <= after
    with pytest.raises(ConfigError, match="'5' is not a duration such as"):
        TIME.parse("--it", "now+5")


def test_a_number_in_a_json_table_keeps_its_decimals():
    assert Limits(max_order_qty=100_500_000) == from_people("--it", '{"max_order_qty": 100.5}', Limits)


def test_a_public_key_is_base64_or_a_file_of_either_half(tmp_path):
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    (tmp_path / "private.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "public.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "other").write_text("no key")
    texts = [base64.b64encode(raw).decode(), str(tmp_path / "private.pem"), str(tmp_path / "public.pem")]

    assert [raw] * 3 == [public_key("--it", text) for text in texts]
    for text in ("not a file", str(tmp_path / "other")):
        with pytest.raises(ConfigError, match="is neither base64 nor the file of a key"):
            public_key("--it", text)


def test_a_calendar_says_days_and_times():
    (start,) = from_people("--it", ["at=Mon 14:30,session=rth"], type_of(SetCalendar, "week"))

    assert WeeklyStart(at_s=52_200, session="rth") == start
    assert NoneType not in typing.get_args(SideName)
