"""`ats serve` and its journal: what it says of it, what comes back, and how it ends when the journal cannot go on."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from engine.cli.demo import discard_closed
from tests.checkout import ROOT
from tests.cli.journals import COMMANDS, append, fill, opened
from tests.cli.venues import ats, made_venue

SMALL = {"ENGINE_JOURNAL__SEGMENT_MB": "1", "ENGINE_JOURNAL__RESERVE_MB": "1"}
CALL = [sys.executable, "-m", "engine", "serve", "--log-level", "error"]


@pytest.fixture
def folder(tmp_path):
    return made_venue(tmp_path / "venue", "alice")


def attempt(folder, *words, **environment):
    """Serve a venue that does not start; return its exit code and complaint."""
    done = subprocess.run(
        [*CALL, "--venue", folder, "--port", "0", *words],
        cwd=ROOT,
        env={**os.environ, **SMALL, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


@contextmanager
def served(folder, *words, **environment):
    """Serve a venue; give its process, and what it says at its start."""
    call = [*CALL, "--venue", folder, "--port", "0", *words]
    with subprocess.Popen(
        call, cwd=ROOT, env={**os.environ, **SMALL, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            said = process.stdout.readline()
            while said and "--json" not in words and "persons, " not in said:
                said += process.stdout.readline() or pytest.fail(process.communicate()[1])
            assert said, process.communicate()[1]
            yield process, said
        finally:
            if process.returncode is None:
                process.kill()


def ended(process, number=signal.SIGINT):
    process.send_signal(number)
    complaints = process.communicate(timeout=60)[1]
    return process.returncode, complaints


def address(said):
    return re.search(r"listens on (127\.0\.0\.1:\d+)", said)[1]


def buy(folder, said):
    return ats("buy", "AAPLx", "1", "@", "167.52", "--tif", "gtc", "--as", "alice", "--connect", address(said), "--venue", folder)


def test_a_new_venue_says_where_its_journal_is_and_one_that_comes_back_what_was_recovered(folder):
    with served(folder) as (process, said):
        assert f"\nNew journal at {folder}/journal.\nSeeded: 4 assets, " in said
        assert 0 == buy(folder, said).exit_code
        assert (-signal.SIGKILL, "") == ended(process, signal.SIGKILL)
    with served(folder) as (process, said):
        recovered = re.search(r"\nRecovered (\d+) commands in \d+\.\d s from the venue's birth; state ([0-9a-f]{64})\.\n2 persons, ", said)
        orders = json.loads(ats("orders", "--as", "alice", "--connect", address(said), "--venue", folder, "--json").stdout)["orders"]
        assert (0, "") == ended(process)
    with served(folder, "--json") as (process, said):
        told = json.loads(said)["journal"]
        assert (0, "") == ended(process)

    assert "Seeded" not in said
    assert 20 < int(recovered[1]) < 60
    assert ["167.52"] == [order["price"] for order in orders]
    assert (False, 0, "durable", f"{folder}/journal") == tuple(told[name] for name in ("born", "commands", "mode", "folder"))
    assert told["last_seq"] == told["snapshot_seq"] > int(recovered[1])


def test_the_state_that_is_told_is_that_of_a_replay_elsewhere(folder):
    for _ in range(2):
        with served(folder) as (process, said):
            assert 0 == buy(folder, said).exit_code
            assert (0, "") == ended(process)
    with served(folder, "--json") as (process, said):
        snapshot = json.loads(said)["journal"]["snapshot_seq"]
        replayed = [json.loads(ats("journal", "replay", folder, "--json", *start).stdout) for start in ((), ("--from", snapshot))]
        assert (0, "") == ended(process)

    assert {json.loads(said)["journal"]["state_hash"]} == {told["state_hash"] for told in replayed}
    assert 2 == len(replayed[0]["snapshots"])


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [("async", "async: a loss of power can cost the last 10 ms."), ("memory", "memory: nothing outlives this process.")],
)
def test_what_a_mode_can_cost_is_said_plainly(folder, mode, sentence):
    with served(folder, ENGINE_JOURNAL__MODE=mode) as (process, said):
        assert f"\n{sentence}\n" in said
        assert (0, "") == ended(process)
    assert (mode == "async") == (folder / "journal").exists()
    with served(folder, "--json", ENGINE_JOURNAL__MODE=mode) as (process, said):
        assert mode == json.loads(said)["journal"]["mode"]


def test_seeds_are_looked_at_only_once(folder):
    with served(folder) as (process, said):
        assert "3 instruments" in said
        ended(process)
    config = folder / "venue.toml"
    config.write_text(config.read_text() + '\n[[instrument]]\nsymbol = "NVDAx"\ntick = "0.01"\nlot = "0.0001"\n')
    with served(folder) as (process, said):
        status = json.loads(ats("status", "--as", "alice", "--connect", address(said), "--venue", folder, "--json").stdout)
        assert (0, "") == ended(process)

    assert ["AAPLx", "TSLAx", "SPYx"] == [instrument["symbol"] for instrument in status["instruments"]]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ENGINE_LIMITS__ORDERS", "4096", ("limits.orders", "4096", "1048576")),
        ("ENGINE_VENUE__NAME", "OTHER", ("venue.name", "OTHER", "ATS-DEMO")),
    ],
)
def test_what_a_venue_was_born_with_cannot_be_changed(folder, variable, value, words):
    with served(folder) as (process, _):
        ended(process)
    code, complaint = attempt(folder, **{variable: value})

    assert 2 == code
    assert all(word in complaint for word in words)


def test_a_corrupt_journal_is_refused_with_the_place_and_the_way_out(folder):
    with served(folder) as (process, _):
        ended(process, signal.SIGKILL)
    with (folder / "journal" / "00000001.segment").open("r+b") as file:
        file.seek(4096 + 100)
        byte = file.read(1)
        file.seek(4096 + 100)
        file.write(bytes([byte[0] ^ 1]))
    before = (folder / "journal" / "00000001.segment").read_bytes()
    code, complaint = attempt(folder)

    assert 70 == code
    assert f"Error: {folder}/journal: 00000001.segment, byte 4096: the frame's body has a wrong hash" in complaint
    assert "The venue does not start: something that was durable is missing or changed." in complaint
    assert "“A corrupt journal”" in complaint
    assert before == (folder / "journal" / "00000001.segment").read_bytes()


def test_a_journal_that_another_process_has_is_left_alone(folder):
    with served(folder) as (process, _):
        code, complaint = attempt(folder)
        assert (0, "") == ended(process)

    assert 70 == code
    assert f"{folder}/journal: another process has this journal.  The venue does not start." in complaint


def test_a_journal_that_stops_stops_the_venue(folder):
    """No byte can be written any more: a full disk, as far as a process can tell."""
    with served(folder) as (process, said):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        assert 0 != buy(folder, said).exit_code
        complaint = process.communicate(timeout=60)[1]
    assert 70 == process.returncode
    assert f"Error: {folder}/journal: the journal has stopped: " in complaint
    assert "File too large" in complaint
    assert "What anybody was told is on the disk; the rest nobody was told." in complaint
    assert not (folder / "journal" / "reserve").exists()
    with served(folder) as (process, said):
        assert "no open orders\n" == ats("orders", "--as", "alice", "--connect", address(said), "--venue", folder).stdout
        assert (0, "") == ended(process)


def test_the_exit_code_says_it_where_the_text_cannot_be_written(folder, tmp_path):
    """A log on the disk that is full."""
    call = [*CALL, "--venue", folder, "--port", "0"]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(call, cwd=ROOT, env={**os.environ, **SMALL}, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        said = "".join(process.stdout.readline() for _ in range(3))
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        buy(folder, said)
        try:
            assert 70 == process.wait(timeout=30)
        finally:
            process.kill()
    assert "" == (tmp_path / "log").read_text()


def test_where_the_journal_cannot_be_made_the_file_is_named(folder):
    (folder / "journal").write_text("not a folder")
    code, complaint = attempt(folder)

    assert 70 == code
    assert f"{folder}/journal" in complaint
    assert "cannot listen" not in complaint


def test_an_address_in_use_is_exit_code_1(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, complaint = attempt(folder, "--port", str(taken.getsockname()[1]), "--admin-port", "0")

    assert 1 == code
    assert "cannot listen on 127.0.0.1:" in complaint


def test_what_a_demo_discards_its_journal_does_not_need(tmp_path):
    with opened(tmp_path) as journal:
        fill(journal, 6)
        while len(list(tmp_path.glob("*.seal"))) < 5:
            journal.wait(journal.last_seq, 10)
        discard_closed(tmp_path)
        assert ["00000005.seal"] == [path.name for path in tmp_path.glob("*.seal")]
        append(journal, COMMANDS[:2])
        fill(journal, 2)
    assert 50 == journal.last_seq
