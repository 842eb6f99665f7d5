"""What a load hears: a right stream of reports is counted as msgspec reads it, however it is cut."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load import MIXES
from engine.load.reading import Reader
from engine.load.reports import decode
from engine.matching.enums import CommandKind, ExecType
from engine.protocol.messages import CancelReject, ExecutionReport, Heartbeat, MassCancelReport, decode_venue, encode
from tests.load.model import Heard, moved, planned, played
from tests.protocol.strategies import EVERY, elements, structs

ANSWERS = {
    CommandKind.ENTER: (ExecType.NEW, ExecType.REJECTED),
    CommandKind.CANCEL: (ExecType.CANCELED, ExecType.CANCEL_REJECTED),
    CommandKind.REPLACE: (ExecType.REPLACED, ExecType.CANCEL_REJECTED),
}
RUNS = st.tuples(st.sampled_from(MIXES), st.integers(0, 2**32), st.sampled_from([2, 4]), st.integers(1, 150))


@given(RUNS, st.integers(1, 2**62), st.lists(st.integers(0, 2**16), max_size=20))
def test_a_right_stream_is_taken_and_counted(run, first_cl_ord_id, pieces):
    mix, seed, sessions, requests = run
    plans = planned(mix, seed, sessions, requests, first_cl_ord_id=first_cl_ord_id)
    model = played(plans, seed)
    heard = Heard(plans)
    for session in range(sessions):
        heard.hear(session, model.heard[session], pieces)

    for session, (reader, plan) in enumerate(zip(heard.readers, plans, strict=True)):
        reports = model.heard[session]
        assert (len(reports), len(reports) + 1, requests) == (reader.reports, reader.next_seq, reader.answered)
        assert moved(reports) == (reader.base, reader.cash, reader.fees)
        assert (0, True, []) == (reader.open_orders, reader.swept, reader.others)
        assert counted(plan, reports) == (Counter(reader.answers), Counter(reader.refusals))
    everything = [report for reports in model.heard.values() for report in reports]
    matches = {report.match_id for report in everything if isinstance(report, ExecutionReport) and report.match_id}
    assert (len(matches), 0, None) == heard.executions.matched(alone=True)
    assert sum(reader.base for reader in heard.readers) == 0
    assert sum(reader.cash + reader.fees for reader in heard.readers) == 0


def counted(plan, reports):
    """Return how often each answer and each reason of a refusal is among the reports, by what they say alone."""
    answers, refusals = Counter(), Counter()
    for report in reports:
        place = -1 if isinstance(report, MassCancelReport) else report.cl_ord_id - plan.first_cl_ord_id
        if isinstance(report, CancelReject):
            answers[ExecType.CANCEL_REJECTED] += 1
            refusals[report.reason] += 1
        elif 0 <= place < len(plan) and report.exec_type in ANSWERS[plan[place].kind]:
            answers[report.exec_type] += 1
            refusals[report.reason] += report.exec_type == ExecType.REJECTED
    return answers, +refusals


@given(RUNS)
def test_open_orders_are_those_of_the_book(run):
    mix, seed, sessions, requests = run
    plans = planned(mix, seed, sessions, requests)
    model = played(plans, seed)
    heard = Heard(plans)
    for session in range(sessions):
        reports = model.heard[session]
        swept = next(i for i, report in enumerate(reports) if getattr(report, "reason", 0) == 205)
        opened = reports[-1].affected
        heard.hear(session, reports[:swept])

        assert opened == heard.readers[session].open_orders


def test_a_wait_lasts_from_when_a_send_was_due_to_when_its_answer_came():
    (plan,) = planned("rest", 1, 1, 6)
    reports = played([plan], 1).heard[0]
    reader = Heard([plan], batch=2).readers[0]
    heard = Heard([plan], batch=2)
    heard.readers[0] = reader = Reader(plan, heard.executions, 0, 2, 1)
    for upto, due_ns in ((2, 1000), (6, 3000)):
        reader.send(upto, due_ns)
    stream = [(report, 1500 + 1000 * place) for place, report in enumerate(reports[:6])]
    for report, now_ns in stream:
        raw = encode(report)
        reader.room[: 4 + len(raw)] = len(raw).to_bytes(4, "little") + raw
        reader.take(4 + len(raw), now_ns)

    assert [500, 1500, 500, 1500, 2500, 3500] == memoryview(reader.waits()).cast("q").tolist()
    assert reader.last_ns == 6500


@given(st.one_of([structs(kind) for kind in (ExecutionReport, CancelReject, MassCancelReport)]))
def test_reports_are_read_as_msgspec_reads_them(report):
    assert elements(report) == decode(encode(report))


@given(st.one_of([structs(kind) for kind in EVERY if kind not in (ExecutionReport, CancelReject, MassCancelReport)]))
def test_other_messages_are_left_to_others(message):
    assert decode(encode(message)) is None


@given(st.one_of([structs(kind) for kind in (ExecutionReport, CancelReject, MassCancelReport)]), st.data())
def test_what_msgspec_refuses_is_no_report(report, data):
    raw = bytearray(encode(report))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        found = decode(raw)
    except ValueError:
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            decode_venue(raw)
    else:
        # Ranges are the rules' business: here a report is an array of integers of the right length.
        assert found is None or found == msgspec.msgpack.decode(raw)


@given(st.integers(0, 5), st.integers(1, 6))
def test_messages_between_reports_are_kept_in_order(place, count):
    (plan,) = planned("rest", 1, 1, 6)
    reports = played([plan], 1).heard[0]
    others = [Heartbeat(place + 1, 1, 0, str(number)) for number in range(count)]
    heard = Heard([plan])
    heard.hear(0, reports[:place] + others + reports[place:])

    assert [encode(other) for other in others] == heard.readers[0].others
    assert heard.readers[0].swept
