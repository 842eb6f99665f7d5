"""The mutants of the venue, of images, statuses and issuance still fit its sources: each changes a text that stands there exactly once."""

import pytest

from tests.mutants import ROOT
from tests.venue import image_mutants, issuance_mutants, status_mutants
from tests.venue.mutants import MUTANTS, VENUE

ALL = MUTANTS + image_mutants.MUTANTS + status_mutants.MUTANTS + issuance_mutants.MUTANTS


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_mutant_fits_the_source(mutant):
    assert 1 == (ROOT / VENUE / mutant.file).read_text().count(mutant.old)


def test_names_are_unique():
    assert len(ALL) == len({mutant.name for mutant in ALL})
