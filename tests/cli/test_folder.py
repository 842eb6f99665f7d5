"""`ats init`, `ats serve` and how commands find their venue, without one running."""

import base64
import json
import stat
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.cli.access import find_access
from engine.cli.venue_folder import make_keys
from engine.client.keys import load_key
from engine.config import load
from engine.journal.records import Mode
from engine.recovery import Recovered
from engine.venue.acts import Found, GrantRole, OpenSession
from tests.cli.venues import ats, made_venue


def test_init_writes_a_configuration_that_loads_and_the_keys_that_it_names(tmp_path):
    result = ats("init", tmp_path / "v", "--subscriber", "ann", "--subscriber", "bea", "--name", "MY-ATS", "--json")

    config = load(tmp_path / "v" / "venue.toml", {})
    told = json.loads(result.stdout)
    keyed = {act.name: act.public_key for act in config.acts if isinstance(act, OpenSession | GrantRole)}
    assert ("MY-ATS", ["ann", "bea", "ada", "otto"]) == (config.venue.name, list(keyed))
    for name, key in keyed.items():
        assert key == load_key(told["keys"][name]).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def test_an_empty_venue_has_its_persons_and_nothing_else(tmp_path):
    result = ats("init", tmp_path, "--empty", "--person", "anna", "--person", "ben", "--json")

    assert (["anna", "ben"], []) == (json.loads(result.stdout)["persons"], json.loads(result.stdout)["subscribers"])
    assert {GrantRole, Found} == {type(act) for act in load(tmp_path / "venue.toml", {}).acts}


def test_private_keys_are_readable_by_their_owner_alone(tmp_path):
    keys = made_venue(tmp_path / "v", "ann") / "keys"

    assert (0o700, 0o600) == (stat.S_IMODE(keys.stat().st_mode), stat.S_IMODE((keys / "ann.pem").stat().st_mode))


def test_init_never_overwrites(tmp_path):
    made_venue(tmp_path, "ann")
    before = (tmp_path / "venue.toml").read_bytes()

    result = ats("init", tmp_path)

    assert (1, before) == (result.exit_code, (tmp_path / "venue.toml").read_bytes())
    assert "is already there" in result.stderr


def test_init_keeps_keys_that_are_there(tmp_path):
    made_venue(tmp_path, "ann")
    key = (tmp_path / "keys" / "ann.pem").read_bytes()
    (tmp_path / "venue.toml").unlink()

    made_venue(tmp_path, "ann", "bea")

    assert key == (tmp_path / "keys" / "ann.pem").read_bytes()


def test_init_refuses_a_key_that_is_none(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ann.pem").write_text("no key")

    assert 1 == ats("init", tmp_path, "--subscriber", "ann").exit_code


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--subscriber", "no spaces"), "'no spaces': 1 to 32 letters, digits"),
        (("--person", "ünn"), "'ünn': 1 to 32 letters, digits"),
        (("--person", "alice"), "alice is both a subscriber and a person"),
        (("--empty", "--subscriber", "ann"), "--empty makes a venue without subscribers"),
    ],
)
def test_init_names_the_rule_that_a_call_breaks(tmp_path, words, says):
    result = ats("init", tmp_path / "v", *words)

    assert (2, True) == (result.exit_code, says in result.stderr)
    assert not (tmp_path / "v").exists()


def test_the_folder_says_where_and_who(tmp_path):
    folder = made_venue(tmp_path, "ann", "bea")

    access = find_access(folder, name="bea")

    assert ("127.0.0.1:7001", "bea", folder / "keys" / "bea.pem", 2) == (access.address, access.name, access.key, access.account)
    assert False is access.options()["cancel_on_disconnect"]
    assert True is access.flow()["cancel_on_disconnect"]


def test_the_only_key_needs_no_name_and_persons_and_attestors_do_not_count(tmp_path):
    folder = made_venue(tmp_path, "ann")
    ((_, key),) = make_keys(folder, ["harris"])
    with (folder / "venue.toml").open("a") as config:
        config.write(f'\n[[attestor]]\nname = "harris"\npublic_key = "{key}"\n')

    assert ["ada", "ann", "harris", "otto"] == sorted(path.stem for path in (folder / "keys").iterdir())
    assert "ann" == find_access(folder).name


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("orders",), "--as is needed: there are keys of ann, bea"),
        (("orders", "--as", "cyd"), "or --as one of the keys in"),
        (("orders", "--as", "ann", "--connect", "nowhere"), "address 'nowhere' is not HOST:PORT"),
        (("orders", "--as", "ann", "--connect", "127.0.0.1:1"), "Is a venue running there?  `ats serve` starts one"),
    ],
)
def test_what_is_missing_is_said(tmp_path, words, says):
    folder = made_venue(tmp_path, "ann", "bea")

    result = ats(*words, "--venue", folder)

    assert (2, True) == (result.exit_code, says in result.stderr), result.stderr


def test_without_a_folder_its_making_is_explained(tmp_path):
    result = ats("status", "--venue", tmp_path)

    assert (2, True) == (result.exit_code, "`ats init DIR` makes one" in result.stderr)


def test_a_folder_may_be_named_by_the_environment(tmp_path):
    folder = made_venue(tmp_path, "ann", "bea")

    result = ats("orders", env={"ATS_VENUE": str(folder)})

    assert "keys of ann, bea" in result.stderr


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, "is not there: `ats init DIR` makes a venue"),
        ("[venue]\nnam = 'x'", "venue.nam: unknown key; did you mean name?"),
        ("[", "not TOML"),
    ],
)
def test_serve_says_what_is_wrong_with_its_configuration(tmp_path, config, says):
    if config is not None:
        (tmp_path / "venue.toml").write_text(config)

    result = ats("serve", "--venue", tmp_path)

    assert (2, True) == (result.exit_code, says in result.stderr), result.stderr


def test_a_venue_with_tls_is_spoken_to_with_its_certificate(tmp_path):
    folder = made_venue(tmp_path, "ann")
    config = (folder / "venue.toml").read_text()
    (folder / "venue.toml").write_text(config.replace("# tls_cert", "tls_cert").replace("# tls_key", "tls_key"))

    assert folder / "venue.crt" == find_access(folder).certificate


def test_a_free_port_cannot_be_guessed(tmp_path):
    folder = made_venue(tmp_path, "ann")
    (folder / "venue.toml").write_text((folder / "venue.toml").read_text().replace("port = 7001", "port = 0"))

    result = ats("orders", "--venue", folder)

    assert (2, True) == (result.exit_code, "say which with --connect HOST:PORT" in result.stderr)


def test_a_public_key_in_the_configuration_is_base64_of_32_bytes(tmp_path):
    line = next(line for line in (made_venue(tmp_path, "ann") / "venue.toml").read_text().splitlines() if "public_key" in line)

    assert 32 == len(base64.b64decode(line.split('"')[1]))


@pytest.mark.parametrize(("fault", "ends"), [(None, 0), (AssertionError("asset 1: 5 came from nowhere"), 1)])
def test_serve_ends_with_a_check_where_it_is_asked_to(tmp_path, monkeypatch, fault, ends):
    class Venue:
        def check(self):
            if fault:
                raise fault

    office = SimpleNamespace(roles={}, founded=False)
    gateway = SimpleNamespace(office=office, venue=Venue(), recovered=Recovered(born=True, mode=Mode.MEMORY))
    server = SimpleNamespace(gateway=gateway, address=("127.0.0.1", 1), admin_address=("127.0.0.1", 2))
    monkeypatch.setattr("engine.admin.server.serve", lambda _, ready: ready(server))

    result = ats("serve", "--venue", made_venue(tmp_path, "ann"), "--check")

    assert ends == result.exit_code
    assert ("an invariant does not hold: asset 1: 5 came from nowhere" in result.stderr) == bool(fault)


def test_the_nodes_key_is_nobodys_who_trades(tmp_path):
    folder = made_venue(tmp_path / "venue", "ann")
    make_keys(folder, ["node"])
    refused = ats("init", tmp_path / "other", "--subscriber", "node")

    assert "ann" == find_access(folder).name
    assert (2, True) == (refused.exit_code, "node is the venue itself" in refused.stderr)
    assert not (tmp_path / "other").exists()
