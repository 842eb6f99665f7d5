"""The mutants of the journal still fit its sources: each changes a text that stands there exactly once."""

import pytest

from tests.journal.mutants import JOURNAL, MUTANTS
from tests.mutants import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_fits_the_source(mutant):
    assert 1 == (ROOT / JOURNAL / mutant.file).read_text().count(mutant.old)


def test_names_are_unique():
    assert len(MUTANTS) == len({mutant.name for mutant in MUTANTS})
