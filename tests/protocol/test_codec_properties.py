"""The compiled codec and msgspec are one codec: the same bytes mean the same message, in both directions, and the same bytes are none.

The fuzz tests run a small gate; for a long run: ATS_FUZZ_EXAMPLES=10000000 python -m pytest tests/protocol -k byte_string
"""

import os
from random import Random

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from engine.matching.enums import CommandFlag, CommandKind, ExecInst, ExecType, OrdStatus
from engine.protocol import codec
from engine.protocol.framing import frame
from engine.protocol.messages import (
    DECODE_ERRORS,
    Cancel,
    CancelReject,
    ExecutionReport,
    MassCancel,
    MassCancelReport,
    MessageFlag,
    NewOrder,
    decode_client,
    encode,
)
from tests.protocol.strategies import COLD, EVERY, HOT, elements, loose, mutate, numbers, signed_numbers, spoiled, structs

FUZZ_EXAMPLES = int(os.environ.get("ATS_FUZZ_EXAMPLES", "20000"))
FUZZ_ROUND = 5000

LONGEST = 169
NO_FIGURES = dict.fromkeys(
    (
        *("account", "instrument", "side", "price", "order_qty", "leaves_qty", "cum_qty", "last_px", "exec_id"),
        *("bound", "reference", "quality", "settlement", "fallback"),
    ),
    0,
)

REQUESTS = st.one_of(map(structs, HOT))
EVENTS = st.fixed_dictionaries(
    {
        "seq": numbers(0, 2**63 - 1),
        "ts_ns": numbers(0, 2**63 - 1),
        "flags": st.sampled_from([0, 1, 127]),
        "exec_type": st.sampled_from(ExecType),
        **{name: numbers(0, 2**63 - 1) for name in ("exec_id", "order_id", "cl_ord_id", "ref_id")},
        **{name: numbers(0, 2**53 - 1) for name in ("price", "order_qty", "leaves_qty", "cum_qty", "last_px", "last_qty", "reference")},
        "fee": signed_numbers(2**63 - 1),
        "bound": numbers(0, 2**63 - 1),
        **{name: numbers(0, 2**32 - 1) for name in ("account", "instrument")},
        **{name: numbers(0, 255) for name in ("side", "liquidity", "reason", "quality", "settlement", "fallback")},
    }
)


@given(REQUESTS)
def test_every_request_reaches_the_core_as_it_was_sent(request):
    assert expected_command(request) == codec.decode(encode(request))


@given(loose(REQUESTS))
def test_the_width_of_an_integer_has_no_meaning(payload):
    assert expected_command(decode_client(payload)) == codec.decode(payload)


@given(st.one_of(map(structs, COLD)))
def test_other_messages_are_left_to_msgspec(message):
    assert codec.decode(encode(message)) is None


@given(spoiled(REQUESTS))
def test_no_array_is_judged_otherwise_than_by_msgspec(payload):
    judge(payload)


@given(st.binary(max_size=64))
@example(b"")
@example(b"\x90")
@example(b"\xdc")
@example(b"\xdd\xff\xff\xff\xff")
@example(b"\xdd\xff\xff\xff\xff\x46")
@example(b"\x91" * 4096)
@example(b"\x99\x46" + b"\x91" * 4000)
@example(b"\x99\x46\xcf")
@example(b"\x99" + b"\xcf" * 9)
def test_no_byte_string_crashes_the_decoder(payload):
    judge(payload)


@given(REQUESTS, st.binary(min_size=1, max_size=3))
def test_a_whole_byte_string_is_one_message(request, tail):
    payload = encode(request)

    assert "bad" == verdict(payload + tail)
    assert ["bad"] * len(payload) == [verdict(payload[:cut]) for cut in range(len(payload))]


def test_no_mutated_byte_string_is_judged_otherwise_than_by_msgspec():
    """Mutate real requests at random, FUZZ_EXAMPLES times, from a seed that grows: a failure names its payload."""
    for seed in range(0, FUZZ_EXAMPLES, FUZZ_ROUND):
        random = Random(seed)
        for _ in range(FUZZ_ROUND):
            judge(mutate(random_request(random), random))


@given(EVENTS)
def test_every_report_has_the_bytes_that_msgspec_gives_it(event):
    assert frame(encode(expected_report(**event))) == codec.encode(**event)


@given(EVENTS)
def test_no_report_is_longer_than_its_room(event):
    bytes_of_one = {"flags", "exec_type", "account", "instrument", "side", "liquidity", "reason", "quality", "settlement", "fallback"}
    largest = {name: 2**63 - 1 for name in event if name not in bytes_of_one}

    assert len(codec.encode(**event)) <= len(codec.encode(**event | largest)) <= LONGEST


def test_the_longest_report_is_as_long_as_is_said():
    amounts = ("ts_ns", "price", "order_qty", "leaves_qty", "cum_qty", "last_px", "last_qty", "fee", "bound", "reference")
    widest = dict.fromkeys(("seq", "exec_id", "order_id", "cl_ord_id", "ref_id", *amounts), 2**63 - 1)
    widest |= dict.fromkeys(("account", "instrument"), 2**32 - 1)
    widest |= dict.fromkeys(("side", "liquidity", "reason", "quality", "settlement", "fallback", "exec_type"), 255)

    assert LONGEST == max(len(codec.encode(**widest | {"exec_type": exec_type})) for exec_type in (*ExecType, 255))


@given(st.integers(-(2**63) + 1, 2**63 - 1))
@example(-1)
@example(-32)
@example(-33)
@example(-128)
@example(-129)
@example(-(2**15))
@example(-(2**15) - 1)
@example(-(2**31))
@example(-(2**31) - 1)
@example(-(2**63) + 1)
def test_a_rebate_has_the_bytes_that_msgspec_gives_it(fee):
    event = dict.fromkeys(("seq", "ts_ns", "order_id", "cl_ord_id", "ref_id", "liquidity", "reason", "last_qty"), 1)

    assert frame(encode(expected_report(**event, flags=0, exec_type=ExecType.TRADE, fee=fee, **NO_FIGURES))) == codec.encode(
        **event, exec_type=ExecType.TRADE, fee=fee
    )


@given(EVENTS)
def test_poss_dup_changes_its_flag_and_nothing_else(event):
    marked = msgspec.structs.replace(expected_report(**event), flags=event["flags"] | MessageFlag.POSS_DUP)

    assert frame(encode(marked)) == codec.with_poss_dup(codec.encode(**event))


@given(spoiled(st.one_of(map(structs, EVERY))))
def test_only_a_report_can_be_marked(payload):
    try:
        marked = codec.with_poss_dup(frame(payload))
    except ValueError:
        return
    assert 1 >= sum(before != after for before, after in zip(frame(payload), marked, strict=True))


@given(st.one_of(map(structs, EVERY)), st.binary(max_size=8))
def test_type_and_seq_are_read_whatever_follows(message, tail):
    kind, seq, *_ = elements(message)

    assert (kind, seq) == codec.type_and_seq(encode(message) + tail)


@given(loose(REQUESTS), st.integers(0, 20))
def test_type_and_seq_are_read_only_where_they_are(payload, cut):
    kind, seq = codec.type_and_seq(payload[:cut])

    assert kind in {None, codec.type_and_seq(payload)[0]}
    assert seq in {None, codec.type_and_seq(payload)[1]}


def judge(payload):
    """Assert that the codec takes `payload` exactly when msgspec does, and for the same message."""
    try:
        message = decode_client(payload)
    except DECODE_ERRORS:
        assert verdict(payload) in {"bad", "not hot"}, payload.hex()
    else:
        expected = expected_command(message) if isinstance(message, HOT) else None
        assert expected == codec.decode(payload), payload.hex()


def verdict(payload):
    try:
        return "not hot" if codec.decode(payload) is None else "ok"
    except ValueError:
        return "bad"


def random_request(random):
    kind = random.choice(HOT)
    bits = random.choices([7, 8, 32, 53, 63], [20, 4, 2, 2, 1], k=len(kind.__struct_fields__))
    return encode(kind(*map(random.getrandbits, bits)))


def expected_command(request):
    """Return the fields of a Command as the gateway gets it: everything that the request says and nothing else."""
    names = {"seq": "in_seq", "order_qty": "qty", "flags": "message_flags"}
    said = {names.get(name, name): value for name, value in msgspec.structs.asdict(request).items() if name != "ts_ns"}
    if isinstance(request, NewOrder):
        said |= expected_size(said, said.pop("cash_order_qty"))
    kind = CommandKind.ENTER if isinstance(request, NewOrder) else CommandKind(request.__struct_config__.tag)
    flags = CommandFlag.BY_SESSION if isinstance(request, MassCancel) else CommandFlag.NONE
    return dict.fromkeys(codec.decode(encode(NOTHING)), 0) | said | {"kind": kind, "flags": flags}


def expected_size(said, cash):
    """Return how an order is sized: CASH is the venue's own mark of an amount, so from the wire it is an unknown instruction."""
    inst = 0x80 if said["exec_inst"] & ExecInst.CASH else said["exec_inst"]
    if cash == 0:
        return {"exec_inst": inst}
    return {"exec_inst": inst | ExecInst.CASH, "qty": cash, "min_qty": said["qty"] or said["min_qty"]}


NOTHING = Cancel(0, 0, 0, 0, 0, 0, 0, 0)


def expected_report(*, seq, ts_ns, flags, exec_type, order_id, cl_ord_id, ref_id, liquidity, reason, last_qty, **rest):
    """Return the message that reports an event, by the words of docs/PROTOCOL.md."""
    if exec_type is ExecType.CANCEL_REJECTED:
        limit = rest["bound"], rest["reference"], rest["quality"]
        return CancelReject(seq, ts_ns, flags, order_id, cl_ord_id, ref_id, liquidity, reason, *limit)
    if exec_type is ExecType.MASS_CANCELED:
        return MassCancelReport(seq, ts_ns, flags, cl_ord_id, last_qty, reason)
    return ExecutionReport(
        seq,
        ts_ns,
        flags,
        order_id=order_id,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=ref_id if exec_type in {ExecType.CANCELED, ExecType.REPLACED} else 0,
        exec_type=exec_type,
        ord_status=expected_status(exec_type, rest["leaves_qty"], rest["cum_qty"]),
        last_qty=last_qty,
        liquidity=liquidity,
        match_id=ref_id if exec_type is ExecType.TRADE else 0,
        reason=reason,
        **rest,
    )


def expected_status(exec_type, leaves_qty, cum_qty):
    if exec_type.name in OrdStatus.__members__ and exec_type is not ExecType.NEW:
        return OrdStatus[exec_type.name]
    if leaves_qty == 0:
        return OrdStatus.FILLED
    return OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW
