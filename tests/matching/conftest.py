"""Every drawn example is played on the oracle and on the core."""

import pytest

from engine.testing.play import play
from tests.matching.books import MAKERS


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    """Open a book: the oracle, then the core."""
    return MAKERS[request.param]


@pytest.fixture
def played(make):
    """Play a script on the book of this run."""
    return lambda script: play(script, make)
