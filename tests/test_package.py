"""The package's face: lazy, complete, and alone where only the client is asked for."""

import sys

import pytest

import engine
from tests.checkout import run


@pytest.mark.parametrize("name", engine.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert name in dir(engine)
    assert getattr(engine, name)


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="module 'engine' has no attribute 'Ledger'"):
        _ = engine.Ledger


def test_a_trading_client_loads_neither_core_nor_server() -> None:
    code = "import sys, engine.client; print(*(m for m in sys.modules if m.startswith('engine')))"
    told = set(run(sys.executable, "-c", code).stdout.split())
    known = ("engine.client", "engine.protocol")

    assert {m for m in told if not m.startswith(known)} <= {
        *("engine", "engine.matching", "engine.matching.enums", "engine.venue", "engine.venue.records")
    }
    assert "engine.protocol.codec" not in told
