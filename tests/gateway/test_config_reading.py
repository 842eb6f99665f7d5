"""The configuration and what is around it: the environment, the file's own folder, the journal beside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import ConfigError, load, parse
from engine.journal.records import Mode
from tests.gateway.test_config import GOOD


def test_environment_overrides_tables_that_exist_once() -> None:
    environ = {
        "ENGINE_GATEWAY__PORT": "0",
        "ENGINE_ADMIN__PORT": "7009",
        "ENGINE_VENUE__NAME": "OTHER",
        "ENGINE_JOURNAL__MODE": "memory",
        "ENGINE_JOURNAL__SYNC_MS": "3",
        "ENGINE_DEBUG": "1",
        "PATH": "x__y",
    }
    config = parse(GOOD, environ)

    assert (config.gateway.port, config.admin.port, config.venue.name) == (0, 7009, "OTHER")
    assert (config.journal.mode, config.journal.sync_ms) == (Mode.MEMORY, 3)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("ENGINE_INSTRUMENT__TICK", "no table [instrument] to override; there are venue, gateway, admin, journal, process, limits"),
        ("ENGINE_GATEWAY__PROT", "gateway.prot: unknown key; did you mean port?"),
    ],
)
def test_environment_is_checked_like_the_file(variable: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(GOOD, {variable: "1"})

    assert words in str(caught.value)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "venue.toml"
    file.write_text(GOOD.replace("port = 7001", 'tls_cert = "venue.crt"\ntls_key = "keys/venue.key"'))
    gateway = load(file, {}).gateway

    assert (gateway.tls_cert, gateway.tls_key) == (str(tmp_path / "venue.crt"), str(tmp_path / "keys" / "venue.key"))


def test_a_file_has_a_home_and_a_text_has_none(tmp_path: Path) -> None:
    file = tmp_path / "venue.toml"
    file.write_text(GOOD)

    assert (load(file, {}).home, parse(GOOD).home) == (tmp_path, None)


def test_what_is_not_said_of_the_journal_is_durable_and_beside_the_file() -> None:
    journal = parse(GOOD).journal

    assert (journal.mode, journal.folder, journal.sync_ms, journal.segment_mb) == (Mode.DURABLE, "journal", 10, 64)
    assert (journal.reserve_mb, journal.snapshot_every, journal.key) == (16, 1_000_000, "keys/node.pem")


def test_reading_a_configuration_loads_no_compiled_core() -> None:
    code = "import sys, engine.config; print([name for name in sys.modules if name in ('engine.matching.core', 'engine.venue.venue')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout

    assert told == "[]\n"
