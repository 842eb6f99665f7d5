"""The load generator: sessions that send a venue what they drew from a seed, time every answer and check every report.

    load.py          a load from its logons to its balances: `run`
    market.py        what can be traded, and around which price
    plan.pyx         requests drawn from a mix, and their frames
    session.py       the logon and the questions of a session
    connection.py    frames out, bytes in
    running.py       flat out, at a rate, one at a time
    reading.pyx      every report: its rules, its counts, its time
    executions.pyx   both sides of every match
    echoing.pyx      the frames as they come back from an echo, the floor of the benches
    spread.pyx       many times, sorted
    figures.py       percentiles, histograms, HDR files, the machine's jitter

`ats load` is its face for people, `python -m engine.load` that for the benches.
"""

from typing import Final

MIXES: Final = ("rest", "trade", "market", "replace")
