"""docs/PROTOCOL.md is true: its tables are our Structs and enums, its dumps our bytes, its signature verifies.

Where a test fails because a message changed, the document is edited by hand: the failure shows the text that would be right.
"""

import re
from enum import IntEnum, IntFlag
from inspect import isclass
from typing import get_args

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.config import Gateway
from engine.matching import enums
from engine.protocol import messages
from engine.protocol.framing import MAX_ANSWER, MAX_REQUEST, Splitter
from engine.protocol.logon import logon_text
from engine.protocol.messages import Challenge, ClientMessage, Logon, MessageFlag, VenueMessage, decode_client, decode_venue
from engine.venue.records import Quality, SettleForm
from tests.protocol.document import PATH, block, links, range_of, sections, table, type_of
from tests.protocol.dump import dump, undump
from tests.protocol.strategies import HOT, tag

SECTIONS = sections()
STRUCTS = {
    name: struct
    for name, struct in vars(messages).items()
    if isclass(struct) and issubclass(struct, msgspec.Struct) and struct.__module__ == messages.__name__ and not name.startswith("_")
}
MESSAGES = [name for name, struct in STRUCTS.items() if tag(struct) is not None]
ENUMS = {
    name: enum
    for name, enum in (vars(messages) | vars(enums)).items()
    if isclass(enum) and issubclass(enum, IntEnum | IntFlag) and enum.__module__ in {messages.__name__, enums.__name__}
} | {"Quality": Quality, "SettleForm": SettleForm}
INTERNAL = {"CommandKind", "CommandFlag", "Phase", "Strike"}
PREFIX = messages._Message
NUMBERED_REPORTS = ("ExecutionReport", "CancelReject", "MassCancelReport")


def test_the_messages_stand_in_the_order_of_their_structs():
    assert list(STRUCTS) == [title for title in SECTIONS if title in STRUCTS]


@pytest.mark.parametrize("name", STRUCTS)
def test_every_element_is_told_by_place_name_type_and_range(name):
    fields = msgspec.inspect.type_info(STRUCTS[name]).fields
    skipped = len(PREFIX.__struct_fields__) if name in MESSAGES else 0

    told = [(number, field, kind, extent) for number, field, _, kind, extent, _, _ in table(SECTIONS[name])]

    assert described(fields[skipped:], 1 + skipped if skipped else 0) == told


def test_the_prefix_is_told():
    fields = msgspec.inspect.type_info(PREFIX).fields
    told = [(number, field, kind, extent) for number, field, _, kind, extent, _, _ in table(SECTIONS["Bytes"])]

    assert [("0", "type", "int", "0..2^32-1"), *described(fields, 1)] == told


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_told_by_type_direction_and_numbering(name):
    struct = STRUCTS[name]
    direction = {(True, True): "both ways", (True, False): "client → venue", (False, True): "venue → client"}
    letters = tag(struct).to_bytes(1 if tag(struct) < 256 else 2, "big").decode()
    numbered = ", numbered" if struct in HOT or name in NUMBERED_REPORTS else ""
    ways = direction[struct in get_args(ClientMessage), struct in get_args(VenueMessage)]

    assert f"`{tag(struct)}` (FIX `{letters}`), {ways}{numbered}" == SECTIONS[name].strip().splitlines()[0]


@pytest.mark.parametrize("name", MESSAGES)
def test_every_dump_is_a_frame_of_its_message(name):
    drawn = block(SECTIONS[name], "hex")
    (payload,) = Splitter(MAX_REQUEST).feed(undump(drawn))

    for union, decode in ((ClientMessage, decode_client), (VenueMessage, decode_venue)):
        if STRUCTS[name] in get_args(union):
            message = decode(payload)
            assert isinstance(message, STRUCTS[name])
            assert dump(message) == drawn


def test_every_message_has_its_section():
    assert set(MESSAGES) == {struct.__name__ for struct in get_args(ClientMessage) + get_args(VenueMessage)}


@pytest.mark.parametrize("name", [name for name in ENUMS if name not in INTERNAL])
def test_every_code_is_told(name):
    rows = table(SECTIONS[name])  # that of reasons has a column more

    assert [(str(member.value), member.name) for member in ENUMS[name].__members__.values() if is_told(member)] == [
        tuple(row[:2]) for row in rows
    ]
    assert all(row[-1] for row in rows)


def test_units_are_told_where_there_are_any():
    units = {"price": "1e-4", "qty": "1e-6", "ns": "ns"}
    ends = dict.fromkeys(("tick", "protection", "px", "reference", "low", "high"), "price")
    ends |= dict.fromkeys(("lot", "available", "held", "frozen", "in", "out", "fee", "rate", "imbalance", "issued", "attested"), "qty")
    for name in STRUCTS:
        for _, field, _, _, _, unit, _ in table(SECTIONS[name]):
            end = field.rpartition("_")[2]
            assert units.get(ends.get(end, end), "s" if field == "heart_bt_int" else "–") == unit, f"{name}.{field}"


def test_the_vector_of_the_logon_verifies():
    told = dict(line.split(": ") for line in block(SECTIONS["Logging on"], "text").splitlines())
    challenge = dumped("Challenge")
    logon = dumped("Logon")
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(told["seed"]))

    assert told["public key"] == key.public_key().public_bytes_raw().hex()
    assert told["text"].encode() == logon_text(challenge.nonce, logon)
    assert told["signature"] == logon.signature.hex()
    key.public_key().verify(logon.signature, told["text"].encode())
    assert isinstance(challenge, Challenge)
    assert isinstance(logon, Logon)


def test_the_words_under_the_signature_are_told_in_order():
    rows = table(SECTIONS["Logging on"])
    logon = dumped("Logon")
    words = logon_text(b"\xab" * 32, logon).decode().split("|")

    assert [str(number) for number in range(1, len(words) + 1)] == [number for number, _, _ in rows]
    for word, (_, source, _) in zip(words, rows, strict=True):
        owner, _, field = source.partition(".")
        if owner == "Logon":
            value = getattr(logon, field)
            assert word == str(int(value) if isinstance(value, bool) else value)


def test_the_limits_are_those_of_the_code():
    defaults = msgspec.structs.asdict(Gateway())
    text = SECTIONS["Limits"]

    for limit, value, key, _ in table(text):
        if key != "–":
            assert defaults[key.strip("`")] == in_units(value), limit
    assert f"| payload to the venue | {MAX_REQUEST} bytes |" in text
    assert f"| payload from the venue | {MAX_ANSWER >> 20} MiB |" in text


def test_every_link_leads_somewhere():
    pointed, there = links()

    assert pointed <= there


def test_no_line_is_too_wide_to_read():
    prose = [line for line in PATH.read_text(encoding="utf-8").splitlines() if not line.startswith("|")]

    assert [] == [line for line in prose if len(line) > 140]


def test_the_client_is_short_and_needs_two_libraries():
    client = block(SECTIONS["A client"], "python")
    imports = re.findall(r"^(?:from|import) (\w+(?:, \w+)*)", client, re.MULTILINE)
    imported = {name for names in imports for name in names.split(", ")}

    assert {"msgpack", "cryptography"} == imported - {"socket", "sys", "time"}
    assert len([line for line in client.splitlines() if line]) <= 36
    assert re.search(r"<!-- client:begin -->\n```python\n.*```\n<!-- client:end -->", SECTIONS["A client"], re.DOTALL)


def is_told(member):
    """Say whether a code stands in the document: no sum of flags, and no 0 of a flag that is only left out."""
    return not isinstance(member, MessageFlag) or member


def described(fields, first):
    return [(str(at), field.name, type_of(field.type), range_of(field.type)) for at, field in enumerate(fields, first)]


def dumped(name):
    return decode_venue(undump(block(SECTIONS[name], "hex"))[4:])


def in_units(value):
    """Return a value of the table of limits in the unit of its configuration key."""
    number, _, unit = value.partition(" ")
    scale = {"s": 1000, "MiB": 1 << 20, "MiB a session": 1 << 20}
    return int(number.replace(",", "")) * scale.get(unit, 1)
