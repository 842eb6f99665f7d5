"""The text under a logon's signature holds every choice of the logon, the nonce and the certificate."""

from hashlib import sha256

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.protocol.logon import logon_text
from engine.protocol.messages import Logon
from tests.protocol.strategies import structs

NONCE = bytes(range(32))
LOGON = Logon(7, 1_767_225_600_000_000_000, 0, "alice", "ATS-DEMO", 30, False, 12, True, False, 1, b"")
SIGNED = ("sender", "target", "seq", "ts_ns", "heart_bt_int", "reset_seq_num", "next_expected_seq", "cancel_on_disconnect", "takeover")


def test_the_text_is_as_specified():
    text = f"ats-logon-v1|{NONCE.hex()}|alice|ATS-DEMO|7|1767225600000000000|30|0|12|1|0|"

    assert text.encode() == logon_text(NONCE, LOGON)
    assert (text + sha256(b"certificate").hexdigest()).encode() == logon_text(NONCE, LOGON, b"certificate")


@given(structs(Logon), structs(Logon), st.sampled_from(SIGNED))
def test_a_signature_covers_every_choice(logon, other, name):
    assume(getattr(logon, name) != getattr(other, name))
    changed = msgspec.structs.replace(logon, **{name: getattr(other, name)})

    assert logon_text(NONCE, logon) != logon_text(NONCE, changed)


@given(structs(Logon), st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.binary(max_size=40))
def test_a_signature_is_good_for_one_connection(logon, nonce, certificate, other):
    assume(certificate != other)

    assert (nonce == NONCE) == (logon_text(NONCE, logon, certificate) == logon_text(nonce, logon, certificate))
    assert logon_text(NONCE, logon, certificate) != logon_text(NONCE, logon, other)


@given(structs(Logon), st.binary(max_size=64))
def test_the_signature_is_not_in_its_own_text(logon, signature):
    assert logon_text(NONCE, logon) == logon_text(NONCE, msgspec.structs.replace(logon, signature=signature))


@pytest.mark.parametrize("name", ["a|b", "alice\n", "", "a" * 33, "ålice", "alice bob"])
def test_no_name_can_forge_the_text(name):
    payload = msgspec.msgpack.encode(msgspec.structs.replace(LOGON, sender=name))

    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(payload, type=Logon)
