"""The calendar of one instrument as a function of time: a weekly table in seconds of the UTC week, and dated exceptions that override it.

Integers only: a week has 604,800 s, and 1970-01-01 was a Thursday.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from engine.venue import texts
from engine.venue.registers import FOREVER_NS
from engine.venue.terms import WEEK_S, DatedSession, SessionMask, SessionName, WeeklyStart

SECOND_NS = 1_000_000_000
WEEK_NS = WEEK_S * SECOND_NS
THURSDAY_NS = 3 * 86_400 * SECOND_NS

Row = WeeklyStart | DatedSession


def session_at(week: Sequence[WeeklyStart], exceptions: Sequence[DatedSession], ts_ns: int) -> tuple[SessionName, int]:
    """Return the trading session at a time and when the next one may start; outside of a calendar it is CONTINUOUS."""
    row, until_ns = row_at(week, exceptions, ts_ns)
    return row.session if row else "continuous", until_ns


def row_at(week: Sequence[WeeklyStart], exceptions: Sequence[DatedSession], ts_ns: int) -> tuple[Row | None, int]:
    """Return the row of a calendar that is in force at a time, None where there is none, and when another may be."""
    for dated in exceptions:
        if dated.from_ns <= ts_ns < dated.until_ns:
            return dated, dated.until_ns
    until_ns = min((dated.from_ns for dated in exceptions if dated.from_ns > ts_ns), default=FOREVER_NS)
    if not week:
        return None, until_ns
    offset_ns = (ts_ns + THURSDAY_NS) % WEEK_NS
    after = bisect_right([start.at_s * SECOND_NS for start in week], offset_ns)
    next_ns = week[after].at_s * SECOND_NS if after < len(week) else week[0].at_s * SECOND_NS + WEEK_NS
    return week[after - 1], min(until_ns, ts_ns - offset_ns + next_ns)


def calendar_faults(week: Sequence[WeeklyStart], exceptions: Sequence[DatedSession], masks: Sequence[SessionMask]) -> list[str]:
    """Return what is wrong with a calendar."""
    rows: list[Row] = [*week, *exceptions]
    faults = [f"week: {start.at_s} s does not come after {before.at_s} s" for before, start in pairwise(week) if before.at_s >= start.at_s]
    faults += [
        f"exceptions: {texts.utc(dated.from_ns)} is not before {texts.utc(dated.until_ns)}"
        for dated in exceptions
        if dated.from_ns >= dated.until_ns
    ]
    faults += [
        f"exceptions: the one from {texts.utc(dated.from_ns)} starts before {texts.utc(earlier.until_ns)}, when the one before it ends"
        for earlier, dated in pairwise(exceptions)
        if earlier.until_ns > dated.from_ns
    ]
    faults += [
        f"{row.session}: then {row.then} follows an auction-call, not status {row.status or 'none'}"
        for row in rows
        if row.then != "continuous" and row.status != "auction-call"
    ]
    sessions = [mask.session for mask in masks]
    faults += [f"masks: {session} is there twice" for i, session in enumerate(sessions) if session in sessions[:i]]
    return faults
