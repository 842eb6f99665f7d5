"""The files of bench/results: what one run of a bench, or of the whole report, left there."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bench.machine import RESULTS

Result = dict[str, Any]
ROOT = RESULTS.parents[1]


class Found(NamedTuple):
    """The result of one bench, and the file that it is in."""

    path: Path
    result: Result

    @property
    def name(self) -> str:
        """The path as a document writes it: from the project's root, where the file is below it."""
        return str(self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path)


def parts(kept: Found) -> dict[str, Result]:
    """Return the results in a file by bench: those of a report's parts that did not fail, or the one of a single bench, which names it.

    ValueError where the file is neither.
    """
    whole = kept.result
    if "machine" not in whole:
        raise ValueError(f"{kept.name} is no result of a bench")
    if "parts" in whole:
        return {name: part["result"] for name, part in whole["parts"].items() if part["result"] and not part["failed"]}
    return {kept.path.stem.rpartition("-")[2]: whole}


def newest(folder: Path = RESULTS) -> Mapping[str, Found]:
    """Return the newest result of each bench, and of the whole as `report`; quick runs do not count."""
    found: dict[str, Found] = {}
    for path in sorted(folder.glob("*.json")):
        whole = read(path).result
        if "machine" not in whole or "--quick" in whole["machine"]["command"]:
            continue
        inside = parts(read(path)) | ({"report": whole} if "parts" in whole else {})
        for name, result in inside.items():
            if name not in found or result["machine"]["when"] > found[name].result["machine"]["when"]:
                found[name] = Found(path, result)
    return found


@cache
def read(path: Path) -> Found:
    """Return what a file holds; it is read once in a process."""
    return Found(path, json.loads(path.read_text(encoding="utf-8")))
