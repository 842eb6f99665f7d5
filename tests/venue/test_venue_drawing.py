"""Scripts of a venue fail where the venue does not do as they say, and say what it did; drawn amounts are read exactly."""

import pytest

from engine.testing.venue_attesting import attested
from engine.testing.venue_drawing import play
from engine.testing.venue_story import amount, decimal
from engine.venue.attestation_text import attestation_text
from engine.venue.issuance_acts import Attest
from tests.venue.drawn import core

ALICE = "given alice: 1000 USDC, 5 ACME\nalice buy #1 1.5@100.00\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("alice cancel #1", "should cause  nothing\nbut it causes cancel #1 1.5 USER"),
        ("alice cancel #1  ->  cancel #1 1 USER", "but it causes cancel #1 1.5 USER"),
        ("alice buy #2 9@100.00", "but it causes reject INSUFFICIENT_CASH 850"),
        ("act set-status status draft", "but it causes refused STATUS"),
        ("alice: 1000 available USDC", "alice should have 1000 available USDC, and has 850 available, 150 held USDC"),
        ("alice: 850 available USDC", "and has 850 available, 150 held USDC"),
        ("FEES: 1 available USDC", "and has 0 available USDC"),
        ("alice counts 0 open, 150 gross, 0 today", "and the venue says alice counts 1 open, 150 gross, 0 today"),
        ("ACME traded 1 today", "and the venue says ACME traded 0 today"),
        ("1#1 | 100.00 |", "and is\n1.5#1 | 100.00 |"),
        ("given bob: 1 GOLD", "deposit"),
        ("ACME is halted", "it should be that ACME is halted, and the venue says ACME is continuous, scheduled"),
        ("ACME is continuous, opening", "and the venue says ACME is continuous, scheduled"),
        ("ACME would cross 1@100.00 +0", "and the venue says ACME would cross 0@0.00 +0"),
        ("act wind-down cause regulatory last_trade_s 0", "but it causes cancel #1 1.5 TERMINATION"),
        ("act attest shares 1", "but it causes refused NO_ISSUANCE"),
    ],
)
def test_script_fails_where_the_venue_differs(line, told):
    with pytest.raises(AssertionError) as caught:
        play(ALICE + line, core)

    assert told in str(caught.value)


@pytest.mark.parametrize("line", ["alice sings #1", "carol buy #1 1@1.00", "alice buy #1 1@1.00 sideways", "alice buy #1 1@1.00001"])
def test_script_that_cannot_be_read_says_which_line(line):
    with pytest.raises(ValueError, match=f"cannot read '{line}'"):
        play(ALICE + line, core)


def test_script_tells_claims_and_issues():
    play(
        "given alice: 5 ACME\nact add-attestor name kim\nact set-issuance\nACME has issued 5, stale\nact attest shares 5\n"
        "ACME has issued 5, good\nACME is continuous, reopening\nact wind-down cause regulatory last_trade_s 0 close_out_px 2.50\n"
        "alice claims 5@2.50\nACME has issued 0, good",
        core,
    )


def test_attestations_of_scripts_are_written_as_the_venue_reads_them():
    """The two texts have nothing in common but what they say."""
    fields = {"instrument": "ACME", "attestor": "kim", "custodian": "A-custodian", "shares": 1_500_000, "in_transit": 1}
    times = {"as_of_ns": 1_763_821_800 * 10**9, "valid_until_ns": 2_000_000_000 * 10**9}

    assert attested(fields | times) == attestation_text(Attest(**fields, **times, signature=bytes(64)))


def test_three_dots_allow_whatever_happens():
    play(ALICE + "alice cancel #1  ->  ...\nalice: 1000 available USDC", core)


@pytest.mark.parametrize(("text", "units"), [("0", 0), ("5", 5_000_000), ("0.000001", 1), ("-1.5", -1_500_000), ("1000.3", 1_000_300_000)])
def test_amounts_are_written_as_they_are_read(text, units):
    assert units == amount(text)
    assert text == decimal(units)


def test_seventh_decimal_is_no_amount():
    with pytest.raises(ValueError, match="more than six decimals"):
        amount("0.0000001")
