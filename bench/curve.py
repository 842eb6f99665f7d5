"""Latency as the load grows: `bench latency` at 10, 25, 50, 75 and 90% of the most that the venue takes."""

import sys

from bench.latency import HALF, run

SHARES = (0.1, 0.25, HALF, 0.75, 0.9)

if __name__ == "__main__":
    raise SystemExit(run("curve", SHARES, sys.argv[1:]))
