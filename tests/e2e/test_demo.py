"""`ats demo` as a user runs it: a program with a venue, a dozen subscribers, and an end."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.checkout import ROOT

ATS = [sys.executable, "-m", "engine", "demo"]


def demo(*options, **environment):
    return subprocess.run(
        [*ATS, *options], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment}
    )


@pytest.fixture(scope="module")
def told():
    done = demo("--seconds", "26", "--json")
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


def test_the_demo_trades_and_sums_up(told):
    assert (12, 7, "durable") == (told["subscribers"], told["seed"], told["durability"])
    assert told["trades"] > 0
    assert told["orders"] > told["trades"] // 10
    assert all(told["symbols"][symbol]["last"] != "-" for symbol in ("AAPLx", "NVDAx", "TSLAx", "SPYx"))


def test_money_is_conserved_fees_are_paid_and_nobody_asks_for_more_than_he_has(told):
    usdc, tokens = told["conservation"]["USDC"], told["conservation"]["TSLAx"]

    assert told["checked"]
    assert {True} == {asset["exact"] for asset in told["conservation"].values()}
    assert (12_000_000_000_000, 12_000_000_000) == (usdc["custody"], tokens["custody"])
    assert usdc["customers"] + usdc["fees"] + usdc["rounding"] + usdc["others"] == usdc["custody"]
    assert 0 < usdc["fees"]
    assert 0 < usdc["rounding"] < 1_000_000


def test_nobody_is_refused_but_who_had_not_heard_yet_that_a_status_changed(told):
    """Refused is what was on its way when an instrument stopped, or when the order that it was about had ended; nothing else."""
    assert set() == set(told["rejects"]) - {"STATE_NOT_TRADABLE", "SESSION_ORDER_TYPE", "REDUCE_ONLY", "UNKNOWN_ORDER", "TOO_LATE"}
    assert told["rejected"] < told["orders"] / 50


def story(told, symbol):
    """Return what became of an instrument, from its opening on: each status with its cause and who acted."""
    changes = [change for change in told["changes"] if change["symbol"] == symbol]
    assert [change["status"] for change in changes[:-1]] == [change["before"] for change in changes[1:]]
    return [(change["status"], change["cause"], change["actor"]) for change in changes]


OPENING = [("auction-call", "opening", "time"), ("continuous", "opening", "time")]


def test_the_day_opens_by_an_auction(told):
    assert OPENING == story(told, "AAPLx")
    for symbol in ("AAPLx", "NVDAx", "TSLAx", "SPYx"):
        opening = next(auction for auction in told["auctions"] if auction["symbol"] == symbol)

        assert ("crossed", True) == (opening["outcome"], float(opening["qty"].replace(",", "")) > 0)


def test_a_sweep_pauses_an_instrument_and_an_auction_reopens_it(told):
    assert [
        *OPENING,
        ("vol-pause", "volatility", "book"),
        ("auction-call", "reopening", "time"),
        ("continuous", "reopening", "time"),
    ] == story(told, "TSLAx")
    assert ["crossed", "crossed"] == [auction["outcome"] for auction in told["auctions"] if auction["symbol"] == "TSLAx"]


def test_an_operator_halts_and_two_persons_let_it_go_on(told):
    assert [
        *OPENING,
        ("halted", "news-pending", "ada"),
        ("auction-call", "news-released", "ada+otto"),
        ("continuous", "news-released", "time"),
    ] == story(told, "NVDAx")


def test_a_stale_attestation_leaves_only_a_way_out_and_a_fresh_one_brings_it_back(told):
    assert [
        *OPENING,
        ("reduce-only", "reserve-stale", "time"),
        ("continuous", "reopening", "ada"),
    ] == story(told, "SPYx")


def test_without_a_terminal_it_speaks_in_lines_and_leaves_nothing_behind(tmp_path):
    done = demo("--seconds", "5", "--seed", "3", TMPDIR=str(tmp_path), ENGINE_JOURNAL__MODE="memory")

    assert (0, []) == (done.returncode, list(tmp_path.iterdir())), done.stderr
    assert "durable: each order was on the disk before its report left" in done.stdout
    assert any("orders/s" in line and "round trip" in line for line in done.stdout.splitlines())
    assert "12 subscribers, seed 3" in done.stdout
    assert any("AAPLx: pre-open -> auction-call, opening for 2 s, then continuous" in line for line in done.stdout.splitlines())
    assert any("AAPLx: auction crossed, " in line for line in done.stdout.splitlines())
    assert "\x1b" not in done.stdout


def test_ctrl_c_stops_it_cleanly_and_its_venue_with_it():
    with subprocess.Popen([*ATS], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "the calendar: every instrument opens by an auction" in process.stdout.readline()
        address = process.stderr.readline().split(" on ")[1].split(": ")[0]
        process.send_signal(signal.SIGINT)
        told, complaints = process.communicate(timeout=60)

    assert (0, "") == (process.returncode, complaints)
    assert "trades" in told
    gone = subprocess.run(
        [sys.executable, "-c", "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])))", *address.split(":")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ConnectionRefusedError" in gone.stderr


def test_on_a_terminal_it_draws_the_floor():
    pytest.importorskip("rich")
    screen, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    with subprocess.Popen([*ATS, "--seconds", "5"], cwd=ROOT, stdout=terminal, stderr=terminal, env=environment) as process:
        os.close(terminal)
        drawn = b""
        # A terminal whose last program has ended gives EIO.
        with suppress(OSError):
            while chunk := os.read(screen, 65536):
                drawn += chunk
    os.close(screen)

    text = drawn.decode(errors="replace")
    assert 0 == process.returncode
    for word in (
        "AAPLx",
        "spread",
        "USDC: customers",
        "= custody 12,000,000.000000",
        "market maker",
        "messages/s",
        "\x1b[?1049h",
        "\x1b[?1049l",
    ):
        assert word in text
