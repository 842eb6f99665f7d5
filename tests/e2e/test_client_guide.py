"""The examples of docs/CLIENT.md, run against a real venue: each prints what stands under it."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.client import Client, Side
from engine.venue.terms import Fee
from tests.e2e.venue_thread import venue_thread
from tests.gateway.raw import KEYS

FEES = {"rates": (Fee(maker=-25, taker=250),)}
GUIDE = Path(__file__).parents[2] / "docs" / "CLIENT.md"
README = Path(__file__).parents[2] / "README.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
EXAMPLES = EXAMPLE.findall(GUIDE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("program", "printed"), EXAMPLES)
def test_an_example_prints_what_the_guide_says(program: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("keys").mkdir()
    for name, key in KEYS.items():
        Path(f"keys/{name}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    out = io.StringIO()
    with venue_thread(terms=FEES) as address, contextlib.redirect_stdout(out):
        exec(compile(program.replace("127.0.0.1:7001", address), str(GUIDE), "exec"), {"__name__": "__main__"})

    assert printed == out.getvalue()


def test_the_guide_has_examples() -> None:
    assert len(EXAMPLES) >= 5
    assert all(printed for _, printed in EXAMPLES)


def test_the_function_of_the_readme_buys_ten(tmp_path: Path) -> None:
    """Drawn from a fault: it named side and time in force by words that the client does not know, and nothing ever called it."""
    for name in ("alice", "bob"):
        (tmp_path / f"{name}.pem").write_bytes(KEYS[name].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (program,) = (block for block in blocks if "def buy_ten" in block)
    known: dict[str, Any] = {}
    exec(compile(program, str(README), "exec"), known)
    with venue_thread() as address, Client(address, name="bob", key=tmp_path / "bob.pem", account=2) as seller:
        seller.limit("AAPLx", Side.SELL, "10", "167.50")

        assert known["buy_ten"](address, str(tmp_path / "alice.pem")) == "FILLED, 10.0000 bought"
