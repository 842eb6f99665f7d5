"""What the chain knows, held against what was issued as of the same time: a difference must be on its way."""

from engine.venue import acts
from tests.venue.issuing import TOKEN, attestation, issuing, redeem, reserve, where
from tests.venue.offices import NOW, SECOND, ask, do

LATER = NOW + SECOND
ISSUED = 100 * TOKEN


def supply(on_chain: int, in_flight: int = 0, as_of_ns: int = NOW) -> acts.ReportSupply:
    return acts.ReportSupply(instrument="AAPLx", supply=on_chain, in_flight=in_flight, as_of_ns=as_of_ns)


def test_a_difference_to_the_chain_must_be_on_its_way():
    office = issuing()

    assert {"issued": ISSUED} == do(office, supply(ISSUED)).data
    assert "good" == reserve(office).state

    for on_chain, in_flight, state in (
        (ISSUED - 7, 7, "good"),
        (ISSUED + 7, 7, "good"),
        (ISSUED - 7, 6, "breach"),
        (ISSUED - 7, 8, "breach"),
        (ISSUED + 1, 0, "breach"),
        (ISSUED, 1, "breach"),
        (ISSUED, 0, "good"),
    ):
        ts_ns = office.issuances["AAPLx"].supply.as_of_ns + 1
        do(office, supply(on_chain, in_flight, ts_ns), ts_ns=ts_ns)

        assert (state, state == "good") == (reserve(office).state, where(office)[0] == "continuous")


def test_a_supply_is_held_against_what_was_issued_then():
    office = issuing()
    do(office, redeem("r", 7), ts_ns=LATER)
    do(office, acts.BurnRedeem(external_id="r"), ts_ns=LATER + 5)

    assert {"issued": ISSUED} == do(office, supply(ISSUED, 0, LATER + 4), ts_ns=LATER + 9).data
    assert "good" == reserve(office).state
    assert {"issued": ISSUED - 7} == do(office, supply(ISSUED, 0, LATER + 5), ts_ns=LATER + 9).data
    assert "breach" == reserve(office).state


def test_nothing_is_minted_while_the_chain_disagrees():
    office = issuing()
    do(office, attestation(ISSUED + TOKEN, LATER), supply(ISSUED - 1), ts_ns=LATER)
    do(office, acts.RequestMint(external_id="m", instrument="AAPLx", account=1, qty=5), ts_ns=LATER)
    do(office, acts.HedgeMint(external_id="m", reference="b"), acts.ConfirmCustody(external_id="m", reference="c"), ts_ns=LATER)

    assert "RESERVE" == ask(office, acts.Mint(external_id="m"), ts_ns=LATER).code

    do(office, supply(ISSUED, 0, LATER), acts.Mint(external_id="m"), ts_ns=LATER)


def test_a_supply_of_the_future_or_of_before_the_last_is_refused():
    office = issuing()
    do(office, supply(ISSUED, 0, NOW), ts_ns=LATER)

    assert "ALREADY" == ask(office, supply(ISSUED, 0, NOW), ts_ns=LATER).code
    assert "SUPPLY_OLDER" == ask(office, supply(ISSUED + 1, 1, NOW), ts_ns=LATER).code
    assert "SUPPLY_FUTURE" == ask(office, supply(ISSUED, 0, LATER + 1), ts_ns=LATER).code
