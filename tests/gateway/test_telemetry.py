"""The log: JSON lines where no eyes read it, and nothing that input could forge."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from engine.clock import ManualClock, SystemClock
from engine.telemetry import configure, log


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = structlog.get_config() if structlog.is_configured() else None
    yield
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)


def test_lines_are_json_with_their_fields() -> None:
    stream = io.StringIO()
    configure(stream=stream)
    log(venue="ATS").info("session_logon", session="alice")
    line = json.loads(stream.getvalue())

    assert (line["event"], line["session"], line["venue"], line["level"]) == ("session_logon", "alice", "ATS", "info")


def test_input_cannot_forge_a_line() -> None:
    stream = io.StringIO()
    configure(stream=stream)
    log().warning("logon_refused", sender="a\n\x00\x1b[31mFAKE")

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_terminal_gets_lines_for_eyes() -> None:
    stream = Terminal()
    configure(stream=stream)
    log().info("listening", port=7001)

    assert not stream.getvalue().startswith("{")
    assert "listening" in stream.getvalue()


def test_lines_below_the_level_are_dropped() -> None:
    stream = io.StringIO()
    configure("warning", stream)
    log().info("session_logon")

    assert stream.getvalue() == ""


def test_manual_clock_moves_when_told_and_system_clock_never_back() -> None:
    manual, system = ManualClock(5, 7), SystemClock()
    manual.pass_time(3)

    assert (manual.utc_ns(), manual.steady_ns()) == (8, 10)
    assert system.steady_ns() <= system.steady_ns()


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    configure(stream=Full())
    log().critical("journal_stopped")
    log().info("session_logon")
