"""The whole venue through simulated days of crashes, torn writes, broken connections and clocks that jump."""

import sys
from collections import Counter
from random import Random

import pytest

from tests.checkout import run
from tests.simulation.__main__ import DAYS_A_SEED, silence, simulate
from tests.simulation.disk import Disk
from tests.simulation.journal import SimJournal
from tests.simulation.kept import KEPT
from tests.simulation.rot import spoil

SEEDS = range(1, 11)  # of DAYS_A_SEED days each: thirty days
FAULTS = (
    *("kills", "losses of power", "crashes in a call of the disk", "journal stopped", "connections broken", "connections paused"),
    *("clock set", "pieces torn", "pieces lost", "bytes lost", "snapshots rotted", "stops in good order"),
    *("requests sent again", "reports heard again", "program: reset", "program: hush", "program: stall", "newcomers"),
)
MARKET = (
    *(f"status: {status}" for status in ("pre-open", "auction-call", "continuous", "post-only", "vol-pause", "halted", "cancel-only")),
    *("status: reduce-only", "status: suspended", "status: closed", "auction: crossed", "auction: extended", "auction: nothing"),
    *("report: TRIGGERED", "report: AUCTION_END", "report: COLLAR_DYNAMIC", "reserve: good", "reserve: stale", "reserve: breach"),
)
EPISODES: Counter[str] = Counter()


@pytest.mark.parametrize("seed", KEPT)
def test_what_went_wrong_once_does_not_again(seed):
    simulate(seed, KEPT[seed][0])


@pytest.mark.parametrize("seed", SEEDS)
def test_days_of_trouble_end_well(seed):
    EPISODES.update(simulate(seed, DAYS_A_SEED).counts)


def test_the_trouble_was_there():
    """What the days before met: a fault that is never injected proves nothing, nor does a status in which the venue never was."""
    if not EPISODES:
        pytest.skip("no days were lived through in this process")

    assert [] == [episode for episode in (*FAULTS, *MARKET) if not EPISODES[episode]]
    assert EPISODES["commands of the oracle"] > 1_000


def test_the_same_seed_gives_the_same_trace():
    """In processes of different hash seeds and other places in memory."""
    told = [run(sys.executable, "-m", "tests.simulation", "1", "4", PYTHONHASHSEED=seed) for seed in "12"]
    traces = [[line for line in each.stdout.splitlines() if "trace" in line] for each in told]

    assert traces[0] == traces[1]
    assert len(traces[0]) == 1


def test_flipped_bits_are_refused_or_do_not_matter():
    world = simulate(3, 1)
    with silence():
        said = Counter(spoil(world, Random(number)) for number in range(150))

    assert not [each for each in said if each.startswith("wrong")]
    assert said["refused: JournalCorrupt"] > 50
    assert said["came back as it was"] > 10


def test_a_journal_that_releases_too_soon_is_found(monkeypatch):
    """A mutant: the promise is given when half of a write has reached the disk."""

    def write(self, data, done):
        honest(self, data, lambda: None)
        done()

    honest = SimJournal._write
    monkeypatch.setattr(SimJournal, "_write", write)

    assert finds(range(1, 11))


def test_a_disk_that_forgets_what_it_synced_is_found(monkeypatch):
    """A mutant of the machine: the simulation would notice that a promise was broken."""
    monkeypatch.setattr(Disk, "sync", lambda *_: None)

    assert finds(range(1, 11))


def finds(seeds):
    """Return whether one of some seeds finds something."""
    for seed in seeds:
        try:
            simulate(seed, 1)
        except Exception:  # noqa: BLE001  whatever goes wrong is found
            return True
    return False


def test_what_was_synced_outlives_a_loss_of_power_and_the_rest_may_not():
    kept = Counter()
    for seed in range(200):
        disk = Disk(Random(seed))
        disk.create("a", b"old")
        disk.sync("a")
        disk.sync_folder()
        disk.write("a", 0, b"new")
        disk.create("b", b"more")
        disk.lose_power()
        kept[disk.read("a")] += 1
        kept["b" in disk.files] += 1

    assert {b"old", b"new"} <= set(kept)
    assert kept[b"old"] > 20
    assert kept[b"new"] > 20
    assert len(kept) > 4  # and torn ones
    assert 0 < kept[True] < 200


def test_a_kill_leaves_what_the_system_has():
    disk = Disk(Random(1))
    disk.create("a", b"old")
    disk.write("a", 0, b"new")
    disk.kill()

    assert disk.read("a") == b"new"
