"""`ats journal tail` and `export`: the log's commands, each once, as people and programs read them."""

import base64
import json
import signal
import subprocess
import sys

import pytest

from engine.journal.records import Group
from engine.transcript import commands_of, described
from tests.checkout import ROOT
from tests.cli.journals import ACT, COMMANDS, START_NS, append, opened, venue_with_journal
from tests.cli.venues import ats

SENTENCES = """\
19 2026-11-18T11:06:59Z BIRTH birth={"venue":"ATS-TEST","limits":{"orders":1024,"levels":4096},"format":1}
20 2026-11-18T11:07:00Z ACT actor=ada reason="first listing" act={"act":"add-asset","asset":"USDC","kind":"cash","name":"USD Coin"}
21 2026-11-18T11:07:01Z LOGON session=3 flags=DISCONNECT
22 2026-11-18T11:07:02Z ENTER in_seq=1 cl_ord_id=41 price=167.52 qty=2.5 expire=2026-11-18T11:07:40Z \
session=3 account=7 instrument=2 side=SELL ord_type=LIMIT tif=GTD
23 2026-11-18T11:07:03Z MASS_CANCEL session=3 flags=BY_SESSION+DISCONNECT
24 2026-11-18T11:07:04Z MARK history=0000000000abcdef
""".splitlines()


@pytest.fixture
def venue(tmp_path):
    """Hold a venue of 24 sequences in groups of two."""
    return venue_with_journal(tmp_path / "venue")


def lines(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_last_commands_are_told_in_sentences(venue):
    told = ats("journal", "tail", venue, "-n", 6).stdout

    assert SENTENCES == [" ".join(line.split()) for line in told.splitlines()]


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [24]), (3, [22, 23, 24]), (99, list(range(1, 25)))])
def test_the_tail_is_as_long_as_asked(venue, count, expected):
    assert expected == [told["seq"] for told in lines(ats("journal", "tail", venue, "-n", count, "--json"))]


def test_a_tail_begins_with_what_is_kept(venue):
    for name in ("00000001.segment", "00000001.seal"):
        (venue / "journal" / name).unlink()

    assert 7 == lines(ats("journal", "tail", venue, "-n", 99, "--json"))[0]["seq"]


def test_a_tail_that_follows_tells_what_becomes_durable_until_it_is_stopped(venue):
    call = [sys.executable, "-m", "engine", "journal", "tail", str(venue), "-n", "1", "--follow", "--json"]
    with subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert 24 == json.loads(process.stdout.readline())["seq"]
            with opened(venue / "journal") as journal:
                append(journal, COMMANDS[2:4])
                assert [25, 26] == [json.loads(process.stdout.readline())["seq"] for _ in range(2)]
            with opened(venue / "journal") as journal:
                append(journal, COMMANDS[4:5])
                assert 27 == json.loads(process.stdout.readline())["seq"]
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=30)
        finally:
            process.kill()

        assert (("", ""), 0) == (rest, process.returncode)


def test_an_export_is_every_command_in_order(venue):
    result = ats("journal", "export", venue)
    told = lines(result)
    commands = [(command._replace(ts_ns=START_NS + seq * 10**9), payload) for seq, (command, payload) in enumerate(COMMANDS * 4, 1)]

    assert [described(seq, *each) for seq, each in enumerate(commands, 1)] == told
    assert "24 commands\n" == result.stderr


def test_a_range_is_exported_to_the_sequence(venue):
    assert [4, 5] == [each["seq"] for each in lines(ats("journal", "export", venue, "--from", 4, "--to", 5))]


def test_raw_groups_are_what_was_appended(venue, tmp_path):
    out = tmp_path / "out"
    result = ats("journal", "export", venue, "--raw", "--from", 2, "--to", 3, "--out", out)
    groups = [json.loads(line) for line in out.read_text().splitlines()]
    group = Group(**{**groups[0], "body": base64.b64decode(groups[0]["body"])})

    assert (0, "2 groups\n", [(1, 2), (3, 2)]) == (result.exit_code, result.stderr, [(each["first_seq"], each["count"]) for each in groups])
    assert ACT == list(commands_of(group))[1][2]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--from", 5, "--to", 4), "--from 5 is after --to 4"), (("--from", 1), "sequence 1 is older than what is kept")],
)
def test_a_range_that_cannot_be_is_a_wrong_call(venue, words, said):
    for name in ("00000001.segment", "00000001.seal"):
        (venue / "journal" / name).unlink()
    result = ats("journal", "export", venue, *words)

    assert (2, True) == (result.exit_code, said in result.stderr)


def test_damage_ends_an_export_behind_what_is_right(venue):
    path = venue / "journal" / "00000002.segment"
    content = bytearray(path.read_bytes())
    content[8192 + 64] ^= 1
    path.write_bytes(content)
    result = ats("journal", "export", venue)

    assert 70 == result.exit_code
    assert list(range(1, 9)) == [json.loads(line)["seq"] for line in result.stdout.splitlines()]
    assert "00000002.segment, byte 8192: the frame's body has a wrong hash" in result.stderr
