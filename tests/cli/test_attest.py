"""`ats attest`: the text that is signed, a signature that a venue believes, and the command that brings it there."""

import base64
import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.cli.admin_options import built, flag
from engine.cli.program import main
from engine.venue.acts import Attest
from tests.venue.issuing import PRIVATE, TOKEN, attestation, issuing, reserve
from tests.venue.offices import DAY, NOW, SECOND, ask

LATER = NOW + SECOND
SAID = ("--instrument", "AAPLx", "--attestor", "harris", "--custodian", "State-Trust", "--shares", "100.5")
TIMES = ("--as-of", "2023-11-14T22:13:21Z", "--valid-until", "2023-11-15T22:13:20Z")
TEXT = (
    "ats attestation 1\ninstrument: AAPLx\nattestor: harris\ncustodian: State-Trust\nshares: 100.5\nin transit: 0\n"
    "as of: 2023-11-14T22:13:21Z\nvalid until: 2023-11-15T22:13:20Z\n"
)
ACT = attestation(100 * TOKEN + TOKEN // 2, LATER, valid_until_ns=NOW + DAY)


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "harris.pem"
    path.write_bytes(PRIVATE["harris"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


def attest(*words: str) -> Result:
    return CliRunner().invoke(main, ["attest", *words])


def options(line: str) -> dict[str, str]:
    """Return the options of an admin command by the names under which its fields are given."""
    words = shlex.split(line)[3:]
    given = dict(zip(words[::2], words[1::2], strict=True))
    given.pop("--reason")
    return {f"field_{name}": given[flag(name)] for name in Attest.__struct_fields__}


def test_without_a_key_it_prints_exactly_what_is_signed() -> None:
    assert TEXT == attest(*SAID, *TIMES).output
    assert {"text": TEXT} == json.loads(attest(*SAID, *TIMES, "--json").output)


def test_with_a_key_it_prints_the_signature_and_the_command_that_a_venue_takes(key: str) -> None:
    told = json.loads(attest(*SAID, *TIMES, "--key", key, "--json").output)

    assert (TEXT, ACT.signature) == (told["text"], base64.b64decode(told["signature"]))
    assert ACT == built(Attest, options(told["command"]))

    printed = attest(*SAID, *TIMES, "--key", key).output

    assert f"{TEXT}\nsignature: {told['signature']}\n\n{told['command']}\n" == printed


def test_what_it_signs_is_good_for_a_venue(key: str) -> None:
    office = issuing()
    told = json.loads(attest(*SAID, *TIMES, "--key", key, "--json").output)

    assert "DONE" == ask(office, built(Attest, options(told["command"])), ts_ns=LATER).code
    assert 100 * TOKEN + TOKEN // 2 == reserve(office).attested


def test_now_is_a_time_that_can_be_typed_again(key: str) -> None:
    told = json.loads(attest(*SAID, "--as-of", "now", "--valid-until", "never", "--key", key, "--json").output)
    act = built(Attest, options(told["command"]))

    assert (0, 2**63 - 1) == (act.as_of_ns % SECOND, act.valid_until_ns)
    assert act.signature == PRIVATE["harris"].sign(told["text"].encode())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*SAID, *TIMES, "--key", "nowhere.pem"), "nowhere.pem"),
        ((*SAID, *TIMES, "--custodian", "State Trust"), "--custodian: 'State Trust'"),
        ((*SAID, *TIMES, "--shares", "1.0000001"), "--shares"),
        ((*SAID, *TIMES[:2]), "--valid-until"),
    ],
)
def test_a_wrong_call_is_refused_by_its_option(words: tuple[str, ...], told: str) -> None:
    result = attest(*words)

    assert (2, True) == (result.exit_code, told in result.output), result.output
