"""What the common tools say of the code: nothing."""

import sys

import pytest

from tests.checkout import listed, run

pytestmark = pytest.mark.house

CHECKED = ["engine", "tests", "bench", "setup.py"]


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--no-cache", "--quiet", "--output-format=concise", *CHECKED)


def test_ruff_would_format_nothing() -> None:
    run("ruff", "format", "--no-cache", "--check", "--quiet", *CHECKED)


def test_cython_lint_finds_nothing() -> None:
    run("cython-lint", *[path for path in listed() if path.endswith((".pyx", ".pxd"))])


def test_mypy_finds_nothing() -> None:
    run(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "engine")


def test_users_see_the_types_that_the_stubs_promise() -> None:
    """In tests/typing each right use has its type asserted, and each wrong one carries the error that mypy must find there."""
    run(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "tests/typing")
