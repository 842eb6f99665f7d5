"""Every damage of a kind, on a small journal; `python -m tests.journal.exhaust` tries more of them."""

import pytest

from tests.journal.exhaust import GATES, KINDS, tried_in


@pytest.fixture(scope="module")
def tried():
    """Count what was tried, by kind."""
    return {}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_damage_is_judged_wrongly(kind, tried):
    """The kinds say in their docstrings what is right."""
    tried[kind.__name__] = tried_in(kind, range(KINDS[kind]))

    assert tried[kind.__name__] > 0


@pytest.mark.parametrize("gate", GATES)
def test_enough_damage_was_tried(gate, tried):
    if tried.keys() != {kind.__name__ for kind in KINDS}:
        pytest.skip("only some of the kinds were run")

    assert sum(count for name, count in tried.items() if name.startswith(gate)) >= GATES[gate]
