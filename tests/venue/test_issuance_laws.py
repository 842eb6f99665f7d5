"""INV-I1 to I6 as laws of any story of mints, redeems, attestations, supplies, statuses and times, against a recount of what was done."""

from copy import deepcopy
from itertools import pairwise

from hypothesis import given

from engine.venue import acts
from engine.venue.records import SystemAccount
from tests.venue.issuing import reserve, tokens, where, withdrawn
from tests.venue.issuing_play import MINT, REDEEM, play, scripts
from tests.venue.offices import AAPLX, empty

RESTING = {"draft", "halted", "cancel-only", "reduce-only", "suspended", "terminated"}
SYSTEM = [account for account in SystemAccount if account != SystemAccount.ISSUANCE]


@given(scripts)
def test_i1_i3_a_mint_is_done_always_and_only_where_fresh_attested_shares_and_the_control_book_leave_room(script):
    for played in play(script):
        if isinstance(played.act, acts.Mint) and played.expected is not None:
            assert played.expected == played.done, played.outcome
            if played.done:
                assert played.recount.issued() * played.recount.multiplier <= played.recount.capacity()
                assert reserve(played.office).issued <= played.recount.authorised


@given(scripts)
def test_i2_issued_is_what_holders_have_in_all_buckets_and_what_is_outside(script):
    for played in play(script):
        balances = [balance for balance in played.office.venue.balances() if balance.asset == AAPLX and balance.account < 2**31]
        held = sum(sum(balance[2:]) for balance in balances)
        kept = [tokens(played.office, account).available for account in SYSTEM]

        assert reserve(played.office).issued == played.recount.issued() == held + sum(kept)
        assert min(kept) >= 0
        assert played.recount.outside == withdrawn(played.office)
        if isinstance(played.act, acts.Deposit):
            assert played.expected == played.done, played.outcome


@given(scripts)
def test_i3_an_attestation_is_taken_always_and_only_if_it_is_signed_newer_than_the_last_and_fresh(script):
    for played in play(script):
        if isinstance(played.act, acts.Attest):
            assert played.expected == played.done, played.outcome


@given(scripts)
def test_i4_steps_come_in_their_order_and_nothing_is_released_that_was_not_burned(script):
    for played in play(script):
        office, recount = played.office, played.recount
        for entries, known, order in ((office.mints, recount.mints, MINT), (office.redeems, recount.redeems, REDEEM)):
            assert known == {name: [entry.qty, entry.state] for name, entry in entries.items() if not name.startswith("birth")}
            for entry in entries.values():
                states = [step.state for step in entry.steps]
                expected = list(order[: len(states)])

                assert states[-1] == entry.state
                assert states in (expected, [*expected[:-1], "failed"])
        burned = {entry.external_id for entry in office.journal if entry.cause == "burn-redeem"}

        assert {name for name, entry in office.redeems.items() if entry.state == "released"} <= burned


@given(scripts)
def test_i5_i6_the_state_and_its_figures_are_those_of_the_recount_after_every_command(script):
    for played in play(script):
        found, recount = reserve(played.office), played.recount

        assert (recount.state(played.ts_ns), recount.issued(), recount.capacity()) == found[:3]


@given(scripts)
def test_i5_a_bad_reserve_stops_the_instrument_in_the_same_command_and_a_good_one_never_holds_it(script):
    for played in play(script):
        status, cause = where(played.office)
        state, breach = reserve(played.office).state, played.recount.terms.breach
        if state != "good":
            assert status in RESTING
            assert status != "reduce-only" or breach == "reduce-only"
        if cause.startswith("reserve"):
            assert f"reserve-{state}" == cause


@given(scripts)
def test_i5_nothing_is_traded_while_the_reserve_is_not_good(script):
    good, matched = True, 0
    for played in play(script):
        if not good and reserve(played.office).state != "good":
            assert matched == played.office.venue.last_match_id
        good, matched = reserve(played.office).state == "good", played.office.venue.last_match_id


@given(scripts)
def test_every_change_of_a_reserve_is_written_down_once(script):
    for played in play(script):
        entries = played.office.reserves

        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert all(one.state != other.state for one, other in pairwise(entries))
        assert entries[-1].state == reserve(played.office).state


@given(scripts)
def test_a_dry_run_foretells_and_a_refusal_changes_nothing(script):
    for _ in play(script, look=True):
        pass


@given(scripts)
def test_the_same_acts_make_the_same_office(script):
    *_, one = play(script)
    *_, other = play(script)

    assert one.office.image() == other.office.image()
    assert one.office.venue.image() == other.office.venue.image()


@given(scripts, scripts)
def test_an_office_that_was_restored_goes_on_as_the_one_that_was_not(script, rest):
    *_, last = play(script)
    other = empty()
    other.venue.restore(last.office.venue.image())
    other.restore(last.office.image())

    assert last.office.image() == other.image()
    there = last._replace(office=other, recount=deepcopy(last.recount))
    for _ in zip(play(rest, last), play(rest, there), strict=True):
        assert last.office.reserves == other.reserves
        assert last.office.changes == other.changes
    assert last.office.image() == other.image()
    assert last.office.venue.image() == other.venue.image()
