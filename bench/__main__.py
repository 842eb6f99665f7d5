"""`python -m bench [NAME ...]`: run a bench by name; without one, run the whole suite and print its report."""

import runpy
import sys
from pathlib import Path

MODULES = {
    "report": "bench.report",
    "compare": "bench.compare",
    "pictures": "bench.pictures",
    "docs": "bench.tables",
    "book": "bench.book",
    "venue": "bench.venue",
    "auction": "bench.auction",
    "statuses": "bench.statuses",
    "growth": "bench.growth",
    "rejects": "bench.rejects",
    "codec": "bench.codec",
    "peers": "bench.peers",
    "ladders": "bench.ladders",
    "counts": "bench.counts",
    "flow": "bench.flow",
    "gateway": "bench.bench_gateway",
    "latency": "bench.latency",
    "curve": "bench.curve",
    "million": "bench.million",
    "connections": "bench.connections",
    "journal": "bench.bench_journal",
    "durability": "bench.durability",
    "replay": "bench.replay",
    "recovery": "bench.recovery",
    "snapshot": "bench.snapshot",
}
BENCHMARKS = {"acts": "bench_book.py", "codec-pieces": "bench_codec.py"}  # of pytest-benchmark


def main(arguments: list[str]) -> int:
    """Run the named bench with the rest of the arguments, as `python -m bench.<module>` or `python -m pytest bench/<file>` would."""
    name, rest = (arguments[0], arguments[1:]) if arguments and not arguments[0].startswith("-") else ("report", arguments)
    if name in BENCHMARKS:
        import pytest

        return int(pytest.main([str(Path(__file__).with_name(BENCHMARKS[name])), "-q", "--benchmark-columns=median,iqr,rounds", *rest]))
    if name not in MODULES:
        raise SystemExit(f"no bench {name!r}; there are {', '.join([*MODULES, *BENCHMARKS])}")
    sys.argv = [name, *rest]
    runpy.run_module(MODULES[name], run_name="__main__")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
