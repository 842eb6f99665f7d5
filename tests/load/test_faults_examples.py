"""What a load finds: every fault is planted in every place of a right stream where it can be, and named."""

from collections import Counter
from random import Random

import pytest
from msgspec.structs import replace

from engine.load.faults import LoadFault
from engine.load.market import drawn_plan
from engine.matching.enums import ExecType, Reason
from engine.protocol.framing import frame
from engine.protocol.messages import CancelReject, ExecutionReport, MassCancelReport, encode
from tests.load.model import MARKET, Heard, messages, moved, planned, played

REQUESTS = 80
PLAYED = {}


def stream_of(mix):
    """Return two plans and what their sessions are told; the same each time."""
    if mix not in PLAYED:
        plans = planned(mix, 3, 2, REQUESTS)
        PLAYED[mix] = plans, played(plans, 3).heard
    return PLAYED[mix]


def is_kind(report, *kinds):
    return isinstance(report, ExecutionReport) and report.exec_type in kinds


def is_any(report):
    return report is not None


# What is wrong with a report, which reports can have it, and how it is said.
SPOILED = {
    "executed without a trade": (
        lambda report: is_kind(report, *ExecType) and report.exec_type != ExecType.TRADE,
        lambda report: replace(report, fee=-1),
        "execution",
    ),
    "number": (is_any, lambda report: replace(report, seq=report.seq + 1), "next number"),
    "repeat": (is_any, lambda report: replace(report, flags=1), "repeat"),
    "unknown request": (is_any, lambda report: replace(report, cl_ord_id=999_999), "not sent"),
    "account": (lambda report: is_kind(report, *ExecType), lambda report: replace(report, account=9), "asked for"),
    "instrument": (lambda report: is_kind(report, *ExecType), lambda report: replace(report, instrument=9), "asked for"),
    "side": (lambda report: is_kind(report, ExecType.NEW), lambda report: replace(report, side=3 - report.side), "asked for"),
    "price of a new order": (
        lambda report: is_kind(report, ExecType.NEW),
        lambda report: replace(report, price=report.price + 100),
        "asked for",
    ),
    "quantity of a new order": (
        lambda report: is_kind(report, ExecType.NEW),
        lambda report: replace(report, order_qty=report.order_qty + 1),
        "asked for",
    ),
    "leaves": (lambda report: is_kind(report, *ExecType), lambda report: replace(report, leaves_qty=report.leaves_qty + 1), "quantities"),
    "cum": (lambda report: is_kind(report, *ExecType), lambda report: replace(report, cum_qty=report.cum_qty + 1), "quantities"),
    "executed": (
        lambda report: is_kind(report, ExecType.TRADE),
        lambda report: replace(report, last_qty=report.last_qty + 1),
        "quantities",
    ),
    "taken out": (
        lambda report: is_kind(report, ExecType.CANCELED),
        lambda report: replace(report, last_qty=report.last_qty - 1),
        "quantities",
    ),
    "order id": (
        lambda report: is_kind(report, ExecType.TRADE, ExecType.CANCELED, ExecType.REPLACED),
        lambda report: replace(report, order_id=report.order_id + 1),
        "another order_id",
    ),
    "status": (lambda report: is_kind(report, *ExecType), lambda report: replace(report, ord_status=9), "status"),
    "exec id": (lambda report: is_kind(report, *ExecType), lambda report: replace(report, exec_id=0), "exec_id"),
    "match": (lambda report: is_kind(report, ExecType.TRADE), lambda report: replace(report, match_id=0), "execution"),
    "role": (lambda report: is_kind(report, ExecType.TRADE), lambda report: replace(report, liquidity=3), "execution"),
    "price beyond the limit": (
        lambda report: is_kind(report, ExecType.TRADE),
        lambda report: replace(report, last_px=report.price + (1 if report.side == 1 else -1)),
        "execution",
    ),
    "kind": (lambda report: is_kind(report, ExecType.NEW), lambda report: replace(report, exec_type=ExecType.STATUS), "not open"),
    "late although open": (
        lambda report: is_kind(report, ExecType.CANCELED) and report.orig_cl_ord_id,
        lambda report: CancelReject(report.seq, 1, 0, 0, report.cl_ord_id, report.orig_cl_ord_id, 1, Reason.TOO_LATE, 0, 0, 0),
        "open order is not there",
    ),
    "refused without a reason": (
        lambda report: isinstance(report, CancelReject),
        lambda report: replace(report, reason=0),
        "without a reason",
    ),
    "ended without a reason": (
        lambda report: is_kind(report, ExecType.CANCELED) and not report.orig_cl_ord_id,
        lambda report: replace(report, reason=0),
        "without a reason",
    ),
    "refused for another request": (
        lambda report: isinstance(report, CancelReject),
        lambda report: replace(report, orig_cl_ord_id=report.orig_cl_ord_id + 1),
        "asked for",
    ),
    "refused as another kind": (
        lambda report: isinstance(report, CancelReject),
        lambda report: replace(report, response_to=3 - report.response_to),
        "kind",
    ),
    "number of canceled orders": (
        lambda report: isinstance(report, MassCancelReport),
        lambda report: replace(report, affected=report.affected + 1),
        "counts",
    ),
}
MIXES = ("trade", "market", "replace")


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_report_is_found_wherever_it_is(what):
    applies, spoil, words = SPOILED[what]
    planted = 0
    for mix in MIXES:
        plans, told = stream_of(mix)
        for place, report in enumerate(told[0]):
            if not applies(report):
                continue
            planted += 1
            heard = Heard(plans)
            heard.hear(0, told[0][:place])
            with pytest.raises(LoadFault, match=f"session 1, report {place + 1}: .*{words}"):
                heard.hear(0, [spoil(report), *told[0][place + 1 :]])

    assert planted


@pytest.mark.parametrize("mix", MIXES)
def test_a_report_that_is_missing_or_comes_twice_is_found(mix):
    plans, told = stream_of(mix)
    for place in range(len(told[0]) - 1):
        for stream in (told[0][:place] + told[0][place + 1 :], told[0][: place + 1] + told[0][place:]):
            with pytest.raises(LoadFault, match="next number"):
                Heard(plans).hear(0, stream)


@pytest.mark.parametrize("mix", MIXES)
def test_a_report_that_was_never_numbered_is_missed(mix):
    plans, told = stream_of(mix)
    for place in range(len(told[0])):
        stream = told[0][:place] + [replace(report, seq=report.seq - 1) for report in told[0][place + 1 :]]
        assert is_found(plans, {0: stream, 1: told[1]}), f"without report {place + 1}, {told[0][place]}"


@pytest.mark.parametrize("mix", MIXES)
def test_a_report_that_is_numbered_twice_is_found(mix):
    plans, told = stream_of(mix)
    for place in range(len(told[0])):
        stream = told[0][: place + 1] + [replace(report, seq=report.seq + 1) for report in told[0][place:]]
        assert is_found(plans, {0: stream, 1: told[1]}), f"report {place + 1} twice, {told[0][place]}"


# What no rule holds a report to: times, notes, and numbers that need only rise.
FREE = {"ts_ns", "bound", "reference", "quality", "settlement", "fallback", "reason", "exec_id"}


@pytest.mark.parametrize("mix", MIXES)
def test_no_number_of_a_report_can_be_changed_unseen(mix):
    plans, told = stream_of(mix)
    rng = Random(1)
    tried = Counter()
    for place, report in enumerate(told[0]):
        for field in report.__struct_fields__:
            if field in FREE or (isinstance(report, CancelReject) and field == "order_id"):
                continue
            value = getattr(report, field)
            spoiled = replace(report, **{field: value + rng.choice([1, 2, 100]) if value < 128 or rng.random() < 0.5 else value - 1})
            tried[field] += 1
            stream = [*told[0][:place], spoiled, *told[0][place + 1 :]]
            assert is_found(plans, {0: stream, 1: told[1]}), f"report {place + 1}: {field} {value} is {getattr(spoiled, field)}"

    assert tried.total() > 20 * REQUESTS


def is_found(plans, told):
    """Say whether anything notices: a rule, the other side of a match, the sweep, or the balances."""
    heard = Heard(plans)
    try:
        for session, reports in told.items():
            heard.hear(session, reports)
    except LoadFault:
        return True
    _, _, fault = heard.executions.matched(alone=True)
    right = [moved(stream_of_plans(plans)[session]) for session in told]
    return (
        fault is not None
        or not all(reader.swept and reader.answered == len(plan) for reader, plan in zip(heard.readers, plans, strict=True))
        or right != [(reader.base, reader.cash, reader.fees) for reader in heard.readers]
    )


def stream_of_plans(plans):
    return next(told for known, told in PLAYED.values() if known is plans)


def test_a_trade_without_its_other_side_is_found():
    plans, told = stream_of("trade")
    heard = Heard(plans)
    heard.hear(0, told[0])

    matches, with_others, fault = heard.executions.matched(alone=True)
    assert (0, 0) == (matches, with_others)
    assert fault is not None
    assert fault[0] == 0
    assert is_kind(told[0][fault[1] - 1], ExecType.TRADE)
    assert "nobody was told" in fault[2]
    known, others, none = heard.executions.matched(alone=False)
    assert known == others > 0
    assert none is None


def test_a_mass_cancel_may_be_refused():
    plans, told = stream_of("replace")
    swept = next(place for place, report in enumerate(told[0]) if getattr(report, "reason", 0) == Reason.MASS_CANCEL)
    heard = Heard(plans)
    heard.hear(0, told[0][:swept])
    opened = heard.readers[0].open_orders
    refused = replace(told[0][-1], seq=told[0][swept].seq, affected=0, reason=Reason.THROTTLE)
    heard.hear(0, [refused])

    assert opened == heard.readers[0].open_orders > 0
    assert heard.readers[0].swept
    assert heard.readers[0].refusals[Reason.THROTTLE] == 1
    with pytest.raises(LoadFault, match="counts the canceled orders"):
        heard.hear(0, [replace(refused, seq=refused.seq + 1)])


def test_the_end_of_a_connection_may_be_told():
    plans, told = stream_of("replace")
    swept = next(place for place, report in enumerate(told[0]) if getattr(report, "reason", 0) == Reason.MASS_CANCEL)
    ended = [replace(report, reason=Reason.DISCONNECT) for report in told[0][swept:]]
    heard = Heard(plans)
    heard.hear(0, [*told[0][:swept], *ended[:-1], replace(ended[-1], cl_ord_id=0)])

    assert heard.readers[0].endings[Reason.DISCONNECT] == ended[-1].affected
    miscounted = replace(ended[-1], cl_ord_id=0, affected=ended[-1].affected + 1)
    with pytest.raises(LoadFault, match="counts the canceled orders"):
        Heard(plans).hear(0, [*told[0][:swept], *ended[:-1], miscounted])


def test_a_match_of_two_sellers_is_found():
    plans, told = stream_of("trade")
    twin = drawn_plan("trade", 3, 1, REQUESTS, MARKET)
    twin.encode(seq=1, cl_ord_id=1, account=2, instrument=1, ts_ns=1)
    heard = Heard([plans[0], twin])
    heard.hear(0, told[0])
    heard.hear(1, [as_other_side(report) for report in told[0]])

    _, _, fault = heard.executions.matched(alone=True)
    assert fault is not None
    assert (1, True) == (fault[0], "does not fit the other side" in fault[2])


def as_other_side(report):
    """Return a report as account 2 would hear it, had it been the other side of its execution."""
    if not isinstance(report, ExecutionReport):
        return report
    liquidity = 3 - report.liquidity if report.exec_type == ExecType.TRADE else 0
    return replace(report, account=2, liquidity=liquidity)


def test_an_id_that_an_order_had_before_names_it_no_more():
    plans, told = stream_of("replace")
    before = {report.cl_ord_id: report.orig_cl_ord_id for report in told[0] if is_kind(report, ExecType.REPLACED)}
    tried = 0
    for place, report in enumerate(told[0]):
        if is_kind(report, ExecType.CANCELED) and not report.orig_cl_ord_id and report.cl_ord_id in before:
            tried += 1
            with pytest.raises(LoadFault, match="not open"):
                Heard(plans).hear(0, [*told[0][:place], replace(report, cl_ord_id=before[report.cl_ord_id])])

    assert tried


def test_answers_in_another_order_are_found():
    plans, told = stream_of("rest")
    one, two, *rest = told[0]
    with pytest.raises(LoadFault, match=r"report 1: .*not yet its turn"):
        Heard(plans).hear(0, [replace(two, seq=1), replace(one, seq=2), *rest])


def test_an_answer_to_a_request_that_was_not_sent_is_found():
    plans, told = stream_of("rest")
    heard = Heard(plans)
    reader = heard.readers[0] = type(heard.readers[0])(plans[0], heard.executions, 0, 1, 1)
    reader.send(1, 1)
    heard.hear(0, told[0][:1])
    with pytest.raises(LoadFault, match=r"report 2: .*not sent"):
        heard.hear(0, told[0][1:2])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (frame(encode(messages(stream_of("rest")[0][0])[0])[:-1] + b"\xc0"), "report 1"),
        (frame(bytes([0x93, 56, 1, 2])), "no report of the protocol"),
        (frame(b"\x81\x01\x02"), "no report of the protocol"),
        (bytes(4), "a message of 0 bytes"),
        ((1 << 20).to_bytes(4, "little"), "a message of 1048576 bytes"),
    ],
)
def test_bytes_that_are_no_report_are_found(raw, words):
    plans, _ = stream_of("rest")
    if words == "report 1":
        # A request that comes back is another message, for others to judge.
        heard = Heard(plans)
        heard.hear_bytes(0, raw)

        assert 1 == len(heard.readers[0].others)
        return
    with pytest.raises(LoadFault, match=words):
        Heard(plans).hear_bytes(0, raw)
