"""The table of laws in tests/README.md is true: each test that it names is there, and no law of the venue is left out."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = re.findall(r"^\| (\S[^|]*) \| [^|]+ \| `(\S+)::(\w+)` \|$", (TESTS / "README.md").read_text(), re.MULTILINE)
LAWS = {*(f"L{n}" for n in range(1, 11)), *(f"O{n}" for n in range(1, 12)), "T1", "T2", "T3", "T4", "T6", "P1", "P2", "P3", "P4"}
LAWS |= {*(f"S{n}" for n in range(1, 7)), *(f"I{n}" for n in range(1, 7)), *(f"B{n}" for n in range(1, 8))}


@pytest.mark.parametrize(("law", "path", "test"), ROWS, ids=lambda word: word if "_" not in word else "")
def test_named_test_is_there(law, path, test):
    assert re.search(rf"^def {test}\(", (TESTS / path).read_text(), re.MULTILINE), law


def test_no_law_is_left_out():
    assert LAWS | {"A1", "A2", "A3", "K1", "K2", "X1", "X2", "X3", "X4"} <= {law for law, _, _ in ROWS}
