"""The compiled codec at the limits: each field of each hot message, alone at each border of a width and just beyond its range.

The others are all at their least, all at their most, or one-byte numbers, so that a shortcut for what is usual is met from both sides.
"""

import msgspec
import pytest

from engine.matching.enums import ExecType
from engine.protocol import codec
from engine.protocol.framing import frame
from engine.protocol.messages import encode
from tests.protocol.strategies import BORDERS, HOT, array, elements, headers, widths
from tests.protocol.test_codec_properties import expected_report, judge

SMALL = 7
WORDS = ("seq", "ts_ns", "exec_id", "order_id", "cl_ord_id", "ref_id", "bound")
AMOUNTS = ("price", "order_qty", "leaves_qty", "cum_qty", "last_px", "last_qty", "reference")
MOST = {
    **dict.fromkeys(WORDS, 2**63 - 1),
    **dict.fromkeys(AMOUNTS, 2**53 - 1),
    **dict.fromkeys(("account", "instrument"), 2**32 - 1),
    **dict.fromkeys(("side", "liquidity", "reason", "quality", "settlement", "fallback"), 255),
    "flags": 127,
    "fee": 2**63 - 1,
}
FEES = sorted({sign * border for border in BORDERS for sign in (1, -1) if border < 2**63} | {-32, -33, -(2**63) + 1})


def ranges(kind: type) -> dict[str, tuple[int, int]]:
    """Return the least and the most of each field of a request."""
    return {field.name: (field.type.ge, field.type.le) for field in msgspec.inspect.type_info(kind).fields}


def borders(low: int, high: int) -> list[int]:
    """Return the borders of widths in a range, its ends among them."""
    return sorted({low, high, SMALL} | {border for border in BORDERS if low <= border <= high})


@pytest.mark.parametrize("kind", HOT)
@pytest.mark.parametrize("background", ["least", "small", "most"])
def test_each_field_of_a_request_reaches_the_core_at_each_border(kind: type, background: str) -> None:
    fields = ranges(kind)
    others = {name: {"least": low, "small": SMALL, "most": high}[background] for name, (low, high) in fields.items()}
    for name, (low, high) in fields.items():
        for value in borders(low, high):
            judge(encode(kind(**others | {name: value})))


@pytest.mark.parametrize("kind", HOT)
def test_each_field_of_a_request_is_refused_just_beyond_its_range(kind: type) -> None:
    fields = ranges(kind)
    for at, (low, high) in enumerate(fields.values(), 1):
        for value in (low - 1, high + 1):
            parts = elements(kind(**{other: bottom for other, (bottom, _) in fields.items()}))
            parts[at] = value
            with pytest.raises(ValueError, match="breaks a rule"):
                codec.decode(msgspec.msgpack.encode(parts))


@pytest.mark.parametrize("kind", HOT)
def test_each_border_is_read_in_every_width_and_behind_every_header(kind: type) -> None:
    fields = ranges(kind)
    message = kind(**dict.fromkeys(fields, SMALL))
    plain = [msgspec.msgpack.encode(element) for element in elements(message)]
    for at, (low, high) in enumerate(fields.values(), 1):
        for value in borders(low, high):
            for form in widths(value):
                judge(array([*plain[:at], form, *plain[at + 1 :]]))
    for header in headers(len(plain)):
        judge(array(plain, header))


@pytest.mark.parametrize("exec_type", ExecType)
@pytest.mark.parametrize("background", ["least", "small", "most"])
def test_each_field_of_a_report_has_msgspecs_bytes_at_each_border(exec_type: ExecType, background: str) -> None:
    others = {name: {"least": 0, "small": SMALL, "most": high}[background] for name, high in MOST.items()}
    for name, high in MOST.items():
        for value in FEES if name == "fee" else borders(0, high):
            event = {"exec_type": exec_type, **others, name: value}

            assert frame(encode(expected_report(**event))) == codec.encode(**event), (name, value)
