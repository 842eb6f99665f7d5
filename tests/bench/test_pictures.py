"""Every picture of docs/ shows what the results that it names have: its points are worked out again, and read back from its lines."""

import re
from math import log10
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from bench.pictures import LARGEST, identity
from bench.points import PICTURES, Panel, Picture, by_percentile, digest, read_again
from bench.results import ROOT

SVG = "{http://www.w3.org/2000/svg}"
DC = "{http://purl.org/dc/elements/1.1/}"
XLINK = "{http://www.w3.org/1999/xlink}"
DRAWN = sorted((ROOT / "docs").glob("*.svg"))
PIXELS = 0.02

Places = list[tuple[float, float]]


def faults(text: str) -> list[str]:
    """Say where a picture differs from the results that it names; nothing where it is true."""
    root = parsed(text)
    name, files, said = (told(root, word) for word in ("title", "source", "description"))
    picture = PICTURES[name].points(read_again(name, files))
    found = [] if said == f"SHA-256 of the points: {digest(picture)}" else [f"{name}: the points are others"]
    return found + [fault for panel in picture.items() for fault in of_panel(root, *panel)]


def parsed(text: str) -> Tree.Element:
    return Tree.fromstring(text)  # noqa: S314  our own picture


def told(root: Tree.Element, word: str) -> str:
    return "".join((next(root.iter(f"{DC}{word}"))).itertext()).strip()


def of_panel(root: Tree.Element, name: str, panel: Panel) -> list[str]:
    """Hold every series of a field against its points: one scale for all of them, upwards and to the right."""
    found, pairs = [], []
    for series, points in panel.series.items():
        drawn = places(root, identity(name, series))
        if len(drawn) != len(points):
            found.append(f"{name}, {series}: {len(drawn)} points are drawn, {len(points)} are known")
        else:
            pairs += [(series, scaled(point, panel), place) for point, place in zip(points, drawn, strict=True)]
    for axis, sign in ((0, 1), (1, -1)):
        least, most = (extreme(pairs, key=lambda pair: pair[1][axis]) for extreme in (min, max))
        step = (most[2][axis] - least[2][axis]) / (most[1][axis] - least[1][axis])
        if step * sign <= 0:
            found.append(f"{name}: an axis runs the wrong way")
        for series, point, place in pairs:
            if abs(least[2][axis] + (point[axis] - least[1][axis]) * step - place[axis]) > PIXELS:
                found.append(f"{name}, {series}: {point} is drawn at {place}")
    return found


def scaled(point: tuple[float, float], panel: Panel) -> tuple[float, float]:
    x, y = (log10(value) if logarithmic else value for value, logarithmic in zip(point, panel.logarithmic, strict=True))
    return x, y


def places(root: Tree.Element, name: str) -> Places:
    """Return where a series is drawn: its markers, or the corners of its line; both where they are not at the same places."""
    (group,) = (element for element in root.iter(f"{SVG}g") if element.get("id") == name)
    defined = {id(path) for defs in group.iter(f"{SVG}defs") for path in defs.iter(f"{SVG}path")}
    markers = [(float(use.get("x", "")), float(use.get("y", ""))) for use in group.iter(f"{SVG}use")]
    lines = [path.get("d", "") for path in group.iter(f"{SVG}path") if id(path) not in defined]
    corners = [(float(x), float(y)) for line in lines for x, y in re.findall(r"[ML] (\S+) (\S+)", line)]
    return markers + corners if markers != corners else corners


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_a_picture_of_the_documents_is_true_to_the_results(path: Path) -> None:
    assert [] == faults(path.read_text(encoding="utf-8"))
    assert path.stem in PICTURES
    assert path.stat().st_size <= LARGEST


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_a_picture_names_committed_results_and_no_hour(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert all((ROOT / file).is_relative_to(ROOT / "bench" / "results") for file in told(parsed(text), "source").split(", "))
    assert "<dc:date>" not in text


def test_the_documents_have_pictures() -> None:
    assert {"book", "growth"} <= {path.stem for path in DRAWN}


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_a_point_that_was_moved_is_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    name = next(iter(re.findall(r'<g id="(series-[^"]+)">', text)))
    start = text.index(f'<g id="{name}">')
    moved = re.compile(r'(?:\nL |<use [^>]*x=")(\d+\.\d+)').search(text, start)
    assert moved is not None
    changed = text[: moved.start(1)] + f"{float(moved[1]) + 1:.6f}" + text[moved.end(1) :]

    assert faults(changed)


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_another_hash_and_a_point_left_out_are_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hashed = re.sub(r"(SHA-256 of the points: )\w{4}", r"\1ffff", text)
    fewer = re.sub(r'(<g id="series-[^"]+">.*?)(\nL [^\n]+|<use [^>]*/>)(?=\n)', r"\1", text, count=1, flags=re.DOTALL)

    assert any("the points are others" in fault for fault in faults(hashed))
    assert fewer != text
    assert faults(fewer)


def test_percentiles_are_those_of_the_single_values() -> None:
    values = [round(1.5 ** (number % 40), 3) + number for number in range(2000)]
    points = by_percentile([[value, 1] for value in values])

    ordered = sorted(values)
    assert points[0] == (1.0, ordered[0])
    for x, y in points[1:]:
        below = sum(value <= y for value in ordered)
        assert below >= 2000 * (1 - 1 / x) - 1e-6
        assert below - 1 < 2000 * (1 - 1 / x)
    assert points[-1][0] <= 2000


def curve() -> dict[str, Any]:
    histogram = [[float(us), 10_000 // us] for us in range(1, 200)]
    point = {"p50_us": 2.0, "p99_us": 90.0, "p999_us": 150.0}
    rates = [(target, share) for target in ("memory", "durable", "echo") for share in (0.1, 0.25, 0.5, 0.75, 0.9)]
    points = [
        {
            "target": target,
            "share": share,
            "per_s": share * 1e6,
            "histogram": [[us * share * 10, count] for us, count in histogram],
            **point,
        }
        for target, share in rates
    ]
    machine = {"cpu": "a", "cores": 2, "commit": "abc", "when": "2026-01-01"}
    jitter = {"histogram": [[us / 4, 100 * count] for us, count in histogram]}
    return {"machine": machine, "clients": 16, "batch": 10, "mix": "rest", "points": points, "jitter": jitter}


def test_the_shares_and_the_targets_of_a_curve_are_told_apart() -> None:
    half = PICTURES["latency"].points({"curve": curve()})
    load = PICTURES["throughput"].points({"curve": curve()})

    assert {"journal off", "durable", "bare echo", "jitter"} == half["half"].series.keys()
    assert ["10%", "25%", "50%", "75%", "90%"] == list(half["durable"].series)
    assert half["half"].series["durable"][0] == (1.0, 5.0)
    assert all(us >= 1 for _, us in half["half"].series["jitter"])
    assert half["half"].series["jitter"][-1][0] == half["half"].series["durable"][-1][0]
    assert [(1.0, 1.0), (1.0, 9.0)] == [half["durable"].series[name][0] for name in ("10%", "90%")]
    assert [(100_000, 90), (250_000, 90), (500_000, 90), (750_000, 90), (900_000, 90)] == load["durable"].series["p99"]


def test_every_series_has_an_id_of_its_own() -> None:
    pictures: list[Picture] = [PICTURES["latency"].points({"curve": curve()}), PICTURES["throughput"].points({"curve": curve()})]
    for picture in pictures:
        ids = [identity(panel, series) for panel, of in picture.items() for series in of.series]

        assert len(ids) == len(set(ids))
