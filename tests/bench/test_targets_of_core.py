"""The benches of the core hold their worst figure against the target, and say what it is a figure of."""

import json
from pathlib import Path

import pytest

from bench import book, codec, compiled, growth, machine, replay, venue


def row(shape: str, **figures: object) -> dict:
    return {"shape": shape, "agree": True, "ratio_min": 1.0, "ratio_book_min": 1.0, "accounts": 7, **figures}


def test_the_worst_shape_of_the_book_is_held_against_its_target() -> None:
    (line,) = book.lines([row("w1", ratio=1.5), row("w3", ratio=2.1), row("still", ratio=1.9)])

    assert ("P1", 2.1, False, "w3") == (line["id"], line["figure"], line["met"], line["beside"]["shape"])


def test_the_venue_is_held_to_its_book_on_w1() -> None:
    to_book, rate = venue.lines([row("w3", ratio_book=3.0, ns={"venue": 900.0}), row("w1", ratio_book=1.9, ns={"venue": 80.0})])

    assert ("P2a", 1.9, True) == (to_book["id"], to_book["figure"], to_book["met"])
    assert ("P2b", 12_500_000, True) == (rate["id"], rate["figure"], rate["met"])
    assert {"w3": 3.0, "w1": 1.9} == to_book["beside"]["ratios"]
    assert [] == venue.lines([row("w3", ratio_book=3.0, ns={"venue": 900.0})])


def test_the_slowest_replay_is_held_against_its_target() -> None:
    (line,) = replay.lines([row("w1", millions=2.9), row("w3", millions=1.95)])

    assert ("P8", 1_950_000, False, "w3") == (line["id"], line["figure"], line["met"], line["beside"]["shape"])


def test_the_worst_of_all_four_growths_is_held_against_its_target() -> None:
    results = {kind: [{kind: 1, "agree": True, "growth": {"beyond": 1.0}}] for kind in growth.STEPS}
    results["accounts"].append({"accounts": 100_000, "agree": True, "growth": {"beyond": 2.24}})
    results["resting"].append({"resting": 20_000, "agree": True, "growth": {"beyond": 1.5}})
    (line,) = growth.lines(results)

    assert ("P9", 2.24, False) == (line["id"], line["figure"], line["met"])
    assert ("accounts", 100_000) == (line["beside"]["axis"], line["beside"]["at"])
    assert [] == growth.lines({"accounts": results["accounts"]})


@pytest.mark.parametrize(("bench", "name"), [(book, "book"), (venue, "venue"), (replay, "replay")])
def test_what_is_saved_says_of_what_it_is(bench: object, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "pin", lambda: None)
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))

    assert bench.main(["w1", "--count", "2000", "--rounds", "1", "--save"]) == 0
    (path,) = tmp_path.glob(f"*-{name}.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert {"machine", "messages", "rounds", "seed", "accounts", "chunk", "durability", "shapes", "targets"} <= set(kept)
    assert kept["targets"]
    assert all(len(times) == 1 for shape in kept["shapes"] for times in shape["runs"].values())


def test_both_sides_of_the_codec_write_the_same_and_a_difference_is_told(tmp_path: Path) -> None:
    loop = compiled.loaded(compiled.build("codec_loop", tmp_path))

    class Wrong:
        room_for, decode_all = loop.room_for, loop.decode_all

        @staticmethod
        def accept_all(frames: bytes, ts_ns: int, reports: bytearray) -> int:
            return loop.accept_all(frames, ts_ns + 1, reports)

    assert codec.measure(loop, 100, 1, 5)["agree"]
    assert not codec.measure(Wrong, 100, 1, 5)["agree"]
