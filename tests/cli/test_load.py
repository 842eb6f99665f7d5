"""`ats load`: a venue of its own, and a running one, in every way and mix."""

import json
import tempfile

import pytest

from engine.client import Client
from engine.load import MIXES
from tests.cli.venues import ats, made_venue, serving

SMALL = ("--requests", 400, "--batch", 5, "--window", 2)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Give the folder and the address of a venue of alice, bob and carol."""
    folder = made_venue(tmp_path_factory.mktemp("venue"), "alice", "bob", "carol")
    with serving(folder) as address:
        yield folder, address


def load(running, *words):
    folder, address = running
    return ats("load", "--connect", address, "--venue", folder, "--price", "170", *words)


def loaded(running, *words):
    result = load(running, "--json", *words)
    assert 0 == result.exit_code, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("mode", ["memory", "durable"])
def test_it_brings_a_venue_of_its_own(mode):
    result = ats("load", "--mode", mode, "--sessions", 2, "--mix", "market", "--requests", 2_000, "--json")

    assert 0 == result.exit_code, result.output
    told = json.loads(result.stdout)
    assert {"own": True, "mode": mode} == told["venue"]
    assert (2_000, 2, True, 0) == (told["requests"], told["sessions"], told["checked"], told["trades_with_others"])
    assert told["trades"] > 0


def test_nothing_of_its_own_venue_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert 0 == ats("load", "--mode", "memory", *SMALL).exit_code
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("way", [(), ("--rate", 4000), ("--ping-pong",)], ids=["flat out", "at a rate", "one at a time"])
def test_every_mix_in_every_way_at_a_running_venue(running, mix, way):
    told = loaded(running, "--as", "alice", "--as", "bob", "--mix", mix, *SMALL, *way)

    assert (400, mix, True) == (told["requests"], mix, told["checked"])
    assert 400 == sum(told["answers"].values())
    assert {"TOO_LATE", "UNKNOWN_ORDER"} >= told["refusals"].keys()


def test_it_leaves_the_book_and_the_session_as_they_were(running):
    folder, address = running
    with Client(address, name="carol", key=str(folder / "keys/carol.pem"), account=3) as client:
        client.limit("SPYx", 1, qty=1, price="10")
        before = shown(client.book("SPYx")), client.balances()
        loaded(running, "--as", "alice", "--symbol", "SPYx", "--mix", "market", *SMALL)

        assert before == (shown(client.book("SPYx")), client.balances())
    with Client(address, name="alice", key=str(folder / "keys/alice.pem")) as client:
        assert [] == client.open_orders()
        assert "NEW" == client.limit("SPYx", 1, qty=1, price="10").status.name


def shown(book):
    return book.bids, book.asks


def test_trades_with_others_are_told_apart(running):
    folder, address = running
    with Client(address, name="carol", key=str(folder / "keys/carol.pem"), account=3) as client:
        client.limit("TSLAx", 2, qty=10, price="338")
        told = loaded((folder, address), "--as", "alice", "--symbol", "TSLAx", "--price", "339.20", "--requests", 40)
        client.mass_cancel()

    assert told["trades"] > 0
    assert told["trades"] == told["trades_with_others"]


def test_the_summary_says_what_was_done(running):
    result = load(running, "--as", "alice", "--as", "bob", "--mix", "trade", *SMALL, "--rate", 4000)

    assert 0 == result.exit_code, result.output
    rows = {line[:16].strip(): line[16:].strip() for line in result.stdout.splitlines()}
    assert "mix trade, seed 1; 400 requests, 5 a send, at a rate" in result.stdout
    assert "400 NEW" in result.stdout
    assert {"venue", "load", "rate", "answers", "executions", "latency", "jitter alone", "sends late", "checked"} <= rows.keys()
    assert "2 sessions, mix trade, 400 requests at a rate, seed 1\n" in result.stderr


def test_an_hdr_file_has_every_answer(running, tmp_path):
    path = tmp_path / "load.hgrm"
    told = loaded(running, "--as", "alice", *SMALL, "--hdr", path)
    rows = [line.split() for line in path.read_text().splitlines() if line and line.lstrip()[0].isdigit()]

    assert str(path) == told["hdr"]
    assert 400 == int(rows[-1][2])
    assert told["latency"]["max_us"] == pytest.approx(float(rows[-1][0]), rel=0.01)


def test_the_same_seed_asks_the_same(running):
    one, two, other = (loaded(running, "--as", "alice", "--mix", "replace", *SMALL, "--seed", seed) for seed in (5, 5, 6))

    assert one["answers"] == two["answers"] != other["answers"]
