"""`ats serve` with a table `[process]`: each thread is where it is wanted, and a refusal ends the start with the key."""

import os
from pathlib import Path

import pytest

from tests.cli.test_journal_serve import attempt, ended, served
from tests.cli.venues import made_venue

AVAILABLE = sorted(os.sched_getaffinity(0))
FIRST, LAST = AVAILABLE[0], AVAILABLE[-1]


@pytest.fixture
def folder(tmp_path):
    return made_venue(tmp_path / "venue", "alice")


def writer_of(process):
    """Return the number of the thread that writes the journal."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return next(int(task.name) for task in tasks if (task / "comm").read_text() == "journal-writer\n")


def test_the_loop_and_the_writer_have_the_processors_that_were_named(folder):
    wishes = {"LOOP_CORE": str(LAST), "WRITER_CORE": str(FIRST), "WRITER_NICE": "3"}
    with served(folder, **{f"ENGINE_PROCESS__{key}": value for key, value in wishes.items()}) as (process, _):
        writer = writer_of(process)

        assert ({LAST}, {FIRST}) == (os.sched_getaffinity(process.pid), os.sched_getaffinity(writer))
        assert (os.SCHED_OTHER, 3) == (os.sched_getscheduler(writer), os.getpriority(os.PRIO_PROCESS, writer))
        assert (0, "") == ended(process)


def test_the_file_names_them_as_the_environment_does(folder):
    file = folder / "venue.toml"
    file.write_text(file.read_text().replace("# loop_core = 2 ", f"loop_core = {LAST} "))
    with served(folder) as (process, _):
        assert {LAST} == os.sched_getaffinity(process.pid)
        assert set(AVAILABLE) == os.sched_getaffinity(writer_of(process))


def test_a_processor_that_is_not_there_ends_the_start_before_anything_is_made(folder):
    code, complaint = attempt(folder, ENGINE_PROCESS__LOOP_CORE="4095")

    assert code == 2
    assert f"{folder}/venue.toml: process.loop_core: 4095 is none of the processors that this process may use: " in complaint
    assert not (folder / "journal").exists()


def test_nothing_is_asked_for_by_itself(folder):
    with served(folder) as (process, _):
        assert set(AVAILABLE) == os.sched_getaffinity(process.pid) == os.sched_getaffinity(writer_of(process))
