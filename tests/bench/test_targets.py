"""A figure is held against its target on the right side, and unrounded."""

from math import inf, nan

import pytest

from bench.targets import TARGETS, line


def test_a_line_says_all_that_a_reader_needs() -> None:
    found = line("P1", 1.91, shape="crash")

    assert {
        "id": "P1",
        "what": TARGETS["P1"].what,
        "target": 2.0,
        "unit": "x the floor",
        "better": "lower",
        "figure": 1.91,
        "met": True,
        "beside": {"shape": "crash"},
    } == found


@pytest.mark.parametrize(
    ("name", "figure", "met"),
    [
        ("P1", 2.0, True),
        ("P1", 2.0000001, False),
        ("P5a", 1_000_000, True),
        ("P5a", 999_999.9, False),
        ("P5b", 1 / 3, True),
        ("P7", 0.79999, False),
        ("P3a", 120 / 77, True),
    ],
)
def test_the_bound_itself_is_met_and_what_rounds_to_it_is_not(name: str, figure: float, met: bool) -> None:
    assert met == line(name, figure)["met"]


def test_every_target_has_its_parts() -> None:
    assert {f"P{number}" for number in range(1, 11)} == {name.rstrip("ab") for name in TARGETS}


@pytest.mark.parametrize("figure", [nan, inf])
def test_what_is_no_figure_is_refused(figure: float) -> None:
    with pytest.raises(ValueError, match="is no figure"):
        line("P1", figure)


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(KeyError):
        line("P11", 1.0)
