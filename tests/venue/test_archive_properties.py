"""The office's registers as bytes: nothing is left out, the order of the entries counts, and damaged bytes are refused."""

from random import Random

import msgspec
import pytest
from hypothesis import given

from engine.matching.image import ImageFault
from engine.venue import acts
from engine.venue.agenda import Agenda
from engine.venue.archive import Archive
from engine.venue.office import DUE, Office
from engine.venue.terms import AuctionTerms, Fee, TickRow, WeeklyStart
from tests.venue.acting import hold_of, play, requests, steps, storied
from tests.venue.issuing import TOKEN, attestation, redeem, request
from tests.venue.offices import DAY, NOW, SECOND, ask, empty, listing, pass_time, snapshot, subscriber

COUNTERS = ("list_version", "killed", "founded")
REGISTERS = [name for name in Archive.__struct_fields__ if name not in ("agenda", *COUNTERS)]


def again(office, image=None):
    """Return a new office with its venue, restored from another's images or from the one that is given."""
    restored = empty()
    restored.venue.restore(office.venue.image())
    restored.restore(office.image() if image is None else image)
    return restored


def full():
    """Return an office with at least two entries in every register, and something that falls due in every way."""
    office = storied()
    agree(office, acts.AddAsset(asset="BBBx", kind="token"))
    agree(office, listing(symbol="BBBx", base="BBBx", fungibility_class="B"))
    agree(office, acts.SetTicks(instrument="AAPLx", table=(TickRow(from_px=0, tick=200),), effective_ns=NOW + DAY))
    agree(office, acts.SetCalendar(instrument="AAPLx", week=(WeeklyStart(at_s=0, session="rth"), WeeklyStart(at_s=9, session="post"))))
    agree(office, acts.SetFees(instrument="AAPLx", rates=(Fee(maker=5, taker=9),)))
    agree(office, subscriber("gamma", jurisdictions=("DE",), wallets=("solana:9xQe", "ethereum:0xA")))
    agree(office, acts.OpenAccount(account=7, subscriber="gamma"))
    agree(office, acts.RequestWithdrawal(external_id="x3", account=2, asset="USDC", amount=7, destination="bank"))
    agree(office, hold_of("x9", 2, "USDC", 5))
    agree(office, acts.Deposit(external_id="x10", account=7, asset="USDC", amount=7))
    agree(office, acts.UpdateSanctions(list_version=3))
    _issue(office)
    _end(office)
    agree(office, acts.SetAuction(instrument="AAPLx", auction=AuctionTerms(call_ns=SECOND, pause_ns=SECOND)))
    agree(office, acts.SetMultiplier(instrument="AAPLx", numerator=2, denominator=1, effective_ns=NOW + DAY))
    agree(office, acts.WindDown(instrument="AAPLx", cause="issuer-notice", reduce_ns=NOW + DAY, last_trade_ns=NOW + 9 * DAY))
    agree(office, acts.SetStatus(instrument="AAPLx", status="auction-call", cause="surveillance"))
    return office


def _issue(office):
    """Put two instruments under issuance, with two attestations, mints and redeems."""
    for symbol in ("AAPLx", "BBBx"):
        agree(office, acts.SetIssuance(instrument=symbol, attestors=("harris", "irving"), ttl_ns=DAY))
    for name in ("harris", "irving"):
        agree(office, attestation(100 * TOKEN, attestor=name, as_of_ns=NOW - (name == "harris")))
    for number in (1, 2):
        agree(office, request(f"m{number}", 100, number))
        agree(office, redeem(f"r{number}", 100, number))


def _end(office):
    """End an instrument that two accounts hold, after two calls."""
    agree(office, acts.AddAsset(asset="CCCx", kind="token"))
    agree(office, listing(symbol="CCCx", base="CCCx", fungibility_class="C"))
    for number in (1, 2):
        agree(office, acts.Deposit(external_id=f"c{number}", account=number, asset="CCCx", amount=number))
    for _ in range(2):
        agree(office, acts.SetStatus(instrument="CCCx", status="auction-call", cause="opening", then="closed"))
    agree(office, acts.WindDown(instrument="CCCx", cause="regulatory", last_trade_ns=NOW))


def agree(office, act):
    """Have an act done, by two persons where it needs them."""
    first, second = requests(act, None)
    outcome = ask(office, act, actor=first)
    if outcome.code == "PROPOSED":
        outcome = ask(office, acts.Approve(proposal=outcome.proposal), actor=second)
    assert outcome.code == "DONE", outcome


def test_every_register_of_an_office_is_in_its_image():
    assert set(vars(full())) - {"venue", "session_news", "status_news"} == set(Archive.__struct_fields__)


def test_a_full_office_has_two_entries_in_every_register():
    office = full()

    assert {} == {name: len(getattr(office, name)) for name in REGISTERS if len(getattr(office, name)) < 2}
    kinds = {"call", "kyc", "multiplier", "reference", "reserve", "session", "ticks", "wind-down"}

    assert kinds == {what for _, what, _ in office.agenda.entries} == set(DUE)


def test_restored_office_knows_and_does_what_the_office_does():
    office = full()
    other = again(office)

    assert snapshot(office) == snapshot(other)
    for ts_ns in (NOW + 8 * SECOND, NOW + DAY, NOW + 8 * DAY, NOW + 400 * DAY):
        assert pass_time(office, ts_ns) == pass_time(other, ts_ns)
        assert office.image() == other.image()
        assert office.venue.image() == other.venue.image()


@pytest.mark.parametrize("name", REGISTERS)
def test_order_and_loss_of_entries_show(name):
    office = full()
    before, register = office.image(), getattr(office, name)
    entries = list(register.items()) if isinstance(register, dict) else list(register)
    for other in (entries[::-1], entries[:-1], entries[1:]):
        setattr(office, name, dict(other) if isinstance(register, dict) else other)

        assert before != office.image()
    setattr(office, name, register)

    assert before == office.image()


@pytest.mark.parametrize(("name", "value"), [("list_version", 4), ("killed", True), ("founded", False), ("agenda", Agenda())])
def test_what_is_no_register_shows(name, value):
    office = full()
    before = office.image()
    setattr(office, name, value)

    assert before != office.image()


@given(steps)
def test_every_entry_comes_back_in_its_place(script):
    office = storied()
    play(office, script, look=False)
    other = again(office)

    assert office.image() == other.image()
    for name in REGISTERS:
        assert list(getattr(office, name)) == list(getattr(other, name))
        if isinstance(getattr(office, name), dict):
            assert list(getattr(office, name).values()) == list(getattr(other, name).values())


def test_only_an_empty_office_is_restored():
    office = full()
    with pytest.raises(ValueError, match="an empty office only"):
        office.restore(office.image())


FAULTS = [
    ("subscribers", lambda old: old[:-1], "subscriber gamma is not there"),
    ("accounts", lambda old: old[:-1], "account 7 is not there"),
    ("accounts", lambda old: [*old, old[0]], "account 1 is there twice"),
    ("assets", lambda old: old[::-1], "the numbers of each asset are not 1 to 4"),
    ("instruments", lambda old: old[:1], "instrument BBBx is not there"),
    ("changes", lambda old: old[1:], "the numbers of each status change are not 1 to"),
    ("auctions", lambda old: old[::-1], "the numbers of each auction are not 1 to"),
    ("changes", lambda old: [old[0] | {"instrument": "DDDx"}, *old[1:]], "instrument DDDx is not there"),
    ("claims", lambda old: [old[0] | {"account": 9}, old[1]], "account 9 is not there"),
    ("claims", lambda old: [old[0], old[0]], "claim .* is there twice"),
    ("proposals", lambda old: old[1:], "the numbers of each proposal are not 1 to"),
    ("journal", lambda old: old[1:], "the numbers of each journal entry are not 1 to"),
    ("profiles", lambda old: old[1:], "profile 0 is not there"),
    ("profiles", lambda old: [*old, [[["FR"], True, [], "retail"], 5]], "the profiles are not numbered from 0"),
    ("owned", lambda old: [*old, ["nobody", []]], "subscriber nobody is not there"),
    ("held", lambda old: [*old, [1, ["none"]]], "hold none is not there"),
    ("agenda", lambda old: [*old, [1, "nothing", "acme"]], "kind of due time nothing is not there"),
    ("agenda", lambda old: [*old, [1, "kyc", "nobody"]], "kyc nobody is not there"),
    ("agenda", lambda old: old[::-1], "it is not in the form that every office gives it"),
    ("agenda", lambda _: [[2**63 - 1, "kyc", "acme"]], "it is not in the form that every office gives it"),
    ("chains", lambda old: [*old, old[0]], "it is not in the form that every office gives it"),
    ("killed", lambda _: 1, "Expected `bool`"),
    ("external", lambda _: [["x", {"act": "nothing"}, 1]], "Invalid value 'nothing'"),
]


@pytest.mark.parametrize(("name", "spoil", "text"), FAULTS)
def test_faulty_image_is_refused_by_its_rule(name, spoil, text):
    office = full()
    fields = msgspec.msgpack.decode(office.image())
    at = Archive.__struct_fields__.index(name)
    fields[at] = spoil(fields[at])
    with pytest.raises(ImageFault, match=text) as raised:
        again(office, msgspec.msgpack.encode(fields))

    assert "office" == raised.value.section


@pytest.mark.parametrize("seed", range(4))
def test_damaged_image_is_refused_or_is_what_it_says(seed):
    draw, office = Random(seed), full()
    image = office.image()
    for _ in range(100):
        spoiled = bytearray(image)
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            spoiled[draw.randrange(len(spoiled))] = draw.randrange(256)
        if draw.randrange(5) == 0:
            del spoiled[draw.randrange(len(spoiled)) :]
        try:
            other = again(office, bytes(spoiled))
        except ImageFault:
            continue
        assert bytes(spoiled) == other.image()


def test_office_without_anything_has_an_image():
    office = Office(empty().venue)
    other = Office(empty().venue)
    other.restore(office.image())

    assert snapshot(office) == snapshot(other)
    assert len(office.image()) < 50
