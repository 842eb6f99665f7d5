"""The pictures of docs/, drawn from what the benches saved: `python -m bench pictures [REPORT.json]`.

Needs matplotlib (dependency group `bench`).  The same results give the same bytes.  Each picture carries in its metadata the files it was
drawn from and a SHA-256 of its points (`bench/points.py`), and each of its lines the name of its series, which a test reads back.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.points import LEAST_US, PICTURES, Panel, Picture, Points, digest, drawn_from
from bench.results import ROOT, Found, Result, newest, parts, read

FOLDER = ROOT / "docs"
LARGEST = 60_000
LABEL_INCHES = 0.17
PAPER, INK, FAINT, GRID = "#fcfcfa", "#24292f", "#6e7781", "#dfe1e3"
BLUE, ORANGE, GREEN, GRAY = "#1f5fa8", "#c2570c", "#1a7f4b", "#80868b"
SHADES = ("#a8cdea", "#6ea9da", "#3a80c2", "#174f95", "#0a2342")
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ats-engine",
    "path.simplify": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 10,
    "text.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.minor.visible": False,
    "ytick.minor.visible": False,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
}
NINES = {2: "50%", 10: "90%", 100: "99%", 1_000: "99.9%", 10_000: "99.99%", 100_000: "", 1_000_000: "99.9999%"}

Axes = Any


def draw(name: str, files: str, results: Mapping[str, Result], path: Path) -> None:
    """Draw one picture of PICTURES from its results and write it as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    picture = PICTURES[name].points(results)
    with mpl.rc_context(STYLE):
        figure = DRAWERS[name](plt, picture, results)
        about = next(iter(results.values()))["machine"]
        note = f"{about['cpu']}, {about['cores']} cores, commit {about['commit']}, {about['when'][:10]}; {files}"
        figure.text(0.012, 0.012, note, fontsize=7.5, color=FAINT)
        description = f"SHA-256 of the points: {digest(picture)}"
        metadata = {"Title": name, "Source": files, "Description": description, "Creator": "bench/pictures.py", "Date": None}
        figure.savefig(path, format="svg", metadata=metadata)
        plt.close(figure)
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path}: {size:,} bytes; a picture has at most {LARGEST:,}")


def latency(plt: Any, picture: Picture, results: Mapping[str, Result]) -> Any:
    """Percentile curves: tails to the right, each step another nine."""
    figure, (left, right) = _fields(plt, 2, "How long an answer takes, from when its request was due", _load(results["curve"]), sharey=True)
    known = {"bare echo": GRAY, "journal off": ORANGE, "durable": BLUE, "jitter": FAINT}
    colors = {series: known[series] for series in picture["half"].series}
    _curves(left, "half", picture["half"], [(color, "--" if series == "jitter" else "-") for series, color in colors.items()])
    _curves(right, "durable", picture["durable"], [(shade, "-") for shade in SHADES])
    left.set_title("at half of the most that the venue takes")
    right.set_title("durable, at shares of the most")
    most = max(y for panel in picture.values() for points in panel.series.values() for _, y in points)
    for axes, panel in zip((left, right), picture.values(), strict=True):
        last = max(points[-1][0] for points in panel.series.values())
        ticks = [nine for nine in NINES if nine <= last]
        axes.set_xticks(ticks, [NINES[tick] for tick in ticks])
        axes.set_xlim(1, last * 1.05)
        axes.set_ylim(LEAST_US, most * 1.6)
        axes.set_xlabel("share of requests that were answered within")
        _microseconds(axes)
    _label_ends(left, picture["half"], list(colors.values()))
    _label_ends(right, picture["durable"], SHADES, as_given=True)
    left.set_ylabel("latency, µs")
    return figure


def throughput(plt: Any, picture: Picture, results: Mapping[str, Result]) -> Any:
    """Latency over load: flat until the queue begins."""
    figure, fields = _fields(plt, 2, "Latency as load grows", _load(results["curve"]), sharey=True)
    styles = [(GRAY, ":"), (GRAY, "--"), (GREEN, "-"), (BLUE, "-"), (ORANGE, "-")]
    for axes, (name, panel) in zip(fields, picture.items(), strict=True):
        _curves(axes, name, panel, styles, marker="o")
        axes.set_xlim(0, max(x for points in panel.series.values() for x, _ in points) * 1.03)
        axes.set_title({"memory": "journal off", "durable": "durable"}[name])
        axes.set_xlabel("requests answered in a second")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:g} M" if value >= 1e6 else f"{value / 1e3:g} k" if value else "0")
        _microseconds(axes, (1, 2, 5))
    for axes, panel in zip(fields, picture.values(), strict=True):
        _label_ends(axes, panel, [color for color, _ in styles])
    fields[0].set_ylabel("latency from when it was due, µs")
    return figure


def growth(plt: Any, picture: Picture, results: Mapping[str, Result]) -> Any:
    """What grows with the venue, beside what the caches make grow in any book."""
    said = "one number grows, the others stay; shaded: within twice the floor's growth"
    figure, fields = _fields(plt, len(picture), "What a command costs as the venue grows", said, sharey=True, height=3.4)
    seen = [y for panel in picture.values() for points in panel.series.values() for _, y in points]
    least, most = min(0.8, *seen) * 0.9, max(2, *seen) * 1.4
    for axes, (kind, panel) in zip(fields, picture.items(), strict=True):
        floor = panel.series["floor"]
        axes.fill_between([x for x, _ in floor], 0.01, [2 * y for _, y in floor], color=GREEN, alpha=0.10, linewidth=0)
        _curves(axes, kind, panel, [(GRAY, "-"), (BLUE, "-")], marker="o")
        axes.set_ylim(least, most)
        axes.set_xlabel({"resting": "resting orders"}.get(kind, kind))
        axes.set_yticks(*_labelled([1, 2, 5, 10, 20, 50], "{}x", most))
        axes.set_xlim(right=floor[-1][0] * 1.3)
        axes.xaxis.set_major_formatter(lambda value, _: _short(value))
    for axes, panel in zip(fields, picture.values(), strict=True):
        _label_ends(axes, panel, [GRAY, BLUE])
    fields[0].set_ylabel("times the cost at the left")
    return figure


def book(plt: Any, picture: Picture, results: Mapping[str, Result]) -> Any:
    """Rows of dots: what the least conceivable book costs, what ours does, and what a call to others does."""
    from matplotlib.ticker import NullLocator

    books = [name for name, row in results["peers"]["books"].items() if row["ns"] is not None]
    figure, (left, right) = _fields(plt, 2, "The matching core", "", height=max(4.6, 1.8 + 0.24 * len(books)))
    shapes = results["book"]["shapes"]
    floor, ours = picture["shapes"].series["floor"], picture["shapes"].series["book"]
    for (least, y), (cost, _), row in zip(floor, ours, shapes, strict=True):
        left.plot([least, cost], [y, y], color=GRID, linewidth=3, zorder=1)
        left.annotate(f"{row['ratio']:.2f}x", (max(cost, least), y), (8, 0), textcoords="offset points", va="center", fontsize=9)
    _dots(left, "shapes", "floor", floor, GRAY)
    _dots(left, "shapes", "book", ours, BLUE)
    for who, points, color in (("floor", floor, GRAY), ("book", ours, BLUE)):
        left.annotate(who, points[0], (0, 8), textcoords="offset points", ha="center", color=color, fontsize=9)
    left.set_yticks([y for _, y in floor], [row["shape"] for row in shapes])
    left.set_xlim(0, max(x for x, _ in ours + floor) * 1.2)
    left.set_ylim(-len(shapes) + 0.4, 0.8)
    left.set_title("batched, by shape of flow, beside the floor")
    left.set_xlabel("ns a message, reports written")
    points = picture["peers"].series["books"]
    for name, (ns, y) in zip(books, points, strict=True):
        right.plot([1, ns], [y, y], color=GRID, linewidth=3, zorder=1)
        agree = results["peers"]["books"][name]["trades_agree"]
        said = f"{ns:,.0f}" + ("" if agree == "yes" or name.startswith("bare") else f", {agree}")
        right.annotate(said, (ns, y), (8, 0), textcoords="offset points", va="center", fontsize=9)
    _dots(
        right,
        "peers",
        "books",
        points,
        [BLUE if name.startswith("engine") else GRAY if name.startswith("bare") else ORANGE for name in books],
    )
    right.set_xscale("log")
    right.set_yticks([y for _, y in points], [name.replace("_", " ") for name in books])
    right.set_xlim(10, max(x for x, _ in points) * 8)
    right.set_ylim(-len(points) + 0.4, 0.8)
    right.set_title("from Python: ours (blue), books of PyPI")
    right.set_xlabel("ns a call, logarithmic")
    for axes in (left, right):
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_minor_locator(NullLocator())
    right.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


DRAWERS: dict[str, Callable[[Any, Picture, Mapping[str, Result]], Any]] = {
    "latency": latency,
    "throughput": throughput,
    "growth": growth,
    "book": book,
}


def identity(panel: str, series: str) -> str:
    """Return the id that a series has in the SVG."""
    return f"series {panel} {series}".replace(" ", "-").replace("'", "").replace("%", "")


def _fields(plt: Any, number: int, title: str, subtitle: str, *, sharey: bool = False, height: float = 4.6) -> tuple[Any, list[Axes]]:
    figure, rows = plt.subplots(1, number, figsize=(10.4, height), sharey=sharey, squeeze=False)
    fields = list(rows[0])
    apart = 0.42 if number == 2 else 0.54
    figure.subplots_adjust(left=0.08, right=0.93, top=1 - 0.8 / height, bottom=0.8 / height, wspace=apart)
    for axes in fields:
        axes.tick_params(labelleft=True)
    figure.text(0.012, 1 - 0.28 / height, title, fontsize=13, fontweight="bold")
    figure.text(0.988, 1 - 0.28 / height, subtitle, fontsize=9, color=FAINT, ha="right")
    return figure, fields


def _curves(axes: Axes, name: str, panel: Panel, styles: Sequence[tuple[str, str]], marker: str = "") -> None:
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log" if panel.logarithmic[0] else "linear")
    axes.set_yscale("log" if panel.logarithmic[1] else "linear")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    for (series, points), (color, dashes) in zip(panel.series.items(), styles, strict=False):
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, dashes, color=color, marker=marker, markersize=4, gid=identity(name, series), clip_on=False)


def _dots(axes: Axes, panel: str, series: str, points: Points, colors: str | Sequence[str]) -> None:
    xs, ys = zip(*points, strict=True)
    axes.scatter(xs, ys, s=49, c=colors, gid=identity(panel, series), zorder=3)


def _label_ends(axes: Axes, panel: Panel, colors: Sequence[str], *, as_given: bool = False) -> None:
    """Write the name of each series at the right, apart from each other, in the order of their ends or `as_given`, from below."""
    to_axes = axes.transData + axes.transAxes.inverted()
    at = [[to_axes.transform(points[-1])[1], series, color] for (series, points), color in zip(panel.series.items(), colors, strict=False)]
    heights = sorted(y for y, _, _ in at)
    if as_given:
        at = [[y, series, color] for y, (_, series, color) in zip(heights, at, strict=True)]
    at.sort(key=lambda label: label[0])
    gap = LABEL_INCHES * axes.figure.dpi / axes.get_window_extent().height
    for lower, upper in pairwise(at):
        upper[0] = max(upper[0], lower[0] + gap)
    down = max(0.0, at[-1][0] - 1)
    for label, above in zip(reversed(at), [None, *reversed(at)], strict=False):
        label[0] = label[0] - down if above is None else min(label[0], above[0] - gap)
    for y, series, color in at:
        axes.annotate(series, (1, y), (6, 0), xycoords="axes fraction", textcoords="offset points", va="center", color=color, fontsize=9)


def _microseconds(axes: Axes, subs: Sequence[float] = (1,)) -> None:
    from matplotlib.ticker import LogLocator

    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    axes.grid(visible=True, which="major")


def _labelled(ticks: Sequence[int], form: str, most: float) -> tuple[list[int], list[str]]:
    kept = [tick for tick in ticks if tick <= most]
    return kept, [form.format(tick) for tick in kept]


def _short(value: float) -> str:
    return f"{value / 1e6:g} M" if value >= 1e6 else f"{value / 1e3:g} k" if value >= 1e3 else f"{value:g}"


def _load(result: Result) -> str:
    return f"{result['clients']} clients, {result['batch']} requests a send, {result['mix']}"


def main(arguments: list[str]) -> int:
    """Draw the pictures, as `python -m bench pictures`."""
    parser = argparse.ArgumentParser(prog="python -m bench pictures", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("report", nargs="?", type=Path, help="a report or result; without one, the newest of bench/results")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go (docs)")
    chosen = parser.parse_args(arguments)
    found = (
        newest()
        if chosen.report is None
        else {name: Found(chosen.report.resolve(), kept) for name, kept in parts(read(chosen.report)).items()}
    )
    for name, wanted in PICTURES.items():
        source = drawn_from(name, found)
        if source is None:
            print(f"{name}: no result of {', '.join(bench for bench in wanted.benches if bench not in found)}", file=sys.stderr)
            continue
        path = chosen.folder / f"{name}.svg"
        draw(name, *source, path)
        drawn = path.read_bytes()
        draw(name, *source, path)
        if drawn != path.read_bytes():
            raise SystemExit(f"{path}: the same results gave other bytes when they were drawn again")
        print(f"{path}: {path.stat().st_size:,} bytes, from {source[0]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
