"""What a stub says of a compiled name is what `help` says of it."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from tests.checkout import ROOT

STUBS = sorted(path for path in (ROOT / "engine").rglob("*.pyi") if path.with_suffix(".pyx").exists())


def told(body: list[ast.stmt], home: object, name: str) -> list[str]:
    """Return the names in a stub whose docstring the running object does not have."""
    missing = []
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            said = ast.get_docstring(node)
            found = inspect.getattr_static(home, node.name)
            plain = inspect.isgetsetdescriptor(found) and not found.__doc__  # an attribute of a compiled class has no place for words
            if said and not plain and not inspect.cleandoc(getattr(found, "__doc__", None) or "").endswith(said):
                missing.append(f"{name}.{node.name}")
            if isinstance(node, ast.ClassDef):
                missing += told(node.body, found, f"{name}.{node.name}")
    return missing


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
def test_stub_and_help_say_the_same(stub: Path) -> None:
    name = ".".join(stub.relative_to(ROOT).with_suffix("").parts)

    assert [] == told(ast.parse(stub.read_text()).body, importlib.import_module(name), name)
