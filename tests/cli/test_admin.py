"""`ats admin`: options made from the acts, what it prints, and its exit codes."""

import json
import socket

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec.structs import fields

from engine.admin.rows import REGISTERS, ROWS
from engine.cli import main
from engine.cli.admin import BY_NAME
from engine.cli.admin_options import PREFIX, flag, parameters
from engine.cli.admin_show import COLUMNS
from engine.cli.admin_values import spoken
from engine.venue.acts import ACTS
from tests.admin.operated import KEYS, config, operated
from tests.cli.venues import ats


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the persons' keys."""
    folder = tmp_path_factory.mktemp("venue")
    (folder / "keys").mkdir()
    for name, key in KEYS.items():
        (folder / "keys" / f"{name}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder


@pytest.fixture(scope="module")
def address():
    with operated(config()) as server:
        yield "{}:{}".format(*server.admin_address)


@pytest.fixture
def call(folder, address):
    def run(name, *words):
        return ats("admin", *words, "--as", name, "--connect", address, "--venue", folder)

    return run


def test_each_act_is_a_command_with_an_option_for_each_field():
    assert {act.__struct_config__.tag for act in ACTS} == set(BY_NAME)
    for act in ACTS:
        assert sorted(PREFIX + field.name for field in fields(act)) == sorted(param.name for param in parameters(act))


@pytest.mark.parametrize("name", BY_NAME)
def test_help_says_what_an_act_does_who_may_and_who_must_agree(name):
    told = " ".join(ats("admin", name, "--help").stdout.split())
    act = BY_NAME[name]

    assert "may ask for it" in told
    assert (act.second_person or bool(act.second_person_if)) == ("A second person must approve it" in told)
    assert [] == [field.name for field in fields(act) if len(fields(act)) > 1 and flag(field.name) not in told]
    assert "_ns" not in told


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("set-auction", "--auction TABLE [call=DURATION], [pause=DURATION], [collar_bps=N], [extend=DURATION], [max_extensions=N]"),
        ("set-fees", "--rates TABLE [maker=BPS], [taker=BPS], [auction=BPS]; may be repeated"),
        (
            "set-calendar",
            "[status=pre-open|auction-call|continuous|closed], [then=continuous|reduce-only|post-only|closed]; may be repeated",
        ),
        ("set-collar", "--collar TABLE max_age=DURATION, [live=TABLE],"),
        ("set-status", "--status WORD draft, pre-open, auction-call,"),
        ("set-issuance", "--breach [reduce-only|halted] reduce-only without it"),
        ("attest", "--signature SIGNATURE base64"),
    ],
)
def test_help_says_how_the_values_of_tables_are_typed(name, says):
    result = CliRunner().invoke(main, ["admin", name, "--help"], terminal_width=200)

    assert says in " ".join(result.stdout.split())


def test_an_act_is_done(call):
    result = call("ada", "add-asset", "--asset", "USDC", "--kind", "cash", "--reason", "quote asset")

    assert (0, "done: asset USDC is number 1\n") == (result.exit_code, result.stdout)


def test_what_waits_for_another_person_is_exit_code_4_and_another_person_approves(call):
    words = ("grant-role", "--name", "nora", "--public-key", "A" * 43 + "=", "--role", "examiner", "--reason", "joins")
    proposed = json.loads(call("ada", *words, "--json").stdout)
    again = call("ada", *words)
    number = proposed["proposal"]
    alone = call("ada", "approve", number)
    approved = call("otto", "approve", number, "--json")

    assert (True, "PROPOSED") == (proposed["accepted"], proposed["code"])
    assert (4, f"proposal {number} waits for a second person: ats admin approve {number}\n") == (again.exit_code, again.stdout)
    assert (1, True) == (alone.exit_code, "refused, SAME_PERSON: ada proposed it" in alone.stderr)
    assert (0, "DONE") == (approved.exit_code, json.loads(approved.stdout)["code"])


def test_a_proposal_is_declined_with_a_reason(call):
    proposed = json.loads(call("ada", "lift-hold", "no-such", "--reason", "x", "--json").stdout)
    without = call("otto", "decline", 1)

    assert (False, 2) == (proposed["accepted"], without.exit_code)
    assert "Missing option '--reason'" in without.stderr


def test_a_dry_run_says_what_would_be_and_is_not(call):
    words = ("add-asset", "--asset", "EURC", "--kind", "cash", "--reason", "x", "--dry-run")
    first, second = call("ada", *words), call("ada", *words)

    assert (0, "dry run: it would be done\n") == (first.exit_code, first.stdout)
    assert first.stdout == second.stdout


def test_what_an_act_does_to_an_instrument_stands_on_the_board_and_in_the_calendar(call):
    """Build an instrument, call its opening, and look: everything in the words of people."""
    for words in (
        ("add-asset", "--asset", "USDT", "--kind", "cash"),
        ("add-asset", "--asset", "NVDAx", "--kind", "token"),
        (
            *("list-instrument", "--symbol", "NVDAx", "--base", "NVDAx", "--quote", "USDT", "--tick", "0.01", "--lot", "0.01"),
            *("--track", "third-party-custodial", "--issuer", "I", "--underlying", "NVDA", "--fungibility-class", "NVDAx"),
            *("--rights", "dividend=cash,vote=none,liquidation=creditor,redeem=cash"),
            *("--auction", "call=1h,extend=1m,max_extensions=2", "--notice", "90d"),
        ),
    ):
        assert 0 == call("ada", *words, "--reason", "test").exit_code
    opening = ("--instrument", "NVDAx", "--status", "auction-call", "--then", "closed", "--cause", "opening", "--reason", "x", "--json")
    proposed = json.loads(call("ada", "set-status", *opening).stdout)
    assert 0 == call("otto", "approve", proposed["proposal"]).exit_code
    (row,) = json.loads(call("eve", "show", "board", "symbol=NVDAx", "--json").stdout)["board"]
    board = call("eve", "show", "board", "symbol=NVDAx").stdout.splitlines()
    calendar = call("eve", "show", "calendar", "of=NVDAx").stdout
    told = json.loads(call("eve", "show", "instruments", "symbol=NVDAx", "--json").stdout)["instruments"][0]["terms"]

    assert ("auction-call", "opening", "closed", "0") == (row["status"], row["cause"], row["then"], row["indicative_qty"])
    assert ["symbol", "status", "cause", "since", "until", "then", "indicative", "reference", "reserve"] == board[0].split()
    assert ["NVDAx", "auction-call", "opening", row["until"].partition(".")[0] + "Z", "closed", "-", "-", "-"] == [
        word for at, word in enumerate(board[1].split()) if at != 3
    ]
    assert "the call ends in an auction, then closed" in calendar
    assert ("1h", 2, "90d") == (told["auction"]["call"], told["auction"]["max_extensions"], told["notice"])


def test_a_dry_run_of_what_waits_is_exit_code_0(call):
    words = ("grant-role", "--name", "zoe", "--public-key", "B" * 43 + "=", "--role", "examiner", "--reason", "joins", "--dry-run")
    result = call("ada", *words)

    assert (0, "dry run: it would wait for a second person\n") == (result.exit_code, result.stdout)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_refusal_is_exit_code_1(call, as_json):
    result = call("eve", "add-asset", "--asset", "X", "--kind", "cash", "--reason", "x", *(["--json"] if as_json else []))

    assert 1 == result.exit_code
    if as_json:
        assert "NOT_PERMITTED" == json.loads(result.stdout)["code"]
    else:
        assert "Error: refused, NOT_PERMITTED: eve is examiner; it takes operator\n" == result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add-asset", "--asset", "a b", "--kind", "cash", "--reason", "x"), "--asset: 'a b': an asset's name"),
        (("add-asset", "--asset", "A", "--kind", "gold", "--reason", "x"), "'gold' is not one of 'cash', 'token'"),
        (("add-asset", "--asset", "A", "--kind", "cash"), "Missing option '--reason'"),
        (("approve", "first"), "PROPOSAL: 'first' is not a whole number"),
        (("credit-deposit", "--reason", "x"), "Missing argument 'EXTERNAL_ID'"),
        (("transfer", "--external-id", "c", "--reason", "x"), "Missing option '--from-account'"),
        (("kill-switch", "--scope", "venue", "--reason", "x"), "Missing option '--on'"),
        (
            ("open-session", "--name", "s", "--public-key", "A" * 43 + "=", "--subscriber", "a", "--reason", "x"),
            "Missing option '--accounts'",
        ),
        (("show", "weather"), "'weather' is not one of"),
        (("show", "assets", "color=red"), "assets have number, asset, kind, name, listed"),
        (("show", "deposits", "amount=much"), "amount: 'much' is not a decimal number"),
        (("fly",), "No such command 'fly'"),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_named(call, words, says):
    result = call("ada", *words)

    assert (2, True) == (result.exit_code, says in result.stderr), result.stderr


def test_who_is_not_reached_is_exit_code_3(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        words = ("--connect", f"127.0.0.1:{taken.getsockname()[1]}", "--as", "ada", "--venue", folder)
        result = ats("admin", "show", "venue", *words)

    assert (3, True) == (result.exit_code, "Does `ats serve` run there" in result.stderr)


def test_who_is_not_let_in_is_exit_code_3(call, folder):
    result = call("eve", "show", "venue", "--key", folder / "keys" / "ada.pem")

    assert (3, True) == (result.exit_code, "logon refused" in result.stderr)


@pytest.mark.parametrize("what", REGISTERS)
def test_every_register_is_shown_as_a_table_and_as_json(call, what):
    table, told = call("eve", "show", what), call("eve", "show", what, "--json")

    assert (0, 0) == (table.exit_code, told.exit_code)
    assert (what in json.loads(told.stdout)) or what == "venue"


def test_tables_have_columns_that_rows_have():
    for what, columns in COLUMNS.items():
        known = {spoken(name) for name in ROWS[what].__struct_fields__}

        assert {column[1:] for column in columns.split()} <= known
    assert set(REGISTERS) == {*COLUMNS, "venue", "board"}


def test_rows_are_picked_by_what_people_read(call):
    result = call("eve", "show", "roles", "roles=examiner", "--json")

    assert ["eve"] == [row["name"] for row in json.loads(result.stdout)["roles"] if row["name"] != "nora"]


def test_a_key_is_made_once_and_its_public_half_printed(tmp_path):
    first = ats("admin", "key", "zoe", "--venue", tmp_path)
    second = json.loads(ats("admin", "key", "zoe", "--venue", tmp_path, "--json").stdout)

    assert first.stdout.strip() == second["public_key"]
    assert (tmp_path / "keys" / "zoe.pem").exists()


def test_the_venues_file_says_where_and_who(tmp_path, address):
    assert 0 == ats("init", tmp_path, "--person", "ada", "--empty").exit_code
    port = address.rpartition(":")[2]
    result = ats("admin", "show", "venue", env={"ATS_VENUE": str(tmp_path), "ENGINE_ADMIN__PORT": port})

    assert (3, True) == (result.exit_code, f"127.0.0.1:{port}: logon refused" in result.stderr), result.output


@pytest.mark.parametrize(
    ("persons", "says"),
    [(("ada", "otto"), "--as is needed: there are keys of ada, otto"), ((), "no person's key in")],
)
def test_who_acts_must_be_said_where_it_is_not_clear(tmp_path, persons, says):
    for name in persons:
        ats("admin", "key", name, "--venue", tmp_path)
    if persons:
        ats("init", tmp_path, "--empty", *(word for name in persons for word in ("--person", name)))
    result = ats("admin", "show", "venue", "--venue", tmp_path)

    assert (2, True) == (result.exit_code, says in result.stderr)


def test_a_free_port_cannot_be_guessed(tmp_path):
    ats("init", tmp_path, "--person", "ada", "--empty")
    result = ats("admin", "show", "venue", "--venue", tmp_path, env={"ENGINE_ADMIN__PORT": "0"})

    assert (2, True) == (result.exit_code, "say which with --connect HOST:PORT" in result.stderr)


def test_help_lists_every_command():
    told = CliRunner().invoke(main, ["admin", "--help"], terminal_width=100).stdout.replace("-\n", "-").replace(" ", "").replace("\n", "")

    assert [] == [name for name in BY_NAME if name not in told]
