"""`ats load` where a venue refuses, lies, or cannot be had: the user is told what he sees."""

import json
import socket
import sys
import threading
from contextlib import contextmanager

import msgspec
import pytest

from engine.client import Client
from engine.client.options import parse_address
from engine.matching.enums import ExecType
from engine.protocol.framing import MAX_ANSWER, Splitter, frame
from engine.protocol.messages import DECODE_ERRORS, ExecutionReport, decode_venue, encode
from tests.cli.venues import ats, made_venue, serving


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """Give the folder and the address of a venue that takes 500 orders of a session in a second."""
    folder = made_venue(tmp_path_factory.mktemp("venue"), "alice", "bob")
    config = folder / "venue.toml"
    text = (
        config.read_text()
        .replace("# messages_per_s = 10000 ", "messages_per_s = 500 ")
        .replace("# cancels_per_s = 20000", "cancels_per_s = 20000")
    )
    config.write_text(text)
    with serving(folder) as address:
        yield folder, address


def load(slow, *words, price="170"):
    folder, address = slow
    return ats("load", "--connect", address, "--venue", folder, "--price", price, *words)


def test_refusals_under_a_throttle_are_right_answers_and_told(slow):
    # A second's worth is taken at once; twice as much is not yet too much for the session.
    result = load(slow, "--as", "alice", "--requests", 1_400, "--rate", 20_000, "--json")

    assert 0 == result.exit_code, result.output
    told = json.loads(result.stdout)
    assert 150 <= told["refusals"]["THROTTLE"] <= 200
    assert told["answers"]["REJECTED"] == told["refusals"]["THROTTLE"]
    assert told["checked"]
    assert f"refusals: {told['refusals']['THROTTLE']} of 1,400 requests" in result.stderr
    assert "messages_per_s" in result.stderr


def test_a_session_that_is_thrown_out_says_why(slow):
    result = load(slow, "--as", "bob", "--requests", 10_000, "--batch", 100)

    assert 2 == result.exit_code
    assert "bob: the venue ended the session (logout 8: " in result.stderr
    assert "give a --rate below [gateway] messages_per_s" in result.stderr


def test_open_orders_are_not_touched(slow):
    folder, address = slow
    with Client(address, name="bob", key=str(folder / "keys/bob.pem"), account=2, cancel_on_disconnect=False) as client:
        order = client.limit("AAPLx", 1, qty=1, price="10")
    result = load(slow, "--as", "bob")

    assert 2 == result.exit_code
    assert "bob has 1 open orders" in result.stderr
    with Client(address, name="bob", key=str(folder / "keys/bob.pem"), account=2) as client:
        assert [order.order_id] == [known.order_id for known in client.open_orders()]
        client.mass_cancel()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as", "zoe"), "keys/zoe.pem is not there"),
        ((), "--as is needed: there are keys of alice, bob"),
        (("--as", "alice", "--as", "alice"), "each session is named once"),
        (("--as", "alice", "--sessions", 3), "--mode and --sessions are of the command's own venue"),
        (("--as", "alice", "--mode", "memory"), "--mode and --sessions are of the command's own venue"),
        (("--as", "alice", "--symbol", "NIX"), "symbol 'NIX' is not listed: there are AAPLx, TSLAx, SPYx"),
        (("--as", "alice", "--mix", "trade"), "in pairs"),
        (("--as", "alice", "--rate", 10, "--ping-pong"), "leave --rate out"),
        (("--as", "alice", "--price", "1.00001"), "not a positive multiple of 0.0001"),
        (("--as", "alice", "--price", "0.5"), "60 ticks"),
        (("--as", "alice", "--price", "many"), "'many' is not a number"),
    ],
)
def test_what_cannot_be_done_is_told(slow, words, said):
    result = load(slow, *words)

    assert 2 == result.exit_code, result.output
    assert said in result.stderr
    assert "" == result.stdout


def test_a_price_is_needed_where_the_venue_shows_none(slow):
    folder, address = slow
    result = ats("load", "--connect", address, "--venue", folder, "--as", "alice", "--symbol", "SPYx")

    assert 2 == result.exit_code
    assert "SPYx has no orders, no last price and no reference: say with --price" in result.stderr


def test_the_reference_is_price_enough(slow):
    folder, address = slow
    result = ats("load", "--connect", address, "--venue", folder, "--as", "alice", "--symbol", "TSLAx", "--requests", 20, "--json")

    assert 0 == result.exit_code, result.output
    assert 3_392_000 == json.loads(result.stdout)["price"]


def test_a_foreign_key_is_told(slow):
    folder, _ = slow
    result = load(slow, "--as", "alice", "--key", folder / "keys/bob.pem")

    assert 2 == result.exit_code
    assert "alice: logon refused" in result.stderr
    assert "Is it a session there, with this key" in result.stderr


def test_nobody_there_is_told(slow):
    folder, _ = slow
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = load((folder, f"127.0.0.1:{port}"), "--as", "alice")

    assert 2 == result.exit_code
    assert f"cannot connect to 127.0.0.1:{port}" in result.stderr


def test_a_missing_library_is_told_before_anything_is_sent(slow, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "hdrh.histogram", None)
    result = load(slow, "--as", "alice", "--hdr", tmp_path / "x.hgrm")

    assert 2 == result.exit_code
    assert "pip install 'ats-engine[load]'" in result.stderr
    assert "sessions" not in result.stderr


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda report: msgspec.structs.replace(report, leaves_qty=report.leaves_qty + 100), "quantities that do not follow"),
        (lambda report: msgspec.structs.replace(report, seq=report.seq + 1), "has not the next number"),
        (lambda report: msgspec.structs.replace(report, cl_ord_id=7), "about a request that was not sent"),
    ],
)
def test_a_venue_that_lies_is_found(slow, spoil, said):
    folder, address = slow
    with lying(address, spoil) as other:
        result = load((folder, other), "--as", "alice", "--requests", 100)

    assert 1 == result.exit_code, result.output
    assert "a report of the venue is wrong: session 1, report " in result.stderr
    assert "(alice)" in result.stderr
    assert said in result.stderr
    assert "" == result.stdout


@contextmanager
def lying(address, spoil):
    """Stand between a load and the venue, and spoil the tenth report of a new order."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_twice, args=(listener, address, spoil))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def serve_twice(listener, address, spoil):
    """Stand between twice: before the load, the session is asked for its open orders over a connection of its own."""
    for _ in range(2):
        stand_between(listener, address, spoil)


def stand_between(listener, address, spoil):
    client, _ = listener.accept()
    with client, socket.create_connection(parse_address(address)) as venue:
        back = threading.Thread(target=pass_on, args=(client, venue))
        back.start()
        splitter, news = Splitter(MAX_ANSWER), 0
        while data := received(venue):
            for payload in splitter.feed(data):
                report = decoded(payload)
                if isinstance(report, ExecutionReport) and report.exec_type == ExecType.NEW:
                    news += 1
                    payload = encode(spoil(report)) if news == 10 else payload  # noqa: PLW2901 - spoiled on its way
                if not sent(client, frame(payload)):
                    break
        back.join()


def pass_on(source, target):
    while data := received(source):
        if not sent(target, data):
            break
    sent(target, b"")
    target.shutdown(socket.SHUT_RDWR)


def received(source):
    try:
        return source.recv(65_536)
    except OSError:
        return b""


def sent(target, data):
    try:
        target.sendall(data)
    except OSError:
        return False
    return True


def decoded(payload):
    try:
        return decode_venue(payload)
    except DECODE_ERRORS:
        return None
