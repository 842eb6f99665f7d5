"""Attestations: believed for one signature over one text, while they are fresh, the newest alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from engine.testing.venue_attesting import attested
from engine.venue import acts
from engine.venue.acts import Attest
from engine.venue.attestation_text import attestation_text
from tests.checkout import ROOT
from tests.venue.issuing import ISSUANCE, PUBLIC, TOKEN, TTL, attestation, issuing, reserve, where
from tests.venue.offices import DAY, KEYS, NOW, SECOND, ask, do, end_founding, listing, pass_time, snapshot, trading

LATER = NOW + SECOND
numbers = st.integers(0, 2**53 - 1)
times = st.integers(0, 2**63 - 1)
words = st.from_regex(r"[A-Za-z0-9._:-]{1,32}", fullmatch=True)
attestations = st.builds(
    Attest,
    instrument=words,
    attestor=words,
    custodian=words,
    shares=numbers,
    in_transit=numbers,
    as_of_ns=times,
    valid_until_ns=times,
    signature=st.just(bytes(64)),
)


def test_the_text_is_that_of_the_rulebook():
    clause = (ROOT / "docs" / "RULEBOOK-VENUE.md").read_text().partition("### I1. ")[2]
    act = attestation(1_000_500_000, 1_795_357_800 * SECOND, valid_until_ns=1_795_444_200 * SECOND)

    assert clause.partition("```text\n")[2].partition("```")[0] == attestation_text(act).decode("ascii")


@given(attestations)
def test_the_text_is_that_of_another_hand(act):
    whole = replace(act, as_of_ns=act.as_of_ns // SECOND * SECOND, valid_until_ns=act.valid_until_ns // SECOND * SECOND)

    assert attested(asdict(whole)) == attestation_text(whole)


@given(attestations, attestations, st.sampled_from(sorted(set(Attest.__struct_fields__) - {"signature"})))
def test_two_attestations_have_one_text_only_if_they_say_the_same(one, other, field):
    changed = replace(one, **{field: getattr(other, field)})

    assert (one == changed) == (attestation_text(one) == attestation_text(changed))
    assert (one == other) == (attestation_text(one) == attestation_text(other))


def test_every_flipped_bit_of_the_signature_is_seen():
    office, good = issuing(), attestation(100 * TOKEN, LATER)
    before = snapshot(office)
    for bit in range(512):
        wrong = (int.from_bytes(good.signature, "big") ^ 1 << bit).to_bytes(64, "big")

        assert "SIGNATURE" == ask(office, replace(good, signature=wrong), ts_ns=LATER).code
    assert before == snapshot(office)
    assert "DONE" == ask(office, good, ts_ns=LATER).code


@pytest.mark.parametrize("field", ["shares", "in_transit", "as_of_ns", "valid_until_ns"])
def test_every_flipped_bit_of_a_number_that_was_signed_is_seen(field: str):
    office, good = issuing(), attestation(100 * TOKEN, LATER, in_transit=3 * TOKEN)
    for bit in range(53 if field in ("shares", "in_transit") else 63):
        changed = replace(good, **{field: getattr(good, field) ^ 1 << bit})

        assert "SIGNATURE" == ask(office, changed, ts_ns=LATER).code


def test_every_flipped_bit_of_a_name_that_was_signed_is_seen():
    office, good = issuing(), attestation(100 * TOKEN, LATER)
    for at in range(len(good.custodian)):
        for bit in range(7):
            name = bytearray(good.custodian.encode())
            name[at] ^= 1 << bit
            outcome = ask(office, replace(good, custodian=name.decode()), ts_ns=LATER)

            assert outcome.code in ("SIGNATURE", "MALFORMED")
    assert "SIGNATURE" == ask(office, replace(good, attestor="irving"), ts_ns=LATER).code


def test_a_signature_for_another_instrument_is_worth_nothing_here():
    office = issuing()
    do(office, acts.AddAsset(asset="BBBx", kind="token"), listing(symbol="BBBx", base="BBBx", fungibility_class="B"))
    do(office, replace(ISSUANCE, instrument="BBBx"))
    elsewhere = attestation(100 * TOKEN, LATER, instrument="BBBx")

    assert "SIGNATURE" == ask(office, replace(elsewhere, instrument="AAPLx"), ts_ns=LATER).code
    assert "DONE" == ask(office, elsewhere, ts_ns=LATER).code


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_INSTRUMENT", attestation(5, LATER, instrument="NONE")),
        ("ATTESTOR", attestation(5, LATER, attestor="mallory")),
        ("SIGNATURE", attestation(5, LATER, by="mallory")),
        ("SIGNATURE", attestation(5, LATER, by="irving")),
        ("ATTESTATION_FUTURE", attestation(5, LATER + 1)),
        ("ATTESTATION_OLDER", attestation(5, NOW)),
        ("ATTESTATION_OLDER", attestation(5, NOW - 1, attestor="irving")),
        ("ATTESTATION_STALE", attestation(5, LATER, valid_until_ns=LATER - 1)),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act: Attest):
    office = issuing()
    before = snapshot(office)

    assert code == ask(office, act, ts_ns=LATER).code
    assert before == snapshot(office)


def test_an_attestation_that_is_older_than_it_may_be_is_refused_on_arrival():
    office = issuing()
    act = attestation(100 * TOKEN, LATER)

    assert "ATTESTATION_STALE" == ask(office, act, ts_ns=LATER + TTL + 1).code
    assert "DONE" == ask(office, act, ts_ns=LATER + TTL).code


def test_the_same_attestation_again_is_answered_and_not_taken_twice():
    office, act = issuing(), attestation(100 * TOKEN, LATER)

    assert {"attestation": 2} == do(office, act, ts_ns=LATER).data
    assert ("ALREADY", {"attestation": 2}) == (ask(office, act, ts_ns=LATER).code, ask(office, act, ts_ns=LATER).data)
    assert 2 == len(office.attestations)


def test_an_attestation_is_kept_as_it_was_signed():
    office, act = issuing(), attestation(100 * TOKEN, LATER, in_transit=7)
    do(office, act, ts_ns=LATER + 5)
    kept = office.attestations[-1]

    assert asdict(act) == {name: getattr(kept, name) for name in asdict(act)}
    assert (2, LATER + 5, "founder") == (kept.seq, kept.ts_ns, kept.actor)


def test_of_shares_in_transit_a_part_counts_rounded_down():
    office = issuing(issuance=replace(ISSUANCE, transit_bps=3_333))
    do(office, attestation(100 * TOKEN, LATER, in_transit=5), ts_ns=LATER)

    assert 100 * TOKEN + 1 == reserve(office).attested

    do(office, attestation(100 * TOKEN, LATER + 1, in_transit=6), ts_ns=LATER + 1)

    assert 100 * TOKEN + 1 == reserve(office).attested

    do(office, attestation(100 * TOKEN, LATER + 2, in_transit=7), ts_ns=LATER + 2)

    assert 100 * TOKEN + 2 == reserve(office).attested


def test_an_attestor_is_known_by_one_key_that_is_nobody_elses():
    office = end_founding(trading())

    def added(name: str, key: bytes) -> str:
        outcome = ask(office, acts.AddAttestor(name=name, public_key=key), actor="carl")
        return ask(office, acts.Approve(proposal=outcome.proposal), actor="cora").code if outcome.code == "PROPOSED" else outcome.code

    assert "DONE" == added("harris", PUBLIC["harris"])
    assert "ALREADY" == added("harris", PUBLIC["harris"])
    assert "KEY_DIFFERS" == added("harris", PUBLIC["irving"])
    assert "KEY_USED" == added("irving", PUBLIC["harris"])
    assert "KEY_USED" == added("irving", KEYS["tess"])
    assert "KEY_USED" == ask(office, acts.GrantRole(name="harry", public_key=PUBLIC["harris"], role="treasury"), actor="carl").code
    assert "UNKNOWN_ATTESTOR" == ask(office, acts.RemoveAttestor(name="irving"), actor="carl").code
    assert "DONE" == ask(office, acts.RemoveAttestor(name="harris"), actor="carl").code


def test_who_is_no_attestor_any_more_has_attested_nothing_and_cannot_come_back_with_the_old():
    office, act = issuing(), attestation(100 * TOKEN, LATER)
    do(office, act, ts_ns=LATER)

    assert {"instruments": 1} == do(office, acts.RemoveAttestor(name="harris"), ts_ns=LATER).data
    assert (("reduce-only", "reserve-stale"), ("stale", 100 * TOKEN, 0, 0)) == (where(office), reserve(office))
    assert "ATTESTOR" == ask(office, act, ts_ns=LATER).code

    do(office, acts.AddAttestor(name="harris", public_key=PUBLIC["harris"]), ISSUANCE, ts_ns=LATER)

    assert "ATTESTATION_OLDER" == ask(office, act, ts_ns=LATER).code

    do(office, attestation(100 * TOKEN, LATER + 1, attestor="irving"), ts_ns=LATER + 1)

    assert "good" == reserve(office).state


def test_removing_another_attestor_changes_nothing_for_the_reserve():
    office = issuing()
    do(office, acts.RemoveAttestor(name="irving"))

    assert ("good", ("harris",)) == (reserve(office).state, office.issuances["AAPLx"].terms.attestors)


def test_terms_that_no_longer_name_the_attestor_drop_what_he_said():
    office = issuing()
    do(office, replace(ISSUANCE, attestors=("irving",)))

    assert ("stale", "reduce-only") == (reserve(office).state, where(office)[0])
    assert "ATTESTOR" == ask(office, attestation(100 * TOKEN, LATER), ts_ns=LATER).code


def test_it_is_good_until_the_last_nanosecond_of_its_time_or_validity():
    for valid_until_ns, until_ns in ((NOW + DAY, NOW + TTL), (NOW + 5 * SECOND, NOW + 5 * SECOND)):
        office = issuing()
        do(office, attestation(100 * TOKEN, NOW + 1, valid_until_ns=valid_until_ns), ts_ns=NOW + 1)
        # It was attested a nanosecond later than the office began.
        last_ns = min(until_ns + 1, valid_until_ns)
        pass_time(office, last_ns)

        assert ("good", "continuous") == (reserve(office).state, where(office)[0])
        assert last_ns + 1 == office.next_due_ns

        pass_time(office, last_ns + 1)

        assert ("stale", ("reduce-only", "reserve-stale")) == (reserve(office).state, where(office))


def test_what_is_good_to_the_last_nanosecond_is_good_in_it():
    office = issuing()
    do(office, attestation(100 * TOKEN, LATER, valid_until_ns=LATER), ts_ns=LATER)

    assert ("good", LATER + 1, "continuous") == (reserve(office).state, office.next_due_ns, where(office)[0])

    do(office, acts.SetStatus(instrument="AAPLx", status="halted", cause="regulatory"), ISSUANCE, ts_ns=LATER)
    do(office, acts.SetStatus(instrument="AAPLx", status="auction-call", cause="regulatory"), ts_ns=LATER)
