"""Every damage of a kind, on a small snapshot; `python -m tests.snapshot.exhaust` tries more of them."""

import pytest

from tests.snapshot.exhaust import KINDS, flip_every_bit

BITS = 250_000  # how many are flipped at least, each time the suite runs


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.__name__)
def test_no_damage_is_taken_for_a_snapshot(kind):
    """The kinds say in their docstrings what is right."""
    tried = kind(1)

    assert tried > 0


def test_a_flipped_bit_is_found_and_its_place_is_named():
    tried = seed = 0
    while tried < BITS:
        tried += flip_every_bit(seed)
        seed += 1

    assert seed > 1
