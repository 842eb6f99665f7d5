"""Trading sessions: the weekly table, the exceptions, and what each session takes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import OrdType, Reason, Side, TimeInForce
from engine.venue.acts import SetCalendar, SetSession
from engine.venue.registers import FOREVER_NS
from engine.venue.terms import WEEK_S, DatedSession, SessionMask, WeeklyStart
from engine.venue.timetables import calendar_faults, session_at
from tests.venue.offices import SECOND, ask, do, enter, pass_time, snapshot, trading

HOUR = 3600
# Monday to Friday in hours of UTC: pre 8:00, regular 14:30, post 21:00; over the weekend from Friday 24:00.
DAILY = ((8 * HOUR, "pre"), (14 * HOUR + 1800, "rth"), (21 * HOUR, "post"))
STARTS = [(day * 24 * HOUR + at_s, session) for day in range(5) for at_s, session in DAILY]
WEEK = tuple(WeeklyStart(at_s=at_s, session=session) for at_s, session in (*STARTS, (5 * 24 * HOUR, "weekend")))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ns(*when: int) -> int:
    return int((datetime(*when, tzinfo=UTC) - EPOCH).total_seconds()) * SECOND


@pytest.mark.parametrize(
    ("when", "session", "until"),
    [
        ((2026, 11, 23, 7, 59, 59), "weekend", (2026, 11, 23, 8)),  # a Monday
        ((2026, 11, 23, 8), "pre", (2026, 11, 23, 14, 30)),
        ((2026, 11, 25, 15), "rth", (2026, 11, 25, 21)),
        ((2026, 11, 27, 23), "post", (2026, 11, 28)),
        ((2026, 11, 29, 12), "weekend", (2026, 11, 30, 8)),
    ],
)
def test_the_weekly_table_counts_from_monday(when: tuple[int, ...], session: str, until: tuple[int, ...]):
    assert (session, ns(*until)) == session_at(WEEK, (), ns(*when))


def test_an_exception_overrides_the_week_from_its_start_to_its_end():
    holiday = DatedSession(from_ns=ns(2026, 11, 26, 8), until_ns=ns(2026, 11, 27, 2), session="overnight")

    assert ("post", holiday.from_ns) == session_at(WEEK, (holiday,), ns(2026, 11, 26, 7))
    assert ("overnight", holiday.until_ns) == session_at(WEEK, (holiday,), holiday.from_ns)
    assert ("post", ns(2026, 11, 27, 8)) == session_at(WEEK, (holiday,), holiday.until_ns)


def test_without_a_calendar_it_is_continuous_for_ever():
    assert ("continuous", FOREVER_NS) == session_at((), (), 0)


sessions = st.sampled_from(["continuous", "pre", "rth", "post", "overnight", "weekend"])
weeks = st.dictionaries(st.integers(0, WEEK_S - 1), sessions, max_size=6).map(
    lambda starts: tuple(WeeklyStart(at_s=at_s, session=starts[at_s]) for at_s in sorted(starts))
)
exceptions = st.lists(st.integers(0, 3 * WEEK_S), unique=True, max_size=6).map(
    lambda edges: tuple(
        DatedSession(from_ns=a * SECOND, until_ns=b * SECOND, session="rth")
        for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    )
)


def naive(week, dates, ts_ns: int) -> str:
    """Return the session by looking back second by second through a calendar of dates."""
    for dated in dates:
        if dated.from_ns <= ts_ns < dated.until_ns:
            return dated.session
    now = EPOCH + timedelta(seconds=ts_ns // SECOND)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0)
    past = [start for start in week if monday + timedelta(seconds=start.at_s) <= now] or week
    return past[-1].session if past else "continuous"


@given(weeks, exceptions, st.integers(0, 3 * WEEK_S))
def test_the_session_is_that_of_a_calendar_of_dates_and_lasts_until_it_says(week, dates, second: int):
    session, until_ns = session_at(week, dates, second * SECOND)

    assert [] == calendar_faults(week, dates, ())
    assert naive(week, dates, second * SECOND) == session
    assert until_ns > second * SECOND
    for later in (second, (second + until_ns // SECOND) // 2, until_ns // SECOND - 1):
        if until_ns < FOREVER_NS:
            assert session == naive(week, dates, later * SECOND)


MASKS = (
    SessionMask(session="pre", order_types=("limit-day", "limit-gtc")),
    SessionMask(session="weekend", order_types=()),
)


def test_time_brings_the_sessions_and_each_takes_what_its_mask_says():
    monday = ns(2026, 11, 23)
    office = trading(week=WEEK, masks=MASKS)
    pass_time(office, monday)

    assert "weekend" == office.instruments["AAPLx"].session
    assert monday + 8 * HOUR * SECOND == office.next_due_ns
    assert Reason.SESSION_ORDER_TYPE == enter(office, Side.BUY, 1000, 100).reason

    pass_time(office, monday + 8 * HOUR * SECOND)

    assert "pre" == office.instruments["AAPLx"].session
    assert Reason.NONE == enter(office, Side.BUY, 1000, 100).reason
    assert Reason.SESSION_ORDER_TYPE == enter(office, Side.BUY, 1000, 100, tif=TimeInForce.IOC).reason
    assert Reason.SESSION_ORDER_TYPE == enter(office, Side.BUY, 0, 100, ord_type=OrdType.MARKET, tif=TimeInForce.IOC).reason

    pass_time(office, monday + 15 * HOUR * SECOND)

    assert "rth" == office.instruments["AAPLx"].session
    assert Reason.NONE == enter(office, Side.BUY, 1000, 100, tif=TimeInForce.IOC).reason


def test_an_operators_session_stays_until_the_calendars_next():
    office = trading(week=WEEK)
    monday = ns(2026, 11, 23)
    pass_time(office, monday + 15 * HOUR * SECOND)
    do(office, SetSession(session="overnight"), ts_ns=monday + 16 * HOUR * SECOND)
    pass_time(office, monday + 20 * HOUR * SECOND)

    assert "overnight" == office.instruments["AAPLx"].session

    pass_time(office, monday + 21 * HOUR * SECOND)

    assert "post" == office.instruments["AAPLx"].session


def test_without_a_calendar_an_operators_session_stays():
    office = trading()
    do(office, SetSession(instrument="AAPLx", session="weekend"), SetCalendar(instrument="AAPLx", masks=MASKS))

    assert "weekend" == office.instruments["AAPLx"].session
    assert Reason.SESSION_ORDER_TYPE == enter(office, Side.BUY, 1000, 100).reason


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_INSTRUMENT", SetSession(instrument="TSLAx", session="rth")),
        ("UNKNOWN_INSTRUMENT", SetCalendar(instrument="TSLAx")),
        ("CALENDAR", SetCalendar(instrument="AAPLx", masks=MASKS + MASKS)),
        ("CALENDAR", SetCalendar(instrument="AAPLx", week=WEEK[::-1])),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act):
    office = trading()
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)
