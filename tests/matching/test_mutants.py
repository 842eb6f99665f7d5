"""The mutants still fit the sources: each changes a text that stands there exactly once."""

import pytest

from tests.matching.auction_mutants import AUCTION_MUTANTS
from tests.mutants import MATCHING, MUTANTS, ROOT

EVERY = [*MUTANTS, *AUCTION_MUTANTS]


@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name)
def test_mutant_fits_the_source(mutant):
    assert 1 == (ROOT / MATCHING / mutant.file).read_text().count(mutant.old)


def test_names_are_unique():
    assert len(EVERY) == len({mutant.name for mutant in EVERY})
