"""The configuration of how an instrument stands: auctions, calendars with a status, session bands, guards, attestors and issuance."""

import pytest

from engine.config import ConfigError, parse
from engine.config.reading import SEEDS
from engine.venue.acts import AddAttestor, Deposit, GrantRole, ListInstrument, SetAuthorised, SetIssuance, SetReference, SetStatus
from engine.venue.terms import AuctionTerms, Band, DatedSession, Fee, SessionBands, WeeklyStart
from tests.gateway.test_config import INSTRUMENT, KEYS, PERSONS, SUBSCRIBER, acts_of, listing
from tests.venue.offices import NOW, ask, empty

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
ATTESTOR = f'[[attestor]]\nname = "harris"\npublic_key = "{KEYS[5]}"\n'
ISSUED = INSTRUMENT + 'issuance = { attestors = ["harris"], ttl_s = 60, transit_bps = 2500, breach = "halted" }\nauthorised = "1000"\n'


def test_auctions_are_told_in_seconds_and_basis_points() -> None:
    act = listing("auction = { call_s = 120, pause_s = 300, collar_bps = 1000, extend_s = 60, max_extensions = 3 }\nnotice_days = 90")

    assert act.auction == AuctionTerms(
        call_ns=120 * SECOND, pause_ns=300 * SECOND, collar_bps=1000, extend_ns=60 * SECOND, max_extensions=3
    )
    assert act.notice_ns == 90 * DAY
    assert listing("auction = {}").auction == AuctionTerms(call_ns=300 * SECOND)
    assert (listing("").auction, listing("").notice_ns) == (None, 0)


def test_a_start_may_bring_a_status_and_what_follows_its_call() -> None:
    act = listing(
        'week = ["Mon 13:00 pre pre-open", "Mon 13:25 rth auction-call", "Mon 19:55 rth auction-call closed", "Tue 00:00 overnight"]\n'
        "exceptions = [{ from = 2026-12-25T00:00:00Z, until = 2026-12-26T00:00:00Z, session = 'weekend', status = 'closed' }]"
    )

    assert act.week == (
        WeeklyStart(at_s=46_800, session="pre", status="pre-open"),
        WeeklyStart(at_s=48_300, session="rth", status="auction-call"),
        WeeklyStart(at_s=71_700, session="rth", status="auction-call", then="closed"),
        WeeklyStart(at_s=86_400, session="overnight"),
    )
    assert act.exceptions == (
        DatedSession(from_ns=1_798_156_800 * SECOND, until_ns=1_798_243_200 * SECOND, session="weekend", status="closed"),
    )


def test_a_session_may_have_bands_of_its_own_and_a_collar_its_guards() -> None:
    collar = listing(
        "collar = { static_bps = 500, gap_bps = 300, jump_bps = 2000, sessions = { weekend = { static_bps = 2000 }, "
        "overnight = { closed = { static_bps = 1500, dynamic_bps = 200 } } } }"
    ).collar
    wide = Band(static_bps=2000)

    assert collar is not None
    assert (collar.gap_bps, collar.jump_bps, collar.live) == (300, 2000, Band(static_bps=500))
    assert collar.sessions == (
        SessionBands(session="overnight", closed=Band(static_bps=1500, dynamic_bps=200)),
        SessionBands(session="weekend", live=wide, extended=wide, internal=wide, closed=wide),
    )


def test_a_tier_may_have_a_fee_for_auctions() -> None:
    assert listing('fees = [{ maker = "-0.2", taker = "1", auction = "0.5" }]').rates == (Fee(maker=-20, taker=100, auction=50),)


def test_the_reference_comes_before_the_opening() -> None:
    kinds = [type(act) for act in parse(INSTRUMENT + 'collar = { static_bps = 500 }\nreference = "176.43"').acts]

    assert kinds.index(SetReference) < kinds.index(SetStatus)


def test_attestors_and_issuance_come_after_the_money_so_that_it_counts_as_issued() -> None:
    text = ATTESTOR + ISSUED + SUBSCRIBER + 'balances = { AAPLx = "5" }\n' + PERSONS
    acts = parse(text).acts
    order = [type(act) for act in acts if isinstance(act, (ListInstrument, Deposit, AddAttestor, SetIssuance, SetAuthorised))]

    assert acts_of(text, AddAttestor) == [AddAttestor(name="harris", public_key=bytes([5]) * 32)]
    assert acts_of(text, SetIssuance) == [
        SetIssuance(instrument="AAPLx", attestors=("harris",), ttl_ns=60 * SECOND, transit_bps=2500, breach="halted")
    ]
    assert acts_of(text, SetAuthorised) == [SetAuthorised(instrument="AAPLx", authorised=1_000_000_000, reference="venue.toml")]
    assert order == [ListInstrument, Deposit, AddAttestor, SetIssuance, SetAuthorised]
    assert acts.index(acts_of(text, SetAuthorised)[0]) < acts.index(acts_of(text, GrantRole)[0])


def test_what_is_under_issuance_begins_as_a_draft() -> None:
    assert acts_of(ATTESTOR + ISSUED, SetStatus) == []
    assert acts_of(ATTESTOR + ISSUED + 'status = "draft"', SetStatus) == []


def test_the_office_does_all_that_such_a_file_asks_for() -> None:
    text = (
        ATTESTOR + ISSUED + "collar = { static_bps = 500, gap_bps = 300, jump_bps = 900, sessions = { weekend = { static_bps = 900 } } }\n"
        'reference = "150"\nauction = { pause_s = 1 }\nweek = ["Mon 13:25 rth auction-call", "Mon 19:55 rth auction-call closed"]\n'
        'fees = [{ auction = "1" }]\nnotice_days = 90\n' + SUBSCRIBER + 'balances = { AAPLx = "5" }\n' + PERSONS
    )
    office = empty()

    assert [("DONE", "")] * len(parse(text).acts) == [
        (outcome.code, "" if outcome.code == "DONE" else outcome.text)
        for outcome in (ask(office, act, ts_ns=NOW) for act in parse(text).acts)
    ]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (
            'week = ["Mon 13:25 rth halted"]',
            "instrument[0].week[0]: expected a start such as 'Mon 09:30 rth'",
        ),
        ('week = ["Mon 13:25 rth continuous closed"]', "instrument[0].week[0]: expected a start such as"),
        ("auction = { call_s = 0 }", "instrument[0].auction.call_s: expected `int` >= 1"),
        ("auction = { pauses_s = 1 }", "instrument[0].auction.pauses_s: unknown key; did you mean pause_s?"),
        ('fees = [{ auction = "-1" }]', "instrument[0].fees[0].auction: -1 is a rebate; in an auction both sides pay, or nobody"),
        (
            "collar = { static_bps = 5, sessions = { weekend = {} } }",
            "instrument[0].collar.sessions.weekend: no band: give static_bps, or one of live",
        ),
        ("collar = { static_bps = 5, sessions = { noon = {} } }", "instrument[0].collar.sessions: invalid enum value 'noon'"),
        ('authorised = "5"', "instrument[0].authorised: 5 without issuance; give issuance"),
        ('issuance = { attestors = ["smith"] }', "instrument[0].issuance.attestors: there is no attestor smith; there are harris"),
        ("issuance = { attestors = [] }", "instrument[0].issuance.attestors: expected `array` of length >= 1"),
        ('issuance = { attestors = ["harris"], ttl = 5 }', "instrument[0].issuance.ttl: unknown key; did you mean ttl_s?"),
        (
            'issuance = { attestors = ["harris"] }\nstatus = "continuous"',
            "instrument[0].status: continuous with issuance: nothing is attested at birth, so it is a draft",
        ),
        ("notice_days = -1", "instrument[0].notice_days: expected `int` >= 0"),
    ],
)
def test_error_names_key_value_rule_and_remedy(keys: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(ATTESTOR + INSTRUMENT + keys)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ATTESTOR + ATTESTOR.replace(KEYS[5], KEYS[6]), "attestor: name harris is there twice"),
        (ATTESTOR + ATTESTOR.replace("harris", "smith"), f"attestor: key {KEYS[5]} is there twice"),
        (ATTESTOR.replace(KEYS[5], "abcd"), "attestor[0].public_key: a raw Ed25519 key has 32 bytes, this one 3"),
        (ATTESTOR.replace("public_key", "key"), "attestor[0].key: unknown key"),
    ],
)
def test_an_attestor_is_there_once_with_a_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)

    assert words in str(caught.value)
    assert {"asset", "attestor", "instrument", "subscriber", "person"} == set(SEEDS)
