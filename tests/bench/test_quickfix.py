"""The load on QuickFIX's acceptor, which need not be installed: what it sends, and what it takes for answered."""

import pytest

from bench import quickfix_load


def report(number: int, exec_type: str = "0") -> bytes:
    return quickfix_load.message("8", number, {11: number, 150: exec_type})


def test_a_message_has_its_length_and_checksum() -> None:
    sent = quickfix_load.message("A", 1, {98: 0})
    head, body = sent.split(b"\x0135=", 1)
    body, checksum = b"35=" + body[: body.index(b"10=")], sent[-8:]

    assert b"8=FIX.4.4\x019=%d" % len(body) == head
    assert b"10=%03d\x01" % (sum(sent[:-7]) % 256) == checksum[1:]


def test_every_order_has_its_report_in_order() -> None:
    admin = quickfix_load.message("0", 9, {})

    quickfix_load.check(report(2) + admin + report(3), 2)


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(report(2), id="one is missing"),
        pytest.param(report(3) + report(2), id="another order"),
        pytest.param(report(2) + report(3, "8"), id="rejected"),
        pytest.param(report(2) + report(3) + report(4), id="one too many"),
    ],
)
def test_other_reports_are_told(stream: bytes) -> None:
    with pytest.raises(ValueError, match="report"):
        quickfix_load.check(stream, 2)
